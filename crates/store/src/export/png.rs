//! Image pictures as PNG.

pub use gan_tui_core::image::png::{PngError, encode as encode_grey};
