//! Input from the terminal: keys, the mouse, and answers to questions.
//!
//! The program asks the terminal where its cursor is, to learn how far behind the line is (see
//! [`super::pace`]). The answers come between the keys and must not be waited for, so crossterm's
//! reader cannot be used. Of the parsers in other crates, termwiz's has no cursor reports; termina's
//! has, but panics on some malformed sequences and keeps an unfinished one forever.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::AsFd as _,
    time::Duration,
};

use crossterm::event::KeyCode;
use tokio::{
    io::{Interest, unix::AsyncFd},
    time::{Instant, timeout_at},
};

use crate::keyboard::key::Key;

/// How long the rest of a sequence may take. After that, a lone escape is the key; a slow line cuts
/// sequences in two.
const REST: Duration = Duration::from_millis(60);
/// How long a sequence may take in all, however steadily its bytes come.
const WHOLE: Duration = Duration::from_secs(1);
/// A sequence of more bytes is noise.
const LONGEST: usize = 4096;

/// What was done with the mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseAction {
    Press,
    Drag,
    ScrollUp,
    ScrollDown,
}

/// Something that came from the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    /// Something was done with the mouse at a column and a row, from 0.
    Mouse(MouseAction, u16, u16),
    /// Where the cursor is: everything sent before the question has been shown.
    Report,
    /// The terminal is gone.
    Gone,
}

/// The terminal's input.
pub struct Keyboard {
    file: AsyncFd<File>,
    pending: Pending,
}

impl Keyboard {
    /// Reads standard input from now on.
    ///
    /// # Errors
    /// Returns an error if the system cannot report when there is input.
    pub fn open() -> io::Result<Self> {
        Self::read(File::from(io::stdin().as_fd().try_clone_to_owned()?))
    }

    fn read(file: File) -> io::Result<Self> {
        // The form without `unsafe` is deprecated for types that could lie about their descriptor;
        // a file owns its own.
        #[allow(deprecated)]
        let file = AsyncFd::with_interest(file, Interest::READABLE)?;
        Ok(Self { file, pending: Pending::default() })
    }

    /// Waits until something came. Nothing is lost if the future is dropped, and the time that an
    /// unfinished sequence has left does not start again.
    pub async fn next(&mut self) -> Vec<Input> {
        loop {
            let readable = self.file.readable();
            let ready = match self.pending.deadline {
                None => Ok(readable.await),
                Some(deadline) => timeout_at(deadline, readable).await,
            };
            let Ok(ready) = ready else { return self.pending.give_up() };
            let Ok(mut guard) = ready else { return vec![Input::Gone] };
            let mut bytes = [0; 4096];
            let mut file = guard.get_inner();
            match file.read(&mut bytes) {
                Ok(0) => return vec![Input::Gone],
                Ok(count) => {
                    // A terminal gives all it has at once; a full buffer alone may leave some.
                    if count < bytes.len() {
                        guard.clear_ready();
                    }
                    let found = self.pending.add(&bytes[..count], Instant::now());
                    if !found.is_empty() {
                        return found;
                    }
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) =>
                {
                    guard.clear_ready()
                }
                Err(_) => return vec![Input::Gone],
            }
        }
    }
}

/// Bytes that are no whole sequence yet.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// When the first of them came.
    since: Option<Instant>,
    /// When the rest is no longer waited for.
    deadline: Option<Instant>,
}

impl Pending {
    /// Adds bytes; returns what is whole.
    fn add(&mut self, bytes: &[u8], now: Instant) -> Vec<Input> {
        self.bytes.extend_from_slice(bytes);
        let before = self.bytes.len();
        let mut found = parse(&mut self.bytes, false);
        if self.bytes.len() < before {
            // What is left is the beginning of another sequence.
            self.since = None;
        }
        if self.bytes.is_empty() {
            self.deadline = None;
            return found;
        }
        let until = *self.since.get_or_insert(now) + WHOLE;
        self.deadline = Some(until.min(now + REST));
        if now >= until {
            found.extend(self.give_up());
        }
        found
    }

    /// Takes what is there for all that comes.
    fn give_up(&mut self) -> Vec<Input> {
        (self.since, self.deadline) = (None, None);
        parse(&mut self.bytes, true)
    }
}

