//! A bounded queue of messages from the training thread to the monitor. Sending never waits; of
//! pictures only the newest is kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::state::{history_chunk::HistoryChunk, message::Message};
use gan_tui_core::event::{Delivery, Event};

/// Metrics held at most; a monitor that has not listened for longer loses the oldest of them (the
/// run's files have them all).
const METRICS: usize = 1 << 16;

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    news: Notify,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Message>,
    metrics: usize,
    /// Whether nobody takes messages any more.
    closed: bool,
}

/// The receiving end.
pub struct Inbox(Arc<Shared>);

/// The sending end.
#[derive(Clone)]
pub struct Outbox(Arc<Shared>);

/// Returns both ends of a new mailbox.
pub fn mailbox() -> (Outbox, Inbox) {
    let shared = Arc::<Shared>::default();
    (Outbox(shared.clone()), Inbox(shared))
}

impl Outbox {
    /// Sends the monitor an event of its run.
    pub fn event(&self, event: Event) {
        self.post(Message::Event(event));
    }

    /// Sends what the run's files hold from before.
    pub fn history(&self, chunk: HistoryChunk) {
        self.post(Message::History(Box::new(chunk)));
    }

    /// Sends a remark about the run.
    pub fn note(&self, text: impl Into<String>) {
        self.post(Message::Note(text.into()));
    }

    fn post(&self, message: Message) {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        self.0.news.notify_one();
    }
}

impl Inbox {
    /// Waits until there is something, then takes it all, oldest first.
    pub async fn take(&self) -> VecDeque<Message> {
        loop {
            let messages = self.take_now();
            if !messages.is_empty() {
                return messages;
            }
            self.0.news.notified().await;
        }
    }

    /// Takes what there is.
    pub fn take_now(&self) -> VecDeque<Message> {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.metrics = 0;
        std::mem::take(&mut queue.messages)
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
        *queue = Queue { closed: true, ..Queue::default() };
    }
}

impl Queue {
    fn push(&mut self, message: Message) {
        if self.closed {
            return;
        }
        if let Message::Event(event) = &message {
            match event.delivery() {
                Delivery::Latest => self.messages.retain(
                    |queued| !matches!(queued, Message::Event(old) if event.supersedes(old)),
                ),
                Delivery::Series if self.metrics == METRICS => {
                    if let Some(oldest) = self.messages.iter().position(is_metrics) {
                        self.messages.remove(oldest);
                    }
                }
                Delivery::Series => self.metrics += 1,
                Delivery::Always => {}
            }
        }
        self.messages.push_back(message);
    }
}

fn is_metrics(message: &Message) -> bool {
    matches!(message, Message::Event(Event::Metrics(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gan_tui_core::{
        event::{Frame, Metrics, Preparing},
        image::ImageBatch,
    };

    fn metrics(iteration: u64) -> Event {
        Event::Metrics(Metrics::new(iteration, 0.0, 0.0))
    }

    fn frame(iteration: u64) -> Event {
        Event::Frame(Arc::new(Frame { iteration, images: ImageBatch::grey(1, 1, vec![0]) }))
    }

    #[test]
    fn order_is_kept_and_only_the_newest_picture() {
        let (outbox, inbox) = mailbox();
        for done in 0..5 {
            outbox.event(Event::Preparing(Preparing { what: "reading".into(), done, total: 5 }));
        }
        for iteration in 1..=3 {
            outbox.event(metrics(iteration));
            outbox.event(frame(iteration));
        }
        outbox.event(metrics(4));
        let told: Vec<String> = inbox
            .take_now()
            .into_iter()
            .map(|message| match message {
                Message::Event(Event::Preparing(preparing)) => {
                    format!("preparing {}", preparing.done)
                }
                Message::Event(Event::Metrics(metrics)) => {
                    format!("metrics {}", metrics.iteration)
                }
                Message::Event(Event::Frame(frame)) => format!("frame {}", frame.iteration),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            told,
            ["preparing 4", "metrics 1", "metrics 2", "metrics 3", "frame 3", "metrics 4"]
        );
        assert!(inbox.take_now().is_empty());
    }

    #[test]
    fn a_monitor_that_takes_nothing_does_not_fill_the_memory() {
        let (outbox, inbox) = mailbox();
        for iteration in 0..METRICS as u64 + 10 {
            outbox.event(metrics(iteration));
        }
        let messages = inbox.take_now();
        assert_eq!(messages.len(), METRICS);
        let Some(Message::Event(Event::Metrics(oldest))) = messages.front() else {
            panic!("{:?}", messages.front())
        };
        assert_eq!(oldest.iteration, 10);
    }

    #[test]
    fn nothing_is_kept_for_a_monitor_that_has_gone() {
        let (outbox, inbox) = mailbox();
        outbox.event(metrics(1));
        drop(inbox);
        outbox.event(metrics(2));
        assert!(outbox.0.queue.lock().is_ok_and(|queue| queue.messages.is_empty()));
    }
}
