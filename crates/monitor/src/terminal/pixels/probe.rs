//! Which protocol a terminal has for pixels: what it is asked, and what its answers mean.
//!
//! Nothing waits for an answer. Pictures are drawn as blocks until enough is known.

use super::{CellSize, Protocol, Sixels, kitty};

/// Asks for the terminal's name and version (XTVERSION).
const NAME: &[u8] = b"\x1b[>q";
/// Asks for the size of a cell in pixels (XTWINOPS).
pub const CELL: &[u8] = b"\x1b[16t";
/// Asks for the number of sixels' colours and for their largest image (XTSMGRAPHICS).
const SIXELS: &[u8] = b"\x1b[?1;1;0S\x1b[?2;1;0S";
/// Asks for the primary attributes (DA1), sixels among them. Nearly every terminal answers, and
/// answers come in order: whatever it tells has come by then.
const ATTRIBUTES: &[u8] = b"\x1b[c";

/// What a terminal tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Its primary attributes.
    Attributes { has_sixels: bool },
    /// It has kitty's protocol.
    Kitty,
    /// Its name and version, such as `kitty(0.35.2)`.
    Name(String),
    /// The size of a cell.
    Cell(CellSize),
    /// How many colours sixels have.
    Colors(u16),
    /// The largest image of sixels, in pixels across.
    Widest(u16),
}

/// The answers so far.
#[derive(Debug, Default)]
pub struct Probe {
    /// Whether tmux is between.
    tmux: bool,
    name: String,
    has_kitty: bool,
    has_sixels: bool,
    sixels: Sixels,
    pub cell: Option<CellSize>,
    /// Whether no more answers are expected.
    is_complete: bool,
}

impl Probe {
    /// For a terminal that may be behind tmux.
    pub fn new(tmux: bool) -> Self {
        Self { tmux, ..Self::default() }
    }

    /// Returns what to ask first.
    pub fn questions(&self) -> Vec<u8> {
        if self.tmux {
            return [self.questions_beyond_tmux(), [SIXELS, ATTRIBUTES].concat()].concat();
        }
        [NAME, kitty::QUESTION, CELL, SIXELS, ATTRIBUTES].concat()
    }

    /// tmux answers for itself what it knows, and hands over what it is told to, if it may.
    fn questions_beyond_tmux(&self) -> Vec<u8> {
        [NAME, kitty::QUESTION].map(kitty::through_tmux).concat()
    }

    /// Takes an answer; returns what to ask because of it.
    pub fn take(&mut self, answer: Answer) -> Vec<u8> {
        match answer {
            Answer::Name(name) if name.starts_with("tmux") && !self.tmux => {
                self.tmux = true;
                return self.questions_beyond_tmux();
            }
            Answer::Name(name) if name.starts_with("tmux") => {}
            Answer::Name(name) => {
                self.sixels.few_images = name.starts_with("XTerm");
                self.name = name;
            }
            Answer::Kitty => self.has_kitty = true,
            Answer::Attributes { has_sixels } => {
                self.has_sixels = has_sixels;
                self.is_complete = true;
            }
            Answer::Cell(cell) => self.cell = Some(cell),
            Answer::Colors(colors) => self.sixels.colors = colors.max(2),
            Answer::Widest(widest) => self.sixels.widest = widest.max(64),
        }
        Vec::new()
    }

    /// What is known of the terminal's sixels.
    pub fn sixels(&self) -> Sixels {
        self.sixels
    }

    /// Whether tmux is between.
    pub fn is_in_tmux(&self) -> bool {
        self.tmux
    }

