//! Sends a run's events to every client, and keeps the state that a new client is sent first.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use super::{outgoing::Outgoing, protocol::Line};
use gan_tui_core::{
    event::{Drawing, Event, Frame, Metrics, Outcome, Preparing, Started, Storage},
    sync::lock_unpoisoned,
};

/// The newest metrics, for a new client: the run's files may be half a second behind.
const RECENT: usize = 4096;
/// How long the last events may take to reach the clients.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Takes a run's events, never waits, and never fails. Clones share their clients.
#[derive(Debug, Clone, Default)]
pub struct Broadcaster(Arc<Mutex<BroadcastState>>);

/// The run's state, as far as a new client needs it, and the clients.
#[derive(Debug, Default)]
struct BroadcastState {
    preparing: Option<Preparing>,
    started: Option<Box<Started>>,
    recent: VecDeque<Metrics>,
    frame: Option<Arc<Frame>>,
    saving: Option<u64>,
    saved: Option<u64>,
    paused: bool,
    /// Why the storage takes nothing.
    stalled: Option<String>,
    ended: Option<Outcome>,
    clients: Vec<Client>,
    next: u64,
}

#[derive(Debug)]
struct Client {
    number: u64,
    outgoing: Arc<Outgoing>,
    /// The images it asked for and has not been sent; one request at a time is accepted.
    asked: Option<Drawing>,
}

impl Broadcaster {
    /// Sends an event to every client, and keeps what later clients need.
    pub fn publish(&self, event: Event) {
        let mut state = self.lock();
        state.update(&event);
        for client in &mut state.clients {
            let answered = match &event {
                Event::Pictures(pictures) => Some(pictures.drawing),
                Event::NotDrawn { drawing, .. } => Some(*drawing),
                _ => None,
            };
            if answered.is_some() {
                if client.asked != answered {
                    continue;
                }
                client.asked = None;
            }
            client.outgoing.push(Line::Event(event.clone()));
        }
    }

    /// Sends every client a last event, if there is one, and waits up to a second until all have
    /// been sent what waits.
    pub(super) fn close(&self, last: Option<Event>) {
        let clients = mem::take(&mut self.lock().clients);
        for client in &clients {
            if let Some(event) = &last {
                client.outgoing.push(Line::Event(event.clone()));
            }
            client.outgoing.close();
        }
        clients.iter().for_each(|client| client.outgoing.drain(SHUTDOWN_GRACE));
    }

    /// Adds a client and returns its number and its queue, which begins with the run's state;
    /// `None` if there are `most` clients already.
    pub(super) fn join(&self, most: usize) -> Option<(u64, Arc<Outgoing>)> {
        let mut state = self.lock();
        if state.clients.len() >= most {
            return None;
        }
        let outgoing = Arc::<Outgoing>::default();
        state.state_snapshot().into_iter().for_each(|event| outgoing.push(Line::Event(event)));
        state.next += 1;
        let number = state.next;
        state.clients.push(Client { number, outgoing: outgoing.clone(), asked: None });
        Some((number, outgoing))
    }

    /// Returns whether anybody is attached.
    pub fn has_clients(&self) -> bool {
        !self.lock().clients.is_empty()
    }

    pub(super) fn leave(&self, number: u64) {
        self.lock().clients.retain(|client| client.number != number);
    }

    /// Returns whether a client's request for images may be passed to the run; it may have one at a
    /// time.
    pub(super) fn ask(&self, number: u64, drawing: Drawing) -> bool {
        let mut state = self.lock();
        let Some(client) = state.clients.iter_mut().find(|client| client.number == number) else {
            return false;
        };
        let free = client.asked.is_none();
        client.asked = client.asked.or(Some(drawing));
        free
    }

    fn lock(&self) -> MutexGuard<'_, BroadcastState> {
        lock_unpoisoned(&self.0)
    }
}

