//! Bytes from the terminal to keys, pasted text, mouse events and answers (ECMA-48, xterm, kitty,
//! the Linux console).

use crossterm::event::KeyCode;

use super::{
    background,
    keys::{self, Parameters},
    paste::Paste,
    pixels::probe::{self, Answer},
};
use crate::keyboard::key::Key;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// A sequence of more bytes is noise.
const LONGEST: usize = 4096;

const BEL: u8 = 0x07;
/// These two break a sequence off.
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;
/// The 8-bit form of `ESC \`, the end of a string.
const ST: u8 = 0x9c;

/// What was done with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    Press,
    Drag,
    ScrollUp,
    ScrollDown,
}

/// Something that came from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    /// Text that was pasted; its beginning, if it is long.
    Paste(String),
    /// Something was done with the mouse at a column and a row, from 0.
    Mouse(MouseAction, u16, u16),
    /// Where the cursor is, from 1: everything sent before the question has been shown.
    Report {
        row: u16,
        column: u16,
    },
    /// Whether the terminal's background is light.
    Background {
        is_light: bool,
    },
    /// What the terminal can do with pixels.
    Pixels(Answer),
    /// The terminal is gone.
    Gone,
}

/// What the first bytes are.
enum Step {
    /// The beginning of something.
    Unfinished,
    /// So many bytes that mean nothing here.
    Nothing(usize),
    Found(usize, Input),
    /// The mark before pasted text.
    PasteBegins(usize),
}

impl Step {
    fn key(length: usize, code: KeyCode) -> Self {
        Self::Found(length, Input::Key(Key::plain(code)))
    }

    fn some_key(length: usize, key: Option<Key>) -> Self {
        key.map_or(Self::Nothing(length), |key| Self::Found(length, Input::Key(key)))
    }
}

/// What the decoder has the beginning of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    Nothing,
    Sequence,
    Paste,
}

/// Decodes bytes as they come.
#[derive(Debug, Default)]
pub struct Decoder {
    /// Bytes that are no whole sequence yet.
    bytes: Vec<u8>,
    /// The pasted text that has begun.
    paste: Option<Paste>,
}

impl Decoder {
    /// Adds bytes to be decoded.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns how many bytes wait for more.
    pub fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// Returns what has begun and not ended.
    pub fn unfinished(&self) -> Unfinished {
        match (&self.paste, self.bytes.is_empty()) {
            (Some(_), _) => Unfinished::Paste,
            (None, true) => Unfinished::Nothing,
            (None, false) => Unfinished::Sequence,
        }
    }

    /// Takes everything that is whole. `complete` says that nothing follows, so that a beginning is
    /// what it looks like.
    pub fn decode(&mut self, complete: bool) -> Vec<Input> {
        let (mut at, mut out) = (0, Vec::new());
        while at < self.bytes.len() {
            let bytes = &self.bytes[at..];
            if let Some(mut paste) = self.paste.take() {
                let (length, is_whole) = paste.take(bytes);
                at += length;
                if is_whole {
                    out.push(Input::Paste(paste.into_text()));
                    continue;
                }
                self.paste = Some(paste);
                break;
            }
            match first(bytes, complete) {
                Step::Unfinished if complete || bytes.len() > LONGEST => at = self.bytes.len(),
                Step::Unfinished => break,
                Step::Nothing(length) => at += length.max(1),
                Step::Found(length, input) => {
                    at += length;
                    out.push(input);
                }
                Step::PasteBegins(length) => {
                    at += length;
                    self.paste = Some(Paste::default());
                }
            }
        }
        self.bytes.drain(..at);
        if complete && let Some(paste) = self.paste.take() {
            // What is left looks like the mark at the end, which is not coming.
            self.bytes.clear();
            out.push(Input::Paste(paste.into_text()));
        }
        out
    }
}

