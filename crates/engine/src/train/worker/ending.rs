//! Where a run will end, which a schedule that decays over the whole run has to know.

use std::time::Duration;

use gan_tui_core::preset::{Preset, Schedule};

/// The shares of the time limit after which the end is estimated, while the rates are still high;
/// a change later than that would be felt as a jump.
const FIRST: f64 = 0.04;
const STEP: f64 = 0.1;
/// Estimates that differ by less than this share are the same.
const SAME: f64 = 0.01;

/// Estimates the last iteration of a run from its speed so far and its time limit.
///
/// What it finds depends on the clock, so every estimate is recorded as a change of the run, and a
/// resumed run makes the same changes again.
pub(super) struct Ending {
    /// Iterations of a whole run.
    iterations: u64,
    /// Where the schedule ends without a limit.
    until: u64,
    limit: Option<Duration>,
    /// Where this part of the run began.
    start: (u64, Duration),
    /// The share of the time limit at which the end is estimated next.
    next: f64,
}

impl Ending {
    /// Returns `None` if the preset's schedule does not ask for the end. `iteration` and `elapsed`
    /// are those at which this part of the run begins.
    pub(super) fn of(
        preset: &Preset,
        limit: Option<Duration>,
        iteration: u64,
        elapsed: Duration,
    ) -> Option<Self> {
        let Schedule::CosineToEnd { until, .. } = preset.schedule else { return None };
        let (iterations, start) = (preset.iterations, (iteration, elapsed));
        let mut ending = Self { iterations, until, limit, start, next: FIRST };
        if let Some(share) = ending.share(elapsed).filter(|share| *share > 0.0) {
            ending.next = share + FIRST;
        }
        Some(ending)
    }

    /// Returns the share of the time limit that has passed.
    fn share(&self, elapsed: Duration) -> Option<f64> {
        self.limit.map(|limit| elapsed.as_secs_f64() / limit.as_secs_f64().max(1e-3))
    }

    /// Returns the last iteration if it is now expected to be another than `known`.
    pub(super) fn expected(
        &mut self,
        iteration: u64,
        elapsed: Duration,
        known: u64,
    ) -> Option<u64> {
        let (begun, before) = self.start;
        let is_over = iteration >= known;
        // A run that continues past the end of its time limit follows the preset's schedule again.
        let again =
            (is_over && known != self.until && iteration < self.until).then_some(self.until);
        let Some((limit, share)) = self.limit.zip(self.share(elapsed)) else {
            return again;
        };
        if iteration <= begun {
            return again;
        }
        if share < self.next && !is_over {
            return None;
        }
        self.next = share + STEP;
        let spent = elapsed.saturating_sub(before).as_secs_f64() / (iteration - begun) as f64;
        let left = limit.saturating_sub(elapsed).as_secs_f64() / spent.max(1e-9);
        let end = (iteration + (left as u64).max(1)).min(self.iterations);
        let is_another = (end as f64 - known as f64).abs() > SAME * known as f64;
        (is_another || is_over).then_some(end)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ending(limit: Option<u32>, iteration: u64, elapsed: u32) -> Ending {
        let preset = Preset {
            schedule: Schedule::CosineToEnd { from: 0.2, until: 8_000 },
            iterations: 10_000,
            ..Preset::default()
        };
        let limit = limit.map(|limit| limit * SECOND);
        Ending::of(&preset, limit, iteration, elapsed * SECOND).unwrap()
    }

    #[test]
    fn the_end_follows_from_the_speed_and_the_limit() {
        let mut ending = ending(Some(100), 0, 0);
        assert_eq!(ending.expected(10, SECOND, 8_000), None, "too early to tell");
        assert_eq!(ending.expected(50, 5 * SECOND, 8_000), Some(1_000));
        assert_eq!(ending.expected(60, 6 * SECOND, 1_000), None, "not at every iteration");
        assert_eq!(ending.expected(201, 20 * SECOND, 1_000), None, "as expected");
        assert_eq!(ending.expected(200, 40 * SECOND, 1_000), Some(500), "half as fast");
        assert_eq!(ending.expected(500, 51 * SECOND, 500), Some(980), "sooner than expected");
        assert_eq!(ending.expected(9_000, 70 * SECOND, 980), Some(10_000), "at most all");
    }

    #[test]
    fn a_resumed_run_is_measured_from_where_it_goes_on() {
        let mut ending = ending(Some(100), 400, 40);
        assert_eq!(ending.expected(401, 41 * SECOND, 1_000), None);
        assert_eq!(ending.expected(410, 50 * SECOND, 1_000), Some(460));
        let mut over = self::ending(Some(100), 400, 40);
        assert_eq!(over.expected(400, 40 * SECOND, 400), Some(8_000), "extended");
    }

    #[test]
    fn without_a_limit_the_schedule_ends_where_it_says() {
        let mut ending = ending(None, 0, 0);
        assert_eq!(ending.expected(1, SECOND, 8_000), None);
        assert_eq!(ending.expected(9_000, SECOND, 8_000), None, "nor does it begin again");
        assert_eq!(ending.expected(900, SECOND, 1_000), None, "what was expected is kept");
        assert_eq!(ending.expected(1_000, SECOND, 1_000), Some(8_000));
        assert!(Ending::of(&Preset::default(), None, 0, SECOND).is_none());
    }
}
