//! The way to a run in another process of the same user: a Unix socket, and lines of JSON over it.
//!
//! ```text
//! run -> hub -> a bounded queue for each client -> writer thread -> socket -> connection -> whoever looks on
//! run <- commands <- reader thread <- socket <-/
//! ```
//!
//! Training only puts reports into the hub, which never waits: a client that reads slowly loses old
//! pictures and metrics (the run's files have them), and one that does not read at all for a minute
//! is let go.

mod address;
mod client;
mod error;
mod hub;
mod outgoing;
pub mod protocol;
mod server;

pub use address::{Address, Found, found};
pub use client::{Connection, Sender};
pub use error::LinkError;
pub use hub::Hub;
pub use server::Server;
