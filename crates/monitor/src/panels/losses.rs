//! The five quantities as sparklines, each with its present value.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    charts, score,
    widgets::{bars, ends, panel, symbols},
};
use crate::{
    state::{app::App, history::Channel, number, panel::Panel},
    theme::Role,
};

/// Rows in which every sparkline has a good height, border included.
pub const ENOUGH: u16 = 22;

/// A channel's name and the part its colour plays.
pub fn name(channel: Channel) -> (&'static str, Role) {
    match channel {
        Channel::DiscriminatorLoss => ("discriminator loss", Role::Discriminator),
        Channel::GeneratorLoss => ("generator loss", Role::Generator),
        Channel::Accuracy => ("accuracy", Role::Accuracy),
        Channel::Real => ("D(x)", Role::Real),
        Channel::Fake => ("D(G(z))", Role::Fake),
    }
}

/// A channel's present value in words.
pub fn present(app: &App, channel: Channel) -> String {
    said(channel, app.run.history.latest().map(|metrics| channel.of(metrics)))
}

/// A channel's value in words.
pub fn said(channel: Channel, value: Option<f32>) -> String {
    match value {
        None => "-".into(),
        Some(share) if channel == Channel::Accuracy => number::percent(share),
        Some(value) => number::value(value),
    }
}

/// All five under one another; the two losses get twice the height of the others. Tells where the
/// bars are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let aside = Some(charts::aside(app, false)).filter(|aside| !aside.is_empty());
    let inside = panel(
        frame,
        area,
        app,
        Some(Panel::Losses),
        "Losses",
        &aside.or_else(|| score::short(app)).unwrap_or_default(),
    );
    // One row for each name, the rest shared 2:2:1:1:1.
    let rows = inside.height.saturating_sub(Channel::ALL.len() as u16);
    let share = |part: u16| rows * part / 7;
    let tall = share(2);
    let low = share(1);
    let mut spare = rows - (2 * tall + 3 * low);
    let mut y = inside.y;
    let mut parts = Vec::new();
    for channel in Channel::ALL {
        let mut height = if channel.is_share() { low } else { tall };
        if spare > 0 {
            (height, spare) = (height + 1, spare - 1);
        }
        if y >= inside.bottom() {
            break;
        }
        let height = height.min(inside.bottom() - y - 1);
        parts.push(one(frame, Rect { y, height: height + 1, ..inside }, app, channel));
        y += height + 1;
    }
    parts
}

fn one(frame: &mut Frame, area: Rect, app: &App, channel: Channel) -> Rect {
    let theme = &app.look.theme;
    let (title, role) = name(channel);
    let chart = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let means = means(app, channel, area.width);
    let (low, high) = scale(app, channel, &means);
    let cursor = app.look.chart.cursor.map(|share| at(share, means.len()));
    let value = match cursor {
        None => present(app, channel),
        Some(at) => said(channel, means.get(at).copied().flatten()),
    };
    let mut left = vec![Span::styled(title, theme.style(role))];
    let from = if low == 0.0 { "0".into() } else { number::value(low) };
    let range =
        Span::styled(format!("  {from} to {}", number::value(high)), theme.style(Role::Faint));
    let fits = title.len() + range.width() + 2 + value.len() <= usize::from(area.width);
    if !channel.is_share() && high > low && chart.height > 0 && fits {
        left.push(range);
    }
    ends(frame, area, Line::from(left), Line::styled(value, Modifier::BOLD));
    draw_bars(frame, chart, app, &means, (low, high), theme.style(role));
    if let Some(x) = cursor.map(|at| chart.x + at as u16).filter(|x| *x < chart.right()) {
        let column = Rect { x, width: 1, ..chart };
        frame.buffer_mut().set_style(column, Modifier::REVERSED);
    }
    chart
}

/// Bars from `low` to `high`, by the logarithm where that is wanted.
pub fn draw_bars(
    frame: &mut Frame,
    area: Rect,
    app: &App,
    values: &[Option<f32>],
    (low, high): (f32, f32),
    style: Style,
) {
    // Between nothing and the lowest value there is no bar on a logarithmic scale either.
    let ln = |value: f32| value.max(1e-12).ln();
    if app.look.chart.log && low > 0.0 {
        let values: Vec<Option<f32>> = values.iter().map(|value| value.map(ln)).collect();
        return bars(frame.buffer_mut(), area, &values, (ln(low), ln(high)), symbols(app), style);
    }
    bars(frame.buffer_mut(), area, values, (low, high), symbols(app), style);
}

/// The run, or its end, in `width` means, smoothed as far as that is wanted.
pub fn means(app: &App, channel: Channel, width: u16) -> Vec<Option<f32>> {
    let stats = app.run.history.columns(channel, app.look.window, usize::from(width));
    let means: Vec<Option<f32>> = stats.iter().map(|stat| stat.map(|stat| stat.mean())).collect();
    smoothed(&means, app.look.chart.smoothing())
}

/// Means over `width` neighbours.
pub fn smoothed(values: &[Option<f32>], width: usize) -> Vec<Option<f32>> {
    if width <= 1 {
        return values.to_vec();
    }
    let around = |at: usize| {
        let near = values[at.saturating_sub(width / 2)..(at + width / 2 + 1).min(values.len())]
            .iter()
            .flatten();
        let (sum, count) =
            near.fold((0.0f32, 0u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / count as f32)
    };
    (0..values.len()).map(around).collect()
}

/// Shares between 0 and 1; losses from 0, or the lowest shown where that is below, to the highest;
/// by the logarithm from the lowest above 0.
pub fn scale(app: &App, channel: Channel, values: &[Option<f32>]) -> (f32, f32) {
    let known = || values.iter().flatten().copied();
    match channel.is_share() {
        true => (0.0, 1.0),
        false if app.look.chart.log => {
            let (low, high) = (
                known().filter(|value| *value > 0.0).fold(f32::MAX, f32::min),
                known().fold(0.0, f32::max),
            );
            // The lowest stands a little above the ground.
            if low < high { (low / 1.1, high) } else { (0.0, high) }
        }
        false => (known().fold(0.0, f32::min), known().fold(0.0, f32::max)),
    }
}

/// Which of `count` columns stands at a share of the width.
pub fn at(share: f64, count: usize) -> usize {
    (share * count.saturating_sub(1) as f64).round() as usize
}
