//! Takes a run off the disk, and nothing that is not of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Run, RunError, lock::Lock, paths};

/// A run that is about to be removed; nobody can begin to work at it meanwhile.
#[derive(Debug)]
pub struct Removal {
    dir: PathBuf,
    _lock: Lock,
}

impl Removal {
    /// Takes hold of a run.
    ///
    /// # Errors
    /// Where a process works at it, or the folder is not writable.
    pub fn of(run: &Run) -> Result<Self, RunError> {
        Ok(Self { dir: run.dir().to_path_buf(), _lock: Lock::acquire(run.dir())? })
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes what a run leaves, and the folder if nothing else is in it. Returns what else there is.
    ///
    /// # Errors
    /// Where something cannot be removed.
    pub fn remove(self) -> Result<Vec<PathBuf>, RunError> {
        for (folder, endings) in [(paths::FRAMES, &["png"][..]), (paths::CHECKPOINTS, &["safetensors", "damaged"])] {
            let folder = self.dir.join(folder);
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let is_ours = path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
                if is_ours || entry.file_name().to_string_lossy().ends_with(".tmp") {
                    fs::remove_file(&path).map_err(RunError::io("remove", &path))?;
                }
            }
            // It stays if there is something else in it.
            let _ = fs::remove_dir(&folder);
        }
        let exports = self.dir.join(paths::EXPORTS);
        match fs::remove_dir_all(&exports) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RunError::io("remove", &exports)(error)),
            _ => {}
        }
        for name in [paths::METRICS, paths::CHANGES, paths::LOG, paths::PRESET, paths::MANIFEST, paths::LOCK] {
            let path = self.dir.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(RunError::io("remove", &path)(error)),
                _ => {}
            }
        }
        super::atomic::clean(&self.dir);
        if fs::remove_dir(&self.dir).is_ok() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.dir).map_err(RunError::io("remove", &self.dir))?;
        Ok(entries.flatten().map(|entry| entry.path()).collect())
    }
}
