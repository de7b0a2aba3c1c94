//! Pictures as pixels: which protocols terminals have for them, and the bytes of each.

pub mod inline;
mod iterm;
mod kitty;
pub mod layer;
mod palette;
pub mod probe;
mod sixel;
pub mod terminal;

use std::str::FromStr;

use ratatui::layout::Rect;
use serde::Deserialize;

use gan_tui_core::image::Image;

/// What a person wants pictures to be made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum PictureMode {
    /// Pixels where the terminal says that it has them, else blocks.
    #[default]
    Auto,
    Kitty,
    Sixel,
    Iterm,
    /// Characters alone.
    Blocks,
}

impl PictureMode {
    pub const ALL: [Self; 5] = [Self::Auto, Self::Kitty, Self::Sixel, Self::Iterm, Self::Blocks];

    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kitty => "kitty",
            Self::Sixel => "sixel",
            Self::Iterm => "iterm",
            Self::Blocks => "blocks",
        }
    }
}

impl FromStr for PictureMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("expected auto, kitty, sixel, iterm or blocks, found `{text}`"))
    }
}

/// How pixels reach a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// kitty's graphics protocol: images lie over the cells.
    Kitty,
    /// The same through tmux: the cells hold characters that stand for parts of an image.
    Placeholders,
    /// DEC's sixels: an image takes the place of the cells.
    Sixel(Sixels),
    /// iTerm2's inline images: an image takes the place of the cells.
    Iterm,
}

impl Protocol {
    /// What the panel of samples calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kitty | Self::Placeholders => "kitty",
            Self::Sixel(_) => "sixel",
            Self::Iterm => "iterm",
        }
    }
}

/// What a terminal does with sixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sixels {
    /// Colours of an image.
    pub colors: u16,
    /// Whether only a few images are kept, so that each has to be large.
    pub few_images: bool,
    /// The widest image in pixels.
    pub widest: u16,
}

impl Default for Sixels {
    fn default() -> Self {
        Self { colors: 64, few_images: false, widest: 1000 }
    }
}

/// Width and height of a cell in pixels.
pub type CellSize = (u16, u16);

/// A picture and the cells that it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub area: Rect,
    pub image: Image,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod screens;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for mode in PictureMode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        assert_eq!(
            "png".parse::<PictureMode>(),
            Err("expected auto, kitty, sixel, iterm or blocks, found `png`".into())
        );
    }
}
