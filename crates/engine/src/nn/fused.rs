//! The convolution block as one operation: convolution, batch norm, activation, dropout, forward
//! and backward.
//!
//! Work is parallel over images; sums over the batch are taken in the order of the images, so that
//! the number of threads changes no bit.

use std::sync::Arc;

use dfdx::tensor::{Cpu, CpuError, Tape};
use rayon::prelude::*;

use super::{
    Activations, BlockLayer, Buffer, Maps, MultiplyAdds,
    convolution::{Convolution, Gradient, MANY, Weights},
    kernels::{
        self, Path,
        parallel::Parallel as _,
        pointwise::{self, Dropout},
        profile::{self, Part},
    },
    mode::Wanted,
    norm::{Norm, NormValues, Statistics, deviations},
    numbers::{Deferred, InputGradient, Numbers, Source},
    parameters::{Conv, to_buffer},
};

/// A block's numbers for one pass.
pub(super) struct Fused {
    pub convolution: Arc<Convolution>,
    /// (3, 3, in, out) and (out).
    pub kernel: Buffer,
    pub bias: Buffer,
    pub norm: Option<NormValues>,
    /// Slope of the activation below zero.
    pub slope: f32,
    /// Where the block's time is recorded.
    block: Option<profile::Layer>,
}

/// What the backward pass needs of the forward pass.
pub(super) struct Saved {
    fused: Fused,
    dropout: Dropout,
    wanted: Wanted,
    /// (image, side, side, in).
    input: Arc<Numbers>,
    /// (image, frame, frame, out).
    output: Arc<Numbers>,
}

impl NormValues {
    /// The input's gradient is `factor * error + slope * (x - mean) + offset`, each (out): d/dx of
    /// gamma * (x - mean) * deviation + beta, mean and deviation being functions of the batch of
    /// `count` pixels (Ioffe and Szegedy 2015).
    fn input_error(
        &self,
        deviation: &[f32],
        (gamma_error, beta_error): (&[f32], &[f32]),
        count: f32,
    ) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let gammas = self.gamma.iter().zip(deviation);
        let factor: Vec<f32> = gammas.map(|(gamma, deviation)| gamma * deviation).collect();
        let slopes = factor.iter().zip(deviation).zip(gamma_error);
        let slopes = slopes.map(|((factor, deviation), error)| -factor * deviation * error / count);
        let offsets = factor.iter().zip(beta_error);
        let offsets = offsets.map(|(factor, error)| -factor * error / count);
        let (slopes, offsets) = (slopes.collect(), offsets.collect());
        (factor, slopes, offsets)
    }
}

/// Gradients of gamma and beta, each (out).
type NormGradient = Option<(Vec<f32>, Vec<f32>)>;

impl Fused {
    pub fn new<const I: usize, const O: usize, N: Norm<O>>(
        convolution: &Arc<Convolution>,
        conv: &Conv<I, O>,
        norm: &N,
        slope: f32,
    ) -> Self {
        let block = profile::next_block(Part::Pack);
        let norm = norm.batch_norm().map(NormValues::of);
        let kernel = to_buffer(&conv.kernel);
        profile::count(Part::Pack, 0, &[2 * kernel.len()]);
        let (convolution, bias) = (convolution.clone(), to_buffer(&conv.bias));
        Self { convolution, kernel, bias, norm, slope, block }
    }

    /// The block's output, (image, frame, frame, out).
    pub fn infer(&self, input: &[f32]) -> Buffer {
        let (path, convolution) = (kernels::active(), &self.convolution);
        let (scale, shift) = match &self.norm {
            Some(norm) => norm.inference(),
            None => (vec![1.0; self.bias.len()], vec![0.0; self.bias.len()]),
        };
        // Batch norm in inference mode is folded into the convolution; a frame's zeros are
        // normalised separately, to the shift.
        let bias: Vec<f32> = self
            .bias
            .iter()
            .zip(&scale)
            .zip(&shift)
            .map(|((bias, scale), shift)| bias * scale + shift)
            .collect();
        let images = input.len() / convolution.input_size();
        let mut output = Buffer::uninit_recycled(images * convolution.output_size());
        if convolution.is_framed() {
            output.par_chunks_exact_mut(shift.len()).run(|pixel| pixel.copy_from_slice(&shift));
        }
        let weights = Weights { kernel: &self.kernel, scale: Some(&scale), bias: &bias };
        profile::part(Part::Inference);
        convolution.forward(
            path,
            weights,
            Source::from(input),
            &mut output,
            &mut vec![0.0; images],
            &|_, output, _| {
                pointwise::activate_all(path, output, self.slope, Dropout::NONE);
            },
        );
        profile::leave();
        output
    }

