//! The queue of lines to be sent to one client: bounded, and of images only the newest.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::protocol::Line;
use gan_tui_core::{
    event::{Delivery, Event},
    sync::lock_unpoisoned,
};

/// Metrics that wait at most; a client that is slower loses the oldest of them.
const METRICS: usize = 1 << 14;
/// Other lines that wait at most: few are sent in a run, so that a client that lets so many wait
/// reads nothing.
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
    /// Adds a line and never waits. A client with too many waiting is disconnected.
    pub(super) fn push(&self, line: Line) {
        let mut queue = self.lock();
        queue.push(line);
        if queue.lines.len() - queue.metrics > OTHERS {
            queue.closed = true;
            queue.lines.clear();
        }
        self.news.notify_one();
    }

    /// Closes the queue; what is in it is still sent.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.news.notify_one();
    }

    /// Waits for the next line; `None` if the queue is empty and closed.
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

    /// Returns whether the queue is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().lines.is_empty()
    }

    /// Waits until the queue is empty or the time is over.
    pub(super) fn drain(&self, patience: Duration) {
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        while !self.is_empty() && waited < patience {
            std::thread::sleep(step);
            waited += step;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        lock_unpoisoned(&self.queue)
    }
}

impl Queue {
    fn push(&mut self, line: Line) {
        let Line::Event(event) = &line else { return self.lines.push_back(line) };
        match event.delivery() {
            Delivery::Series if self.metrics == METRICS => {
                if let Some(oldest) = self.lines.iter().position(is_metrics) {
                    self.lines.remove(oldest);
                }
            }
            Delivery::Series => self.metrics += 1,
            Delivery::Latest => {
                self.lines.retain(|line| !matches!(line, Line::Event(old) if event.supersedes(old)))
            }
            Delivery::Always => {}
        }
        self.lines.push_back(line);
    }
}

fn is_metrics(line: &Line) -> bool {
    matches!(line, Line::Event(Event::Metrics(_)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use gan_tui_core::{
        event::{Change, Frame, Metrics},
        image::ImageBatch,
    };

    fn metrics(iteration: u64) -> Line {
        Line::Event(Event::Metrics(Metrics::new(iteration, 1.0, 2.0)))
    }

    fn frame(iteration: u64) -> Line {
        Line::Event(Event::Frame(Arc::new(Frame {
            iteration,
            images: ImageBatch::grey(28, 28, vec![0; 64 * 784]),
        })))
    }

    fn all(outgoing: &Outgoing) -> Vec<Line> {
        outgoing.close();
        std::iter::from_fn(|| outgoing.next()).collect()
    }

    #[test]
    fn a_client_that_reads_nothing_costs_little_and_loses_the_oldest() {
        let outgoing = Outgoing::default();
        for iteration in 0..METRICS as u64 + 10 {
            outgoing.push(metrics(iteration));
            outgoing.push(frame(iteration));
            outgoing.push(Line::Event(Event::Saved(iteration)));
        }
        let lines = all(&outgoing);
        assert_eq!(lines.len(), METRICS + 2, "of frames and checkpoints only the last");
        assert!(lines[0] == metrics(10), "the oldest metrics went");
        assert!(lines.contains(&frame(METRICS as u64 + 9)));
    }

    #[test]
    fn a_client_that_lets_everything_wait_is_let_go() {
        let outgoing = Outgoing::default();
        let change = |iteration| Change {
            iteration,
            field: "generator.learning_rate".into(),
            old: 0.1,
            new: 0.2,
        };
        for iteration in 0..=OTHERS as u64 {
            outgoing.push(Line::Event(Event::Changed(change(iteration))));
        }
        assert_eq!(outgoing.next(), None, "and what waited is forgotten");
    }

    #[test]
    fn order_is_kept() {
        let outgoing = Outgoing::default();
        let lines =
            [metrics(1), Line::Event(Event::Paused(true)), metrics(2), Line::Refused("no".into())];
        lines.iter().for_each(|line| outgoing.push(line.clone()));
        assert!(all(&outgoing) == lines);
    }
}
