//! The parallel loops of a step, on the threads of rayon's pool.
//!
//! A step has some two hundred loops, most of them shorter than a thousandth of a second: about as
//! long as it takes to put a thread to sleep and to wake it up a few times. So the threads of a
//! step stay [`awake`], and a loop is divided here: each thread has a part of its own, the same one
//! in every loop of as many tasks, whose images are likely to be in its core's cache still; a
//! thread that is done takes from the end of another's.
//!
//! Tasks' time is recorded where the thread that begins a loop records ([`crate::profile`]).

use std::{
    cell::Cell,
    hint,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use rayon::{
    Yield,
    iter::{
        IndexedParallelIterator,
        plumbing::{Producer, ProducerCallback},
    },
};

use super::profile::Loop;

/// A thread takes so much of what is left of a part at once: less and less, so that none waits long
/// for the last.
const SHARE: usize = 4;
/// Looks for work before a thread offers its core to others, should there be any.
const LOOKS: u32 = 1 << 10;

thread_local! {
    /// Whether this thread is within a task of a loop, whose own loops are done by it alone.
    static IN_TASK: Cell<bool> = const { Cell::new(false) };
}

/// Parallel loops over what an iterator gives.
pub trait Parallel: IndexedParallelIterator {
    /// Does `work` on each.
    fn run(self, work: impl Fn(Self::Item) + Sync + Send) {
        self.run_with(|| (), |(), item| work(item));
    }

    /// Does `work` on each, with something that `init` makes for each thread.
    fn run_with<T>(
        self,
        init: impl Fn() -> T + Sync + Send,
        work: impl Fn(&mut T, Self::Item) + Sync + Send,
    ) {
        let measured = Loop::begin();
        let work = |some: &mut T, item| {
            let _task = measured.as_ref().and_then(Loop::task);
            work(some, item);
        };
        let length = self.len();
        self.with_producer(Divide { length, init, work });
    }

    /// Returns what `work` makes of each, in order.
    fn run_map<R: Send>(self, work: impl Fn(Self::Item) -> R + Sync + Send) -> Vec<R> {
        let mut results: Vec<Option<R>> = (0..self.len()).map(|_| None).collect();
        self.zip(&mut results).run(|(item, result)| *result = Some(work(item)));
        results.into_iter().flatten().collect()
    }
}

impl<I: IndexedParallelIterator> Parallel for I {}

/// Runs `work` while the other threads of the pool look for parts of its loops without ever going
/// to sleep. They sleep as usual if there are more threads than cores, where they would be in each
/// other's way.
pub fn awake<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    static CORES: OnceLock<usize> = OnceLock::new();
    let cores = *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from));
    let threads = rayon::current_num_threads();
    let Some(home) = rayon::current_thread_index().filter(|_| 1 < threads && threads <= cores)
    else {
        return work();
    };
    let is_over = AtomicBool::new(false);
    rayon::scope(|scope| {
        scope.spawn_broadcast(|_, context| {
            let mut looks = 0;
            while context.index() != home && !is_over.load(Ordering::Acquire) {
                match rayon::yield_now() {
                    Some(Yield::Executed) => looks = 0,
                    _ => wait(&mut looks),
                }
            }
        });
        let _over = OnDrop(|| is_over.store(true, Ordering::Release));
        work()
    })
}

/// Waits for a moment: one more look without success.
fn wait(looks: &mut u32) {
    *looks += 1;
    if looks.is_multiple_of(LOOKS) {
        thread::yield_now();
    } else {
        hint::spin_loop();
    }
}

/// Does something when it is dropped, also by a panic.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A loop of `length` tasks.
struct Divide<I, W> {
    length: usize,
    init: I,
    work: W,
}

impl<T, Item, I: Fn() -> T + Sync, W: Fn(&mut T, Item) + Sync> ProducerCallback<Item>
    for Divide<I, W>
{
    type Output = ();

    fn callback<P: Producer<Item = Item>>(self, producer: P) {
        let Self { length, init, work } = self;
        let threads = rayon::current_num_threads().min(length);
        if threads <= 1 || IN_TASK.get() {
            let mut some = init();
            return producer.into_iter().for_each(|item| work(&mut some, item));
        }
        let parts = Parts::new(producer, length, threads);
        rayon::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|_| parts.work(&init, &work));
            }
            parts.work(&init, &work);
            // Whoever has the last tasks is nearly done; the end of the scope would go to sleep.
            let mut looks = 0;
            while parts.left.load(Ordering::Acquire) > 0 {
                wait(&mut looks);
            }
        });
    }
}

