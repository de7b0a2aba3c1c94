//! The run and the program: ending, detaching, pausing, saving, learning rates.

use crate::{
    keyboard::action::Action,
    state::{
        app::{App, Next, Overlay, RunSource},
        ending::after_the_run,
        message::Effect,
    },
};
use gan_tui_core::event::{Command, RunState};

/// Asks whether to quit, unless there is nothing to lose.
pub fn quit(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() {
        return after_the_run(app, Next::Leave);
    }
    if !matches!(app.source, RunSource::Local { .. }) && app.read_only {
        return Some(Effect::Leave);
    }
    app.overlay = Some(Overlay::Quit);
    None
}

/// Quits; while that is asked or done already, leaves without waiting for the run.
pub fn interrupt(app: &mut App) -> Option<Effect> {
    if app.overlay == Some(Overlay::Quit) || app.next == Some(Next::Leave) {
        return Some(Effect::Abandon);
    }
    quit(app)
}

/// Leaves the monitor; the run continues in the background.
pub fn detach(app: &mut App) -> Option<Effect> {
    app.overlay = None;
    if !matches!(app.source, RunSource::Local { .. }) || app.run.has_ended() {
        return Some(Effect::Leave);
    }
    // Only a run of this process is changed by detaching: another process takes it over.
    if app.next.is_some() || app.refuses_changes() {
        return None;
    }
    app.next = Some(Next::Detach);
    Some(Effect::HandOver)
}

/// Pauses training, or resumes it.
pub fn toggle_pause(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() || app.next.is_some() {
        return None;
    }
    app.run.wants_pause = !app.run.wants_pause;
    Some(Effect::Tell(if app.run.wants_pause { Command::Pause } else { Command::Resume }))
}

/// Runs one iteration of a paused run.
pub fn step(app: &mut App) -> Option<Effect> {
    if !is_controllable(app) {
        return None;
    }
    if app.run.state != RunState::Paused {
        let key = |action| app.keys.key(action).map_or_else(String::new, |key| key.to_string());
        let (pause, step) = (key(Action::TogglePause), key(Action::Step));
        app.notify(format!("pause first ({pause}), then {step} runs one iteration"), true);
        return None;
    }
    app.gallery.grow_stale();
    Some(Effect::Tell(Command::Step))
}

/// Saves a checkpoint after the present iteration.
pub fn save(app: &mut App) -> Option<Effect> {
    if !is_controllable(app) {
        return None;
    }
    app.notify("saving a checkpoint after this iteration".into(), false);
    Some(Effect::Tell(Command::Save))
}

/// Opens the learning rates.
pub fn change_rates(app: &mut App) -> Option<Effect> {
    if is_controllable(app) {
        app.overlay = Some(Overlay::Rates { selected: 0, rates: app.run.rates });
    }
    None
}

/// Stops the process until the shell continues it.
pub fn suspend(_: &mut App) -> Option<Effect> {
    Some(Effect::Suspend)
}

/// Draws the whole screen again.
pub fn redraw(_: &mut App) -> Option<Effect> {
    Some(Effect::Redraw)
}

/// Whether the run still takes commands; a notice says so if it has ended.
fn is_controllable(app: &mut App) -> bool {
    if app.next.is_some() {
        return false;
    }
    if app.run.has_ended() {
        app.notify("the run has ended".into(), true);
    }
    !app.run.has_ended()
}
