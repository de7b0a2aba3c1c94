//! The convolution block as one operation: convolution, batch norm, activation, dropout, forward and backward.
//!
//! Work is parallel over images; sums over the batch are taken in the order of the images, so that the number of threads changes no bit.

use dfdx::{
    shapes::HasShape,
    tensor::{Cpu, CpuError, PutTape, SplitTape, Tape, Tensor, TensorFromVec},
};
use rayon::prelude::*;

use super::{
    Maps,
    geometry::{Form, Geometry, Phase},
    kernels::{
        self, Path,
        outer::Outer,
        pointwise::{self, Dropout},
        product::{Panels, Product},
    },
    norm::{Norm, NormValues, Statistics, deviations},
    parameters::{Conv, to_vec},
};

/// A block's numbers for one pass.
pub(super) struct Fused {
    pub geometry: Geometry,
    /// (3, 3, in, out) and (out).
    pub kernel: Vec<f32>,
    pub bias: Vec<f32>,
    pub norm: Option<NormValues>,
    /// Slope of the activation below zero.
    pub slope: f32,
}

/// What a training pass is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Of a whole batch.
    pub dropout: Dropout,
    pub weight_gradients: bool,
    pub input_gradient: bool,
}

impl Fused {
    pub fn new<const I: usize, const O: usize, N: Norm<O>>(geometry: Geometry, conv: &Conv<I, O>, norm: &N, slope: f32) -> Self {
        let norm = norm.batch_norm().map(NormValues::of);
        Self { geometry, kernel: to_vec(&conv.kernel), bias: to_vec(&conv.bias), norm, slope }
    }
}

/// What a forward pass leaves for the backward pass.
pub(super) struct Saved {
    fused: Fused,
    wanted: Wanted,
    /// Prepared inputs, (image, prepared).
    prepared: Vec<f32>,
    /// Before the norm, (image, frame, frame, out); without a norm, the block's output.
    middle: Vec<f32>,
    norm: Option<SavedNorm>,
}

/// Each (out).
struct SavedNorm {
    mean: Vec<f32>,
    deviation: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

/// What a backward pass gives: gradients of the parameters (none where the weights are frozen) and of the input, if wanted.
pub(super) struct Gradient {
    pub weights: Option<WeightGradient>,
    pub input: Option<Vec<f32>>,
}

pub(super) struct WeightGradient {
    pub kernel: Vec<f32>,
    pub bias: Vec<f32>,
    /// Of gamma and beta.
    pub norm: Option<(Vec<f32>, Vec<f32>)>,
}

/// Packs the matrices of one phase, forward.
fn forward_panels(path: Path, geometry: &Geometry, phase: &Phase, matrices: &[f32], scale: Option<&[f32]>) -> Panels {
    Panels::pack(path, matrices, &phase.matrices, geometry.depth, geometry.outputs, scale)
}

/// Packs the transposed matrices of one phase, for the input gradient.
fn backward_panels(path: Path, geometry: &Geometry, phase: &Phase, matrices: &[f32]) -> Panels {
    Panels::pack_transposed(path, matrices, &phase.matrices, geometry.outputs, geometry.depth)
}

fn run(phases: &[Phase], panels: &[Panels], bias: Option<&[f32]>, input: &[f32], output: &mut [f32]) {
    for (phase, panels) in phases.iter().zip(panels) {
        let Phase { rows, columns, from, to, ref taps, .. } = *phase;
        Product { rows, columns, input: from, output: to, taps, panels, bias }.run(input, output);
    }
}

impl Fused {
    /// The block's output, (image, frame, frame, out).
    pub fn infer(&self, input: &[f32]) -> Vec<f32> {
        let (path, geometry) = (kernels::active(), &self.geometry);
        let (scale, shift) = match &self.norm {
            Some(norm) => norm.inference(),
            None => (vec![1.0; self.bias.len()], vec![0.0; self.bias.len()]),
        };
        // Batch norm in inference mode is folded into the convolution; only a frame's zeros have to be shifted by themselves.
        let bias: Vec<f32> = self.bias.iter().zip(&scale).zip(&shift).map(|((bias, scale), shift)| bias * scale + shift).collect();
        let matrices = geometry.matrices(&self.kernel);
        let panels: Vec<_> = geometry.forward.iter().map(|phase| forward_panels(path, geometry, phase, &matrices, Some(&scale))).collect();
        let mut output = vec![0.0; input.len() / geometry.input_size() * geometry.output_size()];
        output.par_chunks_exact_mut(geometry.output_size()).zip(input.par_chunks_exact(geometry.input_size())).for_each_init(
            || vec![0.0; geometry.prepared_size()],
            |prepared, (output, image)| {
                geometry.prepare(image, prepared);
                if geometry.frame > geometry.out {
                    output.chunks_exact_mut(shift.len()).for_each(|pixel| pixel.copy_from_slice(&shift));
                }
                run(&geometry.forward, &panels, Some(&bias), prepared, output);
                pointwise::activate_all(path, output, self.slope, Dropout::NONE);
            },
        );
        output
    }