fn first(bytes: &[u8], complete: bool) -> Step {
    match bytes {
        [ESC] if complete => Step::key(1, KeyCode::Esc),
        [ESC] => Step::Unfinished,
        [ESC, ESC, ..] => Step::key(1, KeyCode::Esc),
        [ESC, char @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X')] if complete => {
            Step::Found(2, Input::Key(Key { alt: true, ..character(char::from(*char)) }))
        }
        _ => match introducer(bytes) {
            Some((b'[', start)) => control_sequence(bytes, start),
            Some((b'O', start)) => single_shift(bytes, start),
            // Answers, up to their end.
            Some((kind @ (b']' | b'P' | b'_' | b'^' | b'X'), start)) => string(bytes, kind, start),
            Some((_, start)) => Step::Nothing(start),
            None => key(bytes),
        },
    }
}

/// The letter of a control function of 8 bits (C1), and how many bytes it has: `ESC` and the
/// letter, the byte alone, or the byte as a character of UTF-8.
fn introducer(bytes: &[u8]) -> Option<(u8, usize)> {
    match *bytes {
        [ESC, kind @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^' | b'X'), ..] => Some((kind, 2)),
        [byte @ 0x80..=0x9f, ..] => Some((byte - 0x40, 1)),
        [0xc2, byte @ 0x80..=0x9f, ..] => Some((byte - 0x40, 2)),
        _ => None,
    }
}

/// A key that sends its character, with `ESC` before it if Alt is held.
fn key(bytes: &[u8]) -> Step {
    let [ESC, rest @ ..] = bytes else { return plain(bytes) };
    match plain(rest) {
        Step::Found(length, Input::Key(key)) => {
            Step::Found(length + 1, Input::Key(Key { alt: true, ..key }))
        }
        Step::Unfinished => Step::Unfinished,
        Step::Nothing(length) | Step::Found(length, _) | Step::PasteBegins(length) => {
            Step::Nothing(length + 1)
        }
    }
}

fn character(char: char) -> Key {
    Key::plain(KeyCode::Char(char))
}

/// A character, or a control character, by itself.
fn plain(bytes: &[u8]) -> Step {
    let ctrl =
        |char: u8| Step::Found(1, Input::Key(Key { ctrl: true, ..character(char::from(char)) }));
    match bytes[0] {
        b'\r' | b'\n' => Step::key(1, KeyCode::Enter),
        b'\t' => Step::key(1, KeyCode::Tab),
        0x7f | 0x08 => Step::key(1, KeyCode::Backspace),
        0 => ctrl(b' '),
        byte @ 1..=26 => ctrl(byte - 1 + b'a'),
        byte @ 28..=31 => ctrl(byte - 28 + b'4'),
        byte @ 0x20..0x7f => Step::Found(1, Input::Key(character(char::from(byte)))),
        _ => unicode(bytes),
    }
}

/// A character of several bytes (UTF-8).
fn unicode(bytes: &[u8]) -> Step {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Step::Nothing(1),
    };
    match std::str::from_utf8(&bytes[..length.min(bytes.len())]) {
        Ok(text) => text
            .chars()
            .next()
            .map_or(Step::Nothing(1), |char| Step::Found(length, Input::Key(character(char)))),
        Err(error) => error.error_len().map_or(Step::Unfinished, Step::Nothing),
    }
}

/// `ESC O x`: keypad and function keys.
fn single_shift(bytes: &[u8], start: usize) -> Step {
    let Some(&last) = bytes.get(start) else { return Step::Unfinished };
    match keys::single_shift(last) {
        Some(code) => Step::key(start + 1, code),
        // Broken off by something else, which stays.
        None if last < 0x20 && !matches!(last, CAN | SUB) => Step::Nothing(start),
        None => Step::Nothing(start + 1),
    }
}

