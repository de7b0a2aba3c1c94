//! System calls that fail on chosen paths.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::needs::{self, Missing};

pub const EACCES: i32 = 13;
pub const EINTR: i32 = 4;
pub const EINVAL: i32 = 22;
pub const EIO: i32 = 5;
pub const ENOLCK: i32 = 37;
pub const ENOSYS: i32 = 38;
pub const EOPNOTSUPP: i32 = 95;
pub const ESTALE: i32 = 116;

/// A library that is preloaded into a program to make its calls fail.
#[derive(Clone, Copy)]
pub struct FailingCalls(&'static Path);

impl FailingCalls {
    /// Builds the library, once in a process.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no C compiler.
    pub fn build() -> Result<Self, Missing> {
        static BUILT: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
        let compiler = needs::program("cc")?;
        let (_, library) = BUILT.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let library = folder.path().join("failing_calls.so");
            let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/failing_calls.c");
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
    pub fn on(self, mut command: Command, calls: &str, path: &str, error: i32) -> Command {
        command
            .env("LD_PRELOAD", self.0)
            .env("FAILING_CALLS", calls)
            .env("FAILING_PATH", format!("*{path}"))
            .env("FAILING_ERRNO", error.to_string());
        command
    }
}
