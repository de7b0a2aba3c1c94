//! What each field of a preset may hold, in one place: reading, the command line, overrides and
//! help all ask here.

use std::fmt;

use super::{Data, Norm, Objective, Preset, PresetError, Schedule, reference::alternatives};

/// A whole number between two bounds, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    pub field: &'static str,
    pub min: u64,
    pub max: u64,
}

/// A number from `min` (left out if `above`) to `max` (left out if `below`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Real {
    pub field: &'static str,
    pub min: f32,
    pub above: bool,
    pub max: f32,
    pub below: bool,
}

/// A short text.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub field: &'static str,
    expected: &'static str,
    accepts: fn(&str) -> bool,
}

pub const NAME: Text = Text {
    field: "name",
    expected: "one word of up to 40 letters, digits, `-` and `_`, a letter or digit first",
    accepts: is_name,
};
pub const DESCRIPTION: Text =
    Text { field: "description", expected: "one line of up to 200 characters", accepts: is_line };
pub const LATENT: Whole = Whole { field: "latent", min: 1, max: 1024 };
pub const BATCH: Whole = Whole { field: "batch", min: 1, max: 1024 };
pub const ITERATIONS: Whole = Whole { field: "iterations", min: 1, max: 10_000_000 };
pub const SEED: Whole = Whole { field: "seed", min: 0, max: u64::MAX };
pub const DROPOUT: Real = Real { field: "dropout", min: 0.0, above: false, max: 1.0, below: true };
pub const LEARNING_RATE: Real =
    Real { field: "learning_rate", min: 0.0, above: true, max: 1.0, below: false };
pub const BETA1: Real = Real { field: "beta1", min: 0.0, above: false, max: 1.0, below: true };
pub const BETA2: Real = Real { field: "beta2", min: 0.0, above: false, max: 1.0, below: true };
pub const EPSILON: Real = Real { field: "epsilon", min: 0.0, above: true, max: 1.0, below: false };
pub const FRAME_EVERY: Whole = Whole { field: "frame_every", min: 1, max: 10_000_000 };
pub const CHECKPOINT_EVERY: Whole = Whole { field: "checkpoint_every", min: 1, max: 10_000_000 };
pub const KEEP_CHECKPOINTS: Whole = Whole { field: "keep_checkpoints", min: 1, max: 1_000_000 };

pub const LABEL_SMOOTHING: Real =
    Real { field: "label_smoothing", min: 0.0, above: false, max: 0.5, below: true };
pub const DISCRIMINATOR_STEPS: Whole = Whole { field: "discriminator_steps", min: 1, max: 100 };
pub const AVERAGE: Real = Real { field: "average", min: 0.0, above: false, max: 1.0, below: true };
pub const CLIP: Real = Real { field: "clip", min: 0.0, above: true, max: 10.0, below: false };
pub const DEVIATION: Real =
    Real { field: "deviation", min: 0.0, above: false, max: 10.0, below: false };
pub const FROM: Whole = Whole { field: "from", min: 0, max: 10_000_000 };
pub const UNTIL: Whole = Whole { field: "until", min: 1, max: 10_000_000 };
pub const SHIFT: Whole = Whole { field: "shift", min: 0, max: 14 };
pub const SCORE_EVERY: Whole = Whole { field: "score_every", min: 0, max: 10_000_000 };

/// Names become directories, so nothing that a path or a shell reads in its own way.
fn is_name(text: &str) -> bool {
    let tail = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= 40
        && text.bytes().all(tail)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

fn is_line(text: &str) -> bool {
    text.chars().count() <= 200 && !text.chars().any(char::is_control)
}

impl fmt::Display for Whole {
    /// What is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.min, self.max)
    }
}

impl fmt::Display for Real {
    /// What is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) =
            (if self.above { "above" } else { "from" }, if self.below { "below" } else { "up to" });
        write!(f, "a number {low} {} and {high} {}", self.min, self.max)
    }
}

impl fmt::Display for Text {
    /// What is expected.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
}

impl Whole {
    /// Whether the number is in the range.
    pub fn accepts(&self, value: u64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// The number that a word on the command line stands for.
    ///
    /// # Errors
    /// Where it is none, or outside the range: what was expected.
    pub fn parse(&self, text: &str) -> Result<u64, String> {
        let value = text.parse().ok().filter(|&value| self.accepts(value));
        value.ok_or_else(|| format!("expected {self}"))
    }

    fn check(&self, value: u64) -> Result<(), PresetError> {
        if self.accepts(value) { Ok(()) } else { Err(PresetError::value(self.field, self, value)) }
    }
}

impl Real {
    /// Whether the number is in the range; NaN never is.
    pub fn accepts(&self, value: f32) -> bool {
        let low = if self.above { value > self.min } else { value >= self.min };
        let high = if self.below { value < self.max } else { value <= self.max };
        low && high
    }

