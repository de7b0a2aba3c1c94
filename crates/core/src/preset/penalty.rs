//! Penalties on how much the discriminator's logits change around images.

use super::{declare::fields, value::fields_in_a_line};
use crate::range::FloatRange;

const WEIGHT: FloatRange = FloatRange::from(0.0).up_to(1e6);

fields! {
    /// Penalties on the discriminator's gradient at real images (R1, Mescheder et al. 2018) and at
    /// generated ones (R2), as R3GAN has both (Huang et al. 2024). The squared gradient is estimated
    /// without second derivatives, from the change of the logit D under noise e of N(0, deviation^2)
    /// (Lin et al. 2025): weight / 2 * mean((D(x) - D(x + e))^2) / deviation^2.
    #[derive(Debug, Clone, Copy, PartialEq)]
    GradientPenalty, declared in PenaltyDeclarations:

    /// Weight at real images.
    real: f32 = 0.0, { range: WEIGHT, };

    /// Weight at generated images.
    generated: f32 = 0.0, { range: WEIGHT, };

    /// Standard deviation of the noise, where pixels are in [-1, 1].
    deviation: f32 = 0.1, { range: FloatRange::above(0.0).up_to(10.0), };

    /// Fraction of a batch's images that are given noise: fewer estimate the same penalty in less
    /// time and less exactly.
    fraction: f32 = 1.0, { range: FloatRange::above(0.0).up_to(1.0), omit_default: true, };
}

fields_in_a_line!(GradientPenalty);

impl GradientPenalty {
    /// Returns whether there is any.
    pub fn is_active(self) -> bool {
        self.real > 0.0 || self.generated > 0.0
    }

    /// Returns how many of `images` are given noise, at least one.
    pub fn noisy(self, images: usize) -> usize {
        ((f64::from(self.fraction) * images as f64).round() as usize).clamp(1, images.max(1))
    }
}
