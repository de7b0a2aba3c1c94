//! The weights of a run after one iteration, as plain numbers.

/// The content of a checkpoint: both networks, running statistics and optimisers after one
/// iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub iteration: u64,
    pub seed: u64,
    /// Name of the architecture, such as `dcgan`.
    pub model: String,
    /// Length of a latent.
    pub latent: usize,
    /// The names of the classes that the networks are conditioned on, in the order of their labels;
    /// none if they are not, or if the classes are the ten digits of a model that always is.
    pub classes: Vec<String>,
    /// The preset's fields that decide what is trained, as JSON; empty where it is not known.
    pub preset: String,
    /// Optimiser steps taken by the generator and the discriminator.
    pub generator_steps: u64,
    pub discriminator_steps: u64,
    /// Named as in the checkpoint file, sorted by name.
    pub tensors: Vec<NamedTensor>,
}

impl Snapshot {
    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors
            .binary_search_by(|tensor| tensor.name.as_str().cmp(name))
            .ok()
            .map(|index| &self.tensors[index])
    }
}

/// A tensor as plain numbers, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Such as `generator.conv1.kernel`.
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Vec<f32>,
}
