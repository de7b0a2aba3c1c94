//! What a run takes of its machine, and where its time goes.

use serde::{Deserialize, Serialize};

/// A report on the last few seconds of training.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub spent: Spent,
    /// `None` where the system does not tell.
    #[serde(default)]
    pub load: Option<Load>,
}

/// Where the time went, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    /// Iterations in this time, and all the time there was.
    pub iterations: u64,
    pub all: f64,
    /// Loading images and drawing noise.
    pub data: f64,
    /// The generator's images for the discriminator, and the discriminator's updates.
    pub discriminator: f64,
    /// The generator's updates.
    pub generator: f64,
    /// Images for the frames and for those who look on.
    pub drawing: f64,
    pub scoring: f64,
    /// Checkpoints, metrics and frames on their way to the files.
    pub saving: f64,
}

/// How busy the machine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Load {
    pub cores: usize,
    /// The cores' time that this process takes, and that all do: 1 is one core.
    pub process: f64,
    pub machine: f64,
    /// Bytes of memory that this process has, that are free for programs, and that there are.
    pub memory: u64,
    pub available: u64,
    pub total: u64,
    /// Bytes that are free where the run's files are.
    pub disk: Option<u64>,
}

impl Spent {
    /// The milliseconds of an iteration, nothing else counted; `None` if there was none.
    pub fn step_ms(&self) -> Option<f64> {
        let step = self.data + self.discriminator + self.generator;
        (self.iterations > 0).then(|| step * 1e3 / self.iterations as f64)
    }

    /// Returns what took time with its share of it, from 0 to 1, the most first.
    pub fn shares(&self) -> Vec<(&'static str, f64)> {
        let parts = [
            ("D", self.discriminator),
            ("G", self.generator),
            ("data", self.data),
            ("drawing", self.drawing),
            ("scores", self.scoring),
            ("saving", self.saving),
        ];
        let all = self.all.max(f64::MIN_POSITIVE);
        let mut shares: Vec<_> = parts.map(|(name, seconds)| (name, seconds / all)).to_vec();
        shares.sort_by(|a, b| b.1.total_cmp(&a.1));
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shared_out() {
        let spent = Spent {
            iterations: 4,
            all: 2.0,
            data: 0.1,
            discriminator: 1.0,
            generator: 0.5,
            drawing: 0.2,
            ..Spent::default()
        };
        assert_eq!(spent.step_ms(), Some(400.0));
        assert_eq!(spent.shares()[..3], [("D", 0.5), ("G", 0.25), ("drawing", 0.1)]);
        assert_eq!(Spent::default().step_ms(), None);
        assert!(Spent::default().shares().iter().all(|(_, share)| *share == 0.0));
    }
}
