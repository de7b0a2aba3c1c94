//! The engine's layers and networks against numbers from elsewhere.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod digits;
mod golden;
mod layers;
