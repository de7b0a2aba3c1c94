//! The thread that trains: takes a job, tells events, looks at commands between two iterations.

mod clock;
mod nonfinite;
mod scorer;

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::AtomicU64, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crate::{
    dataset::{Dataset, SIDE},
    model::CLASSES,
    nn::kernels,
    train::{
        self,
        networks::labels_in_turn,
        profiler::Profiler,
        random::{self, Stream},
        sampling::{FIXED, Sampler},
        trainer::{self, DISCRIMINATOR, GENERATOR, Trainer},
    },
};
use clock::Clock;
use gan_tui_core::{
    event::{
        Change, Command, Drawing, Event, EventListener, Frame, LearningRates, Metrics, Outcome,
        Preparing, Series, Snapshot, Started, Weights,
    },
    image::{ImageBatch, ImageShape},
    preset::Plan,
};
use scorer::Scorer;

/// Loads a dataset, telling how far it is.
pub type Loader =
    Box<dyn FnOnce(&mut dyn FnMut(Preparing)) -> Result<Arc<dyn Dataset>, String> + Send>;

/// One run, ready to start.
pub struct Job {
    pub plan: Plan,
    /// Called in the worker, so that the monitor can show what goes on.
    pub load: Loader,
    /// Worker threads of the kernels.
    pub threads: usize,
    /// Where to go on from.
    pub resume: Option<Resume>,
    /// What was changed when the run went on before, oldest first; made again at the same
    /// iterations.
    pub changes: Vec<Change>,
    /// Finish after so much training, whatever the plan's iterations.
    pub time_limit: Option<Duration>,
    /// Begin with a pause.
    pub paused: bool,
    /// Milliseconds that the listener has waited for storage; they count as a pause.
    pub waited: Arc<AtomicU64>,
}

/// Where an earlier part of the run ended.
#[derive(Debug, Clone)]
pub struct Resume {
    pub snapshot: Arc<Snapshot>,
    /// Training time until then.
    pub elapsed: Duration,
    /// The least Fréchet distance scored until then.
    pub best: Option<f32>,
}

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
    pub fn spawn(job: Job, listener: Box<dyn EventListener>) -> std::io::Result<Self> {
        let (commands, told) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("train".into())
            .spawn(move || run(job, told, listener))?;
        Ok(Self { commands, thread: Some(thread) })
    }

    /// Tells the worker something; a worker that has ended hears nothing.
    pub fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// Tells the worker something from elsewhere.
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
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
        thread.join().unwrap_or_else(|_| {
            Outcome::Failed("the training thread panicked; this is a bug".into())
        })
    })
}

fn run(job: Job, told: mpsc::Receiver<Command>, mut listener: Box<dyn EventListener>) -> Outcome {
    kernels::memory::keep_freed_memory();
    let outcome = match Loop::prepare(job, told, &mut *listener) {
        Ok(mut training) => training.run(&mut *listener).unwrap_or_else(Outcome::Failed),
        Err(reason) => Outcome::Failed(reason),
    };
    // If the listener itself is what failed, there is nobody left to tell.
    let _ = listener.event(Event::Ended(outcome.clone()));
    outcome
}

/// A run that is training.
struct Loop {
    plan: Plan,
    model: Trainer,
    dataset: Arc<dyn Dataset>,
    pool: rayon::ThreadPool,
    commands: mpsc::Receiver<Command>,
    fixed: Vec<f32>,
    /// What tells how good the digits are, where they are scored.
    scorer: Option<Scorer>,
    /// The last iteration done.
    iteration: u64,
    /// The iteration of the newest checkpoint.
    saved: Option<u64>,
    clock: Clock,
    time_limit: Option<Duration>,
    /// Whether somebody asked to wait.
    paused: bool,
    /// Changes still to be made again.
    changes: VecDeque<Change>,
}

/// What to do before the next iteration.
enum Next {
    Train,
    Stop,
}

