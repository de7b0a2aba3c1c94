//! How many colours there are, and which of them is nearest to a grey or an RGB colour.

use std::{fmt, str::FromStr, sync::LazyLock};

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
pub(super) type GreyInk = (u8, Ink);

/// Four greys of the 16 named colours, as xterm shows them.
const NAMED: [GreyInk; 4] =
    [(0, Ink::Named(0)), (127, Ink::Named(8)), (229, Ink::Named(7)), (255, Ink::Named(15))];

/// Ink on paper, whatever their colours are.
const MONOCHROME: [GreyInk; 2] = [(0, Ink::Default), (255, Ink::Default)];

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
    pub(super) fn few(self) -> Option<&'static [GreyInk]> {
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
    pub(super) fn nearest(self, shade: f32) -> GreyInk {
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

/// The 16 named colours, as xterm shows them.
const NAMED_RGB: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 0, 0],
    [0, 205, 0],
    [205, 205, 0],
    [0, 0, 238],
    [205, 0, 205],
    [0, 205, 205],
    [229, 229, 229],
    [127, 127, 127],
    [255, 0, 0],
    [0, 255, 0],
    [255, 255, 0],
    [92, 92, 255],
    [255, 0, 255],
    [0, 255, 255],
    [255, 255, 255],
];

/// The levels of each channel in the colour cube of xterm's 256 colours, which begins at 16.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

impl Colors {
    /// The colour nearest to red, green and blue (0 to 255). With 24 bits the steps are of 5, as
    /// for greys.
    pub(super) fn nearest_rgb(self, rgb: [f32; 3]) -> Ink {
        let distance = |color: [u8; 3]| distance(color.map(f32::from), rgb);
        let (level, grey) = self.nearest(rgb.iter().sum::<f32>() / 3.0);
        match self {
            Self::Truecolor => {
                let [red, green, blue] = rgb.map(|value| ((value / 5.0).round() * 5.0) as u8);
                if red == green && green == blue { grey } else { Ink::Rgb(red, green, blue) }
            }
            Self::Indexed => {
                let steps = rgb.map(|value| {
                    let off = |step: &usize| (f32::from(CUBE[*step]) - value).abs();
                    (0..CUBE.len()).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0)
                });
                if distance([level; 3]) <= distance(steps.map(|step| CUBE[step])) {
                    grey
                } else {
                    Ink::Indexed((16 + 36 * steps[0] + 6 * steps[1] + steps[2]) as u8)
                }
            }
            Self::Named => {
                let off = |index: &u8| distance(NAMED_RGB[usize::from(*index)]);
                Ink::Named((0..16).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0))
            }
            Self::None => Ink::Default,
        }
    }
}

/// The squared distance of two colours.
fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    let [red, green, blue] = [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
    red * red + green * green + blue * blue
}

/// A colour, or two of them mixed in one cell by a character that inks a share of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Mix {
    pub paper: Ink,
    pub ink: Ink,
    /// The share of the cell that is inked: 0 is the paper alone.
    pub share: f32,
    /// What the eye makes of it.
    pub rgb: [f32; 3],
    /// The squared error that its texture counts as.
    pub texture: f32,
}

/// Shares of a cell that [`Mix`] inks.
const SHARES: [f32; 3] = [0.25, 0.5, 0.75];
/// How much of the variance within a mix counts as an error: so that two colours far from each other
/// are mixed only where nothing near would do.
const TEXTURE: f32 = 0.1;

impl Mix {
    fn of((paper, dark): (Ink, [f32; 3]), (ink, light): (Ink, [f32; 3]), share: f32) -> Self {
        let at = |channel: usize| dark[channel] + share * (light[channel] - dark[channel]);
        let texture = TEXTURE * share * (1.0 - share) * distance(dark, light);
        Self { paper, ink, share, rgb: [at(0), at(1), at(2)], texture }
    }

    /// Returns every colour by itself, and every pair of them mixed.
    fn all(colors: &[(Ink, [f32; 3])]) -> impl Iterator<Item = Self> {
        let alone = colors.iter().map(|&color| Self::of(color, color, 0.0));
        let pairs = (0..colors.len()).flat_map(move |at| {
            let others = &colors[at + 1..];
            let mixed = move |other| SHARES.map(|share| Self::of(colors[at], other, share));
            others.iter().flat_map(move |&other| mixed(other))
        });
        alone.chain(pairs)
    }
}