    fn check(&self, within: &str, value: f32) -> Result<(), PresetError> {
        if self.accepts(value) {
            Ok(())
        } else {
            Err(PresetError::value(format!("{within}{}", self.field), self, value))
        }
    }
}

impl Text {
    fn check(&self, value: &str) -> Result<(), PresetError> {
        if (self.accepts)(value) {
            Ok(())
        } else {
            Err(PresetError::value(self.field, self, format!("{value:?}")))
        }
    }
}

/// Every rule, those of single fields first, then those across fields.
pub(super) fn check(preset: &Preset) -> Result<(), PresetError> {
    NAME.check(&preset.name)?;
    DESCRIPTION.check(&preset.description)?;
    LATENT.check(preset.latent as u64)?;
    BATCH.check(preset.batch as u64)?;
    ITERATIONS.check(preset.iterations)?;
    SEED.check(preset.seed)?;
    DROPOUT.check("", preset.dropout)?;
    for (within, adam) in
        [("generator.", preset.generator), ("discriminator.", preset.discriminator)]
    {
        LEARNING_RATE.check(within, adam.learning_rate)?;
        BETA1.check(within, adam.beta1)?;
        BETA2.check(within, adam.beta2)?;
        EPSILON.check(within, adam.epsilon)?;
    }
    LABEL_SMOOTHING.check("", preset.label_smoothing)?;
    DISCRIMINATOR_STEPS.check(preset.discriminator_steps as u64)?;
    AVERAGE.check("", preset.average)?;
    DEVIATION.check("instance_noise.", preset.instance_noise.deviation)?;
    UNTIL.check(preset.instance_noise.until)?;
    SHIFT.check(preset.shift as u64)?;
    SCORE_EVERY.check(preset.score_every)?;
    FRAME_EVERY.check(preset.frame_every)?;
    CHECKPOINT_EVERY.check(preset.checkpoint_every)?;
    KEEP_CHECKPOINTS.check(preset.keep_checkpoints as u64)?;
    check_folder(&preset.data)?;
    check_latent(preset)?;
    check_objective(preset)?;
    check_schedule(preset.schedule)
}

/// What has no meaning together is refused, with the reason.
fn check_objective(preset: &Preset) -> Result<(), PresetError> {
    let (objective, smoothing) = (preset.objective, preset.label_smoothing);
    if let Objective::Wasserstein { clip } = objective {
        CLIP.check("objective.", clip)?;
        if preset.spectral_norm {
            let expected =
                "false with the objective Wasserstein, which bounds the weights by clipping them";
            return Err(PresetError::value("spectral_norm", expected, true));
        }
    }
    if objective == Objective::Relativistic && !preset.reuse_fakes {
        let expected = "true with the objective Relativistic, which compares real and generated images in one update";
        return Err(PresetError::value("reuse_fakes", expected, false));
    }
    let against_wrong_labels = [
        (!preset.model.is_conditional(), "false with a model that is not told which digit"),
        (
            objective == Objective::Relativistic,
            "false with the objective Relativistic, which has no loss of a single image",
        ),
        (
            !preset.reuse_fakes,
            "false without reuse_fakes, which has one update for all that the discriminator sees",
        ),
    ];
    if let Some((_, expected)) =
        against_wrong_labels.iter().find(|(holds, _)| preset.wrong_labels && *holds)
    {
        return Err(PresetError::value("wrong_labels", expected, true));
    }
    if smoothing > 0.0 && !matches!(objective, Objective::CrossEntropy | Objective::LeastSquares) {
        let expected = format!("0 with the objective {}, which has no labels", objective.name());
        return Err(PresetError::value("label_smoothing", expected, smoothing));
    }
    if preset.norm == Norm::Off && !preset.model.info().has_discriminator_norm {
        let expected = format!(
            "Batch with the model {:?}, whose discriminator has no norm to leave out",
            preset.model
        );
        return Err(PresetError::value("norm", expected, "Off"));
    }
    Ok(())
}

fn check_schedule(schedule: Schedule) -> Result<(), PresetError> {
    match schedule {
        Schedule::Linear { from, until } | Schedule::Cosine { from, until } if from >= until => {
            Err(PresetError::value(
                "schedule",
                "`from` before `until`",
                format!("from {from} until {until}"),
            ))
        }
        _ => Ok(()),
    }
}

/// A preset is text, so a folder's name must be.
fn check_folder(data: &Data) -> Result<(), PresetError> {
    let Data::Folder(path) = data else { return Ok(()) };
    match path.to_str() {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err(PresetError::value(
            "data",
            "a folder whose path is not empty and is UTF-8",
            format!("{path:?}"),
        )),
    }
}

fn check_latent(preset: &Preset) -> Result<(), PresetError> {
    let known = preset.model.info().latents;
    if known.contains(&preset.latent) {
        return Ok(());
    }
    let expected = format!("{} for model {:?}", alternatives(known), preset.model);
    Err(PresetError::value("latent", expected, preset.latent))
}

/// What serde calls for each field, so that an error carries the place in the file.
pub(super) mod read {
    use serde::{
        Deserializer,
        de::{Error, Unexpected, Visitor},
    };

