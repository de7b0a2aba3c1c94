//! The state of one run.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::state::{
    health::{self, EXAMINE, Finding},
    history::History,
    history_chunk::HistoryChunk,
    journal::Journal,
    number,
    timeline::FrameTimeline,
};
use gan_tui_core::{
    event::{Change, Frame, LearningRates, Machine, Metrics, RunState, Started},
    preset::Preset,
};

/// One run, from its events and files.
#[derive(Debug, Clone)]
pub struct Run {
    pub preset: Preset,
    pub directory: PathBuf,
    /// Training ends after so much time, if not before.
    pub limit: Option<Duration>,
    /// Of a replay: the last iteration of a record that does not grow.
    goal: Option<u64>,
    pub state: RunState,
    pub started: Option<Started>,
    pub history: History,
    pub timeline: FrameTimeline,
    /// How much the newest samples differ; see [`health::spread`].
    pub spread: Option<f32>,
    pub health: Vec<Finding>,
    pub journal: Journal,
    /// The smallest distance that the journal has.
    best_noted: Option<f32>,
    /// The learning rates of the next iteration.
    pub rates: LearningRates,
    /// The iteration whose checkpoint is being written.
    pub saving: Option<u64>,
    /// The newest iteration saved.
    pub saved: Option<u64>,
    /// How busy the machine was when that was told last.
    pub machine: Option<Machine>,
    /// Why events cannot be saved, while training waits for the storage.
    pub trouble: Option<String>,
    /// Whether pausing was requested last; the worker answers after the present step.
    pub wants_pause: bool,
}

impl Run {
    /// A run that has just been opened.
    pub fn new(preset: Preset, directory: PathBuf, limit: Option<Duration>) -> Self {
        let rates = LearningRates {
            generator: preset.generator.learning_rate,
            discriminator: preset.discriminator.learning_rate,
        };
        Self {
            preset,
            directory,
            limit,
            goal: None,
            state: RunState::Preparing(None),
            started: None,
            history: History::default(),
            timeline: FrameTimeline::default(),
            spread: None,
            health: Vec::new(),
            journal: Journal::default(),
            best_noted: None,
            rates,
            saving: None,
            saved: None,
            machine: None,
            trouble: None,
            wants_pause: false,
        }
    }

    /// The frame shown.
    pub fn frame(&self) -> Option<&Arc<Frame>> {
        self.timeline.shown()
    }

    /// Whether the networks are class-conditional, so that classes can be requested.
    pub fn is_conditional(&self) -> bool {
        self.preset.model.is_conditional()
            || self.started.as_ref().is_some_and(|started| !started.classes.is_empty())
    }

    /// Returns the names of the classes that can be requested, in the order of their labels: until
    /// they are known, the digits of a model that always has classes.
    pub fn classes(&self) -> Vec<String> {
        let known = self.started.as_ref().map_or(&[][..], |started| &started.classes);
        if known.is_empty() && self.preset.model.is_conditional() {
            return (0..10).map(|digit| digit.to_string()).collect();
        }
        known.to_vec()
    }

    /// Returns whether the classes that can be requested are digits, each at its place, so that
    /// numbers can be drawn.
    pub fn draws_digits(&self) -> bool {
        let classes = self.classes();
        let is_digit = |(digit, class): (usize, &String)| *class == digit.to_string();
        (1..=10).contains(&classes.len()) && classes.iter().enumerate().all(is_digit)
    }

    /// Returns the name of a class that is not a digit; `None` of others.
    pub fn class_name(&self, label: usize) -> Option<String> {
        self.classes().into_iter().nth(label).filter(|_| !self.draws_digits())
    }

    /// The last iteration done.
    pub fn iteration(&self) -> u64 {
        let started = self.started.as_ref().map_or(0, |started| started.iteration);
        self.history.latest().map_or(started, |metrics| metrics.iteration)
    }

    /// Returns the iteration at which the run ends, if its time does not end it before; of a replay,
    /// that at which the record ends.
    pub fn last_iteration(&self) -> u64 {
        self.goal.unwrap_or(self.preset.iterations)
    }