/// What the first bytes are.
enum Step {
    /// The beginning of something.
    Unfinished,
    /// So many bytes that mean nothing here.
    Nothing(usize),
    Found(usize, Input),
}

impl Step {
    fn key(length: usize, code: KeyCode) -> Self {
        Self::Found(length, Input::Key(Key::plain(code)))
    }
}

/// Takes every whole sequence from the front. `complete` says that nothing follows, so that a
/// beginning is what it looks like.
fn parse(bytes: &mut Vec<u8>, complete: bool) -> Vec<Input> {
    let (mut at, mut out) = (0, Vec::new());
    while at < bytes.len() {
        match first(&bytes[at..], complete) {
            Step::Unfinished if complete || bytes.len() - at > LONGEST => at = bytes.len(),
            Step::Unfinished => break,
            Step::Nothing(length) => at += length.max(1),
            Step::Found(length, input) => {
                at += length;
                out.push(input);
            }
        }
    }
    bytes.drain(..at);
    out
}

fn first(bytes: &[u8], complete: bool) -> Step {
    match bytes {
        [0x1b] if complete => Step::key(1, KeyCode::Esc),
        [0x1b] => Step::Unfinished,
        [0x1b, 0x1b, ..] => Step::key(1, KeyCode::Esc),
        [0x1b, b'[' | b'O' | b']' | b'P'] if complete => {
            Step::Found(2, Input::Key(Key { alt: true, ..character(char::from(bytes[1])) }))
        }
        [0x1b, b'[', ..] => control_sequence(bytes),
        [0x1b, b'O', rest @ ..] => single_shift(rest),
        // Answers that were not asked for, up to their end.
        [0x1b, b']' | b'P' | b'_' | b'^' | b'X', ..] => string(bytes),
        [0x1b, rest @ ..] => match plain(rest) {
            Step::Found(length, Input::Key(key)) => {
                Step::Found(length + 1, Input::Key(Key { alt: true, ..key }))
            }
            Step::Found(length, _) | Step::Nothing(length) => Step::Nothing(length + 1),
            Step::Unfinished => Step::Unfinished,
        },
        _ => plain(bytes),
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
        Err(error) if error.error_len().is_none() => Step::Unfinished,
        Err(_) => Step::Nothing(1),
    }
}

/// `ESC O x`: keypad and function keys.
fn single_shift(rest: &[u8]) -> Step {
    let Some(&last) = rest.first() else { return Step::Unfinished };
    match letter(last) {
        Some(code) => Step::key(3, code),
        None if last == b'M' => Step::key(3, KeyCode::Enter),
        None => Step::Nothing(3),
    }
}

fn letter(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28 | 29 => KeyCode::F(number as u8 - 13),
        31..=34 => KeyCode::F(number as u8 - 14),
        _ => return None,
    })
}

/// `ESC [ parameters x` (ECMA-48, section 5.4).
fn control_sequence(bytes: &[u8]) -> Step {
    match bytes {
        // The Linux console's function keys.
        [_, _, b'['] => return Step::Unfinished,
        [_, _, b'[', last, ..] => {
            return match last {
                b'A'..=b'E' => Step::key(4, KeyCode::F(last - b'A' + 1)),
                _ => Step::Nothing(4),
            };
        }
        // The mouse of terminals that know no other form: three bytes, each 32 and more.
        [_, _, b'M', button, x, y, ..] => {
            return mouse(
                6,
                u16::from(button.saturating_sub(32)),
                u16::from(x.saturating_sub(32)),
                u16::from(y.saturating_sub(32)),
                true,
            );
        }
        [_, _, b'M', ..] => return Step::Unfinished,
        _ => {}
    }
    let Some(end) = bytes[2..].iter().position(|byte| !(0x20..0x40).contains(byte)) else {
        return Step::Unfinished;
    };
    let (parameters, last, length) = (&bytes[2..2 + end], bytes[2 + end], end + 3);
    if !(0x40..0x7f).contains(&last) {
        // Broken off by something else, which stays.
        return Step::Nothing(length - 1);
    }
    let numbers = numbers(parameters.strip_prefix(b"<").unwrap_or(parameters));
    let first = numbers.first().copied().unwrap_or(0);
    match (parameters.first(), last) {
        (Some(b'<'), b'M' | b'm') => match numbers[..] {
            [button, x, y] => mouse(length, button, x, y, last == b'M'),
            _ => Step::Nothing(length),
        },
        (Some(b'?' | b'>' | b'='), _) => Step::Nothing(length),
        (_, b'R') if numbers.len() == 2 => Step::Found(length, Input::Report),
        (_, b'Z') => Step::key(length, KeyCode::BackTab),
        (_, b'~') => key(length, numbered(first), &numbers),
        (_, b'u') => key(length, unambiguous(first), &numbers),
        _ => key(length, letter(last), &numbers),
    }
}

