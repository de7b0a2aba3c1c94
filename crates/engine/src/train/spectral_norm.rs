//! Spectral norm: a network computes with its kernels divided by their largest singular value
//! (Miyato et al. 2018).
//!
//! The network's tensors hold the normalised kernels, so that its layers compute as usual. The
//! kernels before normalisation, which are trained, are stored here. They replace the normalised
//! ones for an update, with their own gradient, and are normalised again after it.

use dfdx::tensor::{Cpu, CpuError, Gradients};

use super::random::{self, Stream};
use crate::model::{LoadError, Tensors};
use gan_tui_core::event::NamedTensor;

/// The trained kernels of a network and the estimates of their largest singular values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpectralNorm {
    kernels: Vec<NormalizedKernel>,
}

/// A kernel as a matrix of (everything else, out).
#[derive(Debug, Clone, PartialEq)]
struct NormalizedKernel {
    name: String,
    shape: Vec<usize>,
    /// Row-major.
    trained: Vec<f32>,
    /// The singular vectors: (rows) and (out).
    left: Vec<f32>,
    right: Vec<f32>,
    /// The estimate of the largest singular value.
    sigma: f32,
}

/// Names in checkpoints.
const TRAINED: &str = "trained";
const VECTOR: &str = "vector";

impl SpectralNorm {
    /// Stores the kernels of a network that was just initialised, and normalises them there.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn new(network: &mut dyn Tensors, seed: u64) -> Result<Self, CpuError> {
        let mut spectral_norm = Self::default();
        network.walk(&mut |tensor, values| {
            if tensor.name.ends_with(".kernel") {
                let out = tensor.shape.last().copied().unwrap_or(1);
                let right = unit(random::normal(
                    seed,
                    Stream::SpectralNorm,
                    spectral_norm.kernels.len() as u64,
                    out,
                ));
                let (name, shape, trained) =
                    (tensor.name.clone(), tensor.shape.clone(), values.read().into_vec());
                let left = vec![0.0; trained.len() / out];
                spectral_norm.kernels.push(NormalizedKernel {
                    name,
                    shape,
                    trained,
                    left,
                    right,
                    sigma: 1.0,
                });
            }
            Ok(())
        })?;
        // The vectors start at random: a few more iterations than an update takes.
        for kernel in &mut spectral_norm.kernels {
            (0..WARM_UP).for_each(|_| kernel.iterate());
        }
        spectral_norm.normalize(network)?;
        Ok(spectral_norm)
    }

    /// Prepares an update: puts the trained kernels into the network, and their gradients in place
    /// of those of the normalised ones.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn before_update(
        &self,
        network: &mut dyn Tensors,
        gradients: &mut Gradients<f32, Cpu>,
    ) -> Result<(), CpuError> {
        let mut kernels = self.kernels.iter();
        network.walk_mut(&mut |tensor, values| {
            if !tensor.name.ends_with(".kernel") {
                return Ok(());
            }
            let kernel = kernels.next().ok_or(CpuError::WrongNumElements)?;
            let mut gradient = std::mem::take(values.gradient(gradients)?);
            kernel.gradient(&mut gradient);
            values.write(kernel.trained.clone().into())?;
            *values.gradient(gradients)? = gradient;
            Ok(())
        })
    }

    /// Completes an update: one step of the power iteration for each kernel, which is normalised
    /// again.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn after_update(&mut self, network: &mut dyn Tensors) -> Result<(), CpuError> {
        let mut kernels = self.kernels.iter_mut();
        network.walk(&mut |tensor, values| {
            if tensor.name.ends_with(".kernel") {
                let kernel = kernels.next().ok_or(CpuError::WrongNumElements)?;
                kernel.trained.copy_from_slice(&values.read());
                kernel.iterate();
            }
            Ok(())
        })?;
        self.normalize(network)
    }

    fn normalize(&self, network: &mut dyn Tensors) -> Result<(), CpuError> {
        let mut kernels = self.kernels.iter();
        network.walk_mut(&mut |tensor, values| {
            if !tensor.name.ends_with(".kernel") {
                return Ok(());
            }
            let kernel = kernels.next().ok_or(CpuError::WrongNumElements)?;
            values.write(
                kernel
                    .trained
                    .iter()
                    .map(|weight| weight / kernel.sigma)
                    .collect::<Vec<f32>>()
                    .into(),
            )
        })
    }

    /// Returns what a checkpoint stores, by names within the network.
    pub fn tensors(&self) -> Vec<NamedTensor> {
        let of = |kernel: &NormalizedKernel| {
            [
                NamedTensor {
                    name: format!("{}.{TRAINED}", kernel.name),
                    shape: kernel.shape.clone(),
                    data: kernel.trained.clone(),
                },
                NamedTensor {
                    name: format!("{}.{VECTOR}", kernel.name),
                    shape: vec![kernel.right.len()],
                    data: kernel.right.clone(),
                },
            ]
        };
        self.kernels.iter().flat_map(of).collect()
    }

    /// Restores what [`SpectralNorm::tensors`] returned; the network holds the normalised kernels
    /// already.
    ///
    /// # Errors
    /// Returns the first tensor that is missing or has another shape.
    pub fn restore<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<(&'a [usize], &'a [f32])>,
    ) -> Result<(), LoadError> {
        let take = |name: String, expected: &[usize]| match find(&name) {
            None => Err(LoadError::Missing { name }),
            Some((found, _)) if found != expected => {
                Err(LoadError::Shape { name, expected: expected.to_vec(), found: found.to_vec() })
            }
            Some((_, values)) => Ok(values.to_vec()),
        };
        for kernel in &mut self.kernels {
            kernel.trained = take(format!("{}.{TRAINED}", kernel.name), &kernel.shape)?;
            kernel.right = take(format!("{}.{VECTOR}", kernel.name), &[kernel.right.len()])?;
            kernel.find_sigma();
        }
        Ok(())
    }
}

