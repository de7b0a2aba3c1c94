//! The session: the only place where the state meets a run, files and the terminal.

pub mod mailbox;
pub mod rehearsal;
pub mod session;
mod shot;
pub mod summary;