/// `ESC [ parameters x` (ECMA-48, section 5.4).
fn control_sequence(bytes: &[u8], start: usize) -> Step {
    match &bytes[start..] {
        // The Linux console's function keys.
        [b'['] => return Step::Unfinished,
        [b'[', last @ b'A'..=b'E', ..] => return Step::key(start + 2, KeyCode::F(last - b'A' + 1)),
        [b'[', ..] => return Step::Nothing(start + 2),
        // The mouse of terminals that know no other form: three bytes, each 32 and more.
        [b'M', rest @ ..] => return old_mouse(rest, start + 1),
        _ => {}
    }
    let Some(end) = bytes[start..].iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return Step::Unfinished;
    };
    let (parameters, last, length) = (&bytes[start..][..end], bytes[start + end], start + end + 1);
    match last {
        CAN | SUB => return Step::Nothing(length),
        0x40..0x7f => {}
        // Broken off by something else, which stays.
        _ => return Step::Nothing(length - 1),
    }
    match parameters {
        [b'<', parameters @ ..] if matches!(last, b'M' | b'm') => {
            mouse(length, Parameters(parameters), last == b'M')
        }
        _ if let Some(answer) = probe::control_answer(parameters, last) => {
            Step::Found(length, Input::Pixels(answer))
        }
        // Other private sequences are answers to questions that others asked, and so are those with
        // intermediate bytes.
        [b'<'..=b'?', ..] => Step::Nothing(length),
        _ if parameters.iter().any(|byte| *byte < b'0') => Step::Nothing(length),
        b"200" if last == b'~' => Step::PasteBegins(length),
        _ => numbered(length, Parameters(parameters), last),
    }
}

/// The cursor's place, or a key.
fn numbered(length: usize, parameters: Parameters, last: u8) -> Step {
    match (last, parameters.number(0), parameters.number(1)) {
        (b'R', Some(row), Some(column)) if parameters.count() == 2 => {
            Step::Found(length, Input::Report { row, column })
        }
        _ => Step::some_key(length, keys::key(parameters, last)),
    }
}

/// A button, a column and a row, a byte each.
fn old_mouse(bytes: &[u8], start: usize) -> Step {
    let place = &bytes[..bytes.len().min(3)];
    if place.iter().any(|byte| *byte < 0x20) {
        return Step::Nothing(start);
    }
    let &[button, x, y] = place else { return Step::Unfinished };
    let [button, x, y] = [button, x, y].map(|byte| u16::from(byte - 0x20));
    mouse_action(start + 3, button, (x, y), true)
}

/// `ESC [ < button ; column ; row M`, or `m` at the end when a button is let go.
fn mouse(length: usize, parameters: Parameters, pressed: bool) -> Step {
    match [0, 1, 2].map(|at| parameters.number(at)) {
        [Some(button), Some(x), Some(y)] if parameters.count() == 3 => {
            mouse_action(length, button, (x, y), pressed)
        }
        _ => Step::Nothing(length),
    }
}

/// A button's code with the modifiers taken out, at a column and a row from 1.
fn mouse_action(length: usize, code: u16, (x, y): (u16, u16), pressed: bool) -> Step {
    let mouse = match code & !0b1_1100 {
        0 if pressed => MouseAction::Press,
        32 => MouseAction::Drag,
        64 => MouseAction::ScrollUp,
        65 => MouseAction::ScrollDown,
        _ => return Step::Nothing(length),
    };
    Step::Found(length, Input::Mouse(mouse, x.saturating_sub(1), y.saturating_sub(1)))
}

/// A string from the terminal, up to BEL or `ESC \`; where it began with one byte, also up to ST,
/// which is otherwise a part of many characters in UTF-8.
fn string(bytes: &[u8], kind: u8, start: usize) -> Step {
    let answer = |end: usize, length: usize| {
        let text = &bytes[start..end];
        let input = match kind {
            b']' => background::is_light(text).map(|is_light| Input::Background { is_light }),
            kind => probe::string_answer(kind, text).map(Input::Pixels),
        };
        input.map_or(Step::Nothing(length), |input| Step::Found(length, input))
    };
    for at in start..bytes.len() {
        match bytes[at] {
            BEL => return answer(at, at + 1),
            ST if start == 1 => return answer(at, at + 1),
            CAN | SUB => return Step::Nothing(at + 1),
            ESC => {
                return match bytes.get(at + 1) {
                    Some(b'\\') => answer(at, at + 2),
                    // Broken off by another sequence.
                    Some(_) => Step::Nothing(at),
                    None => Step::Unfinished,
                };
            }
            _ => {}
        }
    }
    Step::Unfinished
}
