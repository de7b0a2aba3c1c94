//! What every view has: the look, the size of the screen, and what is in front.

use std::time::Duration;

use crossterm::event::KeyCode;

use crate::{
    keyboard::key::Key,
    state::{
        app::{Look, Notice},
        history::Window,
        panel::ChartLook,
    },
    terminal::capability::Capabilities,
    theme::{Palette, Theme},
};

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(6);
/// The longest text that can be typed, in bytes.
const LONGEST: usize = 1000;

/// What every view has.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Time since the session began.
    pub now: Duration,
    /// Seconds since 1970.
    pub clock: i64,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    pub look: Look,
    pub notice: Option<Notice>,
    pub front: Option<Front>,
    /// Whether keys that change runs are disabled.
    pub read_only: bool,
    /// Bytes a second that went to the terminal over the last seconds.
    pub sending: f64,
    /// Whether the screen no longer shows the state.
    pub changed: bool,
}

/// What is in front of a view.
#[derive(Debug, Clone, PartialEq)]
pub enum Front {
    /// The keys, scrolled down by this many lines.
    Help { scroll: u16 },
    /// A question that is answered with yes or no.
    Question(String),
    /// A line that is typed.
    Prompt(Prompt),
}

/// A line that is typed at the foot of the screen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// What is asked for.
    pub label: &'static str,
    pub text: String,
}

/// What a key did to a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    Text,
    Whole,
    Cancelled,
}

impl Prompt {
    /// Handles a key.
    pub fn press(&mut self, key: Key) -> Typed {
        match key.code {
            KeyCode::Enter => return Typed::Whole,
            KeyCode::Esc => return Typed::Cancelled,
            KeyCode::Backspace => {
                self.text.pop();
            }
            KeyCode::Char('u') if key.ctrl => self.text.clear(),
            KeyCode::Char(letter) if !key.ctrl && !key.alt => self.add(letter),
            _ => {}
        }
        Typed::Text
    }

    /// Adds pasted text, its line breaks as spaces.
    pub fn paste(&mut self, text: &str) {
        text.chars().for_each(|letter| self.add(if letter.is_control() { ' ' } else { letter }));
    }

    fn add(&mut self, letter: char) {
        if !letter.is_control() && self.text.len() + letter.len_utf8() <= LONGEST {
            self.text.push(letter);
        }
    }
}

impl Stage {
    /// A screen of a terminal with these capabilities.
    pub fn new(capabilities: Capabilities) -> Self {
        Self {
            now: Duration::ZERO,
            clock: 0,
            size: (80, 24),
            look: Look {
                capabilities,
                glyphs: capabilities.glyphs,
                protocol: None,
                prefers_pixels: true,
                on_paper: false,
                colors: capabilities.colors,
                theme: Theme::new(Palette::default(), capabilities.colors),
                follows_background: false,
                window: Window::All,
                zoom: 0,
                chart: ChartLook::default(),
            },
            notice: None,
            front: None,
            read_only: false,
            sending: 0.0,
            changed: true,
        }
    }

    /// Shows a line for a while.
    pub fn notify(&mut self, text: String, is_error: bool) {
        self.notice = Some(Notice { text, is_error, until: self.now + NOTICE });
        self.changed = true;
    }

    /// Opens a line to be typed.
    pub fn prompt(&mut self, label: &'static str, text: String) {
        self.front = Some(Front::Prompt(Prompt { label, text }));
    }

    /// Asks a question.
    pub fn ask(&mut self, question: String) {
        self.front = Some(Front::Question(question));
    }

    /// The clock has gone on.
    pub fn tick(&mut self, now: Duration, clock: i64) {
        // Ages are shown in seconds at the finest.
        self.changed |= clock != self.clock;
        (self.now, self.clock) = (now, clock);
        if self.notice.as_ref().is_some_and(|notice| notice.until <= now) {
            self.notice = None;
            self.changed = true;
        }
    }

    pub(super) fn next_theme(&mut self) {
        self.look.theme.palette = self.look.theme.palette.next();
        self.look.follows_background = false;
    }

    pub(super) fn next_colors(&mut self) {
        self.look.colors = self.look.colors.next();
        self.look.theme = self.look.theme.with(self.look.colors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_takes_text_of_a_bounded_length() {
        let mut prompt = Prompt::default();
        for name in ["a", "B", "Backspace", "c"] {
            let key = name.parse().expect("a key");
            assert_eq!(prompt.press(key), Typed::Text);
        }
        prompt.paste("\x1b[31m\n");
        assert_eq!(prompt.text, "ac [31m ");
        prompt.paste(&"x".repeat(5000));
        assert_eq!(prompt.text.len(), LONGEST);
        assert_eq!(prompt.press("Esc".parse().expect("a key")), Typed::Cancelled);
        assert_eq!(prompt.press("Enter".parse().expect("a key")), Typed::Whole);
    }
}
