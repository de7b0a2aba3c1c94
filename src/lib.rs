//! Trains a small image GAN on this machine and shows it happening in a terminal.

pub mod art;
pub mod cli;
pub mod command;
pub mod dataset;
pub mod event;
pub mod export;
pub mod files;
pub mod image;
pub mod link;
pub mod model;
pub mod monitor;
pub mod nn;
pub mod preset;
pub mod run;
pub mod score;
pub mod train;
