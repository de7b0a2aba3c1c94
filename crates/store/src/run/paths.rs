//! The names inside a run directory, and the way from what a person typed to a run or a checkpoint.

use std::{
    ffi::OsStr,
    fs::DirEntry,
    path::{Path, PathBuf},
};

use super::RunError;
use gan_tui_core::{files, names::nearest};

pub const PRESET: &str = "preset.ron";
pub const MANIFEST: &str = "run.json";
pub const METRICS: &str = "metrics.jsonl";
pub const CHANGES: &str = "changes.jsonl";
pub const FRAMES: &str = "frames";
pub const CHECKPOINTS: &str = "checkpoints";
/// What a person exports from the monitor.
pub const EXPORTS: &str = "exports";
/// What TensorBoard reads.
pub const EVENTS: &str = "events.out.tfevents.1.gan-tui";
pub const LOG: &str = "log.txt";
/// What a person has noted about the run.
pub const NOTES: &str = "notes.json";
/// The list of what was passed over of the dataset, if anything was.
pub const SKIPPED: &str = "skipped.txt";
pub const LOCK: &str = ".lock";
/// After the name of a file whose content is wrong, once another has taken its place.
const DAMAGED: &str = ".damaged";
/// Between the name of what was cut and the iteration that it was cut back to.
const BEFORE: &str = ".before-";
/// What a run was before it began again, followed by a number.
pub(super) const BEFORE_RESTART: &str = "before-restart-";
/// Where runs live unless `--out` says otherwise, relative to the working directory.
pub const RUNS: &str = "runs";

/// The checkpoint that has scored best.
pub fn best(dir: &Path) -> PathBuf {
    dir.join(CHECKPOINTS).join("best.safetensors")
}