    /// The block's output with batch statistics and dropout, what backward needs, and the statistics for the running ones.
    pub fn train(self, input: &[f32], wanted: Wanted) -> (Vec<f32>, Saved, Option<Statistics>) {
        let (path, geometry) = (kernels::active(), &self.geometry);
        let (channels, size) = (geometry.outputs, geometry.output_size());
        let matrices = geometry.matrices(&self.kernel);
        let panels: Vec<_> = geometry.forward.iter().map(|phase| forward_panels(path, geometry, phase, &matrices, None)).collect();
        let images = input.len() / geometry.input_size();
        let mut prepared = vec![0.0; images * geometry.prepared_size()];
        let mut middle = vec![0.0; images * size];
        let mut parts = vec![0.0; images * 2 * channels];
        prepared
            .par_chunks_exact_mut(geometry.prepared_size())
            .zip(middle.par_chunks_exact_mut(size))
            .zip(parts.par_chunks_exact_mut(2 * channels))
            .zip(input.par_chunks_exact(geometry.input_size()))
            .enumerate()
            .for_each(|(index, (((prepared, middle), parts), image))| {
                geometry.prepare(image, prepared);
                run(&geometry.forward, &panels, Some(&self.bias), prepared, middle);
                if self.norm.is_some() {
                    let (mean, squares) = parts.split_at_mut(channels);
                    pointwise::statistics(path, middle, mean, squares);
                } else {
                    pointwise::activate_all(path, middle, self.slope, wanted.dropout.image(index));
                }
            });
        let Some(norm) = &self.norm else {
            let output = middle.clone();
            return (output, Saved { fused: self, wanted, prepared, middle, norm: None }, None);
        };
        let statistics = Statistics::combine(&parts, channels, size / channels);
        let deviation = deviations(&statistics.variance);
        let (scale, shift) = norm.scale_shift(&statistics.mean, &deviation);
        let mut output = vec![0.0; middle.len()];
        output.par_chunks_exact_mut(size).zip(middle.par_chunks_exact(size)).enumerate().for_each(|(index, (output, middle))| {
            pointwise::normalise(path, middle, &scale, &shift, self.slope, wanted.dropout.image(index), output);
        });
        let norm = SavedNorm { mean: statistics.mean.clone(), deviation, scale, shift };
        (output, Saved { fused: self, wanted, prepared, middle, norm: Some(norm) }, Some(statistics))
    }
}

impl Saved {
    /// From the gradient of the block's output, (image, frame, frame, out), to those of its parameters and input.
    pub fn backward(&self, mut error: Vec<f32>) -> Gradient {
        let norm = self.error_before_norm(&mut error);
        let geometry = &self.fused.geometry;
        let (path, matrices) = (kernels::active(), geometry.matrices(&self.fused.kernel));
        let images = error.len() / geometry.output_size();
        let wanted = self.wanted.input_gradient;
        let panels: Vec<_> = match wanted {
            true => geometry.backward.iter().map(|phase| backward_panels(path, geometry, phase, &matrices)).collect(),
            false => Vec::new(),
        };
        let mut padded = vec![0.0; images * geometry.error_size()];
        let mut biases = vec![0.0; images * geometry.outputs];
        let mut input = vec![0.0; if wanted { images * geometry.input_size() } else { 0 }];
        let inputs: Vec<&mut [f32]> = match wanted {
            true => input.chunks_exact_mut(geometry.input_size()).collect(),
            false => (0..images).map(|_| Default::default()).collect(),
        };
        padded
            .par_chunks_exact_mut(geometry.error_size())
            .zip(biases.par_chunks_exact_mut(geometry.outputs))
            .zip(inputs)
            .zip(error.par_chunks_exact(geometry.output_size()))
            .for_each(|(((padded, bias), input), error)| {
                geometry.pad_error(error, padded);
                pointwise::add_rows(path, padded, bias);
                if !wanted {
                } else if let Form::Patches { .. } = geometry.form {
                    let mut patches = vec![0.0; geometry.prepared_size()];
                    run(&geometry.backward, &panels, None, padded, &mut patches);
                    geometry.add_patches(&patches, input);
                } else {
                    run(&geometry.backward, &panels, None, padded, input);
                }
            });
        let weights = self.wanted.weight_gradients.then(|| WeightGradient {
            kernel: geometry.kernel_gradient(self.matrix_gradients(path, &padded)),
            bias: sum_rows(path, &biases, geometry.outputs),
            norm,
        });
        Gradient { weights, input: wanted.then_some(input) }
    }

