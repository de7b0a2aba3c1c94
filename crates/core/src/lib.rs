//! Plain data that everything else is built on: images, events, presets, and how files are read and
//! written.

#![forbid(unsafe_code)]

pub mod dataset;
pub mod event;
pub mod files;
pub mod foreground;
pub mod generator;
pub mod image;
pub mod names;
pub mod npy_header;
pub mod objective;
pub mod panics;
pub mod preset;
pub mod range;
pub mod signals;
pub mod sweep;
pub mod sync;
pub mod text;
pub mod waiting;
