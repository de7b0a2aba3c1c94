//! The directory of a new run that nobody has named.

use std::{
    io,
    path::{Path, PathBuf},
};

use time::{OffsetDateTime, macros::format_description};

use super::{RunError, layout::create_dir};

/// Names that are tried: far more runs than begin in one second.
const MOST: u32 = 10_000;

/// Makes a directory for a new run, which no other process has made: `<folder>/<preset>-<date>-
/// <time>`, in UTC, numbered where that one is taken.
///
/// # Errors
/// Returns an error if it cannot be made.
pub(super) fn create(folder: &Path, preset: &str) -> Result<PathBuf, RunError> {
    create_at(folder, preset, OffsetDateTime::now_utc())
}

fn create_at(folder: &Path, preset: &str, now: OffsetDateTime) -> Result<PathBuf, RunError> {
    let stamp = now
        .format(format_description!("[year][month][day]-[hour][minute][second]"))
        .unwrap_or_default();
    let first = folder.join(format!("{preset}-{stamp}"));
    let numbered = (2..=MOST).map(|number| folder.join(format!("{preset}-{stamp}-{number}")));
    for dir in std::iter::once(first.clone()).chain(numbered) {
        if create_dir(&dir)? {
            return Ok(dir);
        }
    }
    Err(RunError::io("create", &first)(io::ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{collections::BTreeSet, thread};

    use super::*;

    #[test]
    fn every_process_gets_a_directory_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let now = OffsetDateTime::from_unix_timestamp(951_782_400).unwrap();
        let made: BTreeSet<PathBuf> = thread::scope(|scope| {
            let makers: Vec<_> =
                (0..16).map(|_| scope.spawn(|| create_at(&runs, "quick", now).unwrap())).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        let numbered = (2..=16).map(|number| runs.join(format!("quick-20000229-000000-{number}")));
        let expected = std::iter::once(runs.join("quick-20000229-000000")).chain(numbered);
        assert_eq!(made, expected.collect());
    }
}
