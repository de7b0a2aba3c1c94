//! Trains a small image GAN on this machine and shows it happening in a terminal.

#![forbid(unsafe_code)]

pub mod cli;
pub mod command;
mod formats;
pub mod session;
