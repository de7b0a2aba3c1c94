//! From a plan to a trained model: steps, optimiser, randomness, and the worker that runs them.

pub mod sample;
pub mod worker;
