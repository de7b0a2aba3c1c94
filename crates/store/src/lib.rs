//! The run directory, and the exports that need no networks.

#![forbid(unsafe_code)]

pub mod art;
pub mod export;
pub mod run;
pub mod tensorboard;
