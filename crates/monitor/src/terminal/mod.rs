//! The terminal itself: what it can show, the bytes that come from it and go to it, and when.

pub mod capability;
pub mod input;
mod line;
mod pace;
pub mod painter;
pub mod screen;
pub mod tty;
mod writer;
