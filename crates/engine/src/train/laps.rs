//! Where the time of an iteration goes.

use std::time::{Duration, Instant};

/// A part of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Drawing images and noise.
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

impl Part {
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

    /// As in the machine-readable report.
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

/// A stopwatch that adds each lap to a part.
#[derive(Debug, Clone)]
pub struct Laps {
    last: Instant,
    spent: [Duration; Part::ALL.len()],
}

impl Laps {
    /// Starts the first lap.
    pub fn start() -> Self {
        Self { last: Instant::now(), spent: [Duration::ZERO; Part::ALL.len()] }
    }

    /// Ends a lap that belongs to `part`, and starts the next.
    pub fn lap(&mut self, part: Part) {
        self.lap_at(part, Instant::now());
    }

    /// Ends a lap at a moment that was noted elsewhere.
    pub fn lap_at(&mut self, part: Part, moment: Instant) {
        self.spent[part as usize] += moment.saturating_duration_since(self.last);
        self.last = moment;
    }

    /// What a part took so far.
    pub fn spent(&self, part: Part) -> Duration {
        self.spent[part as usize]
    }
}