/// Steps of the power iteration before the first update.
const WARM_UP: usize = 10;

impl NormalizedKernel {
    /// Takes a step of the power iteration: moves `right` towards the first right singular vector,
    /// and updates `left` and `sigma`.
    fn iterate(&mut self) {
        self.left = unit(times(&self.trained, &self.right));
        let mut right = vec![0.0; self.right.len()];
        for (row, &left) in self.trained.chunks_exact(right.len()).zip(&self.left) {
            right.iter_mut().zip(row).for_each(|(sum, weight)| *sum += left * weight);
        }
        self.right = unit(right);
        self.find_sigma();
    }

    /// Computes `sigma = |W right|` and its direction `left` from the weights and `right` alone, so
    /// that a checkpoint stores only these.
    fn find_sigma(&mut self) {
        let left = times(&self.trained, &self.right);
        self.sigma = length(&left).max(f32::MIN_POSITIVE);
        self.left = unit(left);
    }

    /// Converts the gradient `G` of `W / sigma` to that of `W`:
    /// `(G - <G, W / sigma> left right^T) / sigma`.
    fn gradient(&self, gradient: &mut [f32]) {
        let inner: f64 =
            gradient.iter().zip(&self.trained).map(|(g, w)| f64::from(*g) * f64::from(*w)).sum();
        let inner = inner as f32 / self.sigma;
        for (row, left) in gradient.chunks_exact_mut(self.right.len()).zip(&self.left) {
            row.iter_mut()
                .zip(&self.right)
                .for_each(|(g, right)| *g = (*g - inner * left * right) / self.sigma);
        }
    }
}

/// Multiplies a row-major matrix (rows, vector's length) by a vector.
fn times(matrix: &[f32], vector: &[f32]) -> Vec<f32> {
    matrix
        .chunks_exact(vector.len())
        .map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
        .collect()
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt() as f32
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = length(&vector).max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(trained: Vec<f32>, out: usize) -> NormalizedKernel {
        let left = vec![0.0; trained.len() / out];
        let right = unit((0..out).map(|index| 1.0 + index as f32).collect());
        let mut kernel = NormalizedKernel {
            name: "kernel".into(),
            shape: vec![left.len(), out],
            trained,
            left,
            right,
            sigma: 1.0,
        };
        (0..100).for_each(|_| kernel.iterate());
        kernel
    }

    #[test]
    fn sigma_is_the_largest_singular_value() {
        // [[3, 0], [4, 5]] has the singular values sqrt(45) and sqrt(5).
        assert!((kernel(vec![3.0, 0.0, 4.0, 5.0], 2).sigma - 45f32.sqrt()).abs() < 1e-4);
        assert!((kernel(vec![0.0, -7.0, 2.0, 0.0, 0.0, 0.0], 2).sigma - 7.0).abs() < 1e-4);
    }

    /// Against finite differences of `sum(c W / sigma(W))`.
    #[test]
    fn the_gradient_goes_through_sigma() {
        let weights: Vec<f32> = random::normal(1, Stream::Latents, 0, 12);
        let factors: Vec<f32> = random::normal(1, Stream::Latents, 1, 12);
        let value = |weights: &[f32]| {
            let kernel = kernel(weights.to_vec(), 3);
            weights.iter().zip(&factors).map(|(w, c)| f64::from(c * w / kernel.sigma)).sum::<f64>()
        };
        let mut gradient = factors.clone();
        kernel(weights.clone(), 3).gradient(&mut gradient);
        for index in 0..weights.len() {
            let moved = |by: f32| {
                let mut weights = weights.clone();
                weights[index] += by;
                value(&weights)
            };
            let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (f64::from(gradient[index]) - expected).abs() < 2e-3,
                "{index}: {}, expected {expected}",
                gradient[index]
            );
        }
    }
}
