//! What keys can ask for, and everything about it that needs no state.

use serde::{Deserialize, Serialize};

use super::table::with_actions;

/// Where a key has its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, before all others.
    Always,
    /// With nothing in front of the panels.
    Main,
    /// With a list or a text in front.
    List,
    /// With a question in front.
    Question,
    /// While a number is typed.
    Number,
}

/// The row of the documentation's table that an action belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Ending,
    Detaching,
    Training,
    Presets,
    Reloading,
    Samples,
    Numbers,
    Time,
    Scrolling,
    Panels,
    Charts,
    Rates,
    Exporting,
    Pictures,
    System,
    KeyList,
    /// Keys of what stands in front of the panels, which shows them itself.
    Lists,
}

/// When the footer shows a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// Training is to run.
    PauseOff,
    /// Training is paused, or pauses after this iteration.
    PauseOn,
    /// A recorded run is played.
    InReplay,
    /// A recorded run was played to its end.
    ReplayEnded,
    /// The panels share the screen.
    PanelsShared,
    /// One panel has the screen to itself.
    PanelEnlarged,
}

/// A word of the footer about an action.
#[derive(Debug, Clone, Copy)]
pub struct Hint {
    /// Hints are shown from the lowest rank on, as many as there is room for.
    pub rank: u8,
    pub when: When,
    pub word: &'static str,
}

const fn hint(rank: u8, when: When, word: &'static str) -> Hint {
    Hint { rank, when, word }
}

/// A row of the table of actions, without its handler.
#[derive(Debug)]
pub struct ActionSpec {
    /// Default keys by context, their names separated by spaces.
    pub keys: &'static [(Context, &'static str)],
    pub group: Group,
    /// What the action does, for the help and for the configuration file.
    pub help: &'static str,
    pub hints: &'static [Hint],
    /// Whether the action changes the run, so that read-only disables it.
    pub changes_run: bool,
}

impl ActionSpec {
    /// The values of the fields that a row leaves out.
    const EMPTY: Self =
        Self { keys: &[], group: Group::Lists, help: "", hints: &[], changes_run: false };
}

/// Makes the action of the key at a position, from 1, among the keys of a row.
pub type MakeAction = fn(u8) -> Action;

macro_rules! define_actions {
    ($(
        $name:ident $(($argument:ident: $type:ty))? { $($field:ident: $value:expr),* $(,)? }
        => $($run:ident)::+ ($($with:expr),*)
        $(, in_replay: $($replay:ident)::+ ($($replay_with:expr),*))?;
    )*) => {
        /// What a key can ask for.
        ///
        /// The names are those of the configuration file.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        pub enum Action {
            $($name $(($type))?,)*
        }

        impl Action {
            /// Every row, in the order of the help.
            pub const ROWS: &[(MakeAction, &ActionSpec)] =
                &[$((|_position| Self::$name $((_position as $type))?, &rows::$name)),*];

            /// Returns the action's row.
            pub fn spec(self) -> &'static ActionSpec {
                match self {
                    $(Self::$name { .. } => &rows::$name,)*
                }
            }
        }

        // Some rows give every field.
        #[allow(non_upper_case_globals, clippy::needless_update)]
        mod rows {
            use super::{ActionSpec, Context, Context::*, Group::*, When, hint};

            $(
                pub static $name: ActionSpec = ActionSpec {
                    $($field: $value,)*
                    ..ActionSpec::EMPTY
                };
            )*
        }
    };
}

with_actions!(define_actions);
