//! The thread that trains: takes a job, tells events, looks at commands between two iterations.

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    laps::Laps,
    random::{self, Stream},
    training::{self, DISCRIMINATOR, GENERATOR, Training},
};
use crate::{
    dataset::{Dataset, SIDE},
    event::{Command, Event, Frame, Metrics, Outcome, Preparing, Snapshot, Started},
    image::Stack,
    nn::kernels,
    preset::Plan,
};

/// Loads a dataset, telling how far it is.
pub type Loader = Box<dyn FnOnce(&mut dyn FnMut(Preparing)) -> Result<Arc<dyn Dataset>, String> + Send>;

/// How many fixed latents a frame shows.
pub const FIXED: usize = 64;

/// One run, ready to start.
pub struct Job {
    pub plan: Plan,
    /// Called in the worker, so that the monitor can show what goes on.
    pub load: Loader,
    /// Worker threads of the kernels.
    pub threads: usize,
    /// Where to go on from.
    pub resume: Option<Resume>,
    /// Finish after so much training, whatever the plan's iterations.
    pub time_limit: Option<Duration>,
}

/// Where an earlier part of the run ended.
#[derive(Debug, Clone)]
pub struct Resume {
    pub snapshot: Arc<Snapshot>,
    /// Training time until then.
    pub elapsed: Duration,
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
        let thread = std::thread::Builder::new().name("train".into()).spawn(move || run(job, told, sink))?;
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
    thread.map_or(Outcome::Stopped, |thread| {
        thread.join().unwrap_or_else(|_| Outcome::Failed("the training thread panicked; this is a bug".into()))
    })
}

fn run(job: Job, told: mpsc::Receiver<Command>, mut sink: Sink) -> Outcome {
    kernels::memory::keep_freed_memory();
    let outcome = match Loop::prepare(job, told, &mut sink) {
        Ok(mut training) => training.run(&mut sink).unwrap_or_else(Outcome::Failed),
        Err(reason) => Outcome::Failed(reason),
    };
    // Where the sink itself is what failed, there is nobody left to tell.
    let _ = sink(Event::Ended(outcome.clone()));
    outcome
}

/// A run that is training.
struct Loop {
    plan: Plan,
    model: Box<dyn Training>,
    dataset: Arc<dyn Dataset>,
    pool: rayon::ThreadPool,
    commands: mpsc::Receiver<Command>,
    fixed: Vec<f32>,
    /// The last iteration done.
    iteration: u64,
    /// The iteration of the newest checkpoint.
    saved: Option<u64>,
    clock: Clock,
    time_limit: Option<Duration>,
}

/// What to do before the next iteration.
enum Next {
    Train,
    Stop,
}

impl Loop {
    fn prepare(job: Job, commands: mpsc::Receiver<Command>, sink: &mut Sink) -> Result<Self, String> {
        let preset = job.plan.preset();
        let mut told = Ok(());
        let dataset = (job.load)(&mut |preparing| {
            if told.is_ok() {
                told = sink(Event::Preparing(preparing));
            }
        })?;
        told?;
        sink(Event::Preparing(Preparing { what: "building the networks".into(), done: 0, total: 0 }))?;
        let pool = super::pool(job.threads).map_err(|error| format!("cannot start {} threads: {error}", job.threads))?;
        let mut model = training::build(preset)?;
        let (mut iteration, mut elapsed) = (0, Duration::ZERO);
        if let Some(resume) = &job.resume {
            model.restore(&resume.snapshot).map_err(|error| error.to_string())?;
            (iteration, elapsed) = (resume.snapshot.iteration, resume.elapsed);
        }
        let layers = model.layers();
        let count = |network: &str| layers.iter().filter(|layer| layer.network == network).map(|layer| layer.parameters).sum();
        sink(Event::Started(Box::new(Started {
            dataset: dataset.info(),
            kernels: kernels::active().name().into(),
            threads: job.threads,
            iteration,
            generator_parameters: count(GENERATOR),
            discriminator_parameters: count(DISCRIMINATOR),
        })))?;
        let fixed = random::normal(preset.seed, Stream::Fixed, 0, FIXED * preset.latent);
        let clock = Clock::start(elapsed);
        let saved = job.resume.is_some().then_some(iteration);
        Ok(Self { plan: job.plan, model, dataset, pool, commands, fixed, iteration, saved, clock, time_limit: job.time_limit })
    }

