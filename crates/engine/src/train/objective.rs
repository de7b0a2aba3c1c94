//! Losses on logits, each with the paper that it is from, as operations on dfdx's tape.

use dfdx::{
    shapes::Rank0,
    tensor::{Cpu, CpuError, Merge, OwnedTape, PutTape, Tape, Tensor, TensorFromVec},
};

use crate::{
    model::Traced,
    nn::{Activations, Rows, device},
};
use gan_tui_core::objective::{LossAndSlope, Objective};

/// A loss on the tape, ready to go back from.
pub type Loss<T = OwnedTape<f32, Cpu>> = Tensor<Rank0, f32, Cpu, T>;

/// The mean of each logit's loss, which is given the logit's place in the batch too.
///
/// # Errors
/// Returns an error if memory runs out.
pub fn mean<T: Tape<f32, Cpu>>(
    logits: Activations<Rows<1>, T>,
    loss: impl Fn(usize, f32) -> LossAndSlope,
) -> Result<Loss<T>, CpuError> {
    let (logits, mut tape) = logits.split_tape();
    let (value, slopes) =
        mean_and_slopes(logits.values().iter().enumerate().map(|(index, &x)| loss(index, x)));
    let loss = device().try_tensor_from_vec(vec![value], ())?;
    if T::OWNS_TAPE {
        let (x, y) = (logits.gradient(), loss.clone());
        tape.add_backward_op(move |gradients| {
            let upstream = gradients.get_or_alloc_mut(&y)?[0];
            let count = slopes.len() as f32;
            let slopes = slopes.iter().map(|slope| upstream * slope / count);
            x.accumulate(slopes.collect::<Vec<f32>>().into());
            Ok(())
        });
    }
    Ok(loss.put_tape(tape))
}

/// What the logits of one joint update of the discriminator are of.
///
/// Those of real images are one for each, and after them, where there are any: those of the first of
/// them with noise, those of all under wrong labels, and those of the first with noise under wrong
/// labels, which do not count. Those of generated images are one for each, and those with noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Joint {
    pub objective: Objective,
    /// The target of real images: 1, or less with label smoothing.
    pub target: f32,
    /// Images of each kind.
    pub count: usize,
    pub has_wrong_labels: bool,
    /// Where there are images with noise.
    pub penalty: Option<Penalty>,
}

/// A penalty on the change of logits under noise; see
/// [`GradientPenalty`](gan_tui_core::preset::GradientPenalty).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalty {
    /// Of half the mean squared change, at real and at generated images.
    pub factors: (f32, f32),
    /// Images with noise of each kind.
    pub noisy: usize,
}

impl Joint {
    /// Images of each kind, those with noise counted again: logits under one label.
    fn images(self) -> usize {
        self.count + self.penalty.map_or(0, |penalty| penalty.noisy)
    }

    /// The discriminator's losses on real and on generated images, without penalties, and all of it
    /// as a sum on the tape. Real images under wrong labels count as generated ones, half of that
    /// loss (Reed et al. 2016, GAN-CLS).
    ///
    /// # Errors
    /// Returns an error if there are other logits than told, or memory runs out.
    pub fn losses(
        self,
        real: Traced<Rows<1>>,
        fake: Traced<Rows<1>>,
    ) -> Result<((f32, f32), Loss), CpuError> {
        let ((real, tape), (fake, other)) = (real.split_tape(), fake.split_tape());
        let (count, images) = (self.count, self.images());
        let is_told = real.batch() == images * (1 + usize::from(self.has_wrong_labels))
            && fake.batch() == images;
        if count == 0 || !is_told || (self.objective.needs_pairs() && self.has_wrong_labels) {
            return Err(CpuError::WrongNumElements);
        }
        let mut tape = tape.merge(other);
        let mut slopes = (vec![0.0; real.batch()], vec![0.0; fake.batch()]);
        let losses = self.objective_losses(real.values(), fake.values(), &mut slopes);
        let mut total = losses.0 + losses.1;
        if let Some(Penalty { factors: (on_real, on_fake), noisy }) = self.penalty {
            let noise = (count, noisy);
            total += squared_change(real.values(), on_real, noise, &mut slopes.0);
            total += squared_change(fake.values(), on_fake, noise, &mut slopes.1);
        }
        let loss = device().try_tensor_from_vec(vec![total], ())?;
        let (on_real, on_fake, y) = (real.gradient(), fake.gradient(), loss.clone());
        tape.add_backward_op(move |gradients| {
            let upstream = gradients.get_or_alloc_mut(&y)?[0] / count as f32;
            let scaled = |slopes: &[f32]| {
                slopes.iter().map(|slope| upstream * slope).collect::<Vec<f32>>().into()
            };
            on_real.accumulate(scaled(&slopes.0));
            on_fake.accumulate(scaled(&slopes.1));
            Ok(())
        });
        Ok((losses, loss.put_tape(tape)))
    }

