//! The metrics on a large panel: a chart for each group of series, then the scores if there are any,
//! and the values under the cursor.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Modifier,
    text::{Line, Span},
};

use super::{
    super::{
        chart::{self, Across, Chart, Curve, Scale},
        score,
        widgets::{bordered, chart_style, ends, stretch},
    },
    Training, foot, machine, table,
    values::{self, aside, cursor_place},
};
use crate::{state::app::App, theme::Role};
use gan_tui_core::event::{Chart as Group, Series};

/// Room from which on charts say more than sparklines.
pub const ENOUGH: (u16, u16) = (56, 20);

/// Rows from which on there is room for a third chart, and for each one beyond it.
const THIRD: u16 = 18;
const FURTHER: u16 = 6;
/// Rows that the charts keep before there is a table below them.
const BEFORE_TABLE: u16 = 24;
/// Of more lines than this in a chart, the bands would hide one another.
const MOST_BANDS: usize = 2;

/// Draws a panel with a chart for the losses, one for the discriminator's outputs and, as far as
/// there is room, one for the scores, one for every other series, those of the machine and a table.
/// Returns where the lines are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    // Of the width, four columns are border and air.
    let mut parts = vec![aside(app, true)];
    parts.extend(values::formula(app, chart::field(area).width.saturating_sub(4)));
    let aside = joined(&parts, usize::from(area.width).saturating_sub(Training::ID.0.len() + 8));
    let inside = bordered(frame, area, app, Some(Training::ID), Training::ID.0, &aside);
    foot(frame, area, app);
    let table = table::rows(app);
    let has_table = inside.height >= BEFORE_TABLE + table && inside.width >= table::WIDTH;
    let [charts, below] = Layout::vertical([
        Constraint::Fill(1),
        Constraint::Length(if has_table { table } else { 0 }),
    ])
    .areas(inside);
    let others = values::on_chart(app, Group::Other);
    let has_scores = app.run.history.scores().latest().is_some() && charts.height >= THIRD;
    let before = THIRD + if has_scores { FURTHER } else { 0 };
    let has_others = !others.is_empty() && charts.height >= before;
    let before = before + if has_others { FURTHER } else { 0 };
    let has_machine = charts.height >= before + machine::ROWS;
    let fill = |is_there: bool| Constraint::Fill(if is_there { 2 } else { 0 });
    let [losses, fractions, scores, rest, machine] = Layout::vertical([
        Constraint::Fill(3),
        Constraint::Fill(2),
        fill(has_scores),
        fill(has_others),
        Constraint::Length(if has_machine { machine::ROWS } else { 0 }),
    ])
    .areas(charts);
    let mut drawn = vec![
        chart(frame, losses, app, &values::on_chart(app, Group::Losses), false),
        chart(frame, fractions, app, &values::on_chart(app, Group::Discriminator), true),
    ];
    if has_scores {
        drawn.extend(score::draw(frame, scores, app));
    }
    if has_others {
        drawn.push(chart(frame, rest, app, &others, false));
    }
    if has_machine {
        drawn.extend(machine::draw(frame, machine, app));
    }
    if has_table {
        table::draw(frame, below, app);
    }
    drawn
}

/// Parts of a title, as many as there is room for.
fn joined(parts: &[String], room: usize) -> String {
    let mut all = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let longer = if all.is_empty() { part.clone() } else { format!("{all}; {part}") };
        if longer.len() > room {
            break;
        }
        all = longer;
    }
    all
}

/// Draws a legend with values, then the lines. Returns where the lines are.
fn chart(frame: &mut Frame, area: Rect, app: &App, all: &[Series], are_fractions: bool) -> Rect {
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if area.height < 3 {
        return below;
    }
    let field = chart::field(below);
    let count = chart::columns(field.width, app.look.capabilities.script);
    let has_bands = all.len() <= MOST_BANDS;
    let mut curves: Vec<Curve> =
        all.iter().map(|&series| values::curve(app, series, count, has_bands)).collect();
    let scale = if are_fractions {
        Scale::fractions(field.height)
    } else {
        Scale::of(&curves, app.look.chart.log, field.height)
    };
    legend(frame, Rect { height: 1, ..area }, app, all, &curves, &scale);
    // The accuracy is drawn in front of the others.
    if let Some(at) = all.iter().position(|series| *series == Series::D_ACCURACY) {
        curves[at..].rotate_left(1);
    }
    let across = stretch(app).map(Across);
    let chart = Chart {
        curves: &curves,
        guide: None,
        scale: &scale,
        across: across.as_ref(),
        cursor: app.look.chart.cursor,
        look: chart_style(app),
    };
    chart.draw(frame.buffer_mut(), below);
    below
}

/// Names, marks and values: the present ones, or those under the cursor.
fn legend(
    frame: &mut Frame,
    area: Rect,
    app: &App,
    all: &[Series],
    curves: &[Curve],
    scale: &Scale,
) {
    let cursor = app.look.chart.cursor;
    let mut left = Vec::new();
    for (&series, curve) in all.iter().zip(curves) {
        let value = match cursor {
            None => values::present(app, series),
            Some(share) => values::in_words(series, values::under(curve, share)),
        };
        left.push(Span::styled(format!("{} {} ", curve.mark, series.label()), curve.style));
        left.push(Span::styled(format!("{value}  "), Modifier::BOLD));
    }
    let right = match cursor {
        Some(_) => Line::styled(cursor_place(app), app.look.theme.strong(Role::Accent)),
        None => Line::styled(values::cut(scale), app.look.theme.style(Role::Faint)),
    };
    ends(frame, area, Line::from(left), right);
}
