//! The vertical axis: which values a chart shows, and the round numbers beside it.

use super::Curve;

/// The fewest columns of values among which some can be outliers.
const ENOUGH: usize = 20;
/// Of the columns, this share may be beyond the axis: outliers that would flatten all the others.
const OUTLIERS: f64 = 0.02;
/// Steps of 1, 2 and 5 are tried from a power of ten on, this many.
const STEPS: usize = 9;
/// The most steps from label to label on a vertical axis.
const MOST_TICKS: f64 = 6.0;
/// How many rows it may be from one label to the next, so that each row stands for a round part.
const EVERY: [u16; 5] = [1, 2, 4, 5, 10];

/// What the vertical axis shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The values in the middle of the lowest and of the highest row.
    low: f64,
    high: f64,
    log: bool,
    rows: u16,
    /// Rows, from the lowest, with the round number that stands on each.
    ticks: Vec<(u16, f64)>,
    /// The greatest and the least value if they are beyond the axis.
    above: Option<f32>,
    below: Option<f32>,
}

impl Scale {
    /// Shows the curves and their bands in this many rows, without outliers.
    pub fn of(curves: &[Curve], log: bool, rows: u16) -> Self {
        let points = || {
            curves.iter().flat_map(|curve| {
                curve.points.iter().flatten().map(move |point| match curve.band {
                    Some(_) => (point.low.min(point.value), point.high.max(point.value)),
                    None => (point.value, point.value),
                })
            })
        };
        let shown = |value: &f32| value.is_finite() && (!log || *value > 0.0);
        let lows: Vec<f32> = points().map(|(low, _)| low).filter(shown).collect();
        let highs: Vec<f32> = points().map(|(_, high)| high).filter(shown).collect();
        let high = highest(highs.iter().map(|&value| map(f64::from(value), log)).collect());
        let low = highest(lows.iter().map(|&value| -map(f64::from(value), log)).collect());
        let (Some((high, most)), Some((low, least))) = (high, low) else {
            // Without a value there is nothing to show.
            return if log { Self::log(0.1, 1.0, rows) } else { Self::linear(0.0, 1.0, rows) };
        };
        let (low, least) = (-low, -least);
        let scale = if log {
            Self::log(10f64.powf(low), 10f64.powf(high), rows)
        } else {
            let (low, high) = with_zero(low, high);
            Self::linear(low, high, rows)
        };
        let value = |mapped: f64| (if log { 10f64.powf(mapped) } else { mapped }) as f32;
        Self {
            above: (most > high).then(|| value(most)),
            below: (least < low).then(|| value(least)),
            ..scale
        }
    }

