//! What a terminal can show, told by its environment alone: no question is sent whose answer would
//! have to be waited for.

use gan_tui_store::art::{Colors, Glyphs};

use super::{pixels::PictureMode, progress};

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

/// Which control sequences a terminal reads without showing them as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Those of a VT100.
    Plain,
    /// xterm's, but a question about colours would be passed on to another terminal.
    GnuScreen,
    /// xterm's.
    Xterm,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub script: Script,
    pub glyphs: Glyphs,
    pub colors: Colors,
    pub dialect: Dialect,
    /// Whether a person chose the characters, so that the terminal is not asked about them.
    pub is_chosen: bool,
    /// What a person wants pictures to be made of; `None` if that was not said.
    pub pictures: Option<PictureMode>,
    /// Whether the terminal may be asked what it can do with pixels.
    pub may_have_pixels: bool,
    /// Whether tmux is between the program and the terminal.
    pub tmux: bool,
    /// Whether the tab or the task bar shows progress.
    pub shows_progress: bool,
    /// Whether the line may be slow: the terminal is at the other end of an SSH connection.
    pub remote: bool,
}

impl Capabilities {
    /// From the environment variables that `get` finds.
    pub fn detect(get: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        let script = script(&get, &term);
        let (colors, dialect) = (colors(&get, &term), dialect(&get, &term));
        Self {
            script,
            glyphs: glyphs(&get, &term, script),
            colors,
            dialect,
            is_chosen: false,
            pictures: None,
            // Apple's terminal has none, and shows some of the questions.
            may_have_pixels: dialect == Dialect::Xterm
                && script == Script::Unicode
                && colors != Colors::None
                && get("TERM_PROGRAM").is_none_or(|program| program != "Apple_Terminal"),
            shows_progress: progress::is_shown(get),
            tmux: get("TMUX").is_some() || term.starts_with("tmux"),
            remote: get("SSH_CONNECTION").or_else(|| get("SSH_TTY")).is_some(),
        }
    }

    /// The same with these glyphs, which a person chose. ASCII is then used for everything else
    /// too.
    pub fn with_glyphs(self, glyphs: Glyphs) -> Self {
        let chosen = if glyphs == Glyphs::Ascii { self.in_ascii() } else { self };
        Self { glyphs, is_chosen: true, ..chosen }
    }

    /// What pictures are to be made of: what a person said, where characters were chosen those, else
    /// what the terminal has.
    pub fn picture_mode(&self) -> PictureMode {
        let unsaid = if self.is_chosen { PictureMode::Blocks } else { PictureMode::Auto };
        match self.pictures.unwrap_or(unsaid) {
            PictureMode::Auto if !self.may_have_pixels => PictureMode::Blocks,
            mode => mode,
        }
    }

    /// The same with ASCII alone.
    pub fn in_ascii(self) -> Self {
        Self { script: Script::Ascii, glyphs: Glyphs::Ascii, ..self }
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
        term if is_vt(term) || term == "dumb" => Script::Ascii,
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
    // Programs inherit COLORTERM from the terminal that they are started in, so that a terminal
    // within it, or on a console beside it, has it too. Those that are known not to set it
    // themselves are not believed.
    let direct = get("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit")
        && !is_gnu_screen(get, term)
        && !LIMITED.iter().any(|limited| term.starts_with(limited));
    let rich = ["xterm-kitty", "xterm-ghostty", "wezterm", "alacritty"];
    match term {
        _ if get("NO_COLOR").is_some() => Colors::None,
        "" | "dumb" => Colors::None,
        term if is_vt(term) || term.ends_with("-mono") || term.ends_with("-m") => Colors::None,
        term if term.ends_with("-direct") => Colors::Truecolor,
        term if direct || rich.contains(&term) || term.starts_with("foot") => Colors::Truecolor,
        term if term.contains("256color") || term.starts_with("tmux") => Colors::Indexed,
        _ => Colors::Named,
    }
}

/// Terminals with fewer colours, or that set COLORTERM to something else where they have more.
const LIMITED: [&str; 14] = [
    "linux",
    "ansi",
    "pcansi",
    "cons25",
    "wsvt25",
    "fbterm",
    "hurd",
    "sun",
    "eterm",
    "Eterm",
    "aterm",
    "rxvt",
    "xterm-16color",
    "xterm-88color",
];

/// DEC's terminals, from VT52 to VT525, which have no colours or 8 of them.
fn is_vt(term: &str) -> bool {
    term.strip_prefix("vt")
        .is_some_and(|model| model.starts_with(|char: char| char.is_ascii_digit()))
}

/// Whether GNU screen is between the program and the terminal. tmux may call itself by the same
/// name, but is known by a variable of its own.
fn is_gnu_screen(get: &impl Fn(&str) -> Option<String>, term: &str) -> bool {
    get("TMUX").is_none() && (term.starts_with("screen") || get("STY").is_some())
}

/// Terminals that would show xterm's sequences as text are left alone, and so are unknown ones.
fn dialect(get: &impl Fn(&str) -> Option<String>, term: &str) -> Dialect {
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
    match known.iter().any(|known| term.starts_with(known)) {
        false => Dialect::Plain,
        true if is_gnu_screen(get, term) => Dialect::GnuScreen,
        true => Dialect::Xterm,
    }
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
        assert_eq!(
            ["tmux-256color", "screen", "linux", "vt220", ""]
                .map(|term| detect(&[("TERM", term)]).dialect),
            [Dialect::Xterm, Dialect::GnuScreen, Dialect::Plain, Dialect::Plain, Dialect::Plain]
        );
        assert!(detect(&[("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")]).remote);
    }
    #[test]
    fn colorterm_is_not_believed_where_it_is_inherited() {
        let colors = |term: &str, more: &[(&str, &str)]| {
            let all = [&[("TERM", term), ("COLORTERM", "truecolor")], more].concat();
            detect(&all).colors
        };
        let (tmux, screen) = (("TMUX", "/tmp/tmux-0/default,1,0"), ("STY", "1.pts-0.host"));
        for (term, more, expected) in [
            ("xterm-256color", &[][..], Colors::Truecolor),
            ("xterm", &[], Colors::Truecolor),
            ("tmux-256color", &[tmux], Colors::Truecolor),
            ("screen-256color", &[tmux], Colors::Truecolor),
            ("screen", &[], Colors::Named),
            ("screen-256color", &[], Colors::Indexed),
            ("screen.xterm-256color", &[screen], Colors::Indexed),
            ("xterm-256color", &[screen], Colors::Indexed),
            ("linux", &[], Colors::Named),
            ("linux-16color", &[], Colors::Named),
            ("rxvt-unicode-256color", &[], Colors::Indexed),
            ("xterm-16color", &[], Colors::Named),
            ("vt100", &[], Colors::None),
            ("vt420", &[], Colors::None),
            ("vte-256color", &[], Colors::Truecolor),
            ("dumb", &[], Colors::None),
            ("", &[], Colors::None),
            ("xterm-direct", &[screen], Colors::Truecolor),
        ] {
            assert_eq!(colors(term, more), expected, "{term} {more:?}");
        }
    }

    #[test]
    fn ascii_is_for_everything() {
        let found = detect(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]);
        let ascii = found.with_glyphs(Glyphs::Ascii);
        assert_eq!((ascii.script, ascii.glyphs), (Script::Ascii, Glyphs::Ascii));
        let half = found.with_glyphs(Glyphs::Half);
        assert_eq!(
            (half.script, half.glyphs, half.is_chosen),
            (Script::Unicode, Glyphs::Half, true)
        );
    }
}
