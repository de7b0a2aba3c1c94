//! Images from trained networks: of a checkpoint's generator, and those that the monitor asks for.

mod generator;
pub mod interpolation;
mod nearest;
mod sampler;

pub use generator::{SampleError, TrainedGenerator};
pub use sampler::{CheckpointSampler, FIXED, Sampler};
