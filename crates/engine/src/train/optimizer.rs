//! Adam with moments that can be saved.

use dfdx::tensor::{Cpu, CpuError, Gradients};
use rayon::prelude::*;

use crate::{
    model::{self, Tensors},
    nn::Buffer,
};
use gan_tui_core::preset;
use gan_tui_kernels::{
    self as kernels,
    parallel::Parallel as _,
    pointwise::{self, AdamStep},
    profile::{self, Part},
};

/// Floats of a parallel chunk: small enough to share the work, large enough for the cost of a task.
pub(super) const PIECE: usize = 16 << 10;

/// Adam (Kingma and Ba 2015, algorithm 1): `p -= rate * m̂ / (sqrt(v̂) + epsilon)`, with
/// bias-corrected moments.
#[derive(Debug, Clone)]
pub struct Adam {
    pub settings: preset::Adam,
    /// Steps taken.
    pub steps: u64,
    moments: Vec<AdamMoments>,
}

/// The moments of one trainable tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamMoments {
    /// The tensor's name within its network.
    pub name: String,
    pub shape: Vec<usize>,
    /// Running means of the gradient and of its square, row-major.
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl Adam {
    /// Returns an optimiser that has taken no steps: moments zero.
    pub fn new(network: &dyn Tensors, settings: preset::Adam) -> Self {
        let trained = model::shapes(network).into_iter().filter(|tensor| tensor.trained);
        let moments = trained.map(|tensor| {
            let size = tensor.shape.iter().product();
            AdamMoments {
                name: tensor.name,
                shape: tensor.shape,
                first: vec![0.0; size],
                second: vec![0.0; size],
            }
        });
        Self { settings, steps: 0, moments: moments.collect() }
    }

    /// Returns the moments in the order of the network's tensors.
    pub fn moments(&self) -> &[AdamMoments] {
        &self.moments
    }

    /// Restores the moments and the step count. `find` returns the shape and numbers of (which
    /// moment, tensor's name).
    ///
    /// # Errors
    /// Returns the first tensor that is missing or has another shape.
    pub fn restore<'a>(
        &mut self,
        steps: u64,
        find: impl Fn(&str, &str) -> Option<(&'a [usize], &'a [f32])>,
    ) -> Result<(), model::LoadError> {
        for moments in &mut self.moments {
            for (which, values) in [(FIRST, &mut moments.first), (SECOND, &mut moments.second)] {
                let name = || format!("{which}.{}", moments.name);
                let (found, numbers) = find(which, &moments.name)
                    .ok_or_else(|| model::LoadError::Missing { name: name() })?;
                if found != moments.shape {
                    return Err(model::LoadError::Shape {
                        name: name(),
                        expected: moments.shape.clone(),
                        found: found.to_vec(),
                    });
                }
                values.copy_from_slice(numbers);
            }
        }
        self.steps = steps;
        Ok(())
    }

    /// Takes a step at `factor` times the learning rate. It moves the gradients of the network's
    /// tensors out of `gradients`.
    ///
    /// # Errors
    /// Returns an error if the moments are of another network, or memory runs out.
    pub fn step(
        &mut self,
        network: &mut dyn Tensors,
        gradients: &mut Gradients<f32, Cpu>,
        factor: f32,
    ) -> Result<(), CpuError> {
        self.steps += 1;
        let preset::Adam { learning_rate, beta1, beta2, epsilon } = self.settings;
        let correction = |beta: f32| (1.0 / (1.0 - f64::from(beta).powf(self.steps as f64))) as f32;
        let (correction1, correction2) = (correction(beta1), correction(beta2));
        let step = AdamStep {
            beta1,
            beta2,
            epsilon,
            learning_rate: learning_rate * factor,
            correction1,
            correction2,
        };
        let (path, mut moments) = (kernels::active(), self.moments.iter_mut());
        network.walk_mut(&mut |shape, tensor| {
            // A block's tensors begin with its kernel.
            if shape.name.ends_with(".kernel") {
                profile::next_block(Part::Optimizer);
            }
            if !shape.trained {
                return Ok(());
            }
            let moments = moments.next().ok_or(CpuError::WrongNumElements)?;
            let gradient = Buffer::from(std::mem::take(tensor.gradient(gradients)?));
            let mut values = tensor.read();
            // The weights are copied first; weights and moments are read and written.
            profile::count(Part::Optimizer, 0, &[9 * values.len()]);
            values
                .par_chunks_mut(PIECE)
                .zip(gradient.par_chunks(PIECE))
                .zip(moments.first.par_chunks_mut(PIECE))
                .zip(moments.second.par_chunks_mut(PIECE))
                .run(|(((values, gradient), first), second)| {
                    pointwise::adam(path, step, gradient, first, second, values)
                });
            tensor.write(values)
        })?;
        profile::leave();
        Ok(())
    }
}

/// Names of the moments in checkpoints.
pub const FIRST: &str = "first_moment";
pub const SECOND: &str = "second_moment";