    /// Returns the block's output with batch statistics and dropout, what backward needs, and the
    /// batch's statistics if there is a norm. Norm, activation and dropout are then left to the
    /// reader of the output.
    pub fn train(
        self,
        input: Arc<Numbers>,
        dropout: Dropout,
        wanted: Wanted,
    ) -> (Arc<Numbers>, Saved, Option<Statistics>) {
        let (path, convolution) = (kernels::active(), self.convolution.clone());
        let (channels, size) = (self.bias.len(), convolution.output_size());
        let images = input.len() / convolution.input_size();
        let mut output = if convolution.is_framed() {
            Buffer::zeros(images * size)
        } else {
            Buffer::uninit_recycled(images * size)
        };
        let mut parts = Buffer::uninit_recycled(images * 2 * channels);
        let weights = Weights { kernel: &self.kernel, scale: None, bias: &self.bias };
        profile::part(Part::Forward);
        convolution.forward(
            path,
            weights,
            input.source(),
            &mut output,
            &mut parts,
            &|index, output, parts| {
                profile::part(Part::Norm);
                if self.norm.is_some() {
                    let (mean, squares) = parts.split_at_mut(channels);
                    pointwise::statistics(path, output, mean, squares);
                } else {
                    pointwise::activate_all(path, output, self.slope, dropout.image(index));
                }
            },
        );
        let Some(norm) = &self.norm else {
            let output = Arc::new(Numbers::from(output));
            let saved = Saved { fused: self, dropout, wanted, input, output: output.clone() };
            return (output, saved, None);
        };
        profile::part(Part::Norm);
        let statistics = Statistics::combine(&parts, channels, size / channels);
        let deviation = deviations(&statistics.variance);
        let (scale, shift) = norm.scale_shift(&statistics.mean, &deviation);
        let (mean, slope) = (statistics.mean.clone(), self.slope);
        let left = Deferred { size, mean, deviation, scale, shift, slope, dropout };
        let output = Arc::new(Numbers::deferred(output, left));
        let saved = Saved { fused: self, dropout, wanted, input, output: output.clone() };
        (output, saved, Some(statistics))
    }
}

impl Saved {
    /// Returns the gradients of parameters and input, from `error`, the gradient of the block's
    /// output, (image, frame, frame, out), or of its activation's input if the reader has gone back
    /// that far.
    pub fn backward(&self, error: InputGradient) -> (Gradient, NormGradient) {
        let (path, size) = (kernels::active(), self.fused.convolution.output_size());
        let Fused { convolution, kernel, slope, .. } = &self.fused;
        let output = self.output.source();
        let (values, wanted) =
            (|index: usize| &output.values[index * size..(index + 1) * size], self.wanted);
        let (Some(left), Some(norm)) = (output.deferred, &self.fused.norm) else {
            let mut error = error.values;
            profile::count(Part::NormGradient, 0, &[3 * error.len()]);
            let prepare = |index: usize, error: &mut [f32]| {
                profile::part(Part::NormGradient);
                let dropout = self.dropout.image(index);
                pointwise::activate_error(path, values(index), *slope, dropout, error);
            };
            let input = self.input.source();
            let gradient = convolution.backward(path, kernel, input, &mut error, wanted, &prepare);
            return (gradient, None);
        };
        let InputGradient { values: mut error, sums } = error.back(output, size);
        // Within the convolution's pass.
        profile::count(Part::NormGradient, 0, &[3 * error.len()]);
        let channels = norm.gamma.len();
        let (beta, gamma) = sum_parts(&sums, channels);
        let count = (error.len() / channels) as f32;
        let (factor, slopes, offset) = norm.input_error(&left.deviation, (&gamma, &beta), count);
        let prepare = |index: usize, error: &mut [f32]| {
            profile::part(Part::NormGradient);
            let mean = &left.mean;
            pointwise::combine_error(path, values(index), mean, &factor, &slopes, &offset, error);
        };
        let input = self.input.source();
        let gradient = convolution.backward(path, kernel, input, &mut error, wanted, &prepare);
        (gradient, Some((gamma, beta)))
    }
}

