//! What is known of one terminal's pixels: its protocol, and the size of its cells.

use std::time::Duration;

use super::{
    CellSize, PictureMode, Protocol,
    probe::{self, Answer, Probe},
};
use crate::terminal::{
    capability::{Capabilities, Dialect},
    tty,
};

/// The size of a cell where nothing tells it, for terminals that scale images themselves.
const USUAL: CellSize = (10, 20);
/// How long the terminal beyond tmux may take to answer. It answers after tmux has.
const BEYOND_TMUX: Duration = Duration::from_millis(500);

/// What is known of one terminal's pixels.
pub struct PixelTerminal {
    mode: PictureMode,
    remote: bool,
    asks: bool,
    probe: Probe,
    /// How it shows pixels, as far as that is known.
    protocol: Option<Protocol>,
    /// What was used last.
    used: Option<(Protocol, CellSize)>,
    /// Whether a terminal beyond tmux may still answer.
    is_awaited: bool,
}

impl PixelTerminal {
    /// For a terminal with these capabilities that was not asked yet.
    pub fn new(capabilities: &Capabilities) -> Self {
        let mode = capabilities.picture_mode();
        let asks = mode != PictureMode::Blocks && capabilities.dialect == Dialect::Xterm;
        Self {
            mode,
            remote: capabilities.remote,
            asks,
            probe: Probe::new(capabilities.tmux),
            protocol: None,
            used: None,
            is_awaited: asks && capabilities.tmux,
        }
    }

    /// Returns what the terminal is to be asked.
    pub fn questions(&self) -> Vec<u8> {
        if self.asks { self.probe.questions() } else { Vec::new() }
    }

    /// Returns what is to be asked once the size of the window has changed, and of its cells
    /// perhaps.
    pub fn question_after_resizing(&self) -> &'static [u8] {
        if self.probe.cell.is_some() { probe::CELL } else { b"" }
    }

    /// Takes an answer. Returns what is to be asked because of it, and how the terminal shows
    /// pixels if that is news.
    pub fn take(&mut self, answer: Answer) -> (Vec<u8>, Option<Protocol>) {
        if answer == Answer::Kitty {
            self.is_awaited = false;
        }
        let was_in_tmux = self.probe.is_in_tmux();
        let more = self.probe.take(answer);
        self.is_awaited |= !was_in_tmux && self.probe.is_in_tmux();
        let found = self.found();
        let before = std::mem::replace(&mut self.protocol, found);
        (more, self.protocol.filter(|_| before != self.protocol))
    }

    /// Returns how the terminal shows pixels because a person said so.
    pub fn chosen(&mut self) -> Option<Protocol> {
        self.protocol = self.found();
        self.protocol
    }

    fn found(&self) -> Option<Protocol> {
        let found = match self.mode {
            PictureMode::Auto => self.probe.protocol(self.remote)?,
            PictureMode::Kitty if self.probe.is_in_tmux() => Protocol::Placeholders,
            PictureMode::Kitty => Protocol::Kitty,
            PictureMode::Sixel => Protocol::Sixel(self.probe.sixels()),
            PictureMode::Iterm => Protocol::Iterm,
            PictureMode::Blocks => return None,
        };
        // Sixels that are larger than their cells would cover others.
        let is_known = self.cell().is_some() || !matches!(found, Protocol::Sixel(_));
        (is_known || self.mode != PictureMode::Auto).then_some(found)
    }

    /// Returns protocol and cells if they are other than those used last; `None` within it if no
    /// pixels are wanted any more.
    pub fn changed(&mut self, wanted: Option<Protocol>) -> Option<Option<(Protocol, CellSize)>> {
        let wanted = wanted.map(|protocol| (protocol, self.cell().unwrap_or(USUAL)));
        (wanted != self.used).then(|| {
            self.used = wanted;
            wanted
        })
    }

    fn cell(&self) -> Option<CellSize> {
        tty::cell_size().or(self.probe.cell)
    }

    /// Returns until when the terminal beyond tmux may still answer; `None` if it has, or will not.
    pub fn answers_until(&self, now: Duration) -> Option<Duration> {
        (self.is_awaited && now < BEYOND_TMUX).then_some(BEYOND_TMUX)
    }
}
