//! A word to the terminal when a run has ended, for somebody who looks elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use clap::ValueEnum;

use gan_tui_core::event::Outcome;
use gan_tui_monitor::OnEnd;

/// How a terminal is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Notify {
    /// The bell, which every terminal has
    Bell,
    /// A notification as iTerm2, Windows Terminal, WezTerm and kitty show it, and the bell
    Osc9,
    /// A notification as urxvt, foot, Ghostty and VTE's terminals show it, and the bell
    Osc777,
}

/// Tells how a run ended on stderr, else on stdout, whichever is a terminal; where neither is,
/// nobody.
pub fn tell(how: Option<Notify>, run: &str, outcome: &Outcome) {
    let Some(how) = how else { return };
    let text = how.sequence(run, outcome);
    // Nobody is left to be told where the terminal is gone.
    let _ = if io::stderr().is_terminal() {
        io::stderr().write_all(text.as_bytes())
    } else if io::stdout().is_terminal() {
        io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush())
    } else {
        Ok(())
    };
}

/// What the monitor has its terminal told.
pub fn teller(how: Option<Notify>) -> Option<OnEnd> {
    let how = how?;
    Some(Box::new(move |run: &Path, outcome: &Outcome| {
        how.sequence(&run.display().to_string(), outcome)
    }))
}

impl Notify {
    fn sequence(self, run: &str, outcome: &Outcome) -> String {
        let ended = match outcome {
            Outcome::Finished => "finished",
            Outcome::Stopped => "stopped",
            Outcome::Failed(_) => "failed",
        };
        // What would end the sequence, and what separates its parts.
        let run: String =
            run.chars().filter(|letter| !letter.is_control() && *letter != ';').collect();
        match self {
            Self::Bell => "\x07".into(),
            Self::Osc9 => format!("\x1b]9;gan-tui: {run} {ended}\x1b\\\x07"),
            Self::Osc777 => format!("\x1b]777;notify;gan-tui;{run} {ended}\x1b\\\x07"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_run_cannot_end_the_sequence() {
        let run = "a\x1b\\b\x07;c";
        assert_eq!(
            Notify::Osc9.sequence(run, &Outcome::Finished),
            "\x1b]9;gan-tui: a\\bc finished\x1b\\\x07"
        );
        assert_eq!(
            Notify::Osc777.sequence(run, &Outcome::Stopped),
            "\x1b]777;notify;gan-tui;a\\bc stopped\x1b\\\x07"
        );
        assert_eq!(Notify::Bell.sequence(run, &Outcome::Failed("x".into())), "\x07");
    }
}
