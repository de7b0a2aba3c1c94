//! Keys and theme as the user sets them: a RON file in the configuration folder, everything in it
//! optional.

use std::{collections::BTreeMap, io, path::PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    keyboard::{
        action::{Action, Context},
        key::Key,
        keymap::KeyMap,
    },
    terminal::pixels::PictureMode,
    theme::{Palette, Rgb, Role},
};
use gan_tui_core::{
    files::{self, UserFolder},
    text::shown,
};

/// No configuration comes near this many bytes.
const MOST_BYTES: u64 = 1 << 20;

/// What a person has set.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where it is not said, what suits the terminal's background as far as that is known.
    pub theme: Option<Palette>,
    /// Colours in place of the theme's, by the part they play.
    pub colors: BTreeMap<Role, Rgb>,
    /// Whether the mouse focuses, scrolls and seeks; the terminal's own selection then needs Shift.
    pub mouse: Mouse,
    /// What pictures are made of, where the command line does not say.
    pub pictures: Option<PictureMode>,
    /// All keys of an action, in place of its own.
    keys: BTreeMap<Action, Vec<Named>>,
}

/// A key by its name.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Named(Key);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// Whether the mouse is listened to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Mouse {
    #[default]
    On,
    Off,
}

/// A configuration that is none.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}: {}", shown(path), files::reason(source))]
    Unreadable { path: PathBuf, source: io::Error },
    /// With line and column.
    #[error("{origin}:{place}")]
    Syntax { origin: String, place: String },
}

/// Returns the file's path: `$XDG_CONFIG_HOME/gan-tui/config.ron`, or
/// `~/.config/gan-tui/config.ron`.
pub fn path() -> Option<PathBuf> {
    Some(UserFolder::Config.path()?.join("config.ron"))
}

impl Config {
    /// The user's file, or the defaults where there is none.
    ///
    /// # Errors
    /// Returns an error if it cannot be read or is no configuration: file, line and column,
    /// expected and found.
    pub fn load() -> Result<(Self, KeyMap), ConfigError> {
        let Some(path) = path() else { return Ok(Default::default()) };
        match files::read(&path, MOST_BYTES).map(|bytes| bytes.map(files::text::decode)) {
            Ok(Some(Ok(text))) => Self::parse(&text, &shown(&path)),
            Ok(Some(Err(reason))) => {
                let source = io::Error::new(io::ErrorKind::InvalidData, reason);
                Err(ConfigError::Unreadable { path, source })
            }
            Ok(None) => Ok(Default::default()),
            Err(source) => Err(ConfigError::Unreadable { path, source }),
        }
    }

    /// Reads a configuration; `origin` is what errors call it.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, origin: &str) -> Result<(Self, KeyMap), ConfigError> {
        let options = ron::Options::default()
            .with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
        let config: Self = options.from_str(text).map_err(|error| {
            let (start, code) = (error.span.start, error.code);
            ConfigError::Syntax {
                origin: origin.into(),
                place: format!("{}:{}: {code}", start.line, start.col),
            }
        })?;
        let keys = config.key_map().map_err(|(action, reason)| {
            let (line, column) = place_of(text, &format!("{action:?}"));
            ConfigError::Syntax {
                origin: origin.into(),
                place: format!("{line}:{column}: keys: {action:?}: {reason}"),
            }
        })?;
        Ok((config, keys))
    }

    /// The keys; or an action whose key is another one's already, and why that is so.
    fn key_map(&self) -> Result<KeyMap, (Action, String)> {
        let mut map = KeyMap::default();
        for (&action, keys) in &self.keys {
            let keys: Vec<Key> = keys.iter().map(|named| named.0).collect();
            map.rebind(action, &keys);
        }
        match map.conflict() {
            // The one that was set is the one to be told of.
            Some((key, one, other)) => {
                let (set, had) =
                    if self.keys.contains_key(&other) { (other, one) } else { (one, other) };
                Err((set, format!("{key} is already bound to {had:?}")))
            }
            None => Ok(map),
        }
    }
}

/// Line and column, from 1, of the first field of that name.
fn place_of(text: &str, name: &str) -> (usize, usize) {
    let is_field = |at: usize| {
        let before = text[..at].chars().next_back().is_none_or(|char| !char.is_alphanumeric());
        let commented = text[..at].rsplit('\n').next().is_some_and(|line| line.contains("//"));
        before && !commented && text[at + name.len()..].trim_start().starts_with(':')
    };
    let at = text.match_indices(name).map(|(at, _)| at).find(|&at| is_field(at)).unwrap_or(0);
    let line = text[..at].matches('\n').count() + 1;
    let column = text[..at].chars().rev().take_while(|char| *char != '\n').count() + 1;
    (line, column)
}

