//! The areas of the header, the panels and the footer, for drawing and for the mouse.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{
    PANELS,
    component::{Height, Panel, Region},
    footer,
};
use crate::state::{app::App, panel::PanelId};

/// The smallest screen that can be used.
pub const SMALLEST: (u16, u16) = (40, 12);
/// The smallest screen with panels side by side.
const SIDE_BY_SIDE: (u16, u16) = (72, 20);
/// The smallest screen with a row of panels below the others.
const WITH_ROW_BELOW: (u16, u16) = (110, 36);

/// Columns from which on there are more panels in that row.
const WITH_REST: u16 = 150;

/// A panel and its area.
pub type Placed = (&'static dyn Panel, Rect);

/// A screen, divided.
pub struct Places {
    pub header: Rect,
    pub footer: Rect,
    pub panels: Vec<Placed>,
    /// Whether the panels have no room for borders.
    pub is_compact: bool,
}

/// Divides a screen that is not too small.
pub fn places(app: &App, area: Rect) -> Places {
    let rows = [
        Constraint::Length(2),
        Constraint::Fill(1),
        Constraint::Length(footer::height(app, area.width, tells_health(app))),
    ];
    let [header, body, footer] = Layout::vertical(rows).areas(area);
    let is_small = area.width < SIDE_BY_SIDE.0 || area.height < SIDE_BY_SIDE.1;
    let panels = match enlarged(app) {
        Some(panel) => vec![(panel, body)],
        None if is_small => compact(body),
        None if area.width >= WITH_ROW_BELOW.0 && area.height >= WITH_ROW_BELOW.1 => {
            let height = (body.height / 5).clamp(6, 12);
            let [above, below] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(body);
            let mut panels = side_by_side(app, above);
            panels.extend(row(&panels, below));
            panels
        }
        None => side_by_side(app, body),
    };
    Places { header, footer, panels, is_compact: is_small && !app.enlarged }
}

/// Returns whether the screen has no room for borders around panels.
pub fn is_compact(app: &App) -> bool {
    app.size.0 < SIDE_BY_SIDE.0 || app.size.1 < SIDE_BY_SIDE.1
}

/// Returns whether a panel on the screen says how the run is doing: the one for that, or another in
/// its foot.
pub fn tells_health(app: &App) -> bool {
    let is_in_foot = !app.enlarged || app.focus == PanelId::TRAINING;
    !is_compact(app) && (shows_health(app) || is_in_foot)
}

/// Returns whether the panel that says how the run is doing is on the screen.
pub fn shows_health(app: &App) -> bool {
    let (width, height) = app.size;
    match enlarged(app) {
        Some(panel) => panel.id() == super::Health::ID,
        None => width >= WITH_ROW_BELOW.0 && height >= WITH_ROW_BELOW.1,
    }
}

/// Returns the panel that has the screen to itself, if one has.
fn enlarged(app: &App) -> Option<&'static dyn Panel> {
    app.enlarged.then(|| super::focused(app))
}

fn of_region(region: Region) -> impl Iterator<Item = &'static dyn Panel> {
    PANELS.into_iter().filter(move |panel| panel.region() == region)
}

/// Stacks panels on top of one another.
fn stack(panels: Vec<(&'static dyn Panel, Height)>, area: Rect) -> Vec<Placed> {
    let rows = panels.iter().map(|(_, height)| match height {
        Height::AtLeast(_) => Constraint::Fill(1),
        Height::Exactly(rows) => Constraint::Length(*rows),
    });
    let areas = Layout::vertical(rows).split(area);
    panels.into_iter().map(|(panel, _)| panel).zip(areas.iter().copied()).collect()
}

/// Panels without borders, under one another.
fn compact(area: Rect) -> Vec<Placed> {
    let panels = PANELS.into_iter().filter_map(|panel| Some((panel, panel.compact_height()?)));
    stack(panels.collect(), area)
}

/// Returns the width of the left column, whose panels hold numbers.
fn left_width(width: u16) -> u16 {
    (width * 2 / 5).clamp(32, 84)
}

/// Numbers to the left, pictures to the right, which take what the numbers do not need.
fn side_by_side(app: &App, area: Rect) -> Vec<Placed> {
    let widths = [Constraint::Length(left_width(area.width)), Constraint::Fill(1)];
    let [left, right] = Layout::horizontal(widths).areas(area);
    let mut panels = column(app, Region::Left, left);
    panels.extend(column(app, Region::Right, right));
    panels
}

/// The first panel of a region, and the others as long as there is room for all.
fn column(app: &App, region: Region, area: Rect) -> Vec<Placed> {
    let mut used = 0;
    let fits = |(at, (_, height)): &(usize, (_, Height))| {
        let (Height::AtLeast(rows) | Height::Exactly(rows)) = *height;
        used += rows;
        *at == 0 || used <= area.height
    };
    let panels = of_region(region).map(|panel| (panel, panel.height(app)));
    stack(panels.enumerate().take_while(fits).map(|(_, panel)| panel).collect(), area)
}

/// Panels beside one another, the first as wide as the left column; if there is room, those that the
/// columns above had none for.
fn row(above: &[Placed], area: Rect) -> Vec<Placed> {
    let mut panels: Vec<_> = of_region(Region::Below).collect();
    if area.width >= WITH_REST {
        let is_placed =
            |panel: &&dyn Panel| above.iter().any(|(placed, _)| placed.id() == panel.id());
        panels.extend(of_region(Region::Left).filter(|panel| !is_placed(panel)));
    }
    let widths = (0..panels.len()).map(|at| match at {
        0 => Constraint::Length(left_width(area.width)),
        _ => Constraint::Fill(1),
    });
    let areas = Layout::horizontal(widths).split(area);
    panels.into_iter().zip(areas.iter().copied()).collect()
}