    /// Backward through dropout, activation and norm, in place; the gradients of gamma and beta.
    fn error_before_norm(&self, error: &mut [f32]) -> Option<(Vec<f32>, Vec<f32>)> {
        let Fused { geometry, slope, norm, .. } = &self.fused;
        let dropout = self.wanted.dropout;
        let (path, size, channels) = (kernels::active(), geometry.output_size(), geometry.outputs);
        let images = error.par_chunks_exact_mut(size).zip(self.middle.par_chunks_exact(size)).enumerate();
        let (Some(saved), Some(values)) = (&self.norm, norm) else {
            images.for_each(|(index, (error, output))| {
                pointwise::activate_error(path, output, *slope, dropout.image(index), error);
            });
            return None;
        };
        let mut parts = vec![0.0; self.middle.len() / size * 2 * channels];
        images.zip(parts.par_chunks_exact_mut(2 * channels)).for_each(|((index, (error, middle)), parts)| {
            let (sums, products) = parts.split_at_mut(channels);
            let SavedNorm { mean, deviation, scale, shift } = saved;
            let dropout = dropout.image(index);
            pointwise::normalise_error(path, middle, scale, shift, mean, deviation, *slope, dropout, error, sums, products);
        });
        let (beta, gamma) = sum_parts(&parts, channels);
        // d/dx of gamma * (x - mean) * deviation + beta, mean and deviation being functions of the batch (Ioffe and Szegedy 2015).
        let count = (self.middle.len() / channels) as f32;
        let factor: Vec<f32> = values.gamma.iter().zip(&saved.deviation).map(|(gamma, deviation)| gamma * deviation).collect();
        let slopes: Vec<f32> = factor
            .iter()
            .zip(&saved.deviation)
            .zip(&gamma)
            .map(|((factor, deviation), gamma)| -factor * deviation * gamma / count)
            .collect();
        let offset: Vec<f32> = factor.iter().zip(&beta).map(|(factor, beta)| -factor * beta / count).collect();
        error.par_chunks_exact_mut(size).zip(self.middle.par_chunks_exact(size)).for_each(|(error, middle)| {
            pointwise::combine_error(path, middle, &saved.mean, &factor, &slopes, &offset, error);
        });
        Some((gamma, beta))
    }

