//! The horizontal axis: iterations or the time of training, and round numbers below it.

use std::time::Duration;

use crate::state::{
    number,
    stretch::{Axis, Stretch},
};

/// Columns between two labels, at least.
const AIR: usize = 3;
/// Columns for each label that is tried.
const A_LABEL: u16 = 10;

/// The horizontal axis of a chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Across(pub Stretch);

impl Across {
    /// Returns labels that do not meet, each with its first column: both ends, and round numbers
    /// between them.
    pub fn labels(&self, width: u16) -> Vec<(u16, String)> {
        let (first, last) = (self.0.first(), self.0.last());
        let end = self.text(last);
        let start = self.text(first);
        let wide = usize::from(width);
        let mut placed: Vec<(usize, String)> = Vec::new();
        if end.len() <= wide {
            placed.push((wide - end.len(), end));
        }
        let mut put = |column: usize, text: String| {
            let is_free = placed.iter().all(|(at, other)| {
                column + text.len() + AIR <= *at || at + other.len() + AIR <= column
            });
            if is_free && column + text.len() <= wide {
                placed.push((column, text));
            }
        };
        put(0, start);
        for value in self.round_values(f64::from((width / A_LABEL).max(1))) {
            let text = self.text(value);
            let middle = self.0.share(value) * (wide.saturating_sub(1)) as f64;
            let column = middle.round() as usize;
            put(column.saturating_sub(text.len() / 2), text);
        }
        placed.sort_unstable();
        placed.into_iter().map(|(column, text)| (column as u16, text)).collect()
    }

    /// A place on the axis in words: `1,199`, `3m 12s`.
    pub fn text(&self, value: f64) -> String {
        match self.0.axis() {
            Axis::Iterations | Axis::LogIterations => number::count(value.round() as u64),
            Axis::Time => number::duration(Duration::try_from_secs_f64(value).unwrap_or_default()),
        }
    }

    /// Round values within the axis, about so many.
    fn round_values(&self, count: f64) -> Vec<f64> {
        let (first, last) = (self.0.first(), self.0.last());
        if self.0.axis() == Axis::LogIterations {
            let decades = last.max(1.0).log10().floor() as i32;
            let powers = (0..=decades.min(20)).map(|power| 10f64.powi(power));
            return powers.filter(|power| *power > first && *power < last).collect();
        }
        let apart = (last - first) / count;
        let steps: Vec<f64> = match self.0.axis() {
            Axis::Time => [1.0, 2.0, 5.0, 10.0, 15.0, 30.0]
                .into_iter()
                .flat_map(|step| [step, step * 60.0])
                .chain([1.0, 2.0, 6.0, 12.0].map(|hours| hours * 3600.0))
                .chain([1.0, 2.0, 5.0, 10.0].map(|days| days * 86_400.0))
                .collect(),
            _ => (0..19)
                .flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power)))
                .collect(),
        };
        let step = steps.into_iter().filter(|step| *step >= apart).min_by(f64::total_cmp);
        let Some(step) = step.filter(|_| apart > 0.0) else { return Vec::new() };
        let start = (first / step).floor() as u64;
        (1..=count as u64 + 2)
            .map(|at| (start + at) as f64 * step)
            .take_while(|value| *value < last)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_round_and_never_meet() {
        let labels =
            |axis, first, last, width| Across(Stretch::new(axis, first, last)).labels(width);
        let texts = |labels: &[(u16, String)]| {
            labels.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>()
        };
        let some = labels(Axis::Iterations, 1.0, 10_905.0, 60);
        assert_eq!(texts(&some), ["1", "2,000", "4,000", "6,000", "8,000", "10,905"]);
        assert_eq!(some[2].0, 20, "in the middle of its column");
        assert_eq!(
            texts(&labels(Axis::LogIterations, 1.0, 10_905.0, 60)),
            ["1", "10", "100", "1,000", "10,905"]
        );
        assert_eq!(
            texts(&labels(Axis::Time, 0.0, 680.0, 60)),
            ["0s", "2m 00s", "4m 00s", "6m 00s", "8m 00s", "11m 20s"]
        );
        for axis in [Axis::Iterations, Axis::LogIterations, Axis::Time] {
            for (first, last) in
                [(1.0, 1.0), (0.0, 1e18), (5001.0, 5010.0), (0.0, 0.2), (999.0, 1_234_567.0)]
            {
                for width in 0..200 {
                    let labels = labels(axis, first, last, width);
                    for pair in labels.windows(2) {
                        assert!(
                            usize::from(pair[0].0) + pair[0].1.len() < usize::from(pair[1].0),
                            "{labels:?}"
                        );
                    }
                    assert!(
                        labels
                            .iter()
                            .all(|(at, text)| usize::from(*at) + text.len() <= usize::from(width))
                    );
                }
            }
        }
    }
}
