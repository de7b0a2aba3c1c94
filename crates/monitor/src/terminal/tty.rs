//! The terminal, taken over and always given back: on quitting, on an error, on a panic and on a
//! signal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    panic,
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crossterm::{
    cursor::{Hide, Show},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use gan_tui_core::{foreground::is_foreground, panics};
use ratatui::layout::Size;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal in raw mode on its alternate screen, until dropped.
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Returns an error if there is no terminal, or it refuses.
    pub fn take(mouse: bool) -> io::Result<Self> {
        give_back_on_panic();
        let guard = Self { mouse };
        guard.enter()?;
        Ok(guard)
    }

    fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        if !TAKEN.swap(true, Ordering::SeqCst) {
            panics::hold();
            // The tab's title is put aside with the rest.
            io::stdout().write_all(b"\x1b[22;0t")?;
        }
        execute!(io::stdout(), EnterAlternateScreen, Hide)?;
        if self.mouse {
            // Buttons, drags and the wheel, in the form without limits; not every movement.
            io::stdout().write_all(b"\x1b[?1000h\x1b[?1002h\x1b[?1006h")?;
            io::stdout().flush()?;
        }
        Ok(())
    }

    /// Gives the terminal back and stops, as a shell's user expects of Ctrl-Z, until told to
    /// continue. The terminal is not taken again: the process may be in its background then.
    ///
    /// # Errors
    /// Returns an error if the process cannot be stopped.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // Stops the whole process here, training with it, until SIGCONT.
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
    }

    /// Takes the terminal again after the process was stopped and continued, by itself or by
    /// somebody else: meanwhile another program may have used it.
    ///
    /// # Errors
    /// Returns an error if the terminal refuses.
    pub fn retake(&mut self) -> io::Result<()> {
        // The mode that a shell left is not the one to come back to at the end; without this,
        // crossterm takes the terminal for raw still.
        if TAKEN.load(Ordering::SeqCst) {
            disable_raw_mode()?;
        }
        self.enter()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Whether a person sits before standard input and output.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Columns and rows; 80x24 where the terminal does not say.
pub fn size() -> Size {
    match crossterm::terminal::size() {
        Ok((width, height)) if width > 0 && height > 0 => Size::new(width, height),
        _ => Size::new(80, 24),
    }
}

/// Gives the terminal back, once. What fails has nobody left to be told.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        // The end of an update that may have been cut short; a clear screen, for terminals without
        // another one to go back to; then everything as it was.
        let _ = out.write_all(b"\x1b[?2026l\x1b[?1006l\x1b[?1002l\x1b[?1000l\x1b[m\x1b[2J\x1b[H");
        let _ = execute!(out, LeaveAlternateScreen, Show);
        let _ = out.write_all(b"\x1b[23;0t");
        let _ = out.flush();
        // The modes are those of the program in the foreground.
        if is_foreground() {
            let _ = disable_raw_mode();
        }
        panics::release();
    }
}

/// Makes a panic of the thread that has the terminal give it back before the message is printed.
/// The messages of other threads wait until then.
fn give_back_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        let owner = thread::current().id();
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == owner {
                give_back();
            }
            before(info);
        }));
    });
}

/// Returns the sequence that puts a text on the terminal's clipboard (OSC 52), which may be on
/// another machine.
pub fn copy_sequence(text: &str) -> String {
    format!("\x1b]52;c;{}\x07", STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_text_is_in_base64() {
        let sequences = ["", "f", "fo", "foobar"].map(copy_sequence);
        assert_eq!(
            sequences,
            ["", "Zg==", "Zm8=", "Zm9vYmFy"].map(|text| format!("\x1b]52;c;{text}\x07"))
        );
    }
}
