//! Places in a preset's text: where a field's value stands, for rules that are looked at when all
//! has been read, and what stands at a place.

use std::fmt;

/// Line and column, from 1, of the value of a preset's own field `name`; `None` where the field is
/// left out.
pub(super) fn of(text: &str, name: &str) -> Option<(usize, usize)> {
    let mut depth = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = match first {
            '"' => string(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => comment(rest),
            _ if is_word(first) => {
                let word = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
                if depth == 1
                    && word == name
                    && let Some(value) = blank(&rest[word.len()..]).strip_prefix(':')
                {
                    return Some(place(text, blank(value)));
                }
                word.len()
            }
            '(' | '[' | '{' => {
                depth += 1;
                1
            }
            ')' | ']' | '}' => {
                depth -= 1;
                1
            }
            other => other.len_utf8(),
        };
        rest = &rest[skipped..];
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Length of the string that the text begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of the comment that the text begins with; such comments may hold others.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        match () {
            () if rest.starts_with("/*") => (depth, at) = (depth + 1, at + 2),
            () if rest.starts_with("*/") => (depth, at) = (depth - 1, at + 2),
            () => at += rest.chars().next().map_or(1, char::len_utf8),
        }
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

/// What follows blanks and comments.
fn blank(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        let skipped = match text {
            _ if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
            _ if text.starts_with("/*") => comment(text),
            _ => return text,
        };
        text = &text[skipped..];
    }
}

/// The place in `text` where its end `rest` begins.
fn place(text: &str, rest: &str) -> (usize, usize) {
    let before = &text[..text.len() - rest.len()];
    let line = before.rsplit('\n').next().unwrap_or(before);
    (1 + before.matches('\n').count(), 1 + line.chars().count())
}

/// What stands at a place or is the first behind it: a word, a text in quotes, a sign, or the end
/// of the file.
pub(super) struct Found<'a> {
    pub line: usize,
    pub column: usize,
    rest: &'a str,
}

impl<'a> Found<'a> {
    /// At line and column, from 1, or behind the blanks and comments there.
    pub fn at(text: &'a str, line: usize, column: usize) -> Self {
        let before: usize =
            text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &text[before..];
        let start =
            rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        let rest = blank(&rest[start..]);
        let (line, column) = place(text, rest);
        Self { line, column, rest }
    }

    pub fn is_end(&self) -> bool {
        self.rest.is_empty()
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 40;
        let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
        let (before, word) = match self.rest.chars().next() {
            None => return f.write_str("the end of the file"),
            Some('"') => ("the text ", &self.rest[..string(self.rest)]),
            Some(first) if in_word(first) => {
                ("", &self.rest[..self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len())])
            }
            Some(other) => ("", &self.rest[..other.len_utf8()]),
        };
        let (quote, more) = (
            if before.is_empty() { "`" } else { "" },
            if word.chars().count() > MOST { "..." } else { "" },
        );
        write!(f, "{before}{quote}{}{more}{quote}", word.chars().take(MOST).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_found_behind_comments_strings_and_deeper_fields() {
        assert_eq!(of("(latent: 99)", "latent"), Some((1, 10)));
        let text = "// latent: 1\n( /* latent: /* 2 */ ( */ name: \"latent: 3\\\"\",\n  \
                    generator: (latent: 4),\n  'latent\n  latent // here:\n  : 5)";
        assert_eq!(of(text, "latent"), Some((6, 5)));
        assert_eq!(of("Preset(ä: 1, latent: 2)", "latent"), Some((1, 22)));
        assert_eq!(of("(latents: 99)", "latent"), None);
        assert_eq!(of("", "latent"), None);
    }

    #[test]
    fn what_stands_at_a_place_is_told() {
        let found = |text: &str, line, column| {
            let found = Found::at(text, line, column);
            format!("{}:{} {found}", found.line, found.column)
        };
        assert_eq!(found("(batch: 32)", 1, 9), "1:9 `32`");
        assert_eq!(found("(ä: 1 // one\n  more)", 1, 6), "2:3 `more`");
        assert_eq!(found("(name: \"a b\")", 1, 8), "1:8 the text \"a b\"");
        assert_eq!(found("(batch: 32\n\n", 1, 11), "3:1 the end of the file");
        assert_eq!(found("", 7, 7), "1:1 the end of the file");
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_through(text in "[(){}\"\\\\/*: \nlatenä]{0,40}") {
            let _ = of(&text, "latent");
            for place in 0..9 {
                let _ = Found::at(&text, place / 3, place).to_string();
            }
        }
    }
}
