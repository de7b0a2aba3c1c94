//! Takes a run off the disk, and nothing that is not of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Run, RunError, lock::Lock, paths};
use gan_tui_core::files::{self, atomic};

/// The files of a run that have fixed names; last the one that is held.
const NAMES: [&str; 9] = [
    paths::METRICS,
    paths::EVENTS,
    paths::CHANGES,
    paths::LOG,
    paths::NOTES,
    paths::SKIPPED,
    paths::PRESET,
    paths::MANIFEST,
    paths::LOCK,
];

/// A run that is about to be removed; nobody can begin to work at it meanwhile.
#[derive(Debug)]
pub struct Removal {
    dir: PathBuf,
    lock: Lock,
}

impl Removal {
    /// Takes hold of a run.
    ///
    /// # Errors
    /// Returns an error if a process works at it, or the folder is not writable.
    pub fn of(run: &Run) -> Result<Self, RunError> {
        Ok(Self { dir: run.dir().to_path_buf(), lock: Lock::acquire(run.dir())? })
    }

    /// Whether the file system has no locks, so that another process may work at the run.
    pub fn is_unlocked(&self) -> bool {
        self.lock.warning().is_some()
    }

    /// The run directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes what a run leaves, and the folder if nothing else is in it. Returns what else there
    /// is.
    ///
    /// # Errors
    /// Returns an error if a folder of the run cannot be read or written, with nothing removed; or
    /// if something cannot be removed.
    pub fn remove(mut self) -> Result<Vec<PathBuf>, RunError> {
        let ours = RunFiles::of(&self.dir)?;
        let mut folders = ours.folders.clone();
        folders.push(self.dir.clone());
        for tree in &ours.trees {
            check_tree(tree, &mut folders)?;
        }
        for folder in &folders {
            atomic::trial(folder).map_err(RunError::io("write into", folder))?;
        }
        let names = NAMES.map(|name| self.dir.join(name));
        for path in ours.files.iter().chain(&ours.trees).chain(&names) {
            files::check_replaceable(path).map_err(RunError::io("remove", path))?;
        }
        for name in &names {
            let is_folder = files::is_folder(name).map_err(RunError::io("read", name))?;
            if is_folder {
                return Err(RunError::Mismatch {
                    path: name.clone(),
                    expected: "a file".into(),
                    found: "a folder".into(),
                });
            }
        }
        // The lock's file goes with the others.
        self.lock.keep();
        for path in &ours.files {
            files::remove(path).map_err(RunError::io("remove", path))?;
        }
        for folder in &ours.trees {
            match fs::remove_dir_all(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(RunError::io("remove", folder)(error));
                }
                _ => {}
            }
        }
        for folder in &ours.folders {
            // It stays if there is something else in it.
            let _ = fs::remove_dir(folder);
        }
        for path in &names {
            files::remove(path).map_err(RunError::io("remove", path))?;
        }
        if fs::remove_dir(&self.dir).is_ok() {
            return Ok(Vec::new());
        }
        let entries =
            files::entries(&self.dir).map_err(RunError::io("read", &self.dir))?.unwrap_or_default();
        Ok(entries.iter().map(|entry| entry.path()).collect())
    }
}

/// Checks what lies in a folder, and collects it and all folders below; links are not followed.
fn check_tree(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), RunError> {
    into.push(folder.to_path_buf());
    for entry in files::entries(folder).map_err(RunError::io("read", folder))?.unwrap_or_default() {
        let path = entry.path();
        files::check_replaceable(&path).map_err(RunError::io("remove", &path))?;
        if entry.file_type().map_err(RunError::io("read", &path))?.is_dir() {
            check_tree(&path, into)?;
        }
    }
    Ok(())
}

/// What there is of a run, beside the files of fixed names.
#[derive(Default)]
struct RunFiles {
    files: Vec<PathBuf>,
    /// With all that is in them.
    trees: Vec<PathBuf>,
    /// If nothing else is in them.
    folders: Vec<PathBuf>,
}

impl RunFiles {
    fn of(dir: &Path) -> Result<Self, RunError> {
        let mut ours = Self::default();
        for (name, ending) in [(paths::FRAMES, "png"), (paths::CHECKPOINTS, "safetensors")] {
            let folder = dir.join(name);
            let Some(entries) = files::entries(&folder).map_err(RunError::io("read", &folder))?
            else {
                continue;
            };
            for entry in entries {
                let path = entry.path();
                if entry.file_type().map_err(RunError::io("read", &path))?.is_dir() {
                    continue;
                }
                let is_ours = path.extension().is_some_and(|found| found == ending)
                    || paths::is_damaged(&entry);
                if is_ours || entry.file_name().to_str().is_some_and(atomic::is_temporary) {
                    ours.files.push(path);
                }
            }
            ours.folders.push(folder);
        }
        let exports = dir.join(paths::EXPORTS);
        if files::is_folder(&exports).map_err(RunError::io("read", &exports))? {
            ours.trees.push(exports);
        }
        for entry in files::entries(dir).map_err(RunError::io("read", dir))?.unwrap_or_default() {
            let is_folder =
                entry.file_type().map_err(RunError::io("read", &entry.path()))?.is_dir();
            let is_left = paths::is_cut(&entry) || paths::is_before_restart(&entry);
            if is_left && is_folder {
                ours.trees.push(entry.path());
            } else if !is_folder
                && (is_left
                    || paths::is_damaged(&entry)
                    || entry.file_name().to_str().is_some_and(atomic::is_temporary))
            {
                ours.files.push(entry.path());
            }
        }
        Ok(ours)
    }
}
