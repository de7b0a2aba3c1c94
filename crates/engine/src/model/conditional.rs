//! Class-conditional networks.
//!
//! A generator's input is the latent and, behind it, the class as numbers of which one is 1
//! (Mirza and Osindero 2014); there may be room for more classes. A discriminator has a logit for the image alone and one for each
//! class; its output is the sum of the first and that of the image's label (the projection of
//! Miyato and Koyama 2018, on the features before they are pooled). That sum takes labels, which no
//! block does, so it stands behind the tuple of blocks instead of in it.

use dfdx::tensor::{Cpu, CpuError, Tape};

use crate::nn::{Activations, Buffer, Rows, rows};

/// From (n, `O`) to one logit each: the only one, or the sum of the first and that of the label's
/// class. With several labels for an image, the images' first labels in a row, then their second
/// ones, it is (n * labels).
///
/// # Errors
/// Returns an error if there is not the same number of labels for each image, or one is no class.
pub fn logit<const O: usize, T: Tape<f32, Cpu>>(
    logits: Activations<Rows<O>, T>,
    labels: &[u8],
) -> Result<Activations<Rows<1>, T>, CpuError> {
    let count = logits.batch();
    if O == 1 {
        return logits.reshaped(rows(count));
    }
    if labels.is_empty()
        || !labels.len().is_multiple_of(count)
        || labels.iter().any(|&label| usize::from(label) + 1 >= O)
    {
        return Err(CpuError::WrongNumElements);
    }
    let (logits, mut tape) = logits.split_tape();
    let all = logits.values();
    let of = |(index, &label): (usize, &u8)| {
        all[index % count * O] + all[index % count * O + 1 + usize::from(label)]
    };
    let sums: Vec<f32> = labels.iter().enumerate().map(of).collect();
    let output = Activations::new(sums, rows(labels.len()))?;
    if T::OWNS_TAPE {
        let (x, y, labels) = (logits.gradient(), output.gradient(), labels.to_vec());
        tape.add_backward_op(move |_| {
            let error = y.take();
            let mut all = Buffer::zeros(count * O);
            for ((index, &error), &label) in error.iter().enumerate().zip(&labels) {
                let all = &mut all[index % count * O..][..O];
                all[0] += error;
                all[1 + usize::from(label)] += error;
            }
            x.accumulate(all);
            Ok(())
        });
    }
    Ok(output.put_tape(tape))
}

/// Rows that a generator makes images of, (n, latent + `room`): latents (n, `latent`) and behind
/// each its label as `room` numbers, of which one is 1; without labels, the latents themselves.
pub fn with_labels(latents: &[f32], latent: usize, labels: &[u8], room: usize) -> Vec<f32> {
    if labels.is_empty() {
        return latents.to_vec();
    }
    let mut rows = Vec::with_capacity(latents.len() + labels.len() * room);
    for (latent, &label) in latents.chunks_exact(latent).zip(labels) {
        rows.extend_from_slice(latent);
        rows.extend((0..room).map(|class| f32::from(u8::from(class == usize::from(label)))));
    }
    rows
}

/// `count` labels where no class is requested: each of `classes` in turn; none without classes.
pub fn labels_in_turn(count: usize, classes: usize) -> Vec<u8> {
    let count = if classes == 0 { 0 } else { count };
    (0..count).map(|index| (index % classes) as u8).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dfdx::{
        tensor::{PutTape, TensorFromVec},
        tensor_ops::Backward,
    };

    use super::*;

    #[test]
    fn a_logit_is_the_images_and_its_classs_together() {
        let logits =
            Activations::new(vec![1.0, 10.0, 20.0, 2.0, 30.0, 40.0], rows::<3>(2)).unwrap();
        let sums = logit(logits.traced(), &[1, 0]).unwrap();
        assert_eq!(sums.values(), [21.0, 32.0]);
        let (sums, tape) = sums.split_tape();
        sums.gradient().accumulate(vec![5.0, 7.0].into());
        Cpu::default().tensor_from_vec(vec![0.0], ()).put_tape(tape).backward();
        assert_eq!(logits.gradient().take()[..], [5.0, 0.0, 5.0, 7.0, 7.0, 0.0]);
        assert!(logit(logits.clone(), &[1]).is_err(), "a label for each");
        assert_eq!(
            logit(logits.clone(), &[1, 0, 0, 0]).unwrap().values(),
            [21.0, 32.0, 11.0, 32.0],
            "two labels for each"
        );
        assert!(logit(logits, &[1, 2]).is_err(), "no such class");
    }

    #[test]
    fn a_label_follows_its_latent() {
        let rows = with_labels(&[0.5, -0.5, 2.0, 3.0], 2, &[9, 0], 10);
        assert_eq!(rows[..3], [0.5, -0.5, 0.0]);
        assert_eq!(rows[11..15], [1.0, 2.0, 3.0, 1.0]);
        assert_eq!((rows.len(), rows.iter().sum::<f32>()), (24, 7.0));
        assert_eq!(with_labels(&[1.0, 2.0], 2, &[], 10), [1.0, 2.0]);
    }
}
