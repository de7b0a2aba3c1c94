//! The metrics of a whole run in bounded memory: merged in pairs as it grows, every extreme kept.

use std::collections::VecDeque;

use crate::state::scores::Scores;
use gan_tui_core::event::{Chart, Metrics, Series};

/// Buckets held at most; a run longer than this many iterations has more than one iteration a
/// bucket.
const BUCKETS: usize = 2048;
/// The newest iterations, each by itself.
const RECENT: usize = 4096;
/// Series kept at most, so that a run with ever new names cannot fill the memory.
const SERIES: usize = 32;

/// Statistics of one series over some iterations; values that are not finite are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stat {
    pub min: f32,
    pub max: f32,
    sum: f64,
    count: u64,
}

impl Stat {
    const EMPTY: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, count: 0 };

    fn of(value: f32) -> Self {
        if value.is_finite() {
            Self { min: value, max: value, sum: f64::from(value), count: 1 }
        } else {
            Self::EMPTY
        }
    }

    fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.count += other.count;
    }

    /// The mean of the finite values.
    pub fn mean(&self) -> f32 {
        (self.sum / self.count as f64) as f32
    }

    fn known(self) -> Option<Self> {
        (self.count > 0).then_some(self)
    }
}

/// Consecutive iterations.
#[derive(Debug, Clone)]
struct Bucket {
    first: u64,
    last: u64,
    /// One for each of the history's series; those that were first reported later are missing.
    stats: Vec<Stat>,
}

impl Bucket {
    fn of(metrics: &Metrics, series: &[Series]) -> Self {
        Self {
            first: metrics.iteration,
            last: metrics.iteration,
            stats: series.iter().map(|&series| Stat::of(metrics.value(series))).collect(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        if self.stats.len() < other.stats.len() {
            self.stats.resize(other.stats.len(), Stat::EMPTY);
        }
        for (stat, other) in self.stats.iter_mut().zip(&other.stats) {
            stat.merge(other);
        }
    }
}

/// Which iterations of a run are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    All,
    /// This many of the newest iterations.
    Last(u64),
}

/// The metrics of a run.
#[derive(Debug, Clone)]
pub struct History {
    /// Every series that is on a chart, in the order in which they were first reported.
    series: Vec<Series>,
    buckets: Vec<Bucket>,
    /// Iterations in a full bucket.
    stride: u64,
    recent: VecDeque<Metrics>,
    scores: Scores,
}

impl Default for History {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            buckets: Vec::new(),
            stride: 1,
            recent: VecDeque::new(),
            scores: Scores::default(),
        }
    }
}

impl History {
    /// Adds an iteration. One that is not newer than the newest is a repetition and is left
    /// out.
    pub fn push(&mut self, metrics: &Metrics) {
        if self.latest().is_some_and(|latest| metrics.iteration <= latest.iteration) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        let metrics = limited(metrics);
        self.scores.push(&metrics);
        for &(series, _) in metrics.values() {
            if series.chart() != Chart::None
                && self.series.len() < SERIES
                && !self.series.contains(&series)
            {
                self.series.push(series);
            }
        }
        let bucket = Bucket::of(&metrics, &self.series);
        match self.buckets.last_mut() {
            Some(last) if metrics.iteration - last.first < self.stride => last.merge(&bucket),
            _ => self.buckets.push(bucket),
        }
        self.recent.push_back(metrics);
        if self.buckets.len() > BUCKETS {
            self.halve();
        }
    }

    fn halve(&mut self) {
        self.stride *= 2;
        let mut merged: Vec<Bucket> = Vec::with_capacity(BUCKETS);
        for bucket in self.buckets.drain(..) {
            match merged.last_mut() {
                Some(last) if bucket.last - last.first < self.stride => last.merge(&bucket),
                _ => merged.push(bucket),
            }
        }
        self.buckets = merged;
    }

    /// Every series that is on a chart, in the order in which they were first reported.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The newest iterations, oldest first.
    pub fn newest(&self, count: usize) -> Vec<&Metrics> {
        self.recent.iter().skip(self.recent.len().saturating_sub(count)).collect()
    }