    /// The losses without penalties; `slopes` are zero and become theirs.
    fn objective_losses(
        self,
        real: &[f32],
        fake: &[f32],
        slopes: &mut (Vec<f32>, Vec<f32>),
    ) -> (f32, f32) {
        let Self { objective, target, count, .. } = self;
        let (right, fake) = (&real[..count], &fake[..count]);
        if objective.needs_pairs() {
            let pairs = right.iter().zip(fake);
            let (loss, of) =
                mean_and_slopes(pairs.map(|(real, fake)| objective.real(real - fake, 1.0)));
            for (at, slope) in of.into_iter().enumerate() {
                (slopes.0[at], slopes.1[at]) = (slope, -slope);
            }
            return (loss, loss);
        }
        let (on_real, of) = mean_and_slopes(right.iter().map(|&x| objective.real(x, target)));
        slopes.0[..count].copy_from_slice(&of);
        let (mut on_fake, of) = mean_and_slopes(fake.iter().map(|&x| objective.fake(x)));
        slopes.1[..count].copy_from_slice(&of);
        if self.has_wrong_labels {
            let wrong = self.images();
            let under = &real[wrong..wrong + count];
            let (on_wrong, of) = mean_and_slopes(under.iter().map(|&x| objective.fake(x)));
            on_fake = (on_fake + on_wrong) / 2.0;
            slopes.1[..count].iter_mut().for_each(|slope| *slope /= 2.0);
            slopes.0[wrong..].iter_mut().zip(of).for_each(|(slope, of)| *slope = of / 2.0);
        }
        (on_real, on_fake)
    }
}

/// Half of `factor` times the mean of `(D(x) - D(x + e))^2`, where the first `count` logits are D(x)
/// and the `noisy` after them D(x + e) of the first x. Its slopes, times `count`, are added to
/// `slopes`.
fn squared_change(
    logits: &[f32],
    factor: f32,
    (count, noisy): (usize, usize),
    slopes: &mut [f32],
) -> f32 {
    let factor = factor * (count as f32 / noisy as f32);
    let (clean, noisy) = logits[..count + noisy].split_at(count);
    let (on_clean, on_noisy) = slopes.split_at_mut(count);
    let slopes = on_clean.iter_mut().zip(on_noisy);
    let mut sum = 0.0;
    for ((clean, noisy), (on_clean, on_noisy)) in clean.iter().zip(noisy).zip(slopes) {
        let change = clean - noisy;
        sum += f64::from(change * change);
        *on_clean += factor * change;
        *on_noisy -= factor * change;
    }
    (f64::from(factor) * 0.5 * sum / count as f64) as f32
}

