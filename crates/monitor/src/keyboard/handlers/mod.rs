//! What the actions do to the state, and what they ask of the session.

pub mod export;
pub mod lists;
pub mod look;
pub mod presets;
pub mod replay;
pub mod run;
pub mod samples;
pub mod time;
