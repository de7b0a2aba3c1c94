//! Characters that borders, bars and marks are made of, in every script.

use ratatui::symbols::border;

use crate::terminal::capability::Script;

/// The characters of one script.
pub struct Symbols {
    pub border: border::Set<'static>,
    /// Bars from empty to full.
    pub bars: &'static [&'static str],
    /// The done and the open part of a progress bar.
    pub progress: (&'static str, &'static str),
    /// Turns while something takes its time.
    pub spinner: &'static [&'static str],
    /// Before the name of a state.
    pub mark: &'static str,
    /// Between two facts on a line.
    pub dot: &'static str,
    /// For what was left out.
    pub gap: &'static str,
    /// Before what is selected.
    pub pointer: &'static str,
    /// Before a factor.
    pub times: &'static str,
    /// After a value that rises, and after one that falls.
    pub trends: (&'static str, &'static str),
}

const ASCII_BORDER: border::Set = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const UNICODE: Symbols = Symbols {
    border: border::ROUNDED,
    bars: &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    progress: ("━", "─"),
    spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
    mark: "●",
    dot: "·",
    gap: "…",
    pointer: "›",
    times: "×",
    trends: ("▲", "▼"),
};

const CONSOLE: Symbols = Symbols {
    border: border::PLAIN,
    bars: &[" ", "▄", "█"],
    progress: ("█", "░"),
    spinner: &["|", "/", "-", "\\"],
    mark: "■",
    dot: "·",
    gap: "...",
    pointer: ">",
    times: "x",
    trends: ("^", "v"),
};

const ASCII: Symbols = Symbols {
    border: ASCII_BORDER,
    bars: &[" ", ".", ":", "#"],
    progress: ("#", "-"),
    spinner: &["|", "/", "-", "\\"],
    mark: "*",
    dot: "-",
    gap: "...",
    pointer: ">",
    times: "x",
    trends: ("^", "v"),
};

/// Returns a key's name as it is shown: those of arrow keys as arrows, if the script has them.
pub fn key_name(script: Script, name: &str) -> &str {
    match name {
        _ if script != Script::Unicode => name,
        "Left" => "←",
        "Right" => "→",
        "Up" => "↑",
        "Down" => "↓",
        name => name,
    }
}

/// The characters of a script.
pub fn of(script: Script) -> &'static Symbols {
    match script {
        Script::Unicode => &UNICODE,
        Script::Console => &CONSOLE,
        Script::Ascii => &ASCII,
    }
}
