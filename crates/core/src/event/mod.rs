//! What a run reports and what it is told: owned plain data, no tensors, so that it can be
//! recorded, drawn, sent and replayed.

mod digits;
mod images;
mod json;
mod learning_rates;
mod machine;
mod metrics;
mod run_state;
mod score;
mod series;
mod snapshot;

use std::{mem, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::dataset::KnownDataset;
pub use digits::Digits;
pub use images::{Drawing, Frame, Pictures};
pub use learning_rates::{Change, LearningRates};
pub use machine::{Load, Machine, Spent};
pub use metrics::Metrics;
pub use run_state::{Outcome, RunState};
pub use score::{DigitScore, Neighbours, PictureScore, Score, Variety};
pub use series::{Chart, Series, Unit};
pub use snapshot::{NamedTensor, Snapshot};

/// Everything that a run reports but its weights: what is drawn, sent to monitors and, where it
/// lasts, recorded. The weights go another way, by [`EventListener::save`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Something that takes a while and is not training has begun or made progress.
    Preparing(Preparing),
    /// The dataset is loaded and the networks are built: training begins.
    Started(Box<Started>),
    /// One iteration is done.
    Metrics(Metrics),
    /// How busy the machine was over the last seconds, and with what. It is not recorded.
    Machine(Box<Machine>),
    /// The images of the fixed latents after an iteration.
    Frame(Arc<Frame>),
    /// The checkpoint of this iteration is being written.
    Saving(u64),
    /// It is written.
    Saved(u64),
    /// The networks of this iteration have the best score so far; they are kept apart from the
    /// checkpoints.
    Best(u64),
    /// Training is paused (true) or continues (false).
    Paused(bool),
    /// A parameter was changed while training.
    Changed(Change),
    /// What [`Command::Draw`] asked for.
    Pictures(Arc<Pictures>),
    /// What [`Command::Draw`] asked for cannot be drawn, for this reason.
    NotDrawn { drawing: Drawing, reason: String },
    /// The storage takes nothing any more, or it does again.
    #[serde(rename = "trouble")]
    Storage(Storage),
    /// Something that a person should know of the run, in a line.
    Note(String),
    /// Another process continues the run, reached by the same address.
    HandedOver,
    /// The last event of a run.
    Ended(Outcome),
}

/// How an event reaches listeners that are slower than training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Only the newest of its kind counts: an older one that still waits is dropped.
    Latest,
    /// All of them, in order; if far too many wait, the oldest are dropped, as the run's files
    /// have them.
    Series,
    /// Each of them, in order, always.
    Always,
}

impl Event {
    /// How it is delivered.
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::Preparing(_)
            | Self::Machine(_)
            | Self::Frame(_)
            | Self::Saving(_)
            | Self::Saved(_)
            | Self::Best(_)
            | Self::Paused(_)
            | Self::Pictures(_)
            | Self::NotDrawn { .. }
            | Self::Storage(_) => Delivery::Latest,
            Self::Metrics(_) => Delivery::Series,
            Self::Started(_)
            | Self::Changed(_)
            | Self::Note(_)
            | Self::HandedOver
            | Self::Ended(_) => Delivery::Always,
        }
    }

    /// Whether this event makes an older one that still waits useless.
    pub fn supersedes(&self, older: &Self) -> bool {
        match (self, older) {
            (Self::Pictures(new), Self::Pictures(old)) => new.drawing == old.drawing,
            _ => {
                self.delivery() == Delivery::Latest
                    && mem::discriminant(self) == mem::discriminant(older)
            }
        }
    }

    /// Whether what was sent holds together; a sender is not trusted.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Pictures(pictures) => pictures.verdicts.len() == pictures.images.len(),
            _ => true,
        }
    }
}

/// Whether the run's storage takes what is to be saved. As JSON: the reason, or `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum Storage {
    /// What was reported last cannot be saved, for this reason: training waits until it can.
    Stalled(String),
    /// What waited is saved, and training continues.
    Recovered,
}

impl From<Option<String>> for Storage {
    fn from(reason: Option<String>) -> Self {
        reason.map_or(Self::Recovered, Self::Stalled)
    }
}

impl From<Storage> for Option<String> {
    fn from(storage: Storage) -> Self {
        match storage {
            Storage::Stalled(reason) => Some(reason),
            Storage::Recovered => None,
        }
    }
}

/// Takes what a run reports, in order, on the training thread. An error ends the run with that
/// reason.
pub trait EventListener: Send {
    /// Takes an event.
    ///
    /// # Errors
    /// Returns the reason in one line if the run cannot continue.
    fn event(&mut self, event: Event) -> Result<(), String>;

    /// Takes the weights, to be saved.
    ///
    /// # Errors
    /// As [`EventListener::event`].
    fn save(&mut self, weights: Weights) -> Result<(), String>;
}

/// Weights to be saved.
#[derive(Debug, Clone)]
pub enum Weights {
    /// All that is needed to resume from here.
    Checkpoint(Arc<Snapshot>),
    /// The networks with the best score so far.
    Best(Arc<Snapshot>),
}

/// Work before the first iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preparing {
    /// What is being done, such as "drawing the synthetic digits".
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
    /// The revision of their arithmetic; 1 in runs of before it was recorded.
    #[serde(default = "first_revision")]
    pub kernel_revision: u32,
    pub threads: usize,
    /// What decided the number of threads, where that is known.
    #[serde(default)]
    pub threads_from: Option<String>,
    /// The iteration training starts after: 0, or that of the checkpoint resumed.
    pub iteration: u64,
    pub generator_parameters: usize,
    pub discriminator_parameters: usize,
    /// The names of the classes that the networks are conditioned on, in the order of their labels;
    /// none if they are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// What a person should know of how the images were read and are used: a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The revision of the kernels of runs that do not say it.
pub fn first_revision() -> u32 {
    1
}

/// A dataset as a run remembers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Such as `mnist` or `synthetic`, or the folder's name where the content is not known.
    pub name: String,
    /// How many images.
    pub count: usize,
    /// SHA-256 of the pixels, in hexadecimal.
    pub sha256: String,
    /// The classes' names in the order of their labels; none if it has no labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// SHA-256 of the pixels' hash, the labels and the classes' names, in hexadecimal; none if the
    /// dataset has no labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labelled_sha256: Option<String>,
    /// How the images were read and converted, and what was passed over: a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl DatasetInfo {
    /// Returns the published dataset that it is. The content decides where it is known; a name is
    /// only a folder's.
    pub fn known(&self) -> Option<&'static KnownDataset> {
        KnownDataset::of_pixels(&self.sha256)
            .or_else(|| KnownDataset::named(&self.name).filter(|known| known.pixels.is_empty()))
    }
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
