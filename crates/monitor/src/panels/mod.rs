//! State to cells. Nothing here changes the state.
//!
//! ```text
//! 110x36 and larger                    80x24                             from 40x12
//! +-------------------------------+    +-----------------------------+   +--------------------+
//! | header: run, state, progress  |    | header                      |   | header             |
//! +-------------+-----------------+    +---------------+-------------+   | losses, one line   |
//! | losses      | samples         |    | losses        | samples     |   |   each             |
//! +-------------+                 |    |               |             |   | samples            |
//! | run         |                 |    |               |             |   |                    |
//! +-------------+-----------------+    |               |             |   |                    |
//! | health      | log             |    +---------------+-------------+   +--------------------+
//! +-------------+-----------------+    | footer                      |   | footer             |
//! | footer: trouble, keys         |    +-----------------------------+   +--------------------+
//! +-------------------------------+    an enlarged panel takes all between header and footer
//! ```

mod charts;
mod compact;
mod details;
mod digits;
mod footer;
pub mod header;
mod health;
mod layout;
mod losses;
mod overlay;
mod plot;
mod rows;
mod score;
mod symbols;
mod widgets;

use std::time::Duration;

use ratatui::{Frame, layout::Rect, text::Line};

use crate::state::{app::App, panel::Panel};
pub use digits::shown;
use layout::{SMALLEST, places};
pub use overlay::lowest_help;

/// How long each picture of the spinner stays.
pub const SPIN: Duration = Duration::from_millis(200);

/// What is under the mouse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hit {
    Panel(Panel),
    /// The film's bar, at a share of its length.
    Film(f64),
}

/// Where pictures and charts are: what takes many bytes and may come a moment later than text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graphics {
    pub parts: Vec<Rect>,
    /// What stands in front of them.
    pub front: Option<Rect>,
}

/// Draws everything.
pub fn draw(frame: &mut Frame, app: &App) -> Graphics {
    let area = frame.area();
    if is_too_small(area) {
        too_small(frame, area);
        return Graphics::default();
    }
    let places = places(app, area);
    header::draw(frame, places.header, app);
    let mut parts = Vec::new();
    for &(panel, area) in &places.panels {
        match panel {
            Panel::Losses if places.is_compact => compact::draw(frame, area, app),
            Panel::Losses
                if area.width >= charts::ENOUGH.0
                    && (app.enlarged || area.height >= charts::ENOUGH.1) =>
            {
                parts.extend(charts::draw(frame, area, app));
            }
            Panel::Losses => parts.extend(losses::draw(frame, area, app)),
            Panel::Digits if places.is_compact => parts.extend(digits::draw_bare(frame, area, app)),
            Panel::Digits => parts.extend(digits::draw(frame, area, app)),
            Panel::Run => details::draw(frame, area, app),
            Panel::Health => health::draw(frame, area, app),
            Panel::Log => health::draw_log(frame, area, app),
        }
    }
    footer::draw(frame, places.footer, app);
    Graphics { parts, front: overlay::draw(frame, area, app) }
}

fn is_too_small(area: Rect) -> bool {
    area.width < SMALLEST.0 || area.height < SMALLEST.1
}

fn screen(app: &App) -> Rect {
    Rect::new(0, 0, app.size.0, app.size.1)
}

/// The panels that can be focused: those seen, or all while one of them is enlarged.
pub fn panels(app: &App) -> Vec<Panel> {
    if app.enlarged || is_too_small(screen(app)) {
        return Panel::ALL.into();
    }
    places(app, screen(app)).panels.into_iter().map(|(panel, _)| panel).collect()
}

/// What is at a column and a row.
pub fn hit(app: &App, x: u16, y: u16) -> Option<Hit> {
    if is_too_small(screen(app)) {
        return None;
    }
    let places = places(app, screen(app));
    let (panel, area) = places.panels.into_iter().find(|(_, area)| area.contains((x, y).into()))?;
    let bar = digits::film_bar(app, area)
        .filter(|bar| panel == Panel::Digits && bar.contains((x, y).into()));
    Some(match bar {
        Some(bar) => {
            Hit::Film(f64::from(x - bar.x) / f64::from(bar.width.saturating_sub(1).max(1)))
        }
        None => Hit::Panel(panel),
    })
}

fn too_small(frame: &mut Frame, area: Rect) {
    let lines = [
        format!("{}x{} is too small", area.width, area.height),
        format!("needs {}x{}", SMALLEST.0, SMALLEST.1),
        "training goes on".into(),
    ];
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (row, text) in lines.into_iter().enumerate() {
        let row = top + row as u16;
        if row < area.height {
            frame.render_widget(
                Line::raw(text).centered(),
                Rect::new(area.x, area.y + row, area.width, 1),
            );
        }
    }
}
