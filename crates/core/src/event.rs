//! What training says and is told: owned plain data, no tensors, so that it can be recorded, drawn,
//! sent and replayed.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::image::ImageBatch;

mod digits;

pub use digits::Digits;

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
    /// The networks that have scored best so far.
    Best(Arc<Snapshot>),
    /// Training waits (true) or goes on (false).
    Paused(bool),
    /// Somebody changed a parameter while it runs.
    Changed(Change),
    /// What [`Command::Draw`] asked for.
    Pictures(Arc<Pictures>),
    /// What was told last cannot be saved, and why: training waits until it can, which `None` says.
    Trouble(Option<String>),
    /// The last event of a run.
    Ended(Outcome),
}

/// What somebody who looks on is told of a run: its events without the weights, fit to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    Preparing(Preparing),
    Started(Box<Started>),
    Metrics(Metrics),
    Frame(Arc<Frame>),
    /// The checkpoint of this iteration is being written.
    Saving(u64),
    /// It is written.
    Saved(u64),
    /// The networks of this iteration scored best so far, and are kept apart from the checkpoints.
    Best(u64),
    Paused(bool),
    Changed(Change),
    Pictures(Arc<Pictures>),
    Trouble(Option<String>),
    /// Another process goes on with the run, reached by the same address.
    HandedOver,
    Ended(Outcome),
}

impl From<&Event> for Report {
    fn from(event: &Event) -> Self {
        match event {
            Event::Preparing(preparing) => Self::Preparing(preparing.clone()),
            Event::Started(started) => Self::Started(started.clone()),
            Event::Metrics(metrics) => Self::Metrics(*metrics),
            Event::Frame(frame) => Self::Frame(frame.clone()),
            Event::Checkpoint(snapshot) => Self::Saved(snapshot.iteration),
            Event::Best(snapshot) => Self::Best(snapshot.iteration),
            Event::Paused(paused) => Self::Paused(*paused),
            Event::Changed(change) => Self::Changed(change.clone()),
            Event::Pictures(pictures) => Self::Pictures(pictures.clone()),
            Event::Trouble(trouble) => Self::Trouble(trouble.clone()),
            Event::Ended(outcome) => Self::Ended(outcome.clone()),
        }
    }
}

/// Work before the first iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparing {
    /// What is being done, such as "drawing the embedded digits".
    pub what: String,
    pub done: u64,
    /// Zero where it is not known.
    pub total: u64,
}

/// What is known once everything is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    #[serde(deserialize_with = "number")]
    pub d_loss: f32,
    #[serde(deserialize_with = "number")]
    pub d_loss_real: f32,
    #[serde(deserialize_with = "number")]
    pub d_loss_fake: f32,
    #[serde(deserialize_with = "number")]
    pub g_loss: f32,
    /// Share of the 2n logits on the right side (of zero; of 1/2 with least squares), each before
    /// its own update; with the Wasserstein and relativistic objectives, share of the pairs in
    /// which the real image has the higher one.
    #[serde(deserialize_with = "number")]
    pub d_accuracy: f32,
    /// Mean sigmoid of the logits of the real images, D(x).
    #[serde(deserialize_with = "number")]
    pub d_real: f32,
    /// Mean sigmoid of the logits of the fakes, D(G(z)).
    #[serde(deserialize_with = "number")]
    pub d_fake: f32,
    /// How long the iteration took, in milliseconds.
    pub step_ms: f64,
    /// Training time since the run began, in seconds, pauses left out.
    pub elapsed_s: f64,
    /// How good the digits were after this iteration, where they were scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
}

