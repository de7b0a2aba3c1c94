//! The session: the only place where the state meets a run, files and the terminal.

mod current_run;
pub mod interface;
mod jobs;
pub mod mailbox;
pub mod rehearsal;
pub mod screen;
pub mod session;
mod shot;
mod signals;
pub mod summary;
mod terminal;
pub mod viewing;
