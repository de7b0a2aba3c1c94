//! Keys to named actions, and the names of both for the help.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    /// Ctrl-C: the first is `Quit`, the second leaves at once.
    Interrupt,
    TogglePause,
    ChoosePreset,
    Export,
    CycleGlyphs,
    CycleColors,
    CycleWindow,
    Larger,
    Smaller,
    Help,
    Up,
    Down,
    First,
    Last,
    Confirm,
    Cancel,
}

impl Action {
    /// What it does, for the help.
    pub fn description(self) -> &'static str {
        match self {
            Self::Quit => "quit; the run is saved first",
            Self::Interrupt => "quit; pressed again, leave at once",
            Self::TogglePause => "pause, or go on",
            Self::ChoosePreset => "choose a preset for a new run",
            Self::Export => "export the frame as PNG, text and ANSI",
            Self::CycleGlyphs => "next set of picture characters",
            Self::CycleColors => "next tier of colours",
            Self::CycleWindow => "losses of the whole run, or of its end",
            Self::Larger => "larger pictures, fewer of them",
            Self::Smaller => "smaller pictures, more of them",
            Self::Help => "this help",
            Self::Up => "up",
            Self::Down => "down",
            Self::First => "to the top",
            Self::Last => "to the bottom",
            Self::Confirm => "yes",
            Self::Cancel => "no, back",
        }
    }
}

/// Where a key has its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere, before all others.
    Always,
    /// With nothing in front of the panels.
    Main,
    /// With a list or a text in front.
    List,
    /// With a question in front.
    Question,
}

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

    const fn char(char: char) -> Self {
        Self::plain(KeyCode::Char(char))
    }

    const fn ctrl(char: char) -> Self {
        Self { code: KeyCode::Char(char), ctrl: true, alt: false }
    }
}

impl From<KeyEvent> for Key {
    /// Shift is part of the character and left out.
    fn from(event: KeyEvent) -> Self {
        let (ctrl, alt) = (event.modifiers.contains(KeyModifiers::CONTROL), event.modifiers.contains(KeyModifiers::ALT));
        let code = match event.code {
            KeyCode::Char(char) if ctrl => KeyCode::Char(char.to_ascii_lowercase()),
            code => code,
        };
        Self { code, ctrl, alt }
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
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::F(number) => write!(f, "F{number}"),
            code => write!(f, "{code:?}"),
        }
    }
}

/// A key, where it counts, and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    pub context: Context,
    pub key: Key,
    pub action: Action,
}

/// All keys.
#[derive(Debug, Clone)]
pub struct KeyMap {
    bindings: Vec<Binding>,
}

impl Default for KeyMap {
    fn default() -> Self {
        use Action::*;
        use Context::*;
        let bindings = [
            (Always, Key::ctrl('c'), Interrupt),
            (Main, Key::char('q'), Quit),
            (Main, Key::char(' '), TogglePause),
            (Main, Key::char('p'), ChoosePreset),
            (Main, Key::char('e'), Export),
            (Main, Key::char('b'), CycleGlyphs),
            (Main, Key::char('c'), CycleColors),
            (Main, Key::char('x'), CycleWindow),
            (Main, Key::char('+'), Larger),
            (Main, Key::char('='), Larger),
            (Main, Key::char('-'), Smaller),
            (Main, Key::char('?'), Help),
            (Main, Key::plain(KeyCode::F(1)), Help),
            (List, Key::plain(KeyCode::Up), Up),
            (List, Key::char('k'), Up),
            (List, Key::plain(KeyCode::Down), Down),
            (List, Key::char('j'), Down),
            (List, Key::plain(KeyCode::Home), First),
            (List, Key::char('g'), First),
            (List, Key::plain(KeyCode::End), Last),
            (List, Key::char('G'), Last),
            (List, Key::plain(KeyCode::Enter), Confirm),
            (List, Key::plain(KeyCode::Esc), Cancel),
            (List, Key::char('q'), Cancel),
            (List, Key::char('?'), Cancel),
            (Question, Key::char('y'), Confirm),
            (Question, Key::plain(KeyCode::Enter), Confirm),
            (Question, Key::char('n'), Cancel),
            (Question, Key::plain(KeyCode::Esc), Cancel),
        ];
        Self { bindings: bindings.map(|(context, key, action)| Binding { context, key, action }).to_vec() }
    }
}

impl KeyMap {
    /// What a key asks for where `context` is in front.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let found = |context| self.bindings.iter().find(|binding| binding.context == context && binding.key == key);
        found(Context::Always).or_else(|| found(context)).map(|binding| binding.action)
    }

    /// The first key for an action.
    pub fn key(&self, action: Action) -> Option<Key> {
        self.bindings.iter().find(|binding| binding.action == action).map(|binding| binding.key)
    }

    /// The actions of a context in order, each with all its keys.
    pub fn actions(&self, context: Context) -> Vec<(Action, Vec<Key>)> {
        let mut out: Vec<(Action, Vec<Key>)> = Vec::new();
        for binding in self.bindings.iter().filter(|binding| binding.context == context) {
            match out.iter_mut().find(|(action, _)| *action == binding.action) {
                Some((_, keys)) => keys.push(binding.key),
                None => out.push((binding.action, vec![binding.key])),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_meaning_in_a_context() {
        let map = KeyMap::default();
        for (at, binding) in map.bindings.iter().enumerate() {
            let same =
                |other: &&Binding| other.key == binding.key && (other.context == binding.context || other.context == Context::Always);
            assert_eq!(map.bindings.iter().filter(same).count(), 1, "{binding:?}, number {at}");
        }
    }

    #[test]
    fn keys_are_found_and_named() {
        let map = KeyMap::default();
        assert_eq!(
            map.action(Context::Question, Key::from(KeyEvent::new(KeyCode::Char('C'), KeyModifiers::CONTROL))),
            Some(Action::Interrupt)
        );
        assert_eq!(map.action(Context::Main, Key::from(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT))), Some(Action::Help));
        assert_eq!(map.action(Context::Main, Key::char('y')), None);
        let names: Vec<String> =
            [Key::ctrl('c'), Key::char(' '), Key::plain(KeyCode::Home), Key::plain(KeyCode::F(1))].map(|key| key.to_string()).into();
        assert_eq!(names, ["Ctrl-C", "space", "Home", "F1"]);
    }
}