    /// The gradient of every matrix, (matrix, depth, out).
    fn matrix_gradients(&self, path: Path, padded: &[f32]) -> Vec<f32> {
        let geometry = &self.fused.geometry;
        let images = padded.len() / geometry.error_size();
        let mut gradients = vec![0.0; geometry.matrices * geometry.depth * geometry.outputs];
        // The matrices of a phase's taps lie one after another.
        let mut rest = &mut gradients[..];
        for phase in &geometry.forward {
            let own;
            (own, rest) = rest.split_at_mut(phase.taps.len() * geometry.depth * geometry.outputs);
            let outer = Outer {
                path,
                images,
                rows: phase.rows,
                columns: phase.columns,
                input: phase.from,
                input_step: geometry.prepared_size(),
                taps: &phase.taps,
                error: phase.error,
                error_step: geometry.error_size(),
                input_channels: geometry.depth,
                output_channels: geometry.outputs,
            };
            outer.run(&self.prepared, padded, own);
        }
        gradients
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
    let sum = |row: usize, channel: usize| {
        parts.chunks_exact(2 * channels).map(|part| f64::from(part[row * channels + channel])).sum::<f64>() as f32
    };
    ((0..channels).map(|channel| sum(0, channel)).collect(), (0..channels).map(|channel| sum(1, channel)).collect())
}

/// A pass's output, and the batch's statistics where there is a norm.
pub(super) type Passed<const SIDE: usize, const C: usize, T> = (Tensor<Maps<SIDE, C>, f32, Cpu, T>, Option<Statistics>);

/// A training pass as one operation on dfdx's tape: its output, and the statistics for the running ones.
pub(super) fn on_tape<const SIDE: usize, const I: usize, const FRAME: usize, const O: usize, N: Norm<O>, T: Tape<f32, Cpu>>(
    input: Tensor<Maps<SIDE, I>, f32, Cpu, T>,
    (conv, norm): (&Conv<I, O>, &N),
    fused: Fused,
    wanted: Wanted,
) -> Result<Passed<FRAME, O, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let shape = (input.shape().0, Default::default(), Default::default(), Default::default());
    let (values, saved, statistics) = fused.train(&to_vec(&input), wanted);
    let output = input.device().try_tensor_from_vec(values, shape)?;
    if T::OWNS_TAPE {
        let (x, y) = (input.ghost(), output.ghost());
        let (kernel, bias) = (conv.kernel.ghost(), conv.bias.ghost());
        let affine = norm.batch_norm().map(|norm| (norm.gamma.ghost(), norm.beta.ghost()));
        tape.add_backward_op(move |gradients| {
            // Nothing reads the output's gradient after this, so it is taken rather than copied.
            let error = std::mem::take(&mut **gradients.get_or_alloc_mut(&y)?);
            let Gradient { weights, input } = saved.backward(error);
            if let Some(input) = input {
                give(gradients.get_or_alloc_mut(&x)?, input);
            }
            if let Some(weights) = weights {
                give(gradients.get_or_alloc_mut(&kernel)?, weights.kernel);
                give(gradients.get_or_alloc_mut(&bias)?, weights.bias);
                if let (Some((gamma, beta)), Some(values)) = (affine, weights.norm) {
                    give(gradients.get_or_alloc_mut(&gamma)?, values.0);
                    give(gradients.get_or_alloc_mut(&beta)?, values.1);
                }
            }
            Ok(())
        });
    }
    Ok((output.put_tape(tape), statistics))
}

/// Adds a gradient to what is there already; where that is still zero, as it nearly always is, the gradient itself takes its place.
pub(super) fn give(sum: &mut Vec<f32>, values: Vec<f32>) {
    if sum.iter().all(|&x| x == 0.0) {
        *sum = values;
    } else {
        sum.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
    }
}
