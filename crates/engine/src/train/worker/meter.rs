//! Where a run's time goes, told every few seconds.

use std::time::{Duration, Instant};

use crate::train::profiler::{Phase, Profiler};
use gan_tui_core::event::Spent;

/// Time between two reports.
const EVERY: Duration = Duration::from_secs(2);

/// Adds up where the time goes.
pub struct Meter {
    since: Instant,
    spent: Spent,
}

impl Meter {
    pub fn start() -> Self {
        Self { since: Instant::now(), spent: Spent::default() }
    }

    /// Adds an iteration.
    pub fn add_step(&mut self, profiler: &Profiler) {
        let seconds = |phases: &[Phase]| {
            phases.iter().map(|&phase| profiler.spent(phase).as_secs_f64()).sum::<f64>()
        };
        self.spent.iterations += 1;
        self.spent.data += seconds(&[Phase::Data]);
        self.spent.discriminator += seconds(&[
            Phase::Fakes,
            Phase::DiscriminatorForward,
            Phase::DiscriminatorBackward,
            Phase::DiscriminatorOptimizer,
        ]);
        self.spent.generator += seconds(&[
            Phase::GeneratorForward,
            Phase::GeneratorBackward,
            Phase::GeneratorOptimizer,
        ]);
    }

    /// Adds the time since `start` to images that are drawn.
    pub fn add_drawing(&mut self, start: Instant) {
        self.spent.drawing += start.elapsed().as_secs_f64();
    }

    /// Adds the time since `start` to scores.
    pub fn add_scoring(&mut self, start: Instant) {
        self.spent.scoring += start.elapsed().as_secs_f64();
    }

    /// Adds the time since `start` to what goes to the files.
    pub fn add_saving(&mut self, start: Instant) {
        self.spent.saving += start.elapsed().as_secs_f64();
    }

    /// Returns what has been added up if it is time to tell, and starts again.
    pub fn report(&mut self) -> Option<Spent> {
        let all = self.since.elapsed();
        (all >= EVERY).then(|| {
            let before = std::mem::replace(self, Self::start());
            Spent { all: all.as_secs_f64(), ..before.spent }
        })
    }
}
