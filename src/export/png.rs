//! Grey pictures as PNG.

pub use crate::image::png::{PngError, encode as encode_grey};
