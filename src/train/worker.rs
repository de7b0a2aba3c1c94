//! The thread that trains: takes a job, tells events, looks at commands between two iterations.

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use crate::{
    dataset::Dataset,
    event::{Command, Event, Outcome, Preparing, Snapshot},
    preset::Plan,
};

/// Loads a dataset, telling how far it is.
pub type Loader = Box<dyn FnOnce(&mut dyn FnMut(Preparing)) -> Result<Arc<dyn Dataset>, String> + Send>;

/// One run, ready to start.
pub struct Job {
    pub plan: Plan,
    /// Called in the worker, so that the monitor can show what goes on.
    pub load: Loader,
    /// Worker threads of the kernels.
    pub threads: usize,
    /// Where to go on from.
    pub resume: Option<Arc<Snapshot>>,
    /// Finish after so much training, whatever the plan's iterations.
    pub time_limit: Option<Duration>,
}

/// Takes every event, in order, on the training thread. An error ends the run with that reason.
pub type Sink = Box<dyn FnMut(Event) -> Result<(), String> + Send>;

/// A run that goes on in its own thread. Dropping it stops the run and waits for its end.
pub struct Worker {
    commands: mpsc::Sender<Command>,
    thread: Option<JoinHandle<Outcome>>,
}

impl Worker {
    /// Starts training in a named thread.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn spawn(job: Job, sink: Sink) -> std::io::Result<Self> {
        let (commands, told) = mpsc::channel();
        let thread = std::thread::Builder::new().name("train".into()).spawn(move || run(job, &told, sink))?;
        Ok(Self { commands, thread: Some(thread) })
    }

    /// Tells the worker something; a worker that has ended hears nothing.
    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Whether it has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the end and tells how it was.
    pub fn join(mut self) -> Outcome {
        join(self.thread.take())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.tell(Command::Stop);
        join(self.thread.take());
    }
}

fn join(thread: Option<JoinHandle<Outcome>>) -> Outcome {
    thread.map_or(Outcome::Stopped, |thread| thread.join().unwrap_or_else(|_| Outcome::Failed("the training thread panicked".into())))
}

fn run(_job: Job, _told: &mpsc::Receiver<Command>, _sink: Sink) -> Outcome {
    Outcome::Failed("training is not here yet".into())
}