    fn run(&mut self, sink: &mut Sink) -> Result<Outcome, String> {
        if self.saved.is_none() {
            self.frame(sink)?;
        }
        let preset = self.plan.preset().clone();
        while self.iteration < preset.iterations && self.time_limit.is_none_or(|limit| self.clock.elapsed() < limit) {
            if let Next::Stop = self.obey(sink)? {
                self.save(sink)?;
                return Ok(Outcome::Stopped);
            }
            self.train(sink)?;
            if self.iteration == 1 || self.iteration.is_multiple_of(preset.frame_every) {
                self.frame(sink)?;
            }
            if self.iteration.is_multiple_of(preset.checkpoint_every) {
                self.save(sink)?;
            }
        }
        self.save(sink)?;
        Ok(Outcome::Finished)
    }

    /// One iteration.
    fn train(&mut self, sink: &mut Sink) -> Result<(), String> {
        let start = Instant::now();
        let iteration = self.iteration + 1;
        let losses =
            self.pool.install(|| self.model.step(iteration, &*self.dataset, &mut Laps::start())).map_err(|error| error.to_string())?;
        if let Some((name, value)) = losses.not_finite() {
            return Err(format!("{name} is {value} at iteration {iteration}; the last checkpoint is kept"));
        }
        self.iteration = iteration;
        sink(Event::Metrics(Metrics {
            iteration,
            d_loss: (losses.d_loss_real + losses.d_loss_fake) / 2.0,
            d_loss_real: losses.d_loss_real,
            d_loss_fake: losses.d_loss_fake,
            g_loss: losses.g_loss,
            d_accuracy: losses.d_accuracy,
            d_real: losses.d_real,
            d_fake: losses.d_fake,
            step_ms: start.elapsed().as_secs_f64() * 1e3,
            elapsed_s: self.clock.elapsed().as_secs_f64(),
        }))
    }

    /// The images of the fixed latents.
    fn frame(&self, sink: &mut Sink) -> Result<(), String> {
        let (model, latents) = (&self.model, self.fixed.clone());
        let images = self.pool.install(|| model.generate(latents)).map_err(|error| error.to_string())?;
        let images = Stack::from_unit(SIDE, SIDE, &images);
        sink(Event::Frame(Arc::new(Frame { iteration: self.iteration, images })))
    }

    fn save(&mut self, sink: &mut Sink) -> Result<(), String> {
        if self.saved == Some(self.iteration) {
            return Ok(());
        }
        self.saved = Some(self.iteration);
        sink(Event::Checkpoint(Arc::new(self.model.snapshot(self.iteration))))
    }

    /// Looks at the commands; while paused, waits for them.
    fn obey(&mut self, sink: &mut Sink) -> Result<Next, String> {
        let mut paused = false;
        loop {
            let command = if paused { self.commands.recv().ok() } else { self.commands.try_recv().ok() };
            match command {
                // Nobody is left to tell it to go on.
                None if paused => return Ok(Next::Stop),
                None => return Ok(Next::Train),
                Some(Command::Stop) => return Ok(Next::Stop),
                Some(Command::Save) => self.save(sink)?,
                Some(Command::Pause) if !paused => {
                    paused = true;
                    self.clock.pause();
                    sink(Event::Paused(true))?;
                }
                Some(Command::Resume) if paused => {
                    paused = false;
                    self.clock.go_on();
                    sink(Event::Paused(false))?;
                }
                Some(Command::Pause | Command::Resume) => {}
            }
        }
    }
}

/// Training time, pauses left out.
struct Clock {
    /// What was counted before it last stopped.
    before: Duration,
    /// Since when it runs.
    since: Option<Instant>,
}

impl Clock {
    fn start(before: Duration) -> Self {
        Self { before, since: Some(Instant::now()) }
    }

    fn elapsed(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn pause(&mut self) {
        *self = Self { before: self.elapsed(), since: None };
    }

    fn go_on(&mut self) {
        *self = Self::start(self.before);
    }
}
