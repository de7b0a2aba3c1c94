//! State to cells. Nothing here changes the state.
//!
//! ```text
//! 80x24 and larger                               from 40x12
//! +--------------------------------------+       +--------------------+
//! | header: run, state, progress         |       | header             |
//! +-----------------+--------------------+       | losses, one line   |
//! | losses          | digits             |       |   each             |
//! | (and details    |                    |       | digits             |
//! |  where there is |                    |       | footer             |
//! |  room)          |                    |       +--------------------+
//! +-----------------+--------------------+
//! | footer: notice, or keys              |
//! +--------------------------------------+
//! ```

mod compact;
mod details;
mod digits;
mod footer;
mod header;
mod losses;
mod overlay;
mod symbols;
mod widgets;

use std::time::Duration;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::Line,
};

use super::app::App;
pub use overlay::lowest_help;

/// How long each picture of the spinner stays.
pub const SPIN: Duration = Duration::from_millis(200);

/// The smallest screen that can be used.
const SMALLEST: (u16, u16) = (40, 12);
/// The smallest screen with panels side by side.
const PANELS: (u16, u16) = (72, 20);

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, area);
    }
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Fill(1), Constraint::Length(footer::height(app, area.width))]).areas(area);
    header::draw(frame, head, app);
    if area.width < PANELS.0 || area.height < PANELS.1 {
        compact::draw(frame, body, app);
    } else {
        panels(frame, body, app);
    }
    footer::draw(frame, foot, app);
    overlay::draw(frame, area, app);
}

/// Numbers to the left, pictures to the right, which take what the numbers do not need.
fn panels(frame: &mut Frame, area: Rect, app: &App) {
    let numbers = (area.width * 2 / 5).clamp(32, 64);
    let [left, right] = Layout::horizontal([Constraint::Length(numbers), Constraint::Fill(1)]).areas(area);
    let spare = left.height.saturating_sub(losses::ENOUGH);
    let rows = details::rows(app) + 2;
    let rows = if spare >= rows { rows } else { 0 };
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(left);
    losses::draw(frame, top, app);
    if rows > 0 {
        details::draw(frame, bottom, app);
    }
    digits::draw(frame, right, app);
}

fn too_small(frame: &mut Frame, area: Rect) {
    let lines =
        [format!("{}x{} is too small", area.width, area.height), format!("needs {}x{}", SMALLEST.0, SMALLEST.1), "training goes on".into()];
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (row, text) in lines.into_iter().enumerate() {
        let row = top + row as u16;
        if row < area.height {
            frame.render_widget(Line::raw(text).centered(), Rect::new(area.x, area.y + row, area.width, 1));
        }
    }
}