impl Loop {
    fn prepare(
        job: Job,
        commands: mpsc::Receiver<Command>,
        listener: &mut dyn EventListener,
    ) -> Result<Self, String> {
        let preset = job.plan.preset();
        let mut told = Ok(());
        let dataset = (job.load)(&mut |preparing| {
            if told.is_ok() {
                told = listener.event(Event::Preparing(preparing));
            }
        })?;
        told?;
        if preset.model.is_conditional() {
            check_labels(&*dataset, preset.model.name())?;
        }
        listener.event(Event::Preparing(Preparing {
            what: "building the networks".into(),
            done: 0,
            total: 0,
        }))?;
        let pool = train::pool(job.threads)
            .map_err(|error| format!("cannot start {} threads: {error}", job.threads))?;
        let mut model = trainer::build(preset)?;
        let (mut iteration, mut elapsed) = (0, Duration::ZERO);
        if let Some(resume) = &job.resume {
            model.restore(&resume.snapshot).map_err(|error| error.to_string())?;
            (iteration, elapsed) = (resume.snapshot.iteration, resume.elapsed);
        }
        let layers = model.layers();
        let count = |network: &str| {
            layers
                .iter()
                .filter(|layer| layer.network == network)
                .map(|layer| layer.parameters)
                .sum()
        };
        listener.event(Event::Started(Box::new(Started {
            dataset: dataset.info(),
            kernels: kernels::active().name().into(),
            threads: job.threads,
            iteration,
            generator_parameters: count(GENERATOR),
            discriminator_parameters: count(DISCRIMINATOR),
        })))?;
        let fixed = random::normal(preset.seed, Stream::Fixed, 0, FIXED * preset.latent);
        let clock = Clock::start(elapsed, job.waited);
        let scorer = Scorer::of(
            preset,
            &dataset.info().name,
            job.resume.as_ref().and_then(|resume| resume.best),
        )?;
        let saved = job.resume.is_some().then_some(iteration);
        let changes = job.changes.into();
        let (plan, time_limit) = (job.plan, job.time_limit);
        let mut training = Self {
            plan,
            model,
            dataset,
            pool,
            commands,
            fixed,
            scorer,
            iteration,
            saved,
            clock,
            time_limit,
            paused: false,
            changes,
        };
        if job.paused {
            training.pause(listener)?;
        }
        Ok(training)
    }

    fn run(&mut self, listener: &mut dyn EventListener) -> Result<Outcome, String> {
        if self.iteration == 0 {
            self.frame(listener)?;
        }
        let preset = self.plan.preset().clone();
        while self.iteration < preset.iterations
            && self.time_limit.is_none_or(|limit| self.clock.elapsed() < limit)
        {
            if let Next::Stop = self.obey(listener)? {
                self.save(listener)?;
                return Ok(Outcome::Stopped);
            }
            self.repeat_changes(listener)?;
            self.train(listener)?;
            if self.iteration == 1 || self.iteration.is_multiple_of(preset.frame_every) {
                self.frame(listener)?;
            }
            if self.iteration.is_multiple_of(preset.checkpoint_every) {
                self.save(listener)?;
            }
        }
        self.save(listener)?;
        Ok(Outcome::Finished)
    }

    /// One iteration.
    fn train(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        let start = Instant::now();
        let iteration = self.iteration + 1;
        let losses = self
            .pool
            .install(|| self.model.step(iteration, &*self.dataset, &mut Profiler::start()))
            .map_err(|error| error.to_string())?;
        if let Some((name, value)) = losses.first_nonfinite() {
            let place = nonfinite::first_nonfinite_layer(&self.model, name);
            return Err(format!(
                "{name} is {value} at iteration {iteration}: {place}; {}",
                self.kept()
            ));
        }
        let step_ms = start.elapsed().as_secs_f64() * 1e3;
        self.iteration = iteration;
        let score = match &self.scorer {
            Some(scorer) if scorer.is_due(iteration) => Some(
                self.pool
                    .install(|| scorer.score(&self.model))
                    .map_err(|error| error.to_string())?,
            ),
            _ => None,
        };
        let mut metrics = Metrics::new(iteration, step_ms, self.clock.elapsed().as_secs_f64())
            .with([
                (Series::D_LOSS, (losses.d_loss_real + losses.d_loss_fake) / 2.0),
                (Series::D_LOSS_REAL, losses.d_loss_real),
                (Series::D_LOSS_FAKE, losses.d_loss_fake),
                (Series::G_LOSS, losses.g_loss),
                (Series::D_ACCURACY, losses.d_accuracy),
                (Series::D_REAL, losses.d_real),
                (Series::D_FAKE, losses.d_fake),
            ]);
        metrics.score = score.map(Box::new);
        listener.event(Event::Metrics(metrics))?;
        let is_best =
            score.zip(self.scorer.as_mut()).is_some_and(|(score, scorer)| scorer.is_best(&score));
        if is_best { self.keep_best(listener) } else { Ok(()) }
    }

    /// Keeps the networks apart, which have scored better than ever.
    fn keep_best(&self, listener: &mut dyn EventListener) -> Result<(), String> {
        let snapshot = self.model.snapshot(self.iteration);
        if nonfinite::first_nonfinite_tensor(&snapshot).is_some() {
            return Ok(());
        }
        listener.save(Weights::Best(Arc::new(snapshot)))
    }

