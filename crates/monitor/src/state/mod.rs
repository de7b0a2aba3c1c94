//! The monitor's state, the messages that change it, and how they do.

pub mod app;
pub mod ending;
pub mod film;
pub mod gallery;
pub mod health;
pub mod history;
pub mod journal;
pub mod message;
pub mod number;
pub mod panel;
pub mod past;
pub mod run;
pub mod scores;
