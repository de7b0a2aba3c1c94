//! Runs in this process with the monitor, and what becomes of the last one when the monitor closes.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{anyhow, bail};

use super::{
    background::{self, DetachOptions},
    exec::Report,
    headless,
    host::{Host, LocalSource},
    log, notify,
    prepared::PreparedRun,
    preset_watcher::{self, KeptWeights, PresetFileWatcher},
    prospects,
    signals::{self, Signal},
};
use crate::cli::{
    HeadlessOptions, OnHangup, RunOptions, ScreenOptions,
    output::print,
    report::{self, Exit},
};
use gan_tui_core::{
    event::Outcome,
    preset::{Plan, library},
    sync::lock_unpoisoned,
    text::quoted,
};
use gan_tui_monitor::{
    self as monitor, ExitReason, HistoryChunk, Limits, Open, Outbox, RunHandle, RunSource, Summary,
};
use gan_tui_store::run::Run;

/// The run that the monitor shows, for what comes after the monitor.
type CurrentHost = Arc<Mutex<Option<Arc<Host>>>>;

/// Runs the monitor, at first with the prepared run, if there is one. A run whose terminal goes
/// away continues as `without` says.
///
/// # Errors
/// Returns an error if there is no terminal, or the run cannot begin or fails.
pub fn run_session(
    plan: Plan,
    options: RunOptions,
    screen: &ScreenOptions,
    without: HeadlessOptions,
    prepared: Option<PreparedRun>,
) -> anyhow::Result<Exit> {
    let current = CurrentHost::default();
    let on_hangup = without.on_hangup;
    let detached = DetachOptions::new(options.threads, &without);
    let weights = KeptWeights::default();
    let presets = options.choices(&plan)?;
    let summary = monitor::run(monitor::Options {
        prospects: Some(prospects::finder(&presets, options.threads)),
        presets,
        capabilities: screen.look.capabilities(),
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
        source: RunSource::Local { stop_on_hangup: on_hangup == OnHangup::Stop },
        watcher: Some(Box::new(PresetFileWatcher::new(options.clone(), weights.clone()))),
        on_end: notify::on_end_hook(without.end.notify),
        open: opener(options, prepared, current.clone(), weights, without.exec.command),
        plan,
    })?;
    let host = lock_unpoisoned(&current).take();
    match (summary.reason, host) {
        (ExitReason::TerminalLost, Some(host)) => continue_without_terminal(&host, on_hangup),
        // A run that ended before it could stop has nothing to hand over.
        (ExitReason::HandedOver, Some(host)) if !has_ended_by_itself(&summary) => detach(
            &summary,
            &host,
            DetachOptions {
                time_left: time_left(host.limit(), &summary),
                iterations: Some(summary.iterations),
                is_paused: host.is_paused(),
                ..detached
            },
        ),
        // A run that the user quits immediately is not waited for.
        (ExitReason::Abandoned, host) => {
            std::mem::forget(host);
            finish(&summary)
        }
        (_, host) => {
            let finished = finish(&summary);
            host.iter().for_each(|host| host.wait_for_commands());
            finished
        }
    }
}

fn has_ended_by_itself(summary: &Summary) -> bool {
    matches!(summary.outcome, Some(Outcome::Finished | Outcome::Failed(_)))
}

/// Returns the training time that is left of a limit.
fn time_left(limit: Option<Duration>, summary: &Summary) -> Option<Duration> {
    let elapsed = summary.last.as_ref().map_or(0.0, |last| last.elapsed_s.max(0.0));
    limit.map(|limit| limit.saturating_sub(Duration::from_secs_f64(elapsed)))
}

/// Prints the summary and returns the exit status.
fn finish(summary: &Summary) -> anyhow::Result<Exit> {
    // A terminal that is gone shows nothing.
    if summary.signal != Some(Signal::Hangup) {
        print(summary.to_string())?;
        log::point_to(&summary.directory);
    }
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Exit(summary.status())),
    }
}

