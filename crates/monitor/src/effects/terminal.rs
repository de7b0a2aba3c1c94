//! The terminal while it is ours: what is read from it, what is written to it, and how it is left.

use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::{
    interface::MonitorError,
    screen::{Limits, Screen},
    signals::Signals,
};
use crate::{
    state::app::Look,
    terminal::{
        input::{Input, Keyboard},
        tty,
    },
};

/// How long the terminal may take for its last bytes before it is given back.
const DRAIN: Duration = Duration::from_millis(500);

/// The terminal while it is ours. Fields are dropped in this order: the guard gives the terminal
/// back when nothing reads or writes any more.
pub struct Terminal {
    pub keyboard: Keyboard,
    pub screen: Screen,
    pub guard: tty::Guard,
    pub signals: Signals,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Returns an error if there is no terminal, or if the system refuses.
    pub fn open(look: &Look, uses_mouse: bool, limits: Limits) -> Result<Self, MonitorError> {
        let signals = Signals::listen()?;
        let guard = tty::Guard::take(uses_mouse, look.capabilities.dialect)?;
        let screen = Screen::open(look.capabilities, look.follows_background, limits)?;
        let keyboard = Keyboard::open()?;
        Ok(Self { keyboard, screen, guard, signals })
    }

    /// Lets the terminal take the last bytes, and reads the answers that are still to come: the
    /// next program at the terminal would read them otherwise. `start` is when the session began.
    pub async fn drain(&mut self, start: Instant) {
        self.screen.settle(DRAIN);
        let Some(until) = self.screen.answers_until(start.elapsed()) else { return };
        let until = start + until;
        while self.screen.answers_until(start.elapsed()).is_some() {
            let Ok(inputs) = timeout_at(until.into(), self.keyboard.next()).await else { return };
            for input in inputs {
                match input {
                    Input::Report { row, column } => {
                        self.screen.answered(row, column, start.elapsed());
                    }
                    Input::Pixels(answer) => drop(self.screen.told(answer)),
                    Input::Gone => return,
                    _ => {}
                }
            }
        }
    }
}
