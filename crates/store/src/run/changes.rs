//! `changes.jsonl`: what a person changed while a run went on, a line each; resuming makes the same
//! changes again.

use std::path::Path;

use super::{RunError, paths};
use gan_tui_core::{
    event::Change,
    files::{self, atomic},
};

/// The changes of a run, oldest first; none where there is no such file.
///
/// # Errors
/// Returns an error if the file cannot be read, or a line is no change: its number.
pub fn read(dir: &Path) -> Result<Vec<Change>, RunError> {
    let path = dir.join(paths::CHANGES);
    let Some(bytes) = files::read(&path, u64::MAX).map_err(RunError::io("read", &path))? else {
        return Ok(Vec::new());
    };
    let text = files::text::decode(bytes).map_err(|reason| RunError::damaged(&path, reason))?;
    let line = |(number, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| RunError::damaged(&path, format!("line {}: {error}", number + 1)))
    };
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(line).collect()
}

/// Adds a change, unless it is there already: a resumed run makes its old changes again.
pub(super) fn add(dir: &Path, change: &Change) -> Result<(), RunError> {
    let mut changes = read(dir)?;
    if changes.contains(change) {
        return Ok(());
    }
    changes.push(change.clone());
    let path = dir.join(paths::CHANGES);
    let mut text = Vec::new();
    for change in &changes {
        serde_json::to_writer(&mut text, change)
            .map_err(|error| RunError::io("write", &path)(error.into()))?;
        text.push(b'\n');
    }
    // They are few, and whole or not at all is worth more than a short write.
    atomic::write(&path, &text).map_err(RunError::io("write", &path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn changes_are_read_as_they_were_made() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()).unwrap(), []);
        let change = |iteration, new| Change {
            iteration,
            field: "generator.learning_rate".into(),
            old: 2e-4,
            new,
        };
        let changes = [change(120, 1e-4), change(300, 2e-4)];
        for made in [&changes[0], &changes[1], &changes[0]] {
            add(dir.path(), made).unwrap();
        }
        assert_eq!(read(dir.path()).unwrap(), changes);
        let path = dir.path().join(paths::CHANGES);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text.lines().next(),
            Some(
                r#"{"iteration":120,"field":"generator.learning_rate","old":0.0002,"new":0.0001}"#
            )
        );
        fs::write(&path, format!("\u{feff}{}\r\n", text.replace('\n', "\r\n"))).unwrap();
        assert_eq!(read(dir.path()).unwrap(), changes, "as an editor on Windows saves it");
        fs::write(&path, text + "{\"iteration\":").unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("changes.jsonl") && error.contains("line 3"), "{error}");
    }
}
