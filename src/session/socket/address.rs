//! Where the socket of a run is: `<folder>/<hash of the run directory>.sock`, and beside it
//! `<hash>.run`, which holds the path of the run directory.
//!
//! A run makes its socket in the first of these folders that it can use: the state folder's, with
//! the machine's name; the runtime folder's; `/tmp/gan-tui-<user>`. The state folder outlives a
//! login, which a runtime folder does not. A hash keeps the path short, since a socket's ends at
//! 108 bytes. The machine's name keeps apart what shares a home folder over a network. As that name
//! may change while a run trains, whoever looks for a run looks into the folders of all machines: a
//! socket only answers on its own.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs::{self, DirBuilder},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::SocketError;
use gan_tui_core::{
    files::{self, UserFolder, atomic},
    text::hex,
};

/// The longest path of a socket that every system takes.
const LONGEST: usize = 100;
/// The longest name of a machine that is used as it is.
const LONGEST_MACHINE: usize = 24;
/// The extension of sockets.
const SOCKET: &str = "sock";
/// The extension of the file beside a socket that names the run directory.
const RUN: &str = "run";
/// No path is longer.
const MOST_BYTES: u64 = 1 << 16;

/// The address at which a run listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The run directory, absolute and without links.
    run: PathBuf,
    /// The name of its socket, without folder and extension.
    hash: String,
}

impl Address {
    /// Returns the address of a run directory.
    ///
    /// # Errors
    /// Returns an error if the directory does not exist.
    pub fn of(dir: &Path) -> Result<Self, SocketError> {
        let run = fs::canonicalize(dir).map_err(SocketError::io("find", dir))?;
        let hash = hex(&Sha256::digest(run.as_os_str().as_bytes())[..8]);
        Ok(Self { run, hash })
    }

    /// Returns the run directory, absolute.
    pub(super) fn run(&self) -> &Path {
        &self.run
    }

    /// Returns the socket's path in a folder.
    pub(super) fn in_folder(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.{SOCKET}", self.hash))
    }

    /// Returns the paths at which the run may listen, the most likely first.
    pub(super) fn candidates(&self) -> Vec<PathBuf> {
        Folders::of_this_process().to_search().iter().map(|folder| self.in_folder(folder)).collect()
    }

    /// Names the run directory beside a socket.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(super) fn name_run(&self, socket: &Path) -> Result<(), SocketError> {
        let path = socket.with_extension(RUN);
        atomic::write(&path, self.run.as_os_str().as_bytes())
            .map_err(SocketError::io("write", &path))
    }
}

/// Returns the run directory that is named beside a socket, if one is.
pub(super) fn named_run(socket: &Path) -> Option<PathBuf> {
    let bytes = files::read(&socket.with_extension(RUN), MOST_BYTES).ok()??;
    (!bytes.is_empty()).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

/// Removes a socket, and what names its run directory.
pub(super) fn remove(socket: &Path) {
    // What is gone or cannot be removed harms nobody.
    let _ = fs::remove_file(socket);
    let _ = fs::remove_file(socket.with_extension(RUN));
}

/// Returns the sockets in a folder.
///
/// # Errors
/// Returns an error if the folder exists and cannot be read.
pub(super) fn sockets_in(folder: &Path) -> Result<Vec<PathBuf>, SocketError> {
    let entries = files::entries(folder).map_err(SocketError::io("read", folder))?;
    let paths = entries.into_iter().flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|ending| ending == SOCKET)).collect())
}

/// The folders in which this user's sockets may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Folders {
    /// The one that has a folder for each machine.
    state: Option<PathBuf>,
    /// Where this process makes a socket, the best first.
    own: Vec<PathBuf>,
}

impl Folders {
    /// Returns the folders of this process's user and environment.
    pub(super) fn of_this_process() -> Self {
        let uid = user();
        // That of another user stays in the environment after `su`.
        let runtime = [
            env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
            Some(PathBuf::from(format!("/run/user/{uid}"))),
        ];
        let is_usable = |folder: &PathBuf| folder.is_absolute() && is_ours(folder);
        let runtime = runtime.into_iter().flatten().find(is_usable);
        Self::new(UserFolder::State.path(), runtime, &host(), uid)
    }

    fn new(state: Option<PathBuf>, runtime: Option<PathBuf>, host: &str, uid: u32) -> Self {
        let own = [
            state.as_ref().map(|state| state.join(machine(host))),
            runtime.map(|runtime| runtime.join("gan-tui")),
            Some(PathBuf::from(format!("/tmp/gan-tui-{uid}"))),
        ];
        let name = "/0123456789abcdef.sock".len();
        let fits = |folder: &PathBuf| folder.as_os_str().len() + name <= LONGEST;
        Self { state, own: own.into_iter().flatten().filter(fits).collect() }
    }

