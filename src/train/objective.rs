//! Losses on logits, each an operation on dfdx's tape.

use dfdx::{
    shapes::Rank0,
    tensor::{Cpu, CpuError, PutTape, Tape, Tensor, TensorFromVec},
};

use crate::nn::{Activations, Rows};

/// Binary cross-entropy of `sigmoid(logits)` against one label for all, the mean over the batch:
/// `max(x, 0) - x * label + ln(1 + exp(-|x|))`, which does not overflow.
pub fn cross_entropy<T: Tape<f32, Cpu>>(logits: Activations<Rows<1>, T>, label: f32) -> Result<Tensor<Rank0, f32, Cpu, T>, CpuError> {
    let (logits, mut tape) = logits.split_tape();
    let values = logits.share();
    let count = values.len() as f32;
    let losses = values.iter().map(|&x| f64::from(x.max(0.0) - x * label + (-x.abs()).exp().ln_1p()));
    let loss = logits.device().try_tensor_from_vec(vec![(losses.sum::<f64>() / f64::from(count)) as f32], ())?;
    if T::OWNS_TAPE {
        let (x, y) = (logits.ghost(), loss.clone());
        tape.add_backward_op(move |gradients| {
            let upstream = gradients.get_or_alloc_mut(&y)?[0];
            let gradient: Vec<f32> = values.iter().map(|&logit| upstream * (sigmoid(logit) - label) / count).collect();
            x.give(gradients, gradient.into())
        });
    }
    Ok(loss.put_tape(tape))
}

/// `1 / (1 + exp(-x))`.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dfdx::{tensor::AsArray, tensor_ops::Backward};

    use super::*;
    use crate::nn::rows;

    #[test]
    fn cross_entropy_is_the_formulas() {
        let logits = Activations::new(&Cpu::default(), vec![0.0, 2.0, -200.0, 200.0], rows(4)).unwrap();
        let loss = cross_entropy(logits.traced(), 1.0).unwrap();
        // ln 2, ln(1 + e^-2), 200, 0.
        assert!((loss.array() - (std::f32::consts::LN_2 + 0.126_928 + 200.0) / 4.0).abs() < 1e-4);
        let gradient = logits.ghost().take(&mut loss.backward()).unwrap();
        for (found, expected) in gradient.iter().zip(&[-0.125, -0.029_800_7, -0.25, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{gradient:?}");
        }
    }
}
