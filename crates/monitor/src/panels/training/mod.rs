//! The metrics of training: full charts where there is room, else small ones, else a line each.

mod charts;
mod compact;
mod machine;
mod sparklines;
mod table;
mod values;

use ratatui::{Frame, layout::Rect, text::Line};

use super::{
    component::{Height, Panel, Region, Travel},
    layout, score,
    widgets::symbols,
};
use crate::state::{app::App, message::Effect, panel::PanelId};

/// Cursor positions across a chart, each one key press from the next.
const CURSOR_STEPS: f64 = 60.0;

pub struct Training;

impl Training {
    pub const ID: PanelId = PanelId::TRAINING;
}

impl Panel for Training {
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

/// Returns how the charts are drawn, as far as it is not the usual way, where no panel says so.
pub fn aside(app: &App) -> String {
    values::aside(app, false)
}

/// Writes how the run is doing on the panel's lower border, where no panel of its own says so.
fn foot(frame: &mut Frame, area: Rect, app: &App) {
    if layout::shows_health(app) || area.height < 2 {
        return;
    }
    let Some(finding) = app.run.health.first() else { return };
    let distance = score::short(app).map(|distance| format!(" {} {distance}", symbols(app).dot));
    let room = usize::from(area.width.saturating_sub(4));
    let mut text = format!(" {}{} ", finding.title, distance.unwrap_or_default());
    if text.chars().count() > room {
        text = format!(" {} ", finding.title);
    }
    if text.chars().count() <= room {
        let line = Line::styled(text, app.look.theme.style(finding.role));
        let width = line.width() as u16;
        frame.render_widget(line, Rect { x: area.x + 2, y: area.bottom() - 1, width, height: 1 });
    }
}
