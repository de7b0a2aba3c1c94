//! The connection to a run in another process of the same user: a Unix socket, and lines of JSON
//! over it.
//!
//! ```text
//! run -> broadcaster -> a bounded queue for each client -> writer thread -> socket -> connection
//! run <- commands <- reader thread <- socket <- connection
//! ```
//!
//! Training only gives events to the broadcaster, which never waits: a client that reads slowly
//! loses old images and metrics (the run's files have them), and one that reads nothing for a
//! minute is disconnected.

mod address;
mod broadcaster;
mod client;
mod discover;
mod error;
mod listening;
mod outgoing;
pub mod protocol;
mod server;

pub use address::Address;
pub use broadcaster::Broadcaster;
pub use client::{Connection, Sender};
pub use discover::{Discovery, answering, discover};
pub use error::SocketError;
pub use server::Server;
