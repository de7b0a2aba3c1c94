//! A run's metrics as curves over iterations: losses, the discriminator's verdicts, and below them
//! the series that this program does not know, if there are any.

mod png;
mod runs;
mod svg;

use gan_tui_core::event::{Chart, Metrics, Series};
pub use runs::{RunCurve, RunsPanel};

/// Size at scale 1, in pixels.
const WIDTH: f64 = 960.0;
/// Below the last panel: names of iterations and what they are.
const MARGIN: f64 = 44.0;
/// Where curves are drawn, from left to right; each pixel column shows the rows that fall on it.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 944.0;
/// Upper and lower edge of the panels, of which the last may be missing.
const PANELS: [(f64, f64); 3] = [(56.0, 300.0), (348.0, 556.0), (604.0, 812.0)];

type Rgb = [u8; 3];
const PAPER: Rgb = [255, 255, 255];
const INK: Rgb = [34, 34, 34];
const GRID: Rgb = [221, 221, 221];
/// Colours that people with any colour vision can tell apart (Okabe and Ito, 2008).
const BLUE: Rgb = [0, 114, 178];
const ORANGE: Rgb = [213, 94, 0];
const GREEN: Rgb = [0, 158, 115];
const PURPLE: Rgb = [204, 121, 167];
const SKY_BLUE: Rgb = [86, 180, 233];
const AMBER: Rgb = [230, 159, 0];
/// In the order in which the curves of a panel take them. Of more series than there are colours the
/// last are not drawn.
const COLORS: [Rgb; 6] = [BLUE, ORANGE, GREEN, PURPLE, SKY_BLUE, AMBER];
/// How strongly the range behind a curve is coloured.
const BAND: f32 = 0.18;

/// Everything to be drawn, in pixels at scale 1.
pub struct MetricsChart {
    title: String,
    panels: Vec<ChartPanel>,
    /// Place and name of each iteration that is marked.
    across: Vec<(f64, String)>,
    /// What is along the horizontal axis.
    axis: String,
}

struct ChartPanel {
    name: String,
    top: f64,
    bottom: f64,
    /// Height and name of each value that is marked.
    marks: Vec<(f64, String)>,
    curves: Vec<Curve>,
}

struct Curve {
    name: String,
    color: Rgb,
    points: Vec<ColumnPoint>,
}

/// What falls on one pixel column: mean, lowest and highest value, as heights.
#[derive(Debug, Clone, Copy, PartialEq)]
struct ColumnPoint {
    x: f64,
    mean: f64,
    low: f64,
    high: f64,
}

/// The series that are drawn first, in this order; others of a panel follow as they appear.
const FIRST: [Series; 5] =
    [Series::D_LOSS, Series::G_LOSS, Series::D_REAL, Series::D_FAKE, Series::D_ACCURACY];

impl MetricsChart {
    /// Of rows whose iterations rise, at least one.
    pub fn new(title: &str, rows: &[&Metrics]) -> Self {
        let first = rows.first().map_or(0, |row| row.iteration);
        let last = rows.last().map_or(0, |row| row.iteration);
        let x = |iteration: f64| {
            LEFT + (iteration - first as f64) / (last - first).max(1) as f64 * (RIGHT - LEFT)
        };
        let marks =
            ticks(first as f64, last as f64, 10.0).into_iter().filter(|mark| mark.fract() == 0.0);
        let panel = |name, place: usize, chart, range| {
            ChartPanel::new(name, PANELS[place], rows, &drawn(rows, chart), range, &x)
        };
        let mut panels = vec![
            panel("loss", 0, Chart::Losses, None),
            panel("the discriminator's verdicts", 1, Chart::Discriminator, Some((0.0, 1.0))),
        ];
        let others = panel("other series", 2, Chart::Other, None);
        if !others.curves.is_empty() {
            panels.push(others);
        }
        Self {
            title: title.into(),
            panels,
            across: marks.map(|mark| (x(mark), format!("{mark}"))).collect(),
            axis: "iteration".into(),
        }
    }

