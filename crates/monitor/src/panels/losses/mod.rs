//! The metrics of training: full charts where there is room, else sparklines, else a line each.

mod charts;
mod compact;
mod sparklines;
mod values;

use ratatui::{Frame, layout::Rect};

use super::component::{Height, Panel, Region, Travel};
use crate::state::{app::App, message::Effect, panel::PanelId};

/// Cursor positions across a chart, each one key press from the next.
const CURSOR_STEPS: f64 = 60.0;

pub struct Losses;

impl Losses {
    pub const ID: PanelId = PanelId("Losses");
}

impl Panel for Losses {
    fn id(&self) -> PanelId {
        Self::ID
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn height(&self, _: &App) -> Height {
        Height::AtLeast(sparklines::ENOUGH)
    }

    fn compact_height(&self) -> Option<Height> {
        Some(Height::Exactly(compact::ROWS))
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        let (width, height) = charts::ENOUGH;
        if area.width >= width && (app.enlarged || area.height >= height) {
            charts::draw(frame, area, app)
        } else {
            sparklines::draw(frame, area, app)
        }
    }

    fn draw_compact(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        compact::draw(frame, area, app);
        Vec::new()
    }

    fn wheel(&self, app: &mut App, by: i64) -> Option<Effect> {
        self.travel(app, Travel::By(by));
        None
    }

    fn travel(&self, app: &mut App, to: Travel) -> bool {
        match to {
            Travel::By(by) => app.look.chart.move_cursor(by as f64 / CURSOR_STEPS),
            Travel::ToStart => app.look.chart.cursor = Some(0.0),
        }
        true
    }
}
