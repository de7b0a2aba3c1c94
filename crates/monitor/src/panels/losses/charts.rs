//! The enlarged losses: both losses over their axes, the shares below, then the scores where there
//! are any, and what the cursor reads off.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Modifier,
    text::{Line, Span},
};

use super::{
    super::{
        plot::{self, Scale, Series},
        score,
        widgets::{bordered, ends, symbols},
    },
    Losses,
    values::{self, aside, cursor_place},
};
use crate::{
    state::{app::App, history::Channel},
    theme::Role,
};

/// Room from which on charts say more than sparklines.
pub const ENOUGH: (u16, u16) = (56, 20);

/// Rows from which on there is room for the scores too.
const SCORES: u16 = 18;

const LOSSES: [Channel; 2] = [Channel::DiscriminatorLoss, Channel::GeneratorLoss];
const SHARES: [Channel; 3] = [Channel::Accuracy, Channel::Real, Channel::Fake];

/// In a panel of its own. Tells where the lines are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let inside = bordered(frame, area, app, Some(Losses::ID), "Losses", &aside(app, true));
    let scores =
        if app.run.history.scores().latest().is_some() && inside.height >= SCORES { 2 } else { 0 };
    let [above, below, lowest] =
        Layout::vertical([Constraint::Fill(3), Constraint::Fill(2), Constraint::Fill(scores)])
            .areas(inside);
    chart(frame, above, app, &LOSSES, None);
    chart(frame, below, app, &SHARES, Some(Scale { low: 0.0, high: 1.0, log: false }));
    let mut parts = [above, below]
        .map(|area| Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area })
        .to_vec();
    if scores > 0 {
        parts.extend(score::draw(frame, lowest, app));
    }
    parts
}

/// A legend with values, then the lines.
fn chart(frame: &mut Frame, area: Rect, app: &App, channels: &[Channel], scale: Option<Scale>) {
    if area.height < 3 {
        return;
    }
    let chart = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let count = plot::columns(chart, app.look.capabilities.script);
    let series: Vec<Series> = channels.iter().map(|&channel| series(app, channel, count)).collect();
    legend(frame, Rect { height: 1, ..area }, app, channels, &series);
    let scale = scale.unwrap_or_else(|| Scale::of(&series, app.look.chart.log));
    let look = plot::Look {
        script: app.look.capabilities.script,
        vertical: symbols(app).border.vertical_left,
        faint: app.look.theme.style(Role::Faint),
    };
    plot::draw(
        frame.buffer_mut(),
        chart,
        &series,
        scale,
        app.run.history.span(app.look.window),
        app.look.chart.cursor,
        look,
    );
}

fn series(app: &App, channel: Channel, count: usize) -> Series {
    let stats = app.run.history.columns(channel, app.look.window, count);
    let points: Vec<_> =
        stats.iter().map(|stat| stat.map(|stat| [stat.min, stat.mean(), stat.max])).collect();
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
        points
    };
    let mark = match channel {
        Channel::DiscriminatorLoss => 'D',
        Channel::GeneratorLoss => 'G',
        Channel::Accuracy => 'a',
        Channel::Real => 'x',
        Channel::Fake => 'z',
    };
    Series { mark, style: app.look.theme.style(values::name(channel).1), points }
}

/// Names, marks and values: the present ones, or those under the cursor.
fn legend(frame: &mut Frame, area: Rect, app: &App, channels: &[Channel], series: &[Series]) {
    let cursor = app.look.chart.cursor;
    let mut left = Vec::new();
    for (&channel, line) in channels.iter().zip(series) {
        let (name, role) = values::name(channel);
        let under =
            |share| line.points.get(values::at(share, line.points.len())).copied().flatten();
        let value = match cursor {
            None => values::present(app, channel),
            Some(share) => values::said(channel, under(share).map(|point| point[1])),
        };
        left.push(Span::styled(format!("{} {name} ", line.mark), app.look.theme.style(role)));
        left.push(Span::styled(format!("{value}  "), Modifier::BOLD));
    }
    let right = Line::styled(cursor_place(app), app.look.theme.strong(Role::Accent));
    ends(frame, area, Line::from(left), right);
}
