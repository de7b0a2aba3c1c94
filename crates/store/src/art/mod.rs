//! Grey and RGB images to coloured character cells, and to pixels of any size, knowing no terminal.

mod canvas;
mod colors;
mod fit;
mod fit_rgb;
mod glyphs;
mod mosaic;
mod resample;
mod scale;

pub use canvas::{Canvas, Cell, Ink};
pub use colors::Colors;
pub use glyphs::Glyphs;
pub use mosaic::{Apart, Mosaic, Room, draw, draw_image, sizes};
pub use scale::{is_whole, scale};
