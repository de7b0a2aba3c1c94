//! Sets of characters that show several pixels in one cell.

use std::{collections::HashMap, fmt, str::FromStr, sync::OnceLock};

/// A set of characters to draw pictures with, finest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Glyphs {
    /// 2x4 pixels a cell (Unicode 16): square pixels, few terminals yet.
    Octant,
    /// 2x3 pixels a cell (Unicode 13).
    Sextant,
    /// 2x2 pixels a cell: in every font with block elements.
    Quadrant,
    /// 1x2 pixels a cell: square pixels, each of its own colour.
    Half,
    /// One shade a cell, from characters of more or less ink.
    Ascii,
}

/// Block elements by their four quarters: bit 0 upper left, 1 upper right, 2 lower left, 3 lower
/// right.
const QUADRANTS: [char; 16] =
    [' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█'];

/// Printable ASCII by rising share of ink.
const RAMP: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

/// The octant masks that had a character of their own before Unicode 16, bit 0 upper left, row by
/// row. The other 230 follow one another from U+1CD00.
const OLDER_OCTANTS: [(u8, char); 26] = [
    (0x00, ' '),
    (0x01, '\u{1CEA8}'),
    (0x02, '\u{1CEAB}'),
    (0x03, '\u{1FB82}'),
    (0x05, '▘'),
    (0x0A, '▝'),
    (0x0F, '▀'),
    (0x14, '\u{1FBE6}'),
    (0x28, '\u{1FBE7}'),
    (0x3F, '\u{1FB85}'),
    (0x40, '\u{1CEA3}'),
    (0x50, '▖'),
    (0x55, '▌'),
    (0x5A, '▞'),
    (0x5F, '▛'),
    (0x80, '\u{1CEA0}'),
    (0xA0, '▗'),
    (0xA5, '▚'),
    (0xAA, '▐'),
    (0xAF, '▜'),
    (0xC0, '▂'),
    (0xF0, '▄'),
    (0xF5, '▙'),
    (0xFA, '▟'),
    (0xFC, '▆'),
    (0xFF, '█'),
];

/// Columns and rows of a cell, and which of its pixels are set, row by row from the lowest bit.
pub type Pixels = ((usize, usize), u8);

impl Glyphs {
    /// Every set, finest first.
    pub const ALL: [Self; 5] =
        [Self::Octant, Self::Sextant, Self::Quadrant, Self::Half, Self::Ascii];

    /// As the command line and the configuration name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Octant => "octant",
            Self::Sextant => "sextant",
            Self::Quadrant => "quadrant",
            Self::Half => "half",
            Self::Ascii => "ascii",
        }
    }

    /// The next set, round and round.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&glyphs| glyphs == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// Pixels of one cell: columns and rows.
    pub fn pixels(self) -> (usize, usize) {
        match self {
            Self::Octant => (2, 4),
            Self::Sextant => (2, 3),
            Self::Quadrant => (2, 2),
            Self::Half => (1, 2),
            Self::Ascii => (1, 1),
        }
    }

    /// Columns below which a digit can no longer be read, found by eye on MNIST.
    pub fn readable_columns(self) -> usize {
        match self {
            Self::Octant | Self::Sextant => 8,
            Self::Quadrant => 10,
            Self::Half => 12,
            Self::Ascii => 16,
        }
    }

    /// The character whose set pixels are the bits of `mask`, row by row from the upper left, bit 0
    /// first.
    pub(super) fn symbol(self, mask: u8) -> char {
        match self {
            Self::Octant => octant(mask),
            Self::Sextant => sextant(mask),
            Self::Quadrant => QUADRANTS[usize::from(mask & 15)],
            Self::Half => [' ', '▀', '▄', '█'][usize::from(mask & 3)],
            Self::Ascii => RAMP[if mask & 1 == 1 { RAMP.len() - 1 } else { 0 }],
        }
    }

    /// The pixels of a block character: columns and rows of its cell, and which of them are set, as
    /// [`Glyphs::pixels`] counts them.
    pub fn pixels_of(symbol: char) -> Option<Pixels> {
        static BLOCKS: OnceLock<HashMap<char, Pixels>> = OnceLock::new();
        let blocks = BLOCKS.get_or_init(|| {
            let sets = [Self::Octant, Self::Sextant, Self::Quadrant, Self::Half];
            let of = |set: Self| {
                let (across, down) = set.pixels();
                (0..1u16 << (across * down))
                    .map(move |mask| (set.symbol(mask as u8), (set.pixels(), mask as u8)))
            };
            // The coarsest set that has a character comes last and stays.
            sets.into_iter().flat_map(of).collect()
        });
        blocks.get(&symbol).copied()
    }

    /// The ASCII character with about `share` (0 to 1) of its cell inked.
    pub(super) fn ramp(share: f32) -> char {
        let last = RAMP.len() - 1;
        RAMP[((share * last as f32).round() as usize).min(last)]
    }
}

