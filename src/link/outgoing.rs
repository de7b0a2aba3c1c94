//! What waits to be sent to one client: never more than a bound, and of pictures only the newest.

use std::{
    collections::VecDeque,
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::protocol::Line;
use crate::event::Report;

/// Metrics that wait at most; a client that is slower loses the oldest of them.
const METRICS: usize = 1 << 14;
/// Other lines that wait at most: few are sent in a run, so that a client that lets so many wait reads nothing.
const OTHERS: usize = 1 << 10;

/// A queue with one reader.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    queue: Mutex<Queue>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<Line>,
    metrics: usize,
    closed: bool,
}

impl Outgoing {
    /// Adds a line and never waits. A client that lets too many wait is let go.
    pub(super) fn push(&self, line: Line) {
        let mut queue = self.lock();
        queue.push(line);
        if queue.lines.len() - queue.metrics > OTHERS {
            queue.closed = true;
            queue.lines.clear();
        }
        self.news.notify_one();
    }

    /// Nothing more will come: what waits is still sent.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.news.notify_one();
    }

    /// Waits for the next line; `None` where nothing waits and nothing will come.
    pub(super) fn next(&self) -> Option<Line> {
        let mut queue = self.lock();
        loop {
            if let Some(line) = queue.lines.pop_front() {
                queue.metrics -= usize::from(is_metrics(&line));
                return Some(line);
            }
            if queue.closed {
                return None;
            }
            queue = self.news.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().lines.is_empty()
    }

    /// Waits until nothing waits or the time is over.
    pub(super) fn drain(&self, patience: Duration) {
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        while !self.is_empty() && waited < patience {
            std::thread::sleep(step);
            waited += step;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, line: Line) {
        let Line::Report(report) = &line else { return self.lines.push_back(line) };
        match report {
            Report::Metrics(_) if self.metrics == METRICS => {
                if let Some(oldest) = self.lines.iter().position(is_metrics) {
                    self.lines.remove(oldest);
                }
            }
            Report::Metrics(_) => self.metrics += 1,
            // Of each of these only the last one counts.
            Report::Frame(_) | Report::Preparing(_) | Report::Pictures(_) => self.replace(report),
            Report::Saving(_) | Report::Saved(_) | Report::Paused(_) | Report::Trouble(_) => self.replace(report),
            Report::Started(_) | Report::Changed(_) | Report::HandedOver | Report::Ended(_) => {}
        }
        self.lines.push_back(line);
    }

    /// Takes out what a newer report of the same kind makes idle.
    fn replace(&mut self, newer: &Report) {
        let idle = |line: &Line| match (line, newer) {
            (Line::Report(Report::Pictures(old)), Report::Pictures(new)) => old.drawing == new.drawing,
            (Line::Report(old), new) => mem::discriminant(old) == mem::discriminant(new),
            (Line::Refused(_), _) => false,
        };
        self.lines.retain(|line| !idle(line));
    }
}

fn is_metrics(line: &Line) -> bool {
    matches!(line, Line::Report(Report::Metrics(_)))
}
