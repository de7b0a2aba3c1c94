//! Whole runs of a small model: what is reported, and what resuming changes.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::train::ThreadSource;
use gan_tui_core::{
    event::{Drawing, LearningRates, Weights},
    preset::{Model, Preset},
};
use gan_tui_data::synthetic;

fn job(iterations: u64, resume: Option<ResumePoint>) -> Job {
    let preset = Preset { model: Model::Mlp, batch: 4, iterations, ..Preset::default() };
    let load: Loader = Box::new(|_| Ok(Arc::new(synthetic::dataset(1, 50, &mut |_| {}))));
    Job {
        plan: Plan::try_from(preset).unwrap(),
        load,
        threads: Threads { count: 1, source: ThreadSource::Cores },
        resume,
        changes: Vec::new(),
        time_limit: None,
        paused: false,
        waited: Arc::default(),
    }
}

/// What the worker has reported, with the weights.
enum Reported {
    Event(Event),
    Weights(Weights),
}

struct Recorded(mpsc::Sender<Reported>);

impl EventListener for Recorded {
    fn event(&mut self, event: Event) -> Result<(), String> {
        self.0.send(Reported::Event(event)).map_err(|error| error.to_string())
    }

    fn save(&mut self, weights: Weights) -> Result<(), String> {
        self.0.send(Reported::Weights(weights)).map_err(|error| error.to_string())
    }
}

/// Runs a job to its end, with the commands `first` at once and `then(event)` after each event;
/// returns all events and the last checkpoint.
fn events(
    job: Job,
    first: Vec<Command>,
    then: impl Fn(&Event) -> Vec<Command>,
) -> (Vec<Event>, Arc<Snapshot>) {
    let (sender, receiver) = mpsc::channel();
    let worker = Worker::spawn(job, mpsc::channel(), Box::new(Recorded(sender))).unwrap();
    first.into_iter().for_each(|command| worker.send(command));
    let (mut out, mut last) = (Vec::new(), None);
    for reported in receiver {
        match reported {
            Reported::Event(event) => {
                then(&event).into_iter().for_each(|command| worker.send(command));
                out.push(event);
            }
            Reported::Weights(Weights::Checkpoint(snapshot)) => last = Some(snapshot),
            Reported::Weights(Weights::Best(_)) => {}
        }
    }
    (out, last.unwrap())
}

#[test]
fn a_monitor_changes_nothing() {
    let (_, plain) = events(job(6, None), Vec::new(), |_| Vec::new());
    let drawings = [
        Drawing::Fixed,
        Drawing::Fresh { turn: 2 },
        Drawing::Walk { leg: 1 },
        Drawing::RealVsFake { turn: 0 },
    ];
    let (looked_at, last) = events(job(6, None), vec![Command::Pause], |event| match event {
        Event::Paused(true) => {
            drawings.map(Command::Draw).into_iter().chain([Command::Step]).collect()
        }
        Event::Metrics(metrics) if metrics.iteration == 1 => {
            vec![Command::Draw(Drawing::Fixed), Command::Resume]
        }
        _ => Vec::new(),
    });
    assert!(plain == last);
    assert_eq!(
        looked_at.iter().filter(|event| matches!(event, Event::Pictures(_))).count(),
        drawings.len() + 1
    );
    let waits = looked_at.iter().position(|event| matches!(event, Event::Metrics(_))).unwrap();
    assert!(matches!(
        looked_at[waits..],
        [Event::Metrics(_), Event::Frame(_), Event::Pictures(_), Event::Paused(false), ..]
    ));
}

#[test]
fn changed_learning_rates_are_reported_and_repeated_by_a_resumed_run() {
    let rates = LearningRates { generator: 1e-3, discriminator: 2e-4 };
    let paused_at_four = |event: &Event| match event {
        Event::Metrics(metrics) if metrics.iteration < 4 => vec![Command::Step],
        Event::Metrics(metrics) if metrics.iteration == 4 => {
            vec![Command::LearningRates(rates), Command::Resume]
        }
        _ => Vec::new(),
    };
    let (whole, last) = events(job(8, None), vec![Command::Pause, Command::Step], paused_at_four);
    let changes: Vec<Change> =
        whole
            .iter()
            .filter_map(|event| {
                if let Event::Changed(change) = event { Some(change.clone()) } else { None }
            })
            .collect();
    assert_eq!(
        changes,
        [Change { iteration: 4, field: "generator.learning_rate".into(), old: 2e-4, new: 1e-3 }]
    );

    let (_, half) = events(job(2, None), Vec::new(), |_| Vec::new());
    let resume = || {
        Some(ResumePoint {
            snapshot: half.clone(),
            elapsed: Duration::ZERO,
            best: None,
            early: EarlyStop::default(),
        })
    };
    let (_, again) = events(Job { changes, ..job(8, resume()) }, Vec::new(), |_| Vec::new());
    assert!(last == again);
    let (_, without) = events(job(8, resume()), Vec::new(), |_| Vec::new());
    assert!(last != without);
}

#[test]
fn images_that_cannot_be_drawn_are_told_and_do_not_end_the_run() {
    let drawing = Drawing::Fresh { turn: 3 };
    let event = run_loop::answer(drawing, Err("out of memory"));
    assert_eq!(event, Event::NotDrawn { drawing, reason: "out of memory".into() });
}
