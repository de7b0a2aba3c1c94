//! From a plan to a trained model: steps, optimiser, randomness, and the worker that runs them.

pub mod augment;
pub mod bench;
pub mod classes;
pub mod ema;
pub mod initialise;
pub mod networks;
pub mod objective;
pub mod optimizer;
pub mod profiler;
pub mod random;
pub mod sampling;
pub mod spectral_norm;
pub mod step;
mod threads;
pub mod trainer;
pub mod worker;

pub use threads::{ThreadSource, Threads, available_threads};

/// Returns a pool of `threads` named threads, which the kernels of one run share.
///
/// # Errors
/// Returns an error if the system gives no threads.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("kernel-{index}"))
        .build()
}
