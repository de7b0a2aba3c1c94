//! The networks and what trains them: layers, kernels, models, objectives, datasets, scores.

pub mod dataset;
pub mod model;
pub mod nn;
pub mod score;
pub mod train;
