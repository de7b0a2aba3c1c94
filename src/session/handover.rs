//! The hand-over of a run from the process that trains it, the host, to one in the background, the
//! successor; and what a monitor that is attached does meanwhile.
//!
//! ```text
//! ┌──────────┐ Requested ┌──────────┐ Ended(Stopped) ┌──────────┐ Spawned ┌──────────┐
//! │ Training ├──────────►│ Stopping ├───────────────►│ Released ├────────►│ Starting │
//! └────┬─────┘           └────┬─────┘                └────┬─────┘         └─┬──────┬─┘
//!      │ Ended                │ Ended otherwise           │ Lost            │      │ Reported:
//!      ▼                      ▼                           ▼                 │      │ Started, or
//! ┌─────────────────────────────────┐               ┌───────────┐  Reported:│      │ Ended well
//! │              Ended              │               │ Abandoned │◄──────────┘      ▼
//! └─────────────────────────────────┘               └───────────┘  Failed,  ┌───────────┐
//!                                                                  or Lost  │ Continued │
//!                                                                           └───────────┘
//! ```
//!
//! | phase | holds the lock | listens at the socket | a monitor that is attached |
//! |---|---|---|---|
//! | Training | host | host | gets every event |
//! | Stopping | host | host | gets every event |
//! | Released | host | nobody | got `HandedOver` instead of the end, was hung up on, searches |
//! | Starting | host and successor | nobody, then the successor | searches, then gets the rest |
//! | Continued | successor | successor | gets every event |
//! | Abandoned | nobody | nobody | reads the run's end from its files |
//! | Ended | nobody | nobody | got the end |
//!
//! The lock is an open file. The host gives it to the successor as its standard input and closes
//! its own copy only once the successor has begun, so from Training to Continued it is held without
//! a gap and no third process can take the run. A run that is left to the background as soon as it
//! is laid out (`train --detach`) begins as Released.
//!
//! If the host dies in Training, Stopping or Released, the system frees the lock, and the run
//! can be resumed from its last checkpoint; from Starting on the successor holds it and continues.
//! If the successor dies in Starting, the host notices (`Lost`), gives the lock up and prints how
//! to resume; in Continued the run is like any other whose process died.
//!
//! ```text
//!  ┌───────────┐  HungUp   ┌───────────┐  Missed, too long, or the files say it is over
//!  │ Listening ├──────────►│ Searching ├───────────┐
//!  │           │◄──────────┤           │           ▼
//!  └────┬──────┘  Reached  └─────┬─────┘       ┌───────┐
//!       │ Ended, Left            │ Left        │ Over  │
//!       └────────────────────────┴────────────►└───────┘
//! ```

use std::time::Duration;

use gan_tui_core::event::{Event, Outcome};

/// How long an attached monitor searches for the successor.
pub const SEARCH_LIMIT: Duration = Duration::from_secs(20);
/// How long it searches while the run's files say that no process works at it: the successor may
/// not have got that far.
const SEARCH_IDLE: Duration = Duration::from_secs(2);

/// How far a hand-over is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// The host trains, and no hand-over is asked for.
    #[default]
    Training,
    /// The host was asked to hand over: it finishes its iteration and saves.
    Stopping,
    /// The run is saved and nothing trains; the host keeps the lock for the successor.
    Released,
    /// The successor's process runs, and reads the run and its data.
    Starting,
    /// The successor trains, or has done what was left to do.
    Continued,
    /// There is no successor: the run is stopped, and can be resumed.
    Abandoned,
    /// The run ended in the host.
    Ended,
}

/// What changes the phase.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// The user asked for the hand-over.
    Requested,
    /// The run ended in the host.
    Ended(&'a Outcome),
    /// The successor's process runs, with the lock as its standard input.
    Spawned,
    /// The successor wrote an event to its standard output.
    Reported(&'a Event),
    /// The successor could not be started, or its output ended before training began.
    Lost,
}

/// Who has the lock or the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    Nobody,
    Host,
    /// Host and successor.
    Both,
    Successor,
}

impl Phase {
    /// Returns the phase after a step; a step that means nothing in a phase does not change it.
    #[must_use]
    pub fn after(self, step: Step) -> Self {
        match (self, step) {
            (Self::Training, Step::Requested) => Self::Stopping,
            (Self::Stopping, Step::Ended(Outcome::Stopped)) => Self::Released,
            (Self::Training | Self::Stopping, Step::Ended(_)) => Self::Ended,
            (Self::Released, Step::Spawned) => Self::Starting,
            (Self::Starting, Step::Reported(event)) => match event {
                Event::Ended(Outcome::Failed(_)) => Self::Abandoned,
                Event::Started(_) | Event::Ended(_) => Self::Continued,
                _ => Self::Starting,
            },
            (Self::Released | Self::Starting, Step::Lost) => Self::Abandoned,
            (phase, _) => phase,
        }
    }

