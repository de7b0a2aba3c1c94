//! The real program: as a command, in a terminal, on broken disks, killed and resumed. Everything
//! that starts it is in this one binary, which is linked once and runs its tests side by side.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]
#![cfg(unix)]

mod attach;
mod automation;
mod bad_input;
mod cli;
mod colour;
mod data;
mod faults;
mod formats;
mod former_run;
mod kernels;
mod monitor;
mod names;
mod outputs;
mod processes;
mod pytorch;
mod rig;
mod samples;
mod score;
mod signals;
mod survive;
mod unreadable;
mod watch;
