//! Measures how long each phase of an iteration takes.

use std::time::{Duration, Instant};

/// A phase of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Loading images and drawing noise.
    Data,
    /// The generator's inference pass.
    Fakes,
    DiscriminatorForward,
    DiscriminatorBackward,
    DiscriminatorOptimizer,
    GeneratorForward,
    GeneratorBackward,
    GeneratorOptimizer,
}

impl Phase {
    pub const ALL: [Self; 8] = [
        Self::Data,
        Self::Fakes,
        Self::DiscriminatorForward,
        Self::DiscriminatorBackward,
        Self::DiscriminatorOptimizer,
        Self::GeneratorForward,
        Self::GeneratorBackward,
        Self::GeneratorOptimizer,
    ];

    /// Returns the name used in the machine-readable report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Fakes => "fakes",
            Self::DiscriminatorForward => "discriminator_forward",
            Self::DiscriminatorBackward => "discriminator_backward",
            Self::DiscriminatorOptimizer => "discriminator_optimizer",
            Self::GeneratorForward => "generator_forward",
            Self::GeneratorBackward => "generator_backward",
            Self::GeneratorOptimizer => "generator_optimizer",
        }
    }
}

/// Adds up the time spent in each phase.
#[derive(Debug, Clone)]
pub struct Profiler {
    last: Instant,
    spent: [Duration; Phase::ALL.len()],
}

impl Profiler {
    /// Starts timing the first phase.
    pub fn start() -> Self {
        Self { last: Instant::now(), spent: [Duration::ZERO; Phase::ALL.len()] }
    }

    /// Adds the time since the last call to `phase`.
    pub fn record(&mut self, phase: Phase) {
        self.record_until(phase, Instant::now());
    }

    /// Adds the time from the last call until `end` to `phase`.
    pub fn record_until(&mut self, phase: Phase, end: Instant) {
        self.spent[phase as usize] += end.saturating_duration_since(self.last);
        self.last = end;
    }

    /// Returns the time spent in a phase so far.
    pub fn spent(&self, phase: Phase) -> Duration {
        self.spent[phase as usize]
    }
}
