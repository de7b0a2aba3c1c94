//! The loop of a run: iterations, metrics, frames and checkpoints.

use std::{
    collections::VecDeque,
    fmt::Display,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use super::{Job, clock::Clock, ending::Ending, meter::Meter, nonfinite, scorer::Scorer};
use crate::train::{
    self, classes,
    profiler::Profiler,
    random::{self, Stream},
    sampling::{FIXED, Sampler},
    trainer::{self, DISCRIMINATOR, GENERATOR, Trainer},
};
use gan_tui_core::{
    event::{
        Change, Command, Drawing, Event, EventListener, Frame, Machine, Metrics, Outcome, Pictures,
        Preparing, Series, Started, Weights,
    },
    preset::{EarlyStop, Plan},
    text::escaped,
};
use gan_tui_data::Dataset;

/// A run that is training.
pub(super) struct RunLoop {
    plan: Plan,
    pub(super) trainer: Trainer,
    dataset: Arc<dyn Dataset>,
    pool: rayon::ThreadPool,
    pub(super) commands: mpsc::Receiver<Command>,
    /// The latents of the frames, (n, latent).
    fixed: Vec<f32>,
    /// Scores the generated digits, if the preset asks for it.
    scorer: Option<Scorer>,
    /// Whether the run is to end before its last iteration.
    early: EarlyStop,
    /// The last iteration done.
    pub(super) iteration: u64,
    /// The iteration of the newest checkpoint.
    saved: Option<u64>,
    pub(super) clock: Clock,
    /// Where the time goes.
    pub(super) meter: Meter,
    time_limit: Option<Duration>,
    /// Where the run will end, for a schedule that decays over it.
    ending: Option<Ending>,
    pub(super) paused: bool,
    /// Changes that are still to be repeated.
    pub(super) changes: VecDeque<Change>,
}

/// What to do next between two iterations.
pub(super) enum Next {
    Train,
    Stop,
}

impl RunLoop {
    /// Loads the dataset and builds or restores the networks.
    pub(super) fn prepare(
        job: Job,
        commands: mpsc::Receiver<Command>,
        listener: &mut dyn EventListener,
    ) -> Result<Self, String> {
        let preset = job.plan.preset();
        let pool = train::pool(job.threads.count)
            .map_err(|error| format!("cannot start {} threads: {error}", job.threads.count))?;
        let load = job.load;
        let dataset = pool.install(|| {
            let mut reported = Ok(());
            let dataset = load(&mut |preparing| {
                if reported.is_ok() {
                    reported = listener.event(Event::Preparing(preparing));
                }
            })?;
            reported.map(|()| dataset)
        })?;
        let (classes, note) = match &job.resume {
            Some(resume) => (classes::restored(preset.model, &resume.snapshot.classes), None),
            None => classes::of_dataset(preset, &*dataset)?,
        };
        classes::check(&*dataset, &classes, preset.model)?;
        listener.event(Event::Preparing(Preparing {
            what: "building the networks".into(),
            done: 0,
            total: 0,
        }))?;
        let mut trainer = trainer::build(preset, &classes)?;
        let (mut iteration, mut elapsed, mut best) = (0, Duration::ZERO, None);
        let mut early = EarlyStop::of(preset);
        if let Some(resume) = &job.resume {
            trainer.restore(&resume.snapshot).map_err(|error| error.to_string())?;
            (iteration, elapsed) = (resume.snapshot.iteration, resume.elapsed);
            (best, early) = (resume.best, resume.early.clone());
        }
        let scorer = Scorer::of(preset, &dataset.info(), &dataset, best)?;
        if scorer.is_none() && early.needs_scores() {
            return Err(format!(
                "patience and a stop_at of a score need scores, and a run on {} has none: it is \
                 neither MNIST nor the synthetic digits, and too few images are held back",
                escaped(&dataset.info().name)
            ));
        }
        listener.event(Event::Started(Box::new(Started {
            dataset: dataset.info(),
            kernels: gan_tui_kernels::active().name().into(),
            kernel_revision: gan_tui_kernels::REVISION,
            threads: job.threads.count,
            threads_from: Some(job.threads.source.name().into()),
            iteration,
            generator_parameters: trainer.parameters(GENERATOR),
            discriminator_parameters: trainer.parameters(DISCRIMINATOR),
            classes,
            notes: note.into_iter().collect(),
        })))?;
        let ending = Ending::of(preset, job.time_limit, iteration, elapsed);
        let mut run = Self {
            fixed: random::normal(preset.seed, Stream::Fixed, 0, FIXED * preset.latent),
            clock: Clock::start(elapsed, job.waited),
            scorer,
            early,
            saved: job.resume.is_some().then_some(iteration),
            changes: job.changes.into(),
            plan: job.plan,
            time_limit: job.time_limit,
            ending,
            meter: Meter::start(),
            paused: false,
            trainer,
            dataset,
            pool,
            commands,
            iteration,
        };
        if job.paused {
            run.pause(listener)?;
        }
        Ok(run)
    }

    /// Trains until the run ends.
    pub(super) fn run(&mut self, listener: &mut dyn EventListener) -> Result<Outcome, String> {
        if self.iteration == 0 {
            self.frame(listener)?;
        }
        let preset = self.plan.preset().clone();
        while self.iteration < preset.iterations
            && self.early.reason().is_none()
            && !self.is_out_of_time()
        {
            if let Next::Stop = self.handle_commands(listener)? {
                self.save(listener)?;
                return Ok(Outcome::Stopped);
            }
            self.repeat_changes(listener)?;
            self.expect_end(listener)?;
            self.iterate(listener)?;
            if self.iteration == 1 || self.iteration.is_multiple_of(preset.frame_every) {
                let start = Instant::now();
                self.frame(listener)?;
                self.meter.add_drawing(start);
            }
            if self.iteration.is_multiple_of(preset.checkpoint_every) {
                let start = Instant::now();
                self.save(listener)?;
                self.meter.add_saving(start);
            }
            if let Some(spent) = self.meter.report() {
                listener.event(Event::Machine(Box::new(Machine { spent, load: None })))?;
            }
        }
        if let Some(reason) = self.early.reason() {
            listener.event(Event::Note(format!("ends early: {reason}")))?;
        }
        self.save(listener)?;
        Ok(Outcome::Finished)
    }

    fn is_out_of_time(&self) -> bool {
        self.time_limit.is_some_and(|limit| self.clock.elapsed() >= limit)
    }

    /// Fits a schedule that decays over the run to where the run is now expected to end. Changes of
    /// an earlier part of the run are made again before that.
    fn expect_end(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        let Some(ending) = self.ending.as_mut().filter(|_| self.changes.is_empty()) else {
            return Ok(());
        };
        let (iteration, old) = (self.iteration, self.trainer.schedule_end());
        match ending.expected(iteration, self.clock.elapsed(), old) {
            Some(end) => {
                self.trainer.set_schedule_end(end);
                listener.event(Event::Changed(Change::of_schedule_end(iteration, old, end)))
            }
            None => Ok(()),
        }
    }

    /// Trains for one iteration and reports its metrics.
    fn iterate(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        let start = Instant::now();
        let iteration = self.iteration + 1;
        let mut profiler = Profiler::start();
        let losses = self
            .pool
            .install(|| self.trainer.step(iteration, &*self.dataset, &mut profiler))
            .map_err(|error| error.to_string())?;
        self.meter.add_step(&profiler);
        if let Some((name, value)) = losses.first_nonfinite() {
            let place = nonfinite::first_nonfinite_layer(&self.trainer, name);
            let kept = self.kept();
            return Err(format!("{name} is {value} at iteration {iteration}: {place}; {kept}"));
        }
        let step_ms = start.elapsed().as_secs_f64() * 1e3;
        self.iteration = iteration;
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
        if self.trainer.adapts_augmentation() {
            metrics.set(Series::AUGMENT_SHARE, self.trainer.augment_share());
        }
        let is_last = iteration == self.plan.preset().iterations
            || self.early.is_met_by_losses(&metrics)
            || self.is_out_of_time();
        let scoring = Instant::now();
        let score = match &self.scorer {
            Some(scorer) if scorer.is_due(iteration, is_last) => Some(
                self.pool
                    .install(|| scorer.score(&self.trainer))
                    .map_err(|error| error.to_string())?,
            ),
            _ => None,
        };
        self.meter.add_scoring(scoring);
        metrics.elapsed_s = self.clock.elapsed().as_secs_f64();
        metrics.score = score.map(Box::new);
        self.early.observe(&metrics);
        let saving = Instant::now();
        listener.event(Event::Metrics(metrics))?;
        self.meter.add_saving(saving);
        let is_best =
            score.zip(self.scorer.as_mut()).is_some_and(|(score, scorer)| scorer.is_best(&score));
        if is_best { self.save_best(listener) } else { Ok(()) }
    }

    /// Saves the networks, which have the best score so far, apart from the checkpoints.
    fn save_best(&self, listener: &mut dyn EventListener) -> Result<(), String> {
        let snapshot = self.trainer.snapshot(self.iteration);
        if nonfinite::first_nonfinite_tensor(&snapshot).is_some() {
            return Ok(());
        }
        listener.save(Weights::Best(Arc::new(snapshot)))
    }

    /// Reports the images of the fixed latents.
    fn frame(&self, listener: &mut dyn EventListener) -> Result<(), String> {
        let sampler = self.sampler();
        let images =
            self.pool.install(|| sampler.fixed_images()).map_err(|error| error.to_string())?;
        listener.event(Event::Frame(Arc::new(Frame { iteration: self.iteration, images })))
    }

    /// Saves a checkpoint, unless this iteration has one.
    pub(super) fn save(&mut self, listener: &mut dyn EventListener) -> Result<(), String> {
        if self.saved == Some(self.iteration) {
            return Ok(());
        }
        let snapshot = self.trainer.snapshot(self.iteration);
        // A checkpoint that cannot be resumed must not replace one that can.
        if let Some(place) = nonfinite::first_nonfinite_tensor(&snapshot) {
            return Err(format!("{place} after iteration {}; {}", self.iteration, self.kept()));
        }
        self.saved = Some(self.iteration);
        listener.save(Weights::Checkpoint(Arc::new(snapshot)))
    }

    /// Says from which checkpoint a failed run can be resumed.
    fn kept(&self) -> String {
        self.saved.map_or_else(
            || "no checkpoint was saved before".into(),
            |saved| format!("the checkpoint of iteration {saved} is kept"),
        )
    }

    /// Generates the images that a monitor asked for. That they cannot be generated is told, and is
    /// no reason to end the run.
    pub(super) fn draw(
        &self,
        drawing: Drawing,
        listener: &mut dyn EventListener,
    ) -> Result<(), String> {
        let (sampler, iteration) = (self.sampler(), self.iteration);
        let drawn = self.pool.install(|| sampler.draw(drawing, iteration));
        listener.event(answer(drawing, drawn))
    }

    fn sampler(&self) -> Sampler<'_> {
        Sampler {
            trainer: &self.trainer,
            dataset: Some(&*self.dataset),
            seed: self.plan.preset().seed,
            fixed: &self.fixed,
        }
    }
}

/// Returns the answer to a request for images.
pub(super) fn answer(drawing: Drawing, drawn: Result<Pictures, impl Display>) -> Event {
    match drawn {
        Ok(pictures) => Event::Pictures(Arc::new(pictures)),
        Err(error) => Event::NotDrawn { drawing, reason: error.to_string() },
    }
}