/// Keys of terminals that tell every key by its number, so that nothing is mistaken for the
/// beginning of something else.
fn unambiguous(number: u16) -> Option<KeyCode> {
    match number {
        9 => Some(KeyCode::Tab),
        13 => Some(KeyCode::Enter),
        27 => Some(KeyCode::Esc),
        127 => Some(KeyCode::Backspace),
        number => {
            char::from_u32(number.into()).filter(|char| !char.is_control()).map(KeyCode::Char)
        }
    }
}

fn numbers(parameters: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(parameters);
    text.split(';')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

/// A key with the modifiers of its second parameter: one more than 1 for Shift, 2 for Alt, 4 for
/// Ctrl.
fn key(length: usize, code: Option<KeyCode>, numbers: &[u16]) -> Step {
    let modifiers = numbers.get(1).map_or(0, |modifiers| modifiers.saturating_sub(1));
    match code {
        Some(code) => Step::Found(
            length,
            Input::Key(Key { code, ctrl: modifiers & 4 != 0, alt: modifiers & 2 != 0 }),
        ),
        None => Step::Nothing(length),
    }
}

/// A button's code with the modifiers taken out, at a column and a row from 1.
fn mouse(length: usize, code: u16, x: u16, y: u16, pressed: bool) -> Step {
    let mouse = match code & !0b1_1100 {
        0 if pressed => MouseAction::Press,
        32 => MouseAction::Drag,
        64 => MouseAction::ScrollUp,
        65 => MouseAction::ScrollDown,
        _ => return Step::Nothing(length),
    };
    Step::Found(length, Input::Mouse(mouse, x.saturating_sub(1), y.saturating_sub(1)))
}

/// A string from the terminal, up to BEL or `ESC \`.
fn string(bytes: &[u8]) -> Step {
    let end = |at: usize| bytes[at] == 7 || bytes[at..].starts_with(b"\x1b\\");
    match (2..bytes.len()).find(|&at| end(at)) {
        Some(at) if bytes[at] == 7 => Step::Nothing(at + 1),
        Some(at) => Step::Nothing(at + 2),
        None => Step::Unfinished,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Input> {
        let mut rest = bytes.to_vec();
        let mut found = parse(&mut rest, false);
        found.extend(parse(&mut rest, true));
        assert!(rest.is_empty());
        found
    }

    /// Both ends of a terminal's input.
    fn terminal() -> (Keyboard, std::io::PipeWriter) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let file = File::from(std::os::fd::OwnedFd::from(reader));
        (Keyboard::read(file).expect("a keyboard"), writer)
    }

    /// What is heard until a key, if each wait is given up after `patience` because something else
    /// happens.
    async fn heard(keyboard: &mut Keyboard, patience: Duration) -> Vec<Input> {
        for _ in 0..1000 {
            match tokio::time::timeout(patience, keyboard.next()).await {
                Ok(found) if !found.is_empty() => return found,
                _ => {}
            }
        }
        Vec::new()
    }

    #[tokio::test]
    async fn a_lone_escape_is_heard_while_other_things_happen() {
        use std::io::Write as _;
        let (mut keyboard, mut writer) = terminal();
        writer.write_all(b"\x1b").expect("written");
        let escape = [Input::Key(Key::plain(KeyCode::Esc))];
        assert_eq!(heard(&mut keyboard, REST / 6).await, escape);
        writer.write_all(b"a\x1b").expect("written");
        assert_eq!(heard(&mut keyboard, REST / 6).await, [Input::Key(character('a'))]);
        assert_eq!(heard(&mut keyboard, REST / 6).await, escape);
    }

    #[test]
    fn a_sequence_that_never_ends_is_given_up_while_bytes_keep_coming() {
        let (mut pending, start) = (Pending::default(), Instant::now());
        let step = REST / 2;
        assert!(pending.add(b"\x1b]", start).is_empty());
        let mut now = start;
        while !pending.bytes.is_empty() {
            now += step;
            assert!(pending.add(b"x", now).is_empty());
            assert!(now <= start + WHOLE + step, "still waiting");
        }
        assert_eq!(pending.deadline, None);
        assert_eq!(pending.add(b"q", now + step), [Input::Key(character('q'))]);
        // A beginning that comes right behind something whole has its own time.
        assert_eq!(pending.add(b"a\x1b", now + step), [Input::Key(character('a'))]);
        assert_eq!(pending.deadline, Some(now + step + REST));
        assert_eq!(pending.give_up(), [Input::Key(Key::plain(KeyCode::Esc))]);
    }

    fn names(bytes: &[u8]) -> String {
        let name = |input| match input {
            Input::Key(key) => key.to_string(),
            other => format!("{other:?}"),
        };
        all(bytes).into_iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_are_told_apart() {
        assert_eq!(names(b"aG?\x03\x1a\r\t \x7f"), "a G ? Ctrl-C Ctrl-Z Enter Tab space Backspace");
        assert_eq!(
            names(b"\x1b[A\x1bOB\x1b[1;5C\x1b[H\x1b[4~\x1b[5~\x1b[6~\x1b[Z"),
            "Up Down Ctrl-Right Home End PgUp PgDn Shift-Tab"
        );
        assert_eq!(names(b"\x1bOP\x1b[11~\x1b[[A\x1b[24~"), "F1 F1 F1 F12");
        assert_eq!(names("\x1bxé\x1b[113;5u".as_bytes()), "Alt-x é Ctrl-Q");
        assert_eq!(names(b"\x1b[27u\x1b[13u"), "Esc Enter");
        assert_eq!(names(b"\x1b"), "Esc");
        assert_eq!(names(b"\x1b\x1b[A"), "Esc Up");
    }

    #[test]
    fn answers_and_the_mouse_stand_between_keys() {
        assert_eq!(names(b"a\x1b[24;80Rb\x1b[?62;22cc\x1b]11;rgb:0/0/0\x1b\\d"), "a Report b c d");
        assert_eq!(
            all(b"\x1b[<0;3;4M\x1b[<0;3;4m\x1b[<32;5;4M\x1b[<64;1;1M\x1b[<65;9;9M\x1b[<35;1;1M\x1b[M !!"),
            [
                Input::Mouse(MouseAction::Press, 2, 3),
                Input::Mouse(MouseAction::Drag, 4, 3),
                Input::Mouse(MouseAction::ScrollUp, 0, 0),
                Input::Mouse(MouseAction::ScrollDown, 8, 8),
                Input::Mouse(MouseAction::Press, 0, 0),
            ]
        );
    }

    #[test]
    fn a_sequence_may_come_in_two_parts() {
        let text = "a\x1b[1;5C\x1b[<64;10;20M\x1bOB\x1b[24;80Ré\x1b[5~".as_bytes();
        let whole = all(text);
        for cut in 0..text.len() {
            let mut rest = text[..cut].to_vec();
            let mut found = parse(&mut rest, false);
            rest.extend_from_slice(&text[cut..]);
            found.extend(parse(&mut rest, false));
            assert_eq!(found, whole, "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_trouble(bytes in proptest::collection::vec(prop_oneof![Just(0x1b), Just(b'['), Just(b'<'), Just(b';'), any::<u8>()], 0..60)) {
            all(&bytes);
        }

        /// Whatever came before, a key is heard as soon as nothing is left to be waited for.
        #[test]
        fn noise_swallows_no_later_key(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut rest = bytes;
            parse(&mut rest, false);
            parse(&mut rest, true);
            rest.push(b'q');
            prop_assert_eq!(parse(&mut rest, false), [Input::Key(character('q'))]);
        }
    }
}
