//! The run that is shown, and how another one takes its place.

use std::{collections::VecDeque, path::PathBuf, time::Duration};

use super::{
    interface::{Open, PresetWatcher, RunHandle, Source},
    mailbox::{Inbox, mailbox},
};
use crate::state::{message::Message, run::Run};
use gan_tui_core::preset::Plan;

/// How often the preset's file is looked at.
const WATCH: Duration = Duration::from_secs(1);

/// The run that is shown, and those that can follow it.
pub struct CurrentRun {
    /// `None` once the run was waited for.
    source: Option<Box<dyn Source>>,
    inbox: Inbox,
    open: Open,
    /// The plans to choose from.
    presets: Vec<Plan>,
    watcher: Option<Box<dyn PresetWatcher>>,
    /// The index of the preset whose file has changed, once it has.
    changed_preset: Option<usize>,
    next_look: Duration,
}

impl CurrentRun {
    /// Opens the first run; also returns where its files go, and after how much training time it
    /// ends.
    ///
    /// # Errors
    /// Returns an error if the run cannot be opened, in one line.
    pub fn open(
        plan: &Plan,
        presets: Vec<Plan>,
        mut open: Open,
        watcher: Option<Box<dyn PresetWatcher>>,
    ) -> Result<(Self, PathBuf, Option<Duration>), String> {
        let (outbox, inbox) = mailbox();
        let RunHandle { source, directory, limit } = open(plan, outbox)?;
        let run = Self {
            source: Some(source),
            inbox,
            open,
            presets,
            watcher,
            changed_preset: None,
            next_look: Duration::ZERO,
        };
        Ok((run, directory, limit))
    }

    /// Opens a run of another preset in place of this one, which has ended.
    pub fn open_another(&mut self, number: usize, keep_weights: bool, ended: &Run) -> Message {
        if let Some(source) = self.source.take() {
            source.join();
        }
        if let (true, Some(watcher), Some(iteration)) =
            (keep_weights, &mut self.watcher, ended.saved)
        {
            watcher.keep_weights(&ended.directory, iteration);
        }
        let (outbox, inbox) = mailbox();
        self.inbox = inbox;
        let opened = match self.presets.get(number) {
            Some(plan) => (self.open)(plan, outbox),
            None => Err("no such preset".into()),
        };
        match opened {
            Ok(RunHandle { source, directory, limit }) => {
                self.source = Some(source);
                Message::Opened { number, directory, limit }
            }
            Err(reason) => Message::NotOpened(reason),
        }
    }

    /// The run's events come from here, and commands go there; `None` once it was waited for.
    pub fn source(&self) -> Option<&dyn Source> {
        self.source.as_deref()
    }

    /// Waits for messages of the run. Nothing is lost if the future is dropped.
    pub async fn messages(&self) -> VecDeque<Message> {
        self.inbox.take().await
    }

    /// Returns the last messages and the outcome of a run that has finished without saying so.
    pub fn take_finished(&mut self) -> VecDeque<Message> {
        if !self.source().is_some_and(|source| source.is_finished()) {
            return VecDeque::new();
        }
        let mut messages = self.inbox.take_now();
        if let Some(source) = self.source.take() {
            messages.push_back(Message::Lost(source.join()));
        }
        messages
    }

    /// Looks now and then whether the preset's file has changed.
    pub fn changed_preset(&mut self, now: Duration) -> Option<Message> {
        if now < self.next_look {
            return None;
        }
        self.next_look = now + WATCH;
        let changed = self.watcher.as_mut()?.changed()?;
        Some(Message::PresetChanged(changed.map(|plan| {
            let preset = Box::new(plan.preset().clone());
            let number = *self.changed_preset.get_or_insert(self.presets.len());
            match self.presets.get_mut(number) {
                Some(known) => *known = plan,
                None => self.presets.push(plan),
            }
            (number, preset)
        })))
    }

    /// Gives the run up.
    pub fn into_source(self) -> Option<Box<dyn Source>> {
        self.source
    }
}