    /// From `low` to `high` at least, with a round number on every so many rows.
    pub fn linear(low: f64, high: f64, rows: u16) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low, low + 1.0) };
        let gaps = f64::from(rows.saturating_sub(1));
        let plain =
            Self { low, high, log: false, rows, ticks: Vec::new(), above: None, below: None };
        if rows < 2 {
            return plain;
        }
        let power = 10f64.powf(((high - low) / gaps).log10().floor());
        let steps =
            (0..STEPS).map(|at| power * [1.0, 2.0, 5.0][at % 3] * 10f64.powi(at as i32 / 3));
        // A round number on every `every` rows, with the lowest row at a multiple of a row's part.
        let fitted: Vec<_> = steps
            .flat_map(|step| EVERY.map(|every| (step, every)))
            .filter_map(|(step, every)| {
                let (row, rows) = (step / f64::from(every), f64::from(every));
                let (first, last) = ((low / row + 1e-9).floor(), (high / row - 1e-9).ceil());
                let fits = last - first <= gaps && (1.0..=MOST_TICKS).contains(&(gaps / rows));
                let labels = ((first + gaps) / rows).floor() - (first / rows).ceil() + 1.0;
                (fits && (every > 1 || gaps < 4.0)).then_some((row, step, every, first, labels))
            })
            .collect();
        // Of those with two labels, the one that leaves the least room free; of equals, the finer
        // one.
        let best = fitted.iter().min_by(|one, other| {
            (one.4 < 2.0).cmp(&(other.4 < 2.0)).then(one.0.total_cmp(&other.0))
        });
        let Some(&(row, step, every, first, _)) = best.filter(|fitted| fitted.0.is_normal()) else {
            return plain;
        };
        let every = i64::from(every);
        let ticks = (0..i64::from(rows)).filter_map(|at| {
            let place = first as i64 + at;
            (place % every == 0).then(|| (at as u16, (place / every) as f64 * step))
        });
        Self { low: first * row, high: (first + gaps) * row, ticks: ticks.collect(), ..plain }
    }

    /// From 0 to 1 exactly, with as many labels as have a row of their own.
    pub fn fractions(rows: u16) -> Self {
        let gaps = rows.saturating_sub(1);
        let parts = [(5, 6), (2, 2)]
            .into_iter()
            .find(|(parts, least)| gaps.is_multiple_of(*parts) && gaps >= *least);
        let parts = parts.map_or(1, |(parts, _)| parts);
        let tick = |at: u16| (gaps / parts * at, f64::from(at) / f64::from(parts));
        let ticks = if rows < 2 { Vec::new() } else { (0..=parts).map(tick).collect() };
        Self { low: 0.0, high: 1.0, log: false, rows, ticks, above: None, below: None }
    }

    /// From `low` to `high` at least, both above 0, by the logarithm.
    pub fn log(low: f64, high: f64, rows: u16) -> Self {
        let gaps = f64::from(rows.saturating_sub(1)).max(1.0);
        // The lowest row is a round number, and a decade a whole number of rows if it can be.
        let low = round_numbers(low).rfind(|&number| number <= low * (1.0 + 1e-9)).unwrap_or(low);
        let decades = (high / low).log10().max(0.3);
        let a_decade = match gaps / decades {
            many if many >= 3.0 => many.floor(),
            few => few,
        };
        let high = low * 10f64.powf(gaps / a_decade);
        let mut ticks: Vec<(u16, f64)> = Vec::new();
        let row = |number: f64| (number / low).log10() * a_decade;
        let mut numbers: Vec<f64> = round_numbers(low)
            .chain(beyond(low, high))
            .filter(|&number| number >= low * (1.0 - 1e-9) && row(number) <= gaps + 0.3)
            .collect();
        // Powers of ten have their place first.
        numbers.sort_by_key(|number| !is_power_of_ten(*number));
        for number in numbers {
            let (exact, near) = (row(number), row(number).round());
            let is_free = ticks
                .iter()
                .all(|&(taken, _)| f64::from(taken).max(near) - f64::from(taken).min(near) >= 2.0);
            if is_free && (exact - near).abs() <= 0.3 && near <= gaps {
                ticks.push((near as u16, number));
            }
        }
        ticks.sort_by_key(|(row, _)| *row);
        Self { low, high, log: true, rows, ticks, above: None, below: None }
    }

    /// Returns the row of each label, from the top, with its text.
    pub fn labels(&self) -> impl Iterator<Item = (u16, String)> {
        let last = self.rows.saturating_sub(1);
        let step = self.ticks.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs());
        let step = step.fold(f64::MAX, f64::min);
        self.ticks
            .iter()
            .map(move |&(row, value)| (last - row.min(last), label(value, step, self.log)))
    }

    /// The values at the bottom and at the top.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The greatest and the least value, if they are beyond the axis.
    pub fn cut(&self) -> (Option<f32>, Option<f32>) {
        (self.above, self.below)
    }

    /// Returns the place of a value, counted in `steps` a row from the top: below 0 or beyond the
    /// last if the axis does not show it. `None` if there is no such place.
    pub fn place(&self, value: f32, steps: usize) -> Option<i64> {
        let range = map(self.high, self.log) - map(self.low, self.log);
        let share = (map(f64::from(value), self.log) - map(self.low, self.log)) / range;
        if !share.is_finite() {
            return None;
        }
        let gaps = f64::from(self.rows.saturating_sub(1));
        // The ends of the axis are in the middle of a row.
        let row = if self.rows < 2 { 1.0 - share } else { (1.0 - share) * gaps + 0.5 };
        Some((row * steps as f64).floor().clamp(-1e6, 1e6) as i64)
    }
}