    /// The images of the fixed latents.
    fn frame(&self, listener: &mut dyn EventListener) -> Result<(), String> {
        let (model, latents) = (&self.model, &self.fixed);
        let labels = if model.is_conditional() { labels_in_turn(FIXED) } else { Vec::new() };
        let images = self
            .pool
            .install(|| model.generate(latents, &labels))
            .map_err(|error| error.to_string())?;
        let images = ImageBatch::from_unit(ImageShape::grey(SIDE, SIDE), &images);
        listener.event(Event::Frame(Arc::new(Frame { iteration: self.iteration, images })))
    }

    fn save(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        if self.saved == Some(self.iteration) {
            return Ok(());
        }
        let snapshot = self.model.snapshot(self.iteration);
        // What cannot be gone on from must not take the place of what can.
        if let Some(place) = nonfinite::first_nonfinite_tensor(&snapshot) {
            return Err(format!("{place} after iteration {}; {}", self.iteration, self.kept()));
        }
        self.saved = Some(self.iteration);
        listener.save(Weights::Checkpoint(Arc::new(snapshot)))
    }

    /// What can be gone on from.
    fn kept(&self) -> String {
        self.saved.map_or_else(
            || "no checkpoint was saved before".into(),
            |saved| format!("the checkpoint of iteration {saved} is kept"),
        )
    }

    /// Looks at the commands; while paused, waits for them.
    fn obey(&mut self, listener: &mut dyn EventListener) -> Result<Next, String> {
        // After a single iteration it waits again.
        if self.paused {
            self.clock.pause();
        }
        loop {
            let command =
                if self.paused { self.commands.recv().ok() } else { self.commands.try_recv().ok() };
            match command {
                // Nobody is left to tell it to go on.
                None if self.paused => return Ok(Next::Stop),
                None => return Ok(Next::Train),
                Some(Command::Stop) => return Ok(Next::Stop),
                Some(Command::Save) => self.save(listener)?,
                Some(Command::Draw(drawing)) => self.draw(drawing, listener)?,
                Some(Command::LearningRates(rates)) => self.change(rates, listener)?,
                Some(Command::Step) if self.paused => {
                    self.clock.resume();
                    return Ok(Next::Train);
                }
                Some(Command::Pause) if !self.paused => self.pause(listener)?,
                Some(Command::Resume) if self.paused => {
                    self.paused = false;
                    self.clock.resume();
                    listener.event(Event::Paused(false))?;
                }
                Some(Command::Pause | Command::Resume | Command::Step) => {}
            }
        }
    }

    fn pause(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        self.paused = true;
        self.clock.pause();
        listener.event(Event::Paused(true))
    }

    /// Pictures for somebody who looks on.
    fn draw(&self, drawing: Drawing, listener: &mut dyn EventListener) -> Result<(), String> {
        let (seed, iteration) = (self.plan.preset().seed, self.iteration);
        let artist =
            Sampler { model: &self.model, dataset: Some(&*self.dataset), seed, fixed: &self.fixed };
        let pictures = self
            .pool
            .install(|| artist.draw(drawing, iteration))
            .map_err(|error| error.to_string())?;
        listener.event(Event::Pictures(Arc::new(pictures)))
    }

    fn change(
        &mut self,
        new: LearningRates,
        listener: &mut dyn EventListener,
    ) -> Result<(), String> {
        let old = self.model.learning_rates();
        self.model.set_learning_rates(new);
        old.changes(new, self.iteration)
            .into_iter()
            .try_for_each(|change| listener.event(Event::Changed(change)))
    }

    /// Changes that were made here when the run came by for the first time.
    fn repeat_changes(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        while let Some(change) =
            self.changes.pop_front_if(|change| change.iteration <= self.iteration)
        {
            let mut rates = self.model.learning_rates();
            rates.apply(&change);
            self.model.set_learning_rates(rates);
            listener.event(Event::Changed(change))?;
        }
        Ok(())
    }
}

