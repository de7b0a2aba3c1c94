//! The real program in a folder of its own, with a small preset and a handful of pictures to learn
//! from.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub mod link;
pub mod terminal;

/// Far more than anything here takes, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A folder with `small.ron` and `shapes/`, without the user's configuration, data and terminal.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// `fields` are further fields of the preset.
    pub fn new(fields: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pictures = 64u32;
        let mut bytes: Vec<u8> =
            [2051, pictures, 28, 28].iter().flat_map(|number: &u32| number.to_be_bytes()).collect();
        bytes.extend(
            (0..pictures * 784).map(|index| (index.wrapping_mul(2_654_435_761) >> 23) as u8),
        );
        fs::create_dir(folder.path().join("shapes")).unwrap();
        fs::write(folder.path().join("shapes/train-images-idx3-ubyte"), bytes).unwrap();
        let preset = format!("(name: \"small\", model: Mlp, latent: 64, batch: 2, {fields})");
        fs::write(folder.path().join("small.ron"), preset).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Any program, in this place.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"] {
            command.env(name, self.path());
        }
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        command
    }

    /// gan-tui with these words.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_gan-tui"));
        command.args(words);
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// The words that train `out` with the small preset, and more of them.
    pub fn training<'a>(&self, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["train", "--preset", "small.ron", "--data", "shapes", "--quiet", "--out", out], more]
            .concat()
    }

    /// Trains to the end.
    #[track_caller]
    pub fn train(&self, out: &str, more: &[&str]) {
        self.says(&self.training(out, more));
    }

    /// What the program says on stdout; it ends well.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Begins to train, with stderr kept.
    pub fn begin(&self, out: &str, more: &[&str]) -> Child {
        self.command(&self.training(out, more))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// The last line of a run's metrics, as JSON; the iteration of a run that has none is 0.
    pub fn iteration(&self, run: &str) -> u64 {
        let text = fs::read_to_string(self.join(run).join("metrics.jsonl")).unwrap_or_default();
        let mut rows =
            text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        rows.next_back().and_then(|row| row["iteration"].as_u64()).unwrap_or(0)
    }

    /// `run.json`.
    pub fn manifest(&self, run: &str) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.join(run).join("run.json")).unwrap()).unwrap()
    }
}

impl Drop for Place {
    /// Ends what a test that failed has left in the background.
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

/// The newest frame of a run directory.
pub fn newest_frame(dir: &Path) -> Option<u64> {
    let names = fs::read_dir(dir.join("frames"))
        .ok()?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".png")?.parse().ok()).max()
}

/// What must be the same however often a run was interrupted: checkpoints, frames, and metrics
/// without times.
pub fn essence(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in ["frames", "checkpoints"] {
        for entry in fs::read_dir(dir.join(folder)).unwrap().flatten() {
            found.insert(
                format!("{folder}/{}", entry.file_name().to_string_lossy()),
                fs::read(entry.path()).unwrap(),
            );
        }
    }
    let mut rows = String::new();
    for line in fs::read_to_string(dir.join("metrics.jsonl")).unwrap().lines() {
        let mut row: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).unwrap();
        row.remove("step_ms");
        row.remove("elapsed_s");
        rows += &format!("{row:?}\n");
    }
    found.insert("metrics.jsonl".into(), rows.into_bytes());
    found
}

#[track_caller]
pub fn assert_same(found: &Path, expected: &Path) {
    let (found, expected) = (essence(found), essence(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// Waits until something is so.
#[track_caller]
pub fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal by name.
pub fn signal(process: u32, name: &str) {
    assert!(
        Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap().success()
    );
}

/// Whether a program can be started.
pub fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[allow(clippy::print_stderr)]
pub fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
