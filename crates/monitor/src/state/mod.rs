//! The monitor's state, and the messages that change it.

pub mod app;
pub mod ending;
pub mod gallery;
pub mod health;
pub mod history;
pub mod history_chunk;
pub mod journal;
pub mod message;
pub mod number;
pub mod panel;
pub mod prospect;
pub mod run;
pub mod scores;
pub mod stretch;
pub mod timeline;
