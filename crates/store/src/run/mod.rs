//! The run directory: what a run leaves in files, written while it trains and read again by every
//! other command.

mod branch;
pub mod changes;
pub mod checkpoint;
mod error;
mod event_file;
pub mod frames;
mod layout;
mod list;
mod lock;
pub mod log;
pub mod manifest;
pub mod metrics;
mod notes;
mod owner;
pub mod paths;
mod reader;
mod recorder;
mod removal;
mod resume;
mod retention;
mod rewind;
mod unfinished;
mod unique_dir;

use std::path::Path;

pub use error::RunError;
pub use list::{Listing, directories, list};
pub use lock::{remove_unkept, while_abandoned};
pub use log::LogSummary;
pub use manifest::Manifest;
pub use notes::Notes;
pub use owner::Owner;
pub use paths::{Target, resolve};
pub use reader::Run;
pub(crate) use reader::read_preset;
pub use recorder::Recorder;
pub use removal::Removal;
pub use resume::{Resumed, WithoutCheckpoints};

/// Returns the last row of a run's metrics, without reading the others.
///
/// # Errors
/// Returns an error if there are metrics that cannot be read.
pub fn last_metrics(dir: &Path) -> Result<Option<gan_tui_core::event::Metrics>, RunError> {
    metrics::last_row(dir)
}

/// The content of a file of at most `most` bytes. One that is not there is an error as any other,
/// [`RunError::is_missing`]; one that is larger is damaged.
fn small_file(path: &Path, most: u64) -> Result<Vec<u8>, RunError> {
    match gan_tui_core::files::read(path, most) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(RunError::io("read", path)(gan_tui_core::files::not_found())),
        Err(error) if error.kind() == std::io::ErrorKind::FileTooLarge => {
            Err(RunError::damaged(path, error.to_string()))
        }
        Err(error) => Err(RunError::io("read", path)(error)),
    }
}

/// The same as text; what is not UTF-8 is damaged.
fn small_text(path: &Path, most: u64) -> Result<String, RunError> {
    gan_tui_core::files::text::decode(small_file(path, most)?)
        .map_err(|reason| RunError::damaged(path, reason))
}
