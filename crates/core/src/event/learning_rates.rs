//! The learning rates and the end of their schedule, and changes of them while a run trains.

use serde::{Deserialize, Serialize};

/// A parameter that was changed while a run went on: one line of `changes.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The last iteration before it.
    pub iteration: u64,
    /// Such as `generator.learning_rate`.
    pub field: String,
    pub old: f32,
    pub new: f32,
}

impl Change {
    /// The field of a change of the schedule's end.
    const SCHEDULE_END: &str = "schedule.until";

    /// A change of the iteration at which the learning rates reach 0, after `iteration`. Both are
    /// below 2^24, so that single precision holds them exactly.
    pub fn of_schedule_end(iteration: u64, old: u64, new: u64) -> Self {
        Self { iteration, field: Self::SCHEDULE_END.into(), old: old as f32, new: new as f32 }
    }

    /// The new end of the schedule, if that is what is changed.
    pub fn schedule_end(&self) -> Option<u64> {
        let is_iteration = self.new.is_finite() && self.new >= 1.0;
        (self.field == Self::SCHEDULE_END && is_iteration).then_some(self.new as u64)
    }
}

/// The learning rates of both optimisers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningRates {
    pub generator: f32,
    pub discriminator: f32,
}

impl LearningRates {
    const FIELDS: [&str; 2] = ["generator.learning_rate", "discriminator.learning_rate"];

    /// What is otherwise in `new`, after `iteration`.
    pub fn changes(self, new: Self, iteration: u64) -> Vec<Change> {
        let pairs = [(self.generator, new.generator), (self.discriminator, new.discriminator)];
        let changed = Self::FIELDS.into_iter().zip(pairs).filter(|(_, (old, new))| old != new);
        changed
            .map(|(field, (old, new))| Change { iteration, field: field.into(), old, new })
            .collect()
    }

    /// Whether both are learning rates at all.
    pub fn are_sound(self) -> bool {
        [self.generator, self.discriminator]
            .iter()
            .all(|rate| rate.is_finite() && *rate > 0.0 && *rate <= 1.0)
    }

    /// Makes a change; one of another field, or to what is no learning rate, changes nothing.
    pub fn apply(&mut self, change: &Change) {
        if !(change.new.is_finite() && change.new > 0.0) {
            return;
        }
        match Self::FIELDS.iter().position(|field| *field == change.field) {
            Some(0) => self.generator = change.new,
            Some(_) => self.discriminator = change.new,
            None => {}
        }
    }
}
