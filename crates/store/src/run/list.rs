//! The runs in a folder, each in a line's worth of facts, without reading much of them.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{LogSummary, Manifest, Owner, RunError, metrics, paths, reader};
use gan_tui_core::{
    event::{RunState, Series},
    files,
};

/// What is told of a run without opening it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub path: PathBuf,
    /// The directory's own name.
    pub name: String,
    pub state: RunState,
    /// The process that works at it, if one does.
    pub owner: Option<Owner>,
    /// Name of the preset, where it is known; so are the following.
    pub preset: Option<String>,
    /// How many iterations the run was to have.
    pub iterations: Option<u64>,
    /// RFC 3339, UTC.
    pub start_time: Option<String>,
    /// When it began, or went on last: RFC 3339, UTC.
    pub since: Option<String>,
    /// The last one in the metrics.
    pub iteration: u64,
    /// The last losses.
    pub d_loss: Option<f32>,
    pub g_loss: Option<f32>,
    /// Size on disk, in bytes.
    pub bytes: u64,
    /// What in its log a person should read.
    pub log: LogSummary,
    /// What of it could not be read, and why.
    pub problem: Option<String>,
}

/// The runs in a folder such as `runs`, the newest last; a folder that is not there has none.
///
/// # Errors
/// Returns an error if the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Listing>, RunError> {
    let mut runs: Vec<Listing> = directories(folder)?.iter().map(|dir| Listing::of(dir)).collect();
    runs.sort_by(|a, b| (&a.start_time, &a.name).cmp(&(&b.start_time, &b.name)));
    Ok(runs)
}

/// The directories of the runs in a folder, in no order; a folder that is not there has none.
///
/// # Errors
/// Returns an error if the folder cannot be read.
pub fn directories(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = files::entries(folder).map_err(RunError::io("read", folder))?.unwrap_or_default();
    // What may be a run is listed too: whoever misses it is told why.
    let paths = entries.iter().map(|entry| entry.path());
    Ok(paths.filter(|path| paths::is_run(path).unwrap_or(true)).collect())
}

impl Listing {
    /// Looks at one run directory.
    pub fn of(dir: &Path) -> Self {
        let mut problem = None;
        let manifest = or_problem(Manifest::read(dir), &mut problem);
        let last = or_problem(metrics::last_row(dir), &mut problem).flatten();
        let (state, owner) = or_problem(reader::standing(dir, manifest.as_ref()), &mut problem)
            .unwrap_or((RunState::Unknown, None));
        let bytes = or_problem(dir_size(dir, 2), &mut problem).unwrap_or(0);
        let log = or_problem(LogSummary::of(dir), &mut problem).unwrap_or_default();
        let preset = manifest.as_ref().map(|manifest| manifest.preset.clone());
        Self {
            path: dir.to_path_buf(),
            name: reader::name(dir),
            state,
            owner,
            preset: preset.or_else(|| reader::read_preset(dir).ok().map(|preset| preset.name)),
            iterations: manifest.as_ref().map(|manifest| manifest.iterations),
            iteration: last.as_ref().map_or_else(
                || manifest.as_ref().map_or(0, |manifest| manifest.last_iteration),
                |row| row.iteration,
            ),
            since: manifest.as_ref().map(|manifest| {
                let resumed = manifest.resumed.last().map(|resumption| &resumption.time);
                resumed.unwrap_or(&manifest.start_time).clone()
            }),
            start_time: manifest.map(|manifest| manifest.start_time),
            d_loss: last.as_ref().map(|row| row.value(Series::D_LOSS)),
            g_loss: last.as_ref().map(|row| row.value(Series::G_LOSS)),
            bytes,
            log,
            problem,
        }
    }
}

/// What was read; the first part that the system refuses is kept as the problem. One that is not
/// there, or is damaged, shows in the row itself.
fn or_problem<T>(read: Result<T, RunError>, problem: &mut Option<String>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            if error.is_storage() && !error.is_missing() {
                problem.get_or_insert_with(|| error.to_string());
            }
            None
        }
    }
}

/// Bytes of the files in a folder and `depth` levels of folders below it; links are not followed.
fn dir_size(folder: &Path, depth: usize) -> Result<u64, RunError> {
    let mut sum = 0;
    for entry in files::entries(folder).map_err(RunError::io("read", folder))?.unwrap_or_default() {
        match entry.metadata() {
            Ok(found) if found.is_dir() && depth > 0 => sum += dir_size(&entry.path(), depth - 1)?,
            Ok(found) if found.is_file() => sum += found.len(),
            Ok(_) => {}
            // A run that trains writes and removes meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(RunError::io("read", &entry.path())(error)),
        }
    }
    Ok(sum)
}
