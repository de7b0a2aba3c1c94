//! From a plan to a trained model: steps, optimiser, randomness, and the worker that runs them.

pub mod average;
pub mod batch;
pub mod bench;
mod clock;
pub mod corruption;
pub mod draw;
pub mod initialise;
pub mod laps;
pub mod networks;
pub mod objective;
pub mod optimizer;
pub mod random;
pub mod sample;
mod scorer;
pub mod spectral;
pub mod step;
mod suspect;
pub mod training;
pub mod walk;
pub mod worker;

/// Threads of the kernels: `threads` of them, named, for one run.
///
/// # Errors
/// Where the system gives no threads.
pub fn pool(threads: usize) -> Result<rayon::ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("kernel-{index}"))
        .build()
}

/// The cores this process may use, its affinity and its cgroup's quota included; at least one.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