/// Continues a run whose terminal is gone; it can be attached to.
fn continue_without_terminal(host: &Arc<Host>, on_hangup: OnHangup) -> anyhow::Result<Exit> {
    let signals = signals::watch(on_hangup == OnHangup::Stop)?;
    if let Err(error) = background::redirect_to_log(host.directory()) {
        report::warn(&format!("{error:#}"));
    }
    host.note("terminal disconnected; training continues without the monitor");
    headless::wait(host, &signals)
}

/// Starts the successor of a run that has stopped here.
fn detach(summary: &Summary, host: &Host, options: DetachOptions) -> anyhow::Result<Exit> {
    let directory = host.directory();
    let Some(lock) = host.take_released_lock() else {
        bail!(
            "the run could not be handed over; resume it with gan-tui resume {}",
            quoted(directory)
        )
    };
    let successor =
        background::start_successor(directory, lock, &options, &mut |_| {}).map_err(|error| {
            anyhow!("{error:#}; resume the run with gan-tui resume {}", quoted(directory))
        })?;
    print(summary.to_string())?;
    headless::print_detached(directory, &successor, false)?;
    Ok(Exit::DONE)
}

/// Returns what starts the monitor's runs: the first is the prepared one, or goes to the directory
/// asked for, if there is one; every other goes to a new directory.
fn opener(
    options: RunOptions,
    mut prepared: Option<PreparedRun>,
    current: CurrentHost,
    weights: KeptWeights,
    exec: Option<String>,
) -> Open {
    let mut out: Option<PathBuf> = options.out.clone();
    let mut is_first = true;
    Box::new(move |plan: &Plan, outbox| {
        // Every later preset is chosen by a person.
        let chosen = options.reason_of_choice(plan).filter(|_| std::mem::take(&mut is_first));
        let host = match prepared.take() {
            Some(prepared) => {
                send_history(&prepared, &outbox);
                start_host(prepared, outbox, exec.as_deref())
            }
            None => {
                let mut prepared =
                    PreparedRun::create(&options, plan.clone(), out.take().as_deref())
                        .map_err(|error| error.to_string())?;
                send_notes(&prepared, &outbox);
                if let Some(data) = chosen {
                    outbox.note(note_of_choice(data, plan));
                }
                let PreparedRun { job, recorder, .. } = &mut prepared;
                preset_watcher::start_from_kept_weights(job, recorder, &weights)?;
                start_host(prepared, outbox, exec.as_deref())
            }
        }?;
        *lock_unpoisoned(&current) = Some(host.clone());
        Ok(RunHandle {
            directory: host.directory().to_path_buf(),
            limit: host.limit(),
            source: Box::new(LocalSource(host)),
        })
    })
}

/// Returns what the monitor says of a preset that was chosen by the data.
fn note_of_choice(data: &str, plan: &Plan) -> String {
    let (name, baseline) = (&plan.preset().name, library::DEFAULT);
    format!("{data}: preset {name}; p has others, such as the baseline {baseline}")
}

/// Sends the monitor what was worked around, and what is different than before.
fn send_notes(prepared: &PreparedRun, outbox: &Outbox) {
    prepared.warnings.iter().chain(&prepared.notes).for_each(|note| outbox.note(note));
}

/// Sends the monitor what the run's files hold from before it was interrupted.
fn send_history(prepared: &PreparedRun, outbox: &Outbox) {
    send_notes(prepared, outbox);
    let Some(resume) = &prepared.job.resume else { return };
    match Run::view(prepared.recorder.dir()) {
        Ok(run) => outbox.history(HistoryChunk {
            notes: Vec::new(),
            ..HistoryChunk::of(&run, resume.snapshot.iteration)
        }),
        Err(error) => outbox.note(error.to_string()),
    }
}

fn start_host(
    prepared: PreparedRun,
    outbox: Outbox,
    exec: Option<&str>,
) -> Result<Arc<Host>, String> {
    let (events, notes) = (outbox.clone(), outbox.clone());
    let callback = Box::new(move |event| events.event(event));
    let exec =
        exec.map(|command| (command, Box::new(move |note: &str| notes.note(note)) as Report));
    Host::start(prepared, callback, &|warning| outbox.note(warning), exec)
        .map_err(|error| format!("{error:#}"))
}
