//! An experiment as a person writes it ([`Preset`], RON) and as it is run ([`Plan`], checked).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An experiment, every field with a default, as it stands in a `.ron` file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    /// One word, as `--preset` takes it.
    pub name: String,
    /// One sentence.
    pub description: String,
    pub model: Model,
    /// Length of a latent.
    pub latent: usize,
    pub data: Data,
    /// Images in a batch.
    pub batch: usize,
    pub iterations: u64,
    pub seed: u64,
    /// Dropout rate of the discriminator's blocks, in [0, 1); 0 switches it off.
    pub dropout: f32,
    pub generator: Adam,
    pub discriminator: Adam,
    /// Iterations between two frames of the fixed latents.
    pub frame_every: u64,
    /// Iterations between two checkpoints.
    pub checkpoint_every: u64,
    /// How many of the newest checkpoints stay.
    pub keep_checkpoints: usize,
}

/// An architecture by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Model {
    Dcgan,
}

impl Model {
    /// As it stands in checkpoints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dcgan => "dcgan",
        }
    }
}

/// Where the images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Data {
    /// MNIST where it is found, else the embedded digits.
    Auto,
    /// The embedded digits.
    Synthetic,
    Mnist,
    FashionMnist,
    Kmnist,
    /// A folder of IDX files.
    Folder(PathBuf),
}

/// Adam as in algorithm 1 of Kingma and Ba, 2015.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    pub learning_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-7 }
    }
}

impl Default for Preset {
    fn default() -> Self {
        Self {
            name: "custom".into(),
            description: String::new(),
            model: Model::Dcgan,
            latent: 100,
            data: Data::Auto,
            batch: 32,
            iterations: 10_000,
            seed: 1,
            dropout: 0.25,
            generator: Adam::default(),
            discriminator: Adam::default(),
            frame_every: 20,
            checkpoint_every: 500,
            keep_checkpoints: 3,
        }
    }
}

/// A [`Preset`] that was checked: every number is in its range and the architecture exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    preset: Preset,
}

impl Plan {
    /// The checked fields.
    pub fn preset(&self) -> &Preset {
        &self.preset
    }
}
