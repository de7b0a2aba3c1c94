//! The objectives: one file a loss, and the list of them. Every loss is of single logits; values
//! and derivatives.

use serde::{Deserialize, Serialize};

pub use cross_entropy::sigmoid;

use crate::range::FloatRange;

/// A logit's loss and its derivative.
pub type LossAndSlope = (f32, f32);

/// What a loss is.
pub trait Loss {
    /// Returns a short description and the paper.
    fn about(&self) -> &'static str;

    /// Returns the discriminator's loss for the logit `x` of a real image. `target` is its label:
    /// 1, or a little less where labels are smoothed.
    fn real(&self, x: f32, target: f32) -> LossAndSlope;

    /// Returns the discriminator's loss for the logit `x` of a generated image.
    fn fake(&self, x: f32) -> LossAndSlope;

    /// Returns the generator's loss for the logit `x` of its image.
    fn generator(&self, x: f32) -> LossAndSlope;

    /// Returns the logit between real and generated images, or `None` if only the difference of two
    /// logits means something.
    fn border(&self) -> Option<f32> {
        Some(0.0)
    }

    /// Returns whether logits are compared with labels, which can be smoothed.
    fn has_labels(&self) -> bool {
        false
    }

    /// Returns whether a loss is of a real and a generated image together: `x` is then the logit of
    /// the image less that of the other kind, and [`Loss::real`] alone is the discriminator's loss.
    fn needs_pairs(&self) -> bool {
        false
    }

    /// Returns the bound within which the discriminator's weights are kept.
    fn weight_clip(&self) -> Option<f32> {
        None
    }

    /// Returns whether the size of the discriminator's loss means something: it has, unless the
    /// loss is itself a logit.
    fn discriminator_loss_has_scale(&self) -> bool {
        true
    }

    /// Returns whether the size of the generator's loss means something.
    fn generator_loss_has_scale(&self) -> bool {
        true
    }
}

/// A number that a loss has.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    pub name: &'static str,
    pub range: FloatRange,
    pub value: f32,
}

/// Declares the losses: for each its file and its type in there; and for each parameter a value to
/// show in the documentation, the range, and the function that reads it.
macro_rules! losses {
    ($(
        $(#[$attribute:meta])*
        $file:ident::$loss:ident $({
            $($parameter:ident: f32 = $example:literal, in $range:expr, read by $read:literal;)+
        })?
    )+) => {
        $(mod $file;)+

        /// The objective of a training: what the two networks minimise.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub enum Objective {
            $(
                $(#[$attribute])*
                $loss $({ $(#[serde(deserialize_with = $read)] $parameter: f32,)+ })?,
            )+
        }

        impl Objective {
            /// Every objective, with an example of its parameters.
            pub const ALL: &[Self] = &[$(Self::$loss $({ $($parameter: $example),+ })?,)+];

            /// Returns the name in a preset, without parameters.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$loss { .. } => stringify!($loss),)+
                }
            }

            /// Returns the parameters.
            pub fn parameters(self) -> Vec<Parameter> {
                match self {
                    $(Self::$loss $({ $($parameter),+ })? => vec![$($(
                        Parameter {
                            name: stringify!($parameter),
                            range: $range,
                            value: $parameter,
                        },
                    )+)?],)+
                }
            }

            fn with<T>(self, of: impl FnOnce(&dyn Loss) -> T) -> T {
                match self {
                    $(Self::$loss $({ $($parameter),+ })? => {
                        of(&$file::$loss $({ $($parameter),+ })?)
                    })+
                }
            }
        }
    };
}

losses! {
    #[default]
    cross_entropy::CrossEntropy
    least_squares::LeastSquares
    hinge::Hinge
    wasserstein::Wasserstein {
        clip: f32 = 0.01, in wasserstein::CLIP, read by "wasserstein::read_clip";
    }
    relativistic::Relativistic
}

impl Objective {
    /// Returns [`Loss::about`].
    pub fn about(self) -> &'static str {
        self.with(|loss| loss.about())
    }

    /// Returns [`Loss::real`].
    pub fn real(self, x: f32, target: f32) -> LossAndSlope {
        self.with(|loss| loss.real(x, target))
    }

    /// Returns [`Loss::fake`].
    pub fn fake(self, x: f32) -> LossAndSlope {
        self.with(|loss| loss.fake(x))
    }

    /// Returns [`Loss::generator`].
    pub fn generator(self, x: f32) -> LossAndSlope {
        self.with(|loss| loss.generator(x))
    }

    /// Returns the share of the logits of the same number of real and generated images that are on
    /// the right side of [`Loss::border`]; without a border, the share of the pairs in which the
    /// real image has the higher logit.
    pub fn accuracy(self, real: &[f32], fake: &[f32]) -> f32 {
        let Some(border) = self.with(|loss| loss.border()) else {
            return real.iter().zip(fake).filter(|(real, fake)| real > fake).count() as f32
                / real.len() as f32;
        };
        let right = real.iter().filter(|&&x| x > border).count()
            + fake.iter().filter(|&&x| x < border).count();
        right as f32 / (2 * real.len()) as f32
    }

    /// Returns whether [`Objective::accuracy`] is that of pairs.
    pub fn accuracy_is_of_pairs(self) -> bool {
        self.with(|loss| loss.border()).is_none()
    }

    /// Returns [`Loss::has_labels`].
    pub fn has_labels(self) -> bool {
        self.with(|loss| loss.has_labels())
    }

    /// Returns [`Loss::needs_pairs`].
    pub fn needs_pairs(self) -> bool {
        self.with(|loss| loss.needs_pairs())
    }

    /// Returns [`Loss::weight_clip`].
    pub fn weight_clip(self) -> Option<f32> {
        self.with(|loss| loss.weight_clip())
    }

    /// Returns [`Loss::discriminator_loss_has_scale`].
    pub fn discriminator_loss_has_scale(self) -> bool {
        self.with(|loss| loss.discriminator_loss_has_scale())
    }

    /// Returns [`Loss::generator_loss_has_scale`].
    pub fn generator_loss_has_scale(self) -> bool {
        self.with(|loss| loss.generator_loss_has_scale())
    }
}

/// Asserts that a loss and its derivative are what a formula says.
#[cfg(test)]
fn assert_near(found: LossAndSlope, expected: LossAndSlope) {
    assert!(
        (found.0 - expected.0).abs() < 1e-5 && (found.1 - expected.1).abs() < 1e-5,
        "{found:?}, expected {expected:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_is_the_share_on_the_objectives_right_side() {
        let (real, fake) = ([0.6, 0.2, -1.0, 3.0], [0.4, -0.1, -2.0, 4.0]);
        for (objective, expected) in [
            (Objective::CrossEntropy, 5.0 / 8.0),
            (Objective::Hinge, 5.0 / 8.0),
            (Objective::LeastSquares, 5.0 / 8.0),
            (Objective::Wasserstein { clip: 0.1 }, 3.0 / 4.0),
            (Objective::Relativistic, 3.0 / 4.0),
        ] {
            assert_eq!(objective.accuracy(&real, &fake), expected, "{objective:?}");
        }
        assert_eq!(Objective::LeastSquares.accuracy(&[0.3], &[0.4]), 0.5);
        assert_eq!(Objective::CrossEntropy.accuracy(&[0.3], &[0.4]), 0.5);
        assert_eq!(Objective::LeastSquares.accuracy(&[0.7], &[0.4]), 1.0);
        assert_eq!(Objective::CrossEntropy.accuracy(&[0.7], &[0.4]), 0.5);
    }
}
