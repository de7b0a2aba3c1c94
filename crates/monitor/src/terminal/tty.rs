//! The terminal, taken over and always given back: on quitting, on an error, on a panic and on a
//! signal.

use std::{
    io::{self, IsTerminal as _, Write as _},
    panic,
    sync::{
        Mutex, Once,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::layout::Size;

use super::{capability::Dialect, paste, pixels::CellSize};
use gan_tui_core::{foreground::is_foreground, panics, sync::lock_unpoisoned, waiting};

/// Whether the terminal is ours at the moment, and whether it reads xterm's sequences.
static TAKEN: AtomicBool = AtomicBool::new(false);
static IS_XTERM: AtomicBool = AtomicBool::new(false);

/// What takes away what the terminal shows and would keep: images, progress.
static LAST: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// No screen has more columns or rows: a terminal that says so is mistaken, and is shown the upper
/// left corner.
const LARGEST: Size = Size::new(1000, 400);

/// The tab's title is kept aside.
const KEEP_TITLE: &[u8] = b"\x1b[22;0t";
/// The other screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
/// A VT100's modes, as every program expects them: keys of the cursor and the keypad as usual
/// (DECCKM, DECKPNM), no insertion, no line break that is two, no margins, lines that wrap, and
/// ASCII as the character set. Another program may have left them otherwise.
const MODES: &[u8] = b"\x1b[?1l\x1b>\x1b[4l\x1b[20l\x1b[?69l\x1b[?6l\x1b[r\x1b[?7h\x1b(B\x0f";
/// No reports of the mouse in any form, nor of the window's focus.
const NO_REPORTS: &[u8] = b"\x1b[?9l\x1b[?1000l\x1b[?1001l\x1b[?1002l\x1b[?1003l\x1b[?1004l\
    \x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l";
/// Buttons, drags and the wheel, in the form without limits; not every movement.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1002h\x1b[?1006h";
/// Keys in the usual form: kitty's protocol and xterm's modifyOtherKeys off, and 7-bit controls.
const USUAL_KEYS: &[u8] = b"\x1b[>0u\x1b[>4;0m\x1b F";
/// The keys' form as it was, as far as the terminal keeps it.
const FORMER_KEYS: &[u8] = b"\x1b[<u\x1b[>4m";
/// The end of an update that may have been cut short; a clear screen, for terminals without another
/// one to go back to; then everything as it was.
const LEAVE: &[u8] = b"\x1b[m\x1b[2J\x1b[H\x1b[?1049l\x1b[?25h\x1b[23;0t";

/// The terminal in raw mode on its alternate screen, until dropped.
pub struct Guard {
    mouse: bool,
    dialect: Dialect,
}

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Returns an error if there is no terminal, or it refuses.
    pub fn take(mouse: bool, dialect: Dialect) -> io::Result<Self> {
        give_back_on_panic();
        let guard = Self { mouse, dialect };
        guard.enter()?;
        Ok(guard)
    }

    fn enter(&self) -> io::Result<()> {
        enable_raw_mode()?;
        IS_XTERM.store(self.dialect != Dialect::Plain, Ordering::SeqCst);
        let mut out = waiting::stdout();
        if !TAKEN.swap(true, Ordering::SeqCst) {
            panics::hold();
            out.write_all(KEEP_TITLE)?;
        }
        out.write_all(&entering(self.mouse, self.dialect))?;
        out.flush()
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

/// What makes the terminal ours. The modes follow the other screen: setting margins moves the
/// cursor, whose place is kept until then.
fn entering(mouse: bool, dialect: Dialect) -> Vec<u8> {
    let mut bytes = [ENTER, MODES, NO_REPORTS].concat();
    if dialect != Dialect::Plain {
        bytes.extend_from_slice(USUAL_KEYS);
    }
    if mouse {
        bytes.extend_from_slice(MOUSE);
    }
    bytes.extend_from_slice(paste::ON);
    bytes
}

/// What makes it as it was.
fn leaving(is_xterm: bool) -> Vec<u8> {
    let keys = if is_xterm { FORMER_KEYS } else { b"" };
    [b"\x1b[?2026l", paste::OFF, b"\x1b[?1006l\x1b[?1002l\x1b[?1000l", keys, LEAVE].concat()
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
    crossterm::terminal::size().map_or_else(|_| sensible(0, 0), |(x, y)| sensible(x, y))
}

/// Width and height of a cell in pixels, as far as the system knows them.
pub fn cell_size() -> Option<CellSize> {
    let told = crossterm::terminal::window_size().ok()?;
    // What is left over is the window's border.
    let cell = (told.width.checked_div(told.columns)?, told.height.checked_div(told.rows)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

/// A size that a screen can have.
fn sensible(width: u16, height: u16) -> Size {
    if width == 0 || height == 0 {
        return Size::new(80, 24);
    }
    Size::new(width.min(LARGEST.width), height.min(LARGEST.height))
}

/// Gives the terminal back, once. What fails has nobody left to be told.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = waiting::stdout();
        let last = std::mem::take(&mut *lock_unpoisoned(&LAST));
        let _ = out.write_all(&last);
        let _ = out.write_all(&leaving(IS_XTERM.load(Ordering::SeqCst)));
        let _ = out.flush();
        // The modes are those of the program in the foreground.
        if is_foreground() {
            let _ = disable_raw_mode();
        }
        panics::release();
    }
}

/// Sends this when the terminal is given back: it takes away images and progress.
pub fn send_at_end(bytes: Vec<u8>) {
    *lock_unpoisoned(&LAST) = bytes;
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
    fn sizes_are_those_of_screens() {
        for (told, size) in [
            ((80, 24), (80, 24)),
            ((1, 1), (1, 1)),
            ((0, 0), (80, 24)),
            ((0, 50), (80, 24)),
            ((400, 100), (400, 100)),
            ((4096, 4096), (1000, 400)),
            ((u16::MAX, 1), (1000, 1)),
            ((u16::MAX, u16::MAX), (1000, 400)),
        ] {
            assert_eq!(sensible(told.0, told.1), size.into(), "{told:?}");
        }
    }

    #[test]
    fn only_terminals_like_xterm_are_sent_its_own_sequences() {
        let plain = [entering(true, Dialect::Plain), leaving(false)].concat();
        let text = String::from_utf8_lossy(&plain);
        // Sequences with `>` or `<`, and those of window titles, are text elsewhere.
        assert!(
            !["\x1b[>", "\x1b[<", "\x1b]"].iter().any(|other| text.contains(other)),
            "{text:?}"
        );
        for dialect in [Dialect::GnuScreen, Dialect::Xterm] {
            let (entered, left) = (entering(false, dialect), leaving(true));
            let entered = String::from_utf8_lossy(&entered);
            let left = String::from_utf8_lossy(&left);
            // kitty keeps the form of keys for each screen.
            assert!(entered.find("\x1b[?1049h") < entered.find("\x1b[>0u"));
            assert!(left.find("\x1b[<u") < left.find("\x1b[?1049l"));
            assert!(entered.ends_with("\x1b[?2004h") && left.contains("\x1b[?2004l"));
            assert!(!entered.contains("\x1b[?1000h"), "no mouse");
        }
    }

    #[test]
    fn a_copied_text_is_in_base64() {
        let sequences = ["", "f", "fo", "foobar"].map(copy_sequence);
        assert_eq!(
            sequences,
            ["", "Zg==", "Zm8=", "Zm9vYmFy"].map(|text| format!("\x1b]52;c;{text}\x07"))
        );
    }
}
