//! The metrics of a whole run in bounded memory: merged in pairs as it grows, every extreme kept.

use std::{collections::VecDeque, time::Duration};

use crate::state::{
    scores::Scores,
    stretch::{Axis, Stretch},
};
use gan_tui_core::event::{Chart, Load, Metrics, Series};

/// Buckets held at most; a run longer than this many iterations has more than one iteration a
/// bucket.
const BUCKETS: usize = 2048;
/// The newest iterations, each by itself.
const RECENT: usize = 4096;
/// Series kept at most, so that a run with ever new names cannot fill the memory; some of them are
/// of the machine.
const SERIES: usize = 32;
const OF_MACHINE: usize = 3;

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
}

/// What is known of a part of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column {
    /// No iteration falls there.
    Empty,
    /// None of its iterations has a finite value.
    Unknown,
    Known(Stat),
}

impl Column {
    /// The statistics, if there are any.
    pub fn stat(&self) -> Option<Stat> {
        if let Self::Known(stat) = self { Some(*stat) } else { None }
    }
}

/// A value, and the iteration that had it.
pub type At = (u64, f32);

/// The last, the least and the greatest value of a series over the whole run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    pub last: At,
    pub least: At,
    pub greatest: At,
}

/// Consecutive iterations.
#[derive(Debug, Clone)]
struct Bucket {
    first: u64,
    last: u64,
    /// The training time after the last of them, in seconds.
    elapsed_s: f64,
    /// One for each of the history's series; those that were first reported later are missing.
    stats: Vec<Stat>,
}

impl Bucket {
    fn of(metrics: &Metrics, series: &[Series]) -> Self {
        Self {
            first: metrics.iteration,
            last: metrics.iteration,
            elapsed_s: metrics.elapsed_s,
            stats: series.iter().map(|&series| Stat::of(metrics.value(series))).collect(),
        }
    }

    fn merge(&mut self, other: &Self) {
        self.last = self.last.max(other.last);
        self.elapsed_s = self.elapsed_s.max(other.elapsed_s);
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
    /// One for each of them, once it has had a finite value.
    extremes: Vec<Option<Extremes>>,
    buckets: Vec<Bucket>,
    /// Iterations in a full bucket.
    stride: u64,
    recent: VecDeque<Metrics>,
    scores: Scores,
    /// What the run takes of its machine, as it was told last.
    load: Option<Load>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            extremes: Vec::new(),
            buckets: Vec::new(),
            stride: 1,
            recent: VecDeque::new(),
            scores: Scores::default(),
            load: None,
        }
    }
}

impl History {
    /// From now on, iterations take this much of the machine.
    pub fn set_load(&mut self, load: Option<Load>) {
        self.load = load;
    }