    use super::*;

    /// A number as it is written, kept apart from its range so that any number's error tells the
    /// range.
    enum Number {
        Whole(u64),
        Real(f64),
    }

    struct Written<'a> {
        field: &'static str,
        expected: &'a dyn fmt::Display,
    }

    impl Visitor<'_> for Written<'_> {
        type Value = Number;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}: expected {}", self.field, self.expected)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
            Ok(Number::Whole(value))
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
            Ok(u64::try_from(value).map_or(Number::Real(value as f64), Number::Whole))
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
            Ok(Number::Real(value))
        }
    }

    fn refused<E: Error>(field: &str, expected: &dyn fmt::Display, found: &dyn fmt::Display) -> E {
        E::custom(format_args!("{field}: expected {expected}, found {found}"))
    }

    fn whole<'de, D: Deserializer<'de>>(rule: &Whole, from: D) -> Result<u64, D::Error> {
        match from.deserialize_any(Written { field: rule.field, expected: rule })? {
            Number::Whole(value) if rule.accepts(value) => Ok(value),
            Number::Whole(value) => Err(refused(rule.field, rule, &value)),
            Number::Real(value) => Err(refused(rule.field, rule, &value)),
        }
    }

    fn real<'de, D: Deserializer<'de>>(rule: &Real, from: D) -> Result<f32, D::Error> {
        let value = match from.deserialize_any(Written { field: rule.field, expected: rule })? {
            Number::Whole(value) => value as f64,
            Number::Real(value) => value,
        };
        if rule.accepts(value as f32) {
            Ok(value as f32)
        } else {
            Err(refused(rule.field, rule, &value))
        }
    }

    impl Visitor<'_> for &Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}: expected a text in quotes, {}", self.field, self.expected)
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
            if (self.accepts)(value) {
                Ok(value.into())
            } else {
                Err(refused(self.field, self, &Unexpected::Str(value)))
            }
        }
    }

    macro_rules! readers {
        ($($name:ident: $rule:ident as $kind:ident -> $type:ty;)*) => {
            $(pub fn $name<'de, D: Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                readers!(@ $kind, $rule, from)
            })*
        };
        (@ usize, $rule:ident, $from:ident) => { whole(&$rule, $from).map(|value| value as usize) };
        (@ whole, $rule:ident, $from:ident) => { whole(&$rule, $from) };
        (@ real, $rule:ident, $from:ident) => { real(&$rule, $from) };
        (@ text, $rule:ident, $from:ident) => { $from.deserialize_any(&$rule) };
    }

    readers! {
        name: NAME as text -> String;
        description: DESCRIPTION as text -> String;
        latent: LATENT as usize -> usize;
        batch: BATCH as usize -> usize;
        iterations: ITERATIONS as whole -> u64;
        seed: SEED as whole -> u64;
        dropout: DROPOUT as real -> f32;
        learning_rate: LEARNING_RATE as real -> f32;
        beta1: BETA1 as real -> f32;
        beta2: BETA2 as real -> f32;
        epsilon: EPSILON as real -> f32;
        frame_every: FRAME_EVERY as whole -> u64;
        checkpoint_every: CHECKPOINT_EVERY as whole -> u64;
        keep_checkpoints: KEEP_CHECKPOINTS as usize -> usize;
        label_smoothing: LABEL_SMOOTHING as real -> f32;
        discriminator_steps: DISCRIMINATOR_STEPS as usize -> usize;
        average: AVERAGE as real -> f32;
        clip: CLIP as real -> f32;
        deviation: DEVIATION as real -> f32;
        from: FROM as whole -> u64;
        until: UNTIL as whole -> u64;
        shift: SHIFT as usize -> usize;
        score_every: SCORE_EVERY as whole -> u64;
    }
}