/// The mean loss, in double precision, and the derivatives.
fn mean_and_slopes(points: impl Iterator<Item = LossAndSlope>) -> (f32, Vec<f32>) {
    let (losses, slopes): (Vec<f32>, Vec<f32>) = points.unzip();
    let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
    // One in single precision, as the mean of that many numbers is one.
    ((sum / f64::from(losses.len() as f32)) as f32, slopes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dfdx::{tensor::AsArray, tensor_ops::Backward};

    use super::*;
    use crate::nn::rows;

    fn near(found: LossAndSlope, expected: LossAndSlope) {
        assert!(
            (found.0 - expected.0).abs() < 1e-5 && (found.1 - expected.1).abs() < 1e-5,
            "{found:?}, expected {expected:?}"
        );
    }

    #[test]
    fn cross_entropy_is_the_formulas() {
        let logits = Activations::new(vec![0.0, 2.0, -200.0, 200.0], rows(4)).unwrap();
        let loss = mean(logits.traced(), |_, x| Objective::CrossEntropy.real(x, 1.0)).unwrap();
        // ln 2, ln(1 + e^-2), 200, 0.
        assert!((loss.array() - (std::f32::consts::LN_2 + 0.126_928 + 200.0) / 4.0).abs() < 1e-4);
        loss.backward();
        let gradient = logits.gradient().take();
        for (found, expected) in gradient.iter().zip(&[-0.125, -0.029_800_7, -0.25, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{gradient:?}");
        }
    }

    fn joint(objective: Objective) -> Joint {
        Joint { objective, target: 1.0, count: 2, has_wrong_labels: false, penalty: None }
    }

    #[test]
    fn relativistic_is_of_differences() {
        let at = |values: Vec<f32>| Activations::new(values, rows(2)).unwrap();
        let (real, fake) = (at(vec![3.0, 0.0]), at(vec![1.0, 1.0]));
        let (losses, loss) =
            joint(Objective::Relativistic).losses(real.traced(), fake.traced()).unwrap();
        // ln(1 + e^-2) and ln(1 + e^1).
        let expected = (0.126_928 + 1.313_262) / 2.0;
        near(losses, (expected, expected));
        loss.backward();
        let (on_real, on_fake) = (real.gradient().take(), fake.gradient().take());
        for ((real, fake), expected) in
            on_real.iter().zip(on_fake.iter()).zip([-0.119_203 / 2.0, -0.731_059 / 2.0])
        {
            near((*real, *fake), (expected, -expected));
        }
    }

    #[test]
    fn both_losses_in_one_update_are_the_sum_of_the_two() {
        let at = |values: Vec<f32>| Activations::new(values, rows(2)).unwrap();
        let (real, fake) = (at(vec![3.0, 0.5]), at(vec![1.0, -1.0]));
        let squares = joint(Objective::LeastSquares);
        let ((on_real, on_fake), loss) = squares.losses(real.traced(), fake.traced()).unwrap();
        near((on_real, on_fake), ((2.0 + 0.125) / 2.0, 0.5));
        assert_eq!(loss.array(), on_real + on_fake);
        loss.backward();
        assert_eq!(real.gradient().take()[..], [1.0, -0.25]);
        assert_eq!(fake.gradient().take()[..], [0.5, -0.5]);
        // Real images under wrong labels: half of what is to be refused.
        let labelled = Activations::new(vec![3.0, 0.5, 2.0, -4.0], rows(4)).unwrap();
        let with_wrong = Joint { has_wrong_labels: true, ..squares };
        let ((on_real, on_fake), loss) =
            with_wrong.losses(labelled.traced(), fake.traced()).unwrap();
        near((on_real, on_fake), ((2.0 + 0.125) / 2.0, (0.5 + (2.0 + 8.0) / 2.0) / 2.0));
        loss.backward();
        assert_eq!(labelled.gradient().take()[..], [1.0, -0.25, 0.5, -1.0]);
        assert_eq!(fake.gradient().take()[..], [0.25, -0.25]);
        let one = Activations::new(vec![1.0], rows(1)).unwrap();
        let hinge = joint(Objective::Hinge);
        assert!(hinge.losses(one.traced(), fake.traced()).is_err(), "not as many of each");
        let pairs = Joint { has_wrong_labels: true, ..joint(Objective::Relativistic) };
        assert!(pairs.losses(labelled.traced(), fake.traced()).is_err(), "pairs have one label");
    }

    #[test]
    fn a_penalty_is_half_the_squared_change_of_each_logit() {
        let at = |values: Vec<f32>| {
            let count = values.len();
            Activations::new(values, rows(count)).unwrap()
        };
        // Right, with noise, under wrong labels, and those with noise.
        let real = at(vec![3.0, 0.5, 3.5, 0.5, 2.0, -4.0, 9.0, 9.0]);
        let fake = at(vec![1.0, -1.0, 1.0, 1.0]);
        let joint = Joint {
            has_wrong_labels: true,
            penalty: Some(Penalty { factors: (8.0, 3.0), noisy: 2 }),
            ..joint(Objective::LeastSquares)
        };
        let (losses, loss) = joint.losses(real.traced(), fake.traced()).unwrap();
        near(losses, ((2.0 + 0.125) / 2.0, (0.5 + (2.0 + 8.0) / 2.0) / 2.0));
        // 8 / 2 * 0.5^2 / 2 and 3 / 2 * 2^2 / 2.
        assert!((loss.array() - (losses.0 + losses.1 + 0.5 + 3.0)).abs() < 1e-6);
        loss.backward();
        let (on_real, on_fake) = (real.gradient().take(), fake.gradient().take());
        assert_eq!(on_real[..], [1.0 - 2.0, -0.25, 2.0, 0.0, 0.5, -1.0, 0.0, 0.0]);
        assert_eq!(on_fake[..], [0.25, -0.25 - 3.0, 0.0, 3.0]);
    }

    #[test]
    fn a_penalty_at_one_image_of_two_is_the_mean_of_one() {
        let at = |values: Vec<f32>| {
            let count = values.len();
            Activations::new(values, rows(count)).unwrap()
        };
        // Right, the first with noise, under wrong labels, and the first of those with noise.
        let real = at(vec![3.0, 0.5, 3.5, 2.0, -4.0, 9.0]);
        let fake = at(vec![1.0, -1.0, 3.0]);
        let joint = Joint {
            has_wrong_labels: true,
            penalty: Some(Penalty { factors: (8.0, 3.0), noisy: 1 }),
            ..joint(Objective::LeastSquares)
        };
        let (losses, loss) = joint.losses(real.traced(), fake.traced()).unwrap();
        near(losses, ((2.0 + 0.125) / 2.0, (0.5 + (2.0 + 8.0) / 2.0) / 2.0));
        // 8 / 2 * 0.5^2 and 3 / 2 * 2^2.
        assert!((loss.array() - (losses.0 + losses.1 + 1.0 + 6.0)).abs() < 1e-6);
        loss.backward();
        let (on_real, on_fake) = (real.gradient().take(), fake.gradient().take());
        assert_eq!(on_real[..], [1.0 - 4.0, -0.25, 4.0, 0.5, -1.0, 0.0]);
        assert_eq!(on_fake[..], [0.25 - 6.0, -0.25, 6.0]);
        let other = Joint { penalty: Some(Penalty { factors: (8.0, 3.0), noisy: 2 }), ..joint };
        assert!(other.losses(real.traced(), fake.traced()).is_err(), "not as many with noise");
    }
}
