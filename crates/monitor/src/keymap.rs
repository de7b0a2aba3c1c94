//! Keys to named actions, and the names of both for the help.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::{Deserialize, Serialize};

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Action {
    Quit,
    /// Ctrl-C: the first is `Quit`, the second leaves at once.
    Interrupt,
    /// Leaves the monitor; the run goes on.
    Detach,
    TogglePause,
    ChoosePreset,
    Export,
    CycleGlyphs,
    CycleColors,
    CycleTheme,
    CycleWindow,
    Larger,
    Smaller,
    Step,
    Save,
    LearningRates,
    /// Looks at the preset whose file has changed.
    Reload,
    /// The preset with this number, from 1.
    Preset(u8),
    ExportChoices,
    CopyPath,
    NextView,
    Shuffle,
    /// Types a number that is drawn.
    Number,
    Back,
    Forward,
    BackFar,
    ForwardFar,
    Start,
    Live,
    Play,
    ScrollUp,
    ScrollDown,
    LogScale,
    Smooth,
    NextPanel,
    PreviousPanel,
    Enlarge,
    Restore,
    Suspend,
    Redraw,
    Help,
    Up,
    Down,
    First,
    Last,
    Confirm,
    Cancel,
    Less,
    More,
    /// Takes back the last digit typed.
    Erase,
    /// Of a replay.
    Slower,
    Faster,
}

