//! The terminal program: state, messages, keys, views, and the session that holds them together.
//!
//! ```text
//! key, event, clock -> message -> update (pure) -> app -> view -> cells -> bytes
//!                                    \-> effect -> session (the only one to touch a run, a file, the terminal)
//! ```

#![forbid(unsafe_code)]

mod app;
mod capability;
mod config;
mod film;
mod gallery;
mod health;
mod history;
mod input;
mod journal;
mod keymap;
mod line;
mod mailbox;
mod message;
mod number;
mod pace;
mod painter;
mod panel;
mod past;
mod rehearsal;
mod scores;
mod screen;
mod session;
mod shot;
mod summary;
mod terminal;
mod theme;
mod update;
mod view;
mod writer;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fixture;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use app::Seat;
pub use capability::Capabilities;
pub use config::{Config, ConfigError, defaults};
pub use mailbox::Outbox;
pub use message::{Seek, Signal};
pub use past::Past;
pub use rehearsal::Rehearsal;
pub use screen::Limits;
pub use session::{Ahead, MonitorError, OnEnd, Open, Opened, Options, Source, run};
pub use summary::{Left, Summary};
