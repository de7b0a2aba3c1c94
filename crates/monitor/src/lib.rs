//! The terminal program: a state, messages that change it, panels that draw it, and the session
//! that connects it to a run and a terminal.
//!
//! ```text
//! key, event, clock -> message -> update -> app -> panels -> cells -> bytes
//!                                    \-> effect -> session
//! ```
//!
//! Each module uses only those before it:
//!
//! - `terminal`: bytes in and out, and when; it is given what draws.
//! - `state`: the app and the messages, as plain data.
//! - `panels`: draw the state, and answer the mouse.
//! - `keyboard` and `update`: change the state, without any input or output.
//! - `views`: screens of their own beside that of one run, each with its state, keys and drawing.
//! - `effects`: the only one to touch a run, a file or the terminal.
//!
//! Keys, key map, numbers in words and themes are plain data that all may use.

#![forbid(unsafe_code)]

mod config;
mod effects;
mod keyboard;
mod panels;
mod state;
mod terminal;
mod theme;
mod update;
mod views;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use config::{Config, ConfigError, defaults};
pub use effects::{
    interface::{
        FindProspects, MonitorError, OnEnd, Open, Options, PresetWatcher, RunHandle, Source,
    },
    mailbox::Outbox,
    rehearsal::Rehearsal,
    screen::Limits,
    session::run,
    summary::{ExitReason, Summary},
    viewing::{Left, NewsSender, ViewOptions, view},
};
pub use state::{
    app::RunSource, health, history_chunk::HistoryChunk, message::Seek, prospect::Prospect,
};
pub use terminal::{
    capability::Capabilities,
    pixels::{PictureMode, inline::inline},
};
pub use views::{
    browse::{self, Browse},
    compare,
};
