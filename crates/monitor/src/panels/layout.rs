//! Where everything stands, for drawing and for the mouse.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{details, footer, losses};
use crate::state::{app::App, panel::Panel};

/// The smallest screen that can be used.
pub const SMALLEST: (u16, u16) = (40, 12);
/// The smallest screen with panels side by side.
const PANELS: (u16, u16) = (72, 20);
/// The smallest screen with health and log below the others.
const STRIP: (u16, u16) = (110, 36);

/// A screen, divided.
pub struct Places {
    pub header: Rect,
    pub footer: Rect,
    pub panels: Vec<(Panel, Rect)>,
    /// Whether the panels have no room for borders.
    pub is_compact: bool,
}

/// Divides a screen that is not too small.
pub fn places(app: &App, area: Rect) -> Places {
    let rows = [
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(footer::height(app, area.width)),
    ];
    let [header, body, footer] = Layout::vertical(rows).areas(area);
    let small = area.width < PANELS.0 || area.height < PANELS.1;
    let (panels, is_compact) = match () {
        () if app.enlarged => (vec![(app.focus, body)], false),
        () if small => (compact(body), true),
        () if area.width >= STRIP.0 && area.height >= STRIP.1 => {
            let [above, below] = Layout::vertical([
                Constraint::Fill(1),
                Constraint::Length((body.height / 5).clamp(6, 12)),
            ])
            .areas(body);
            let [health, log] =
                Layout::horizontal([Constraint::Length(numbers(body.width)), Constraint::Fill(1)])
                    .areas(below);
            let mut panels = side_by_side(app, above);
            panels.extend([(Panel::Health, health), (Panel::Log, log)]);
            (panels, false)
        }
        () => (side_by_side(app, body), false),
    };
    Places { header, footer, panels, is_compact }
}

/// Three lines of losses, the rest pictures.
fn compact(area: Rect) -> Vec<(Panel, Rect)> {
    let [losses, digits] =
        Layout::vertical([Constraint::Length(3), Constraint::Fill(1)]).areas(area);
    vec![(Panel::Losses, losses), (Panel::Digits, digits)]
}

/// Width of the panels with numbers.
fn numbers(width: u16) -> u16 {
    (width * 2 / 5).clamp(32, 84)
}

/// Numbers to the left, pictures to the right, which take what the numbers do not need.
fn side_by_side(app: &App, area: Rect) -> Vec<(Panel, Rect)> {
    let [left, right] =
        Layout::horizontal([Constraint::Length(numbers(area.width)), Constraint::Fill(1)])
            .areas(area);
    let rows = details::rows(app) + 2;
    if left.height.saturating_sub(losses::ENOUGH) < rows {
        return vec![(Panel::Losses, left), (Panel::Digits, right)];
    }
    let [top, bottom] =
        Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(left);
    vec![(Panel::Losses, top), (Panel::Run, bottom), (Panel::Digits, right)]
}
