//! System calls that fail, come short, wait or kill, on chosen paths.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::needs::{self, Missing};

pub const EINTR: i32 = 4;
pub const EIO: i32 = 5;
pub const EACCES: i32 = 13;
pub const EINVAL: i32 = 22;
pub const ENOSPC: i32 = 28;
pub const EROFS: i32 = 30;
pub const ENOLCK: i32 = 37;
pub const ENOSYS: i32 = 38;
pub const EOPNOTSUPP: i32 = 95;
pub const ESTALE: i32 = 116;
pub const EDQUOT: i32 = 122;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It fails with an error's number.
    Error(i32),
    /// Half of the bytes are read or written.
    Short,
    /// It is held up until the fault is lifted.
    Wait,
    /// The process is killed before it.
    Kill,
}

/// Calls on which a fault strikes. `faults.c` has the names of calls.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Names of calls with a comma after each.
    pub calls: String,
    /// What the absolute path must match, with `*` for anything.
    pub path: String,
    /// The first of the matching calls that it strikes, from 1.
    pub first: usize,
    /// How many it strikes; `None` for all that follow.
    pub times: Option<usize>,
    pub effect: Effect,
}

/// A library that is preloaded into a program and stands between it and the system.
#[derive(Clone, Copy)]
pub struct Faults(&'static Path);

impl Faults {
    /// Builds the library, once in a process.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no C compiler, or the system is not Linux.
    pub fn build() -> Result<Self, Missing> {
        static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
        if !cfg!(target_os = "linux") {
            return Err(Missing::new("Linux"));
        }
        let compiler = needs::program("cc")?;
        let (_, library) = BUILT.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let library = folder.path().join("faults.so");
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/faults.c");
            let built = Command::new(compiler)
                .args(["-shared", "-fPIC", "-O1", "-o"])
                .arg(&library)
                .args([source, "-ldl"])
                .status();
            assert!(built.unwrap().success());
            (folder, library)
        });
        Ok(Self(library))
    }

    /// Makes a command's `calls` (names with a comma after each) fail with an error's number on
    /// paths that end as `path` does; `*` stands for anything.
    pub fn on(self, command: Command, calls: &str, path: &str, error: i32) -> Command {
        let (calls, path) = (calls.to_owned(), format!("*{path}"));
        self.inject(
            command,
            &Fault { calls, path, first: 1, times: None, effect: Effect::Error(error) },
        )
    }

    /// Makes a fault strike a command.
    pub fn inject(self, mut command: Command, fault: &Fault) -> Command {
        let effect = match fault.effect {
            Effect::Error(number) => number.to_string(),
            Effect::Short => "short".into(),
            Effect::Wait => "wait".into(),
            Effect::Kill => "kill".into(),
        };
        command
            .env("LD_PRELOAD", self.0)
            .env("FAULTS_CALLS", &fault.calls)
            .env("FAULTS_PATH", &fault.path)
            .env("FAULTS_FIRST", fault.first.to_string())
            .env("FAULTS_TIMES", fault.times.unwrap_or(0).to_string())
            .env("FAULTS_EFFECT", effect);
        command
    }

    /// Appends a line `call<tab>path` to a file for each call that the fault strikes, or, without a
    /// fault, for each call.
    pub fn log(self, mut command: Command, to: &Path) -> Command {
        command.env("LD_PRELOAD", self.0).env("FAULTS_LOG", to);
        command
    }

    /// Ends the fault once there is a file of that name.
    pub fn until(self, mut command: Command, lifted: &Path) -> Command {
        command.env("FAULTS_LIFTED", lifted);
        command
    }
}
