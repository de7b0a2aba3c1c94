//! The terminal itself: what it can show, the bytes that come from it and go to it, and when.

mod ansi;
pub mod background;
pub mod capability;
pub mod input;
mod keys;
pub mod link;
pub mod offscreen;
pub mod output;
pub mod pace;
pub mod painter;
pub mod paste;
pub mod pixels;
pub mod progress;
mod sequences;
pub mod tty;
mod unmarked_paste;