    /// Returns the best protocol of the terminal, once all that it answers is known; `None` if it
    /// has none. Claims that are known to be wrong are not believed:
    ///
    /// - Konsole answers kitty's question, but loses images when others take their place.
    /// - WezTerm answers it where it is switched on, but knows no placeholders and keeps what was
    ///   deleted; its inline images have no such trouble.
    /// - tmux says that it has sixels whether or not the terminal beyond has, and shows a text in
    ///   their place where it has not.
    /// - xterm keeps sixteen images of sixels only, and over SSH an image would have to be longer
    ///   than a slow line can take at once.
    pub fn protocol(&self, remote: bool) -> Option<Protocol> {
        let is = |name: &str| self.name.starts_with(name);
        if self.tmux {
            let passes = self.has_kitty && has_placeholders(&self.name);
            return passes.then_some(Protocol::Placeholders);
        }
        if !self.is_complete {
            return None;
        }
        if is("iTerm2") || is("WezTerm") {
            return Some(Protocol::Iterm);
        }
        if self.has_kitty && !is("Konsole") {
            return Some(Protocol::Kitty);
        }
        let is_slow = self.sixels.few_images && remote;
        (self.has_sixels && !is_slow).then_some(Protocol::Sixel(self.sixels))
    }
}

/// Whether a terminal with kitty's protocol shows images in the place of characters: kitty since
/// 0.28, and Ghostty.
fn has_placeholders(name: &str) -> bool {
    if name.starts_with("ghostty") {
        return true;
    }
    let version = name.strip_prefix("kitty(").and_then(|rest| rest.strip_suffix(')'));
    let mut numbers = version.unwrap_or_default().split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (0, 28),
        _ => false,
    }
}

/// Reads a control sequence that answers: its bytes between `ESC [` and the last, and the last.
pub fn control_answer(parameters: &[u8], last: u8) -> Option<Answer> {
    let text = std::str::from_utf8(parameters).ok()?;
    let (private, text) = match text.strip_prefix('?') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // A number that is left out is zero.
    let number = |number: &str| if number.is_empty() { Some(0) } else { number.parse().ok() };
    let numbers: Vec<u16> = text.split(';').map(number).collect::<Option<_>>()?;
    match (last, private, &numbers[..]) {
        // The first is the terminal's level.
        (b'c', true, [_, rest @ ..]) => Some(Answer::Attributes { has_sixels: rest.contains(&4) }),
        (b't', false, &[6, height, width])
            if (1..1000).contains(&height) && (1..1000).contains(&width) =>
        {
            Some(Answer::Cell((width, height)))
        }
        (b'S', true, &[1, 0, colors]) => Some(Answer::Colors(colors)),
        (b'S', true, &[2, 0, width, _]) => Some(Answer::Widest(width)),
        _ => None,
    }
}

