//! Adam with moments that can be saved.

use dfdx::tensor::{Cpu, CpuError, Gradients};
use rayon::prelude::*;

use crate::{
    model::{self, Tensors},
    nn::{
        Buffer,
        kernels::{
            self,
            pointwise::{self, AdamStep},
        },
    },
};
use gan_tui_core::preset;

/// Floats of a parallel piece: small enough to share the work, large enough to be worth a task.
pub(super) const PIECE: usize = 16 << 10;

/// Adam (Kingma and Ba 2015, algorithm 1): `p -= rate * m̂ / (sqrt(v̂) + epsilon)`, with
/// bias-corrected moments.
#[derive(Debug, Clone)]
pub struct Adam {
    pub settings: preset::Adam,
    /// Steps taken.
    pub steps: u64,
    moments: Vec<Moments>,
}

/// The moments of one trained tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// The tensor's name within its network.
    pub name: String,
    pub shape: Vec<usize>,
    /// Running means of the gradient and of its square, row-major.
    pub first: Vec<f32>,
    pub second: Vec<f32>,
}

impl Adam {
    /// No steps taken, moments zero.
    pub fn new(network: &dyn Tensors, settings: preset::Adam) -> Self {
        let trained = model::shapes(network).into_iter().filter(|tensor| tensor.trained);
        let moments = trained.map(|tensor| {
            let size = tensor.shape.iter().product();
            Moments {
                name: tensor.name,
                shape: tensor.shape,
                first: vec![0.0; size],
                second: vec![0.0; size],
            }
        });
        Self { settings, steps: 0, moments: moments.collect() }
    }

    /// The moments, in the network's order.
    pub fn moments(&self) -> &[Moments] {
        &self.moments
    }

    /// Takes moments and step count from elsewhere; `find` gives shape and numbers of (tensor's
    /// name, which moment).
    ///
    /// # Errors
    /// The first tensor that is missing or of another shape.
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

    /// One step at `factor` times the learning rate; takes the gradients out of `gradients`, where
    /// those of the network's tensors are empty afterwards.
    ///
    /// # Errors
    /// Where the network is not the one the moments are of, or memory runs out.
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
            if !shape.trained {
                return Ok(());
            }
            let moments = moments.next().ok_or(CpuError::WrongNumElements)?;
            let gradient = Buffer::from(std::mem::take(tensor.gradient(gradients)?));
            let mut values = tensor.read();
            values
                .par_chunks_mut(PIECE)
                .zip(gradient.par_chunks(PIECE))
                .zip(moments.first.par_chunks_mut(PIECE))
                .zip(moments.second.par_chunks_mut(PIECE))
                .for_each(|(((values, gradient), first), second)| {
                    pointwise::adam(path, step, gradient, first, second, values)
                });
            tensor.write(values)
        })
    }
}

/// Names of the moments in checkpoints.
pub const FIRST: &str = "first_moment";
pub const SECOND: &str = "second_moment";