impl Action {
    /// What it does, for the help.
    pub fn description(self) -> &'static str {
        match self {
            Self::Quit => "quit; the run is saved first",
            Self::Interrupt => "quit; pressed again, leave at once",
            Self::Detach => "leave the run to go on in the background",
            Self::TogglePause => "pause, or go on",
            Self::ChoosePreset => "choose a preset for a new run",
            Self::Export => "export the frame as PNG, text and ANSI",
            Self::CycleGlyphs => "next set of picture characters",
            Self::CycleColors => "next tier of colours",
            Self::CycleTheme => "next theme",
            Self::CycleWindow => "losses of the whole run, or of its end",
            Self::Larger => "larger pictures, fewer of them",
            Self::Smaller => "smaller pictures, more of them",
            Self::Step => "one iteration, while paused",
            Self::Save => "save a checkpoint now",
            Self::LearningRates => "change the learning rates",
            Self::Reload => "a new run of the preset whose file has changed",
            Self::Preset(_) => "choose this preset for a new run",
            Self::ExportChoices => "export something else",
            Self::CopyPath => "copy the last export's path",
            Self::NextView => "next way to look at samples",
            Self::Shuffle => "draw other samples",
            Self::Number => "type a number and see it drawn",
            Self::Back => "back: a frame, or the chart's cursor",
            Self::Forward => "forward",
            Self::BackFar => "back by ten",
            Self::ForwardFar => "forward by ten",
            Self::Start => "to the first frame",
            Self::Live => "to what is live",
            Self::Play => "play the run's frames, or stop",
            Self::ScrollUp => "up: the sample before, or the log",
            Self::ScrollDown => "down",
            Self::LogScale => "losses on a logarithmic scale",
            Self::Smooth => "smooth the charts more, or not at all",
            Self::NextPanel => "focus the next panel",
            Self::PreviousPanel => "focus the panel before",
            Self::Enlarge => "enlarge the panel in focus",
            Self::Restore => "put it back",
            Self::Suspend => "suspend; fg comes back",
            Self::Redraw => "draw the screen anew",
            Self::Less => "less",
            Self::More => "more",
            Self::Erase => "take back the last digit",
            Self::Slower => "replay at half the speed",
            Self::Faster => "replay at twice the speed",
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
    /// While a number is typed.
    Number,
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

    /// The digit that is typed with it.
    pub fn digit(self) -> Option<u8> {
        match self.code {
            KeyCode::Char(char) if !self.ctrl && !self.alt => {
                char.to_digit(10).map(|digit| digit as u8)
            }
            _ => None,
        }
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
        let (ctrl, alt) = (
            event.modifiers.contains(KeyModifiers::CONTROL),
            event.modifiers.contains(KeyModifiers::ALT),
        );
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
            KeyCode::BackTab => f.write_str("Shift-Tab"),
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
        use Context::{Always, List, Main, Question};
        let bindings = [
            (Always, Key::ctrl('c'), Interrupt),
            (Main, Key::char('q'), Quit),
            (Main, Key::char('d'), Detach),
            (Main, Key::char(' '), TogglePause),
            (Main, Key::char('p'), ChoosePreset),
            (Main, Key::char('e'), Export),
            (Main, Key::char('b'), CycleGlyphs),
            (Main, Key::char('c'), CycleColors),
            (Main, Key::char('t'), CycleTheme),
            (Main, Key::char('x'), CycleWindow),
            (Main, Key::char('+'), Larger),
            (Main, Key::char('='), Larger),
            (Main, Key::char('-'), Smaller),
            (Main, Key::char('n'), Step),
            (Main, Key::char('w'), Save),
            (Main, Key::char('L'), LearningRates),
            (Main, Key::char('R'), Reload),
            (Main, Key::char('E'), ExportChoices),
            (Main, Key::char('Y'), CopyPath),
            (Main, Key::char('s'), NextView),
            (Main, Key::char('f'), Shuffle),
            (Main, Key::char('#'), Action::Number),
            (Main, Key::plain(KeyCode::Left), Back),
            (Main, Key::char('h'), Back),
            (Main, Key::plain(KeyCode::Right), Forward),
            (Main, Key::char('l'), Forward),
            (Main, Key::char('['), BackFar),
            (Main, Key::plain(KeyCode::PageUp), BackFar),
            (Main, Key::char(']'), ForwardFar),
            (Main, Key::plain(KeyCode::PageDown), ForwardFar),
            (Main, Key::plain(KeyCode::Home), Start),
            (Main, Key::char('g'), Start),
            (Main, Key::plain(KeyCode::End), Live),
            (Main, Key::char('G'), Live),
            (Main, Key::char('r'), Play),
            (Main, Key::char('<'), Slower),
            (Main, Key::char('>'), Faster),
            (Main, Key::plain(KeyCode::Up), ScrollUp),
            (Main, Key::char('k'), ScrollUp),
            (Main, Key::plain(KeyCode::Down), ScrollDown),
            (Main, Key::char('j'), ScrollDown),
            (Main, Key::char('y'), LogScale),
            (Main, Key::char('S'), Smooth),
            (Main, Key::plain(KeyCode::Tab), NextPanel),
            (Main, Key::plain(KeyCode::BackTab), PreviousPanel),
            (Main, Key::plain(KeyCode::Enter), Enlarge),
            (Main, Key::char('z'), Enlarge),
            (Main, Key::plain(KeyCode::Esc), Restore),
            (Main, Key::char('1'), Preset(1)),
            (Main, Key::char('2'), Preset(2)),
            (Main, Key::char('3'), Preset(3)),
            (Main, Key::char('4'), Preset(4)),
            (Main, Key::char('5'), Preset(5)),
            (Main, Key::char('6'), Preset(6)),
            (Main, Key::char('7'), Preset(7)),
            (Main, Key::char('8'), Preset(8)),
            (Main, Key::char('9'), Preset(9)),
            (Always, Key::ctrl('z'), Suspend),
            (Always, Key::ctrl('l'), Redraw),
            (Main, Key::char('?'), Help),
            (Main, Key::plain(KeyCode::F(1)), Help),
            (List, Key::plain(KeyCode::Up), Up),
            (List, Key::char('k'), Up),
            (List, Key::plain(KeyCode::Down), Down),
            (List, Key::char('j'), Down),
            (List, Key::plain(KeyCode::Left), Less),
            (List, Key::char('h'), Less),
            (List, Key::plain(KeyCode::Right), More),
            (List, Key::char('l'), More),
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
            (Context::Number, Key::plain(KeyCode::Backspace), Erase),
            (Context::Number, Key::plain(KeyCode::Enter), Confirm),
            (Context::Number, Key::plain(KeyCode::Esc), Cancel),
        ];
        Self {
            bindings: bindings
                .map(|(context, key, action)| Binding { context, key, action })
                .to_vec(),
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

impl KeyMap {
    /// Gives an action other keys, wherever it has any.
    pub fn rebind(&mut self, action: Action, keys: &[Key]) {
        let mut contexts: Vec<(usize, Context)> = Vec::new();
        for (at, binding) in
            self.bindings.iter().enumerate().filter(|(_, binding)| binding.action == action)
        {
            if !contexts.iter().any(|(_, context)| *context == binding.context) {
                contexts.push((at, binding.context));
            }
        }
        // From the end, so that the places before stay where they are.
        for (at, context) in contexts.into_iter().rev() {
            let after = self
                .bindings
                .split_off(at)
                .into_iter()
                .filter(|binding| binding.action != action || binding.context != context);
            let after: Vec<Binding> = after.collect();
            self.bindings.extend(keys.iter().map(|&key| Binding { context, key, action }));
            self.bindings.extend(after);
        }
    }

    /// Two actions with the same key in the same place, if there are such.
    pub fn conflict(&self) -> Option<(Key, Action, Action)> {
        self.bindings.iter().enumerate().find_map(|(at, one)| {
            let meets = |other: &&Binding| {
                let always = one.context == Context::Always || other.context == Context::Always;
                other.key == one.key
                    && other.action != one.action
                    && (always || other.context == one.context)
            };
            self.bindings[at + 1..]
                .iter()
                .find(meets)
                .map(|other| (one.key, one.action, other.action))
        })
    }

    /// All keys of an action in a context.
    pub fn keys(&self, context: Context, action: Action) -> Vec<Key> {
        let found = self
            .bindings
            .iter()
            .filter(|binding| binding.context == context && binding.action == action);
        found.map(|binding| binding.key).collect()
    }

    /// What a key asks for where `context` is in front.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let found = |context| {
            self.bindings.iter().find(|binding| binding.context == context && binding.key == key)
        };
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
            let same = |other: &&Binding| {
                other.key == binding.key
                    && (other.context == binding.context || other.context == Context::Always)
            };
            assert_eq!(map.bindings.iter().filter(same).count(), 1, "{binding:?}, number {at}");
        }
    }

    #[test]
    fn keys_are_found_and_named() {
        let map = KeyMap::default();
        assert_eq!(
            map.action(
                Context::Question,
                Key::from(KeyEvent::new(KeyCode::Char('C'), KeyModifiers::CONTROL))
            ),
            Some(Action::Interrupt)
        );
        assert_eq!(
            map.action(
                Context::Main,
                Key::from(KeyEvent::new(KeyCode::Char('?'), KeyModifiers::SHIFT))
            ),
            Some(Action::Help)
        );
        assert_eq!(map.action(Context::Main, Key::char('Q')), None);
        let names: Vec<String> =
            [Key::ctrl('c'), Key::char(' '), Key::plain(KeyCode::Home), Key::plain(KeyCode::F(1))]
                .map(|key| key.to_string())
                .into();
        assert_eq!(names, ["Ctrl-C", "space", "Home", "F1"]);
    }
}
