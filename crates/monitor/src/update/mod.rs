//! How messages change the state. Pure: no clock, no file, no terminal.

use std::{path::PathBuf, time::Duration};

use ratatui::layout::Position;

use crate::{
    keyboard::{
        action::Action,
        dispatch,
        lists::{self, Motion},
        look,
    },
    panels,
    state::{
        app::{App, Next, RunSource, SPINNER_STEP},
        ending::{after_the_run, end},
        health::{self, EXAMINE},
        message::{Effect, Message},
        number,
        run::Run,
    },
    terminal::input::MouseAction,
};
use gan_tui_core::{
    event::{Command, Event, Outcome, RunState},
    signals::Signal,
    text::shown,
};

mod presets;

use presets::preset_changed;

/// Changes the state by a message. Returns what only the session can do.
pub fn update(app: &mut App, message: Message) -> Option<Effect> {
    let effect = handle_message(app, message);
    effect.or_else(|| take_pending_request(app))
}

/// Returns the request for pictures or frames that are to be shown and not there yet.
fn take_pending_request(app: &mut App) -> Option<Effect> {
    if let Some(iteration) = app.run.timeline.request() {
        return Some(Effect::ReadFrame(iteration));
    }
    if app.can_draw() {
        app.gallery.request().map(|drawing| Effect::Tell(Command::Draw(drawing)))
    } else {
        None
    }
}

fn handle_message(app: &mut App, message: Message) -> Option<Effect> {
    match message {
        Message::Tick(now) => {
            tick(app, now);
            return None;
        }
        Message::Key(key) => return dispatch::press(app, key),
        Message::Paste(text) => return dispatch::paste(app, &text),
        _ => app.changed = true,
    }
    match message {
        Message::Event(event) => return handle_event(app, event),
        Message::History(chunk) => {
            app.run.recall(*chunk);
            app.gallery.grow_stale();
        }
        Message::Note(text) => note(app, text),
        Message::Resized(width, height) => app.size = (width, height),
        Message::Lost(outcome) => return end(app, outcome),
        Message::Opened { number, directory, limit } => open(app, number, directory, limit),
        Message::NotOpened(reason) => {
            app.run.state = RunState::Ended(Outcome::Failed(reason));
            app.next = None;
        }
        Message::PresetChanged(changed) => preset_changed(app, changed),
        Message::Prospects(prospects) => app.prospects = prospects,
        Message::Exporting(export, share) => {
            let (group, name) = (export.group().to_lowercase(), export.name());
            app.notify(format!("{group}, {name}: {}", number::percent(share)), false);
        }
        Message::Exported(result) => exported(app, result),
        Message::FrameRead(iteration, frame) => {
            if frame.is_none() {
                app.notify(
                    format!("the frame of iteration {} cannot be read", number::count(iteration)),
                    true,
                );
            }
            app.run.timeline.read(iteration, frame);
        }
        Message::Mouse(mouse, x, y) => return handle_mouse(app, mouse, x, y),
        Message::Signal(signal) => return handle_signal(app, signal),
        Message::StopNow => return Some(Effect::Suspend),
        Message::Continued => return Some(Effect::TakeTerminal),
        Message::SaveNow if !app.run.has_ended() => return Some(Effect::Tell(Command::Save)),
        Message::WideCharacters => look::use_ascii(app),
        Message::Background { is_light } => look::suit_background(app, is_light),
        Message::Pixels(protocol) => app.look.protocol = Some(protocol),
        Message::SaveNow | Message::Tick(_) | Message::Key(_) | Message::Paste(_) => {}
    }
    None
}

fn tick(app: &mut App, now: Duration) {
    let spins = app.is_waiting()
        && now.as_millis() / SPINNER_STEP.as_millis()
            != app.now.as_millis() / SPINNER_STEP.as_millis();
    app.now = now;
    app.changed |= spins | app.run.timeline.tick(now) | app.gallery.tick(now);
    if app.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        app.notice = None;
        app.changed = true;
    }
}

