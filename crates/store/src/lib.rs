//! The run directory, the exports that need no networks, and what other programs log.

#![forbid(unsafe_code)]

pub mod art;
pub mod export;
pub mod logs;
pub mod run;
pub mod tensorboard;
