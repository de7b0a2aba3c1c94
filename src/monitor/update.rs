//! What a message does to the state: no clock, no file, no terminal.

use std::{path::PathBuf, time::Duration};

use super::{
    app::{App, Next, Notice, Overlay, Phase, Run},
    history::Window,
    keymap::Action,
    message::{Effect, Message, Signal},
    theme::Theme,
    view,
};
use crate::event::{Command, Event, Outcome};

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(8);
/// Sizes of pictures: from as many as can just be made out to a single one on any screen.
const ZOOM: std::ops::RangeInclusive<i32> = -3..=6;

/// Takes a message in; what only the session can do is given back.
pub fn update(app: &mut App, message: Message) -> Option<Effect> {
    match message {
        Message::Tick(now) => {
            tick(app, now);
            return None;
        }
        Message::Key(key) => {
            let action = app.keys.action(app.context(), key)?;
            app.changed = true;
            return act(app, action);
        }
        _ => app.changed = true,
    }
    match message {
        Message::Event(event) => return hear(app, event),
        Message::Saving(iteration) => app.run.saving = Some(iteration),
        Message::Resized(width, height) => app.size = (width, height),
        Message::Saved(iteration) => saved(app, iteration),
        Message::Lost(outcome) => return end(app, outcome),
        Message::Opened(number, directory) => open(app, number, directory),
        Message::NotOpened(reason) => {
            app.run.phase = Phase::Ended(Outcome::Failed(reason));
            app.next = None;
        }
        Message::Exported(result) => exported(app, result),
        Message::Signal(signal) => return obey(app, signal),
        Message::Tick(_) | Message::Key(_) => {}
    }
    None
}

fn tick(app: &mut App, now: Duration) {
    let spins = app.is_waiting() && now.as_millis() / view::SPIN.as_millis() != app.now.as_millis() / view::SPIN.as_millis();
    app.now = now;
    app.changed |= spins;
    if app.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        app.notice = None;
        app.changed = true;
    }
}

/// An event of the run.
fn hear(app: &mut App, event: Event) -> Option<Effect> {
    let run = &mut app.run;
    match event {
        Event::Preparing(preparing) => run.phase = Phase::Preparing(Some(preparing)),
        Event::Started(started) => {
            run.started = Some(*started);
            run.phase = Phase::Training;
        }
        Event::Metrics(metrics) => run.history.push(&metrics),
        Event::Frame(frame) => run.frame = Some(frame),
        Event::Checkpoint(snapshot) => saved(app, snapshot.iteration),
        Event::Changed(_) | Event::Pictures(_) => {}
        Event::Paused(paused) => run.phase = if paused { Phase::Paused } else { Phase::Training },
        Event::Ended(outcome) => return end(app, outcome),
    }
    None
}

fn saved(app: &mut App, iteration: u64) {
    app.run.saving = None;
    app.run.saved = Some(iteration);
}

fn end(app: &mut App, outcome: Outcome) -> Option<Effect> {
    app.run.saving = None;
    if !app.run.has_ended() {
        app.run.phase = Phase::Ended(outcome);
    }
    follow(app)
}

/// What was to come once the run had ended.
fn follow(app: &App) -> Option<Effect> {
    match app.next? {
        Next::Leave => Some(Effect::Leave),
        Next::Open(number) => Some(Effect::Open(number)),
    }
}

/// Ends the run, if it goes on, and then does what comes next.
fn after_the_run(app: &mut App, next: Next) -> Option<Effect> {
    app.next = Some(next);
    app.overlay = None;
    if app.run.has_ended() { follow(app) } else { Some(Effect::Tell(Command::Stop)) }
}

fn open(app: &mut App, number: usize, directory: PathBuf) {
    if let Some(preset) = app.presets.get(number) {
        app.run = Run::new(preset.clone(), directory, app.run.limit);
    }
    app.next = None;
}

fn exported(app: &mut App, result: Result<Vec<PathBuf>, String>) {
    match result {
        Ok(files) => {
            // All lie side by side and differ in their ending alone.
            let endings: Vec<_> = files.iter().filter_map(|file| file.extension()).map(|ending| ending.to_string_lossy()).collect();
            let stem = files.first().map(|file| file.with_extension("").display().to_string()).unwrap_or_default();
            notify(app, format!("exported {stem}.{{{}}}", endings.join(",")), false);
        }
        Err(reason) => notify(app, format!("not exported: {reason}"), true),
    }
}

