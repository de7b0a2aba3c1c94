//! How fast training goes, and how long it will still take.

use std::{collections::VecDeque, time::Duration};

use crate::cli::output::duration;
use gan_tui_core::event::Metrics;

/// Training time over which the rate is taken, in seconds.
const PACE_SECONDS: f64 = 10.0;

/// How fast training goes, over the last seconds of it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Iteration and training time in seconds.
    points: VecDeque<(u64, f64)>,
}

impl Pace {
    pub(super) fn push(&mut self, metrics: &Metrics) {
        if self.points.is_empty() {
            let before = metrics.elapsed_s - metrics.step_ms / 1000.0;
            self.points.push_back((metrics.iteration.saturating_sub(1), before));
        }
        self.points.push_back((metrics.iteration, metrics.elapsed_s));
        while self.points.len() > 2 && self.points[1].1 < metrics.elapsed_s - PACE_SECONDS {
            self.points.pop_front();
        }
    }

    /// Iterations in a second.
    fn rate(&self) -> Option<f64> {
        let (&(first, from), &(last, to)) = (self.points.front()?, self.points.back()?);
        (to > from && last > first).then(|| (last - first) as f64 / (to - from))
    }

    fn left(
        &self,
        metrics: &Metrics,
        iterations: u64,
        limit: Option<Duration>,
    ) -> Option<Duration> {
        let by_count = iterations.saturating_sub(metrics.iteration) as f64 / self.rate()?;
        let by_time = limit.map_or(f64::INFINITY, |limit| limit.as_secs_f64() - metrics.elapsed_s);
        Duration::try_from_secs_f64(by_count.min(by_time).max(0.0)).ok()
    }

    pub(super) fn text(
        &self,
        metrics: &Metrics,
        iterations: u64,
        limit: Option<Duration>,
    ) -> String {
        let rate = self.rate().map_or(String::new(), |rate| format!("{rate:.1}/s"));
        match self.left(metrics, iterations, limit) {
            Some(left) if metrics.iteration < iterations => {
                format!("{rate}  {} left", duration(left))
            }
            _ => rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gan_tui_core::event::Series;

    fn metrics(iteration: u64, elapsed_s: f64) -> Metrics {
        Metrics::new(iteration, 100.0, elapsed_s).with([
            (Series::D_LOSS, 0.5),
            (Series::D_LOSS_REAL, 0.5),
            (Series::D_LOSS_FAKE, 0.5),
            (Series::G_LOSS, 1.0),
            (Series::D_ACCURACY, 0.75),
            (Series::D_REAL, 0.6),
            (Series::D_FAKE, 0.4),
        ])
    }

    #[test]
    fn time_left_follows_the_last_seconds() {
        let mut pace = Pace::default();
        for iteration in 1..=100 {
            pace.push(&metrics(iteration, iteration as f64 * 0.1));
        }
        assert_eq!(pace.text(&metrics(100, 10.0), 400, None), "10.0/s  30s left");
        for iteration in 101..=300 {
            pace.push(&metrics(iteration, 10.0 + (iteration - 100) as f64 * 0.2));
        }
        let now = metrics(300, 50.0);
        assert_eq!(
            pace.text(&now, 400, None),
            "5.0/s  20s left",
            "what was before the last seconds counts no more"
        );
        assert_eq!(
            pace.text(&now, 400, Some(Duration::from_secs(55))),
            "5.0/s  5s left",
            "the time ends before the iterations"
        );
        assert!(pace.points.len() < 100);
    }

    #[test]
    fn a_single_iteration_has_a_rate() {
        let mut pace = Pace::default();
        let first = metrics(501, 60.1);
        pace.push(&first);
        assert_eq!(pace.text(&first, 601, None), "10.0/s  10s left");
    }
}
