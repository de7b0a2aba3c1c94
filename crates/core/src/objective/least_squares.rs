//! Least squares (Mao et al. 2017, with a = 0 and b = c = 1):
//!
//! - real: `(x - target)^2 / 2`
//! - fake: `x^2 / 2`
//! - generator: `(x - 1)^2 / 2`

use super::{Loss, LossAndSlope};

pub(super) struct LeastSquares;

impl Loss for LeastSquares {
    fn about(&self) -> &'static str {
        "squared distance from the labels 0 and 1 (Mao et al. 2017)"
    }

    fn real(&self, x: f32, target: f32) -> LossAndSlope {
        ((x - target).powi(2) / 2.0, x - target)
    }

    fn fake(&self, x: f32) -> LossAndSlope {
        (x * x / 2.0, x)
    }

    fn generator(&self, x: f32) -> LossAndSlope {
        ((x - 1.0).powi(2) / 2.0, x - 1.0)
    }

    /// The middle between the labels 0 and 1.
    fn border(&self) -> Option<f32> {
        Some(0.5)
    }

    fn has_labels(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::assert_near;

    #[test]
    fn losses_are_the_papers() {
        assert_near(LeastSquares.real(3.0, 1.0), (2.0, 2.0));
        assert_near(LeastSquares.real(0.5, 0.9), (0.08, -0.4));
        assert_near(LeastSquares.fake(-2.0), (2.0, -2.0));
        assert_near(LeastSquares.generator(-1.0), (2.0, -2.0));
    }
}
