//! The metrics on a small screen: a line for each, one for the rest.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{super::score, sparklines::draw_row, values};
use crate::{state::app::App, theme::Role};
use gan_tui_core::event::{Chart, Series};

/// Rows that [`draw`] fills.
pub const ROWS: u16 = 3;

/// A line for each loss and one for the shares.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    for (row, series) in [Series::D_LOSS, Series::G_LOSS].into_iter().enumerate() {
        loss(frame, Rect { y: area.y + row as u16, height: 1, ..area }, app, series);
    }
    shares(frame, Rect { y: area.y + 2, height: 1, ..area }, app);
}

/// `D loss   0.612 ▁▂▃▄▅▆▇`
fn loss(frame: &mut Frame, area: Rect, app: &App, series: Series) {
    let role = values::style(app, series).role;
    let short = if series == Series::G_LOSS { "G loss" } else { "D loss" };
    let style = app.look.theme.style(role);
    let line = Line::from(vec![
        Span::styled(short, style),
        Span::styled(format!(" {:>8} ", values::present(app, series)), Modifier::BOLD),
    ]);
    let start = line.width() as u16;
    frame.render_widget(line, area);
    let chart = Rect { x: area.x + start, width: area.width.saturating_sub(start), ..area };
    draw_row(frame, chart, app, series, style);
}

/// `acc 71%  D(x) 0.613  D(G(z)) 0.382`, and the distance where there is room.
fn shares(frame: &mut Frame, area: Rect, app: &App) {
    let mut spans = Vec::new();
    for series in values::on_chart(app, Chart::Discriminator) {
        let style = app.look.theme.style(values::style(app, series).role);
        let name = if series == Series::D_ACCURACY { "acc" } else { series.label() };
        spans.push(Span::styled(format!("{name} "), style));
        spans.push(Span::styled(format!("{}  ", values::present(app, series)), Modifier::BOLD));
    }
    let mut line = Line::from(spans);
    if let Some(distance) = score::short(app)
        .filter(|distance| line.width() + distance.len() <= usize::from(area.width))
    {
        line.push_span(Span::styled(distance, app.look.theme.style(Role::Accent)));
    }
    frame.render_widget(line, area);
}