    /// The share of the run that is done, 0 to 1: of the iterations or of the time, whichever ends
    /// first.
    pub fn share(&self) -> f64 {
        let iterations = self.iteration() as f64 / self.last_iteration().max(1) as f64;
        let time = self
            .limit
            .map_or(0.0, |limit| self.elapsed().as_secs_f64() / limit.as_secs_f64().max(1e-9));
        iterations.max(time).clamp(0.0, 1.0)
    }

    /// Training time so far, pauses left out.
    pub fn elapsed(&self) -> Duration {
        let seconds = self.history.latest().map_or(0.0, |metrics| metrics.elapsed_s);
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// Training time left, once there is a rate.
    pub fn left(&self) -> Option<Duration> {
        let rate = self.history.rate()?;
        let iterations = self.last_iteration().saturating_sub(self.iteration()) as f64;
        let left = Duration::try_from_secs_f64(iterations / rate).ok()?;
        Some(self.limit.map_or(left, |limit| left.min(limit.saturating_sub(self.elapsed()))))
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, RunState::Ended(_))
    }

    /// Adds what the run's files held before it was looked at.
    pub fn recall(&mut self, chunk: HistoryChunk) {
        if chunk.replaces {
            let known = Self::new(self.preset.clone(), self.directory.clone(), self.limit);
            let state = if self.has_ended() { RunState::Running } else { self.state.clone() };
            *self = Self {
                started: self.started.take(),
                state,
                wants_pause: self.wants_pause,
                ..known
            };
        }
        self.goal = chunk.goal;
        // In the order in which all came, and examined as often as if each had been heard, so that the
        // journal is the same.
        let mut changes = chunk.changes.iter().peekable();
        for metrics in &chunk.metrics {
            while let Some(change) = changes.next_if(|change| change.iteration < metrics.iteration)
            {
                self.apply(change);
            }
            self.history.push(metrics);
            self.note_score(metrics);
            if metrics.iteration.is_multiple_of(EXAMINE) {
                self.examine();
            }
        }
        self.timeline.recall(&chunk.frames);
        if let Some(frame) = chunk.frame {
            self.spread = Some(health::spread(&frame.images));
            self.timeline.push(frame);
            self.examine();
        }
        if let Some(at) = chunk.at {
            self.timeline.place(at);
        }
        changes.for_each(|change| self.apply(change));
        self.saved = self.saved.max(chunk.saved);
        let iteration = self.iteration();
        chunk.notes.into_iter().for_each(|note| self.note(iteration, note));
    }

    /// Adds a line to the journal.
    pub fn note(&mut self, iteration: u64, text: impl Into<String>) {
        self.journal.note(iteration, self.history.elapsed_until(iteration), text);
    }

    /// Notes how an iteration was scored, if it was.
    pub fn note_score(&mut self, metrics: &Metrics) {
        let Some(score) = &metrics.score else { return };
        let (iteration, distance) = (metrics.iteration, score.distance());
        let is_best = self.best_noted.is_none_or(|best| distance < best);
        if is_best {
            self.best_noted = Some(distance).filter(|distance| distance.is_finite());
        }
        let words = if is_best { ", best so far" } else { "" };
        self.note(iteration, format!("scored {}{words}", number::value(distance)));
    }

    /// Takes a change of a parameter.
    pub fn apply(&mut self, change: &Change) {
        self.rates.apply(change);
        let text = match change.field.as_str() {
            // The end that is expected of a run with a time limit.
            "schedule.until" => {
                let count =
                    |value: &str| value.parse::<u64>().map_or(value.to_owned(), number::count);
                let (new, old) = (change.new.to_string(), change.old.to_string());
                format!("expected end: iteration {}, before {}", count(&new), count(&old))
            }
            field => format!("{field} from {} to {}", change.old, change.new),
        };
        self.note(change.iteration, text);
    }

    /// Examines the run's health, and notes in the journal what is new.
    pub fn examine(&mut self) {
        let found = health::examine(&self.history, self.spread, self.preset.objective);
        for finding in found.iter().filter(|finding| finding.is_trouble()) {
            if !self.health.iter().any(|known| known.title == finding.title) {
                let text = format!("{}: {}", finding.title, finding.reason);
                let iteration = self.iteration();
                self.note(iteration, text);
            }
        }
        self.health = found;
    }
}
