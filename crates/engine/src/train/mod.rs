//! From a plan to a trained model: steps, optimiser, randomness, and the worker that runs them.

pub mod augment;
pub mod bench;
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
pub mod trainer;
pub mod worker;

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

/// Returns the number of cores this process may use, at least one: its CPU affinity and its
/// cgroup's quota are respected.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
