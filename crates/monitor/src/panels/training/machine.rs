//! What the training takes of its machine: a small chart for each series, beside one another.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
};

use super::{sparklines, values};
use crate::state::app::App;
use gan_tui_core::event::Chart;

/// Rows of the charts, with their names and an empty row above.
pub const ROWS: u16 = 6;

/// Draws the charts. Returns where the lines are.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let all = values::on_chart(app, Chart::Machine);
    let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let places = Layout::horizontal(vec![Constraint::Fill(1); all.len()]).spacing(2).split(area);
    let charts = all.into_iter().zip(places.iter());
    charts.map(|(series, &place)| sparklines::one(frame, place, app, series)).collect()
}
