//! An experiment as a person writes it ([`Preset`], RON) and as it is run ([`Plan`], checked).

use serde::{Deserialize, Serialize};

pub use crate::objective::Objective;
pub use averages::{Averages, average_name};
pub use data::Data;
pub use error::PresetError;
pub use model::{Conditioning, MNIST_SHAPE, MOST_CLASSES, Model, ModelInfo};
pub use optimizer::Adam;
pub use penalty::GradientPenalty;
pub use reading::{Fit, HeldBack, Invert, NEWEST_READER, Reading};
pub use schedule::{InstanceNoise, Schedule};
pub use setting::Setting;
pub use stopping::{EarlyStop, StopAt};

use crate::range::{FloatRange, IntRange, TextRule};
use declare::fields;
use value::Unranged;

mod averages;
mod data;
mod declare;
mod error;
mod explain;
pub mod library;
mod model;
mod optimizer;
mod penalty;
mod place;
mod reading;
pub mod reference;
mod rules;
mod schedule;
mod setting;
mod stopping;
mod value;

fields! {
    /// An experiment, as written in a `.ron` file; every field has a default.
    #[derive(Debug, Clone, PartialEq)]
    Preset, declared in PresetDeclarations:

    /// One word: runs are kept in `runs/<name>-<time>`.
    name: String = "custom".into(), { range: NAME, recording_only: true, };

    /// One sentence, shown where presets are listed.
    description: String = String::new(), { range: DESCRIPTION, recording_only: true, };

    /// The architecture.
    model: Model = Model::Dcgan;

    /// Length of a latent, the vector of normal numbers that an image is made from.
    latent: usize = 100, {
        range: IntRange::new(1..=1024),
        unit: "numbers",
        alternatives: Some(model::latents),
    };

    /// The images to learn from: Auto is MNIST where it is found, else the embedded digits;
    /// Synthetic is the embedded digits, Faces the embedded faces; Folder is a folder of images or
    /// IDX files, a zip or tar archive of images, or a NumPy file.
    data: Data = Data::Auto;

    /// How a picture of another size is fitted to the model's images: Contain shows all of it,
    /// with bars; Cover cuts the centre; Stretch changes the aspect ratio.
    fit: Fit = Fit::Contain, { omit_default: true, };

    /// Whether light and dark are exchanged in pictures; Auto does so for grey 28x28 images if
    /// most have light edges.
    invert: Invert = Invert::Auto, { omit_default: true, };

    /// Whether a single unreadable picture is an error; otherwise less than 1% are passed over.
    strict: bool = false, { omit_default: true, recording_only: true, };

    /// Images kept from training, to compare samples with: Auto is a tenth of a folder or archive
    /// of at least 2,000 pictures, at most 5,000.
    held_back: HeldBack = HeldBack::Auto, { omit_default: true, };

    /// Version of the reader of folders and archives, which decides each pixel; 0 is the newest
    /// for a new run, and 1 for one that was recorded without a version.
    reader: u64 = 0, { range: IntRange::new(0..=NEWEST_READER), omit_default: true, };

    /// Images in a batch.
    batch: usize = 32, { range: IntRange::new(1..=1024), unit: "images", };

    /// Iterations of a whole run. Each updates the discriminator (on real images, then on fakes;
    /// with reuse_fakes on both at once) and the generator.
    iterations: u64 = 10_000, { range: ITERATIONS, unit: "iterations", };

    /// Random seed. Everything random (weights, batches, latents, dropout) is a function of the
    /// seed: equal seeds give equal runs.
    seed: u64 = 1;

    /// Fraction of the values that dropout sets to zero in each of the discriminator's blocks; 0
    /// disables dropout.
    dropout: f32 = 0.25, { range: FloatRange::from(0.0).below(1.0), unit: "fraction", };

    /// The generator's optimiser, Adam: learning rate, decay rates of the two moments, and epsilon.
    generator: Adam = Adam::default();

    /// The discriminator's optimiser, Adam.
    discriminator: Adam = Adam::default();

    /// Training objective: the losses of both networks.
    objective: Objective = Objective::CrossEntropy, { omit_default: true, };

    /// One-sided label smoothing: how far the label of real images is below 1. Needs an objective
    /// with labels.
    label_smoothing: f32 = 0.0, {
        range: FloatRange::from(0.0).below(0.5),
        omit_default: true,
    };

    /// Discriminator updates per iteration.
    discriminator_steps: usize = 1, {
        range: IntRange::new(1..=100),
        unit: "updates",
        omit_default: true,
    };

    /// Whether one generator pass serves both networks, and real and generated images share one
    /// discriminator update. Saves a pass per iteration.
    reuse_fakes: bool = false, { omit_default: true, };

    /// Whether to train the discriminator to reject real images with mismatched labels (GAN-CLS);
    /// needs reuse_fakes and a class-conditional model.
    wrong_labels: bool = false, { omit_default: true, };

    /// Whether colour networks are conditioned on the dataset's classes: Auto does so where there
    /// are 2 to 16, Required fails where there are not, Ignored never does.
    labels: LabelUse = LabelUse::Auto, { omit_default: true, };

    /// Normalisation in the discriminator's later convolutions: batch norm or none.
    norm: Norm = Norm::Batch, { omit_default: true, };

    /// Whether to divide the discriminator's kernels by their largest singular value (spectral
    /// normalisation).
    spectral_norm: bool = false, { omit_default: true, };

    /// EMA decay rate for the generator weights used to draw images; 0 disables averaging.
    average: f32 = 0.0, {
        range: FloatRange::from(0.0).below(1.0),
        unit: "fraction",
        omit_default: true,
    };

    /// Decay rates of further averages that checkpoints keep beside that one, for `sample` and
    /// `score` to choose from.
    more_averages: Averages = Averages::default(), { omit_default: true, };

    /// Penalties on the discriminator's gradient at real and at generated images; needs reuse_fakes
    /// and no dropout.
    gradient_penalty: GradientPenalty = GradientPenalty::default(), { omit_default: true, };

    /// Instance noise on all images given to the discriminator: its standard deviation, which
    /// decays to 0 at iteration `until`.
    instance_noise: InstanceNoise = InstanceNoise::default(), { omit_default: true, };

    /// Maximum random shift, in each direction, of the images given to the discriminator.
    shift: usize = 0, {
        range: IntRange::new(0..=MNIST_SHAPE.width as u64 / 2),
        unit: "pixels",
        omit_default: true,
    };

    /// Maximum random rotation, in each direction, of the images given to the discriminator.
    rotate: f32 = 0.0, {
        range: FloatRange::from(0.0).up_to(180.0),
        unit: "degrees",
        omit_default: true,
    };

    /// Maximum random change of the size of the images given to the discriminator: 0.2 is from 0.8
    /// to 1.2 of it.
    zoom: f32 = 0.0, {
        range: FloatRange::from(0.0).up_to(0.9),
        unit: "fraction",
        omit_default: true,
    };

    /// Side of a square of background at a random place of the images given to the discriminator,
    /// as a fraction of theirs (DeVries and Taylor 2017).
    cutout: f32 = 0.0, {
        range: FloatRange::from(0.0).up_to(1.0),
        unit: "fraction",
        omit_default: true,
    };

    /// Fraction of the images that are shifted, rotated, zoomed and cut out, each image by itself.
    augment_share: f32 = 1.0, {
        range: FloatRange::from(0.0).up_to(1.0),
        unit: "fraction",
        omit_default: true,
    };

    /// Adapts augment_share, from 0 on, so that the mean sign of the discriminator's logits on real
    /// images approaches this (Karras et al. 2020, who take 0.6); 0 disables this.
    augment_target: f32 = 0.0, {
        range: FloatRange::from(0.0).below(1.0),
        omit_default: true,
    };

    /// Learning rate schedule: decay from iteration `from` to 0 at `until`. If you change
    /// `iterations`, change both. CosineToEnd begins after a share of the way and, with a time limit,
    /// ends where that is expected to end the run.
    schedule: Schedule = Schedule::Constant, { unit: "iterations", omit_default: true, };

    /// Iterations between two scores of the digits, for runs on MNIST or the synthetic digits; 0
    /// disables scoring.
    score_every: u64 = 1_000, {
        range: IntRange::new(0..=ITERATIONS.max),
        unit: "iterations",
        omit_default: true,
        recording_only: true,
    };

    /// A score or a loss at which the run ends before its last iteration: a distance from real
    /// images, or the loss of a network in an iteration, of at most this.
    stop_at: StopAt = StopAt::Never, { omit_default: true, recording_only: true, };

    /// Number of scores without a better one after which the run ends; 0 disables this.
    patience: u64 = 0, {
        range: IntRange::new(0..=1_000_000),
        unit: "scores",
        omit_default: true,
        recording_only: true,
    };

    /// Iterations between two frames, the images generated from 64 fixed latents.
    frame_every: u64 = 20, { range: ITERATIONS, unit: "iterations", recording_only: true, };

    /// Whether to write an event file for TensorBoard into the run directory while it trains.
    tensorboard: bool = false, { omit_default: true, recording_only: true, };

    /// Iterations between two checkpoints, from which a run resumes and images are sampled.
    checkpoint_every: u64 = 500, {
        range: ITERATIONS,
        unit: "iterations",
        recording_only: true,
    };

    /// Number of latest checkpoints to keep.
    keep_checkpoints: usize = 3, {
        range: IntRange::new(1..=1_000_000),
        unit: "checkpoints",
        recording_only: true,
    };
}

