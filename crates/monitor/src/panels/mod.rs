//! The panels, and everything else that draws the state as cells. Drawing never changes the state.
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

pub mod chart;
pub mod component;
mod footer;
pub mod header;
mod health;
mod layout;
mod log;
mod overlay;
mod run;
mod samples;
mod score;
pub mod symbols;
mod training;
pub mod widgets;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    state::{app::App, panel::PanelId},
    terminal::painter::Graphics,
};
use component::Panel;
pub use health::Health;
use layout::{Placed, SMALLEST, places};
pub use overlay::lowest_help;
pub use samples::{Samples, shown};
pub use training::Training;
#[cfg(test)]
pub use {log::Log, samples::arranged};

/// Every panel, in the order in which the focus visits them while one is enlarged. Within a region
/// of the screen they stand in this order too.
pub const PANELS: [&dyn Panel; 5] = [&Training, &Samples, &run::Run, &health::Health, &log::Log];

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
        parts.extend(if places.is_compact {
            panel.draw_compact(frame, area, app)
        } else {
            panel.draw(frame, area, app)
        });
    }
    footer::draw(frame, places.footer, app, layout::tells_health(app));
    let pictures = match app.look.pixels() {
        Some(_) => places
            .panels
            .iter()
            .flat_map(|&(panel, area)| panel.pictures(area, app, places.is_compact))
            .collect(),
        None => Vec::new(),
    };
    Graphics { parts, front: overlay::draw(frame, area, app), pictures }
}

fn is_too_small(area: Rect) -> bool {
    area.width < SMALLEST.0 || area.height < SMALLEST.1
}

fn screen(app: &App) -> Rect {
    Rect::new(0, 0, app.size.0, app.size.1)
}

/// Returns the panel that has the focus.
pub fn focused(app: &App) -> &'static dyn Panel {
    PANELS.into_iter().find(|panel| panel.id() == app.focus).unwrap_or(&Samples)
}

/// Returns the panels that can have the focus: those seen, or all while one of them is enlarged.
pub fn focusable(app: &App) -> Vec<PanelId> {
    if app.enlarged || is_too_small(screen(app)) {
        return PANELS.iter().map(|panel| panel.id()).collect();
    }
    places(app, screen(app)).panels.iter().map(|(panel, _)| panel.id()).collect()
}

/// Returns the panel at a position, and its area.
pub fn at(app: &App, position: Position) -> Option<Placed> {
    if is_too_small(screen(app)) {
        return None;
    }
    places(app, screen(app)).panels.into_iter().find(|(_, area)| area.contains(position))
}

fn too_small(frame: &mut Frame, area: Rect) {
    let lines = [
        format!("{}x{} is too small", area.width, area.height),
        format!("needs {}x{}", SMALLEST.0, SMALLEST.1),
        "training continues".into(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fixture::{MODERN, press, trained},
        state::message::Message,
        terminal::input::MouseAction,
        update::update,
    };

    #[test]
    fn every_panel_of_the_list_is_placed_clicked_visited_and_enlarged() {
        let mut app = trained(MODERN, 300);
        update(&mut app, Message::Resized(200, 60));
        for panel in PANELS {
            let placed = places(&app, screen(&app)).panels;
            let (_, area) = placed.iter().find(|(one, _)| one.id() == panel.id()).expect("placed");
            update(&mut app, Message::Mouse(MouseAction::Press, area.x + 1, area.y + 1));
            assert_eq!(app.focus, panel.id());
            press(&mut app, "enter");
            let enlarged = places(&app, screen(&app)).panels;
            assert_eq!((enlarged.len(), enlarged[0].0.id()), (1, panel.id()));
            press(&mut app, "esc");
        }
        let mut visited = Vec::new();
        for _ in PANELS {
            press(&mut app, "tab");
            visited.push(app.focus.0);
        }
        visited.sort_unstable();
        visited.dedup();
        assert_eq!(visited.len(), PANELS.len(), "each name is used once and has its turn");
    }
}