    /// How good the digits were, where that was asked.
    pub fn scores(&self) -> &Scores {
        &self.scores
    }

    /// The newest iteration.
    pub fn latest(&self) -> Option<&Metrics> {
        self.recent.back()
    }

    /// First and last iteration of a window.
    pub fn span(&self, window: Window) -> Option<(u64, u64)> {
        let (first, last) = (self.buckets.first()?.first, self.latest()?.iteration);
        Some(match window {
            Window::All => (first, last),
            Window::Last(count) => (first.max(last.saturating_sub(count.max(1) - 1)), last),
        })
    }

    /// A series over a window in at most `columns` equal parts, oldest first; as long as there are
    /// fewer iterations than columns, one each. A part without a finite value is `None`.
    pub fn columns(&self, series: Series, window: Window, columns: usize) -> Vec<Option<Stat>> {
        let Some((first, last)) = self.span(window) else { return Vec::new() };
        let length = u128::from((last - first).saturating_add(1));
        let count = (columns as u128).min(length).max(1);
        let mut out = vec![Stat::EMPTY; count as usize];
        let mut column = 0;
        // Iterations rise, so that their column is found without a division.
        let mut add = |iteration: u64, stat: &Stat| {
            let place = u128::from(iteration - first) * count;
            while (column + 1) * length <= place {
                column += 1;
            }
            out[column as usize].merge(stat);
        };
        if self.recent.front().is_some_and(|oldest| oldest.iteration <= first) {
            let before = self.recent.partition_point(|metrics| metrics.iteration < first);
            for metrics in self.recent.range(before..) {
                add(metrics.iteration, &Stat::of(metrics.value(series)));
            }
        } else {
            let place = self.series.iter().position(|known| *known == series);
            let before = self.buckets.partition_point(|bucket| bucket.last < first);
            for bucket in &self.buckets[before..] {
                if let Some(stat) = place.and_then(|place| bucket.stats.get(place)) {
                    add(bucket.first.midpoint(bucket.last).max(first), stat);
                }
            }
        }
        out.into_iter().map(Stat::known).collect()
    }

    /// Iterations a second over the newest few dozen, pauses left out.
    pub fn rate(&self) -> Option<f64> {
        let newest = self.recent.back()?;
        let oldest = self.recent.get(self.recent.len().saturating_sub(64))?;
        let (steps, seconds) =
            ((newest.iteration - oldest.iteration) as f64, newest.elapsed_s - oldest.elapsed_s);
        if steps > 0.0 && seconds > 0.0 {
            return Some(steps / seconds);
        }
        (newest.step_ms > 0.0).then(|| 1000.0 / newest.step_ms)
    }
}

