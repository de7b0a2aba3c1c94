//! What is known of a preset before it is trained: how long it will take, and what will come out.

use std::time::Duration;

use crate::state::number;
use gan_tui_core::image::ImageBatch;

/// What is known of a preset beyond its fields.
#[derive(Debug, Clone, Default)]
pub struct Prospect {
    /// Milliseconds that an iteration took in the last run of it on this machine, with this many
    /// threads and this version of the program.
    pub measured_ms: Option<f64>,
    /// Floating-point operations of an iteration, in billions.
    pub gflop: Option<f64>,
    /// What to expect, in a sentence.
    pub expect: Option<&'static str>,
    /// Some images of its generator, and where they are from.
    pub sample: Option<(ImageBatch, String)>,
}

/// How long a run of a preset takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Estimate {
    /// As its last run here.
    Measured(Duration),
    /// By its operations, at the rate at which the present run computes.
    Computed(Duration),
    NotKnown,
}

impl Prospect {
    /// Returns how long so many iterations take, given the operations a second, in billions, that
    /// the present run does.
    pub fn estimate(&self, iterations: u64, gflops: Option<f64>) -> Estimate {
        let whole = |ms: f64| Duration::try_from_secs_f64(ms / 1e3 * iterations as f64).ok();
        if let Some(time) = self.measured_ms.and_then(whole) {
            return Estimate::Measured(time);
        }
        let ms = self.gflop.zip(gflops).map(|(gflop, gflops)| 1e3 * gflop / gflops);
        ms.and_then(whole).map_or(Estimate::NotKnown, Estimate::Computed)
    }
}

impl Estimate {
    /// In few words: `4m 31s`, `about 12m`.
    pub fn words(self) -> String {
        match self {
            Self::Measured(time) => number::duration(time),
            Self::Computed(time) => {
                let minutes = time.as_secs().div_ceil(60);
                match time.as_secs() {
                    seconds if seconds < 90 => format!("about {}s", seconds.div_ceil(10) * 10),
                    seconds if seconds < 5400 => format!("about {minutes}m"),
                    _ => format!("about {}h", minutes.div_ceil(60)),
                }
            }
            Self::NotKnown => "?".into(),
        }
    }

    /// In a sentence, with what it is based on.
    pub fn sentence(self) -> String {
        match self {
            Self::Measured(_) => format!("takes {}, as its last run here", self.words()),
            Self::Computed(_) => format!("takes {}, judged by this run's speed", self.words()),
            Self::NotKnown => "how long it takes here is not known yet".into(),
        }
    }
}
