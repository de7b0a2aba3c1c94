//! The enlarged losses: a chart for each group of series, then the scores if there are any, and the
//! values under the cursor.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Modifier,
    text::{Line, Span},
};

use super::{
    super::{
        plot::{self, Curve, Scale},
        score,
        widgets::{bordered, ends, symbols},
    },
    Losses,
    values::{self, aside, cursor_place},
};
use crate::{state::app::App, theme::Role};
use gan_tui_core::event::{Chart, Series};

/// Room from which on charts say more than sparklines.
pub const ENOUGH: (u16, u16) = (56, 20);

/// Rows from which on there is room for a third chart, and for each one beyond it.
const THIRD: u16 = 18;
const FURTHER: u16 = 6;

/// Draws a panel with a chart for the losses, one for the discriminator's outputs and, as far as
/// there is room, one for the scores and one for every other series. Returns where the lines are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let inside = bordered(frame, area, app, Some(Losses::ID), "Losses", &aside(app, true));
    let others = values::on_chart(app, Chart::Other);
    let has_scores = app.run.history.scores().latest().is_some() && inside.height >= THIRD;
    let before = THIRD + if has_scores { FURTHER } else { 0 };
    let has_others = !others.is_empty() && inside.height >= before;
    let fill = |is_there: bool| Constraint::Fill(if is_there { 2 } else { 0 });
    let [losses, fractions, scores, rest] = Layout::vertical([
        Constraint::Fill(3),
        Constraint::Fill(2),
        fill(has_scores),
        fill(has_others),
    ])
    .areas(inside);
    let zero_to_one = Some(Scale { low: 0.0, high: 1.0, log: false });
    let mut parts = vec![
        chart(frame, losses, app, &values::on_chart(app, Chart::Losses), None),
        chart(frame, fractions, app, &values::on_chart(app, Chart::Discriminator), zero_to_one),
    ];
    if has_scores {
        parts.extend(score::draw(frame, scores, app));
    }
    if has_others {
        parts.push(chart(frame, rest, app, &others, None));
    }
    parts
}

/// Draws a legend with values, then the lines. Returns where the lines are.
fn chart(frame: &mut Frame, area: Rect, app: &App, all: &[Series], scale: Option<Scale>) -> Rect {
    let chart = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    if area.height < 3 {
        return chart;
    }
    let count = plot::columns(chart, app.look.capabilities.script);
    let curves: Vec<Curve> = all.iter().map(|&series| curve(app, series, count)).collect();
    legend(frame, Rect { height: 1, ..area }, app, all, &curves);
    let scale = scale.unwrap_or_else(|| Scale::of(&curves, app.look.chart.log));
    let style = plot::AxisStyle {
        script: app.look.capabilities.script,
        vertical: symbols(app).border.vertical_left,
        faint: app.look.theme.style(Role::Faint),
    };
    plot::draw(
        frame.buffer_mut(),
        chart,
        &curves,
        scale,
        app.run.history.span(app.look.window),
        app.look.chart.cursor,
        style,
    );
    chart
}

fn curve(app: &App, series: Series, count: usize) -> Curve {
    let stats = app.run.history.columns(series, app.look.window, count);
    let smoothing = app.look.chart.smoothing();
    let points = if smoothing > 1 {
        // Smoothed lines have no extremes.
        let means: Vec<Option<f32>> =
            stats.iter().map(|stat| stat.map(|stat| stat.mean())).collect();
        values::smoothed(&means, smoothing)
            .into_iter()
            .map(|mean| mean.map(|mean| [mean; 3]))
            .collect()
    } else {
        stats.iter().map(|stat| stat.map(|stat| [stat.min, stat.mean(), stat.max])).collect()
    };
    let values::Style { mark, role } = values::style(app, series);
    Curve { mark, style: app.look.theme.style(role), points }
}

/// Names, marks and values: the present ones, or those under the cursor.
fn legend(frame: &mut Frame, area: Rect, app: &App, all: &[Series], curves: &[Curve]) {
    let cursor = app.look.chart.cursor;
    let mut left = Vec::new();
    for (&series, line) in all.iter().zip(curves) {
        let under =
            |share| line.points.get(values::at(share, line.points.len())).copied().flatten();
        let value = match cursor {
            None => values::present(app, series),
            Some(share) => values::in_words(series, under(share).map(|point| point[1])),
        };
        left.push(Span::styled(format!("{} {} ", line.mark, series.label()), line.style));
        left.push(Span::styled(format!("{value}  "), Modifier::BOLD));
    }
    let right = Line::styled(cursor_place(app), app.look.theme.strong(Role::Accent));
    ends(frame, area, Line::from(left), right);
}