/// Handles an event of the run.
fn handle_event(app: &mut App, event: Event) -> Option<Effect> {
    let run = &mut app.run;
    match event {
        Event::Preparing(preparing) => run.state = RunState::Preparing(Some(preparing)),
        Event::Started(started) => {
            let dataset = &started.dataset;
            run.note(
                started.iteration,
                format!(
                    "training on {}, {} images",
                    dataset.name,
                    number::count(dataset.count as u64)
                ),
            );
            for note in dataset.notes.iter().chain(&started.notes) {
                run.note(started.iteration, note.clone());
            }
            run.started = Some(*started);
            run.state = RunState::Running;
        }
        Event::Metrics(metrics) => {
            run.history.push(&metrics);
            run.note_score(&metrics);
            if metrics.iteration.is_multiple_of(EXAMINE) {
                app.run.examine();
            }
        }
        Event::Machine(machine) => {
            run.history.set_load(machine.load);
            run.machine = Some(*machine);
        }
        Event::Frame(frame) => {
            run.spread = Some(health::spread(&frame.images));
            run.timeline.push(frame);
            app.gallery.grow_stale();
            app.run.examine();
        }
        Event::Saving(iteration) => run.saving = Some(iteration),
        Event::Saved(iteration) => {
            run.note(iteration, "saved");
            (run.saving, run.saved) = (None, Some(iteration));
        }
        // Networks that are kept beside the checkpoints, which a run does not go on from; the
        // metrics have the score.
        Event::Best(_) => {}
        Event::Changed(change) => run.apply(&change),
        Event::Pictures(pictures) => app.gallery.take(pictures),
        Event::NotDrawn { drawing, reason } => {
            if app.gallery.fail(drawing) {
                note(app, format!("cannot draw these samples: {reason}"));
            }
        }
        Event::Paused(paused) => {
            run.state = if paused { RunState::Paused } else { RunState::Running };
            // Another monitor may have asked for it.
            run.wants_pause = paused;
            let iteration = run.iteration();
            run.note(iteration, if paused { "paused" } else { "resumed" });
        }
        Event::Storage(storage) => {
            let stalled = Option::<String>::from(storage);
            let iteration = run.iteration();
            run.note(iteration, stalled.clone().unwrap_or_else(|| "pending data saved".into()));
            run.trouble = stalled;
        }
        Event::Note(text) => note(app, text),
        Event::HandedOver => note(app, "another process continues the run".into()),
        Event::Ended(outcome) => return end(app, outcome),
    }
    None
}

/// Something worth knowing about the run.
fn note(app: &mut App, text: String) {
    let iteration = app.run.iteration();
    app.run.note(iteration, text.clone());
    app.notify(text, false);
}

fn open(app: &mut App, number: usize, directory: PathBuf, limit: Option<Duration>) {
    if let Some(preset) = app.presets.get(number) {
        app.changed_preset = app.changed_preset.filter(|changed| changed.number != number);
        app.run = Run::new(preset.clone(), directory, limit);
        app.gallery = app.gallery.renewed(preset.model.is_conditional());
        app.log_scroll = 0;
    }
    app.next = None;
}

fn exported(app: &mut App, result: Result<Vec<PathBuf>, String>) {
    match result {
        Ok(files) => {
            // All lie side by side and differ in their ending alone.
            let endings: Vec<_> = files
                .iter()
                .filter_map(|file| file.extension())
                .map(|ending| ending.to_string_lossy())
                .collect();
            let stem =
                files.first().map(|file| shown(&file.with_extension(""))).unwrap_or_default();
            app.exported = files.first().cloned();
            let name = if endings.len() == 1 {
                endings.join("")
            } else {
                format!("{{{}}}", endings.join(","))
            };
            let copy = app
                .keys
                .key(Action::CopyPath)
                .map_or_else(String::new, |key| format!("  ({key} to copy the path)"));
            let iteration = app.run.iteration();
            app.run.note(iteration, format!("exported {stem}.{name}"));
            app.notify(format!("exported {stem}.{name}{copy}"), false);
        }
        Err(reason) => app.notify(format!("not exported: {reason}"), true),
    }
}

/// The system asks to end: saved first, and at once when it asks again.
fn handle_signal(app: &mut App, signal: Signal) -> Option<Effect> {
    if signal == Signal::Hangup && app.source == (RunSource::Local { stop_on_hangup: false }) {
        return Some(if app.run.has_ended() { Effect::Leave } else { Effect::LetGo });
    }
    // That the terminal is gone is heard more than once: from the system, and by reading and
    // writing. A timer or a limit of processor time sends its signal again and again, too.
    if app.signal.is_some() && !signal.is_impatient() {
        return None;
    }
    if app.signal.replace(signal).is_some() {
        return Some(Effect::Abandon);
    }
    if !matches!(app.source, RunSource::Local { .. }) {
        return Some(Effect::Leave);
    }
    after_the_run(app, Next::Leave)
}

/// The mouse: a click focuses or seeks, the wheel scrolls what it is over.
fn handle_mouse(app: &mut App, mouse: MouseAction, x: u16, y: u16) -> Option<Effect> {
    if app.overlay.is_some() {
        match mouse {
            MouseAction::ScrollUp => return lists::select(app, Motion::Up),
            MouseAction::ScrollDown => return lists::select(app, Motion::Down),
            MouseAction::Press | MouseAction::Drag => {}
        }
        return None;
    }
    let position = Position { x, y };
    let (panel, area) = panels::at(app, position)?;
    match mouse {
        MouseAction::Press => panel.click(app, area, position, false),
        MouseAction::Drag => panel.click(app, area, position, true),
        MouseAction::ScrollUp => panel.wheel(app, -1),
        MouseAction::ScrollDown => panel.wheel(app, 1),
    }
}
