//! Images and runs as the bytes of file formats; no printing, progress by callback.

pub mod animation;
pub mod apng;
pub mod asciicast;
pub mod chart;
pub mod csv;
mod error;
mod format;
pub mod gif;
mod letters;
pub mod npy;
mod options;
pub mod pixels;
pub mod png;
mod run;
pub mod sheet;
pub mod svg;
pub mod text;

pub use error::ExportError;
pub use format::Format;
pub use options::{Kind, Options};
pub use run::{Progress, Summary, encode, export, still};
