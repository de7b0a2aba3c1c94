//! The terminal itself: what it can show, the bytes that come from it and go to it, and when.

mod ansi;
pub mod capability;
pub mod input;
pub mod offscreen;
pub mod output;
pub mod pace;
pub mod painter;
pub mod tty;
