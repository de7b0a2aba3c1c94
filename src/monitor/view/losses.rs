//! The five quantities as sparklines, each with its present value.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    charts,
    widgets::{bars, ends, panel, symbols},
};
use crate::monitor::{app::App, history::Channel, number, panel::Panel, theme::Role};

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
    match app.run.history.latest().map(|metrics| channel.of(metrics)) {
        None => "-".into(),
        Some(share) if channel == Channel::Accuracy => number::percent(share),
        Some(value) => number::value(value),
    }
}

/// All five under one another; the two losses get twice the height of the others. Tells where the bars are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let inside = panel(frame, area, app, Some(Panel::Losses), "Losses", &charts::aside(app));
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
    let (low, high) = scale(channel, &means);
    let present = present(app, channel);
    let mut left = vec![Span::styled(title, theme.style(role))];
    let range = Span::styled(format!("  0 to {}", number::value(high)), theme.style(Role::Faint));
    let fits = title.len() + range.width() + 2 + present.len() <= usize::from(area.width);
    if !channel.is_share() && high > 0.0 && chart.height > 0 && fits {
        left.push(range);
    }
    ends(frame, area, Line::from(left), Line::styled(present, Modifier::BOLD));
    bars(frame.buffer_mut(), chart, &means, (low, high), symbols(app), theme.style(role));
    chart
}

/// The run, or its end, in `width` means.
pub fn means(app: &App, channel: Channel, width: u16) -> Vec<Option<f32>> {
    app.run.history.columns(channel, app.look.window, usize::from(width)).iter().map(|stat| stat.map(|stat| stat.mean())).collect()
}

/// Shares between 0 and 1; losses from 0 to the highest shown.
pub fn scale(channel: Channel, values: &[Option<f32>]) -> (f32, f32) {
    if channel.is_share() { (0.0, 1.0) } else { (0.0, values.iter().flatten().copied().fold(0.0, f32::max)) }
}
