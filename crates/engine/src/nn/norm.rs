//! The norm between a block's convolution and its activation, batch norm or none, chosen by type.

use dfdx::{
    nn::{ZeroSizedModule, tensor_collection::TensorCollection},
    tensor::{Cpu, Tensor},
};

use super::{
    EPSILON,
    parameters::{BatchNorm, to_vec},
};

/// The norm of `C` channels.
pub trait Norm<const C: usize>: TensorCollection<f32, Cpu> + Clone + Send + Sync {
    fn zeros(device: &Cpu) -> Self;

    /// The batch norm, if it is one.
    fn batch_norm(&self) -> Option<&BatchNorm<C>>;

    fn batch_norm_mut(&mut self) -> Option<&mut BatchNorm<C>>;
}

impl<const C: usize> Norm<C> for BatchNorm<C> {
    fn zeros(device: &Cpu) -> Self {
        Self::zeros(device)
    }

    fn batch_norm(&self) -> Option<&BatchNorm<C>> {
        Some(self)
    }

    fn batch_norm_mut(&mut self) -> Option<&mut BatchNorm<C>> {
        Some(self)
    }
}

/// No norm at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNorm;

/// A module without tensors.
impl ZeroSizedModule for NoNorm {}

impl<const C: usize> Norm<C> for NoNorm {
    fn zeros(_: &Cpu) -> Self {
        Self
    }

    fn batch_norm(&self) -> Option<&BatchNorm<C>> {
        None
    }

    fn batch_norm_mut(&mut self) -> Option<&mut BatchNorm<C>> {
        None
    }
}

/// A choice of norm for a whole network, whatever the number of channels.
pub trait Norms: Clone + Send + Sync + 'static {
    type Of<const C: usize>: Norm<C>;
}

/// Batch norm.
#[derive(Debug, Clone, Copy)]
pub struct WithNorm;

/// No norm.
#[derive(Debug, Clone, Copy)]
pub struct WithoutNorm;

impl Norms for WithNorm {
    type Of<const C: usize> = BatchNorm<C>;
}

impl Norms for WithoutNorm {
    type Of<const C: usize> = NoNorm;
}

/// The numbers of a batch norm, copied from their tensors; each (channels).
pub(super) struct NormValues {
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
    moving_mean: Vec<f32>,
    moving_variance: Vec<f32>,
}

impl NormValues {
    pub fn of<const C: usize>(norm: &BatchNorm<C>) -> Self {
        let of = |tensor: &Tensor<_, f32, Cpu>| to_vec(tensor);
        Self {
            gamma: of(&norm.gamma),
            beta: of(&norm.beta),
            moving_mean: of(&norm.moving_mean),
            moving_variance: of(&norm.moving_variance),
        }
    }

    /// Inference as one multiplication and addition a channel: (scale, shift).
    pub fn inference(&self) -> (Vec<f32>, Vec<f32>) {
        self.scale_shift(&self.moving_mean, &deviations(&self.moving_variance))
    }

    /// `gamma * deviation` and `beta - mean * gamma * deviation`.
    pub fn scale_shift(&self, mean: &[f32], deviation: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let scale: Vec<f32> =
            self.gamma.iter().zip(deviation).map(|(gamma, deviation)| gamma * deviation).collect();
        let shift = self
            .beta
            .iter()
            .zip(mean)
            .zip(&scale)
            .map(|((beta, mean), scale)| beta - mean * scale)
            .collect();
        (scale, shift)
    }
}

/// `1 / sqrt(variance + epsilon)` of each.
pub(super) fn deviations(variance: &[f32]) -> Vec<f32> {
    variance.iter().map(|variance| 1.0 / (variance + EPSILON).sqrt()).collect()
}

/// Mean and variance of a batch, each (channels).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statistics {
    pub mean: Vec<f32>,
    /// Biased: what the batch is normalised by.
    pub variance: Vec<f32>,
    /// Unbiased: what the running variance is updated from.
    pub unbiased: Vec<f32>,
}

impl Statistics {
    /// From each image's means and sums of squared distances, laid out as (image, 2, channels),
    /// each over `pixels` values. Summed in double precision, in the order of the images.
    pub fn combine(parts: &[f32], channels: usize, pixels: usize) -> Self {
        let images = parts.len() / (2 * channels);
        let count = (images * pixels) as f64;
        let (mut means, mut squares) = (vec![0.0f64; channels], vec![0.0f64; channels]);
        for part in parts.chunks_exact(2 * channels) {
            means.iter_mut().zip(part).for_each(|(sum, &mean)| *sum += f64::from(mean));
        }
        means.iter_mut().for_each(|mean| *mean /= images as f64);
        for part in parts.chunks_exact(2 * channels) {
            let (image_means, image_squares) = part.split_at(channels);
            let images = image_means.iter().zip(image_squares);
            for ((sum, mean), (&own, &square)) in squares.iter_mut().zip(&means).zip(images) {
                let distance = f64::from(own) - mean;
                *sum += f64::from(square) + pixels as f64 * distance * distance;
            }
        }
        let over = |count: f64| squares.iter().map(|sum| (sum / count) as f32).collect();
        Self {
            mean: means.iter().map(|&mean| mean as f32).collect(),
            variance: over(count),
            unbiased: over((count - 1.0).max(1.0)),
        }
    }
}
