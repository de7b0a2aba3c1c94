//! Runs among other processes and machines: locks, folders, sockets, schedulers, and what a run in
//! the background is told.

mod handed_over;
mod locks;
mod sockets;
mod threads;

const LONG: &str = "iterations: 100000, frame_every: 50, checkpoint_every: 50, keep_checkpoints: 2";