/// Reads a string that answers: `kind` is the letter that introduced it.
pub fn string_answer(kind: u8, text: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(text).ok()?;
    match kind {
        b'_' => (text == "Gi=31;OK").then_some(Answer::Kitty),
        b'P' => text.strip_prefix(">|").map(|name| Answer::Name(name.chars().take(80).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIXEL: Answer = Answer::Attributes { has_sixels: true };
    const PLAIN: Answer = Answer::Attributes { has_sixels: false };

    fn found(tmux: bool, remote: bool, answers: &[Answer]) -> Option<Protocol> {
        let mut probe = Probe::new(tmux);
        answers.iter().for_each(|answer| drop(probe.take(answer.clone())));
        probe.protocol(remote)
    }

    fn name(name: &str) -> Answer {
        Answer::Name(name.into())
    }

    #[test]
    fn terminals_get_what_they_can_do() {
        let sixel = Some(Protocol::Sixel(Sixels::default()));
        let (kitty, iterm) = (Some(Protocol::Kitty), Some(Protocol::Iterm));
        let behind = Some(Protocol::Placeholders);
        for (tmux, answers, expected) in [
            (false, &[name("kitty(0.26.5)"), Answer::Kitty, PLAIN][..], kitty),
            (false, &[name("ghostty 1.1.0"), Answer::Kitty, PLAIN], kitty),
            (false, &[Answer::Kitty, PLAIN], kitty),
            (false, &[Answer::Kitty], None),
            (false, &[name("Konsole 24.2.0"), Answer::Kitty, SIXEL], sixel),
            (false, &[name("Konsole 21.8.0"), Answer::Kitty, PLAIN], None),
            (false, &[name("WezTerm 20240203"), Answer::Kitty, SIXEL], iterm),
            (false, &[name("iTerm2 3.5.0"), SIXEL], iterm),
            (false, &[name("foot(1.13.1)"), SIXEL], sixel),
            (false, &[PLAIN], None),
            (false, &[], None),
            (true, &[SIXEL], None),
            (true, &[PLAIN, name("kitty(0.35.2)"), Answer::Kitty], behind),
            (true, &[PLAIN, name("kitty(1.0.0)"), Answer::Kitty], behind),
            (true, &[PLAIN, name("kitty(0.26.5)"), Answer::Kitty], None),
            (true, &[PLAIN, name("Konsole 24.2.0"), Answer::Kitty], None),
            (true, &[PLAIN, name("ghostty 1.1.0"), Answer::Kitty], behind),
            (true, &[PLAIN, Answer::Kitty], None),
        ] {
            assert_eq!(found(tmux, true, answers), expected, "{answers:?}");
        }
        let xterm = [name("XTerm(379)"), Answer::Colors(16), Answer::Widest(900), SIXEL];
        let few = Sixels { colors: 16, few_images: true, widest: 900 };
        assert_eq!(found(false, false, &xterm), Some(Protocol::Sixel(few)));
        assert_eq!(found(false, true, &xterm), None, "a slow line would be held up");
    }

    #[test]
    fn tmux_is_found_out_where_the_environment_does_not_say_so() {
        let mut probe = Probe::new(false);
        let asked = probe.take(name("tmux 3.3a"));
        let beyond = "\x1bPtmux;\x1b\x1b[>q\x1b\\\x1bPtmux;\x1b\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\x1b\\\x1b\\";
        assert_eq!(String::from_utf8_lossy(&asked), beyond);
        assert!(probe.take(name("tmux 3.3a")).is_empty(), "it is asked once");
        for answer in [PLAIN, name("kitty(0.40.0)"), Answer::Kitty] {
            assert!(probe.take(answer).is_empty());
        }
        assert_eq!(probe.protocol(false), Some(Protocol::Placeholders));
        let asked = Probe::new(true).questions();
        assert!(asked.starts_with(beyond.as_bytes()) && asked.ends_with(b"\x1b[c"));
        assert!(!asked.starts_with(b"\x1b_"), "tmux would take it for a title");
    }

    #[test]
    fn answers_are_read_and_others_passed_over() {
        for (parameters, last, expected) in [
            ("?62;4;22", b'c', Some(SIXEL)),
            ("?63;1;2;4;6;9;15;22", b'c', Some(SIXEL)),
            ("?1;2", b'c', Some(PLAIN)),
            ("?1;2;4", b'c', Some(SIXEL)),
            ("?4;6", b'c', Some(PLAIN)),
            ("?62;22", b'c', Some(PLAIN)),
            ("6;18;9", b't', Some(Answer::Cell((9, 18)))),
            ("6;0;9", b't', None),
            ("6;9999;9", b't', None),
            ("4;600;800", b't', None),
            ("?1;0;256", b'S', Some(Answer::Colors(256))),
            ("?1;3;0", b'S', None),
            ("?2;0;1000;800", b'S', Some(Answer::Widest(1000))),
            (">1;4000;30", b'c', None),
            ("?99999;4", b'c', None),
            ("?62;", b'c', Some(PLAIN)),
            ("?x", b'c', None),
        ] {
            assert_eq!(control_answer(parameters.as_bytes(), last), expected, "{parameters}");
        }
        assert_eq!(string_answer(b'_', b"Gi=31;OK"), Some(Answer::Kitty));
        assert_eq!(string_answer(b'_', b"Gi=31;ENOENT:x"), None);
        assert_eq!(string_answer(b'P', b">|foot(1.13.1)"), Some(name("foot(1.13.1)")));
        assert_eq!(string_answer(b'P', b"1+r"), None);
        assert_eq!(string_answer(b'_', b"G\xff;OK"), None);
    }
}