    /// Adds an iteration. One that is not newer than the newest is a repetition and is left
    /// out.
    pub fn push(&mut self, metrics: &Metrics) {
        if self.latest().is_some_and(|latest| metrics.iteration <= latest.iteration) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        let metrics = limited(metrics).with(self.of_machine(metrics.step_ms));
        self.scores.push(&metrics);
        for &(series, _) in metrics.values() {
            if series.chart() != Chart::None
                && self.series.len() < SERIES
                && !self.series.contains(&series)
            {
                self.series.push(series);
                self.extremes.push(None);
            }
        }
        for (series, extremes) in self.series.iter().zip(&mut self.extremes) {
            if let Some(value) = metrics.get(*series).filter(|value| value.is_finite()) {
                widen(extremes, (metrics.iteration, value));
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

    /// Returns what an iteration took of its machine.
    fn of_machine(&self, step_ms: f64) -> Vec<(Series, f32)> {
        let mut values = Vec::with_capacity(OF_MACHINE);
        // Rows of other programs have no time.
        if step_ms > 0.0 {
            values.push((Series::STEP_MS, step_ms as f32));
        }
        if let Some(load) = &self.load {
            values.push((Series::PROCESSOR, load.process as f32));
            values.push((Series::MEMORY, (load.memory as f64 / 1e6) as f32));
        }
        values
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

    /// The part of the run in a window, along an axis.
    pub fn stretch(&self, window: Window, axis: Axis) -> Option<Stretch> {
        let (first, last) = self.span(window)?;
        if axis != Axis::Time {
            return Some(Stretch::new(axis, first as f64, last as f64));
        }
        let from = match window {
            Window::All => 0.0,
            Window::Last(_) => self.elapsed_at(first),
        };
        Some(Stretch::new(axis, from, self.latest()?.elapsed_s))
    }

    /// The training time until an iteration was done.
    pub fn elapsed_until(&self, iteration: u64) -> Duration {
        let seconds = match self.latest() {
            Some(latest) if latest.iteration <= iteration => latest.elapsed_s,
            _ if iteration == 0 => 0.0,
            _ => self.elapsed_at(iteration),
        };
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// The training time after an iteration, or after the ones that it is merged with.
    fn elapsed_at(&self, iteration: u64) -> f64 {
        let at = self.recent.partition_point(|metrics| metrics.iteration < iteration);
        if let Some(metrics) = self.recent.get(at).filter(|_| at > 0) {
            return metrics.elapsed_s;
        }
        let at = self.buckets.partition_point(|bucket| bucket.last < iteration);
        self.buckets.get(at).map_or(0.0, |bucket| bucket.elapsed_s)
    }

    /// A series over a stretch in at most `columns` equal parts, oldest first. Along iterations, as
    /// long as there are fewer of them than columns, there is one part each.
    pub fn columns(&self, series: Series, stretch: &Stretch, columns: usize) -> Vec<Column> {
        let length = match stretch.axis() {
            Axis::Iterations => stretch.last() - stretch.first() + 1.0,
            Axis::LogIterations | Axis::Time => f64::INFINITY,
        };
        let count = (columns as f64).min(length).max(1.0);
        let mut out = vec![(Stat::EMPTY, false); count as usize];
        let last = out.len() - 1;
        let mut add = |iteration: u64, elapsed_s: f64, stat: &Stat| {
            let value = stretch.value(iteration, elapsed_s);
            let share = match stretch.axis() {
                Axis::Iterations => (value - stretch.first()) / length,
                Axis::LogIterations | Axis::Time => stretch.share(value),
            };
            if (0.0..=1.0).contains(&share) {
                let column = &mut out[((share * count + 1e-9) as usize).min(last)];
                column.0.merge(stat);
                column.1 = true;
            }
        };
        let is_before =
            |iteration: u64, elapsed_s: f64| stretch.value(iteration, elapsed_s) < stretch.first();
        let is_recent = self.recent.front().is_some_and(|oldest| {
            stretch.value(oldest.iteration, oldest.elapsed_s) <= stretch.first()
        });
        if is_recent || self.recent.len() < RECENT {
            let before = self
                .recent
                .partition_point(|metrics| is_before(metrics.iteration, metrics.elapsed_s));
            for metrics in self.recent.range(before..) {
                let stat = Stat::of(metrics.value(series));
                add(metrics.iteration, metrics.elapsed_s, &stat);
            }
        } else {
            let place = self.series.iter().position(|known| *known == series);
            let before =
                self.buckets.partition_point(|bucket| is_before(bucket.last, bucket.elapsed_s));
            for bucket in &self.buckets[before..] {
                let stat = place.and_then(|place| bucket.stats.get(place)).unwrap_or(&Stat::EMPTY);
                // What is merged is in its middle.
                let middle = bucket.first.midpoint(bucket.last);
                let iteration = if is_before(middle, f64::INFINITY) { bucket.last } else { middle };
                add(iteration, bucket.elapsed_s, stat);
            }
        }
        let column = |(stat, has_iterations): (Stat, bool)| match (has_iterations, stat.count) {
            (false, _) => Column::Empty,
            (true, 0) => Column::Unknown,
            (true, _) => Column::Known(stat),
        };
        out.into_iter().map(column).collect()
    }

    /// The last, the least and the greatest value of a series over the whole run.
    pub fn extremes(&self, series: Series) -> Option<Extremes> {
        let place = self.series.iter().position(|known| *known == series)?;
        self.extremes.get(place).copied().flatten()
    }

    /// The mean of a series over `count` iterations, of which the last is the newest but `skip`.
    pub fn recent_mean(&self, series: Series, count: usize, skip: usize) -> Option<f32> {
        let newest = self.recent.iter().rev().skip(skip).take(count);
        let values =
            newest.filter_map(|metrics| metrics.get(series)).filter(|value| value.is_finite());
        let (sum, count) =
            values.fold((0.0, 0), |(sum, count), value| (sum + f64::from(value), count + 1));
        (count > 0).then(|| (sum / f64::from(count)) as f32)
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

fn widen(extremes: &mut Option<Extremes>, value: At) {
    let known = extremes.get_or_insert(Extremes { last: value, least: value, greatest: value });
    known.last = value;
    if value.1 < known.least.1 {
        known.least = value;
    }
    if value.1 > known.greatest.1 {
        known.greatest = value;
    }
}

/// Returns the metrics with as many of their series as are kept.
fn limited(metrics: &Metrics) -> Metrics {
    const MOST: usize = SERIES - OF_MACHINE;
    if metrics.values().len() <= MOST {
        return metrics.clone();
    }
    let values = metrics.values().iter().copied().take(MOST);
    let mut limited =
        Metrics::new(metrics.iteration, metrics.step_ms, metrics.elapsed_s).with(values);
    limited.score = metrics.score.clone();
    limited
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The columns of a window along the iterations.
    fn columns(
        history: &History,
        series: Series,
        window: Window,
        count: usize,
    ) -> Vec<Option<Stat>> {
        let Some(stretch) = history.stretch(window, Axis::Iterations) else { return Vec::new() };
        history.columns(series, &stretch, count).iter().map(Column::stat).collect()
    }

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
        let shown = columns(&history, Series::D_LOSS, Window::All, 40);
        assert_eq!(shown.len(), 40);
        let max = shown.iter().flatten().map(|stat| stat.max).fold(0.0, f32::max);
        assert_eq!(max, 99.0);
        let counted: u64 = shown.iter().flatten().map(|stat| stat.count).sum();
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
            let shown = columns(&history, Series::D_LOSS, window, 60);
            assert!(shown.iter().all(Option::is_some), "{window:?}");
            assert!(
                shown
                    .windows(2)
                    .all(|pair| pair[0].map(|stat| stat.max) < pair[1].map(|stat| stat.max)),
                "{window:?}"
            );
        }
        assert_eq!(columns(&history, Series::D_LOSS, Window::Last(3), 60).len(), 3);
        assert_eq!(history.span(Window::Last(1000)), Some((49_001, 50_000)));
    }

    #[test]
    fn time_and_logarithms_place_what_they_have() {
        let mut history = History::default();
        for iteration in 1..=10_000 {
            // The first half takes three quarters of the time.
            let elapsed_s = if iteration <= 5000 {
                3.0 * iteration as f64
            } else {
                10_000.0 + iteration as f64
            };
            let mut metrics = metrics(iteration, iteration as f32);
            metrics.elapsed_s = elapsed_s;
            history.push(&metrics);
        }
        let along = |axis| {
            let stretch = history.stretch(Window::All, axis).unwrap();
            history.columns(Series::D_LOSS, &stretch, 4)
        };
        let greatest = |column: &Column| column.stat().map(|stat| stat.max);
        let time: Vec<_> = along(Axis::Time).iter().map(greatest).collect();
        assert!(time[2].is_some_and(|max| (4990.0..5010.0).contains(&max)), "{time:?}");
        let decades: Vec<_> = along(Axis::LogIterations).iter().map(greatest).collect();
        assert!(decades[1].is_some_and(|max| (90.0..110.0).contains(&max)), "{decades:?}");
        assert_eq!(decades[3], Some(10_000.0));
        let mut early = History::default();
        (1..=3).for_each(|iteration| early.push(&metrics(iteration, 1.0)));
        let stretch = early.stretch(Window::All, Axis::LogIterations).unwrap();
        assert!(early.columns(Series::D_LOSS, &stretch, 50).contains(&Column::Empty));
    }

    #[test]
    fn extremes_and_means_are_of_the_whole_run_and_of_its_end() {
        let mut history = History::default();
        for iteration in 1..=5000 {
            let value = match iteration {
                17 => 9.0,
                4000 => -1.0,
                _ if iteration > 4990 => 2.0,
                _ => 0.5,
            };
            history.push(&metrics(iteration, value));
        }
        history.push(&metrics(5001, f32::NAN));
        let extremes = history.extremes(Series::D_LOSS).unwrap();
        assert_eq!(
            extremes,
            Extremes { last: (5000, 2.0), least: (4000, -1.0), greatest: (17, 9.0) }
        );
        assert_eq!(history.recent_mean(Series::D_LOSS, 10, 0), Some(2.0), "NaN is left out");
        assert_eq!(history.recent_mean(Series::D_LOSS, 10, 20), Some(0.5));
        assert_eq!(history.recent_mean(Series::D_LOSS, 10, 9000), None);
    }

    #[test]
    fn the_machine_has_series_from_when_it_is_told_of() {
        let mut history = History::default();
        history.push(&metrics(1, 0.5));
        history.set_load(Some(Load { process: 1.5, memory: 320_000_000, ..Load::default() }));
        (2..=9).for_each(|iteration| history.push(&metrics(iteration, 0.5)));
        let extremes = |series| history.extremes(series).map(|of| (of.least, of.greatest));
        assert_eq!(extremes(Series::STEP_MS), Some(((1, 20.0), (1, 20.0))));
        assert_eq!(extremes(Series::PROCESSOR), Some(((2, 1.5), (2, 1.5))));
        assert_eq!(extremes(Series::MEMORY), Some(((2, 320.0), (2, 320.0))));
        assert!(!Series::known().any(|series| series == Series::MEMORY), "it is not recorded");
    }

    #[test]
    fn no_data_and_no_numbers_are_no_trouble() {
        let mut history = History::default();
        assert!(columns(&history, Series::G_LOSS, Window::All, 10).is_empty());
        assert_eq!((history.rate(), history.span(Window::All)), (None, None));
        history.push(&metrics(1, f32::NAN));
        history.push(&metrics(2, f32::INFINITY));
        history.push(&metrics(2, 3.0));
        assert_eq!(columns(&history, Series::D_LOSS, Window::All, 10), [None, None]);
        assert_eq!(columns(&history, Series::D_LOSS, Window::All, 0).len(), 1);
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
        let shown = columns(&history, penalty, Window::All, 10);
        assert_eq!(
            shown.iter().map(Option::is_some).collect::<Vec<_>>()[4..8],
            [false, false, true, true]
        );
        assert_eq!(shown[9].map(|stat| stat.max), Some(10_000.0));
        assert_eq!(
            columns(&history, Series::D_LOSS, Window::All, 10)[0].map(|stat| stat.max),
            Some(0.5)
        );
        let unseen = Series::named("never_reported").unwrap();
        assert!(columns(&history, unseen, Window::All, 10).iter().all(Option::is_none));
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
        assert_eq!(columns(&history, Series::D_ACCURACY, Window::All, 5).len(), 5);
    }
}
