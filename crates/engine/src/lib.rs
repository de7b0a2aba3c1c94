//! The networks and what trains them: layers, models, objectives, training, scores.
#![forbid(unsafe_code)]

pub mod model;
pub mod nn;
pub mod score;
pub mod train;
