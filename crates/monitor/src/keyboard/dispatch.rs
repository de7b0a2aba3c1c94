//! From a key to the handler of its action.

use super::{
    action::{Action, Context},
    handlers::{
        export,
        lists::{self, Motion},
        look, presets, replay, run, samples, time,
    },
    key::Key,
    table::with_actions,
};
use crate::{
    panels::component::Travel,
    state::{
        app::{App, RunSource},
        message::Effect,
    },
};

/// Does what a key asks for; a key without a meaning changes nothing.
pub fn press(app: &mut App, key: Key) -> Option<Effect> {
    if let Some(digit) = key.digit().filter(|_| app.context() == Context::Number) {
        app.changed = true;
        return samples::type_digit(app, digit);
    }
    let action = app.keys.action(app.context(), key)?;
    app.changed = true;
    if matches!(app.source, RunSource::Replay { .. })
        && let Some(effect) = handle_in_replay(app, action)
    {
        return effect;
    }
    if action.spec().changes_run && app.refuses_changes() {
        return None;
    }
    handle(app, action)
}

/// Puts a pasted text where text is typed; elsewhere it does nothing, whatever keys its characters
/// are.
pub fn paste(app: &mut App, text: &str) -> Option<Effect> {
    app.changed = true;
    if app.context() == Context::Number {
        return samples::paste_digits(app, text);
    }
    app.notify("pasted text: ignored".into(), false);
    None
}

macro_rules! define_handlers {
    ($(
        $name:ident $(($argument:ident: $type:ty))? { $($field:ident: $value:expr),* $(,)? }
        => $($run:ident)::+ ($($with:expr),*)
        $(, in_replay: $($replay:ident)::+ ($($replay_with:expr),*))?;
    )*) => {
        /// Calls the handler of an action.
        fn handle(app: &mut App, action: Action) -> Option<Effect> {
            match action {
                $(Action::$name $(($argument))? => $($run)::+(app $(, $with)*),)*
            }
        }

        /// Calls the handler that an action has while a recorded run is played; `None` if it has
        /// none.
        fn handle_in_replay(app: &mut App, action: Action) -> Option<Option<Effect>> {
            match action {
                $($(Action::$name => Some($($replay)::+(app $(, $replay_with)*)),)?)*
                _ => None,
            }
        }
    };
}

with_actions!(define_handlers);
