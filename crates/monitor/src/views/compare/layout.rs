//! Where the panels are, and the names of places on the axes.

use std::time::Duration;

use ratatui::layout::{Constraint, Layout, Rect};

use crate::state::number;
use gan_tui_store::logs::Axis;

/// The smallest area with panels side by side.
const SIDE_BY_SIDE: (u16, u16) = (100, 22);
/// Rows of an area in which panels have room under one another; with fewer, one has it all.
const STACKED: u16 = 18;

/// A part of the screen that can have the focus and be enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    Charts,
    Pictures,
    Runs,
    Texts,
}

impl Panel {
    pub fn name(self) -> &'static str {
        match self {
            Self::Charts => "Charts",
            Self::Pictures => "Pictures",
            Self::Runs => "Runs",
            Self::Texts => "Texts",
        }
    }
}

/// Divides an area among the panels; `lines` is how many the table has.
pub fn places(area: Rect, panels: &[Panel], lines: usize, focus: Panel) -> Vec<(Panel, Rect)> {
    let has = |panel: Panel| panels.contains(&panel);
    if area.height < STACKED {
        let shown = if has(focus) { focus } else { Panel::Charts };
        return vec![(shown, area)];
    }
    // Borders, titles, and a line for what the pictures below are of.
    let table = if has(Panel::Runs) { (lines as u16 + 3).clamp(5, area.height / 3) } else { 0 };
    let text = if has(Panel::Texts) { (area.height / 5).clamp(5, 10) } else { 0 };
    let fill = |is_there: bool| if is_there { Constraint::Fill(1) } else { Constraint::Length(0) };
    let is_wide = area.width >= SIDE_BY_SIDE.0 && area.height >= SIDE_BY_SIDE.1;
    let mut found = Vec::new();
    if is_wide && has(Panel::Pictures) {
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(45), Constraint::Fill(1)]).areas(area);
        let rows = [Constraint::Fill(1), Constraint::Length(text)];
        let [charts, texts] = Layout::vertical(rows).areas(left);
        let rows = [Constraint::Fill(1), Constraint::Length(table)];
        let [pictures, runs] = Layout::vertical(rows).areas(right);
        found.extend([
            (Panel::Charts, charts),
            (Panel::Pictures, pictures),
            (Panel::Runs, runs),
            (Panel::Texts, texts),
        ]);
    } else {
        let rows = [
            Constraint::Fill(1),
            fill(has(Panel::Pictures)),
            Constraint::Length(table),
            Constraint::Length(text),
        ];
        let [charts, pictures, runs, texts] = Layout::vertical(rows).areas(area);
        found.extend([
            (Panel::Charts, charts),
            (Panel::Pictures, pictures),
            (Panel::Runs, runs),
            (Panel::Texts, texts),
        ]);
    }
    found.retain(|(panel, area)| has(*panel) && area.height > 2);
    found
}

/// What is along an axis.
pub fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Step => "step",
        Axis::Images => "images seen",
        Axis::Time => "time",
    }
}

/// A place on an axis in words.
pub fn place_name(axis: Axis, x: f64) -> String {
    match axis {
        Axis::Step => format!("step {}", number::count(x.round() as i64)),
        Axis::Images => format!("{} images", number::count(x.round() as i64)),
        Axis::Time => number::duration(Duration::try_from_secs_f64(x.max(0.0)).unwrap_or_default()),
    }
}