    /// Width and height in pixels.
    pub fn size(&self, scale: usize) -> (usize, usize) {
        let scaled = |side: f64| scale.max(1).saturating_mul(side as usize);
        (scaled(WIDTH), scaled(self.height()))
    }

    /// The height at scale 1.
    fn height(&self) -> f64 {
        self.panels.last().map_or(0.0, |panel| panel.bottom) + MARGIN
    }
}

impl ChartPanel {
    fn new(
        name: &'static str,
        (top, bottom): (f64, f64),
        rows: &[&Metrics],
        series: &[Series],
        range: Option<(f64, f64)>,
        x: &dyn Fn(f64) -> f64,
    ) -> Self {
        let curves = series
            .iter()
            .zip(COLORS)
            .map(|(series, color)| Curve {
                name: series.label().into(),
                color,
                points: points(rows, *series, x),
            })
            .collect();
        Self::of_curves(name.into(), (top, bottom), curves, range)
    }

    /// A panel of curves whose heights are still values.
    fn of_curves(
        name: String,
        (top, bottom): (f64, f64),
        mut curves: Vec<Curve>,
        range: Option<(f64, f64)>,
    ) -> Self {
        // A loss that leaps for an iteration does not press all the others flat: the means are to
        // be seen, and zero, which some losses go below.
        let means = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.mean);
        let (lowest, highest) = (means().fold(0.0, f64::min), means().fold(0.0, f64::max));
        let air = 0.08 * (highest - lowest);
        let (least, most) = range.unwrap_or(match (lowest < 0.0, highest > 0.0) {
            (false, false) => (0.0, 1.0),
            (below, above) => {
                (lowest - if below { air } else { 0.0 }, highest + if above { air } else { 0.0 })
            }
        });
        let y = |value: f64| {
            bottom - ((value - least) / (most - least)).clamp(0.0, 1.0) * (bottom - top)
        };
        for point in curves.iter_mut().flat_map(|curve| &mut curve.points) {
            *point = ColumnPoint {
                x: point.x,
                mean: y(point.mean),
                low: y(point.low),
                high: y(point.high),
            };
        }
        let marks =
            ticks(least, most, 5.0).into_iter().map(|mark| (y(mark), format!("{mark}"))).collect();
        Self { name, top, bottom, marks, curves }
    }
}

/// Returns the series that are drawn on a chart: those of [`FIRST`], then others that any row has.
fn drawn(rows: &[&Metrics], chart: Chart) -> Vec<Series> {
    let mut drawn = FIRST.to_vec();
    for (series, _) in rows.iter().flat_map(|row| row.values()) {
        if !drawn.contains(series) {
            drawn.push(*series);
        }
    }
    drawn.retain(|series| series.chart() == chart);
    drawn
}

/// A point for each pixel column on which rows fall; what is no number is left out.
fn points(rows: &[&Metrics], series: Series, x: &dyn Fn(f64) -> f64) -> Vec<ColumnPoint> {
    let values = rows
        .iter()
        .map(|row| (x(row.iteration as f64).round(), f64::from(row.value(series))))
        .filter(|(_, value)| value.is_finite());
    let values: Vec<(f64, f64)> = values.collect();
    let column = |column: &[(f64, f64)]| ColumnPoint {
        x: column[0].0,
        mean: column.iter().map(|(_, value)| value).sum::<f64>() / column.len() as f64,
        low: column.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min),
        high: column.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max),
    };
    values.chunk_by(|a, b| a.0 == b.0).map(column).collect()
}

