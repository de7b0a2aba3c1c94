//! Checkpoint files of a run directory: writes them, and finds the newest that is whole.

mod format;

use std::{io::Read, path::Path};

use gan_tui_core::{
    event::Snapshot,
    files::{self, atomic},
};

use super::{RunError, paths};
pub use format::{FORMAT_VERSION, METADATA, Undecodable, decode, encode};

/// Larger files are no checkpoints of ours: the largest network there is takes a hundredth of it.
const MOST_BYTES: u64 = 2 << 30;

/// Writes a checkpoint file, whole or not at all.
///
/// # Errors
/// Returns an error if the snapshot is not sound (a shape that does not fit its numbers, a name
/// twice) or the file cannot be written.
pub fn save(path: &Path, snapshot: &Snapshot) -> Result<(), RunError> {
    let bytes = encode(snapshot).map_err(|reason| RunError::damaged(path, reason))?;
    atomic::write(path, &bytes).map_err(RunError::io("write", path))
}

/// Reads a checkpoint file.
///
/// # Errors
/// Returns an error if it cannot be read or is not exactly what [`save`] wrote, with the reason.
pub fn load(path: &Path) -> Result<Snapshot, RunError> {
    let missing = || RunError::io("read", path)(files::not_found());
    read(path)?.ok_or_else(missing)
}

/// The same; `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Snapshot>, RunError> {
    let Some(found) = files::metadata(path).map_err(RunError::io("read", path))? else {
        return Ok(None);
    };
    if !found.is_file() {
        let expected = format!("a checkpoint file of at most {MOST_BYTES} bytes");
        return Err(RunError::Mismatch {
            path: path.into(),
            expected,
            found: "something else".into(),
        });
    }
    if found.len() > MOST_BYTES {
        return Err(RunError::damaged(
            path,
            format!(
                "expected a checkpoint file of at most {MOST_BYTES} bytes, found {} bytes",
                found.len()
            ),
        ));
    }
    let Some(file) = files::open(path).map_err(RunError::io("read", path))? else {
        return Ok(None);
    };
    let mut bytes = Vec::with_capacity(found.len() as usize);
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(RunError::io("read", path))?;
    match decode(&bytes) {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(Undecodable::Newer(found)) => {
            let expected = format!("a checkpoint of format version 1 to {FORMAT_VERSION}");
            Err(RunError::Mismatch {
                path: path.into(),
                expected,
                found: format!("{found}, written by a newer gan-tui"),
            })
        }
        Err(Undecodable::Damaged(reason)) => Err(RunError::damaged(path, reason)),
    }
}

/// The newest checkpoint of a run directory whose content is good, and what is wrong with that of
/// newer ones.
///
/// # Errors
/// Returns an error if there is none, or none is good: then what is wrong with the newest. A
/// checkpoint that cannot be read is no damaged one: where the system refuses it, or it is of a
/// newer program, an older one does not take its place.
pub fn latest(dir: &Path) -> Result<(Snapshot, Vec<String>), RunError> {
    let (snapshot, damaged) = newest(dir)?;
    let warnings = damaged.iter().map(|error| passed_over(error, snapshot.iteration)).collect();
    Ok((snapshot, warnings))
}

/// What is told of a damaged checkpoint in whose place the one of an iteration is used.
pub(in crate::run) fn passed_over(error: &RunError, iteration: u64) -> String {
    format!("{error}; using the checkpoint of iteration {iteration}")
}

/// As [`latest`], with the errors of the newer ones.
pub(in crate::run) fn newest(dir: &Path) -> Result<(Snapshot, Vec<RunError>), RunError> {
    let mut damaged = Vec::new();
    for iteration in
        paths::iterations(&dir.join(paths::CHECKPOINTS), "safetensors")?.into_iter().rev()
    {
        match read_of(dir, iteration) {
            Ok(Some(snapshot)) => return Ok((snapshot, damaged)),
            // The run that is being looked at has removed it meanwhile, for newer ones are safe.
            Ok(None) => {}
            Err(error @ RunError::Damaged { .. }) => damaged.push(error),
            Err(error) => return Err(error),
        }
    }
    Err(damaged
        .into_iter()
        .next()
        .unwrap_or_else(|| RunError::NoCheckpoint { path: dir.to_path_buf() }))
}

/// The checkpoint of one iteration of a run directory, which must be of the iteration that its name
/// says.
pub(in crate::run) fn load_of(dir: &Path, iteration: u64) -> Result<Snapshot, RunError> {
    let path = paths::checkpoint(dir, iteration);
    let missing = || RunError::io("read", &path)(files::not_found());
    read_of(dir, iteration)?.ok_or_else(missing)
}

fn read_of(dir: &Path, iteration: u64) -> Result<Option<Snapshot>, RunError> {
    let path = paths::checkpoint(dir, iteration);
    match read(&path)? {
        Some(snapshot) if snapshot.iteration != iteration => Err(RunError::damaged(
            &path,
            format!("expected iteration {iteration}, found iteration {}", snapshot.iteration),
        )),
        found => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs::{self, File};

    use super::{format::tests::snapshot, *};

    #[test]
    fn the_newest_that_can_be_read_is_used_and_the_others_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(paths::CHECKPOINTS)).unwrap();
        assert!(latest(folder.path()).unwrap_err().to_string().ends_with("has no checkpoint"));
        for iteration in [500, 1000, 1500] {
            save(&paths::checkpoint(folder.path(), iteration), &snapshot(iteration)).unwrap();
        }
        assert_eq!(latest(folder.path()).unwrap(), (snapshot(1500), vec![]));
        File::options()
            .write(true)
            .open(paths::checkpoint(folder.path(), 1500))
            .unwrap()
            .set_len(300)
            .unwrap();
        fs::copy(paths::checkpoint(folder.path(), 500), paths::checkpoint(folder.path(), 1000))
            .unwrap();
        let (found, warnings) = latest(folder.path()).unwrap();
        assert_eq!(found.iteration, 500);
        assert!(
            warnings[0].contains("00001500.safetensors: not a whole safetensors file"),
            "{warnings:?}"
        );
        assert!(
            warnings[1].contains("expected iteration 1000, found iteration 500; using the checkpoint of iteration 500"),
            "{warnings:?}"
        );
        fs::remove_file(paths::checkpoint(folder.path(), 500)).unwrap();
        assert!(
            latest(folder.path())
                .unwrap_err()
                .to_string()
                .contains("00001500.safetensors: not a whole"),
            "the newest is named"
        );
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(
            load(folder.path()).unwrap_err().to_string().contains("expected a checkpoint file")
        );
        assert!(
            load(&folder.path().join("none.safetensors"))
                .unwrap_err()
                .to_string()
                .contains("cannot read")
        );
        #[cfg(target_os = "linux")]
        assert!(load(Path::new("/dev/zero")).is_err());
    }
}
