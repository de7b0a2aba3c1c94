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
    mailbox::Outbox,
    rehearsal::Rehearsal,
    session::{Ahead, MonitorError, OnEnd, Open, Opened, Options, Source, run},
    summary::{Left, Summary},
};
pub use state::{
    app::Seat,
    message::{Seek, Signal},
    past::Past,
};
pub use terminal::{capability::Capabilities, screen::Limits};
