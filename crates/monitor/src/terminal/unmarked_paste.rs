//! Text that is pasted in a terminal that does not mark it: nobody types a line of text within one
//! read.

use std::time::Duration;

use crossterm::event::KeyCode;
use tokio::time::Instant;

use super::sequences::Input;

/// A read of at least this many characters is a pasted text, if this many of them differ; a key
/// that repeats is not.
const CHARACTERS: usize = 6;
const DIFFERENT: usize = 4;
/// So many are pasted even if they are all the same.
const MANY: usize = 100;
/// How soon the next part of such a text comes.
const NEXT: Duration = Duration::from_millis(50);

/// Finds pasted text that is not marked.
#[derive(Debug, Default)]
pub struct Unmarked {
    /// Until when more of it may follow.
    until: Option<Instant>,
}

impl Unmarked {
    /// Replaces the keys of one read by a pasted text, if they are one.
    pub fn gather(&mut self, inputs: Vec<Input>, now: Instant) -> Vec<Input> {
        let Some(text) = text_of(&inputs) else { return inputs };
        let follows = self.until.is_some_and(|until| now <= until);
        if text.is_empty() || !(follows || is_pasted(&text)) {
            return inputs;
        }
        self.until = Some(now + NEXT);
        let mut rest: Vec<Input> =
            inputs.into_iter().filter(|input| !matches!(input, Input::Key(_))).collect();
        rest.push(Input::Paste(text));
        rest
    }

    /// More of a text may follow whose end was no longer waited for.
    pub fn expect_more(&mut self, now: Instant) {
        self.until = Some(now + NEXT);
    }
}

/// The text that the keys type; `None` if one of them types none.
fn text_of(inputs: &[Input]) -> Option<String> {
    let keys = inputs.iter().filter_map(|input| match input {
        Input::Key(key) => Some(*key),
        _ => None,
    });
    let char = |code| match code {
        KeyCode::Char(char) => Some(char),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    };
    keys.map(|key| char(key.code).filter(|_| !key.ctrl && !key.alt)).collect()
}

fn is_pasted(text: &str) -> bool {
    let mut characters: Vec<char> = text.chars().filter(|char| !char.is_control()).collect();
    let count = characters.len();
    characters.sort_unstable();
    characters.dedup();
    count >= MANY || (count >= CHARACTERS && characters.len() >= DIFFERENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyboard::key::Key;

    fn keys(text: &str) -> Vec<Input> {
        let key = |char| match char {
            '\n' => KeyCode::Enter,
            char => KeyCode::Char(char),
        };
        text.chars().map(|char| Input::Key(Key::plain(key(char)))).collect()
    }

    fn paste(text: &str) -> Input {
        Input::Paste(text.into())
    }

    #[test]
    fn a_line_at_once_is_pasted_and_keys_are_not() {
        let now = Instant::now();
        let gather = |inputs| Unmarked::default().gather(inputs, now);
        for text in ["cd runs && ls -la", "ls -la\n", "one\ntwo\n", "häßlich"] {
            assert_eq!(gather(keys(text)), [paste(text)]);
        }
        for text in ["q", "qy", "gk\n", "jjjjjjjjjjjjjjjj", "jkjkjkjkjkjk", "#2026\n", "sss"] {
            assert_eq!(gather(keys(text)), keys(text));
        }
        let same = "-".repeat(MANY);
        assert_eq!(gather(keys(&same)), [paste(&same)]);
        // Keys that type nothing are pressed, and an answer in between is an answer.
        let mut pressed = keys("cd runs");
        pressed.push(Input::Key(Key::plain(KeyCode::Up)));
        assert_eq!(gather(pressed.clone()), pressed);
        let mut answered = keys("cd runs");
        answered.insert(3, Input::Report { row: 1, column: 1 });
        assert_eq!(gather(answered), [Input::Report { row: 1, column: 1 }, paste("cd runs")]);
    }

    #[test]
    fn the_rest_of_a_pasted_text_belongs_to_it() {
        let (mut unmarked, now) = (Unmarked::default(), Instant::now());
        assert_eq!(unmarked.gather(keys("cd runs && "), now), [paste("cd runs && ")]);
        assert_eq!(unmarked.gather(keys("q\n"), now + NEXT), [paste("q\n")]);
        assert_eq!(unmarked.gather(Vec::new(), now + NEXT), []);
        assert_eq!(unmarked.gather(keys("y"), now + 3 * NEXT), keys("y"), "a key after that");
    }
}
