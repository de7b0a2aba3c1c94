//! Programs started as a user who owns nothing.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Sandbox,
    needs::{self, Missing},
    program,
};

/// The user `nobody` in a sandbox that everybody may enter, with a copy of gan-tui that this user
/// may run, and a folder for sockets.
pub struct OtherUser<'a> {
    sandbox: &'a Sandbox,
    program: PathBuf,
    runtime: PathBuf,
}

impl<'a> OtherUser<'a> {
    pub const ID: u32 = 65534;

    /// # Errors
    ///
    /// Returns an error if this process does not run as root or `setpriv` is missing.
    pub fn of(sandbox: &'a Sandbox) -> Result<Self, Missing> {
        needs::root()?;
        needs::program("setpriv")?;
        fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let copy = sandbox.join("program");
        fs::copy(program(), &copy).unwrap();
        // Without one, this user's runs in other sandboxes would be found, in /tmp.
        let runtime = sandbox.join("of-nobody");
        fs::create_dir_all(&runtime).unwrap();
        chown(&runtime, Some(Self::ID), Some(Self::ID)).unwrap();
        Ok(Self { sandbox, program: copy, runtime })
    }

    /// Returns any program as this user's command.
    pub fn program(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.program("setpriv");
        command
            .args([&format!("--reuid={}", Self::ID), &format!("--regid={}", Self::ID)])
            .arg("--clear-groups")
            .env("XDG_RUNTIME_DIR", &self.runtime)
            .arg(program)
            .args(arguments);
        command
    }

    /// Returns gan-tui as this user's command.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.program(&self.program, arguments)
    }

    /// Gives a file or folder, with all that is in it, to this user.
    pub fn give(&self, path: &Path) {
        let owner = Self::ID.to_string();
        assert!(Command::new("chown").args(["-R", &owner]).arg(path).status().unwrap().success());
    }

    /// Makes a path root's, and closes it to everybody else.
    pub fn close(path: &Path) {
        chown(path, Some(0), Some(0)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
