//! What training says and is told: owned plain data, no tensors, so that it can be recorded, drawn, sent and replayed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::image::Stack;

/// Everything a run tells. The recorder and the monitor live on these alone.
#[derive(Debug, Clone)]
pub enum Event {
    /// Something that takes a while and is not training has begun or gone on.
    Preparing(Preparing),
    /// The dataset is loaded and the networks are built: training begins.
    Started(Box<Started>),
    /// One iteration is done.
    Metrics(Metrics),
    /// The images of the fixed latents after an iteration.
    Frame(Arc<Frame>),
    /// All that is needed to go on from here.
    Checkpoint(Arc<Snapshot>),
    /// Training waits (true) or goes on (false).
    Paused(bool),
    /// The last event of a run.
    Ended(Outcome),
}

/// Work before the first iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preparing {
    /// What is being done, such as "drawing the embedded digits".
    pub what: String,
    pub done: u64,
    /// Zero where it is not known.
    pub total: u64,
}

/// What is known once everything is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    pub dataset: DatasetInfo,
    /// Which kernels run: `avx512`, `avx2` or `portable`.
    pub kernels: String,
    pub threads: usize,
    /// The iteration training starts after: 0, or that of the checkpoint resumed.
    pub iteration: u64,
    pub generator_parameters: usize,
    pub discriminator_parameters: usize,
}

/// A dataset as a run remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Such as `mnist` or `synthetic`, or the folder's name where the content is not known.
    pub name: String,
    /// How many images.
    pub count: usize,
    /// SHA-256 of the pixels, in hexadecimal.
    pub sha256: String,
}

/// One line of `metrics.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// From 1.
    pub iteration: u64,
    /// The mean of the two discriminator losses.
    pub d_loss: f32,
    pub d_loss_real: f32,
    pub d_loss_fake: f32,
    pub g_loss: f32,
    /// Share of the 2n logits on the right side of zero, each before its own update.
    pub d_accuracy: f32,
    /// Mean sigmoid of the logits of the real images, D(x).
    pub d_real: f32,
    /// Mean sigmoid of the logits of the fakes, D(G(z)).
    pub d_fake: f32,
    /// How long the iteration took, in milliseconds.
    pub step_ms: f64,
    /// Training time since the run began, in seconds, pauses left out.
    pub elapsed_s: f64,
}

/// The images of the fixed latents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub iteration: u64,
    pub images: Stack,
}

/// The content of a checkpoint: both networks, running statistics and optimisers after one iteration.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    pub iteration: u64,
    pub seed: u64,
    /// Name of the architecture, such as `dcgan`.
    pub model: String,
    /// Length of a latent.
    pub latent: usize,
    /// Optimiser steps taken by the generator and the discriminator.
    pub generator_steps: u64,
    pub discriminator_steps: u64,
    /// Named as in the checkpoint file, sorted by name.
    pub tensors: Vec<NamedTensor>,
}

impl Snapshot {
    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&NamedTensor> {
        self.tensors.binary_search_by(|tensor| tensor.name.as_str().cmp(name)).ok().map(|index| &self.tensors[index])
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

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All iterations, or all minutes, are done.
    Finished,
    /// Somebody asked it to stop.
    Stopped,
    /// It could not go on; the reason in one line.
    Failed(String),
}

/// What training is told, looked at between two iterations.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Pause,
    Resume,
    /// Save a checkpoint now and go on.
    Save,
    /// Save a checkpoint and end.
    Stop,
}
