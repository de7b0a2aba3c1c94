//! Hinge (Lim and Ye 2017):
//!
//! - real: `max(0, 1 - x)`
//! - fake: `max(0, 1 + x)`
//! - generator: `-x`

use super::{Loss, LossAndSlope};

pub(super) struct Hinge;

impl Loss for Hinge {
    fn about(&self) -> &'static str {
        "hinge loss (Lim and Ye 2017)"
    }

    fn real(&self, x: f32, _target: f32) -> LossAndSlope {
        ((1.0 - x).max(0.0), if x < 1.0 { -1.0 } else { 0.0 })
    }

    fn fake(&self, x: f32) -> LossAndSlope {
        ((1.0 + x).max(0.0), if x > -1.0 { 1.0 } else { 0.0 })
    }

    fn generator(&self, x: f32) -> LossAndSlope {
        (-x, -1.0)
    }

    fn generator_loss_has_scale(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objective::assert_near;

    #[test]
    fn losses_are_the_papers() {
        assert_near(Hinge.real(0.25, 1.0), (0.75, -1.0));
        assert_near(Hinge.real(1.5, 1.0), (0.0, 0.0));
        assert_near(Hinge.fake(0.25), (1.25, 1.0));
        assert_near(Hinge.fake(-1.5), (0.0, 0.0));
        assert_near(Hinge.generator(0.5), (-0.5, -1.0));
    }
}