/// The tasks of a loop that nobody has taken, a part for each thread.
struct Parts<P> {
    parts: Vec<Mutex<Option<(P, usize)>>>,
    /// Tasks that are not done.
    left: AtomicUsize,
}

impl<P: Producer> Parts<P> {
    fn new(producer: P, length: usize, threads: usize) -> Self {
        let mut rest = producer;
        let mut parts = Vec::with_capacity(threads);
        for thread in 1..threads {
            let size = thread * length / threads - (thread - 1) * length / threads;
            let (part, others) = rest.split_at(size);
            parts.push(Mutex::new(Some((part, size))));
            rest = others;
        }
        let size = length - (threads - 1) * length / threads;
        parts.push(Mutex::new(Some((rest, size))));
        Self { parts, left: length.into() }
    }

    /// The next tasks of a thread's own part, else the last ones of another's, and how many.
    fn take(&self, own: usize) -> Option<(P, usize)> {
        (0..self.parts.len()).find_map(|other| {
            let number = (own + other) % self.parts.len();
            let mut part = self.parts[number].lock().unwrap_or_else(PoisonError::into_inner);
            let (tasks, count) = part.take()?;
            let taken = count.div_ceil(SHARE);
            if taken == count {
                return Some((tasks, count));
            }
            let (taken, left) = if other == 0 {
                let (first, rest) = tasks.split_at(taken);
                ((first, taken), rest)
            } else {
                let (rest, last) = tasks.split_at(count - taken);
                ((last, taken), rest)
            };
            *part = Some((left, count - taken.1));
            Some(taken)
        })
    }

    /// Works until nothing is left to take.
    fn work<T>(&self, init: &impl Fn() -> T, work: &impl Fn(&mut T, P::Item)) {
        let own = rayon::current_thread_index().unwrap_or(0);
        let before = IN_TASK.replace(true);
        let _after = OnDrop(|| IN_TASK.set(before));
        let mut some = None;
        while let Some((tasks, count)) = self.take(own) {
            let _done = OnDrop(|| {
                self.left.fetch_sub(count, Ordering::Release);
            });
            let some = some.get_or_insert_with(init);
            tasks.into_iter().for_each(|item| work(some, item));
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use rayon::prelude::*;

    use super::*;

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool")
    }

    #[test]
    fn every_item_is_worked_on_once_by_any_number_of_threads() {
        for threads in [1, 2, 3, 5] {
            for length in [0, 1, 2, 3, 7, 64, 1000] {
                let squares = pool(threads).install(|| {
                    awake(|| {
                        let mut squares = vec![0; length];
                        squares.par_iter_mut().enumerate().run(|(index, x)| *x += index * index);
                        let again = (0..length).into_par_iter().run_map(|index| index * index);
                        assert_eq!(squares, again);
                        squares
                    })
                });
                let expected: Vec<_> = (0..length).map(|index| index * index).collect();
                assert_eq!(squares, expected, "{threads} threads");
            }
        }
    }

    #[test]
    fn loops_within_tasks_and_outside_of_a_pool_end() {
        let nested = || {
            let sums = (0..9).into_par_iter().run_map(|x: usize| {
                (0..x).into_par_iter().run_map(|y| y).into_iter().sum::<usize>()
            });
            assert_eq!(sums, [0, 0, 1, 3, 6, 10, 15, 21, 28]);
        };
        nested();
        pool(2).install(|| awake(nested));
    }

    #[test]
    fn a_thread_begins_once_for_its_tasks() {
        let begun = AtomicUsize::new(0);
        pool(2).install(|| {
            (0..100)
                .into_par_iter()
                .run_with(|| begun.fetch_add(1, Ordering::Relaxed), |_, _| thread::yield_now());
        });
        assert!((1..=2).contains(&begun.into_inner()));
    }

    #[test]
    fn a_panic_ends_the_loop_and_the_next_one_works() {
        let pool = pool(3);
        for bad in [0, 50, 99] {
            let result = catch_unwind(AssertUnwindSafe(|| {
                pool.install(|| {
                    awake(|| (0..100).into_par_iter().run(|x| assert!(x != bad, "as it should")));
                });
            }));
            assert!(result.is_err());
            let doubled = pool.install(|| (0..4).into_par_iter().run_map(|x| 2 * x));
            assert_eq!(doubled, [0, 2, 4, 6]);
        }
    }
}
