//! Losses of single logits, each with the paper that it is from: values and derivatives.

use crate::preset::Objective;

/// A logit's loss and its derivative.
pub type Point = (f32, f32);

impl Objective {
    /// The discriminator's loss for the logit `x` of a real image; `target` is its label, 1 or a
    /// little less where labels are smoothed.
    ///
    /// - `CrossEntropy` (Goodfellow et al. 2014): `-target ln s(x) - (1 - target) ln(1 - s(x))`
    ///   with `s(x) = 1 / (1 + exp(-x))`.
    /// - `LeastSquares` (Mao et al. 2017, with a = 0, b = c = 1): `(x - target)^2 / 2`.
    /// - `Hinge` (Lim and Ye 2017): `max(0, 1 - x)`.
    /// - `Wasserstein` (Arjovsky et al. 2017): `-x`.
    ///
    /// `Relativistic` has no loss of a single logit: `x` is a real image's less that of a generated
    /// one, and the loss is `-ln s(x)` (Jolicoeur-Martineau 2018, the paired form).
    pub fn real(self, x: f32, target: f32) -> Point {
        match self {
            Self::CrossEntropy => cross_entropy(x, target),
            Self::LeastSquares => ((x - target).powi(2) / 2.0, x - target),
            Self::Hinge => ((1.0 - x).max(0.0), if x < 1.0 { -1.0 } else { 0.0 }),
            Self::Wasserstein { .. } => (-x, -1.0),
            Self::Relativistic => cross_entropy(x, 1.0),
        }
    }

    /// The discriminator's loss for the logit `x` of a generated image: `-ln(1 - s(x))`, `x^2 / 2`,
    /// `max(0, 1 + x)`, `x`; that of `Relativistic` is the same number as for its real image.
    pub fn fake(self, x: f32) -> Point {
        match self {
            Self::CrossEntropy => cross_entropy(x, 0.0),
            Self::LeastSquares => (x * x / 2.0, x),
            Self::Hinge => ((1.0 + x).max(0.0), if x > -1.0 { 1.0 } else { 0.0 }),
            Self::Wasserstein { .. } => (x, 1.0),
            Self::Relativistic => cross_entropy(x, 1.0),
        }
    }

    /// The generator's loss for the logit `x` of its image: `-ln s(x)` (non-saturating), `(x - 1)^2
    /// / 2`, `-x`, `-x`; for `Relativistic`, `x` is the image's logit less that of a real one, and
    /// the loss `-ln s(x)`.
    pub fn generator(self, x: f32) -> Point {
        match self {
            Self::CrossEntropy | Self::Relativistic => cross_entropy(x, 1.0),
            Self::LeastSquares => ((x - 1.0).powi(2) / 2.0, x - 1.0),
            Self::Hinge | Self::Wasserstein { .. } => (-x, -1.0),
        }
    }

    /// Share of the logits of as many real as generated images that are on the right side: of zero;
    /// of 1/2 with least squares, the middle between the labels 0 and 1. Where only the difference
    /// between real and generated images means something, share of the pairs in which the real one
    /// has the higher logit.
    pub fn accuracy(self, real: &[f32], fake: &[f32]) -> f32 {
        let border = match self {
            Self::CrossEntropy | Self::Hinge => 0.0,
            Self::LeastSquares => 0.5,
            Self::Wasserstein { .. } | Self::Relativistic => {
                return real.iter().zip(fake).filter(|(real, fake)| real > fake).count() as f32
                    / real.len() as f32;
            }
        };
        let right = real.iter().filter(|&&x| x > border).count()
            + fake.iter().filter(|&&x| x < border).count();
        right as f32 / (2 * real.len()) as f32
    }

    /// Whether a loss is of a real and a generated image together.
    pub fn is_paired(self) -> bool {
        matches!(self, Self::Relativistic)
    }
}

/// Binary cross-entropy of `sigmoid(x)` against a label: `max(x, 0) - x * label + ln(1 +
/// exp(-|x|))`, which does not overflow.
fn cross_entropy(x: f32, label: f32) -> Point {
    (x.max(0.0) - x * label + (-x.abs()).exp().ln_1p(), sigmoid(x) - label)
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Point, expected: Point) {
        assert!(
            (found.0 - expected.0).abs() < 1e-5 && (found.1 - expected.1).abs() < 1e-5,
            "{found:?}, expected {expected:?}"
        );
    }

    #[test]
    fn least_squares_is_the_formulas() {
        near(Objective::LeastSquares.real(3.0, 1.0), (2.0, 2.0));
        near(Objective::LeastSquares.real(0.5, 0.9), (0.08, -0.4));
        near(Objective::LeastSquares.fake(-2.0), (2.0, -2.0));
        near(Objective::LeastSquares.generator(-1.0), (2.0, -2.0));
    }

    #[test]
    fn hinge_is_the_formulas() {
        near(Objective::Hinge.real(0.25, 1.0), (0.75, -1.0));
        near(Objective::Hinge.real(1.5, 1.0), (0.0, 0.0));
        near(Objective::Hinge.fake(0.25), (1.25, 1.0));
        near(Objective::Hinge.fake(-1.5), (0.0, 0.0));
        near(Objective::Hinge.generator(0.5), (-0.5, -1.0));
    }

    #[test]
    fn wasserstein_is_the_formulas() {
        let objective = Objective::Wasserstein { clip: 0.01 };
        near(objective.real(3.0, 1.0), (-3.0, -1.0));
        near(objective.fake(3.0), (3.0, 1.0));
        near(objective.generator(-2.0), (2.0, -1.0));
    }

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
