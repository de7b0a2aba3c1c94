//! Wasserstein (Arjovsky et al. 2017), with the critic's weights clipped to `[-clip, clip]`:
//!
//! - real: `-x`
//! - fake: `x`
//! - generator: `-x`

use serde::Deserializer;

use super::{Loss, LossAndSlope};
use crate::range::FloatRange;

pub(super) const CLIP: FloatRange = FloatRange::above(0.0).up_to(10.0);

pub(super) struct Wasserstein {
    pub clip: f32,
}

pub(super) fn read_clip<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    CLIP.read("clip", from)
}

impl Loss for Wasserstein {
    fn about(&self) -> &'static str {
        "difference of the means, the discriminator's weights clipped (Arjovsky et al. 2017)"
    }

    fn real(&self, x: f32, _target: f32) -> LossAndSlope {
        (-x, -1.0)
    }

    fn fake(&self, x: f32) -> LossAndSlope {
        (x, 1.0)
    }

    fn generator(&self, x: f32) -> LossAndSlope {
        (-x, -1.0)
    }

    fn border(&self) -> Option<f32> {
        None
    }

    fn weight_clip(&self) -> Option<f32> {
        Some(self.clip)
    }

    fn discriminator_loss_has_scale(&self) -> bool {
        false
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
        let wasserstein = Wasserstein { clip: 0.01 };
        assert_near(wasserstein.real(3.0, 1.0), (-3.0, -1.0));
        assert_near(wasserstein.fake(3.0), (3.0, 1.0));
        assert_near(wasserstein.generator(-2.0), (2.0, -1.0));
    }
}