    /// Returns who holds the run's lock.
    pub fn lock(self) -> Holder {
        match self {
            Self::Training | Self::Stopping | Self::Released => Holder::Host,
            Self::Starting => Holder::Both,
            Self::Continued => Holder::Successor,
            Self::Abandoned | Self::Ended => Holder::Nobody,
        }
    }

    /// Returns who listens at the run's socket. In [`Phase::Starting`] the successor begins to,
    /// just before it trains.
    pub fn socket(self) -> Holder {
        match self {
            Self::Training | Self::Stopping => Holder::Host,
            Self::Continued => Holder::Successor,
            Self::Released | Self::Starting | Self::Abandoned | Self::Ended => Holder::Nobody,
        }
    }

    /// Returns whether attached monitors are sent an event of the host, after the step that it
    /// brings: that the host has stopped to hand the run over is not the run's end.
    pub fn is_sent(self, event: &Event) -> bool {
        self != Self::Released || !matches!(event, Event::Ended(_))
    }

    /// Returns what attached monitors are sent last, before the host hangs up.
    pub fn last_event(self) -> Option<Event> {
        (self == Self::Released).then_some(Event::HandedOver)
    }
}

/// What a monitor attached to the run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It is connected and gets events.
    Listening,
    /// The connection ended without the run's end: another process may continue the run.
    Searching,
    /// It gets no more events.
    Over,
}

/// What changes what an attached monitor does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowStep {
    /// The run reported its end.
    Ended,
    /// The connection ended, or broke.
    HungUp,
    /// A process answered at the run's address.
    Reached,
    /// None did, so long after the connection ended; whether the run's files say that a process
    /// works at it, or cannot be read for the moment.
    Missed { elapsed: Duration, may_be_running: bool },
    /// The user closed the monitor.
    Left,
}

