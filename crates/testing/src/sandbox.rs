//! A folder in which the real program runs, without the user's configuration, data and terminal.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{idx, program};

/// Where the program looks for the user's files.
pub(crate) const HOME_VARIABLES: [&str; 5] =
    ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME"];
/// What would change the number of threads.
pub(crate) const THREAD_VARIABLES: [&str; 7] = [
    "SLURM_CPUS_PER_TASK",
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "PBS_NUM_PPN",
    "NSLOTS",
    "LSB_DJOB_NUMPROC",
    "RAYON_NUM_THREADS",
];

/// A temporary folder that is the home of the programs started in it.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder in memory, where there is such a place, for what is done many times over.
    pub fn in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self { folder: folder.unwrap() }
    }

    /// A sandbox with a small preset, `small.ron`, and 64 labelled images in `shapes`. `fields` are
    /// further fields of the preset.
    pub fn new(fields: &str) -> Self {
        let sandbox = Self::empty();
        let count = 64;
        let labels: Vec<u8> = (0..count).map(|index| (index % 10) as u8).collect();
        let images = idx::images(count, 28, 28, &idx::noise(count));
        sandbox.write(Path::new("shapes").join(idx::IMAGES), images);
        sandbox.write(Path::new("shapes").join(idx::LABELS), idx::labels(count, &labels));
        let preset = format!("(name: \"small\", model: Mlp, latent: 64, batch: 2, {fields})");
        sandbox.write("small.ron", preset);
        sandbox
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file and creates the folders above it.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Copies a folder with all that is in it.
    #[track_caller]
    pub fn copy_folder(&self, from: &str, to: &str) {
        assert!(self.program("cp").args(["-r", from, to]).status().unwrap().success());
    }

    /// Returns any program as a command in this sandbox.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in HOME_VARIABLES {
            command.env(name, self.path());
        }
        for name in THREAD_VARIABLES {
            command.env_remove(name);
        }
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        command
    }

    /// Returns gan-tui with arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(program());
        command.args(arguments);
        command
    }

    /// Runs gan-tui to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs gan-tui, which must succeed, and returns its stdout.
    #[track_caller]
    pub fn stdout(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs gan-tui, which must succeed and leave stderr empty, and returns its stdout.
    #[track_caller]
    pub fn only_stdout(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs gan-tui, which must print nothing but `error: ` and `message` and exit with `status`.
    #[track_caller]
    pub fn assert_error(&self, arguments: &[&str], status: i32, message: &str) {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(errors, format!("error: {message}\n"), "{arguments:?}");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{arguments:?}");
    }

    /// Runs gan-tui, which must exit with status 1 after one line on stderr, an error that contains
    /// `part`. Returns the line.
    #[track_caller]
    pub fn assert_error_contains(&self, arguments: &[&str], part: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        assert!(
            errors.starts_with("error: ") && errors.ends_with('\n') && errors.lines().count() == 1,
            "{arguments:?}: {errors}"
        );
        assert!(errors.contains(part), "{arguments:?}: {errors}");
        errors
    }

    /// Returns the arguments that train `out` with the small preset, and `more`.
    pub fn training<'a>(&self, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["train", "--preset", "small.ron", "--data", "shapes", "--quiet", "--out", out], more]
            .concat()
    }

    /// Trains to the end.
    #[track_caller]
    pub fn train(&self, out: &str, more: &[&str]) {
        self.stdout(&self.training(out, more));
    }

    /// Starts to train, with stderr as a pipe.
    pub fn start_training(&self, out: &str, more: &[&str]) -> Child {
        self.command(&self.training(out, more))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Returns the iteration of the last row of a run's metrics, or 0.
    pub fn iteration(&self, run: &str) -> u64 {
        let text = fs::read_to_string(self.join(run).join("metrics.jsonl")).unwrap_or_default();
        let mut rows = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        rows.next_back().and_then(|row| row["iteration"].as_u64()).unwrap_or(0)
    }

    /// Returns a run's `run.json`.
    #[track_caller]
    pub fn manifest(&self, run: &str) -> Value {
        serde_json::from_slice(&fs::read(self.join(run).join("run.json")).unwrap()).unwrap()
    }
}

impl Drop for Sandbox {
    /// Ends runs that a failed test left in the background.
    fn drop(&mut self) {
        for entry in fs::read_dir(self.path()).into_iter().flatten().flatten() {
            let owner = fs::read_to_string(entry.path().join(".lock")).unwrap_or_default();
            let Some(process) = owner.split_whitespace().next() else { continue };
            let command =
                fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
            if command.contains("gan-tui") && command.contains("--background") {
                let _ =
                    Command::new("kill").args(["-KILL", process]).stderr(Stdio::null()).status();
            }
        }
    }
}
