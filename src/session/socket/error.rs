//! Errors of the connection to a run.

use gan_tui_core::text::shown;
use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a run cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("no place for its socket: {0}")]
    NoPlace(String),
    #[error("cannot {doing} {}: {}", shown(path), gan_tui_core::files::reason(source))]
    Io { doing: &'static str, path: PathBuf, source: io::Error },
    #[error("{} belongs to another user: sockets of runs are not put there", shown(path))]
    Foreign { path: PathBuf },
    /// Nobody listens there: at a socket, or for a run directory.
    #[error("nothing listens at {}", shown(path))]
    Silent { path: PathBuf },
    #[error(
        "the run speaks protocol {found} (gan-tui {program}), this program {expected}: attach \
        with the program that trains"
    )]
    Version { expected: u32, found: u32, program: String },
    #[error("the run does not answer: {0}")]
    Answer(String),
    #[error("refused by the run: {0}")]
    Refused(String),
}

impl SocketError {
    /// Adds what was being done to which file; for `map_err`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { doing, path, source }
    }
}
