//! A recorded run that is played: where in it to go, and how fast.

use super::time;
use crate::{
    panels::{self, component::Travel},
    state::{
        app::{App, RunSource},
        message::{Effect, Seek},
    },
};
use gan_tui_core::event::Command;

/// The slowest and the fastest replay, in times the original speed.
const SPEED: (f64, f64) = (1.0 / 64.0, 4096.0);

/// Moves along the time axis of the panel in focus, or through the record if it has none.
pub fn travel(app: &mut App, to: Travel) -> Option<Effect> {
    if panels::focused(app).travel(app, to) {
        return None;
    }
    Some(Effect::Seek(match to {
        Travel::By(frames) => Seek::Frames(frames),
        Travel::ToStart => Seek::Start,
    }))
}

/// Moves to the end of the record.
pub fn end(app: &mut App) -> Option<Effect> {
    time::live(app);
    Some(Effect::Seek(Seek::End))
}

/// Pauses or resumes the replay; after its end, plays it again.
pub fn toggle_pause(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() {
        return Some(Effect::Seek(Seek::Start));
    }
    app.run.wants_pause = !app.run.wants_pause;
    Some(Effect::Tell(if app.run.wants_pause { Command::Pause } else { Command::Resume }))
}

/// Plays one iteration.
pub fn step(_: &mut App) -> Option<Effect> {
    Some(Effect::Tell(Command::Step))
}

/// Multiplies the replay's speed.
pub fn change_speed(app: &mut App, factor: f64) -> Option<Effect> {
    let RunSource::Replay { speed } = app.source else { return None };
    let speed = (speed * factor).clamp(SPEED.0, SPEED.1);
    app.source = RunSource::Replay { speed };
    Some(Effect::Seek(Seek::Speed(speed)))
}
