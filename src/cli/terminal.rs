//! The terminal a person sits at: whether there is one, and what is asked there.

use std::{
    env,
    io::{self, IsTerminal, Write, stdin, stdout},
};

use gan_tui_core::waiting;
use gan_tui_monitor::Capabilities;
use gan_tui_store::art::Glyphs;

pub use gan_tui_core::foreground::is_foreground;

/// Returns whether both standard input and output are a terminal.
pub fn is_interactive() -> bool {
    stdin().is_terminal() && stdout().is_terminal()
}

/// Returns whether the terminal says that it cannot move its cursor.
pub fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Returns whether standard output is a terminal that can move its cursor.
pub fn has_cursor() -> bool {
    stdout().is_terminal() && env::var_os("TERM").is_some() && !is_dumb()
}

/// Returns the columns of the terminal that is standard output.
pub fn columns() -> Option<u16> {
    if !stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| width.0)
}

/// Returns whether standard output is a terminal that shows more than ASCII.
pub fn has_unicode() -> bool {
    has_cursor() && Capabilities::detect(|name| env::var(name).ok()).glyphs != Glyphs::Ascii
}

/// Returns an error if there is no terminal for the monitor.
///
/// # Errors
/// Returns an error if standard input or output is not a terminal.
pub fn require() -> anyhow::Result<()> {
    anyhow::ensure!(is_interactive(), "the monitor needs a terminal on standard input and output");
    Ok(())
}

/// Prints a question and returns the line that is typed, trimmed.
///
/// # Errors
/// Returns an error if standard output or input fails.
pub fn ask(question: &str) -> io::Result<String> {
    let mut out = waiting::stdout();
    write!(out, "{question}")?;
    out.flush()?;
    Ok(waiting::read_line()?.trim().to_owned())
}
