//! Several runs over each other: a panel for each series, a curve for each run or group of runs.

use super::{COLORS, ChartPanel, ColumnPoint, Curve, LEFT, MetricsChart, RIGHT, ticks};
use crate::logs::Stat;

/// Height of a panel, and the room above it for its name and the one before's marks.
const HEIGHT: f64 = 208.0;
const ABOVE: f64 = 56.0;

/// A panel: a series of all runs.
pub struct RunsPanel {
    pub name: String,
    pub curves: Vec<RunCurve>,
}

/// A curve: a run, or a group of runs.
pub struct RunCurve {
    pub name: String,
    /// Equally far apart from one end of the axis to the other.
    pub points: Vec<Option<Stat>>,
}

impl MetricsChart {
    /// How many points a curve is best given: one a pixel.
    pub const COLUMNS: usize = (RIGHT - LEFT) as usize + 1;

    /// Of several runs over the same range of an axis. A run has the same colour in all panels if
    /// it has the same place in all of them.
    pub fn of_runs(
        title: &str,
        axis: &str,
        (low, high): (f64, f64),
        panels: Vec<RunsPanel>,
    ) -> Self {
        let x = |at: f64| LEFT + (at - low) / (high - low).max(1e-9) * (RIGHT - LEFT);
        let across = ticks(low, high, 10.0).into_iter().map(|mark| (x(mark), format!("{mark}")));
        let curve = |(at, curve): (usize, RunCurve)| {
            let last = curve.points.len().saturating_sub(1).max(1) as f64;
            let point = |(at, stat): (usize, Option<Stat>)| {
                let Stat { min, mean, max } = stat?;
                let x = (LEFT + at as f64 / last * (RIGHT - LEFT)).round();
                Some(ColumnPoint { x, mean, low: min, high: max })
            };
            let points = curve.points.into_iter().enumerate().filter_map(point).collect();
            Curve { name: curve.name, color: COLORS[at % COLORS.len()], points }
        };
        let panel = |(at, panel): (usize, RunsPanel)| {
            let top = ABOVE + at as f64 * (HEIGHT + ABOVE);
            let curves = panel.curves.into_iter().enumerate().map(curve).collect();
            ChartPanel::of_curves(panel.name, (top, top + HEIGHT), curves, None)
        };
        Self {
            title: title.into(),
            across: across.collect(),
            axis: axis.into(),
            panels: panels.into_iter().enumerate().map(panel).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_drawn_over_each_other_a_panel_a_series() {
        let curve = |name: &str, value: f64| RunCurve {
            name: name.into(),
            points: (0..MetricsChart::COLUMNS)
                .map(|_| Some(Stat { min: value - 0.1, mean: value, max: value + 0.1 }))
                .collect(),
        };
        let panel = |name: &str| RunsPanel {
            name: name.into(),
            curves: vec![curve("a", 1.0), curve("b", 2.0)],
        };
        let panels = vec![panel("d_loss"), panel("g_loss"), panel("score")];
        let chart = MetricsChart::of_runs("two runs", "step", (0.0, 500.0), panels);
        let svg = chart.svg(1);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<polygon").count()), (6, 6));
        for text in [">two runs<", ">step<", ">g_loss<", ">500<", ">b<"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(chart.png(1).is_ok_and(|png| png.starts_with(b"\x89PNG")));
    }
}