/// Round numbers within a range, about so many: steps of 1, 2 or 5 times a power of ten.
fn ticks(from: f64, to: f64, about: f64) -> Vec<f64> {
    if to <= from {
        return vec![from];
    }
    let rough = (to - from) / about;
    let power = 10f64.powi(rough.log10().floor() as i32);
    let factor = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * power >= rough * 0.999)
        .unwrap_or(10.0);
    let step = factor * power;
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let round = |value: f64| format!("{value:.decimals$}").parse().unwrap_or(value);
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    (first..=last.min(first + 100)).map(|number| round(number as f64 * step)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    pub(super) fn rows(count: u64) -> Vec<Metrics> {
        let row = |iteration: u64| {
            let g_loss = if iteration.is_multiple_of(7) {
                f32::NAN
            } else {
                1.0 + iteration as f32 / count as f32
            };
            Metrics::new(iteration, 1.0, 1.0).with([
                (Series::D_LOSS, 0.5),
                (Series::G_LOSS, g_loss),
                (Series::D_ACCURACY, 1.0),
                (Series::D_REAL, 0.75),
                (Series::D_FAKE, 0.25),
            ])
        };
        (1..=count).map(row).collect()
    }

    fn chart(count: u64) -> MetricsChart {
        MetricsChart::new("night <1>", &rows(count).iter().collect::<Vec<_>>())
    }

    #[test]
    fn marks_are_round_numbers_within_the_range() {
        assert_eq!(ticks(0.0, 1.0, 5.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(ticks(0.0, 4.3, 5.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(
            ticks(1.0, 2000.0, 10.0),
            (1..=10).map(|n| f64::from(n) * 200.0).collect::<Vec<_>>()
        );
        assert_eq!(ticks(5.0, 5.0, 10.0), [5.0], "a single iteration");
        assert!(ticks(0.0, f64::MAX, 5.0).len() <= 101);
    }

    #[test]
    fn a_column_has_the_mean_and_the_extremes_of_its_rows() {
        let chart = chart(5000);
        let [discriminator, generator] = &chart.panels[0].curves[..] else { unreachable!() };
        assert_eq!(discriminator.points.len(), (RIGHT - LEFT) as usize + 1);
        assert!(
            discriminator
                .points
                .iter()
                .all(|point| point.low == point.high && point.low == discriminator.points[0].mean)
        );
        assert!(
            generator
                .points
                .iter()
                .all(|point| point.high <= point.mean && point.mean <= point.low),
            "heights grow downwards"
        );
        assert!(generator.points.is_sorted_by(|a, b| a.mean >= b.mean), "the loss rises");
        let (top, bottom) = (chart.panels[0].top, chart.panels[0].bottom);
        assert!(generator.points.iter().all(|point| (top..=bottom).contains(&point.mean)));
    }

    #[test]
    fn losses_below_zero_are_seen() {
        let mut rows = rows(300);
        rows.iter_mut().for_each(|row| {
            row.set(Series::D_LOSS, -2.0 - row.iteration as f32 / 300.0);
            row.set(Series::G_LOSS, -1.0);
        });
        let panel = &MetricsChart::new("critic", &rows.iter().collect::<Vec<_>>()).panels[0];
        assert!(
            panel.curves[0]
                .points
                .iter()
                .all(|point| point.mean > panel.top && point.mean < panel.bottom)
        );
        assert!(panel.curves[0].points.is_sorted_by(|a, b| a.mean < b.mean), "the loss falls");
        assert_eq!(panel.marks.last().unwrap(), &(panel.top, "0".into()));
    }

    #[test]
    fn verdicts_span_from_zero_to_one() {
        let panel = &chart(3).panels[1];
        assert_eq!(panel.marks.first().unwrap(), &(panel.bottom, "0".into()));
        assert_eq!(panel.marks.last().unwrap(), &(panel.top, "1".into()));
    }

    #[test]
    fn series_that_are_not_known_have_a_panel_of_their_own() {
        let penalty = Series::named("penalty").unwrap();
        let mut rows = rows(300);
        rows[7].set(penalty, 3.0);
        rows[9].set(penalty, 4.0);
        let chart = MetricsChart::new("more", &rows.iter().collect::<Vec<_>>());
        let panel = &chart.panels[2];
        assert_eq!((&*panel.curves[0].name, panel.curves[0].points.len()), ("penalty", 2));
        assert_eq!(chart.size(2), (1920, 1712));
        assert!(chart.svg(1).contains(">penalty</text>"));
        let narrow = MetricsChart::new("less", &rows[..5].iter().collect::<Vec<_>>());
        assert_eq!((narrow.panels.len(), narrow.size(1)), (2, (960, 600)));
    }
}
