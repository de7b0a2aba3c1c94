//! What changes as a run goes on: learning rates and noise, told in iterations.

use serde::{Deserialize, Serialize};

use super::fields;

/// Noise of N(0, deviation^2) on every pixel, going down in a straight line to nothing at iteration
/// `until`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstanceNoise {
    #[serde(deserialize_with = "fields::read::deviation")]
    pub deviation: f32,
    #[serde(deserialize_with = "fields::read::until")]
    pub until: u64,
}

impl Default for InstanceNoise {
    fn default() -> Self {
        Self { deviation: 0.0, until: 2_000 }
    }
}

impl InstanceNoise {
    /// The deviation in an iteration, from 1.
    pub fn at(self, iteration: u64) -> f32 {
        let (left, whole) =
            (self.until.saturating_sub(iteration.max(1)), self.until.saturating_sub(1).max(1));
        self.deviation * left as f32 / whole as f32
    }
}

/// How the learning rates go down. It is told in iterations, so that it does not depend on how long
/// the run is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// Not at all.
    #[default]
    Constant,
    /// In a straight line from iteration `from` to nothing at `until`.
    Linear {
        #[serde(deserialize_with = "fields::read::from")]
        from: u64,
        #[serde(deserialize_with = "fields::read::until")]
        until: u64,
    },
    /// Along half a cosine from iteration `from` to nothing at `until` (Loshchilov and Hutter
    /// 2017).
    Cosine {
        #[serde(deserialize_with = "fields::read::from")]
        from: u64,
        #[serde(deserialize_with = "fields::read::until")]
        until: u64,
    },
}

impl Schedule {
    /// What the learning rates are multiplied with in an iteration, from 1.
    pub fn factor(self, iteration: u64) -> f32 {
        let share = |from: u64, until: u64| {
            let whole = until.saturating_sub(from).max(1) as f64;
            (iteration.saturating_sub(from) as f64 / whole).min(1.0)
        };
        match self {
            Self::Constant => 1.0,
            Self::Linear { from, until } => (1.0 - share(from, until)) as f32,
            Self::Cosine { from, until } => {
                (0.5 + 0.5 * (share(from, until) * std::f64::consts::PI).cos()) as f32
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_go_down_where_they_say() {
        let linear = Schedule::Linear { from: 100, until: 300 };
        assert_eq!(
            [1, 100, 200, 300, 900].map(|iteration| linear.factor(iteration)),
            [1.0, 1.0, 0.5, 0.0, 0.0]
        );
        let cosine = Schedule::Cosine { from: 0, until: 200 };
        assert_eq!([0, 100, 200].map(|iteration| cosine.factor(iteration)), [1.0, 0.5, 0.0]);
        assert_eq!(Schedule::Constant.factor(7), 1.0);
        let noise = InstanceNoise { deviation: 0.4, until: 101 };
        assert_eq!([1, 101, 900].map(|iteration| noise.at(iteration)), [0.4, 0.0, 0.0]);
        assert_eq!(
            InstanceNoise { until: 1, ..noise }.at(1),
            0.0,
            "nothing at `until`, be it the first"
        );
    }
}
