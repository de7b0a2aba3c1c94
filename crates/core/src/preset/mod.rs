//! An experiment as a person writes it ([`Preset`], RON) and as it is run ([`Plan`], checked).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use crate::objective::Objective;
pub use data::Data;
pub use error::PresetError;
pub use model::{MNIST_SHAPE, Model, ModelInfo};
pub use optimizer::Adam;
pub use schedule::{InstanceNoise, Schedule};

use crate::range::{FloatRange, IntRange, TextRule};
use declare::fields;
use value::Unranged;

mod data;
mod declare;
mod error;
mod explain;
pub mod library;
mod model;
mod optimizer;
mod place;
pub mod reference;
mod rules;
mod schedule;
mod value;

fields! {
    /// An experiment, every field with a default, as it stands in a `.ron` file.
    #[derive(Debug, Clone, PartialEq)]
    Preset, declared in PresetDeclarations:

    /// One word: runs are kept in `runs/<name>-<time>`.
    name: String = "custom".into(), { range: NAME, };

    /// One sentence, shown where presets are listed.
    description: String = String::new(), { range: DESCRIPTION, };

    /// The architecture.
    model: Model = Model::Dcgan;

    /// Length of a latent, the vector of normal numbers that an image is made from.
    latent: usize = 100, {
        range: IntRange::new(1..=1024),
        unit: "numbers",
        alternatives: Some(model::latents),
    };

    /// The images to learn from: Auto is MNIST where it is found, else the embedded digits;
    /// Synthetic is the embedded digits; Folder has IDX files or PNG images in it.
    data: Data = Data::Auto;

    /// Images in a batch.
    batch: usize = 32, { range: IntRange::new(1..=1024), unit: "images", };

    /// Iterations of a whole run. Each updates the discriminator (on real images, then on fakes;
    /// with reuse_fakes on both at once) and the generator.
    iterations: u64 = 10_000, { range: ITERATIONS, unit: "iterations", };

    /// Everything random (weights, batches, latents, dropout) is a function of the seed: equal
    /// seeds give equal runs.
    seed: u64 = 1;

    /// Share of the values that dropout sets to zero in each of the discriminator's blocks; 0
    /// switches it off.
    dropout: f32 = 0.25, { range: FloatRange::from(0.0).below(1.0), unit: "share", };

    /// The generator's optimiser, Adam: step size, decay of the two moments, and what keeps the
    /// division from zero.
    generator: Adam = Adam::default();

    /// The discriminator's optimiser, Adam.
    discriminator: Adam = Adam::default();

    /// What the two networks are told to make small.
    objective: Objective = Objective::CrossEntropy, { omit_default: true, };

    /// How much less than 1 the label of real images is, with an objective that has labels.
    label_smoothing: f32 = 0.0, {
        range: FloatRange::from(0.0).below(0.5),
        omit_default: true,
    };

    /// Discriminator updates in an iteration.
    discriminator_steps: usize = 1, {
        range: IntRange::new(1..=100),
        unit: "updates",
        omit_default: true,
    };

    /// Whether one pass of the generator serves both networks, and real images and fakes make one
    /// discriminator update. It saves a pass.
    reuse_fakes: bool = false, { omit_default: true, };

    /// Whether the discriminator sees real images under wrong labels too, as what it is to tell
    /// from real ones; with reuse_fakes, in a model that is told the digit.
    wrong_labels: bool = false, { omit_default: true, };

    /// Norm in the discriminator's later convolutions: batch norm, or off.
    norm: Norm = Norm::Batch, { omit_default: true, };

    /// Whether the discriminator's kernels are divided by their largest singular value.
    spectral_norm: bool = false, { omit_default: true, };

    /// Share that averaged generator weights, which images are then drawn with, keep at each
    /// iteration; 0 keeps none.
    average: f32 = 0.0, {
        range: FloatRange::from(0.0).below(1.0),
        unit: "share",
        omit_default: true,
    };

    /// Noise on all images that the discriminator sees: its deviation, which goes down to 0 at
    /// iteration until.
    instance_noise: InstanceNoise = InstanceNoise::default(), { omit_default: true, };

    /// How far the images that the discriminator sees are moved at most, each way.
    shift: usize = 0, {
        range: IntRange::new(0..=MNIST_SHAPE.width as u64 / 2),
        unit: "pixels",
        omit_default: true,
    };

    /// How the learning rates go down, from iteration `from` to 0 at `until`: with other
    /// iterations, change both.
    schedule: Schedule = Schedule::Constant, { unit: "iterations", omit_default: true, };

    /// Iterations between two scores of the digits, where MNIST or the embedded digits are learned;
    /// 0 scores none.
    score_every: u64 = 1_000, {
        range: IntRange::new(0..=ITERATIONS.max),
        unit: "iterations",
        omit_default: true,
    };

    /// Iterations between two frames, the images of 64 latents that stay the same throughout a run.
    frame_every: u64 = 20, { range: ITERATIONS, unit: "iterations", };

    /// Iterations between two checkpoints, from which a run goes on and images are drawn.
    checkpoint_every: u64 = 500, { range: ITERATIONS, unit: "iterations", };

    /// How many of the newest checkpoints stay.
    keep_checkpoints: usize = 3, {
        range: IntRange::new(1..=1_000_000),
        unit: "checkpoints",
    };
}

const ITERATIONS: IntRange = IntRange::new(1..=10_000_000);

/// Names become directories, so they hold nothing that a path or a shell reads in its own way.
const NAME: TextRule = TextRule {
    expected: "one word of up to 40 letters, digits, `-` and `_`, a letter or digit first",
    accepts: |text| {
        let tail = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        text.len() <= 40
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

impl Preset {
    /// Reads a preset from RON. `origin` is what errors call the text: a path, or the name of a
    /// built-in preset.
    ///
    /// # Errors
    /// Where the text is no preset: line, column, field, expected and found. Rules across fields
    /// are [`Plan`]'s.
    pub fn parse(text: &str, origin: &str) -> Result<Self, PresetError> {
        ron::from_str(text).map_err(|error| explain::parse_error(origin, text, &error))
    }

    /// The preset as RON, every field written out with a comment; [`Preset::parse`] reads the same
    /// preset back.
    pub fn to_ron(&self) -> String {
        reference::ron(self)
    }

    /// What a checkpoint keeps of the preset, as JSON: all but where the data lies and how long the
    /// run is to be, which change nothing in what an iteration leaves. The inverse of
    /// [`Preset::from_recorded`].
    pub fn recorded(&self) -> String {
        let data = match &self.data {
            Data::Folder(path) => {
                Data::Folder(path.file_name().map_or_else(PathBuf::new, PathBuf::from))
            }
            named => named.clone(),
        };
        serde_json::to_string(&Self { data, iterations: 1, ..self.clone() }).unwrap_or_default()
    }

    /// The preset in a checkpoint, for a run of so many iterations.
    ///
    /// # Errors
    /// Where the text is no preset: the reason.
    pub fn from_recorded(text: &str, iterations: u64) -> Result<Self, String> {
        let preset: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self { iterations, ..preset })
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

impl TryFrom<Preset> for Plan {
    type Error = PresetError;

    /// # Errors
    /// The first field that breaks a rule: its name, expected and found.
    fn try_from(preset: Preset) -> Result<Self, PresetError> {
        rules::check(&preset)?;
        Ok(Self { preset })
    }
}

#[cfg(test)]
mod tests;
