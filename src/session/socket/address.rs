//! Where the socket of a run is: `<state folder>/gan-tui/<machine>/<hash of the run
//! directory>.sock`.
//!
//! The state folder outlives a login, which a runtime folder does not; a hash keeps the path short,
//! since a socket's ends at 108 bytes; and the machine's name keeps apart what shares a home folder
//! over a network.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use sha2::{Digest, Sha256};

use super::{Connection, LinkError, protocol::Hello};
use gan_tui_core::{
    files::{self, UserFolder},
    text::hex,
};

/// The longest path of a socket that every system takes.
const LONGEST: usize = 100;

/// Where a run listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub(super) socket: PathBuf,
}

impl Address {
    /// That of a run directory, which must be there.
    ///
    /// # Errors
    /// Where the directory is not there, or the user has no state folder.
    pub fn of(dir: &Path) -> Result<Self, LinkError> {
        let whole = fs::canonicalize(dir).map_err(LinkError::io("find", dir))?;
        let hash = Sha256::digest(whole.as_os_str().as_encoded_bytes());
        let name = hex(&hash[..8]);
        Ok(Self { socket: folder()?.join(format!("{name}.sock")) })
    }

    /// The socket's path.
    pub fn path(&self) -> &Path {
        &self.socket
    }

    /// Makes the folder, which only its owner may enter.
    ///
    /// # Errors
    /// Where it cannot be made, or is another user's.
    pub(super) fn make_folder(&self) -> Result<(), LinkError> {
        let folder = self.socket.parent().unwrap_or(Path::new("/"));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(LinkError::io("create", folder))?;
        let found = fs::symlink_metadata(folder).map_err(LinkError::io("look at", folder))?;
        if !found.is_dir() || found.uid() != user() {
            return Err(LinkError::Foreign { path: folder.into() });
        }
        if found.mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
                .map_err(LinkError::io("close", folder))?;
        }
        Ok(())
    }
}

/// The user that this process acts for.
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// This machine's name, fit for a path.
pub(super) fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let name: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(24).collect();
    if name.trim_matches('.').is_empty() { "localhost".into() } else { name }
}

/// The folder of this machine's sockets. Where the state folder's path is too long for a socket,
/// one in `/tmp` of the user's own.
fn folder() -> Result<PathBuf, LinkError> {
    let folder = UserFolder::State.path().ok_or(LinkError::NoHome)?.join(host());
    let name = "/0123456789abcdef.sock".len();
    Ok(if folder.as_os_str().len() + name <= LONGEST {
        folder
    } else {
        PathBuf::from(format!("/tmp/gan-tui-{}", user()))
    })
}

/// A socket that somebody listens at.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub hello: Hello,
    pub address: Address,
}

/// The runs of this user that listen on this machine, by directory; sockets at which nobody listens
/// any more are removed. A user without a state folder has none.
///
/// # Errors
/// Returns an error if there is a folder of sockets that cannot be read.
pub fn found() -> Result<Vec<Found>, LinkError> {
    let Ok(folder) = folder() else { return Ok(Vec::new()) };
    let entries =
        files::entries(&folder).map_err(LinkError::io("read", &folder))?.unwrap_or_default();
    let sockets = entries
        .iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "sock"));
    let mut found: Vec<Found> = sockets.filter_map(|socket| look(Address { socket })).collect();
    found.sort_by(|a, b| a.hello.run.cmp(&b.hello.run));
    Ok(found)
}

fn look(address: Address) -> Option<Found> {
    for patience in [Duration::from_millis(50), Duration::ZERO] {
        match Connection::greet(&address) {
            Ok((hello, _)) => return Some(Found { hello, address }),
            // One that is just being made listens an instant later.
            Err(LinkError::Silent { .. }) => thread::sleep(patience),
            Err(_) => return None,
        }
    }
    // Another process may have removed it meanwhile.
    let _: io::Result<()> = fs::remove_file(&address.socket);
    None
}