/// The checkpoint that had scored best on schedule, where that of the last iteration has taken its
/// place: it comes back if the run is extended.
pub(super) fn best_on_schedule(dir: &Path) -> PathBuf {
    dir.join(CHECKPOINTS).join("best-on-schedule.safetensors")
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
/// Returns an error if neither is there, or that cannot be told.
pub fn resolve(path: &Path) -> Result<Target, RunError> {
    let candidates = [path.to_path_buf(), Path::new(RUNS).join(path)];
    for candidate in candidates {
        if candidate.extension() == Some(OsStr::new("safetensors"))
            && files::is_file(&candidate).map_err(RunError::io("read", &candidate))?
        {
            return Ok(Target::Checkpoint(candidate));
        }
        if is_run(&candidate)? {
            return Ok(Target::Run(candidate));
        }
    }
    if files::exists(path).map_err(RunError::io("open", path))? {
        return Err(RunError::NoRun { path: path.to_path_buf() });
    }
    Err(match nearest_run(path) {
        Some(near) => RunError::Mistyped { path: path.to_path_buf(), near },
        None => RunError::io("open", path)(files::not_found()),
    })
}

/// The run beside a path, or in `runs/`, whose name is nearest to it, where one is near.
fn nearest_run(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let beside = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = beside.unwrap_or(Path::new(RUNS));
    // Only a suggestion: a folder that cannot be read has none to make.
    let runs = files::entries(folder)
        .ok()??
        .into_iter()
        .filter(|entry| is_run(&entry.path()).unwrap_or(false));
    let names: Vec<String> =
        runs.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    nearest(name, names.iter().map(String::as_str)).map(|name| folder.join(name))
}

/// Whether a folder looks like a run, a damaged one too.
///
/// # Errors
/// Returns an error if that cannot be told: the folder may not be entered, or what it holds cannot
/// be looked at.
pub fn is_run(dir: &Path) -> Result<bool, RunError> {
    if !files::is_folder(dir).map_err(RunError::io("read", dir))? {
        return Ok(false);
    }
    for name in [MANIFEST, PRESET, METRICS] {
        let path = dir.join(name);
        if files::is_file(&path).map_err(RunError::io("read", &path))? {
            return Ok(true);
        }
    }
    let checkpoints = dir.join(CHECKPOINTS);
    files::is_folder(&checkpoints).map_err(RunError::io("read", &checkpoints))
}

/// `frames/00000020.png`.
pub fn frame(dir: &Path, iteration: u64) -> PathBuf {
    frame_in(&dir.join(FRAMES), iteration)
}

/// The same in a folder of frames.
pub(super) fn frame_in(folder: &Path, iteration: u64) -> PathBuf {
    folder.join(format!("{iteration:08}.png"))
}

/// `checkpoints/00000500.safetensors`.
pub fn checkpoint(dir: &Path, iteration: u64) -> PathBuf {
    dir.join(CHECKPOINTS).join(format!("{iteration:08}.safetensors"))
}

/// The iterations that the file names of a folder carry, rising; other files are passed over. A
/// folder that is not there has none.
///
/// # Errors
/// Returns an error if there is a folder, or a link to one, that cannot be read.
pub(crate) fn iterations(folder: &Path, extension: &str) -> Result<Vec<u64>, RunError> {
    let entries = files::entries(folder).map_err(RunError::io("read", folder))?.unwrap_or_default();
    let mut found: Vec<u64> =
        entries.iter().filter_map(|entry| iteration_of(&entry.path(), extension)).collect();
    found.sort_unstable();
    Ok(found)
}

/// Where a file goes whose content is wrong: `run.json.damaged`, numbered where that is taken.
///
/// # Errors
/// Returns an error if that cannot be told.
pub(super) fn damaged(path: &Path) -> Result<PathBuf, RunError> {
    let named = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    first_free(
        std::iter::once(DAMAGED.to_owned())
            .chain((2..).map(|number| format!("{DAMAGED}-{number}")))
            .map(named),
    )
}

/// Where what a run was goes when it begins again: `before-restart-1`, or the next number that is
/// not taken.
///
/// # Errors
/// As [`damaged`].
pub(super) fn before_restart(dir: &Path) -> Result<PathBuf, RunError> {
    first_free((1..).map(|number: u64| dir.join(format!("{BEFORE_RESTART}{number}"))))
}

/// The first of many paths that nothing has.
fn first_free(mut paths: impl Iterator<Item = PathBuf>) -> Result<PathBuf, RunError> {
    loop {
        // They do not end.
        let Some(path) = paths.next() else { continue };
        if !files::exists(&path).map_err(RunError::io("read", &path))? {
            return Ok(path);
        }
    }
}

/// Whether an entry of a run directory is a file whose content was found wrong.
pub(super) fn is_damaged(entry: &DirEntry) -> bool {
    entry.file_name().to_str().and_then(|name| name.split_once(DAMAGED)).is_some_and(
        |(_, number)| {
            number.is_empty()
                || number.strip_prefix('-').is_some_and(|number| number.parse::<u64>().is_ok())
        },
    )
}

/// Where what is cut back to an iteration goes: `metrics.jsonl.before-500`, `frames.before-500`.
pub(super) fn before(dir: &Path, name: &str, iteration: u64) -> PathBuf {
    dir.join(format!("{name}{BEFORE}{iteration}"))
}

/// Whether an entry of a run directory is what was cut for a resumed run.
pub(super) fn is_cut(entry: &DirEntry) -> bool {
    let is_cut = |name: &str| {
        [METRICS, FRAMES].into_iter().any(|of| {
            let iteration = name.strip_prefix(of).and_then(|rest| rest.strip_prefix(BEFORE));
            iteration.is_some_and(|iteration| iteration.parse::<u64>().is_ok())
        })
    };
    entry.file_name().to_str().is_some_and(is_cut)
}

/// Whether an entry of a run directory holds what the run was before it began again.
pub(super) fn is_before_restart(entry: &DirEntry) -> bool {
    entry
        .file_name()
        .to_str()
        .and_then(|name| name.strip_prefix(BEFORE_RESTART))
        .is_some_and(|number| number.parse::<u64>().is_ok())
}

fn iteration_of(path: &Path, extension: &str) -> Option<u64> {
    let stem = path.file_stem()?.to_str()?;
    let iteration = stem.parse().ok().filter(|iteration| format!("{iteration:08}") == stem)?;
    (path.extension()? == OsStr::new(extension)).then_some(iteration)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]

    use std::fs;

    use super::*;

    #[test]
    fn names_carry_iterations() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "00000020.png",
            "00000000.png",
            "123456789.png",
            "20.png",
            "+0000020.png",
            ".00000040.png.1-2.tmp",
            "00000060.txt",
        ] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        assert_eq!(iterations(folder.path(), "png").unwrap(), [0, 20, 123_456_789]);
        assert_eq!(iterations(&folder.path().join("missing"), "png").unwrap(), [0; 0]);
        let file = iterations(&folder.path().join("00000060.txt"), "png").unwrap_err().to_string();
        assert!(file.ends_with("00000060.txt: not a directory"), "{file}");
        assert_eq!(
            checkpoint(Path::new("a"), 500),
            Path::new("a/checkpoints/00000500.safetensors")
        );
    }

    #[test]
    fn a_path_is_a_run_or_a_checkpoint_or_neither() {
        let folder = tempfile::tempdir().unwrap();
        let error = resolve(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is not a run or checkpoint"), "{error}");
        assert!(
            resolve(&folder.path().join("nowhere"))
                .unwrap_err()
                .to_string()
                .contains("nowhere: no such file")
        );
        fs::write(folder.path().join(MANIFEST), "{").unwrap();
        assert_eq!(resolve(folder.path()).unwrap(), Target::Run(folder.path().into()));
        let error =
            resolve(&folder.path().with_file_name("nothing-like-it")).unwrap_err().to_string();
        assert!(error.ends_with("nothing-like-it: no such file or directory"), "{error}");
        let run = folder.path().join("night");
        fs::create_dir(&run).unwrap();
        fs::write(run.join(MANIFEST), "{").unwrap();
        let error = resolve(&folder.path().join("nihgt")).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!(
                "nihgt: no such file or directory; did you mean `{}`?",
                run.display()
            )),
            "{error}"
        );
        let checkpoint = folder.path().join("a.safetensors");
        fs::write(&checkpoint, "").unwrap();
        assert_eq!(resolve(&checkpoint).unwrap(), Target::Checkpoint(checkpoint));
    }
}