/// Returns the metrics with as many of their series as are kept.
fn limited(metrics: &Metrics) -> Metrics {
    if metrics.values().len() <= SERIES {
        return metrics.clone();
    }
    let values = metrics.values().iter().copied().take(SERIES);
    let mut limited =
        Metrics::new(metrics.iteration, metrics.step_ms, metrics.elapsed_s).with(values);
    limited.score = metrics.score.clone();
    limited
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn metrics(iteration: u64, d_loss: f32) -> Metrics {
        Metrics::new(iteration, 20.0, iteration as f64 * 0.025).with([
            (Series::D_LOSS, d_loss),
            (Series::G_LOSS, 1.0),
            (Series::D_ACCURACY, 0.5),
            (Series::D_REAL, 0.5),
            (Series::D_FAKE, 0.5),
        ])
    }

    #[test]
    fn a_long_run_takes_no_more_memory_and_loses_no_extreme() {
        let mut history = History::default();
        for iteration in 1..=300_000 {
            history.push(&metrics(iteration, if iteration == 123_456 { 99.0 } else { 0.5 }));
        }
        assert!(history.buckets.len() <= BUCKETS && history.recent.len() == RECENT);
        let columns = history.columns(Series::D_LOSS, Window::All, 40);
        assert_eq!(columns.len(), 40);
        let max = columns.iter().flatten().map(|stat| stat.max).fold(0.0, f32::max);
        assert_eq!(max, 99.0);
        let counted: u64 = columns.iter().flatten().map(|stat| stat.count).sum();
        assert_eq!(counted, 300_000);
    }

    #[test]
    fn every_column_of_a_window_has_its_values() {
        let mut history = History::default();
        for iteration in 1..=50_000 {
            history.push(&metrics(iteration, iteration as f32));
        }
        for window in [
            Window::All,
            Window::Last(10_000),
            Window::Last(1000),
            Window::Last(7),
            Window::Last(0),
        ] {
            let columns = history.columns(Series::D_LOSS, window, 60);
            assert!(columns.iter().all(Option::is_some), "{window:?}");
            assert!(
                columns
                    .windows(2)
                    .all(|pair| pair[0].map(|stat| stat.max) < pair[1].map(|stat| stat.max)),
                "{window:?}"
            );
        }
        assert_eq!(history.columns(Series::D_LOSS, Window::Last(3), 60).len(), 3);
        assert_eq!(history.span(Window::Last(1000)), Some((49_001, 50_000)));
    }

    #[test]
    fn no_data_and_no_numbers_are_no_trouble() {
        let mut history = History::default();
        assert!(history.columns(Series::G_LOSS, Window::All, 10).is_empty());
        assert_eq!((history.rate(), history.span(Window::All)), (None, None));
        history.push(&metrics(1, f32::NAN));
        history.push(&metrics(2, f32::INFINITY));
        history.push(&metrics(2, 3.0));
        assert_eq!(history.columns(Series::D_LOSS, Window::All, 10), [None, None]);
        assert_eq!(history.columns(Series::D_LOSS, Window::All, 0).len(), 1);
        assert_eq!(history.rate(), Some(40.0));
    }

    #[test]
    fn series_are_kept_by_name_from_when_they_are_first_reported() {
        let penalty = Series::named("gradient_penalty").unwrap();
        let mut history = History::default();
        for iteration in 1..=10_000 {
            let more = (iteration > 6000).then_some((penalty, iteration as f32));
            history.push(&metrics(iteration, 0.5).with(more));
        }
        assert_eq!(history.series().last(), Some(&penalty));
        assert!(
            !history.series().contains(&Series::D_LOSS_REAL),
            "what is on no chart takes no memory"
        );
        let columns = history.columns(penalty, Window::All, 10);
        assert_eq!(
            columns.iter().map(Option::is_some).collect::<Vec<_>>()[4..8],
            [false, false, true, true]
        );
        assert_eq!(columns[9].map(|stat| stat.max), Some(10_000.0));
        assert_eq!(
            history.columns(Series::D_LOSS, Window::All, 10)[0].map(|stat| stat.max),
            Some(0.5)
        );
        let unseen = Series::named("never_reported").unwrap();
        assert!(history.columns(unseen, Window::All, 10).iter().all(Option::is_none));
    }

    #[test]
    fn ever_new_names_take_no_more_memory() {
        let mut history = History::default();
        for iteration in 1..=200 {
            let many = (0..50).map(|at| Series::named(&format!("s{}", at + iteration % 7)));
            history.push(&metrics(iteration, 0.5).with(many.map(|series| (series.unwrap(), 1.0))));
        }
        assert_eq!(history.series().len(), SERIES);
        assert!(history.buckets.iter().all(|bucket| bucket.stats.len() <= SERIES));
        assert!(history.recent.iter().all(|metrics| metrics.values().len() <= SERIES));
    }

    #[test]
    fn a_resumed_run_begins_where_it_went_on() {
        let mut history = History::default();
        for iteration in 5001..=5010 {
            history.push(&metrics(iteration, 1.0));
        }
        assert_eq!(history.span(Window::All), Some((5001, 5010)));
        assert_eq!(history.columns(Series::D_ACCURACY, Window::All, 5).len(), 5);
    }
}
