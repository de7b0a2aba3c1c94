//! An experiment as a person writes it ([`Preset`], RON) and as it is run ([`Plan`], checked).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use data::Data;
pub use error::PresetError;
pub use model::{Model, ModelInfo};
pub use schedule::{InstanceNoise, Schedule};

mod data;
pub mod error;
pub mod fields;
pub mod library;
mod model;
mod place;
mod print;
pub mod reference;
mod schedule;

/// An experiment, every field with a default, as it stands in a `.ron` file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    /// One word, as `--preset` takes it.
    #[serde(deserialize_with = "fields::read::name")]
    pub name: String,
    /// One sentence.
    #[serde(deserialize_with = "fields::read::description")]
    pub description: String,
    pub model: Model,
    /// Length of a latent.
    #[serde(deserialize_with = "fields::read::latent")]
    pub latent: usize,
    pub data: Data,
    /// Images in a batch.
    #[serde(deserialize_with = "fields::read::batch")]
    pub batch: usize,
    #[serde(deserialize_with = "fields::read::iterations")]
    pub iterations: u64,
    #[serde(deserialize_with = "fields::read::seed")]
    pub seed: u64,
    /// Dropout rate of the discriminator's blocks, in [0, 1); 0 switches it off.
    #[serde(deserialize_with = "fields::read::dropout")]
    pub dropout: f32,
    pub generator: Adam,
    pub discriminator: Adam,
    /// What the two networks are told to make small.
    #[serde(skip_serializing_if = "is_default")]
    pub objective: Objective,
    /// How much less than 1 the label of real images is, with an objective that has labels; 0
    /// leaves it.
    #[serde(
        deserialize_with = "fields::read::label_smoothing",
        skip_serializing_if = "is_default"
    )]
    pub label_smoothing: f32,
    /// Discriminator updates in an iteration.
    #[serde(
        deserialize_with = "fields::read::discriminator_steps",
        skip_serializing_if = "is_one"
    )]
    pub discriminator_steps: usize,
    /// Whether the fakes of the generator's own update are the discriminator's too, both of whose
    /// losses then make one update.
    #[serde(skip_serializing_if = "is_default")]
    pub reuse_fakes: bool,
    /// Whether the discriminator sees real images under wrong labels too, as what it is to tell
    /// from real ones.
    #[serde(skip_serializing_if = "is_default")]
    pub wrong_labels: bool,
    /// The norm in the discriminator's convolutions.
    #[serde(skip_serializing_if = "is_default")]
    pub norm: Norm,
    /// Whether the discriminator's kernels are divided by their largest singular value.
    #[serde(skip_serializing_if = "is_default")]
    pub spectral_norm: bool,
    /// Share that the averaged generator weights keep at each iteration; 0 keeps no averages.
    #[serde(deserialize_with = "fields::read::average", skip_serializing_if = "is_default")]
    pub average: f32,
    /// Noise on the images that the discriminator sees.
    #[serde(skip_serializing_if = "is_default")]
    pub instance_noise: InstanceNoise,
    /// Pixels by which the images that the discriminator sees are moved at most, each way.
    #[serde(deserialize_with = "fields::read::shift", skip_serializing_if = "is_default")]
    pub shift: usize,
    /// How the learning rates go down.
    #[serde(skip_serializing_if = "is_default")]
    pub schedule: Schedule,
    /// Iterations between two scores; 0 scores none.
    #[serde(deserialize_with = "fields::read::score_every", skip_serializing_if = "is_thousand")]
    pub score_every: u64,
    /// Iterations between two frames of the fixed latents.
    #[serde(deserialize_with = "fields::read::frame_every")]
    pub frame_every: u64,
    /// Iterations between two checkpoints.
    #[serde(deserialize_with = "fields::read::checkpoint_every")]
    pub checkpoint_every: u64,
    /// How many of the newest checkpoints stay.
    #[serde(deserialize_with = "fields::read::keep_checkpoints")]
    pub keep_checkpoints: usize,
}

/// What the networks are told to make small; the formulas are in `train::objective`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Objective {
    /// Binary cross-entropy, non-saturating for the generator.
    #[default]
    CrossEntropy,
    LeastSquares,
    Hinge,
    /// The discriminator's weights are kept within `clip` of zero.
    Wasserstein {
        #[serde(deserialize_with = "fields::read::clip")]
        clip: f32,
    },
    /// Cross-entropy of how much more real a real image looks than a generated one.
    Relativistic,
}

