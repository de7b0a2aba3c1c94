//! The names inside a run directory, and the way from what a person typed to a run or a checkpoint.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use super::RunError;
use crate::preset::error::nearest;

pub const PRESET: &str = "preset.ron";
pub const MANIFEST: &str = "run.json";
pub const METRICS: &str = "metrics.jsonl";
pub const CHANGES: &str = "changes.jsonl";
pub const FRAMES: &str = "frames";
pub const CHECKPOINTS: &str = "checkpoints";
/// What a person exports from the monitor.
pub const EXPORTS: &str = "exports";
pub const LOG: &str = "log.txt";
pub const LOCK: &str = ".lock";
/// Where runs live unless `--out` says otherwise, relative to the working directory.
pub const RUNS: &str = "runs";

/// The checkpoint that has scored best.
pub fn best(dir: &Path) -> PathBuf {
    dir.join(CHECKPOINTS).join("best.safetensors")
}

/// What a path given on the command line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A run directory.
    Run(PathBuf),
    /// A checkpoint file.
    Checkpoint(PathBuf),
}

/// A run directory or a checkpoint file from a path, or from the name of a run in `runs/`.
///
/// # Errors
/// Where neither is there.
pub fn resolve(path: &Path) -> Result<Target, RunError> {
    let candidates = [path.to_path_buf(), Path::new(RUNS).join(path)];
    for candidate in candidates {
        if candidate.is_file() && candidate.extension() == Some(OsStr::new("safetensors")) {
            return Ok(Target::Checkpoint(candidate));
        }
        if is_run(&candidate) {
            return Ok(Target::Run(candidate));
        }
    }
    match fs::metadata(path) {
        Ok(_) => Err(RunError::NoRun { path: path.to_path_buf() }),
        Err(source) => Err(match near(path) {
            Some(near) => RunError::Mistyped { path: path.to_path_buf(), near },
            None => RunError::io("open", path)(source),
        }),
    }
}

/// The run beside a path, or in `runs/`, whose name is nearest to it, where one is near.
fn near(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = beside.unwrap_or(Path::new(RUNS));
    let runs = fs::read_dir(folder).ok()?.flatten().filter(|entry| is_run(&entry.path()));
    let names: Vec<String> = runs.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    nearest(name, names.iter().map(String::as_str)).map(|name| folder.join(name))
}

/// Whether a folder looks like a run, a damaged one too.
pub(super) fn is_run(dir: &Path) -> bool {
    [MANIFEST, PRESET, METRICS].into_iter().any(|name| dir.join(name).is_file()) || dir.join(CHECKPOINTS).is_dir()
}

/// `frames/00000020.png`.
pub fn frame(dir: &Path, iteration: u64) -> PathBuf {
    dir.join(FRAMES).join(format!("{iteration:08}.png"))
}

/// `checkpoints/00000500.safetensors`.
pub fn checkpoint(dir: &Path, iteration: u64) -> PathBuf {
    dir.join(CHECKPOINTS).join(format!("{iteration:08}.safetensors"))
}

/// The iterations that the file names of a folder carry, rising; other files are passed over. A folder that is not there has none.
pub(super) fn iterations(folder: &Path, extension: &str) -> Vec<u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<u64> = entries.filter_map(|entry| iteration_of(&entry.path(), extension)).collect();
    found.sort_unstable();
    found
}

fn iteration_of(path: &Path, extension: &str) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let iteration = stem.parse().ok().filter(|iteration| format!("{iteration:08}") == stem)?;
    (path.extension()? == OsStr::new(extension)).then_some(iteration)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_carry_iterations() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["00000020.png", "00000000.png", "123456789.png", "20.png", "+0000020.png", ".00000040.png.1-2.tmp", "00000060.txt"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        assert_eq!(iterations(folder.path(), "png"), [0, 20, 123_456_789]);
        assert_eq!(iterations(&folder.path().join("missing"), "png"), [0; 0]);
        assert_eq!(checkpoint(Path::new("a"), 500), Path::new("a/checkpoints/00000500.safetensors"));
    }

    #[test]
    fn a_path_is_a_run_or_a_checkpoint_or_neither() {
        let folder = tempfile::tempdir().unwrap();
        let error = resolve(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is no run and no checkpoint"), "{error}");
        assert!(resolve(&folder.path().join("nowhere")).unwrap_err().to_string().contains("nowhere: no such file"));
        fs::write(folder.path().join(MANIFEST), "{").unwrap();
        assert_eq!(resolve(folder.path()).unwrap(), Target::Run(folder.path().into()));
        let error = resolve(&folder.path().with_file_name("nothing-like-it")).unwrap_err().to_string();
        assert!(error.ends_with("nothing-like-it: no such file or directory"), "{error}");
        let run = folder.path().join("night");
        fs::create_dir(&run).unwrap();
        fs::write(run.join(MANIFEST), "{").unwrap();
        let error = resolve(&folder.path().join("nihgt")).unwrap_err().to_string();
        assert!(error.ends_with(&format!("nihgt: no such file or directory; did you mean `{}`?", run.display())), "{error}");
        let checkpoint = folder.path().join("a.safetensors");
        fs::write(&checkpoint, "").unwrap();
        assert_eq!(resolve(&checkpoint).unwrap(), Target::Checkpoint(checkpoint));
    }
}
