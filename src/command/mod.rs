//! One short file for each subcommand.
pub mod data;
