//! Single fields of a preset set from a command line: `generator.learning_rate=1e-3`.

use std::{fmt, str::FromStr};

use ron::de::Deserializer;
use serde::de::IgnoredAny;

use super::{Preset, PresetError, explain};
use crate::text::escaped;

/// A field, with dots where it lies within another, and its value as in a preset's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    field: String,
    value: String,
}

impl Setting {
    /// Returns the name of the preset's own field that is set, or lies around it.
    pub fn field(&self) -> &str {
        self.field.split('.').next().unwrap_or_default()
    }

    /// Returns the setting as a preset's text. The text of a field that holds text needs no quotes,
    /// which a shell would take away.
    fn to_ron(&self) -> String {
        let is_text =
            Preset::FIELDS.iter().any(|field| field.name == self.field && field.kind == "text");
        let value = match &self.value {
            value if is_text && !value.trim_start().starts_with('"') => super::value::quoted(value),
            value => value.clone(),
        };
        let path: Vec<&str> = self.field.split('.').collect();
        format!("({}: {value}\n{}", path.join(": ("), ")".repeat(path.len()))
    }

    fn refused(&self, reason: String) -> PresetError {
        PresetError::Setting { setting: self.to_string(), reason }
    }
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |part: &str| {
            let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !part.is_empty() && part.bytes().all(rest) && !part.as_bytes()[0].is_ascii_digit()
        };
        let parts = text.split_once('=').map(|(field, value)| (field.trim(), value.trim()));
        match parts {
            Some((field, value)) if field.split('.').all(is_name) && !value.is_empty() => {
                Ok(Self { field: field.into(), value: value.into() })
            }
            _ => Err("expected FIELD=VALUE, such as batch=64 or \
                      generator.learning_rate=1e-3"
                .into()),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.field, escaped(&self.value))
    }
}

impl Preset {
    /// Returns the preset with fields set, in order. Rules across fields are checked by
    /// [`super::Plan`].
    ///
    /// # Errors
    /// Returns an error if there is no such field, or it does not take the value, with the words
    /// for the same mistake in a file.
    pub fn with_settings(self, settings: &[Setting]) -> Result<Self, PresetError> {
        settings.iter().try_fold(self, |preset, setting| preset.with_setting(setting))
    }

    fn with_setting(&self, setting: &Setting) -> Result<Self, PresetError> {
        let text = setting.to_ron();
        let set = Deserializer::from_str(&text).and_then(|mut from| {
            let set = self.updated(&mut from).map_err(|error| from.span_error(error))?;
            from.end().map_err(|error| from.span_error(error))?;
            Ok(set)
        });
        let set = set.map_err(|error| match explain::parse_error("", &text, &error) {
            PresetError::Text { reason, .. } => setting.refused(reason),
            other => setting.refused(other.to_string()),
        })?;
        // What follows a comma would be other fields.
        match ron::from_str::<IgnoredAny>(&setting.value) {
            Err(error) if error.code == ron::Error::TrailingCharacters => {
                let field = &setting.field;
                Err(setting.refused(format!("{field}: expected one value, found several")))
            }
            _ => Ok(set),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::preset::{Adam, Data, InstanceNoise, Objective};

    fn set(settings: &[&str]) -> Result<Preset, String> {
        let settings: Vec<Setting> =
            settings.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let generator = Adam { beta1: 0.25, ..Adam::default() };
        let preset = Preset { generator, ..Preset::default() };
        preset.with_settings(&settings).map_err(|error| error.to_string())
    }

    #[test]
    fn fields_are_set_and_what_lies_beside_them_stays() {
        let preset = set(&[
            "generator.learning_rate=1e-3",
            "batch = 64",
            "name=night",
            "description=\"two words\"",
            "objective=Wasserstein(clip: 0.01)",
            "instance_noise.deviation=0.5",
            "data=Folder(\"a, b\")",
            "batch=128",
        ])
        .unwrap();
        let expected = Preset {
            generator: Adam { beta1: 0.25, learning_rate: 1e-3, ..Adam::default() },
            batch: 128,
            name: "night".into(),
            description: "two words".into(),
            objective: Objective::Wasserstein { clip: 0.01 },
            instance_noise: InstanceNoise { deviation: 0.5, ..InstanceNoise::default() },
            data: Data::Folder("a, b".into()),
            ..Preset::default()
        };
        assert_eq!(preset, expected);
    }

    #[test]
    fn what_is_wrong_is_told_in_the_words_for_a_file() {
        let error = |setting: &str| set(&[setting]).unwrap_err();
        assert_eq!(
            error("batch=0"),
            "--set batch=0: batch: expected a whole number from 1 to 1024, found 0"
        );
        assert_eq!(
            error("generator.beta1=2"),
            "--set generator.beta1=2: beta1: expected a number from 0 and below 1, found 2"
        );
        assert_eq!(
            error("model=Dcgna"),
            "--set model=Dcgna: model: unknown value `Dcgna`; did you mean `Dcgan`?"
        );
        assert_eq!(error("bach=1"), "--set bach=1: unknown field `bach`; did you mean `batch`?");
        assert!(error("generator.batch=1").contains("it belongs outside `generator`"));
        assert!(error("batch.x=1").starts_with("--set batch.x=1: batch: expected a whole number"));
        assert!(error("batch=1, seed: 2").ends_with("batch: expected one value, found several"));
        for text in ["batch", "=1", "batch=", "a b=1", "a..b=1", "(=1"] {
            assert!(error(text).starts_with("expected FIELD=VALUE"), "{text}");
        }
    }
}
