//! What changes during a run, by iteration: learning rates and noise.

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    declare::fields,
    value::{Unranged, fields_in_a_line},
};
use crate::range::{FloatRange, IntRange};

const FROM: IntRange = IntRange::new(0..=10_000_000);
const UNTIL: IntRange = IntRange::new(1..=10_000_000);

fields! {
    /// Noise of N(0, deviation^2) on every pixel, decaying linearly to 0 at iteration `until`.
    #[derive(Debug, Clone, Copy, PartialEq)]
    InstanceNoise, declared in NoiseDeclarations:

    /// Standard deviation of the noise at the first iteration.
    deviation: f32 = 0.0, { range: FloatRange::from(0.0).up_to(10.0), };

    /// First iteration without noise.
    until: u64 = 2_000, { range: UNTIL, unit: "iterations", };
}

fields_in_a_line!(InstanceNoise);

impl InstanceNoise {
    /// The deviation in an iteration, from 1.
    pub fn at(self, iteration: u64) -> f32 {
        let (left, whole) =
            (self.until.saturating_sub(iteration.max(1)), self.until.saturating_sub(1).max(1));
        self.deviation * left as f32 / whole as f32
    }
}

const SHARE: FloatRange = FloatRange::from(0.0).below(1.0);

/// Learning rate schedule. All but the last are given in iterations, so that they do not depend on
/// the length of the run.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// No decay.
    #[default]
    Constant,
    /// Linear decay from iteration `from` to 0 at `until`.
    Linear {
        #[serde(deserialize_with = "read_from")]
        from: u64,
        #[serde(deserialize_with = "read_until")]
        until: u64,
    },
    /// Cosine decay from iteration `from` to 0 at `until` (Loshchilov and Hutter 2017).
    Cosine {
        #[serde(deserialize_with = "read_from")]
        from: u64,
        #[serde(deserialize_with = "read_until")]
        until: u64,
    },
    /// Cosine decay to 0 at iteration `until`, or where a time limit is expected to end the run, from
    /// this share of the way there on.
    CosineToEnd {
        #[serde(deserialize_with = "read_share")]
        from: f32,
        #[serde(deserialize_with = "read_until")]
        until: u64,
    },
}

fn read_share<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    SHARE.read("from", from)
}

fn read_from<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    FROM.read("from", from)
}

fn read_until<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    UNTIL.read("until", from)
}

impl Unranged for Schedule {
    fn alternatives() -> Vec<String> {
        [
            "Constant",
            "Linear(from: iteration, until: iteration)",
            "Cosine(from: iteration, until: iteration)",
            "CosineToEnd(from: share of the run, until: iteration)",
        ]
        .map(String::from)
        .into()
    }

    fn to_ron(&self) -> String {
        match self {
            Self::Constant => "Constant".into(),
            Self::Linear { from, until } => format!("Linear(from: {from}, until: {until})"),
            Self::Cosine { from, until } => format!("Cosine(from: {from}, until: {until})"),
            Self::CosineToEnd { from, until } => {
                format!("CosineToEnd(from: {from:?}, until: {until})")
            }
        }
    }
}

impl Schedule {
    /// Returns the iteration at which the learning rates reach 0, unless a time limit changes it;
    /// `None` if they never do.
    pub fn end(self) -> Option<u64> {
        match self {
            Self::Constant => None,
            Self::Linear { until, .. }
            | Self::Cosine { until, .. }
            | Self::CosineToEnd { until, .. } => Some(until),
        }
    }

    /// Returns the factor of the learning rates in an iteration, counted from 1. `end` is
    /// [`Schedule::end`], or where a time limit is expected to end the run.
    pub fn factor(self, iteration: u64, end: u64) -> f32 {
        let share = |from: u64, until: u64| {
            let whole = until.saturating_sub(from).max(1) as f64;
            (iteration.saturating_sub(from) as f64 / whole).min(1.0)
        };
        let cosine = |share: f64| (0.5 + 0.5 * (share * std::f64::consts::PI).cos()) as f32;
        match self {
            Self::Constant => 1.0,
            Self::Linear { from, until } => (1.0 - share(from, until)) as f32,
            Self::Cosine { from, until } => cosine(share(from, until)),
            Self::CosineToEnd { from, .. } => {
                // One further on, so that the last iteration still learns something.
                cosine(share((f64::from(from) * end as f64) as u64, end + 1))
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
            [1, 100, 200, 300, 900].map(|iteration| linear.factor(iteration, 900)),
            [1.0, 1.0, 0.5, 0.0, 0.0]
        );
        let cosine = Schedule::Cosine { from: 0, until: 200 };
        assert_eq!([0, 100, 200].map(|iteration| cosine.factor(iteration, 900)), [1.0, 0.5, 0.0]);
        assert_eq!(Schedule::Constant.factor(7, 900), 1.0);
        let to_end = Schedule::CosineToEnd { from: 0.25, until: 399 };
        assert_eq!([1, 99, 400].map(|at| to_end.factor(at, 399)), [1.0, 1.0, 0.0]);
        assert!((to_end.factor(249, 399) - 0.5).abs() < 0.01);
        assert!(to_end.factor(399, 399) > 0.0, "the last iteration learns");
        assert_eq!(to_end.factor(100, 1_000_000), 1.0);
        let noise = InstanceNoise { deviation: 0.4, until: 101 };
        assert_eq!([1, 101, 900].map(|iteration| noise.at(iteration)), [0.4, 0.0, 0.0]);
        assert_eq!(
            InstanceNoise { until: 1, ..noise }.at(1),
            0.0,
            "nothing at `until`, be it the first"
        );
    }
}
