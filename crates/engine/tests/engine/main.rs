//! The engine's layers, networks and datasets against numbers and data from elsewhere.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod datasets;
mod digits;
mod golden;
mod layers;
