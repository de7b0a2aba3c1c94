//! What a terminal can show, told by its environment alone: no question is sent whose answer would
//! have to be waited for.

use gan_tui_store::art::{Colors, Glyphs};

/// Which characters text, borders and bars may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    Unicode,
    /// The Linux console: lines, half blocks and shades, but no eighths and no quarters.
    Console,
    Ascii,
}

impl Script {
    /// Whether pictures may be drawn with these glyphs.
    pub fn shows(self, glyphs: Glyphs) -> bool {
        match self {
            Self::Unicode => true,
            Self::Console => matches!(glyphs, Glyphs::Half | Glyphs::Ascii),
            Self::Ascii => glyphs == Glyphs::Ascii,
        }
    }
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub script: Script,
    pub glyphs: Glyphs,
    pub colors: Colors,
    /// Whether the terminal's tab or window has a title to be set.
    pub titles: bool,
    /// Whether the line may be slow: the terminal is at the other end of an SSH connection.
    pub remote: bool,
}

impl Capabilities {
    /// From the environment variables that `get` finds.
    pub fn detect(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        let script = script(&get, &term);
        Self {
            script,
            glyphs: glyphs(&get, &term, script),
            colors: colors(&get, &term),
            titles: titled(&term),
            remote: get("SSH_CONNECTION").or_else(|| get("SSH_TTY")).is_some(),
        }
    }
}

fn script(get: &impl Fn(&str) -> Option<String>, term: &str) -> Script {
    // Nothing set at all is a bare container behind a modern terminal far more often than a
    // terminal without UTF-8.
    let locale = get("LC_ALL").or_else(|| get("LC_CTYPE")).or_else(|| get("LANG"));
    let unicode = locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    match term {
        _ if !unicode => Script::Ascii,
        "linux" => Script::Console,
        term if term.starts_with("vt1") || term.starts_with("vt2") || term == "dumb" => {
            Script::Ascii
        }
        _ => Script::Unicode,
    }
}

fn glyphs(get: &impl Fn(&str) -> Option<String>, term: &str, script: Script) -> Glyphs {
    match script {
        Script::Ascii => Glyphs::Ascii,
        Script::Console => Glyphs::Half,
        // These draw the newer blocks themselves, whatever the font has.
        Script::Unicode if term == "xterm-ghostty" => Glyphs::Octant,
        Script::Unicode
            if term == "xterm-kitty"
                || term.starts_with("foot")
                || term == "wezterm"
                || term.starts_with("contour") =>
        {
            Glyphs::Sextant
        }
        Script::Unicode
            if get("TERM_PROGRAM")
                .is_some_and(|program| program == "WezTerm" || program == "ghostty") =>
        {
            Glyphs::Sextant
        }
        Script::Unicode => Glyphs::Quadrant,
    }
}

fn colors(get: &impl Fn(&str) -> Option<String>, term: &str) -> Colors {
    let direct = get("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit");
    let rich = ["xterm-kitty", "xterm-ghostty", "wezterm", "alacritty"];
    match term {
        _ if get("NO_COLOR").is_some() => Colors::None,
        "" | "dumb" => Colors::None,
        term if term.starts_with("vt1")
            || term.starts_with("vt2")
            || term.ends_with("-mono")
            || term.ends_with("-m") =>
        {
            Colors::None
        }
        "linux" => Colors::Named,
        term if direct
            || term.ends_with("-direct")
            || rich.contains(&term)
            || term.starts_with("foot") =>
        {
            Colors::Truecolor
        }
        term if term.contains("256color") || term.starts_with("tmux") => Colors::Indexed,
        _ => Colors::Named,
    }
}

/// Terminals that would show the sequence for a title as text, or have none, are left alone.
fn titled(term: &str) -> bool {
    let known = [
        "xterm",
        "screen",
        "tmux",
        "rxvt",
        "alacritty",
        "foot",
        "wezterm",
        "contour",
        "konsole",
        "gnome",
        "vte",
        "st-",
        "mlterm",
    ];
    known.iter().any(|known| term.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Capabilities {
        Capabilities::detect(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
        })
    }

    #[test]
    fn the_environment_tells_what_can_be_shown() {
        type Row = (&'static [(&'static str, &'static str)], Script, Glyphs, Colors);
        let table: [Row; 9] = [
            (
                &[("TERM", "xterm-256color"), ("LANG", "en_GB.UTF-8")],
                Script::Unicode,
                Glyphs::Quadrant,
                Colors::Indexed,
            ),
            (
                &[("TERM", "xterm-256color"), ("LANG", "en_GB.UTF-8"), ("NO_COLOR", "1")],
                Script::Unicode,
                Glyphs::Quadrant,
                Colors::None,
            ),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                Script::Unicode,
                Glyphs::Quadrant,
                Colors::Truecolor,
            ),
            (
                &[("TERM", "xterm-256color"), ("LANG", "C")],
                Script::Ascii,
                Glyphs::Ascii,
                Colors::Indexed,
            ),
            (
                &[("TERM", "xterm"), ("LANG", "en_GB.UTF-8"), ("LC_ALL", "POSIX")],
                Script::Ascii,
                Glyphs::Ascii,
                Colors::Named,
            ),
            (
                &[("TERM", "linux"), ("LANG", "C.UTF-8")],
                Script::Console,
                Glyphs::Half,
                Colors::Named,
            ),
            (
                &[("TERM", "xterm-kitty"), ("LANG", "de_AT.utf8")],
                Script::Unicode,
                Glyphs::Sextant,
                Colors::Truecolor,
            ),
            (&[("TERM", "vt100")], Script::Ascii, Glyphs::Ascii, Colors::None),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
                Script::Unicode,
                Glyphs::Quadrant,
                Colors::Indexed,
            ),
        ];
        for (variables, script, glyphs, colors) in table {
            let found = detect(variables);
            assert_eq!(
                (found.script, found.glyphs, found.colors),
                (script, glyphs, colors),
                "{variables:?}"
            );
            assert!(found.script.shows(found.glyphs));
        }
        assert!(
            detect(&[("TERM", "tmux-256color")]).titles && !detect(&[("TERM", "linux")]).titles
        );
        assert!(detect(&[("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")]).remote);
    }
}
