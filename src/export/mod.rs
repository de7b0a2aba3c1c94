//! Images and runs as the bytes of file formats; no printing, progress by callback.

pub mod animation;
pub mod asciicast;
mod error;
mod format;
pub mod gif;
pub mod npy;
pub mod png;
mod run;
pub mod svg;
pub mod text;

pub use error::ExportError;
pub use format::Format;
pub use run::{Options, Progress, Summary, export, still};
