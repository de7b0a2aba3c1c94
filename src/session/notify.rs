//! A word to the terminal when a run has ended, for somebody who looks elsewhere.

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use crate::cli::Notify;
use gan_tui_core::event::Outcome;
use gan_tui_monitor::OnEnd;

/// Tells how a run ended on stderr, else on stdout, whichever is a terminal; where neither is,
/// nobody.
pub fn tell(how: Option<Notify>, run: &str, outcome: &Outcome) {
    let Some(how) = how else { return };
    let text = sequence(how, run, outcome);
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
        sequence(how, &run.display().to_string(), outcome)
    }))
}

/// What is written to the terminal.
fn sequence(how: Notify, run: &str, outcome: &Outcome) -> String {
    let ended = match outcome {
        Outcome::Finished => "finished",
        Outcome::Stopped => "stopped",
        Outcome::Failed(_) => "failed",
    };
    // What would end the sequence, and what separates its parts.
    let run: String = run.chars().filter(|letter| !letter.is_control() && *letter != ';').collect();
    match how {
        Notify::Bell => "\x07".into(),
        Notify::Osc9 => format!("\x1b]9;gan-tui: {run} {ended}\x1b\\\x07"),
        Notify::Osc777 => format!("\x1b]777;notify;gan-tui;{run} {ended}\x1b\\\x07"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_run_cannot_end_the_sequence() {
        let run = "a\x1b\\b\x07;c";
        assert_eq!(
            sequence(Notify::Osc9, run, &Outcome::Finished),
            "\x1b]9;gan-tui: a\\bc finished\x1b\\\x07"
        );
        assert_eq!(
            sequence(Notify::Osc777, run, &Outcome::Stopped),
            "\x1b]777;notify;gan-tui;a\\bc stopped\x1b\\\x07"
        );
        assert_eq!(sequence(Notify::Bell, run, &Outcome::Failed("x".into())), "\x07");
    }
}
