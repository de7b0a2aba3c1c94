//! A run's progress without the monitor, printed by a thread of its own: a terminal or a pipe that
//! takes nothing does not hold up training, and when it takes something again, it gets the newest
//! state.

mod pace;
mod printer;

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use gan_tui_core::{
    event::{Delivery, Event, Outcome},
    sync::lock_unpoisoned,
};

use super::notify;
use crate::cli::Notify;
pub use printer::{Channel, Printer};

/// No more than this many lines wait to be printed; the oldest go.
const MOST_WAITING: usize = 1000;

/// Prints a run's progress.
pub struct Progress {
    sender: ProgressSender,
    thread: JoinHandle<()>,
}

/// Where the thread that prints gets its work from.
#[derive(Clone, Default)]
pub struct ProgressSender(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<VecDeque<Item>>,
    arrived: Condvar,
}

enum Item {
    Event(Event),
    Warning(String),
    Note(String),
    /// A terminal is told of the run's end.
    Notification(Notify, String, Outcome),
    /// Nothing follows.
    End,
}

impl Progress {
    /// Starts to print.
    ///
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub fn start(printer: Printer) -> io::Result<Self> {
        let sender = ProgressSender::default();
        let received = sender.clone();
        let thread = thread::Builder::new()
            .name("progress".into())
            .spawn(move || received.print_all(printer))?;
        Ok(Self { sender, thread })
    }

    /// Returns what events and warnings are sent to.
    pub fn sender(&self) -> ProgressSender {
        self.sender.clone()
    }

    /// Waits until everything is printed, the bar removed.
    pub fn finish(self) {
        self.sender.push(Item::End);
        // A panic of the thread has been reported.
        let _ = self.thread.join();
    }
}

impl ProgressSender {
    /// Prints an event, if it is worth a line, or moves the bar. Never waits.
    pub fn event(&self, event: &Event) {
        if matches!(
            event,
            Event::Preparing(_)
                | Event::Started(_)
                | Event::Metrics(_)
                | Event::Storage(_)
                | Event::Note(_)
                | Event::Ended(_)
        ) {
            self.push(Item::Event(event.clone()));
        }
    }

    /// Prints a warning on stderr. Never waits.
    pub fn warn(&self, text: &str) {
        self.push(Item::Warning(text.to_owned()));
    }

    /// Prints a note on stderr, unless only errors are to be printed. Never waits.
    pub fn note(&self, text: &str) {
        self.push(Item::Note(text.to_owned()));
    }

    /// Notifies the terminal of the run's end. Never waits.
    pub fn notify(&self, how: Notify, run: &str, outcome: &Outcome) {
        self.push(Item::Notification(how, run.to_owned(), outcome.clone()));
    }

    fn push(&self, item: Item) {
        let mut queue = lock_unpoisoned(&self.0.queue);
        if let Item::Event(event) = &item {
            queue.retain(|waiting| !matches!(waiting, Item::Event(old) if replaces(event, old)));
        }
        if queue.len() >= MOST_WAITING {
            queue.pop_front();
        }
        queue.push_back(item);
        self.0.arrived.notify_one();
    }

    fn next(&self) -> Item {
        let mut queue = lock_unpoisoned(&self.0.queue);
        loop {
            if let Some(item) = queue.pop_front() {
                return item;
            }
            queue = self.0.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn print_all(&self, mut printer: Printer) {
        printer.begin();
        loop {
            match self.next() {
                Item::Event(event) => printer.show(&event),
                Item::Warning(text) => printer.warn(&text),
                Item::Note(text) => printer.note(&text),
                Item::Notification(how, run, outcome) => {
                    notify::print_sequence(how, &run, &outcome);
                }
                Item::End => return printer.end(),
            }
        }
    }
}

/// Whether an event makes one that still waits to be printed useless.
fn replaces(event: &Event, waiting: &Event) -> bool {
    event.supersedes(waiting)
        || (event.delivery() == Delivery::Series && waiting.delivery() == Delivery::Series)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gan_tui_core::event::{Metrics, Storage};

    #[test]
    fn of_what_waits_only_the_newest_state_is_printed() {
        let sender = ProgressSender::default();
        for iteration in 1..=5000 {
            sender.event(&Event::Metrics(Metrics::new(iteration, 1.0, 1.0)));
            sender.event(&Event::Storage(Storage::Stalled(format!("full {iteration}"))));
        }
        sender.event(&Event::Saved(3));
        sender.event(&Event::Ended(Outcome::Stopped));
        let queue = lock_unpoisoned(&sender.0.queue);
        let waiting: Vec<String> = queue
            .iter()
            .map(|item| match item {
                Item::Event(Event::Metrics(metrics)) => format!("metrics {}", metrics.iteration),
                Item::Event(event) => format!("{event:?}"),
                _ => String::new(),
            })
            .collect();
        assert_eq!(waiting, ["metrics 5000", "Storage(Stalled(\"full 5000\"))", "Ended(Stopped)"]);
    }
}