    /// Returns the folders in which this process makes a socket, the best first.
    pub(super) fn own(&self) -> &[PathBuf] {
        &self.own
    }

    /// Returns the folders to search for a run: those of this process, and of other machines, or of
    /// this one under another name.
    pub(super) fn to_search(&self) -> Vec<PathBuf> {
        // What cannot be read is reported by whoever lists all runs.
        self.list().0
    }

    /// The same, and why the folders of other machines cannot be listed, if so.
    pub(super) fn list(&self) -> (Vec<PathBuf>, Option<SocketError>) {
        let (others, problem) = match self.state.as_ref().map(|state| {
            let entries = files::entries(state).map_err(SocketError::io("read", state));
            entries.map(|entries| entries.into_iter().flatten().map(|entry| entry.path()))
        }) {
            Some(Ok(others)) => (others.collect(), None),
            Some(Err(error)) => (BTreeSet::new(), Some(error)),
            None => (BTreeSet::new(), None),
        };
        let others = others.into_iter().filter(|folder| !self.own.contains(folder));
        let all = self.own.iter().cloned().chain(others);
        (all.filter(|folder| is_ours(folder)).collect(), problem)
    }
}

/// Returns whether there is a folder that only this user can put something into.
fn is_ours(folder: &Path) -> bool {
    fs::symlink_metadata(folder)
        .is_ok_and(|found| found.is_dir() && found.uid() == user() && found.mode() & 0o022 == 0)
}

/// Creates a folder for sockets, which only its owner may enter.
///
/// # Errors
/// Returns an error if it cannot be created, or is another user's.
pub(super) fn make_folder(folder: &Path) -> Result<(), SocketError> {
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

/// Returns the effective user of this process.
pub(super) fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns this machine's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Returns the name of a machine's folder: its own if that is short and can be a folder's, else a
/// part of it and a hash of the whole.
fn machine(host: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
    let name: String = host.chars().filter(is_plain).collect();
    if name == host && name.len() <= LONGEST_MACHINE && !name.trim_matches('.').is_empty() {
        return name;
    }
    let hash = hex(&Sha256::digest(host.as_bytes())[..4]);
    let part: String = name.trim_matches('.').chars().take(LONGEST_MACHINE - 9).collect();
    format!("{part}-{hash}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn machines_whose_names_begin_alike_have_folders_of_their_own() {
        assert_eq!(machine("laptop"), "laptop");
        assert_eq!(machine("node-017.cluster.example"), "node-017.cluster.example");
        let names = [
            "node-017.cluster.example",
            "node-017.cluster.example.org",
            "node-017.cluster.example.com",
            "a machine",
            "amachine",
            "",
            ".",
            "..",
            "\u{1f5a5}",
        ];
        let folders: BTreeSet<String> = names.iter().map(|name| machine(name)).collect();
        assert_eq!(folders.len(), names.len(), "{folders:?}");
        for folder in folders {
            assert!(folder.len() <= LONGEST_MACHINE && !folder.starts_with('.'), "{folder}");
        }
    }

    #[test]
    fn what_cannot_hold_a_socket_is_passed_over() {
        let own = |state: &str, runtime: Option<&str>| {
            let state = Some(PathBuf::from(state)).filter(|state| state.is_absolute());
            Folders::new(state, runtime.map(PathBuf::from), "laptop", 7).own
        };
        assert_eq!(
            own("/h/.local/state/gan-tui", Some("/run/user/7")),
            ["/h/.local/state/gan-tui/laptop", "/run/user/7/gan-tui", "/tmp/gan-tui-7"]
                .map(PathBuf::from)
        );
        let long = format!("/{}", "x".repeat(80));
        assert_eq!(own(&long, Some(&long)), [PathBuf::from("/tmp/gan-tui-7")]);
        assert_eq!(own("", None), [PathBuf::from("/tmp/gan-tui-7")]);
    }

    #[test]
    fn a_run_is_searched_for_under_every_name_of_a_machine() {
        let state = tempfile::tempdir().unwrap();
        for name in ["laptop", "another", "a-former-name-cut-to-24-l"] {
            make_folder(&state.path().join(name)).unwrap();
        }
        fs::write(state.path().join("file"), "").unwrap();
        let open = state.path().join("open-to-all");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let folders = Folders {
            state: Some(state.path().into()),
            own: vec![state.path().join("laptop"), state.path().join("not-there")],
        };
        let names: Vec<_> =
            folders.to_search().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["laptop", "a-former-name-cut-to-24-l", "another"]);
    }
}
