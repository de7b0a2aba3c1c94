//! The socket of a run on disk: made where it can be, looked after, and removed.

use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixListener,
    },
    path::{Path, PathBuf},
};

use super::{
    SocketError,
    address::{self, Address, Folders},
};

/// A socket that is listened at. Dropping it removes it from the disk, if it is still there.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) listener: UnixListener,
    path: PathBuf,
    /// Device and inode, by which the socket is told from another one at the same path.
    identity: (u64, u64),
}

impl Listening {
    /// Listens at the address of a run whose lock this process holds, in the first folder in which
    /// that can be done: a socket that another process left there is removed.
    ///
    /// # Errors
    /// Returns an error, with the reason for each folder, if there is none.
    pub(super) fn at(address: &Address) -> Result<Self, SocketError> {
        Self::in_one_of(Folders::of_this_process().own(), address)
    }

    fn in_one_of(folders: &[PathBuf], address: &Address) -> Result<Self, SocketError> {
        let mut reasons = Vec::new();
        for folder in folders {
            match Self::in_folder(folder, address) {
                Ok(listening) => return Ok(listening),
                Err(error) => reasons.push(error.to_string()),
            }
        }
        Err(SocketError::NoPlace(reasons.join("; ")))
    }

    fn in_folder(folder: &Path, address: &Address) -> Result<Self, SocketError> {
        address::make_folder(folder)?;
        let path = address.in_folder(folder);
        address.name_run(&path)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(SocketError::io("replace", &path)(error));
            }
            _ => {}
        }
        let failed = |error: io::Error| SocketError::io("listen at", &path)(error);
        let listener = UnixListener::bind(&path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
            .map_err(SocketError::io("close", &path))?;
        let identity = identity(&path).map_err(failed)?;
        Ok(Self { listener, path, identity })
    }

    /// Returns whether the socket is still at its path, with what names its run.
    pub(super) fn is_intact(&self) -> bool {
        let is_named = || address::named_run(&self.path).is_some();
        identity(&self.path).is_ok_and(|found| found == self.identity) && is_named()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Another process's, or what somebody put there, stays.
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            address::remove(&self.path);
        }
    }
}

/// Returns device and inode of a socket.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    // A file that takes the place of one that was removed may get its inode.
    if !found.file_type().is_socket() {
        return Err(io::Error::other("it is not a socket"));
    }
    Ok((found.dev(), found.ino()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;
    use gan_tui_core::text::shown;

    #[test]
    fn the_first_folder_that_can_be_used_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::of(folder.path()).unwrap();
        let (file, usable) = (folder.path().join("file"), folder.path().join("a/b"));
        fs::write(&file, "").unwrap();
        let folders = [PathBuf::from("/proc/gan-tui"), file.clone(), usable.clone()];
        let listening = Listening::in_one_of(&folders, &address).unwrap();
        assert!(listening.is_intact());
        assert_eq!(listening.path, address.in_folder(&usable));
        assert_eq!(address::named_run(&listening.path).as_deref(), Some(address.run()));
        UnixStream::connect(&listening.path).unwrap();
        drop(listening);
        assert_eq!(fs::read_dir(&usable).unwrap().count(), 0, "nothing is left");
        let error = Listening::in_one_of(&folders[..2], &address).unwrap_err().to_string();
        assert!(
            error.starts_with("no place for its socket: cannot create /proc/gan-tui: ")
                && error.contains(&format!("; cannot create {}", shown(&file))),
            "{error}"
        );
    }

    #[test]
    fn what_takes_the_place_of_a_socket_is_noticed_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let address = Address::of(folder.path()).unwrap();
        let folders = [folder.path().join("sockets")];
        let first = Listening::in_one_of(&folders, &address).unwrap();
        fs::remove_file(&first.path).unwrap();
        assert!(!first.is_intact());
        fs::write(&first.path, "mine").unwrap();
        assert!(!first.is_intact());
        let path = first.path.clone();
        drop(first);
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        let second = Listening::in_one_of(&folders, &address).unwrap();
        let third = Listening::in_one_of(&folders, &address).unwrap();
        assert!(!second.is_intact() && third.is_intact());
        drop(second);
        UnixStream::connect(&path).unwrap();
        fs::remove_file(path.with_extension("run")).unwrap();
        assert!(!third.is_intact());
    }
}
