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

/// The discriminator's losses on as many real as generated images, in the order of both, and their
/// sum on the tape.
///
/// Behind the logits of real images there may stand as many more: theirs under wrong labels. These
/// count as generated ones, half of that loss (Reed et al. 2016, GAN-CLS).
///
/// # Errors
/// Returns an error if there are not as many of each, or memory runs out.
pub fn both(
    objective: Objective,
    target: f32,
    real: Traced<Rows<1>>,
    fake: Traced<Rows<1>>,
) -> Result<((f32, f32), Loss), CpuError> {
    let ((real, tape), (fake, other)) = (real.split_tape(), fake.split_tape());
    let count = fake.batch();
    if real.batch() != count && (objective.needs_pairs() || real.batch() != 2 * count) {
        return Err(CpuError::WrongNumElements);
    }
    let mut tape = tape.merge(other);
    let (losses, slopes) = if objective.needs_pairs() {
        let (loss, slopes) = mean_and_slopes(
            real.values()
                .iter()
                .zip(fake.values())
                .map(|(real, fake)| objective.real(real - fake, 1.0)),
        );
        let back = slopes.iter().map(|slope| -slope).collect();
        ((loss, loss), (slopes, back))
    } else {
        let (right, wrong) = real.values().split_at(count);
        let (on_real, mut real_slopes) =
            mean_and_slopes(right.iter().map(|&x| objective.real(x, target)));
        let (mut on_fake, mut fake_slopes) =
            mean_and_slopes(fake.values().iter().map(|&x| objective.fake(x)));
        if !wrong.is_empty() {
            let (on_wrong, wrong_slopes) =
                mean_and_slopes(wrong.iter().map(|&x| objective.fake(x)));
            on_fake = (on_fake + on_wrong) / 2.0;
            fake_slopes.iter_mut().for_each(|slope| *slope /= 2.0);
            real_slopes.extend(wrong_slopes.iter().map(|slope| slope / 2.0));
        }
        ((on_real, on_fake), (real_slopes, fake_slopes))
    };
    let loss = device().try_tensor_from_vec(vec![losses.0 + losses.1], ())?;
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

    #[test]
    fn relativistic_is_of_differences() {
        let at = |values: Vec<f32>| Activations::new(values, rows(2)).unwrap();
        let (real, fake) = (at(vec![3.0, 0.0]), at(vec![1.0, 1.0]));
        let (losses, loss) =
            both(Objective::Relativistic, 1.0, real.traced(), fake.traced()).unwrap();
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
        let ((on_real, on_fake), loss) =
            both(Objective::LeastSquares, 1.0, real.traced(), fake.traced()).unwrap();
        near((on_real, on_fake), ((2.0 + 0.125) / 2.0, 0.5));
        assert_eq!(loss.array(), on_real + on_fake);
        loss.backward();
        assert_eq!(real.gradient().take()[..], [1.0, -0.25]);
        assert_eq!(fake.gradient().take()[..], [0.5, -0.5]);
        // Real images under wrong labels: half of what is to be refused.
        let labelled = Activations::new(vec![3.0, 0.5, 2.0, -4.0], rows(4)).unwrap();
        let ((on_real, on_fake), loss) =
            both(Objective::LeastSquares, 1.0, labelled.traced(), fake.traced()).unwrap();
        near((on_real, on_fake), ((2.0 + 0.125) / 2.0, (0.5 + (2.0 + 8.0) / 2.0) / 2.0));
        loss.backward();
        assert_eq!(labelled.gradient().take()[..], [1.0, -0.25, 0.5, -1.0]);
        assert_eq!(fake.gradient().take()[..], [0.25, -0.25]);
        let one = Activations::new(vec![1.0], rows(1)).unwrap();
        assert!(
            both(Objective::Hinge, 1.0, one.traced(), fake.traced()).is_err(),
            "not as many of each"
        );
        assert!(
            both(Objective::Relativistic, 1.0, labelled.traced(), fake.traced()).is_err(),
            "pairs have one label"
        );
    }
}
