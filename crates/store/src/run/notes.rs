//! `notes.json`: what a person has noted about a run. The run itself never writes it.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{RunError, paths};
use gan_tui_core::files::{self, atomic};

/// No notes come near this many bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Tags of a run, and the bytes of each.
const MOST_TAGS: usize = 32;
const LONGEST_TAG: usize = 64;

/// What a person has noted about a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// In a person's words; empty if there is none.
    #[serde(default)]
    pub note: String,
    /// Words that runs are found by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What else is in the file: it stays.
    #[serde(flatten)]
    other: Map<String, Value>,
    /// Why the file cannot be read: then it is not written either.
    #[serde(skip)]
    pub problem: Option<String>,
}

impl Notes {
    /// Reads a run's notes; a run without the file has none. Notes that cannot be read name the
    /// problem.
    pub fn read(dir: &Path) -> Self {
        Self::try_read(dir)
            .unwrap_or_else(|error| Self { problem: Some(error.to_string()), ..Self::default() })
    }

    fn try_read(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(paths::NOTES);
        let bytes = match super::small_file(&path, MOST_BYTES) {
            Err(error) if error.is_missing() => return Ok(Self::default()),
            read => read?,
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            let expected = "expected an object with `note` and `tags`";
            RunError::damaged(&path, format!("{expected}, found {error}"))
        })
    }

    /// Returns the same with another note.
    #[must_use]
    pub fn with_note(self, text: &str) -> Self {
        Self { note: text.trim().into(), ..self }
    }

    /// Returns the same with other tags: the words of a text, each once, a `#` before them left
    /// out.
    #[must_use]
    pub fn with_tags(self, text: &str) -> Self {
        let mut tags: Vec<String> = Vec::new();
        for word in text.split([' ', ',', '\t']).map(|word| word.trim_start_matches('#')) {
            let is_new = !word.is_empty() && !tags.iter().any(|tag| tag == word);
            if is_new && word.len() <= LONGEST_TAG && tags.len() < MOST_TAGS {
                tags.push(word.into());
            }
        }
        Self { tags, ..self }
    }

    /// Writes the notes beside the run's files, atomically; empty ones remove the file.
    ///
    /// # Errors
    /// Returns an error if there is no such run any more, if the file there cannot be read, or if
    /// it cannot be written.
    pub fn write(&self, dir: &Path) -> Result<(), RunError> {
        // What cannot be read must not be replaced.
        Self::try_read(dir)?;
        let path = dir.join(paths::NOTES);
        if self.note.is_empty() && self.tags.is_empty() && self.other.is_empty() {
            return files::remove(&path).map_err(RunError::io("remove", &path));
        }
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| RunError::damaged(&path, error.to_string()))?;
        bytes.push(b'\n');
        atomic::write(&path, &bytes).map_err(RunError::io("write", &path))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_back_and_what_else_is_in_the_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(paths::NOTES);
        assert_eq!(Notes::read(dir.path()), Notes::default());
        std::fs::write(&path, r#"{"note": "a", "stars": 3}"#).unwrap();
        let notes = Notes::read(dir.path()).with_tags("#good, best  good");
        assert_eq!((notes.note.as_str(), notes.tags.len()), ("a", 2));
        notes.write(dir.path()).unwrap();
        assert_eq!(Notes::read(dir.path()), notes);
        assert!(std::fs::read_to_string(&path).unwrap().contains("\"stars\": 3"));
    }

    #[test]
    fn empty_notes_leave_no_file_and_damaged_ones_are_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(paths::NOTES);
        Notes { note: "x".into(), ..Notes::default() }.write(dir.path()).unwrap();
        Notes::default().write(dir.path()).unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "[1").unwrap();
        let problem = Notes::read(dir.path()).problem.unwrap();
        assert!(problem.contains("notes.json: expected an object"), "{problem}");
        assert!(Notes::default().write(dir.path()).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1");
    }
}