impl BroadcastState {
    fn update(&mut self, event: &Event) {
        match event {
            Event::Preparing(preparing) => self.preparing = Some(preparing.clone()),
            Event::Started(started) => {
                self.preparing = None;
                self.started = Some(started.clone());
            }
            Event::Metrics(metrics) => {
                if self.recent.len() == RECENT {
                    self.recent.pop_front();
                }
                self.recent.push_back(metrics.clone());
            }
            Event::Frame(frame) => self.frame = Some(frame.clone()),
            Event::Saving(iteration) => self.saving = Some(*iteration),
            Event::Saved(iteration) => (self.saving, self.saved) = (None, Some(*iteration)),
            Event::Paused(paused) => self.paused = *paused,
            Event::Storage(storage) => self.stalled = storage.clone().into(),
            Event::Ended(outcome) => self.ended = Some(outcome.clone()),
            // Changes and the best are in the run's files, pictures are for those who asked; the
            // next report on the machine comes soon.
            Event::Changed(_)
            | Event::Machine(_)
            | Event::Best(_)
            | Event::Pictures(_)
            | Event::NotDrawn { .. }
            | Event::Note(_)
            | Event::HandedOver => {}
        }
    }

    /// Returns the events that bring a new client up to date.
    fn state_snapshot(&self) -> Vec<Event> {
        let mut events: Vec<Event> =
            self.preparing.clone().map(Event::Preparing).into_iter().collect();
        events.extend(self.started.clone().map(Event::Started));
        events.extend(self.recent.iter().map(|metrics| Event::Metrics(metrics.clone())));
        events.extend(self.frame.clone().map(Event::Frame));
        events.extend(self.saved.map(Event::Saved));
        events.extend(self.saving.map(Event::Saving));
        events.extend(self.paused.then_some(Event::Paused(true)));
        events.extend(self.stalled.clone().map(|reason| Event::Storage(Storage::Stalled(reason))));
        events.extend(self.ended.clone().map(Event::Ended));
        events
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::{event::Pictures, image::ImageBatch};

    /// What waits, and nothing that comes later.
    fn reports(outgoing: &Outgoing) -> Vec<Event> {
        outgoing.close();
        reports_to_the_end(outgoing)
    }

    fn reports_to_the_end(outgoing: &Outgoing) -> Vec<Event> {
        let lines = std::iter::from_fn(|| outgoing.next());
        lines
            .filter_map(|line| if let Line::Event(event) = line { Some(event) } else { None })
            .collect()
    }

    #[test]
    fn a_new_client_is_sent_the_state() {
        let broadcaster = Broadcaster::default();
        broadcaster.publish(Event::Preparing(Preparing {
            what: "reading".into(),
            done: 0,
            total: 0,
        }));
        for event in [
            Event::Saving(3),
            Event::Saved(3),
            Event::Paused(true),
            Event::Paused(false),
            Event::Saving(4),
        ] {
            broadcaster.publish(event);
        }
        broadcaster.publish(Event::Storage(Storage::Stalled("the disk is full".into())));
        let (_, outgoing) = broadcaster.join(1).unwrap();
        assert!(broadcaster.join(1).is_none(), "no more than there may be");
        let told = reports(&outgoing);
        let preparing = Event::Preparing(Preparing { what: "reading".into(), done: 0, total: 0 });
        assert_eq!(
            told,
            [
                preparing,
                Event::Saved(3),
                Event::Saving(4),
                Event::Storage(Storage::Stalled("the disk is full".into()))
            ]
        );
    }

    #[test]
    fn images_go_to_those_who_asked_one_request_at_a_time() {
        let broadcaster = Broadcaster::default();
        let ((first, to_first), (_, to_second)) =
            (broadcaster.join(2).unwrap(), broadcaster.join(2).unwrap());
        assert!(broadcaster.ask(first, Drawing::Fixed));
        assert!(!broadcaster.ask(first, Drawing::Fresh { turn: 1 }), "one is still to come");
        let pictures = Pictures {
            iteration: 1,
            drawing: Drawing::Fixed,
            images: ImageBatch::grey(1, 1, vec![0]),
            verdicts: vec![0.5],
        };
        broadcaster.publish(Event::Pictures(Arc::new(pictures)));
        assert!(broadcaster.ask(first, Drawing::Fresh { turn: 1 }));
        assert_eq!((reports(&to_first).len(), reports(&to_second).len()), (1, 0));
    }

    #[test]
    fn the_last_event_is_sent_before_the_end_of_the_queue() {
        let broadcaster = Broadcaster::default();
        let (_, outgoing) = broadcaster.join(1).unwrap();
        let listener = std::thread::spawn(move || reports_to_the_end(&outgoing));
        broadcaster.close(Some(Event::HandedOver));
        assert_eq!(listener.join().unwrap(), [Event::HandedOver]);
    }
}
