//! The layout of a run directory: its folders and the files that say what a run is, made for a new
//! run and removed if it never began.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::Path,
};

use super::{Manifest, RunError, paths};
use gan_tui_core::{
    files::{self, atomic},
    preset::Preset,
};

/// Removes what a run that never began has left, so that the same command may be given again, and
/// nothing else.
pub(super) fn remove_new_files(dir: &Path) {
    for name in [paths::PRESET, paths::MANIFEST, paths::METRICS, paths::CHANGES, paths::SKIPPED] {
        // What cannot be removed is no worse than what was there.
        let _ = fs::remove_file(dir.join(name));
    }
    for name in [paths::FRAMES, paths::CHECKPOINTS] {
        let _ = fs::remove_dir(dir.join(name));
    }
}

/// Makes the folders of a run, and writes the files that say what it is.
///
/// # Errors
/// Returns an error if one of them cannot be written.
pub(super) fn write_preset_and_manifest(
    dir: &Path,
    preset: &Preset,
    manifest: &Manifest,
) -> Result<(), RunError> {
    for folder in [dir.to_path_buf(), dir.join(paths::FRAMES), dir.join(paths::CHECKPOINTS)] {
        files::create_folders(&folder).map_err(RunError::io("create", &folder))?;
        atomic::clean(&folder);
        // Better now than after an hour of training.
        atomic::trial(&folder).map_err(RunError::io("write into", &folder))?;
    }
    let path = dir.join(paths::PRESET);
    atomic::write(&path, preset.to_ron().as_bytes()).map_err(RunError::io("write", &path))?;
    manifest.write(dir)
}

/// Makes the folder of a run, which only its owner may enter; what is above it is made as any
/// folder is. Returns whether it was made here: `false` if there is something of that name.
///
/// # Errors
/// Returns an error if it cannot be made.
pub(super) fn create_dir(dir: &Path) -> Result<bool, RunError> {
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty());
    above.map_or(Ok(()), files::create_folders).map_err(RunError::io("create", dir))?;
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        made => made.map(|()| true).map_err(RunError::io("create", dir)),
    }
}

/// Checks that a folder can take a new run: it does not exist, or is empty except for what a run
/// leaves that was killed before its layout was complete.
///
/// # Errors
/// Returns an error if it contains anything else, or if it cannot be read.
pub(super) fn check_empty(dir: &Path) -> Result<(), RunError> {
    if files::is_file(dir).map_err(RunError::io("read", dir))? {
        let (expected, found) = ("a folder for the run".into(), "a file".into());
        return Err(RunError::Mismatch { path: dir.to_path_buf(), expected, found });
    }
    for entry in files::entries(dir).map_err(RunError::io("read", dir))?.unwrap_or_default() {
        if !is_disposable(&entry)? {
            let path = dir.to_path_buf();
            return Err(if paths::is_run(dir)? {
                RunError::HoldsRun { path }
            } else {
                RunError::Occupied { path }
            });
        }
    }
    Ok(())
}

/// Returns whether nobody needs an entry of a folder.
fn is_disposable(entry: &fs::DirEntry) -> Result<bool, RunError> {
    let (name, path) = (entry.file_name(), entry.path());
    let is_left_over =
        |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(atomic::is_temporary);
    if name == paths::FRAMES || name == paths::CHECKPOINTS {
        let is_folder = files::is_folder(&path).map_err(RunError::io("read", &path))?;
        let entries = if is_folder {
            files::entries(&path).map_err(RunError::io("read", &path))?
        } else {
            None
        };
        return Ok(entries.is_some_and(|entries| entries.iter().all(is_left_over)));
    }
    // What was set aside by a restart outlives a run that was killed just then.
    Ok(name == paths::LOCK
        || name == paths::LOG
        || name == paths::SKIPPED
        || paths::is_before_restart(entry)
        || is_left_over(entry))
}
