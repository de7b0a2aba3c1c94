//! A run in this process with the monitor before it.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{anyhow, bail};

use super::{
    background, directory, headless,
    host::{Host, LocalSource},
    notify,
    preset_watcher::{self, Ahead, Weights},
    signals,
};
use crate::cli::{
    HeadlessOptions, OnHangup, RunOptions, ScreenOptions,
    output::print,
    report::{self, Exit},
};
use gan_tui_core::{event::Outcome, preset::Plan};
use gan_tui_engine::train::worker::Job;
use gan_tui_monitor::{self as monitor, Left, Limits, Open, Opened, Outbox, Past, Seat, Summary};
use gan_tui_store::run::{Recorder, Run};

/// A run that was begun before the monitor: what to do, what records it, and what is worth knowing
/// about it.
pub struct Begun {
    pub job: Job,
    pub recorder: Recorder,
    pub notes: Vec<String>,
}

/// The run that is shown, for what comes after the monitor.
type Shown = Arc<Mutex<Option<Arc<Host>>>>;

/// Sits before the monitor, at first with the run that was begun, if one was. A run that the
/// terminal leaves behind goes on, as `without` says.
///
/// # Errors
/// Where there is no terminal, or the run cannot begin or could not go on: the reason.
pub fn sit(
    plan: Plan,
    options: RunOptions,
    screen: &ScreenOptions,
    without: HeadlessOptions,
    begun: Option<Begun>,
) -> anyhow::Result<Exit> {
    let shown = Shown::default();
    let on_hangup = without.on_hangup;
    let limit = begun.as_ref().map_or(options.time_limit(), |begun| begun.job.time_limit);
    let threads = options.threads;
    let weights = Weights::default();
    let summary = monitor::run(monitor::Options {
        presets: options.choices(&plan)?,
        limit,
        capabilities: screen.look.capabilities(),
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
        seat: Seat::Here { stop_on_hangup: on_hangup == OnHangup::Stop },
        ahead: Some(Box::new(Ahead::new(options.clone(), weights.clone()))),
        on_end: notify::teller(without.end.notify),
        open: opener(options, begun, shown.clone(), weights),
        plan,
    })?;
    let host = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (summary.left, host) {
        (Left::Running, Some(host)) => without_terminal(&host, on_hangup),
        (Left::HandedOver, Some(host)) => leave(
            &summary,
            &host,
            background::Terms {
                threads,
                left: left(limit, &summary),
                iterations: Some(summary.iterations),
                ..Default::default()
            },
        ),
        // A run that is left at once is not waited for.
        (Left::AtOnce, host) => {
            std::mem::forget(host);
            end(&summary)
        }
        _ => end(&summary),
    }
}

/// Training time that is left of a limit.
fn left(limit: Option<std::time::Duration>, summary: &Summary) -> Option<std::time::Duration> {
    let elapsed = summary.last.as_ref().map_or(0.0, |last| last.elapsed_s.max(0.0));
    limit.map(|limit| limit.saturating_sub(std::time::Duration::from_secs_f64(elapsed)))
}

fn end(summary: &Summary) -> anyhow::Result<Exit> {
    // A terminal that is gone shows nothing.
    if summary.signal != Some(monitor::Signal::Hangup) {
        print(summary.to_string())?;
    }
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Exit(summary.status())),
    }
}

/// The terminal is gone: the run goes on without it, and can be attached to.
fn without_terminal(host: &Arc<Host>, on_hangup: OnHangup) -> anyhow::Result<Exit> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    if let Err(error) = background::let_go_of_terminal(host.directory()) {
        report::warn(&format!("{error:#}"));
    }
    report::note("the terminal is gone, training goes on without the monitor");
    match host.wait(&signals) {
        (Outcome::Failed(reason), _) => bail!(reason),
        (_, Some(signal)) => Ok(Exit(signal.status())),
        (Outcome::Finished | Outcome::Stopped, None) => Ok(Exit::DONE),
    }
}

/// The run has stopped here, and goes on in the background.
fn leave(summary: &Summary, host: &Arc<Host>, terms: background::Terms) -> anyhow::Result<Exit> {
    let directory = host.directory();
    let Some((lock, paused)) = host.handed_over() else {
        bail!(
            "the run could not be handed over; gan-tui resume {} goes on with it",
            directory.display()
        )
    };
    let terms = background::Terms { paused, ..terms };
    let process = background::go_on(directory, lock, terms, &mut |_| {}).map_err(|error| {
        anyhow!("{error:#}; gan-tui resume {} goes on with it", directory.display())
    })?;
    print(summary.to_string())?;
    headless::tell_left(directory, process)?;
    Ok(Exit::DONE)
}

/// Begins runs: the first is the one begun already, or goes to the directory asked for, if there is
/// one; every other to a new one.
fn opener(options: RunOptions, mut begun: Option<Begun>, shown: Shown, weights: Weights) -> Open {
    let mut out: Option<PathBuf> = options.out.clone();
    Box::new(move |plan: &Plan, outbox| {
        let host = match begun.take() {
            Some(begun) => {
                recall(&begun, &outbox);
                open(begun.job, begun.recorder, outbox)
            }
            None => {
                let directory = directory::of(out.take().as_deref(), &plan.preset().name);
                let mut recorder =
                    Recorder::create(&directory, plan).map_err(|error| error.to_string())?;
                let mut job = options.job(plan.clone());
                preset_watcher::begin(&mut job, &mut recorder, &weights)?;
                open(job, recorder, outbox)
            }
        }?;
        *shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(host.clone());
        Ok(Opened {
            directory: host.directory().to_path_buf(),
            source: Box::new(LocalSource(host)),
        })
    })
}

/// What the run's files hold from before it was interrupted.
fn recall(begun: &Begun, outbox: &Outbox) {
    begun.notes.iter().for_each(|note| outbox.note(note));
    let Some(resume) = &begun.job.resume else { return };
    match Run::view(begun.recorder.dir()) {
        Ok(run) => {
            outbox.past(Past { notes: Vec::new(), ..Past::of(&run, resume.snapshot.iteration) })
        }
        Err(error) => outbox.note(error.to_string()),
    }
}

fn open(job: Job, recorder: Recorder, outbox: Outbox) -> Result<Arc<Host>, String> {
    let told = outbox.clone();
    let audience = move |event| told.event(event);
    Host::start(job, recorder, Box::new(audience), &|warning| outbox.note(warning))
        .map_err(|error| format!("{error:#}"))
}
