//! A run's life between processes: in this one with or without the monitor, in the background,
//! watched from another, resumed, replayed.

pub mod attached;
pub mod background;
pub mod browsing;
pub mod directory;
mod exec;
pub mod handover;
pub mod headless;
mod host;
pub mod log;
mod machine;
pub mod monitored;
pub mod notify;
pub mod plain;
pub mod prepared;
mod preset_watcher;
mod progress;
mod prospects;
pub mod replay;
mod result;
pub mod resume;
pub mod samples;
pub mod signals;
pub mod socket;
mod stopping;
pub mod watching;