impl Objective {
    /// As it stands in a preset, its numbers left out.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "CrossEntropy",
            Self::LeastSquares => "LeastSquares",
            Self::Hinge => "Hinge",
            Self::Wasserstein { .. } => "Wasserstein",
            Self::Relativistic => "Relativistic",
        }
    }
}

/// The norm in the discriminator's convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Norm {
    /// Batch norm.
    #[default]
    Batch,
    Off,
}

/// Whether a field is what the reference has: such fields are left out of checkpoints, so that
/// those of the reference stay what they were.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_one(value: &usize) -> bool {
    *value == 1
}

fn is_thousand(value: &u64) -> bool {
    *value == 1_000
}

/// Adam as in algorithm 1 of Kingma and Ba, 2015.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adam {
    #[serde(deserialize_with = "fields::read::learning_rate")]
    pub learning_rate: f32,
    #[serde(deserialize_with = "fields::read::beta1")]
    pub beta1: f32,
    #[serde(deserialize_with = "fields::read::beta2")]
    pub beta2: f32,
    #[serde(deserialize_with = "fields::read::epsilon")]
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
            objective: Objective::CrossEntropy,
            label_smoothing: 0.0,
            discriminator_steps: 1,
            reuse_fakes: false,
            wrong_labels: false,
            norm: Norm::Batch,
            spectral_norm: false,
            average: 0.0,
            instance_noise: InstanceNoise::default(),
            shift: 0,
            schedule: Schedule::Constant,
            score_every: 1_000,
            frame_every: 20,
            checkpoint_every: 500,
            keep_checkpoints: 3,
        }
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
        ron::from_str(text).map_err(|error| PresetError::parsing(origin, text, &error))
    }

    /// The preset as RON, every field written out with a comment; [`Preset::parse`] reads the same
    /// preset back.
    pub fn to_ron(&self) -> String {
        print::ron(self)
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
        fields::check(&preset)?;
        Ok(Self { preset })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(text: &str) -> String {
        Preset::parse(text, "mine.ron").unwrap_err().to_string()
    }

    #[test]
    fn an_empty_preset_is_the_reference() {
        let preset = Preset::parse("()", "mine.ron").unwrap();
        assert_eq!(preset, Preset::default());
        assert_eq!(
            Preset::parse("Preset(\n)", "mine.ron").unwrap(),
            preset,
            "the struct's name may stand there"
        );
        assert!(Plan::try_from(preset).is_ok());
    }

    #[test]
    fn every_field_is_read() {
        let text = r#"(name: "a-1", description: "An experiment.", model: Dcgan, latent: 100, data: Folder("my images"), batch: 7, iterations: 8,
            seed: 18446744073709551615, dropout: 0, generator: (learning_rate: 1e-3, beta1: 0.25, beta2: 0.5, epsilon: 1e-8),
            discriminator: (learning_rate: 1), objective: Wasserstein(clip: 0.02), label_smoothing: 0.1, discriminator_steps: 2,
            reuse_fakes: true, wrong_labels: true, norm: Off, spectral_norm: false, average: 0.99, instance_noise: (deviation: 0.5, until: 70), shift: 3,
            schedule: Cosine(from: 10, until: 20), score_every: 0, frame_every: 9, checkpoint_every: 10, keep_checkpoints: 11)"#;
        let adam = Adam { learning_rate: 1e-3, beta1: 0.25, beta2: 0.5, epsilon: 1e-8 };
        let expected = Preset {
            name: "a-1".into(),
            description: "An experiment.".into(),
            model: Model::Dcgan,
            latent: 100,
            data: Data::Folder("my images".into()),
            batch: 7,
            iterations: 8,
            seed: u64::MAX,
            dropout: 0.0,
            generator: adam,
            discriminator: Adam { learning_rate: 1.0, ..Adam::default() },
            objective: Objective::Wasserstein { clip: 0.02 },
            label_smoothing: 0.1,
            discriminator_steps: 2,
            reuse_fakes: true,
            wrong_labels: true,
            norm: Norm::Off,
            spectral_norm: false,
            average: 0.99,
            instance_noise: InstanceNoise { deviation: 0.5, until: 70 },
            shift: 3,
            schedule: Schedule::Cosine { from: 10, until: 20 },
            score_every: 0,
            frame_every: 9,
            checkpoint_every: 10,
            keep_checkpoints: 11,
        };
        assert_eq!(Preset::parse(text, "mine.ron").unwrap(), expected);
        assert_eq!(
            Preset::parse(&expected.to_ron(), "again").unwrap(),
            expected,
            "{}",
            expected.to_ron()
        );
    }

    #[test]
    fn what_a_checkpoint_keeps_reads_back() {
        let preset = Preset {
            seed: u64::MAX,
            dropout: 0.1,
            data: Data::Folder("/home/me/shapes".into()),
            ..Preset::default()
        };
        let recorded = preset.recorded();
        assert!(!recorded.contains("/home"), "{recorded}");
        assert_eq!(
            Preset { iterations: 7, ..preset.clone() }.recorded(),
            recorded,
            "it does not tell how long the run is"
        );
        let expected = Preset { data: Data::Folder("shapes".into()), iterations: 40, ..preset };
        assert_eq!(Preset::from_recorded(&recorded, 40).unwrap(), expected);
        assert!(Preset::from_recorded("{\"batch\": 0}", 40).is_err());
        assert!(Preset::from_recorded("{", 40).is_err());
    }

    #[test]
    fn fields_that_are_the_references_are_not_recorded() {
        let recorded = Preset::default().recorded();
        assert!(!recorded.contains("objective") && !recorded.contains("score_every"), "{recorded}");
        let preset = Preset { objective: Objective::Hinge, average: 0.9, ..Preset::default() };
        assert_eq!(Preset::from_recorded(&preset.recorded(), preset.iterations).unwrap(), preset);
    }

    #[test]
    fn what_has_no_meaning_together_is_refused_with_the_reason() {
        let refused = |text: &str, part: &str| {
            let error =
                Plan::try_from(Preset::parse(text, "mine.ron").unwrap()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        refused(
            "(objective: Relativistic)",
            "reuse_fakes: expected true with the objective Relativistic",
        );
        refused(
            "(objective: Hinge, label_smoothing: 0.1)",
            "label_smoothing: expected 0 with the objective Hinge, which has no labels",
        );
        refused(
            "(objective: Wasserstein(clip: 0.1), spectral_norm: true)",
            "spectral_norm: expected false with the objective Wasserstein",
        );
        refused(
            "(reuse_fakes: true, wrong_labels: true)",
            "wrong_labels: expected false with a model that is not told which digit",
        );
        refused(
            "(model: DcganDigits, wrong_labels: true)",
            "wrong_labels: expected false without reuse_fakes",
        );
        let together =
            "(model: DcganDigits, wrong_labels: true, reuse_fakes: true, objective: Relativistic)";
        refused(together, "wrong_labels: expected false with the objective Relativistic");
        refused("(model: Mlp, norm: Off)", "norm: expected Batch with the model Mlp");
        refused(
            "(schedule: Linear(from: 9, until: 9))",
            "schedule: expected `from` before `until`",
        );
    }

    #[test]
    fn errors_name_line_column_field_expected_and_found() {
        assert_eq!(
            refused("(\n    batch: 0,\n)"),
            "mine.ron:2:12: batch: expected a whole number from 1 to 1024, found 0"
        );
        assert_eq!(
            refused("(batch: 1.5)"),
            "mine.ron:1:9: batch: expected a whole number from 1 to 1024, found 1.5"
        );
        assert_eq!(
            refused("(batch: \"32\")"),
            "mine.ron:1:9: batch: expected a whole number from 1 to 1024, found the string \"32\""
        );
        assert_eq!(
            refused("(dropout: 1.0)"),
            "mine.ron:1:11: dropout: expected a number from 0 and below 1, found 1"
        );
        assert_eq!(
            refused("(dropout: NaN)"),
            "mine.ron:1:11: dropout: expected a number from 0 and below 1, found NaN"
        );
        assert_eq!(
            refused("(generator: (learning_rate: 0))"),
            "mine.ron:1:29: learning_rate: expected a number above 0 and up to 1, found 0"
        );
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest_known_one() {
        assert_eq!(
            refused("(bacth: 3)"),
            "mine.ron:1:2: unknown field `bacth`; did you mean `batch`?"
        );
        assert_eq!(
            refused("(data: Mnits)"),
            "mine.ron:1:8: data: unknown value `Mnits`; did you mean `Mnist`?"
        );
        assert_eq!(
            refused("(generator: (momentum: 1))"),
            "mine.ron:1:14: unknown field `momentum`; expected one of learning_rate, beta1, beta2, epsilon"
        );
    }
}
