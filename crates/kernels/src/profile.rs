//! Where the time of a step goes: by layer, by part of its work, and how long threads wait.
//!
//! A thread that runs something in [`Recorder::record`] says what it is about to do ([`enter`],
//! [`part`]); everywhere else these functions look at a thread's variable and return. Its parallel
//! loops ([`crate::parallel`]) add up how long each task worked, on whatever thread. What is left
//! of the loop's time is waiting.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A part of the work, of a layer or of the step around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Images picked, random numbers drawn.
    Batch,
    Augment,
    /// Weights copied, transformed and packed for the products.
    Pack,
    /// A forward pass that nothing goes back through.
    Inference,
    Forward,
    /// Norm, activation and dropout, forward.
    Norm,
    /// Norm, activation and dropout, backward.
    NormGradient,
    InputGradient,
    WeightGradient,
    Optimizer,
    SpectralNorm,
    /// The average of the weights.
    Average,
    Other,
}

impl Part {
    pub const ALL: [Self; 13] = [
        Self::Batch,
        Self::Augment,
        Self::Pack,
        Self::Inference,
        Self::Forward,
        Self::Norm,
        Self::NormGradient,
        Self::InputGradient,
        Self::WeightGradient,
        Self::Optimizer,
        Self::SpectralNorm,
        Self::Average,
        Self::Other,
    ];

    /// Returns the name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Augment => "augment",
            Self::Pack => "pack",
            Self::Inference => "inference",
            Self::Forward => "forward",
            Self::Norm => "norm",
            Self::NormGradient => "norm_gradient",
            Self::InputGradient => "input_gradient",
            Self::WeightGradient => "weight_gradient",
            Self::Optimizer => "optimizer",
            Self::SpectralNorm => "spectral_norm",
            Self::Average => "average",
            Self::Other => "other",
        }
    }
}

/// A layer: its network, and the number of its block there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Layer {
    pub network: &'static str,
    pub block: usize,
}

/// What one part of the work took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// How long it took.
    pub wall: Duration,
    /// How long threads worked on it, all threads together.
    pub busy: Duration,
    pub multiply_adds: u64,
    /// Floats read and written: the arrays of a whole batch and the weights, not what stays in a
    /// core's cache.
    pub floats: u64,
}

/// What was spent on each part of each layer; without a layer, on the step around them.
pub type Sums = BTreeMap<(Option<Layer>, Part), Spent>;

/// Adds up what the work took that is done within [`Recorder::record`].
#[derive(Debug, Default)]
pub struct Recorder {
    sums: Mutex<Sums>,
    /// Nanoseconds that the tasks of the current loop worked, by part.
    busy: [AtomicU64; Part::ALL.len()],
}

/// What a thread that records is doing.
#[derive(Debug, Clone)]
struct Thread {
    recorder: Arc<Recorder>,
    layer: Option<Layer>,
    part: Part,
    since: Instant,
    /// The next block of the network that is passed forward.
    next: Option<Layer>,
    /// Whether this is within a task of a loop.
    in_task: bool,
}

thread_local! {
    static THREAD: RefCell<Option<Thread>> = const { RefCell::new(None) };
}

impl Recorder {
    /// Runs `work`, and records what it spends on this thread and in the parallel loops that this
    /// thread begins.
    pub fn record<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        let _restore = Restore::replace(Thread {
            recorder: self.clone(),
            layer: None,
            part: Part::Other,
            since: Instant::now(),
            next: None,
            in_task: false,
        });
        let result = work();
        leave();
        result
    }

    /// Returns what was spent so far.
    pub fn sums(&self) -> Sums {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, layer: Option<Layer>, part: Part, spent: Spent) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry((layer, part)).or_default();
        sum.wall += spent.wall;
        sum.busy += spent.busy;
        sum.multiply_adds += spent.multiply_adds;
        sum.floats += spent.floats;
    }

    /// Divides the time of a loop among the parts that its tasks worked on.
    fn add_loop(&self, layer: Option<Layer>, part: Part, wall: Duration) {
        let busy = Part::ALL.map(|part| self.busy[part as usize].swap(0, Ordering::Relaxed));
        let all: u64 = busy.iter().sum();
        if all == 0 {
            return self.add(layer, part, Spent { wall, ..Spent::default() });
        }
        for (part, busy) in Part::ALL.into_iter().zip(busy).filter(|&(_, busy)| busy > 0) {
            let wall = wall.mul_f64(busy as f64 / all as f64);
            let busy = Duration::from_nanos(busy);
            self.add(layer, part, Spent { wall, busy, ..Spent::default() });
        }
    }
}

impl Thread {
    /// Adds the time until now to the part that it was spent on.
    fn settle(&mut self) {
        let now = Instant::now();
        let wall = now - std::mem::replace(&mut self.since, now);
        if self.in_task {
            let nanoseconds = wall.as_nanos() as u64;
            self.recorder.busy[self.part as usize].fetch_add(nanoseconds, Ordering::Relaxed);
        } else {
            self.recorder.add(
                self.layer,
                self.part,
                Spent { wall, busy: wall, ..Spent::default() },
            );
        }
    }
}

/// Calls `work` with what this thread is doing, if it records.
fn with<T>(work: impl FnOnce(&mut Thread) -> T) -> Option<T> {
    THREAD.with_borrow_mut(|thread| thread.as_mut().map(work))
}

/// Puts a thread's record of what it is doing back when it is dropped.
struct Restore(Option<Thread>);