fn map(value: f64, log: bool) -> f64 {
    if log { value.max(1e-38).log10() } else { value }
}

/// The highest of some values to be shown, and the highest of all: the same unless a few are
/// far beyond the rest.
fn highest(mut values: Vec<f64>) -> Option<(f64, f64)> {
    values.sort_by(f64::total_cmp);
    let most = *values.last()?;
    if values.len() < ENOUGH {
        return Some((most, most));
    }
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    let (middle, usual) = (at(0.5), at(1.0 - OUTLIERS));
    let spread = (usual - middle).max(middle.abs() * 0.05).max(f64::MIN_POSITIVE);
    Some((if most > usual + 3.0 * spread { usual + 0.5 * spread } else { most }, most))
}

/// Zero is on the axis if it is not far.
fn with_zero(low: f64, high: f64) -> (f64, f64) {
    match (low, high) {
        (low, high) if low == high && low == 0.0 => (0.0, 1.0),
        (low, high) if low > 0.0 && low <= 0.6 * high.max(low) => (0.0, high),
        (low, high) if high < 0.0 && high >= 0.6 * low.min(high) => (low, 0.0),
        (low, high) if low == high => (low - low.abs() * 0.1, high + high.abs() * 0.1),
        ends => ends,
    }
}

/// 1, 2 and 5 times each power of ten around a number, rising.
fn round_numbers(around: f64) -> impl DoubleEndedIterator<Item = f64> {
    let power = around.log10().floor() as i32;
    (power - 1..=power + 1).flat_map(decade)
}

fn beyond(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let (first, last) = (low.log10().floor() as i32 + 2, high.log10().ceil() as i32);
    (first..=last.min(first + 80)).flat_map(decade)
}

fn decade(power: i32) -> [f64; 3] {
    // Negative powers are exact quotients, so that 0.2 is the nearest number to 0.2.
    [1.0, 2.0, 5.0].map(|factor| {
        if power < 0 { factor / 10f64.powi(-power) } else { factor * 10f64.powi(power) }
    })
}

fn is_power_of_ten(number: f64) -> bool {
    (number.log10() - number.log10().round()).abs() < 1e-9
}

