//! From what a person typed to the content of a checkpoint.

use std::path::Path;

use super::report;
use gan_tui_core::event::Snapshot;
use gan_tui_store::run::{Target, checkpoint, resolve};

/// The checkpoint of that path, or the newest readable one of the run. Damaged newer ones are told
/// on stderr.
///
/// # Errors
/// Where there is neither, or no checkpoint that can be read.
pub fn snapshot(path: &Path) -> anyhow::Result<Snapshot> {
    match resolve(path)? {
        Target::Checkpoint(file) => Ok(checkpoint::load(&file)?),
        Target::Run(dir) => {
            let (snapshot, warnings) = checkpoint::latest(&dir)?;
            warnings.iter().for_each(|warning| report::warn(warning));
            Ok(snapshot)
        }
    }
}
