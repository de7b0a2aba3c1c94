//! Notifies the user, through the terminal, that a run has ended.

use std::{
    ffi::OsString,
    fs::{self, Metadata, OpenOptions},
    io::{self, IsTerminal, Write},
    os::unix::{
        ffi::OsStringExt,
        fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
};

use rustix::termios::ttyname;

use crate::cli::Notify;
use gan_tui_core::{event::Outcome, text::shown, waiting};
use gan_tui_monitor::OnEnd;

/// Returns the path of the terminal on stderr, else of the one on stdout.
pub fn terminal() -> Option<PathBuf> {
    let name = ttyname(io::stderr(), Vec::new()).or_else(|_| ttyname(io::stdout(), Vec::new()));
    Some(PathBuf::from(OsString::from_vec(name.ok()?.into_bytes())))
}

/// Notifies a terminal that this process was not started in. One that is gone, takes nothing at
/// the moment, or is another user's is left alone.
pub fn write_to(terminal: &Path, how: Notify, run: &str, outcome: &Outcome) {
    let is_own = |found: &Metadata| {
        found.file_type().is_char_device() && found.uid() == rustix::process::geteuid().as_raw()
    };
    // Looked at before, so that nothing else is even opened.
    if !fs::metadata(terminal).is_ok_and(|found| is_own(&found)) {
        return;
    }
    let flags = libc::O_NOCTTY | libc::O_NONBLOCK;
    let Ok(mut file) = OpenOptions::new().write(true).custom_flags(flags).open(terminal) else {
        return;
    };
    if file.is_terminal() && file.metadata().is_ok_and(|found| is_own(&found)) {
        let _ = file.write_all(sequence(how, run, outcome).as_bytes());
    }
}

/// Notifies the terminal on stderr, else the one on stdout, that a run has ended.
pub fn print_sequence(how: Option<Notify>, run: &str, outcome: &Outcome) {
    let Some(how) = how else { return };
    let text = sequence(how, run, outcome);
    // If the terminal is gone, nobody is there to be notified.
    let _ = if io::stderr().is_terminal() {
        waiting::stderr().write_all(text.as_bytes())
    } else if io::stdout().is_terminal() {
        let mut out = waiting::stdout();
        out.write_all(text.as_bytes()).and_then(|()| out.flush())
    } else {
        Ok(())
    };
}

/// Returns what makes the monitor's notification at a run's end.
pub fn on_end_hook(how: Option<Notify>) -> Option<OnEnd> {
    let how = how?;
    Some(Box::new(move |run: &Path, outcome: &Outcome| sequence(how, &shown(run), outcome)))
}

/// Returns the bytes that make a terminal notify its user.
fn sequence(how: Notify, run: &str, outcome: &Outcome) -> String {
    let ended = match outcome {
        Outcome::Finished => "finished",
        Outcome::Stopped => "stopped",
        Outcome::Failed(_) => "failed",
    };
    // Without what would end the sequence, and what separates its parts.
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