/// How good some images are as digits, by a classifier's features and readings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How many images were looked at.
    pub samples: usize,
    /// Fréchet distance of their features from those of real images; less is better.
    #[serde(deserialize_with = "number")]
    pub frechet_distance: f32,
    /// What as many real images score, others than are compared with.
    pub floor: f32,
    /// Mean probability of the class that each is read as.
    pub confidence: f32,
    /// Share of the images read as each digit.
    pub classes: [f32; 10],
    /// Kullback-Leibler divergence of these shares from those of real images, in nats; infinite
    /// (`null` in JSON) where a digit is drawn that the real images have none of.
    #[serde(deserialize_with = "number")]
    pub class_kl: f32,
    /// The smallest of the shares.
    pub smallest_class: f32,
    /// Variance of the features within a class over that of real images, the mean of all classes; 1
    /// is as diverse as real ones.
    pub diversity: f32,
    /// Share of the images that are read as the digit that was asked for, where digits were asked
    /// for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_asked: Option<f32>,
}

/// A number as JSON holds it: there is no NaN and no infinity there, so these are written as `null`
/// and read as NaN.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f32::NAN))
}

fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let numbers: Vec<Option<f32>> = Vec::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|number| number.unwrap_or(f32::NAN)).collect())
}

/// The images of the fixed latents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub iteration: u64,
    pub images: ImageBatch,
}

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

/// A parameter that was changed while a run went on: one line of `changes.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The last iteration before it.
    pub iteration: u64,
    /// Such as `generator.learning_rate`.
    pub field: String,
    pub old: f32,
    pub new: f32,
}

/// The learning rates of both optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningRates {
    pub generator: f32,
    pub discriminator: f32,
}

impl LearningRates {
    const FIELDS: [&str; 2] = ["generator.learning_rate", "discriminator.learning_rate"];

    /// What is otherwise in `new`, after `iteration`.
    pub fn changes(self, new: Self, iteration: u64) -> Vec<Change> {
        let pairs = [(self.generator, new.generator), (self.discriminator, new.discriminator)];
        let changed = Self::FIELDS.into_iter().zip(pairs).filter(|(_, (old, new))| old != new);
        changed
            .map(|(field, (old, new))| Change { iteration, field: field.into(), old, new })
            .collect()
    }

    /// Whether both are learning rates at all.
    pub fn are_sound(self) -> bool {
        [self.generator, self.discriminator]
            .iter()
            .all(|rate| rate.is_finite() && *rate > 0.0 && *rate <= 1.0)
    }

    /// Makes a change; one of another field, or to what is no learning rate, changes nothing.
    pub fn apply(&mut self, change: &Change) {
        if !(change.new.is_finite() && change.new > 0.0) {
            return;
        }
        match Self::FIELDS.iter().position(|field| *field == change.field) {
            Some(0) => self.generator = change.new,
            Some(_) => self.discriminator = change.new,
            None => {}
        }
    }
}

/// Pictures that are drawn on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawing {
    /// The fixed latents.
    Fixed,
    /// Latents drawn anew for every turn.
    Fresh { turn: u64 },
    /// From one latent to the next, in equal steps along the great circle; the next leg begins
    /// where this one ends.
    Walk { leg: u64 },
    /// Real pictures, drawn anew for every turn, then as many generated ones.
    Beside { turn: u64 },
    /// Eight of each digit in turn, where digits can be asked for.
    Digits { turn: u64 },
    /// One picture for each digit of a number, where digits can be asked for.
    Number { digits: Digits, turn: u64 },
}

/// Pictures drawn on request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pictures {
    /// The iteration after which they were drawn.
    pub iteration: u64,
    pub drawing: Drawing,
    pub images: ImageBatch,
    /// How probable the discriminator, without dropout, holds it that each is real.
    #[serde(deserialize_with = "numbers")]
    pub verdicts: Vec<f32>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All iterations, or all minutes, are done.
    Finished,
    /// Somebody asked it to stop.
    Stopped,
    /// It could not go on; the reason in one line.
    Failed(String),
}

/// What training is told, looked at between two iterations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    Pause,
    Resume,
    /// Save a checkpoint now and go on.
    Save,
    /// Do one iteration, while paused.
    Step,
    /// From the next iteration on, train with these.
    LearningRates(LearningRates),
    /// Draw pictures that only the networks can draw. What is trained does not depend on it.
    Draw(Drawing),
    /// Save a checkpoint and end.
    Stop,
}
