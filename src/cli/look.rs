//! With which characters and colours block pictures go to stdout.

use std::{
    env,
    io::{self, IsTerminal},
};

use super::{Choice, LookOptions};
use gan_tui_monitor::{Capabilities, PictureMode};
use gan_tui_store::art::{Colors, Glyphs};

/// Columns where there is no terminal to ask.
const COLUMNS: usize = 80;
/// No terminal is wider: one that says so is mistaken.
const MOST_COLUMNS: usize = 1000;

/// How pictures are drawn, and in how much room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub glyphs: Glyphs,
    pub colors: Colors,
    /// Pixels if they were asked for: what is printed cannot wait for a terminal's answer.
    pub pictures: PictureMode,
    /// Cells across.
    pub columns: usize,
}

impl LookOptions {
    /// What the command line says of the monitor's terminal, the rest by its environment.
    pub fn capabilities(&self) -> Capabilities {
        let found = Capabilities::detect(|name| env::var(name).ok());
        let found = match self.glyphs {
            Choice::Auto => found,
            Choice::Is(glyphs) => found.with_glyphs(glyphs),
        };
        let pictures = self.pictures;
        Capabilities { colors: self.color.or(found.colors), pictures, ..found }
    }

    /// The same for stdout, which takes colours only if it is a terminal or was asked to.
    pub fn resolve(&self) -> Look {
        let found = self.capabilities();
        let colors =
            if io::stdout().is_terminal() { found.colors } else { self.color.or(Colors::None) };
        let columns = terminal_size::terminal_size()
            .map_or(COLUMNS, |(width, _)| usize::from(width.0).clamp(1, MOST_COLUMNS));
        let pictures = self.pictures.unwrap_or_default();
        Look { glyphs: found.glyphs, colors, pictures, columns }
    }
}

impl Look {
    /// The width in cells, at most `wanted` and even, at which a picture of `side` pixels is as
    /// large as its pixels need and still readable.
    pub fn readable(&self, wanted: usize, side: usize) -> usize {
        let least = match self.glyphs {
            Glyphs::Octant | Glyphs::Sextant => 8,
            Glyphs::Quadrant => 10,
            Glyphs::Half => 12,
            Glyphs::Ascii => 16,
        };
        let most = side.div_ceil(self.glyphs.pixels().0).next_multiple_of(2);
        (wanted - wanted % 2).clamp(least, most.max(least))
    }
}
