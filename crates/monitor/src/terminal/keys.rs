//! Which key a number or a letter of a control sequence means (ECMA-48, xterm's modifyOtherKeys,
//! kitty's keyboard protocol, the Linux console).

use crossterm::event::KeyCode;

use crate::keyboard::key::Key;

/// Shift, Alt and Ctrl in a parameter of modifiers, from which 1 has been taken.
const SHIFT: u32 = 1;
const ALT: u32 = 2;
const CTRL: u32 = 4;
/// Super, Hyper and Meta: no key of ours has them. Above these are the locks, which change nothing.
const OTHERS: u32 = 0b11_1000;

/// The event type of a key that is let go; a press is 1, and a repetition 2.
const RELEASE: u32 = 3;

/// The parameters of a control sequence: `1;5:3` has two, the second with two parts.
#[derive(Debug, Clone, Copy)]
pub struct Parameters<'a>(pub &'a [u8]);

impl Parameters<'_> {
    /// A part of a parameter, both from 0; `None` if it is left out or not a number.
    pub fn get(self, parameter: usize, part: usize) -> Option<u32> {
        let parameter = self.0.split(|byte| *byte == b';').nth(parameter)?;
        let part = parameter.split(|byte| *byte == b':').nth(part)?;
        std::str::from_utf8(part).ok()?.parse().ok()
    }

    /// A parameter that has to be there.
    pub fn number(self, parameter: usize) -> Option<u16> {
        self.get(parameter, 0)?.try_into().ok()
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.0.split(|byte| *byte == b';').count()
    }
}

/// Returns the key of a control sequence that ends with `last`; `None` if it means none, or if a
/// key was let go.
pub fn key(parameters: Parameters, last: u8) -> Option<Key> {
    let first = parameters.get(0, 0);
    match last {
        b'~' if first == Some(27) => other_key(parameters),
        b'~' => with_modifiers(numbered(first?)?, parameters),
        b'u' => unicode_key(parameters),
        b'Z' => with_modifiers(KeyCode::BackTab, parameters),
        _ => with_modifiers(letter(last)?, parameters),
    }
}

/// Returns the key of a sequence that begins with SS3, the form of the application modes of the
/// cursor keys and of the keypad.
pub fn single_shift(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'M' => KeyCode::Enter,
        b'I' => KeyCode::Tab,
        b' ' => KeyCode::Char(' '),
        b'X' => KeyCode::Char('='),
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        _ => letter(last)?,
    })
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

fn numbered(number: u32) -> Option<KeyCode> {
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
        number => functional(number)?,
    })
}

/// kitty's numbers of keys that are no characters, in the private use area of Unicode.
fn functional(number: u32) -> Option<KeyCode> {
    Some(match number {
        57344 => KeyCode::Esc,
        57345 | 57414 => KeyCode::Enter,
        57346 => KeyCode::Tab,
        57347 => KeyCode::Backspace,
        57348 | 57425 => KeyCode::Insert,
        57349 | 57426 => KeyCode::Delete,
        57350 | 57417 => KeyCode::Left,
        57351 | 57418 => KeyCode::Right,
        57352 | 57419 => KeyCode::Up,
        57353 | 57420 => KeyCode::Down,
        57354 | 57421 => KeyCode::PageUp,
        57355 | 57422 => KeyCode::PageDown,
        57356 | 57423 => KeyCode::Home,
        57357 | 57424 => KeyCode::End,
        57364..=57398 => KeyCode::F((number - 57364) as u8 + 1),
        // The keypad.
        57399..=57408 => KeyCode::Char(char::from(b'0' + (number - 57399) as u8)),
        57409 => KeyCode::Char('.'),
        57410 => KeyCode::Char('/'),
        57411 => KeyCode::Char('*'),
        57412 => KeyCode::Char('-'),
        57413 => KeyCode::Char('+'),
        57415 => KeyCode::Char('='),
        57416 => KeyCode::Char(','),
        _ => return None,
    })
}

/// `ESC [ code:shifted ; modifiers:event ; text u`, the form of terminals that send every key by
/// its number, so that nothing is mistaken for the beginning of something else.
fn unicode_key(parameters: Parameters) -> Option<Key> {
    let number = parameters.get(0, 0)?;
    let modifiers = modifiers(parameters)?;
    let shifted = (modifiers & SHIFT != 0).then(|| parameters.get(0, 1)).flatten();
    let typed = (modifiers & (ALT | CTRL) == 0).then(|| parameters.get(2, 0)).flatten();
    character(typed.or(shifted), number, modifiers)
}

/// `ESC [ 27 ; modifiers ; code ~`, xterm's form of keys that have none of their own.
fn other_key(parameters: Parameters) -> Option<Key> {
    character(None, parameters.get(2, 0)?, modifiers(parameters)?)
}

/// Returns the key of a character's number. `typed` is the character that it types with its
/// modifiers, where that is known.
fn character(typed: Option<u32>, number: u32, modifiers: u32) -> Option<Key> {
    let code = match number {
        9 if modifiers & SHIFT != 0 => KeyCode::BackTab,
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        8 | 127 => KeyCode::Backspace,
        57344..=63743 => functional(number)?,
        number => {
            let char = char::from_u32(typed.unwrap_or(number)).filter(|char| !char.is_control())?;
            // A capital letter is a key of its own, but not with Ctrl.
            KeyCode::Char(match modifiers {
                ctrl if ctrl & CTRL != 0 => one(char.to_lowercase(), char),
                shift if shift & SHIFT != 0 => one(char.to_uppercase(), char),
                _ => char,
            })
        }
    };
    Some(with(code, modifiers))
}

/// The only character of several, or `otherwise`.
fn one(mut chars: impl ExactSizeIterator<Item = char>, otherwise: char) -> char {
    if chars.len() == 1 { chars.next().unwrap_or(otherwise) } else { otherwise }
}

fn with_modifiers(code: KeyCode, parameters: Parameters) -> Option<Key> {
    Some(with(code, modifiers(parameters)?))
}

fn with(code: KeyCode, modifiers: u32) -> Key {
    Key { code, ctrl: modifiers & CTRL != 0, alt: modifiers & ALT != 0 }
}

/// Returns the modifiers in the second parameter; `None` if the key was let go, or has modifiers
/// that no key of ours has.
fn modifiers(parameters: Parameters) -> Option<u32> {
    let modifiers = parameters.get(1, 0).unwrap_or(1).saturating_sub(1);
    (parameters.get(1, 1) != Some(RELEASE) && modifiers & OTHERS == 0).then_some(modifiers)
}
