//! The keyboard: which key asks for what, and what is done about it.
//!
//! Everything about an action stands in one row of [`table`].

pub mod action;
pub mod dispatch;
mod handlers;
pub mod key;
pub mod keymap;
#[cfg(test)]
mod readme;
mod table;

pub use handlers::{lists, look};
