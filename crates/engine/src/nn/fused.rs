//! The convolution block as one operation: convolution, batch norm, activation, dropout, forward
//! and backward.
//!
//! Work is parallel over images; sums over the batch are taken in the order of the images, so that
//! the number of threads changes no bit.

use std::sync::Arc;

use dfdx::tensor::{Cpu, CpuError, Tape};
use rayon::prelude::*;

use super::{
    Activations, BlockLayer, Buffer, Maps,
    convolution::{Convolution, Gradient, Weights},
    kernels::{
        self, Path,
        parallel::Parallel as _,
        pointwise::{self, Dropout},
        profile::{self, Part},
    },
    mode::Wanted,
    norm::{Norm, NormValues, Statistics, deviations},
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
    input: Arc<Buffer>,
    /// Before the norm, (image, frame, frame, out); without a norm, the block's output.
    middle: Arc<Buffer>,
    norm: Option<SavedNorm>,
}

/// Each (out).
struct SavedNorm {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl SavedNorm {
    /// The input's gradient is `factor * error + slope * (x - mean) + offset`, each (out): d/dx of
    /// gamma * (x - mean) * deviation + beta, mean and deviation being functions of the batch of
    /// `count` pixels (Ioffe and Szegedy 2015).
    fn input_error(
        &self,
        gamma: &[f32],
        (gamma_error, beta_error): (&[f32], &[f32]),
        count: f32,
    ) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let gammas = gamma.iter().zip(&self.deviation);
        let factor: Vec<f32> = gammas.map(|(gamma, deviation)| gamma * deviation).collect();
        let slopes = factor.iter().zip(&self.deviation).zip(gamma_error);
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
            input,
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
    /// batch's statistics if there is a norm.
    pub fn train(
        self,
        input: Arc<Buffer>,
        dropout: Dropout,
        wanted: Wanted,
    ) -> (Arc<Buffer>, Saved, Option<Statistics>) {
        let (path, convolution) = (kernels::active(), self.convolution.clone());
        let (channels, size) = (self.bias.len(), convolution.output_size());
        let images = input.len() / convolution.input_size();
        let mut middle = if convolution.is_framed() {
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
            &input,
            &mut middle,
            &mut parts,
            &|index, middle, parts| {
                profile::part(Part::Norm);
                if self.norm.is_some() {
                    let (mean, squares) = parts.split_at_mut(channels);
                    pointwise::statistics(path, middle, mean, squares);
                } else {
                    pointwise::activate_all(path, middle, self.slope, dropout.image(index));
                }
            },
        );
        let Some(norm) = &self.norm else {
            let output = Arc::new(middle);
            return (
                output.clone(),
                Saved { fused: self, dropout, wanted, input, middle: output, norm: None },
                None,
            );
        };
        profile::part(Part::Norm);
        profile::count(Part::Norm, 0, &[2 * middle.len()]);
        let mut output = Buffer::uninit_recycled(middle.len());
        let statistics = Statistics::combine(&parts, channels, size / channels);
        let deviation = deviations(&statistics.variance);
        let (scale, shift) = norm.scale_shift(&statistics.mean, &deviation);
        output.par_chunks_exact_mut(size).zip(middle.par_chunks_exact(size)).enumerate().run(
            |(index, (output, middle))| {
                pointwise::normalise(
                    path,
                    middle,
                    &scale,
                    &shift,
                    self.slope,
                    dropout.image(index),
                    output,
                );
            },
        );
        let norm = SavedNorm { mean: statistics.mean.clone(), deviation, scale, shift };
        (
            Arc::new(output),
            Saved {
                fused: self,
                dropout,
                wanted,
                input,
                middle: Arc::new(middle),
                norm: Some(norm),
            },
            Some(statistics),
        )
    }
}

impl Saved {
    /// Returns the gradients of parameters and input, from `error`, the gradient of the block's
    /// output, (image, frame, frame, out).
    pub fn backward(&self, mut error: Buffer) -> (Gradient, NormGradient) {
        let (path, size) = (kernels::active(), self.fused.convolution.output_size());
        let Fused { convolution, kernel, slope, .. } = &self.fused;
        let (dropout, middle) =
            (self.dropout, |index: usize| &self.middle[index * size..(index + 1) * size]);
        let (Some(norm), Some(values)) = (&self.norm, &self.fused.norm) else {
            profile::count(Part::NormGradient, 0, &[3 * error.len()]);
            let gradient = convolution.backward(
                path,
                kernel,
                &self.input,
                &mut error,
                self.wanted,
                &|index, error| {
                    profile::part(Part::NormGradient);
                    pointwise::activate_error(
                        path,
                        middle(index),
                        *slope,
                        dropout.image(index),
                        error,
                    );
                },
            );
            return (gradient, None);
        };
        let SavedNorm { mean, deviation, scale, shift } = norm;
        let channels = mean.len();
        // The first pass, and the second one within the convolution's.
        profile::count(Part::NormGradient, 0, &[6 * error.len()]);
        let mut parts = Buffer::uninit_recycled(error.len() / size * 2 * channels);
        error
            .par_chunks_exact_mut(size)
            .zip(parts.par_chunks_exact_mut(2 * channels))
            .enumerate()
            .run(|(index, (error, parts))| {
                let (sums, products) = parts.split_at_mut(channels);
                let (middle, dropout) = (middle(index), dropout.image(index));
                pointwise::normalise_error(
                    path, middle, scale, shift, mean, deviation, *slope, dropout, error, sums,
                    products,
                );
            });
        let (beta, gamma) = sum_parts(&parts, channels);
        let count = (error.len() / channels) as f32;
        let (factor, slopes, offset) = norm.input_error(&values.gamma, (&gamma, &beta), count);
        let gradient = convolution.backward(
            path,
            kernel,
            &self.input,
            &mut error,
            self.wanted,
            &|index, error| {
                profile::part(Part::NormGradient);
                pointwise::combine_error(
                    path,
                    middle(index),
                    mean,
                    &factor,
                    &slopes,
                    &offset,
                    error,
                );
            },
        );
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
    let multiply_adds = convolution.multiply_adds();
    vec![
        BlockLayer { tensors: conv, output: vec![out, out, O], multiply_adds },
        BlockLayer { tensors: norm, output: vec![frame, frame, O], multiply_adds: 0 },
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
            let (Gradient { weights, input }, affine_gradient) = saved.backward(y.take());
            if let Some(input) = input {
                x.accumulate(input);
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
