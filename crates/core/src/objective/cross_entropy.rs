//! Binary cross-entropy, non-saturating for the generator (Goodfellow et al. 2014), with
//! `s(x) = 1 / (1 + exp(-x))`:
//!
//! - real: `-target ln s(x) - (1 - target) ln(1 - s(x))`
//! - fake: `-ln(1 - s(x))`
//! - generator: `-ln s(x)`

use super::{Loss, LossAndSlope};

pub(super) struct CrossEntropy;

impl Loss for CrossEntropy {
    fn about(&self) -> &'static str {
        "binary cross-entropy, non-saturating for the generator (Goodfellow et al. 2014)"
    }

    fn real(&self, x: f32, target: f32) -> LossAndSlope {
        cross_entropy(x, target)
    }

    fn fake(&self, x: f32) -> LossAndSlope {
        cross_entropy(x, 0.0)
    }

    fn generator(&self, x: f32) -> LossAndSlope {
        cross_entropy(x, 1.0)
    }

    fn has_labels(&self) -> bool {
        true
    }
}

/// Returns the binary cross-entropy of `sigmoid(x)` and a label: `max(x, 0) - x * label + ln(1 +
/// exp(-|x|))`, which does not overflow.
pub(super) fn cross_entropy(x: f32, label: f32) -> LossAndSlope {
    (x.max(0.0) - x * label + (-x.abs()).exp().ln_1p(), sigmoid(x) - label)
}

/// Returns `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::assert_near;

    #[test]
    fn losses_are_the_papers() {
        // -0.9 ln s(2) - 0.1 ln(1 - s(2)) = 0.126928 + 0.2.
        assert_near(CrossEntropy.real(2.0, 0.9), (0.326_928, -0.019_203));
        assert_near(CrossEntropy.fake(2.0), (2.126_928, 0.880_797));
        assert_near(CrossEntropy.generator(-1.0), (1.313_262, -0.731_059));
    }
}
