//! From a plan to a trained model: steps, optimiser, randomness, and the worker that runs them.

pub mod objective;
pub mod optimizer;
pub mod random;
pub mod sample;
pub mod step;
pub mod worker;
