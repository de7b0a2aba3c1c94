//! Every series as a small chart with its present value, over one horizontal axis.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{
    super::{
        chart::{self, Across, Chart},
        widgets::{bars, bordered, chart_style, ends, stretch, symbols},
    },
    Training, foot,
    values::{self, in_words, is_fraction, present},
};
use crate::{
    state::{app::App, number},
    theme::Role,
};
use gan_tui_core::event::{Series, Unit};

/// Rows in which every chart has a good height, border included.
pub const ENOUGH: u16 = 22;
/// Rows inside of the border from which on there is one for the horizontal axis.
const WITH_AXIS: u16 = 12;

/// Draws all series under one another. Returns where the charts are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let aside = values::aside(app, false);
    let inside = bordered(frame, area, app, Some(Training::ID), Training::ID.0, &aside);
    foot(frame, area, app);
    let has_axis = inside.height >= WITH_AXIS;
    let charts = Rect { height: inside.height - u16::from(has_axis), ..inside };
    if let Some(stretch) = stretch(app).filter(|_| has_axis) {
        for (column, text) in Across(stretch).labels(inside.width) {
            let style = app.look.theme.style(Role::Faint);
            frame.buffer_mut().set_string(inside.x + column, inside.bottom() - 1, text, style);
        }
    }
    // One row for each name; of the rest, plain numbers get twice the height of fractions.
    let all = values::all(app);
    let rows = charts.height.saturating_sub(all.len() as u16);
    let weight = |series: Series| if is_fraction(series) { 1 } else { 2 };
    let weights: u16 = all.iter().map(|&series| weight(series)).sum();
    let height_of = |series: Series| rows * weight(series) / weights.max(1);
    let mut spare = rows - all.iter().map(|&series| height_of(series)).sum::<u16>();
    let mut y = charts.y;
    let mut parts = Vec::new();
    for series in all {
        let mut height = height_of(series);
        if spare > 0 {
            (height, spare) = (height + 1, spare - 1);
        }
        if y >= charts.bottom() {
            break;
        }
        let height = height.min(charts.bottom() - y - 1);
        parts.push(one(frame, Rect { y, height: height + 1, ..charts }, app, series));
        y += height + 1;
    }
    parts
}

/// A name with the present value, and the line below. Returns where the line is.
pub fn one(frame: &mut Frame, area: Rect, app: &App, series: Series) -> Rect {
    let theme = &app.look.theme;
    let (title, role) = (series.label(), values::style(app, series).role);
    let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let count = chart::columns(below.width, app.look.capabilities.script);
    let curve = values::curve(app, series, count, true);
    let scale = values::scale(app, series, &curve, below.height);
    let value = match app.look.chart.cursor {
        None => present(app, series),
        Some(share) => in_words(series, values::under(&curve, share)),
    };
    let (low, high) = scale.ends();
    let ends_of = |value: f64| match series.unit() {
        _ if series == Series::D_ACCURACY => number::percent(value as f32),
        _ => number::short(value as f32),
    };
    let unit = match series.unit() {
        Unit::Of(unit) => format!(" {unit}"),
        Unit::Number | Unit::Fraction => String::new(),
    };
    let range = format!("  {} to {}{unit}", ends_of(low), ends_of(high));
    let range = Span::styled(range, theme.style(Role::Faint));
    let mut left = vec![Span::styled(title, theme.style(role))];
    let fits = title.len() + range.width() + 2 + value.len() <= usize::from(area.width);
    if below.height > 0 && fits {
        left.push(range);
    }
    ends(frame, area, Line::from(left), Line::styled(value, Modifier::BOLD));
    let chart = Chart {
        curves: std::slice::from_ref(&curve),
        guide: None,
        scale: &scale,
        across: None,
        cursor: app.look.chart.cursor,
        look: chart_style(app),
    };
    chart.draw(frame.buffer_mut(), below);
    below
}

/// Draws a single row of bars, on the scale of the chart.
pub fn draw_row(frame: &mut Frame, area: Rect, app: &App, series: Series, style: Style) {
    let curve = values::curve(app, series, usize::from(area.width), false);
    let values: Vec<Option<f32>> =
        curve.points.iter().map(|point| point.map(|point| point.value)).collect();
    let known = || values.iter().flatten().copied();
    let (low, high) = if is_fraction(series) {
        (0.0, 1.0)
    } else {
        (known().fold(0.0, f32::min), known().fold(0.0, f32::max))
    };
    bars(frame.buffer_mut(), area, &values, (low, high), symbols(app), style);
}
