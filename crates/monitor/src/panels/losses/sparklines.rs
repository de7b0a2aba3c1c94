//! Every series as a sparkline with its present value.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    super::{
        score,
        widgets::{bars, bordered, ends, symbols},
    },
    Losses,
    values::{self, at, in_words, is_fraction, means, present, scale},
};
use crate::{
    state::{app::App, number},
    theme::Role,
};
use gan_tui_core::event::Series;

/// Rows in which every sparkline has a good height, border included.
pub const ENOUGH: u16 = 22;

/// Draws all series under one another. Returns where the bars are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let aside = Some(values::aside(app, false)).filter(|aside| !aside.is_empty());
    let inside = bordered(
        frame,
        area,
        app,
        Some(Losses::ID),
        "Losses",
        &aside.or_else(|| score::short(app)).unwrap_or_default(),
    );
    // One row for each name; of the rest, plain numbers get twice the height of fractions.
    let all = values::all(app);
    let rows = inside.height.saturating_sub(all.len() as u16);
    let weight = |series: Series| if values::is_fraction(series) { 1 } else { 2 };
    let weights: u16 = all.iter().map(|&series| weight(series)).sum();
    let height_of = |series: Series| rows * weight(series) / weights.max(1);
    let mut spare = rows - all.iter().map(|&series| height_of(series)).sum::<u16>();
    let mut y = inside.y;
    let mut parts = Vec::new();
    for series in all {
        let mut height = height_of(series);
        if spare > 0 {
            (height, spare) = (height + 1, spare - 1);
        }
        if y >= inside.bottom() {
            break;
        }
        let height = height.min(inside.bottom() - y - 1);
        parts.push(one(frame, Rect { y, height: height + 1, ..inside }, app, series));
        y += height + 1;
    }
    parts
}

fn one(frame: &mut Frame, area: Rect, app: &App, series: Series) -> Rect {
    let theme = &app.look.theme;
    let (title, role) = (series.label(), values::style(app, series).role);
    let chart = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let means = means(app, series, area.width);
    let (low, high) = scale(app, series, &means);
    let cursor = app.look.chart.cursor.map(|share| at(share, means.len()));
    let value = match cursor {
        None => present(app, series),
        Some(at) => in_words(series, means.get(at).copied().flatten()),
    };
    let mut left = vec![Span::styled(title, theme.style(role))];
    let from = if low == 0.0 { "0".into() } else { number::value(low) };
    let range =
        Span::styled(format!("  {from} to {}", number::value(high)), theme.style(Role::Faint));
    let fits = title.len() + range.width() + 2 + value.len() <= usize::from(area.width);
    if !is_fraction(series) && high > low && chart.height > 0 && fits {
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

/// Draws bars from `low` to `high`, on a logarithmic scale if that is switched on.
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
