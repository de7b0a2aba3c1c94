//! Which panel has the focus, and how the charts are drawn.

use crate::state::stretch::Axis;

/// The name of a panel. The panels themselves are components in the `panels` module, which the
/// state does not depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PanelId(pub &'static str);

impl PanelId {
    /// The panel of pictures, which has the focus at the start.
    pub const SAMPLES: Self = Self("Samples");
    /// The metrics; the panel says in its foot how the run is doing.
    pub const TRAINING: Self = Self("Training");
}

/// Columns over which lines are means, step by step; the last is none.
const SMOOTHING: [usize; 4] = [5, 15, 45, 1];

/// How charts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ChartLook {
    /// What the horizontal axis counts.
    pub axis: Axis,
    /// Whether losses stand on a logarithmic scale.
    pub log: bool,
    smoothing: usize,
    /// Where values are read off: a share of the chart's width.
    pub cursor: Option<f64>,
}

impl ChartLook {
    /// Smooths more, and after the most not at all.
    pub fn smooth_more(&mut self) {
        self.smoothing = (self.smoothing + 1) % SMOOTHING.len();
    }

    /// Columns over which values are averaged.
    pub fn smoothing(&self) -> usize {
        SMOOTHING[self.smoothing]
    }

    /// Moves the cursor by a share of the width; from nowhere it begins at the right end, past
    /// which it goes away.
    pub fn move_cursor(&mut self, by: f64) {
        let to = self.cursor.unwrap_or(1.0) + by;
        self.cursor = (to < 1.0 - 1e-9).then_some(to.max(0.0));
    }
}
