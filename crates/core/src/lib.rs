//! Plain data that everything else is built on: images, events, presets, and how files are read and
//! written.

#![forbid(unsafe_code)]

pub mod dataset;
pub mod event;
pub mod files;
pub mod image;
pub mod names;
pub mod objective;
pub mod preset;
pub mod range;
pub mod sync;
pub mod text;
pub mod waiting;
