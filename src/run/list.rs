//! The runs in a folder, each in a line's worth of facts, without reading much of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Manifest, RunError, Status, metrics, paths, reader};

/// What is told of a run without opening it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub path: PathBuf,
    /// The directory's own name.
    pub name: String,
    pub status: Status,
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
}

/// The runs in a folder such as `runs`, the newest last; a folder that is not there has none.
///
/// # Errors
/// Where the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Listing>, RunError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RunError::io("read", folder))?,
    };
    let dirs = entries.flatten().map(|entry| entry.path()).filter(|path| paths::is_run(path));
    let mut runs: Vec<Listing> = dirs.map(|dir| Listing::of(&dir)).collect();
    runs.sort_by(|a, b| (&a.start_time, &a.name).cmp(&(&b.start_time, &b.name)));
    Ok(runs)
}

impl Listing {
    /// Looks at one run directory.
    pub fn of(dir: &Path) -> Self {
        let manifest = Manifest::read(dir).ok();
        let last = metrics::last_row(dir);
        let preset = manifest.as_ref().map(|manifest| manifest.preset.clone());
        Self {
            path: dir.to_path_buf(),
            name: reader::name(dir),
            status: Status::of(dir, manifest.as_ref()),
            preset: preset.or_else(|| reader::read_preset(dir).ok().map(|preset| preset.name)),
            iterations: manifest.as_ref().map(|manifest| manifest.iterations),
            iteration: last.map_or_else(|| manifest.as_ref().map_or(0, |manifest| manifest.last_iteration), |row| row.iteration),
            since: manifest.as_ref().map(|manifest| {
                let resumed = manifest.resumed.last().map(|resumption| &resumption.time);
                resumed.unwrap_or(&manifest.start_time).clone()
            }),
            start_time: manifest.map(|manifest| manifest.start_time),
            d_loss: last.map(|row| row.d_loss),
            g_loss: last.map(|row| row.g_loss),
            bytes: size(dir, 2),
        }
    }
}

/// Bytes of the files in a folder and `depth` levels of folders below it; links are not followed.
fn size(folder: &Path, depth: usize) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let found = entry.metadata().ok()?;
        if found.is_dir() && depth > 0 { Some(size(&entry.path(), depth - 1)) } else { found.is_file().then_some(found.len()) }
    });
    sizes.sum()
}