impl Restore {
    fn replace(thread: Thread) -> Self {
        Self(THREAD.replace(Some(thread)))
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        THREAD.set(self.0.take());
    }
}

/// What follows passes a network forward: its next block is the first.
pub fn network(network: &'static str) {
    with(|thread| thread.next = Some(Layer { network, block: 0 }));
}

/// What follows is of the next block, in this part. Returns the block, to [`enter`] it again.
pub fn next_block(part: Part) -> Option<Layer> {
    let block = with(|thread| {
        let block = thread.next?;
        thread.next = Some(Layer { block: block.block + 1, ..block });
        Some(block)
    });
    enter(block.flatten(), part);
    block.flatten()
}

/// What follows is of this block, in this part.
pub fn enter(layer: Option<Layer>, part: Part) {
    with(|thread| {
        thread.settle();
        (thread.layer, thread.part) = (layer, part);
    });
}

/// What follows is of no layer.
pub fn leave() {
    enter(None, Part::Other);
}

/// What follows, in this task or on this thread, is this part of the same layer. Returns the part
/// before.
pub fn part(part: Part) -> Part {
    let change = |thread: &mut Thread| {
        if thread.part != part {
            thread.settle();
        }
        std::mem::replace(&mut thread.part, part)
    };
    with(change).unwrap_or(part)
}

/// Adds multiply-adds and the floats of arrays that are read or written to a part of the layer.
pub fn count(part: Part, multiply_adds: usize, floats: &[usize]) {
    with(|thread| {
        let (multiply_adds, floats) = (multiply_adds as u64, floats.iter().sum::<usize>() as u64);
        let spent = Spent { multiply_adds, floats, ..Spent::default() };
        thread.recorder.add(thread.layer, part, spent);
    });
}

/// A parallel loop of a thread that records, until it is dropped.
pub(crate) struct Loop {
    thread: Thread,
    start: Instant,
}

impl Loop {
    /// A loop that this thread begins, if it records.
    pub fn begin() -> Option<Self> {
        with(|thread| {
            if !thread.in_task {
                thread.settle();
            }
            Self { thread: thread.clone(), start: Instant::now() }
        })
    }

    /// A task of the loop, on whatever thread, until it is dropped. A loop within a task is part of
    /// the task: what this thread does of it is not counted twice.
    pub fn task(&self) -> Option<Task> {
        let is_within = with(|thread| thread.in_task).unwrap_or(false);
        let begin = || Thread { since: Instant::now(), in_task: true, ..self.thread.clone() };
        (!is_within).then(|| Task { _restore: Restore::replace(begin()) })
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if !self.thread.in_task {
            let now = Instant::now();
            let Thread { recorder, layer, part, .. } = &self.thread;
            recorder.add_loop(*layer, *part, now - self.start);
            with(|thread| thread.since = now);
        }
    }
}

/// A task of a loop.
pub(crate) struct Task {
    _restore: Restore,
}

impl Drop for Task {
    fn drop(&mut self) {
        with(Thread::settle);
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use rayon::prelude::*;

    use super::*;
    use crate::parallel::Parallel as _;

    fn spin(time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time {}
    }

    #[test]
    fn all_the_time_has_a_place_and_waiting_is_not_work() {
        const MS: Duration = Duration::from_millis(1);
        let recorder = Arc::new(Recorder::default());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
        let mut first = None;
        let whole = pool.install(|| {
            let start = Instant::now();
            recorder.record(|| {
                network("n");
                first = next_block(Part::Forward);
                // One task and a loop within it: a thread works, the other has nothing to do.
                (0..1).into_par_iter().run(|_| {
                    spin(MS);
                    part(Part::Norm);
                    (0..2).into_par_iter().run(|_| spin(MS));
                });
                let second = next_block(Part::Pack);
                assert_eq!(second, Some(Layer { network: "n", block: 1 }));
                count(Part::Pack, 3, &[1, 4]);
                spin(MS);
                enter(first, Part::WeightGradient);
                spin(MS);
            });
            start.elapsed()
        });
        let sums = recorder.sums();
        let of = |block, part| sums[&(Some(Layer { network: "n", block }), part)];
        for (block, part) in
            [(0, Part::Forward), (0, Part::Norm), (1, Part::Pack), (0, Part::WeightGradient)]
        {
            assert!(of(block, part).busy >= MS, "{part:?}: {sums:?}");
        }
        assert_eq!((of(1, Part::Pack).multiply_adds, of(1, Part::Pack).floats), (3, 5));
        assert_eq!(of(1, Part::Pack).wall, of(1, Part::Pack).busy, "this thread alone");
        let wall: Duration = sums.values().map(|spent| spent.wall).sum();
        let busy: Duration = sums.values().map(|spent| spent.busy).sum();
        assert!(wall <= whole && busy <= 2 * whole, "{sums:?}");
        assert!(busy >= 5 * MS && wall >= 4 * MS, "{sums:?}");
    }

    #[test]
    fn a_thread_that_does_not_record_counts_nothing() {
        enter(Some(Layer { network: "n", block: 0 }), Part::Forward);
        network("n");
        assert_eq!(next_block(Part::Forward), None);
        count(Part::Forward, 1, &[1]);
        let doubled = (0..4).into_par_iter().run_map(|x: i32| 2 * x);
        assert_eq!(doubled, [0, 2, 4, 6]);
        assert!(THREAD.with_borrow(Option::is_none));
    }
}