/// The defaults as a file, ready to edit.
pub fn defaults() -> String {
    let roles: Vec<String> = Role::ALL.iter().map(|role| format!("{role:?}")).collect();
    let mut out = format!(
        "// Keys and theme of gan-tui's monitor. Everything may be left out. Belongs in \
         ~/.config/gan-tui/config.ron\n(\n    \
         // Dark, Light, HighContrast, ColorSafe or Neutral; if left out, it follows the background \
         that the terminal reports\n    theme: Dark,\n    \
         // Colours of your own, such as Generator: \"#ff8800\", for: {}\n    colors: {{}},\n    \
         // On or Off\n    mouse: On,\n    \
         // Auto, Kitty, Sixel, Iterm or Blocks; --pictures says otherwise\n    pictures: Auto,\n    \
         keys: {{\n",
        roles.join(", ")
    );
    let map = KeyMap::default();
    for (context, title) in [
        (Context::Always, "everywhere"),
        (Context::Main, "in the main view"),
        (Context::List, "in lists; Confirm and Cancel also in questions and while typing a number"),
        (Context::Number, "while typing a number"),
    ] {
        out.push_str(&format!("        // {title}\n"));
        let known =
            |action| context == Context::Number && !map.keys(Context::List, action).is_empty();
        for (action, keys) in map.actions(context).into_iter().filter(|(action, _)| !known(*action))
        {
            // Questions answer to their own keys besides.
            let questions = if context == Context::List {
                map.keys(Context::Question, action)
            } else {
                Vec::new()
            };
            let mut all = keys;
            all.extend(questions.into_iter().filter(|key| !all.contains(key)).collect::<Vec<_>>());
            let names: Vec<String> =
                all.iter().map(|key| format!("{:?}", key.to_string())).collect();
            out.push_str(&format!(
                "        {action:?}: [{}], // {}\n",
                names.join(", "),
                action.spec().help
            ));
        }
    }
    out.push_str("    },\n)\n");
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Config::parse(text, "config.ron").unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_read_back_as_they_are() {
        let (config, map) = Config::parse(&defaults(), "defaults").unwrap();
        assert_eq!((config.theme, config.mouse), (Some(Palette::Dark), Mouse::On));
        assert_eq!(config.pictures, Some(PictureMode::Auto));
        let default = KeyMap::default();
        assert_eq!(
            map.keys(Context::Number, Action::Erase),
            default.keys(Context::Number, Action::Erase)
        );
        for context in [Context::Always, Context::Main] {
            assert_eq!(map.actions(context), default.actions(context));
        }
        for (action, keys) in default.actions(Context::Question) {
            assert!(
                keys.iter().all(|key| map.action(Context::Question, *key) == Some(action)),
                "{action:?}"
            );
        }
    }

    #[test]
    fn a_part_is_enough() {
        let (config, map) = Config::parse(
            "(theme: Light, keys: { TogglePause: [\"P\", \"Ctrl-S\"], Play: [] })",
            "config.ron",
        )
        .unwrap();
        assert_eq!(config.theme, Some(Palette::Light));
        assert_eq!(Config::parse("()", "config.ron").unwrap().0.theme, None);
        let (config, _) =
            Config::parse("(colors: { Generator: \"#FF8800\" })", "config.ron").unwrap();
        assert_eq!(config.colors.keys().copied().collect::<Vec<_>>(), [Role::Generator]);
        assert_eq!(map.action(Context::Main, "P".parse().unwrap()), Some(Action::TogglePause));
        assert_eq!(map.action(Context::Main, "ctrl-s".parse().unwrap()), Some(Action::TogglePause));
        assert_eq!(map.action(Context::Main, "space".parse().unwrap()), None);
        assert_eq!(map.key(Action::Play), None);
    }

    #[test]
    fn errors_say_where_and_what() {
        assert!(
            refused("(\n  theme: Drak)").starts_with("config.ron:2:"),
            "{}",
            refused("(\n  theme: Drak)")
        );
        assert!(refused("(keys: { Fly: [\"x\"] })").contains("Fly"));
        assert_eq!(
            refused("(keys: { Play: [\"Hyper-x\"] })"),
            "config.ron:1:18: expected a key such as `p`, `space`, `Enter`, `F1`, `Ctrl-L` or `Alt-x`, found `Hyper-x`"
        );
        assert_eq!(
            refused("(\n  keys: {\n    // Play: nothing\n    Play: [\"q\"],\n  },\n)"),
            "config.ron:4:5: keys: Play: q is already bound to Quit"
        );
        assert_eq!(
            refused("(\n  colors: { Bad: \"red\" })"),
            "config.ron:2:19: expected a colour such as `#ff8800`, found `red`"
        );
    }
}