fn sextant(mask: u8) -> char {
    match mask & 63 {
        0 => ' ',
        0b01_01_01 => '▌',
        0b10_10_10 => '▐',
        63 => '█',
        mask => {
            let older = 1 + u32::from(mask > 0b01_01_01) + u32::from(mask > 0b10_10_10);
            char::from_u32(0x1FB00 + u32::from(mask) - older).unwrap_or('█')
        }
    }
}

fn octant(mask: u8) -> char {
    match OLDER_OCTANTS.binary_search_by_key(&mask, |&(older, _)| older) {
        Ok(at) => OLDER_OCTANTS[at].1,
        Err(older) => char::from_u32(0x1CD00 + u32::from(mask) - older as u32).unwrap_or('█'),
    }
}

impl fmt::Display for Glyphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Glyphs {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|glyphs| glyphs.name() == text).ok_or_else(|| {
            format!("expected octant, sextant, quadrant, half or ascii, found `{text}`")
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_mask_has_a_character_of_its_own() {
        for (glyphs, masks) in [
            (Glyphs::Octant, 256),
            (Glyphs::Sextant, 64),
            (Glyphs::Quadrant, 16),
            (Glyphs::Half, 4),
        ] {
            let symbols: HashSet<char> = (0..masks).map(|mask| glyphs.symbol(mask as u8)).collect();
            assert_eq!(symbols.len(), masks, "{glyphs}");
        }
    }

    #[test]
    fn pixels_are_told_of_every_block() {
        assert_eq!(Glyphs::pixels_of('▀'), Some(((1, 2), 1)));
        assert_eq!(Glyphs::pixels_of('▙'), Some(((2, 2), 0b1101)));
        assert_eq!(Glyphs::pixels_of(sextant(5)), Some(((2, 3), 5)));
        assert_eq!(Glyphs::pixels_of(octant(0x17)), Some(((2, 4), 0x17)));
        assert_eq!((Glyphs::pixels_of('x'), Glyphs::pixels_of(' ')), (None, Some(((1, 2), 0))));
    }

    #[test]
    fn the_ranges_end_where_unicode_ends_them() {
        assert_eq!((sextant(1), sextant(62)), ('\u{1FB00}', '\u{1FB3B}'));
        assert_eq!((octant(4), octant(0xFE)), ('\u{1CD00}', '\u{1CDE5}'));
        assert_eq!((sextant(0b00_11_11), octant(0b0000_1111), QUADRANTS[3]), ('🬎', '▀', '▀'));
    }

    #[test]
    fn names_are_read_back() {
        for glyphs in Glyphs::ALL {
            assert_eq!(glyphs.name().parse(), Ok(glyphs));
        }
        assert!("block".parse::<Glyphs>().is_err_and(|error| error.contains("`block`")));
        assert_eq!(
            Glyphs::ALL.into_iter().fold(Glyphs::Octant, |glyphs, _| glyphs.next()),
            Glyphs::Octant
        );
    }
}
