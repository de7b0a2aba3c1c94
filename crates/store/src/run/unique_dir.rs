//! The name of a new run's directory.

use std::path::{Path, PathBuf};

use time::{OffsetDateTime, macros::format_description};

use gan_tui_core::files;

/// A directory for a new run that does not exist yet: `<folder>/<preset>-<date>-<time>`, in UTC,
/// numbered where that one is taken.
pub fn unique_run_dir(folder: &Path, preset: &str) -> PathBuf {
    named(folder, preset, OffsetDateTime::now_utc())
}

fn named(folder: &Path, preset: &str, now: OffsetDateTime) -> PathBuf {
    let stamp = now
        .format(format_description!("[year][month][day]-[hour][minute][second]"))
        .unwrap_or_default();
    // What is wrong with one that cannot be looked at is told by whoever makes the folder.
    let first = folder.join(format!("{preset}-{stamp}"));
    let numbered = (2..).map(|number| folder.join(format!("{preset}-{stamp}-{number}")));
    std::iter::once(first.clone())
        .chain(numbered)
        .find(|path| !matches!(files::exists(path), Ok(true)))
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_taken_name_is_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let now = OffsetDateTime::from_unix_timestamp(951_782_400).unwrap();
        for expected in
            ["quick-20000229-000000", "quick-20000229-000000-2", "quick-20000229-000000-3"]
        {
            assert_eq!(named(folder.path(), "quick", now), folder.path().join(expected));
            std::fs::create_dir(folder.path().join(expected)).unwrap();
        }
    }
}
