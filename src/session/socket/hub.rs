//! Where a run's reports go: to every client that looks on, and into what a new one is told first.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{outgoing::Outgoing, protocol::Line};
use gan_tui_core::event::{Drawing, Event, Frame, Metrics, Outcome, Preparing, Started, Storage};

/// The newest metrics, for a new client: the run's files may be half a second behind.
const RECENT: usize = 4096;
/// Time for the last words to reach the clients.
const FAREWELL: Duration = Duration::from_secs(1);

/// Takes a run's reports, never waits, and never fails. Clones are the same hub.
#[derive(Debug, Clone, Default)]
pub struct Hub(Arc<Mutex<State>>);

/// How it stands with the run, and who wants to know.
#[derive(Debug, Default)]
struct State {
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
    handing_over: bool,
    clients: Vec<Client>,
    next: u64,
}

#[derive(Debug)]
struct Client {
    number: u64,
    outgoing: Arc<Outgoing>,
    /// Pictures it asked for that are still to come; one request at a time is taken.
    asked: Option<Drawing>,
}

impl Hub {
    /// Tells every client, and remembers for those that come later.
    pub fn publish(&self, event: Event) {
        let mut state = self.lock();
        if state.handing_over && matches!(event, Event::Ended(Outcome::Stopped)) {
            return;
        }
        state.remember(&event);
        for client in &mut state.clients {
            if let Event::Pictures(pictures) = &event {
                if client.asked != Some(pictures.drawing) {
                    continue;
                }
                client.asked = None;
            }
            client.outgoing.push(Line::Event(event.clone()));
        }
    }

    /// The run is about to stop here and to go on in another process: that it stops is not told.
    pub fn hand_over(&self) {
        self.lock().handing_over = true;
    }

    /// Says the last word to everybody and waits a second for it to be heard.
    pub(super) fn close(&self) {
        let (clients, handing_over) = {
            let mut state = self.lock();
            (mem::take(&mut state.clients), state.handing_over)
        };
        for client in &clients {
            if handing_over {
                client.outgoing.push(Line::Event(Event::HandedOver));
            }
            client.outgoing.close();
        }
        clients.iter().for_each(|client| client.outgoing.drain(FAREWELL));
    }

    /// A new client: its number, and what it is sent, how things stand first. `None` where there
    /// are `most` already.
    pub(super) fn join(&self, most: usize) -> Option<(u64, Arc<Outgoing>)> {
        let mut state = self.lock();
        if state.clients.len() >= most {
            return None;
        }
        let outgoing = Arc::<Outgoing>::default();
        state.stand().into_iter().for_each(|event| outgoing.push(Line::Event(event)));
        state.next += 1;
        let number = state.next;
        state.clients.push(Client { number, outgoing: outgoing.clone(), asked: None });
        Some((number, outgoing))
    }

    pub(super) fn leave(&self, number: u64) {
        self.lock().clients.retain(|client| client.number != number);
    }

    /// Whether a client's request for pictures may go to the run; it waits for one at a time.
    pub(super) fn ask(&self, number: u64, drawing: Drawing) -> bool {
        let mut state = self.lock();
        let Some(client) = state.clients.iter_mut().find(|client| client.number == number) else {
            return false;
        };
        let free = client.asked.is_none();
        client.asked = client.asked.or(Some(drawing));
        free
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn remember(&mut self, event: &Event) {
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
            // Changes and the best are in the run's files, pictures are for those who asked.
            Event::Changed(_) | Event::Best(_) | Event::Pictures(_) | Event::HandedOver => {}
        }
    }

    /// How things stand, as reports.
    fn stand(&self) -> Vec<Event> {
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
    fn who_comes_late_is_told_how_it_stands() {
        let hub = Hub::default();
        hub.publish(Event::Preparing(Preparing { what: "reading".into(), done: 0, total: 0 }));
        for event in [
            Event::Saving(3),
            Event::Saved(3),
            Event::Paused(true),
            Event::Paused(false),
            Event::Saving(4),
        ] {
            hub.publish(event);
        }
        hub.publish(Event::Storage(Storage::Stalled("the disk is full".into())));
        let (_, outgoing) = hub.join(1).unwrap();
        assert!(hub.join(1).is_none(), "no more than there may be");
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
    fn pictures_go_to_those_who_asked_one_request_at_a_time() {
        let hub = Hub::default();
        let ((first, to_first), (_, to_second)) = (hub.join(2).unwrap(), hub.join(2).unwrap());
        assert!(hub.ask(first, Drawing::Fixed));
        assert!(!hub.ask(first, Drawing::Fresh { turn: 1 }), "one is still to come");
        let pictures = Pictures {
            iteration: 1,
            drawing: Drawing::Fixed,
            images: ImageBatch::grey(1, 1, vec![0]),
            verdicts: vec![0.5],
        };
        hub.publish(Event::Pictures(Arc::new(pictures)));
        assert!(hub.ask(first, Drawing::Fresh { turn: 1 }));
        assert_eq!((reports(&to_first).len(), reports(&to_second).len()), (1, 0));
    }

    #[test]
    fn a_handover_is_told_in_place_of_the_end() {
        let hub = Hub::default();
        let (_, outgoing) = hub.join(1).unwrap();
        hub.hand_over();
        hub.publish(Event::Ended(Outcome::Stopped));
        let listener = std::thread::spawn(move || reports_to_the_end(&outgoing));
        hub.close();
        assert_eq!(listener.join().unwrap(), [Event::HandedOver]);
    }
}
