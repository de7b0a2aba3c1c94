//! Keys of the views: each view has a table of rows, from which its help, its footer and its page
//! of the documentation are made.

use crossterm::event::KeyCode;

use crate::keyboard::key::Key;

/// A row of a view's table of keys.
#[derive(Debug)]
pub struct KeyRow<A: 'static> {
    /// The names of the keys, separated by spaces.
    pub keys: &'static str,
    pub action: A,
    /// What the action does.
    pub help: &'static str,
    /// A word for the footer, if it is mentioned there; the first rows come first.
    pub hint: Option<&'static str>,
    /// Whether it changes a run or its notes, so that read-only disables it.
    pub changes: bool,
}

/// A row whose key changes nothing but the view.
pub const fn row<A>(
    keys: &'static str,
    action: A,
    help: &'static str,
    hint: Option<&'static str>,
) -> KeyRow<A> {
    KeyRow { keys, action, help, hint, changes: false }
}

/// A row whose key changes a run or its notes.
pub const fn change<A>(
    keys: &'static str,
    action: A,
    help: &'static str,
    hint: Option<&'static str>,
) -> KeyRow<A> {
    KeyRow { keys, action, help, hint, changes: true }
}

/// What keys do in every view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    Help,
    Quit,
    Back,
    Theme,
    Glyphs,
    Colors,
}

/// The keys of every view, after its own.
pub const COMMON: &[KeyRow<Common>] = &[
    row("? F1", Common::Help, "this help", Some("help")),
    row("q", Common::Quit, "quit", Some("quit")),
    row("Esc", Common::Back, "back: clear the filter, restore the panel", None),
    row("t", Common::Theme, "next theme", None),
    row("b", Common::Glyphs, "next set of image characters", None),
    row("c", Common::Colors, "next colour depth", None),
];

/// The keys that are handled before all others, for the help.
pub const ALWAYS: [(&str, &str); 3] =
    [("Ctrl-C", "quit"), ("Ctrl-Z", "suspend; resume with fg"), ("Ctrl-L", "redraw the screen")];

/// Returns the row of a key.
pub fn find<A>(rows: &'static [KeyRow<A>], key: Key) -> Option<&'static KeyRow<A>> {
    let is_named = |name: &str| name.parse() == Ok(key);
    rows.iter().find(|row| row.keys.split(' ').any(is_named))
}

/// Returns the letter that is pressed together with control.
pub fn control(key: Key) -> Option<char> {
    match key.code {
        KeyCode::Char(letter) if key.ctrl && !key.alt => Some(letter.to_ascii_uppercase()),
        _ => None,
    }
}

/// Returns how a key answers a question, if it does.
pub fn answer(key: Key) -> Option<bool> {
    match key.code {
        KeyCode::Char('y' | 'Y') | KeyCode::Enter => Some(true),
        KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => Some(false),
        _ => None,
    }
}

/// Returns how far the help is scrolled after a key; `None` once it is closed.
pub fn scrolled(key: Key, scroll: u16) -> Option<u16> {
    Some(match key.code {
        KeyCode::Esc | KeyCode::Char('q' | '?') | KeyCode::Enter | KeyCode::F(1) => return None,
        KeyCode::Down | KeyCode::Char('j') => scroll.saturating_add(1),
        KeyCode::Up | KeyCode::Char('k') => scroll.saturating_sub(1),
        KeyCode::PageDown | KeyCode::Char(' ') => scroll.saturating_add(10),
        KeyCode::PageUp => scroll.saturating_sub(10),
        KeyCode::Home | KeyCode::Char('g') => 0,
        KeyCode::End | KeyCode::Char('G') => u16::MAX,
        _ => scroll,
    })
}

/// Returns a table of keys for the documentation, in Markdown.
#[cfg(test)]
pub fn markdown<A>(rows: &'static [KeyRow<A>]) -> String {
    let line = |keys: &str, help: &str| {
        let keys: Vec<String> = keys.split(' ').map(|key| format!("`{key}`")).collect();
        format!("| {} | {help} |\n", keys.join(" "))
    };
    let own = rows.iter().map(|row| line(row.keys, row.help));
    let common = COMMON.iter().map(|row| line(row.keys, row.help));
    let table: String = own.chain(common).collect();
    format!("| key | action |\n|---|---|\n{table}")
}

/// Checks a view's keys: each name is a key's, and each key has one meaning; the page of the
/// documentation at this path has the table, or gets it with `GAN_TUI_UPDATE_DOCS=1`.
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
pub fn check<A>(rows: &'static [KeyRow<A>], page: &str) {
    let names = rows.iter().map(|row| row.keys).chain(COMMON.iter().map(|row| row.keys));
    let keys: Vec<&str> = names.flat_map(|names| names.split(' ')).collect();
    for (at, name) in keys.iter().enumerate() {
        let key: Key = name.parse().unwrap();
        assert_eq!(key.to_string(), *name);
        assert!(!keys[..at].contains(name), "{name} has two meanings");
    }
    let path = format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- keys -->\n").unwrap();
    let (table, after) = rest.split_once("<!-- end of keys -->").unwrap();
    let expected = markdown(rows);
    if std::env::var_os("GAN_TUI_UPDATE_DOCS").is_some() {
        let text = format!("{before}<!-- keys -->\n{expected}<!-- end of keys -->{after}");
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(table, expected, "GAN_TUI_UPDATE_DOCS=1 writes docs/{page}");
}
