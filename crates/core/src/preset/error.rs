//! What can be wrong with a preset, in one line: where, which field, expected, found.

use crate::text::shown;
use std::{fmt::Display, path::PathBuf};

/// Why a preset was refused.
#[derive(Debug, thiserror::Error)]
pub enum PresetError {
    #[error("no preset named `{name}`; {hint}")]
    Unknown { name: String, hint: String },
    #[error("cannot read preset {}: {reason}", shown(path))]
    Unreadable { path: PathBuf, reason: String },
    #[error("cannot read the folder of your presets, {}: {reason}", shown(path))]
    Folder { path: PathBuf, reason: String },
    #[error("{origin}:{line}:{column}: {reason}")]
    Text { origin: String, line: usize, column: usize, reason: String },
    #[error("{field}: expected {expected}, found {found}")]
    Value { field: String, expected: String, found: String },
    #[error("--set {setting}: {reason}")]
    Setting { setting: String, reason: String },
    #[error("{origin}: {error}")]
    Within { origin: String, error: Box<PresetError> },
}

impl PresetError {
    pub(super) fn value(
        field: impl Into<String>,
        expected: impl Display,
        found: impl Display,
    ) -> Self {
        Self::Value {
            field: field.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// Returns the error of a field whose value is not `good`.
    pub(super) fn unless(
        good: bool,
        field: &str,
        expected: impl Display,
        found: impl Display,
    ) -> Result<(), Self> {
        if good { Ok(()) } else { Err(Self::value(field, expected, found)) }
    }

    /// Says in which file or preset the rule was broken.
    pub fn within(self, origin: &str) -> Self {
        Self::Within { origin: origin.into(), error: Box::new(self) }
    }
}
