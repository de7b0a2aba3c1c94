//! The thread that trains a run: it takes a job, reports events, and handles commands between two
//! iterations.

mod clock;
mod commands;
mod ending;
mod meter;
mod nonfinite;
mod run_loop;
mod scorer;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, atomic::AtomicU64, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use crate::train::Threads;
use gan_tui_core::{
    event::{Change, Command, Event, EventListener, Outcome, Preparing, Snapshot},
    preset::{EarlyStop, Plan},
};
use gan_tui_data::Dataset;
use gan_tui_kernels as kernels;
use run_loop::RunLoop;

/// Loads a dataset and reports its progress.
pub type Loader =
    Box<dyn FnOnce(&mut dyn FnMut(Preparing)) -> Result<Arc<dyn Dataset>, String> + Send>;

/// One run, ready to start.
pub struct Job {
    pub plan: Plan,
    /// Called in the worker, so that a monitor can show its progress.
    pub load: Loader,
    /// Threads of the kernels, and of what loads the dataset.
    pub threads: Threads,
    /// Where to resume; `None` for a new run.
    pub resume: Option<ResumePoint>,
    /// Changes made in earlier parts of the run, oldest first, which are repeated at the same
    /// iterations.
    pub changes: Vec<Change>,
    /// The run finishes after so much training time, whatever the plan's iterations.
    pub time_limit: Option<Duration>,
    /// Whether the run starts paused.
    pub paused: bool,
    /// Milliseconds that the listener has waited for storage; they count as a pause.
    pub waited: Arc<AtomicU64>,
}

/// Where an earlier part of the run ended.
#[derive(Debug, Clone)]
pub struct ResumePoint {
    pub snapshot: Arc<Snapshot>,
    /// Training time until then.
    pub elapsed: Duration,
    /// The least Fréchet distance until then.
    pub best: Option<f32>,
    /// Whether the run is to end early, by the metrics until then.
    pub early: EarlyStop,
}

/// A run in its own thread. Dropping it stops the run and waits for its end.
pub struct Worker {
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<Outcome>>,
}

impl Worker {
    /// Starts training in a named thread, with the channel of its commands, which may have been
    /// given to others before.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn spawn(
        job: Job,
        (sender, commands): (mpsc::Sender<Command>, mpsc::Receiver<Command>),
        listener: Box<dyn EventListener>,
    ) -> std::io::Result<Self> {
        let thread = std::thread::Builder::new()
            .name("train".into())
            .spawn(move || run(job, commands, listener))?;
        Ok(Self { commands: sender, thread: Some(thread) })
    }

    /// Sends a command; it has no effect if the run has ended.
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Returns whether the run has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end of the run and returns how it ended.
    pub fn join(mut self) -> Outcome {
        join(self.thread.take())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.send(Command::Stop);
        join(self.thread.take());
    }
}

fn join(thread: Option<JoinHandle<Outcome>>) -> Outcome {
    thread.map_or(Outcome::Stopped, |thread| {
        thread.join().unwrap_or_else(|_| {
            Outcome::Failed("the training thread panicked; this is a bug".into())
        })
    })
}

fn run(
    job: Job,
    commands: mpsc::Receiver<Command>,
    mut listener: Box<dyn EventListener>,
) -> Outcome {
    kernels::memory::keep_freed_memory();
    let outcome = match RunLoop::prepare(job, commands, &mut *listener) {
        Ok(mut run) => run.run(&mut *listener).unwrap_or_else(Outcome::Failed),
        Err(reason) => Outcome::Failed(reason),
    };
    // If the listener itself has failed, nothing can be reported any more.
    let _ = listener.event(Event::Ended(outcome.clone()));
    outcome
}
