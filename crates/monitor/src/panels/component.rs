//! What a panel is: one component that draws itself and answers keys and the mouse.

use ratatui::{
    Frame,
    layout::{Position, Rect},
};

use crate::{
    state::{app::App, message::Effect, panel::PanelId},
    terminal::pixels::Picture,
};

/// Where a panel stands on a screen with panels side by side; see [`super::layout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// The narrow column on the left.
    Left,
    /// The wide column on the right.
    Right,
    /// The row below both, on large screens only.
    Below,
}

/// How a panel changes with the height of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Height {
    /// As many rows as are left over, but no fewer than this where that can be avoided.
    AtLeast(u16),
    /// This many rows, or none.
    Exactly(u16),
}

/// A move along a panel's own time axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Travel {
    By(i64),
    ToStart,
}

/// A part of the screen that can have the focus, be enlarged and be clicked.
///
/// To add one, implement this trait in a file of its own and enter the panel in
/// [`super::PANELS`]: layout, focus, mouse and enlarging follow from that list.
pub trait Panel: Sync {
    /// Returns the panel's name, which is its title unless it draws another.
    fn id(&self) -> PanelId;

    fn region(&self) -> Region;

    /// Returns the rows it takes where it shares a column, border included.
    fn height(&self, _app: &App) -> Height {
        Height::AtLeast(0)
    }

    /// Returns the rows it takes on a screen that is too small for borders; `None` if it is left
    /// out there.
    fn compact_height(&self) -> Option<Height> {
        None
    }

    /// Draws the panel with its border. Returns where pictures and charts are.
    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect>;

    /// Draws the panel without a border. Returns where pictures and charts are.
    fn draw_compact(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        self.draw(frame, area, app)
    }

    /// Returns the pictures that are drawn, each with its cells, to be shown as pixels where the
    /// terminal has them.
    fn pictures(&self, _area: Rect, _app: &App, _is_compact: bool) -> Vec<Picture> {
        Vec::new()
    }

    /// Handles a mouse button that is pressed at a position within `area`, or dragged over it.
    fn click(&self, app: &mut App, _area: Rect, _at: Position, is_drag: bool) -> Option<Effect> {
        if !is_drag {
            app.focus = self.id();
        }
        None
    }

    /// Handles the mouse wheel: -1 is up, 1 is down.
    fn wheel(&self, _app: &mut App, _by: i64) -> Option<Effect> {
        None
    }

    /// Handles the keys that scroll. Returns whether the panel has something of its own to scroll.
    fn scroll(&self, _app: &mut App, _by: i64) -> bool {
        false
    }

    /// Handles the keys that move through time. Returns whether the panel has a time axis of its
    /// own; otherwise the keys move through the run's frames.
    fn travel(&self, _app: &mut App, _to: Travel) -> bool {
        false
    }
}
