//! Small forms of text that are written in many places, and text that is not ours (paths, names) in
//! a form that a terminal and a shell take as nothing but text.

use std::{
    borrow::Cow,
    fmt::{Display, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a whole number with commas: `1234567` as `1,234,567`.
pub fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a text that can continue a sentence.
pub fn lowercase_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Returns a path as a person reads it, in one line and without an effect on a terminal: control
/// characters, characters that reorder or hide text, and bytes that are not UTF-8 are escaped.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_bytes().utf8_chunks() {
        text.push_str(&escaped(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// Returns text that may hold anything in the form of [`shown`].
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        // Writing to a string cannot fail.
        let _ = match letter {
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\0'..='\x7f' if letter.is_control() => write!(out, "\\x{:02x}", letter as u32),
            _ if is_unsafe(letter) => write!(out, "\\u{{{:x}}}", letter as u32),
            _ => out.write_char(letter),
        };
    }
    out.into()
}

/// Whether a character has an effect on a terminal or the layout: controls, line and paragraph
/// separators, those that change the direction of a text, and those that cannot be seen.
pub fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Returns a path as a shell reads it, for commands that a person may copy: as it is if that will
/// do, else in quotes, with escapes for what [`shown`] escapes (`$'...'`, as bash, zsh and ksh have
/// it).
pub fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    // A command would take it for an option.
    let before = if bytes.starts_with(b"-") { "./" } else { "" };
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:,=@%+".contains(letter);
    match path.to_str() {
        Some(text) if !text.is_empty() && text.chars().all(plain) => format!("{before}{text}"),
        Some(text) if !text.contains(is_unsafe) => {
            format!("'{before}{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let mut out = format!("$'{before}");
            for chunk in bytes.utf8_chunks() {
                for letter in chunk.valid().chars() {
                    match letter {
                        '\'' | '\\' => out.extend(['\\', letter]),
                        _ if is_unsafe(letter) => octal(&mut out, letter.to_string().as_bytes()),
                        _ => out.push(letter),
                    }
                }
                octal(&mut out, chunk.invalid());
            }
            out + "'"
        }
    }
}

/// Three digits each, so that a digit which follows is not taken for one more.
fn octal(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "\\{byte:03o}");
    }
}

/// Returns how many cells of a terminal a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Returns a text in at most so many cells, with an ellipsis if its end is cut off.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if width(text) <= most {
        return text.into();
    }
    let mut used = 0;
    let kept = text.chars().take_while(|letter| {
        used += letter.width().unwrap_or(0);
        used < most
    });
    let kept: String = kept.collect();
    if most == 0 { "".into() } else { format!("{kept}\u{2026}").into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::{ffi::OsStr, process::Command};

    use proptest::prelude::*;

    use super::*;

    fn path(bytes: &[u8]) -> &Path {
        Path::new(OsStr::from_bytes(bytes))
    }

    #[test]
    fn paths_have_no_effect_on_a_terminal() {
        for (bytes, expected) in [
            (&b"runs/a b-\xc3\xa9"[..], "runs/a b-\u{e9}"),
            (b"\x1b]0;x\x07 b", r"\x1b]0;x\x07 b"),
            (b"a\nb\tc\r\x7f", r"a\nb\tc\r\x7f"),
            ("\u{9b}31m\u{202e}gnp".as_bytes(), r"\u{9b}31m\u{202e}gnp"),
            (b"\xff-\xc3(", r"\xff-\xc3("),
        ] {
            assert_eq!(shown(path(bytes)), expected);
        }
        assert!(matches!(escaped("日本"), Cow::Borrowed("日本")));
    }

    #[test]
    fn paths_in_commands_are_quoted_if_a_shell_needs_it() {
        for (bytes, expected) in [
            (&b"runs/a-1_2.x"[..], "runs/a-1_2.x"),
            (b"my runs/it's", r"'my runs/it'\''s'"),
            (b"~/x", "'~/x'"),
            (b"$HOME", "'$HOME'"),
            (b"", "''"),
            (b"-x", "./-x"),
            (b"-x y", "'./-x y'"),
            (b"\x1b]0;x\x07'1\\", r"$'\033]0;x\007\'1\\'"),
            (b"\xff1", r"$'\3771'"),
        ] {
            assert_eq!(quoted(path(bytes)), expected);
        }
    }

    #[test]
    fn texts_are_cut_by_the_cells_that_they_take() {
        assert_eq!(["abc", "日本", "e\u{301}"].map(width), [3, 4, 1]);
        for (most, expected) in [(9, "日本語x"), (7, "日本語x"), (6, "日本\u{2026}"), (0, "")]
        {
            assert_eq!(cut("日本語x", most), expected);
        }
        assert_eq!(cut("abc", 2), "a\u{2026}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_shell_reads_what_was_quoted(bytes in proptest::collection::vec(1u8.., 1..12)) {
            let script = format!("printf %s {}", quoted(path(&bytes)));
            // A machine without it has no other shell to try.
            let Ok(output) = Command::new("bash").args(["-c", &script]).output() else {
                return Ok(());
            };
            let read = output.stdout.strip_prefix(b"./").unwrap_or(&output.stdout);
            prop_assert_eq!(read, bytes.strip_prefix(b"./").unwrap_or(&bytes));
        }

        #[test]
        fn nothing_unsafe_is_shown(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert!(!shown(path(&bytes)).contains(is_unsafe));
            prop_assert!(!quoted(path(&bytes)).contains(is_unsafe));
        }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1000, 726_401, 1_000_000].map(grouped),
            ["0", "999", "1,000", "726,401", "1,000,000"]
        );
    }

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(hex(&[0, 9, 171, 255]), "0009abff");
    }
}
