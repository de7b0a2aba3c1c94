//! The terminal program: state, messages, keys, views, and the session that holds them together.
//!
//! ```text
//! key, event, clock -> message -> update (pure) -> app -> panels -> cells -> bytes
//!                                    \-> effect -> session (alone touches a run, files, the terminal)
//! ```

#![forbid(unsafe_code)]

mod config;
mod effects;
mod keyboard;
mod panels;
mod state;
mod terminal;
mod theme;
mod update;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use config::{Config, ConfigError, defaults};
pub use effects::{
    interface::{MonitorError, OnEnd, Open, Options, PresetWatcher, RunHandle, Source},
    mailbox::Outbox,
    rehearsal::Rehearsal,
    session::run,
    summary::{ExitReason, Summary},
};
pub use state::{
    app::RunSource,
    history_chunk::HistoryChunk,
    message::{Seek, Signal},
};
pub use terminal::{capability::Capabilities, screen::Limits};
