//! The path of a run's socket: `<state folder>/gan-tui/<machine>/<hash of the run
//! directory>.sock`.
//!
//! The state folder outlives a login, which a runtime folder does not; a hash keeps the path short,
//! since a socket's ends at 108 bytes; and the machine's name keeps apart what shares a home folder
//! over a network.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::SocketError;
use gan_tui_core::{files::UserFolder, text::hex};

/// The longest path of a socket that every system takes.
const LONGEST: usize = 100;

/// The address at which a run listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) socket: PathBuf,
}

impl Address {
    /// Returns the address of a run directory.
    ///
    /// # Errors
    /// Returns an error if the directory does not exist, or the user has no state folder.
    pub fn of(dir: &Path) -> Result<Self, SocketError> {
        let whole = fs::canonicalize(dir).map_err(SocketError::io("find", dir))?;
        let hash = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        let name = hex(&hash[..8]);
        Ok(Self { socket: folder()?.join(format!("{name}.sock")) })
    }

    /// Returns the socket's path.
    pub fn path(&self) -> &Path {
        &self.socket
    }

    /// Creates the folder, which only its owner may enter.
    ///
    /// # Errors
    /// Returns an error if it cannot be created, or is another user's.
    pub(super) fn make_folder(&self) -> Result<(), SocketError> {
        let folder = self.socket.parent().unwrap_or(Path::new("/"));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(SocketError::io("create", folder))?;
        let found = fs::symlink_metadata(folder).map_err(SocketError::io("look at", folder))?;
        if !found.is_dir() || found.uid() != user() {
            return Err(SocketError::Foreign { path: folder.into() });
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
                .map_err(SocketError::io("close", folder))?;
        }
        Ok(())
    }
}

/// Returns the effective user of this process.
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns this machine's name, without what a path should not hold.
pub(super) fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(24).collect();
    if name.trim_matches('.').is_empty() { "localhost".into() } else { name }
}

/// Returns the folder of this machine's sockets. If the state folder's path is too long for a
/// socket, that is a folder of the user's in `/tmp`.
pub(super) fn folder() -> Result<PathBuf, SocketError> {
    let folder = UserFolder::State.path().ok_or(SocketError::NoHome)?.join(host());
    let name = "/0123456789abcdef.sock".len();
    Ok(if folder.as_os_str().len() + name <= LONGEST {
        folder
    } else {
        PathBuf::from(format!("/tmp/gan-tui-{}", user()))
    })
}
