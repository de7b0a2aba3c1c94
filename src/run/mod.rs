//! The run directory: what a run leaves in files, written while it trains and read again by every other command.

pub mod atomic;
mod branch;
pub mod changes;
pub mod checkpoint;
mod error;
pub mod frames;
mod fresh;
mod list;
mod lock;
pub mod manifest;
pub mod metrics;
pub mod paths;
mod reader;
mod recorder;
mod removal;
mod resume;
mod retention;

pub use error::RunError;
pub use fresh::fresh;
pub use list::{Listing, list};
pub use lock::Owner;
pub use manifest::{Manifest, State};
pub use paths::{Target, resolve};
pub use reader::{Run, Status};
pub use recorder::Recorder;
pub use removal::Removal;
pub use resume::Resumed;