/// The shortest form of a round number, in at most five characters where that is possible.
fn label(value: f64, step: f64, log: bool) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let unit = if log { value } else { step };
    if value.abs() >= 1e5 || unit < 1e-3 {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let decimals = (-unit.log10().floor()).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::{super::Point, *};
    use ratatui::style::Style;

    fn curve(values: impl IntoIterator<Item = f32>) -> Curve {
        let points = values.into_iter().map(|value| Some(Point::flat(0.0, value))).collect();
        Curve { mark: 'x', style: Style::new(), band: None, points }
    }

    fn labels(scale: &Scale) -> Vec<String> {
        let mut all: Vec<_> = scale.labels().collect();
        all.sort_by_key(|(row, _)| std::cmp::Reverse(*row));
        all.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn labels_are_round_numbers_on_their_very_rows() {
        assert_eq!(labels(&Scale::linear(0.0, 1.0, 9)), ["0", "0.5", "1"]);
        assert_eq!(labels(&Scale::linear(0.0, 1.3, 14)), ["0", "0.5", "1"]);
        assert_eq!(labels(&Scale::linear(-0.1, 1.05, 12)), ["0", "0.5", "1"]);
        for (low, high) in [
            (0.0, 1.0),
            (0.0, 7.3),
            (-3.1, 0.2),
            (12.0, 19.0),
            (0.0, 1e-4),
            (2e5, 9e6),
            (-1.0, 1.0),
        ] {
            for rows in 2..40 {
                let scale = Scale::linear(low, high, rows);
                assert!(
                    scale.low <= low + 1e-9 && scale.high >= high - (high - low) * 1e-6,
                    "{scale:?}"
                );
                // Two rows have no round number if zero is between them.
                let least = if rows < 3 { 0 } else { 2 };
                assert!((least..=7).contains(&scale.ticks.len()), "{rows}: {scale:?}");
                for &(row, value) in &scale.ticks {
                    let place = scale.place(value as f32, 100);
                    let wanted = i64::from(rows - 1 - row) * 100 + 50;
                    assert!(place.is_some_and(|at| (at - wanted).abs() <= 1), "{value}: {scale:?}");
                }
                for text in labels(&scale) {
                    assert!(text.len() <= 6, "{text}");
                }
            }
        }
    }

    #[test]
    fn fractions_end_at_1() {
        for rows in 0..40 {
            let scale = Scale::fractions(rows);
            assert_eq!(scale.ends(), (0.0, 1.0));
            assert!(rows < 2 || scale.place(1.0, 1) == Some(0), "{scale:?}");
        }
        let of = |rows| labels(&Scale::fractions(rows));
        assert_eq!(of(4), ["0", "1"]);
        assert_eq!(of(5), ["0", "0.5", "1"]);
        assert_eq!(of(11), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    }

    #[test]
    fn a_logarithmic_axis_has_1_2_and_5() {
        assert_eq!(labels(&Scale::log(0.1, 2.0, 14)), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(&Scale::log(1.0, 1000.0, 10)), ["1", "10", "100", "1000"]);
        for rows in 2..40 {
            for (low, high) in [(0.3, 0.4), (1e-9, 1e9), (0.02, 40.0)] {
                let scale = Scale::log(low, high, rows);
                assert!(scale.low <= low * 1.000_001 && scale.high >= high * 0.999, "{scale:?}");
                let rows: Vec<u16> = scale.ticks.iter().map(|(row, _)| *row).collect();
                assert!(rows.windows(2).all(|pair| pair[1] - pair[0] >= 2), "{scale:?}");
            }
        }
    }

    #[test]
    fn a_spike_does_not_flatten_the_rest_and_is_told() {
        let with = |spike: f32| {
            (0..200).map(move |at| if at == 77 { spike } else { 0.5 + (at % 10) as f32 / 20.0 })
        };
        let calm = Scale::of(&[curve(with(0.7))], false, 12);
        let cut = Scale::of(&[curve(with(40.0))], false, 12);
        assert_eq!((calm.cut(), cut.cut()), ((None, None), (Some(40.0), None)));
        assert!(cut.high < 2.0, "{cut:?}");
        let falling = (0..200).map(|at| 3.0 * (-(at as f32) / 40.0).exp() + 0.4);
        assert_eq!(
            Scale::of(&[curve(falling)], false, 12).cut(),
            (None, None),
            "a curve is no spike"
        );
        let below = Scale::of(&[curve([-2.0; 30])], false, 12);
        assert!(below.low <= -2.0 && below.high >= -2.0, "{below:?}");
    }

    #[test]
    fn no_values_are_no_trouble() {
        for log in [false, true] {
            for rows in [0, 1, 2, 3, 9] {
                for values in [
                    &[][..],
                    &[f32::NAN],
                    &[0.0, 0.0],
                    &[-1.0, -2.0],
                    &[f32::MAX, f32::MIN],
                    &[1e-30, 1e30],
                    &[f32::INFINITY, 1.0],
                    &[f32::MIN_POSITIVE, 1e-45],
                ] {
                    let scale = Scale::of(&[curve(values.iter().copied())], log, rows);
                    scale.labels().for_each(drop);
                    for value in [0.0, -1.0, f32::NAN, f32::MAX, 1e-40] {
                        let _ = scale.place(value, 4);
                    }
                }
            }
        }
    }
}