/// A conditional model learns from labels: every image must have one, of ten classes.
fn check_labels(dataset: &dyn Dataset, model: &str) -> Result<(), String> {
    let name = dataset.info().name;
    for index in 0..dataset.len() {
        match dataset.label(index) {
            Some(label) if usize::from(label) < CLASSES => {}
            Some(label) => {
                return Err(format!(
                    "{model} tells {CLASSES} classes apart, 0 to {}; image {index} of {name} has the label {label}",
                    CLASSES - 1
                ));
            }
            None => {
                return Err(format!(
                    "{model} learns digits by their labels, and {name} has none; choose another dataset, or a model without"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::dataset::synthetic;
    use gan_tui_core::preset::{Model, Preset};

    fn job(iterations: u64, resume: Option<Resume>) -> Job {
        let preset = Preset { model: Model::Mlp, batch: 4, iterations, ..Preset::default() };
        let load: Loader = Box::new(|_| Ok(Arc::new(synthetic::dataset(1, 50, &mut |_| {}))));
        Job {
            plan: Plan::try_from(preset).unwrap(),
            load,
            threads: 1,
            resume,
            changes: Vec::new(),
            time_limit: None,
            paused: false,
            waited: Arc::default(),
        }
    }

    /// What the worker has reported, with the weights.
    enum Reported {
        Event(Event),
        Weights(Weights),
    }

    struct Recorded(mpsc::Sender<Reported>);

    impl EventListener for Recorded {
        fn event(&mut self, event: Event) -> Result<(), String> {
            self.0.send(Reported::Event(event)).map_err(|error| error.to_string())
        }

        fn save(&mut self, weights: Weights) -> Result<(), String> {
            self.0.send(Reported::Weights(weights)).map_err(|error| error.to_string())
        }
    }

    /// Runs a job to its end, told `first` at once and `then(event)` after each event; returns all
    /// events and the last checkpoint.
    fn events(
        job: Job,
        first: Vec<Command>,
        then: impl Fn(&Event) -> Vec<Command>,
    ) -> (Vec<Event>, Arc<Snapshot>) {
        let (sender, receiver) = mpsc::channel();
        let worker = Worker::spawn(job, Box::new(Recorded(sender))).unwrap();
        first.into_iter().for_each(|command| worker.tell(command));
        let (mut out, mut last) = (Vec::new(), None);
        for reported in receiver {
            match reported {
                Reported::Event(event) => {
                    then(&event).into_iter().for_each(|command| worker.tell(command));
                    out.push(event);
                }
                Reported::Weights(Weights::Checkpoint(snapshot)) => last = Some(snapshot),
                Reported::Weights(Weights::Best(_)) => {}
            }
        }
        (out, last.unwrap())
    }

    #[test]
    fn looking_on_changes_nothing() {
        let (_, plain) = events(job(6, None), Vec::new(), |_| Vec::new());
        let asked = [
            Drawing::Fixed,
            Drawing::Fresh { turn: 2 },
            Drawing::Walk { leg: 1 },
            Drawing::Beside { turn: 0 },
        ];
        let (looked_at, last) = events(job(6, None), vec![Command::Pause], |event| match event {
            Event::Paused(true) => {
                asked.map(Command::Draw).into_iter().chain([Command::Step]).collect()
            }
            Event::Metrics(metrics) if metrics.iteration == 1 => {
                vec![Command::Draw(Drawing::Fixed), Command::Resume]
            }
            _ => Vec::new(),
        });
        assert!(plain == last);
        assert_eq!(
            looked_at.iter().filter(|event| matches!(event, Event::Pictures(_))).count(),
            asked.len() + 1
        );
        let waits = looked_at.iter().position(|event| matches!(event, Event::Metrics(_))).unwrap();
        assert!(matches!(
            looked_at[waits..],
            [Event::Metrics(_), Event::Frame(_), Event::Pictures(_), Event::Paused(false), ..]
        ));
    }

    #[test]
    fn changed_learning_rates_are_told_and_made_again_by_resuming() {
        let rates = LearningRates { generator: 1e-3, discriminator: 2e-4 };
        let paused_at_four = |event: &Event| match event {
            Event::Metrics(metrics) if metrics.iteration < 4 => vec![Command::Step],
            Event::Metrics(metrics) if metrics.iteration == 4 => {
                vec![Command::LearningRates(rates), Command::Resume]
            }
            _ => Vec::new(),
        };
        let (whole, last) =
            events(job(8, None), vec![Command::Pause, Command::Step], paused_at_four);
        let changes: Vec<Change> = whole
            .iter()
            .filter_map(|event| {
                if let Event::Changed(change) = event { Some(change.clone()) } else { None }
            })
            .collect();
        assert_eq!(
            changes,
            [Change {
                iteration: 4,
                field: "generator.learning_rate".into(),
                old: 2e-4,
                new: 1e-3
            }]
        );

        let (_, half) = events(job(2, None), Vec::new(), |_| Vec::new());
        let resume =
            || Some(Resume { snapshot: half.clone(), elapsed: Duration::ZERO, best: None });
        let (_, again) = events(Job { changes, ..job(8, resume()) }, Vec::new(), |_| Vec::new());
        assert!(last == again);
        let (_, without) = events(job(8, resume()), Vec::new(), |_| Vec::new());
        assert!(last != without);
    }
}
