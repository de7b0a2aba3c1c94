//! A key with its modifiers, and its name in the help and in the configuration file.

use std::{fmt, str::FromStr};

use crossterm::event::KeyCode;

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

impl Key {
    /// The key without modifiers.
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// The digit that is typed with it.
    pub fn digit(self) -> Option<u8> {
        match self.code {
            KeyCode::Char(char) if !self.ctrl && !self.alt => {
                char.to_digit(10).map(|digit| digit as u8)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(char) if self.ctrl => write!(f, "{}", char.to_ascii_uppercase()),
            KeyCode::Char(char) => write!(f, "{char}"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::F(number) => write!(f, "F{number}"),
            code => write!(f, "{code:?}"),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// The inverse of its display; names in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let refuse = || {
            format!(
                "expected a key such as `p`, `space`, `Enter`, `F1`, `Ctrl-L` or `Alt-x`, found `{text}`"
            )
        };
        let (mut ctrl, mut alt, mut rest) = (false, false, text);
        // A lone `-` is a key.
        while let Some((modifier, key)) = rest.split_once('-').filter(|(_, key)| !key.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => ctrl = true,
                "alt" => alt = true,
                "shift" if key.eq_ignore_ascii_case("tab") => {
                    return Ok(Self { code: KeyCode::BackTab, ctrl, alt });
                }
                _ => return Err(refuse()),
            }
            rest = key;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(char), None) => {
                KeyCode::Char(if ctrl { char.to_ascii_lowercase() } else { char })
            }
            _ => named(rest).ok_or_else(refuse)?,
        };
        Ok(Self { code, ctrl, alt })
    }
}

fn named(name: &str) -> Option<KeyCode> {
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "space" => KeyCode::Char(' '),
        "esc" => KeyCode::Esc,
        "enter" => KeyCode::Enter,
        "tab" => KeyCode::Tab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "insert" => KeyCode::Insert,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        _ => KeyCode::F(
            name.strip_prefix('f')?.parse().ok().filter(|number| (1..=24).contains(number))?,
        ),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named() {
        let ctrl_c = Key { ctrl: true, ..Key::plain(KeyCode::Char('c')) };
        let keys = [
            ctrl_c,
            Key::plain(KeyCode::Char(' ')),
            Key::plain(KeyCode::Home),
            Key::plain(KeyCode::F(1)),
        ];
        assert_eq!(keys.map(|key| key.to_string()), ["Ctrl-C", "space", "Home", "F1"]);
        assert_eq!(keys.map(|key| key.to_string().parse::<Key>().unwrap()), keys);
    }
}
