//! The parallel loops of a step: those of rayon, whose tasks' time is recorded where the thread that
//! begins them records ([`crate::profile`]).

use rayon::iter::{IndexedParallelIterator, ParallelIterator};

use super::profile::Loop;

/// Parallel loops over what an iterator gives.
pub trait Parallel: IndexedParallelIterator {
    /// Does `work` on each.
    fn run(self, work: impl Fn(Self::Item) + Sync + Send) {
        self.run_with(|| (), |(), item| work(item));
    }

    /// Does `work` on each, with something that `init` makes for a few of them.
    fn run_with<T>(
        self,
        init: impl Fn() -> T + Sync + Send,
        work: impl Fn(&mut T, Self::Item) + Sync + Send,
    ) {
        let measured = Loop::begin();
        self.for_each_init(init, |some, item| {
            let _task = measured.as_ref().and_then(Loop::task);
            work(some, item);
        });
        drop(measured);
    }

    /// Returns what `work` makes of each, in order.
    fn run_map<R: Send>(self, work: impl Fn(Self::Item) -> R + Sync + Send) -> Vec<R> {
        let measured = Loop::begin();
        let results = self
            .map(|item| {
                let _task = measured.as_ref().and_then(Loop::task);
                work(item)
            })
            .collect();
        drop(measured);
        results
    }
}

impl<I: IndexedParallelIterator> Parallel for I {}
