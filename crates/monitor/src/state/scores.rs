//! How good the digits were, each time they were scored: in bounded memory, the best of all kept.

use gan_tui_core::event::{Metrics, Score};

/// Points held at most; of more, neighbours are merged in pairs.
const POINTS: usize = 1024;

/// The distances of one or more scores that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    /// That of the last of them.
    iteration: u64,
    low: f32,
    sum: f64,
    high: f32,
    count: u64,
}

impl Point {
    fn mean(&self) -> f32 {
        (self.sum / self.count as f64) as f32
    }

    fn merged(mut self, other: &Self) -> Self {
        self.iteration = self.iteration.max(other.iteration);
        (self.low, self.high) = (self.low.min(other.low), self.high.max(other.high));
        (self.sum, self.count) = (self.sum + other.sum, self.count + other.count);
        self
    }
}

/// The scores of a run.
#[derive(Debug, Clone, Default)]
pub struct Scores {
    latest: Option<(u64, Score)>,
    best: Option<(u64, f32)>,
    points: Vec<Point>,
}

impl Scores {
    /// Adds an iteration, if it was scored.
    pub fn push(&mut self, metrics: &Metrics) {
        let Some(score) = metrics.score.as_deref().copied() else { return };
        self.latest = Some((metrics.iteration, score));
        let (iteration, distance) = (metrics.iteration, score.distance());
        if !distance.is_finite() {
            return;
        }
        if self.best.is_none_or(|(_, best)| distance < best) {
            self.best = Some((iteration, distance));
        }
        self.points.push(Point {
            iteration,
            low: distance,
            sum: f64::from(distance),
            high: distance,
            count: 1,
        });
        if self.points.len() > POINTS {
            self.points = self
                .points
                .chunks(2)
                .map(|pair| pair[1..].iter().fold(pair[0], Point::merged))
                .collect();
        }
    }

    /// The newest score, and its iteration.
    pub fn latest(&self) -> Option<&(u64, Score)> {
        self.latest.as_ref()
    }

    /// The smallest distance, and its iteration.
    pub fn best(&self) -> Option<(u64, f32)> {
        self.best
    }

    /// The distance that was known after an iteration.
    pub fn at(&self, iteration: u64) -> Option<f32> {
        let after = self.points.partition_point(|point| point.iteration <= iteration);
        after.checked_sub(1).map(|at| self.points[at].mean())
    }

    /// Least, mean and greatest distance over the iterations from `first` to `last` in `columns`
    /// equal parts. Between two scores lies the straight line from one to the other; before the
    /// first and after the last there is nothing.
    pub fn line(&self, (first, last): (u64, u64), columns: usize) -> Vec<Option<[f32; 3]>> {
        let length = u128::from(last.saturating_sub(first)) + 1;
        let count = (columns as u128).clamp(1, length);
        let start = |column: u128| {
            first.saturating_add((length * column / count).min(u64::MAX.into()) as u64)
        };
        let column = |at: u128| {
            let (from, to) = (start(at), start(at + 1));
            let [before, after] =
                [from, to].map(|end| self.points.partition_point(|point| point.iteration < end));
            let within = self.points[before..after].iter();
            if let Some(point) = within.copied().reduce(|all, point| all.merged(&point)) {
                return Some([point.low, point.mean(), point.high]);
            }
            let (one, other) = (&self.points[before.checked_sub(1)?], self.points.get(after)?);
            let share = (from.midpoint(to) - one.iteration) as f32
                / (other.iteration - one.iteration) as f32;
            Some([one.mean() + (other.mean() - one.mean()) * share; 3])
        };
        (0..count).map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn scores(distances: impl IntoIterator<Item = f32>) -> Scores {
        let mut scores = Scores::default();
        for (at, distance) in distances.into_iter().enumerate() {
            let iteration = (at as u64 + 1) * 1000;
            scores.push(&fixture::metrics(iteration - 1));
            scores.push(&fixture::scored(iteration, distance));
        }
        scores
    }

    #[test]
    fn the_last_and_the_best_are_known() {
        let some = scores([9.0, 4.0, 5.0, f32::NAN]);
        assert_eq!(some.latest().map(|(iteration, _)| *iteration), Some(4000));
        assert_eq!(some.best(), Some((2000, 4.0)));
        assert_eq!(
            [999, 1000, 2999, 9000].map(|iteration| some.at(iteration)),
            [None, Some(9.0), Some(4.0), Some(5.0)]
        );
        assert!(
            scores([]).latest().is_none()
                && scores([]).line((1, 100), 10).iter().all(Option::is_none)
        );
    }

    #[test]
    fn a_line_joins_what_was_scored() {
        let line = scores([8.0, 4.0]).line((1, 2500), 5);
        let means: Vec<_> = line.iter().map(|point| point.map(|[_, mean, _]| mean)).collect();
        assert_eq!(
            means.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, true, true, true, false]
        );
        assert_eq!((means[1], means[3]), (Some(8.0), Some(4.0)));
        assert!(means[2].is_some_and(|mean| (mean - 7.0).abs() < 0.1), "{means:?}");
        assert_eq!(scores([8.0]).line((1000, 1000), 40), [Some([8.0; 3])]);
        assert!(scores([8.0]).line((1, u64::MAX), 40)[0].is_some());
    }

    #[test]
    fn many_scores_take_no_more_memory_and_lose_no_extreme() {
        let many = scores((0..10_000).map(|at| if at == 1234 { 1.0 } else { 7.0 }));
        assert!(many.points.len() <= POINTS);
        assert_eq!(many.best(), Some((1_235_000, 1.0)));
        let line = many.line((1, 10_000_000), 60);
        assert_eq!(line.len(), 60);
        assert_eq!(line.iter().flatten().map(|[low, ..]| *low).fold(f32::MAX, f32::min), 1.0);
    }
}