fn notify(app: &mut App, text: String, is_error: bool) {
    app.notice = Some(Notice { text, is_error, until: app.now + NOTICE });
}

/// The system asks to end: saved first, and at once when it asks again.
fn obey(app: &mut App, signal: Signal) -> Option<Effect> {
    if app.signal.replace(signal).is_some() {
        return Some(Effect::Abandon);
    }
    after_the_run(app, Next::Leave)
}

fn act(app: &mut App, action: Action) -> Option<Effect> {
    match action {
        Action::Quit => return quit(app),
        Action::Interrupt if app.overlay == Some(Overlay::Quit) || app.next == Some(Next::Leave) => return Some(Effect::Abandon),
        Action::Interrupt => return quit(app),
        Action::TogglePause => return toggle_pause(app),
        Action::ChoosePreset => choose_preset(app),
        Action::Export if app.run.frame.is_some() => return Some(Effect::Export),
        Action::Export => notify(app, "nothing to export yet: the first frame is still to come".into(), true),
        Action::CycleGlyphs => cycle_glyphs(app),
        Action::CycleColors => {
            app.look.colors = app.look.colors.next();
            app.look.theme = Theme::new(app.look.colors);
            notify(app, format!("colours: {}", app.look.colors), false);
        }
        Action::CycleWindow => {
            app.look.window = match app.look.window {
                Window::All => Window::Last(1000),
                Window::Last(1000) => Window::Last(200),
                Window::Last(_) => Window::All,
            }
        }
        Action::Larger => zoom(app, 1),
        Action::Smaller => zoom(app, -1),
        Action::Help => app.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Up | Action::Down | Action::First | Action::Last => move_by(app, action),
        Action::Confirm => return confirm(app),
        Action::Cancel => app.overlay = None,
    }
    None
}

/// Asks, unless there is nothing to lose.
fn quit(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() {
        return after_the_run(app, Next::Leave);
    }
    app.overlay = Some(Overlay::Quit);
    None
}

fn toggle_pause(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() || app.next.is_some() {
        return None;
    }
    app.run.wants_pause = !app.run.wants_pause;
    Some(Effect::Tell(if app.run.wants_pause { Command::Pause } else { Command::Resume }))
}

fn choose_preset(app: &mut App) {
    if app.next.is_some() {
        return;
    }
    if app.presets.is_empty() {
        return notify(app, "there is no other preset to choose".into(), true);
    }
    let selected = app.presets.iter().position(|preset| preset.name == app.run.preset.name).unwrap_or(0);
    app.overlay = Some(Overlay::Presets { selected });
}

fn cycle_glyphs(app: &mut App) {
    let look = &mut app.look;
    let mut glyphs = look.glyphs.next();
    while !look.capabilities.script.shows(glyphs) {
        glyphs = glyphs.next();
    }
    let text = if glyphs == look.glyphs { format!("glyphs: {glyphs}, all that this terminal shows") } else { format!("glyphs: {glyphs}") };
    look.glyphs = glyphs;
    notify(app, text, false);
}

fn zoom(app: &mut App, by: i32) {
    app.look.zoom = (app.look.zoom + by).clamp(*ZOOM.start(), *ZOOM.end());
}

fn move_by(app: &mut App, action: Action) {
    let lowest = view::lowest_help(app);
    let last = app.presets.len().saturating_sub(1);
    match &mut app.overlay {
        Some(Overlay::Presets { selected }) => {
            *selected = match action {
                Action::Up => selected.saturating_sub(1),
                Action::Down => (*selected + 1).min(last),
                Action::First => 0,
                _ => last,
            }
        }
        Some(Overlay::Help { scroll }) => {
            *scroll = match action {
                Action::Up => scroll.saturating_sub(1),
                Action::Down => (*scroll + 1).min(lowest),
                Action::First => 0,
                _ => lowest,
            }
        }
        Some(Overlay::Quit) | None => {}
    }
}

fn confirm(app: &mut App) -> Option<Effect> {
    match app.overlay.take()? {
        Overlay::Quit => after_the_run(app, Next::Leave),
        Overlay::Presets { selected } => after_the_run(app, Next::Open(selected)),
        Overlay::Help { .. } => None,
    }
}