const ITERATIONS: IntRange = IntRange::new(1..=10_000_000);

const LONGEST_NAME: usize = 40;

/// Names become directories, so they hold nothing that a path or a shell reads in its own way.
const NAME: TextRule = TextRule {
    expected: "one word of up to 40 letters, digits, `-` and `_`, a letter or digit first",
    accepts: |text| {
        let tail = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        text.len() <= LONGEST_NAME
            && text.bytes().all(tail)
            && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
    },
};

const DESCRIPTION: TextRule = TextRule {
    expected: "one line of up to 200 characters",
    accepts: |text| text.chars().count() <= 200 && !text.chars().any(char::is_control),
};

/// The norm in the discriminator's convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Norm {
    /// Batch norm.
    Batch,
    Off,
}

impl Unranged for Norm {
    fn alternatives() -> Vec<String> {
        [Self::Batch, Self::Off].map(|norm| norm.to_ron()).into()
    }

    fn to_ron(&self) -> String {
        format!("{self:?}")
    }
}

/// How a model that can be conditioned on classes uses the labels of its dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LabelUse {
    /// Where there are classes and not too many.
    Auto,
    /// Always.
    Required,
    /// Never.
    Ignored,
}

impl Unranged for LabelUse {
    fn alternatives() -> Vec<String> {
        [Self::Auto, Self::Required, Self::Ignored].map(|labels| labels.to_ron()).into()
    }

