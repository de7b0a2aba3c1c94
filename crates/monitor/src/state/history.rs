//! The metrics of a whole run in bounded memory: merged in pairs as it grows, every extreme kept.

use std::collections::VecDeque;

use crate::state::scores::Scores;
use gan_tui_core::event::{Metrics, Series};

/// Buckets held at most; a run longer than this many iterations has more than one iteration a
/// bucket.
const BUCKETS: usize = 2048;
/// The newest iterations, each by itself.
const RECENT: usize = 4096;

/// One of the quantities that training tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    DiscriminatorLoss,
    GeneratorLoss,
    Accuracy,
    /// D(x), the mean verdict on real images.
    Real,
    /// D(G(z)), the mean verdict on fakes.
    Fake,
}

impl Channel {
    /// Every channel, in the order shown.
    pub const ALL: [Self; 5] =
        [Self::DiscriminatorLoss, Self::GeneratorLoss, Self::Accuracy, Self::Real, Self::Fake];

    /// Its value in one iteration.
    pub fn of(self, metrics: &Metrics) -> f32 {
        match self {
            Self::DiscriminatorLoss => metrics.value(Series::D_LOSS),
            Self::GeneratorLoss => metrics.value(Series::G_LOSS),
            Self::Accuracy => metrics.value(Series::D_ACCURACY),
            Self::Real => metrics.value(Series::D_REAL),
            Self::Fake => metrics.value(Series::D_FAKE),
        }
    }

    /// Whether it lies between 0 and 1.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Accuracy | Self::Real | Self::Fake)
    }
}

/// What is known of one channel over some iterations; values that are not finite are left out.
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
    stats: [Stat; Channel::ALL.len()],
}

impl Bucket {
    fn of(metrics: &Metrics) -> Self {
        Self {
            first: metrics.iteration,
            last: metrics.iteration,
            stats: Channel::ALL.map(|channel| Stat::of(channel.of(metrics))),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        for (stat, other) in self.stats.iter_mut().zip(&other.stats) {
            stat.merge(other);
        }
    }
}

/// How much of a run is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    All,
    /// The newest so many iterations.
    Last(u64),
}

/// The metrics of a run.
#[derive(Debug, Clone)]
pub struct History {
    buckets: Vec<Bucket>,
    /// Iterations in a full bucket.
    stride: u64,
    recent: VecDeque<Metrics>,
    scores: Scores,
}

impl Default for History {
    fn default() -> Self {
        Self { buckets: Vec::new(), stride: 1, recent: VecDeque::new(), scores: Scores::default() }
    }
}

impl History {
    /// Takes the next iteration. One that is not newer than the newest is a repetition and is left
    /// out.
    pub fn push(&mut self, metrics: &Metrics) {
        if self.latest().is_some_and(|latest| metrics.iteration <= latest.iteration) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(metrics.clone());
        self.scores.push(metrics);
        let bucket = Bucket::of(metrics);
        match self.buckets.last_mut() {
            Some(last) if metrics.iteration - last.first < self.stride => last.merge(&bucket),
            _ => self.buckets.push(bucket),
        }
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

    /// A channel over a window in at most `columns` equal parts, oldest first; as long as there are
    /// fewer iterations than columns, one each. A part without a finite value is `None`.
    pub fn columns(&self, channel: Channel, window: Window, columns: usize) -> Vec<Option<Stat>> {
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
                add(metrics.iteration, &Stat::of(channel.of(metrics)));
            }
        } else {
            let before = self.buckets.partition_point(|bucket| bucket.last < first);
            for bucket in &self.buckets[before..] {
                add(bucket.first.midpoint(bucket.last).max(first), &bucket.stats[channel as usize]);
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

#[cfg(test)]
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
        let columns = history.columns(Channel::DiscriminatorLoss, Window::All, 40);
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
            let columns = history.columns(Channel::DiscriminatorLoss, window, 60);
            assert!(columns.iter().all(Option::is_some), "{window:?}");
            assert!(
                columns
                    .windows(2)
                    .all(|pair| pair[0].map(|stat| stat.max) < pair[1].map(|stat| stat.max)),
                "{window:?}"
            );
        }
        assert_eq!(history.columns(Channel::DiscriminatorLoss, Window::Last(3), 60).len(), 3);
        assert_eq!(history.span(Window::Last(1000)), Some((49_001, 50_000)));
    }

    #[test]
    fn no_data_and_no_numbers_are_no_trouble() {
        let mut history = History::default();
        assert!(history.columns(Channel::GeneratorLoss, Window::All, 10).is_empty());
        assert_eq!((history.rate(), history.span(Window::All)), (None, None));
        history.push(&metrics(1, f32::NAN));
        history.push(&metrics(2, f32::INFINITY));
        history.push(&metrics(2, 3.0));
        assert_eq!(history.columns(Channel::DiscriminatorLoss, Window::All, 10), [None, None]);
        assert_eq!(history.columns(Channel::DiscriminatorLoss, Window::All, 0).len(), 1);
        assert_eq!(history.rate(), Some(40.0));
    }

    #[test]
    fn a_resumed_run_begins_where_it_went_on() {
        let mut history = History::default();
        for iteration in 5001..=5010 {
            history.push(&metrics(iteration, 1.0));
        }
        assert_eq!(history.span(Window::All), Some((5001, 5010)));
        assert_eq!(history.columns(Channel::Accuracy, Window::All, 5).len(), 5);
    }
}
