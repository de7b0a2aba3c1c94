//! What can go wrong with a run directory.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::owner::Owner;
use gan_tui_core::{
    files::reason,
    preset::PresetError,
    text::{quoted, shown},
};

/// Why a run was not recorded or read; each message names the file.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("cannot {doing} {}: {}", shown(path), reason(source))]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error(
        "cannot open {}: no such file or directory; did you mean `{}`?",
        shown(path),
        shown(near)
    )]
    Mistyped { path: PathBuf, near: PathBuf },
    #[error("{} is not empty: expected a new or an empty folder for the run", shown(path))]
    Occupied { path: PathBuf },
    #[error(
        "{} already contains a run; resume it with `gan-tui resume {}`, or choose another --out",
        shown(path),
        quoted(path)
    )]
    HoldsRun { path: PathBuf },
    #[error("{} is being written by {owner}", shown(path))]
    Locked { path: PathBuf, owner: Owner },
    #[error(transparent)]
    Preset(#[from] PresetError),
    #[error("{}: {reason}", shown(path))]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: expected {expected}, found {found}", shown(path))]
    Mismatch { path: PathBuf, expected: String, found: String },
    #[error(
        "{} is not a run or checkpoint: expected a folder with run.json or a .safetensors file",
        shown(path)
    )]
    NoRun { path: PathBuf },
    #[error("run {} has no checkpoint", shown(path))]
    NoCheckpoint { path: PathBuf },
    #[error(
        "run {} cannot be resumed: its files record {told}, but {found}; restore the checkpoints, train into another --out, \
         or start again with --restart, which keeps the old files aside",
        shown(path)
    )]
    LostCheckpoints { path: PathBuf, told: String, found: String },
    #[error(
        "run {} still has the checkpoint of iteration {iteration}: resume it without --restart, which is for runs that have lost all checkpoints",
        shown(path)
    )]
    NothingLost { path: PathBuf, iteration: u64 },
    #[error(
        "{} is an unfinished branch of {origin} at iteration {iteration}: repeat the command, or remove the folder",
        shown(path)
    )]
    Unfinished { path: PathBuf, origin: String, iteration: u64 },
    #[error(
        "cannot write into {}: {free} bytes are free, but a resumed run needs {needed} until its first save",
        shown(path)
    )]
    NoRoom { path: PathBuf, free: u64, needed: u64 },
    #[error("run {} has no checkpoint of iteration {iteration}; available: {there}", shown(path))]
    NoSuchCheckpoint { path: PathBuf, iteration: u64, there: String },
    #[error("run {} has no frame of iteration {iteration}", shown(path))]
    NoFrame { path: PathBuf, iteration: u64 },
}

impl RunError {
    /// Says what was being done to which file; for `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }

    pub(super) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_path_buf(), reason: reason.into() }
    }

    /// Whether a file is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// The file whose content is wrong.
    pub(super) fn damaged_path(&self) -> Option<PathBuf> {
        if let Self::Damaged { path, .. } = self { Some(path.clone()) } else { None }
    }

    /// Whether a file was read, and its content is wrong.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Preset(_))
    }

    /// Whether it is the storage that failed (full, gone, not writable) and trying again may help.
    pub fn is_storage(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}
