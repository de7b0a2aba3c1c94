//! The end of a run, and what comes after it.

use super::{
    app::{App, Next},
    message::Effect,
};
use gan_tui_core::event::{Command, Outcome, RunState};

/// Ends the run, if it has not ended, and then does what comes next.
pub fn after_the_run(app: &mut App, next: Next) -> Option<Effect> {
    app.next = Some(next);
    app.overlay = None;
    if app.run.has_ended() { do_next(app) } else { Some(Effect::Tell(Command::Stop)) }
}

/// Records that the run has ended.
pub fn end(app: &mut App, outcome: Outcome) -> Option<Effect> {
    app.run.saving = None;
    app.run.trouble = None;
    app.gallery.give_up();
    if !app.run.has_ended() {
        let text = match &outcome {
            Outcome::Finished => "finished".into(),
            Outcome::Stopped => "stopped".into(),
            Outcome::Failed(reason) => format!("failed: {reason}"),
        };
        let iteration = app.run.iteration();
        app.run.note(iteration, text);
        app.run.state = RunState::Ended(outcome);
    }
    do_next(app)
}

/// Does what was to come once the run had ended.
fn do_next(app: &mut App) -> Option<Effect> {
    match app.next? {
        Next::Detach if app.run.state != RunState::Ended(Outcome::Stopped) => {
            app.next = None;
            app.notify("the run has already ended".into(), false);
            None
        }
        Next::Detach => Some(Effect::Leave),
        Next::Leave => Some(Effect::Leave),
        Next::Open { number, keep } => Some(Effect::Open { number, keep }),
    }
}
