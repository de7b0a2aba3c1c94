//! Whether a run is a branch whose copying was interrupted.

use std::path::Path;

use super::{Manifest, RunError, manifest::Origin, metrics, paths};

/// Returns what a run is an unfinished copy of, if it is: its checkpoint, which is copied last, is not
/// there, and nothing was trained.
///
/// # Errors
/// Returns an error if that cannot be told.
pub(super) fn origin<'a>(
    dir: &Path,
    manifest: &'a Manifest,
) -> Result<Option<&'a Origin>, RunError> {
    let Some(origin) = &manifest.branched_from else { return Ok(None) };
    let checkpoints = paths::iterations(&dir.join(paths::CHECKPOINTS), "safetensors")?;
    let frames = paths::iterations(&dir.join(paths::FRAMES), "png")?;
    let trained = metrics::last_row(dir)?
        .map_or(0, |row| row.iteration)
        .max(frames.last().copied().unwrap_or(0));
    let is_copy = manifest.saved == Some(origin.iteration)
        && checkpoints.is_empty()
        && trained <= origin.iteration;
    Ok(is_copy.then_some(origin))
}
