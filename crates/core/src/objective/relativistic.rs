//! Relativistic cross-entropy (Jolicoeur-Martineau 2018, the paired form): how much more real a
//! real image looks than a generated one. With the difference `x` of two logits, that of the image
//! less that of one of the other kind, and `s(x) = 1 / (1 + exp(-x))`:
//!
//! - real, and fake, which is the same number: `-ln s(x)`
//! - generator: `-ln s(x)`

use super::{Loss, LossAndSlope, cross_entropy::cross_entropy};

pub(super) struct Relativistic;

impl Loss for Relativistic {
    fn about(&self) -> &'static str {
        "cross-entropy of how much more real a real image looks than a generated one \
         (Jolicoeur-Martineau 2018)"
    }

    fn real(&self, x: f32, _target: f32) -> LossAndSlope {
        cross_entropy(x, 1.0)
    }

    fn fake(&self, x: f32) -> LossAndSlope {
        cross_entropy(x, 1.0)
    }

    fn generator(&self, x: f32) -> LossAndSlope {
        cross_entropy(x, 1.0)
    }

    fn border(&self) -> Option<f32> {
        None
    }

    fn needs_pairs(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::assert_near;

    #[test]
    fn losses_are_the_papers() {
        // ln(1 + e^-2) and ln(1 + e^1).
        assert_near(Relativistic.real(2.0, 1.0), (0.126_928, -0.119_203));
        assert_near(Relativistic.fake(2.0), (0.126_928, -0.119_203));
        assert_near(Relativistic.generator(-1.0), (1.313_262, -0.731_059));
    }
}
