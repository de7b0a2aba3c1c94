//! What can go wrong with a run directory.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::lock::Owner;
use crate::preset::PresetError;

/// Why a run was not recorded or read; each message names the file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("cannot {doing} {}: {}", path.display(), reason(source))]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot open {}: no such file or directory; did you mean `{}`?", path.display(), near.display())]
    Mistyped { path: PathBuf, near: PathBuf },
    #[error("{} is not empty: expected a new or an empty folder for the run", path.display())]
    Occupied { path: PathBuf },
    #[error("{} already holds a run; `gan-tui resume {}` goes on with it, another --out starts anew", path.display(), path.display())]
    HoldsRun { path: PathBuf },
    #[error("{} is being written by {owner}", path.display())]
    Locked { path: PathBuf, owner: Owner },
    #[error(transparent)]
    Preset(#[from] PresetError),
    #[error("{}: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: expected {expected}, found {found}", path.display())]
    Mismatch { path: PathBuf, expected: String, found: String },
    #[error("{} is no run and no checkpoint: expected a folder with run.json or a .safetensors file", path.display())]
    NoRun { path: PathBuf },
    #[error("run {} has no checkpoint", path.display())]
    NoCheckpoint { path: PathBuf },
    #[error("run {} has no checkpoint of iteration {iteration}; it has those of {there}", path.display())]
    NoSuchCheckpoint { path: PathBuf, iteration: u64, there: String },
    #[error("run {} has no frame of iteration {iteration}", path.display())]
    NoFrame { path: PathBuf, iteration: u64 },
}

impl RunError {
    /// Says what was being done to which file; for `map_err`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.into() }
    }

    /// Whether it is the storage that failed (full, gone, not writable) and trying again may help.
    pub fn is_storage(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

/// The system's words without the number that Rust appends.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = plain.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