    fn to_ron(&self) -> String {
        format!("{self:?}")
    }
}

impl Preset {
    /// Reads a preset from RON. `origin` is what errors call the text: a path, or the name of a
    /// built-in preset.
    ///
    /// # Errors
    /// Returns an error if the text is not a preset, with line, column, field, expected and found.
    /// Rules across fields are checked by [`Plan`].
    pub fn parse(text: &str, origin: &str) -> Result<Self, PresetError> {
        ron::from_str(text).map_err(|error| explain::parse_error(origin, text, &error))
    }

    /// The preset as RON, every field written out with a comment; [`Preset::parse`] reads the same
    /// preset back.
    pub fn to_ron(&self) -> String {
        reference::ron(self)
    }

    /// Returns every field in which two presets differ, in the order in which they are written.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for field in Self::FIELDS {
            let mut compare = |name: String, values: [String; 2]| {
                if values[0] != values[1] {
                    let recording_only = field.recording_only;
                    differences.push(Difference { field: name, recording_only, values });
                }
            };
            let parts = (field.parts)(self);
            if parts.is_empty() {
                compare(field.name.into(), [self, other].map(field.value));
            }
            for ((part, of_self), (_, of_other)) in parts.into_iter().zip((field.parts)(other)) {
                compare(format!("{}.{part}", field.name), [of_self, of_other]);
            }
        }
        differences
    }

    /// Returns every field in which the preset of a run differs from that of an earlier part of it,
    /// but for the location of the data and the length of the run.
    pub fn changes_since(&self, earlier: &Self) -> Vec<Difference> {
        let as_recorded =
            |of: &Self| Self { data: of.data.without_location(), iterations: 1, ..of.clone() };
        as_recorded(self).differences(&as_recorded(earlier))
    }

    /// Returns what a checkpoint records of the preset, as JSON: everything but the location of the
    /// data and the length of the run, which do not affect the result of an iteration. The inverse
    /// of [`Preset::from_recorded`].
    pub fn recorded(&self) -> String {
        let data = self.data.without_location();
        serde_json::to_string(&Self { data, iterations: 1, ..self.clone() }).unwrap_or_default()
    }

    /// Returns the preset recorded in a checkpoint, for a run of `iterations`.
    ///
    /// # Errors
    /// Returns the reason if the text is not a preset.
    pub fn from_recorded(text: &str, iterations: u64) -> Result<Self, String> {
        let preset: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self { iterations, ..preset })
    }
}

/// A field in which two presets differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Such as `batch`, or `generator.beta1`.
    pub field: String,
    /// Whether it only concerns what is recorded of a run, not what is trained.
    pub recording_only: bool,
    /// The value in both presets, as written in them.
    pub values: [String; 2],
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

    /// Returns the plan as a new run records it: with the version of the reader of its pictures.
    pub fn for_new_run(self) -> Self {
        Self { preset: self.preset.with_newest_reader() }
    }

    /// Returns the plan with the reader of a run that it continues, unless it names one.
    pub fn for_run_of(self, recorded: &Preset) -> Self {
        let reader = if self.preset.reader == 0 { recorded.reader } else { self.preset.reader };
        Self { preset: Preset { reader, ..self.preset } }
    }
}

impl TryFrom<Preset> for Plan {
    type Error = PresetError;

    /// # Errors
    /// Returns the first field that breaks a rule: its name, expected and found.
    fn try_from(preset: Preset) -> Result<Self, PresetError> {
        rules::check(&preset)?;
        Ok(Self { preset })
    }
}

#[cfg(test)]
mod tests;
