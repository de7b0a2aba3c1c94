//! How good the digits were, each time they were scored: in bounded memory, the best of all kept.

use gan_tui_core::event::{Metrics, Score};

/// Points held at most; of more, neighbours are merged in pairs.
const POINTS: usize = 1024;

/// The distances of one or more scores that follow each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// That of the last of them.
    pub iteration: u64,
    /// The training time until then, in seconds.
    pub elapsed_s: f64,
    pub low: f32,
    sum: f64,
    pub high: f32,
    count: u64,
}

impl Point {
    pub fn mean(&self) -> f32 {
        (self.sum / self.count as f64) as f32
    }

    fn merged(mut self, other: &Self) -> Self {
        self.iteration = self.iteration.max(other.iteration);
        self.elapsed_s = self.elapsed_s.max(other.elapsed_s);
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
            elapsed_s: metrics.elapsed_s,
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

    /// Every distance, oldest first; of very many, neighbours are merged.
    pub fn points(&self) -> &[Point] {
        &self.points
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
        let points: Vec<_> =
            some.points().iter().map(|point| (point.iteration, point.mean())).collect();
        assert_eq!(points, [(1000, 9.0), (2000, 4.0), (3000, 5.0)]);
        assert!(scores([]).latest().is_none() && scores([]).points().is_empty());
    }

    #[test]
    fn many_scores_take_no_more_memory_and_lose_no_extreme() {
        let many = scores((0..10_000).map(|at| if at == 1234 { 1.0 } else { 7.0 }));
        assert!(many.points.len() <= POINTS);
        assert_eq!(many.best(), Some((1_235_000, 1.0)));
        let least = many.points().iter().map(|point| point.low).fold(f32::MAX, f32::min);
        assert_eq!(least, 1.0);
    }
}
