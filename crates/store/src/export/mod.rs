//! Images and runs as the bytes of file formats; no printing, progress by callback.
//!
//! A format is one file here with an [`Exporter`] in it, and a line in [`builtin`]. Formats of
//! other crates join the same list: `builtin().iter().chain(others).collect()`.

mod animation;
pub mod ansi;
pub mod apng;
pub mod asciicast;
pub mod canvas_svg;
pub mod chart;
pub mod csv;
mod error;
mod exporter;
mod formats;
pub mod generator;
pub mod gif;
mod letters;
pub mod npy;
pub mod page;
mod palette;
mod pixels;
pub mod png;
mod run;
mod settings;
pub mod sheet;
pub mod svg;
pub mod text;

pub use error::ExportError;
pub use exporter::{Content, ContentKind, ExportOption, Exporter, FrameIterator};
pub use formats::Formats;
pub use run::{ExportSummary, ProgressFn, encode, export, stream};
pub use settings::{ExportLayout, ExportSettings};

/// Returns the formats that need no networks.
pub fn builtin() -> Formats {
    let formats: [&dyn Exporter; 11] = [
        &gif::Gif,
        &apng::Apng,
        &png::Png,
        &svg::Svg,
        &npy::Npy,
        &text::Text,
        &ansi::Ansi,
        &asciicast::Asciicast,
        &csv::Csv,
        &generator::onnx::Onnx,
        &generator::safetensors::Safetensors,
    ];
    formats.into_iter().collect()
}