impl Colors {
    /// Returns the mix that comes nearest to a colour, texture included. It depends on nothing
    /// else, so that a picture that stays is drawn as it was.
    pub(super) fn mix(self, rgb: [f32; 3]) -> Mix {
        static NAMED_MIXES: LazyLock<Vec<Mix>> = LazyLock::new(|| {
            let color =
                |(index, rgb): (usize, &[u8; 3])| (Ink::Named(index as u8), rgb.map(f32::from));
            Mix::all(&NAMED_RGB.iter().enumerate().map(color).collect::<Vec<_>>()).collect()
        });
        let error = |mix: &Mix| mix.texture + distance(mix.rgb, rgb);
        let nearest = |a: &Mix, b: &Mix| error(a).total_cmp(&error(b));
        let found = match self {
            Self::Named => NAMED_MIXES.iter().copied().min_by(nearest),
            Self::Indexed => Mix::all(&around(rgb)).min_by(nearest),
            Self::Truecolor | Self::None => None,
        };
        let alone = (self.nearest_rgb(rgb), rgb);
        found.unwrap_or_else(|| Mix::of(alone, alone, 0.0))
    }

    /// Returns the red, green and blue of a colour of this tier.
    pub(super) fn shown(ink: Ink) -> [f32; 3] {
        let rgb = match ink {
            Ink::Default => [0; 3],
            Ink::Named(index) => NAMED_RGB[usize::from(index & 15)],
            Ink::Indexed(index @ 0..16) => NAMED_RGB[usize::from(index)],
            Ink::Indexed(index @ 232..) => [8 + (index - 232) * 10; 3],
            Ink::Indexed(index) => {
                let at = usize::from(index - 16);
                [CUBE[at / 36], CUBE[at / 6 % 6], CUBE[at % 6]]
            }
            Ink::Rgb(red, green, blue) => [red, green, blue],
        };
        rgb.map(f32::from)
    }
}

/// Returns the corners of the colour cube's cell that holds a colour, and the greys below and above
/// it.
fn around(rgb: [f32; 3]) -> Vec<(Ink, [f32; 3])> {
    let below = rgb.map(|value| {
        let level = CUBE.iter().rposition(|&level| f32::from(level) <= value).unwrap_or(0);
        level.min(CUBE.len() - 2)
    });
    let corner = |at: usize| {
        let [red, green, blue] = [0, 1, 2].map(|channel| below[channel] + (at >> channel & 1));
        Ink::Indexed((16 + 36 * red + 6 * green + blue) as u8)
    };
    let grey = ((rgb.iter().sum::<f32>() / 3.0 - 8.0) / 10.0).clamp(0.0, 22.0) as u8;
    let inks = (0..8).map(corner).chain([Ink::Indexed(232 + grey), Ink::Indexed(233 + grey)]);
    inks.map(|ink| (ink, Colors::shown(ink))).collect()
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
    fn the_nearest_colour_is_near() {
        for (colors, rgb, expected) in [
            (Colors::Truecolor, [203.0, 98.0, 1.0], Ink::Rgb(205, 100, 0)),
            (Colors::Truecolor, [128.0, 128.0, 127.6], Ink::Indexed(244)),
            (Colors::Indexed, [250.0, 90.0, 5.0], Ink::Indexed(202)),
            (Colors::Indexed, [90.0, 89.0, 91.0], Ink::Indexed(240)),
            (Colors::Named, [20.0, 20.0, 200.0], Ink::Named(4)),
            (Colors::Named, [240.0, 240.0, 240.0], Ink::Named(7)),
            (Colors::None, [20.0, 20.0, 200.0], Ink::Default),
        ] {
            assert_eq!(colors.nearest_rgb(rgb), expected, "{colors} {rgb:?}");
        }
    }

    #[test]
    fn a_mix_comes_nearer_than_any_colour_alone() {
        let off = |a: [f32; 3], b: [f32; 3]| -> f32 {
            a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f32>().sqrt()
        };
        for (colors, most) in [(Colors::Indexed, 40.0), (Colors::Named, 75.0)] {
            let (mut alone, mut mixed) = (0.0, 0.0);
            for at in 0..512u32 {
                let rgb = [at & 7, at >> 3 & 7, at >> 6].map(|step| step as f32 * 255.0 / 7.0);
                let mix = colors.mix(rgb);
                assert!(off(mix.rgb, rgb) <= most, "{colors} {rgb:?}: {mix:?}");
                mixed += off(mix.rgb, rgb);
                alone += off(Colors::shown(colors.nearest_rgb(rgb)), rgb);
                assert!([mix.paper, mix.ink].iter().all(|ink| match colors {
                    Colors::Named => matches!(ink, Ink::Named(_)),
                    _ => matches!(ink, Ink::Indexed(16..)),
                }));
            }
            assert!(mixed < 0.6 * alone, "{colors}: {mixed}, alone {alone}");
        }
        let red = Colors::Named.mix([255.0, 0.0, 0.0]);
        assert_eq!((red.paper, red.share), (Ink::Named(9), 0.0), "a colour there is stays pure");
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
