//! The engine's layers, networks and datasets against numbers and data from elsewhere.
#![allow(clippy::unwrap_used)]

mod datasets;
mod digits;
mod golden;
mod layers;