impl Follow {
    /// Returns what is done after a step.
    #[must_use]
    pub fn after(self, step: FollowStep) -> Self {
        match (self, step) {
            (_, FollowStep::Left) | (Self::Listening, FollowStep::Ended) => Self::Over,
            (Self::Listening, FollowStep::HungUp) => Self::Searching,
            (Self::Searching, FollowStep::Reached) => Self::Listening,
            (Self::Searching, FollowStep::Missed { elapsed, may_be_running }) => {
                let limit = if may_be_running { SEARCH_LIMIT } else { SEARCH_IDLE };
                if elapsed < limit { Self::Searching } else { Self::Over }
            }
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use gan_tui_core::event::{DatasetInfo, Preparing, Started};

    use super::{
        FollowStep::{HungUp, Left, Missed, Reached},
        Phase::{Abandoned, Continued, Released, Starting, Stopping, Training},
        Step::{Lost, Reported, Requested, Spawned},
        *,
    };

    const PHASES: [Phase; 7] =
        [Training, Stopping, Released, Starting, Continued, Abandoned, Phase::Ended];

    fn started() -> Event {
        let dataset = DatasetInfo {
            name: "synthetic".into(),
            count: 1,
            sha256: String::new(),
            ..DatasetInfo::default()
        };
        Event::Started(Box::new(Started {
            dataset,
            kernels: "portable".into(),
            kernel_revision: 1,
            threads: 1,
            threads_from: None,
            iteration: 7,
            generator_parameters: 0,
            discriminator_parameters: 0,
            classes: Vec::new(),
            notes: Vec::new(),
        }))
    }

    fn preparing() -> Event {
        Event::Preparing(Preparing { what: "reading".into(), done: 1, total: 2 })
    }

    fn failed() -> Outcome {
        Outcome::Failed("the disk is full".into())
    }

    /// Phase by phase, what every step leads to; what is not listed changes nothing.
    #[test]
    fn every_step_in_every_phase() {
        let (started, preparing, broken) = (started(), preparing(), Event::Ended(failed()));
        let (done, stopped) = (Event::Ended(Outcome::Finished), Event::Ended(Outcome::Stopped));
        let failed = failed();
        let steps = [
            ("requested", Requested),
            ("stopped", Step::Ended(&Outcome::Stopped)),
            ("finished", Step::Ended(&Outcome::Finished)),
            ("failed", Step::Ended(&failed)),
            ("spawned", Spawned),
            ("it prepares", Reported(&preparing)),
            ("it started", Reported(&started)),
            ("it failed", Reported(&broken)),
            ("it finished", Reported(&done)),
            ("it stopped", Reported(&stopped)),
            ("lost", Lost),
        ];
        let table = [
            (Training, "requested", Stopping),
            (Training, "stopped", Phase::Ended),
            (Training, "finished", Phase::Ended),
            (Training, "failed", Phase::Ended),
            (Stopping, "stopped", Released),
            (Stopping, "finished", Phase::Ended),
            (Stopping, "failed", Phase::Ended),
            (Released, "spawned", Starting),
            (Released, "lost", Abandoned),
            (Starting, "it started", Continued),
            (Starting, "it failed", Abandoned),
            (Starting, "it finished", Continued),
            (Starting, "it stopped", Continued),
            (Starting, "lost", Abandoned),
        ];
        for phase in PHASES {
            for (name, step) in steps {
                let listed = table.iter().find(|row| row.0 == phase && row.1 == name);
                let expected = listed.map_or(phase, |row| row.2);
                assert_eq!(phase.after(step), expected, "{phase:?}, {name}");
            }
        }
    }

    /// Whole hand-overs: the phases passed, and what attached monitors are sent of the host's last
    /// events.
    #[test]
    fn scenarios() {
        let (started, preparing, broken) = (started(), preparing(), Event::Ended(failed()));
        let failed = failed();
        let table: [(&str, Phase, &[Step], &[Phase]); 7] = [
            (
                "a run handed over",
                Training,
                &[
                    Requested,
                    Step::Ended(&Outcome::Stopped),
                    Spawned,
                    Reported(&preparing),
                    Reported(&started),
                ],
                &[Stopping, Released, Starting, Starting, Continued],
            ),
            (
                "a new run left to the background",
                Released,
                &[Spawned, Reported(&preparing), Reported(&started)],
                &[Starting, Starting, Continued],
            ),
            (
                "it finishes before it can stop",
                Training,
                &[Requested, Step::Ended(&Outcome::Finished)],
                &[Stopping, Phase::Ended],
            ),
            (
                "it cannot be saved",
                Training,
                &[Requested, Step::Ended(&failed)],
                &[Stopping, Phase::Ended],
            ),
            (
                "no process can be started",
                Training,
                &[Requested, Step::Ended(&Outcome::Stopped), Lost],
                &[Stopping, Released, Abandoned],
            ),
            (
                "the successor cannot read the run",
                Released,
                &[Spawned, Reported(&broken)],
                &[Starting, Abandoned],
            ),
            (
                "the successor is killed before it trains",
                Released,
                &[Spawned, Reported(&preparing), Lost],
                &[Starting, Starting, Abandoned],
            ),
        ];
        for (name, from, steps, expected) in table {
            let mut phase = from;
            let mut held = vec![phase.lock()];
            for (step, &expected) in steps.iter().zip(expected) {
                phase = phase.after(*step);
                assert_eq!(phase, expected, "{name}, {step:?}");
                held.push(phase.lock());
            }
            // Until nobody has it, one of those that have the lock had it in the phase before.
            for pair in held.windows(2) {
                let shared = pair[0] == pair[1] || pair.contains(&Holder::Both);
                assert!(shared || pair[1] == Holder::Nobody, "{name}: {pair:?}");
            }
        }
    }

    /// (phase, lock, socket, whether the host's end is sent, what is sent last)
    #[test]
    fn who_holds_what_and_what_monitors_are_sent() {
        let table = [
            (Training, Holder::Host, Holder::Host, true, None),
            (Stopping, Holder::Host, Holder::Host, true, None),
            (Released, Holder::Host, Holder::Nobody, false, Some(Event::HandedOver)),
            (Starting, Holder::Both, Holder::Nobody, true, None),
            (Continued, Holder::Successor, Holder::Successor, true, None),
            (Abandoned, Holder::Nobody, Holder::Nobody, true, None),
            (Phase::Ended, Holder::Nobody, Holder::Nobody, true, None),
        ];
        let stopped = Event::Ended(Outcome::Stopped);
        for (phase, lock, socket, is_sent, last) in table {
            assert_eq!((phase.lock(), phase.socket()), (lock, socket), "{phase:?}");
            assert_eq!((phase.is_sent(&stopped), phase.last_event()), (is_sent, last), "{phase:?}");
            assert!(phase.is_sent(&Event::Saved(1)), "{phase:?}");
        }
    }

    #[test]
    fn an_attached_monitor_finds_the_successor_or_gives_up() {
        let missed = |seconds, may_be_running| Missed {
            elapsed: Duration::from_millis((1000.0f64 * seconds) as u64),
            may_be_running,
        };
        let table: [(&str, &[FollowStep], Follow); 9] = [
            ("the run ends", &[FollowStep::Ended], Follow::Over),
            ("the host hangs up", &[HungUp], Follow::Searching),
            ("the successor answers", &[HungUp, missed(0.1, true), Reached], Follow::Listening),
            ("it takes long", &[HungUp, missed(19.9, true)], Follow::Searching),
            ("it takes too long", &[HungUp, missed(20.0, true)], Follow::Over),
            ("nobody has the lock yet", &[HungUp, missed(1.9, false)], Follow::Searching),
            ("nobody takes it", &[HungUp, missed(2.0, false)], Follow::Over),
            ("the user leaves meanwhile", &[HungUp, Left], Follow::Over),
            ("handed over twice", &[HungUp, Reached, HungUp, Reached], Follow::Listening),
        ];
        for (name, steps, expected) in table {
            let state = steps.iter().fold(Follow::Listening, |state, &step| state.after(step));
            assert_eq!(state, expected, "{name}");
        }
        for step in [FollowStep::Ended, HungUp, Reached, missed(0.0, true), Left] {
            assert_eq!(Follow::Over.after(step), Follow::Over, "{step:?}");
        }
    }
}
