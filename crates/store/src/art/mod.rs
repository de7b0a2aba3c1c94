//! Grey and RGB images to coloured character cells, knowing no terminal.

mod canvas;
mod colors;
mod fit;
mod fit_rgb;
mod glyphs;
mod mosaic;
mod resample;

pub use canvas::{Canvas, Cell, Ink};
pub use colors::Colors;
pub use glyphs::Glyphs;
pub use mosaic::{Mosaic, Room, draw, sizes};
