//! How many colours there are, and which greys they hold.

use std::{fmt, str::FromStr};

use super::Ink;

/// A tier of colour, richest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colors {
    /// 24 bits.
    Truecolor,
    /// xterm's 256, with 26 greys.
    Indexed,
    /// The 16 named colours, with four greys.
    Named,
    /// The terminal's own foreground and background alone.
    None,
}

/// A grey and the colour that shows it.
pub(super) type Image = (u8, Ink);

/// Four greys of the 16 named colours, as xterm shows them.
const NAMED: [Image; 4] =
    [(0, Ink::Named(0)), (127, Ink::Named(8)), (229, Ink::Named(7)), (255, Ink::Named(15))];

/// Ink on paper, whatever their colours are.
const MONOCHROME: [Image; 2] = [(0, Ink::Default), (255, Ink::Default)];

impl Colors {
    /// Every tier, richest first.
    pub const ALL: [Self; 4] = [Self::Truecolor, Self::Indexed, Self::Named, Self::None];

    /// As the command line and the configuration name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Truecolor => "truecolor",
            Self::Indexed => "256",
            Self::Named => "16",
            Self::None => "none",
        }
    }

    /// The next tier, round and round.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&colors| colors == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// All greys of a tier with few of them.
    pub(super) fn few(self) -> Option<&'static [Image]> {
        match self {
            Self::Truecolor | Self::Indexed => None,
            Self::Named => Some(&NAMED),
            Self::None => Some(&MONOCHROME),
        }
    }

    /// The grey nearest to a shade in a tier with many.
    ///
    /// With 24 bits the steps are of 5 shades, which no eye tells apart: every second one is among
    /// the 256 indexed colours and so takes half the bytes, and noise below a step leaves a cell as
    /// it was.
    pub(super) fn nearest(self, shade: f32) -> Image {
        let (step, last) = if self == Self::Truecolor { (5.0, 243.0) } else { (10.0, 238.0) };
        if shade < 4.0 {
            return (0, Ink::Indexed(16));
        }
        if shade > (last + 255.0) / 2.0 {
            return (255, Ink::Indexed(231));
        }
        let level = (((shade - 8.0) / step).round() * step + 8.0).clamp(8.0, last) as u8;
        if (level - 8).is_multiple_of(10) {
            (level, Ink::Indexed(232 + (level - 8) / 10))
        } else {
            (level, Ink::Rgb(level, level, level))
        }
    }
}

impl fmt::Display for Colors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Colors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|colors| colors.name() == text)
            .ok_or_else(|| format!("expected truecolor, 256, 16 or none, found `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_grey_is_near_and_is_what_the_terminal_shows() {
        for (colors, most) in [(Colors::Truecolor, 6.0), (Colors::Indexed, 9.0)] {
            for shade in 0..=255u8 {
                let (level, ink) = colors.nearest(f32::from(shade));
                assert!(
                    (f32::from(level) - f32::from(shade)).abs() <= most,
                    "{colors} {shade} became {level}"
                );
                let shown = match ink {
                    Ink::Indexed(16) => 0,
                    Ink::Indexed(231) => 255,
                    Ink::Indexed(index) => (index - 232) * 10 + 8,
                    Ink::Rgb(level, _, _) => level,
                    other => panic!("{other:?} in {colors}"),
                };
                assert_eq!(shown, level, "{colors} {shade}");
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for colors in Colors::ALL {
            assert_eq!(colors.name().parse(), Ok(colors));
        }
        assert_eq!(
            "8".parse::<Colors>(),
            Err("expected truecolor, 256, 16 or none, found `8`".into())
        );
    }
}