/// The sum of rows of `width` numbers, in their order.
pub(super) fn sum_rows(path: Path, rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    pointwise::add_rows(path, rows, &mut sums);
    sums
}

/// The sums over images of (image, 2, channels), in double precision, in the order of the images.
fn sum_parts(parts: &[f32], channels: usize) -> (Vec<f32>, Vec<f32>) {
    let mut sums = vec![0.0f64; 2 * channels];
    for part in parts.chunks_exact(2 * channels) {
        sums.iter_mut().zip(part).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    let single = |sums: &[f64]| sums.iter().map(|&sum| sum as f32).collect();
    (single(&sums[..channels]), single(&sums[channels..]))
}

/// The two layers of a block of maps: the convolution, and the norm over the whole map of side
/// `frame` that its output lies in. Without a norm, the second has no tensors.
pub(super) fn conv_and_norm<'a, const I: usize, const O: usize, N: Norm<O>>(
    convolution: &Convolution,
    conv: &'a Conv<I, O>,
    norm: &'a N,
    frame: usize,
) -> Vec<BlockLayer<'a>> {
    let out = convolution.output_side();
    let [few, many] = [1, MANY].map(|images| convolution.multiply_adds(images));
    let multiply_adds = MultiplyAdds { few, many };
    vec![
        BlockLayer { tensors: conv, output: vec![out, out, O], multiply_adds },
        BlockLayer {
            tensors: norm,
            output: vec![frame, frame, O],
            multiply_adds: MultiplyAdds::always(0),
        },
    ]
}

/// A pass's output, and the batch's statistics if there is a norm.
pub(super) type Passed<const SIDE: usize, const C: usize, T> =
    (Activations<Maps<SIDE, C>, T>, Option<Statistics>);

/// A training pass as one operation on dfdx's tape.
pub(super) fn on_tape<
    const SIDE: usize,
    const I: usize,
    const FRAME: usize,
    const O: usize,
    N: Norm<O>,
    T: Tape<f32, Cpu>,
>(
    input: Activations<Maps<SIDE, I>, T>,
    (conv, norm): (&Conv<I, O>, &N),
    fused: Fused,
    dropout: Dropout,
    wanted: Wanted,
) -> Result<Passed<FRAME, O, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let block = fused.block;
    let (values, saved, statistics) = fused.train(input.share(), dropout, wanted);
    profile::leave();
    let output = Activations::sharing(values, super::maps(input.batch()))?;
    if T::OWNS_TAPE {
        let (x, y) = (input.gradient(), output.gradient());
        let (kernel, bias) = (conv.kernel.clone(), conv.bias.clone());
        let affine = norm.batch_norm().map(|norm| (norm.gamma.clone(), norm.beta.clone()));
        tape.add_backward_op(move |gradients| {
            profile::enter(block, Part::NormGradient);
            let (Gradient { weights, input }, affine_gradient) = saved.backward(y.take_gradient());
            if let Some(input) = input {
                x.add(input);
            }
            if let Some(weights) = weights {
                profile::part(Part::WeightGradient);
                accumulate(gradients.get_or_alloc_mut(&kernel)?, weights.0);
                accumulate(gradients.get_or_alloc_mut(&bias)?, weights.1);
                if let (Some((gamma, beta)), Some(values)) = (affine, affine_gradient) {
                    accumulate(gradients.get_or_alloc_mut(&gamma)?, values.0);
                    accumulate(gradients.get_or_alloc_mut(&beta)?, values.1);
                }
            }
            profile::leave();
            Ok(())
        });
    }
    Ok((output.put_tape(tape), statistics))
}

/// Adds a parameter's gradient to `sum`. If that is still zero, as it nearly always is, the
/// gradient itself takes its place, and the zeros are recycled as a buffer.
pub(super) fn accumulate(sum: &mut Vec<f32>, values: Vec<f32>) {
    if sum.par_chunks(1 << 14).all(pointwise::is_zero) {
        drop(Buffer::from(std::mem::replace(sum, values)));
    } else {
        pointwise::add(&values, sum);
    }
}
