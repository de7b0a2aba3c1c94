//! The block character and the two colours that are nearest to a cell's RGB pixels.

use super::{
    Cell, Colors, Glyphs, Ink,
    fit::{self, SHADES},
};

/// Red, green and blue, each from 0 to 255.
type Rgb = [f32; 3];

/// Splits of a cell whose squared errors differ by less than this look the same.
const NEGLIGIBLE: f32 = 4.0;

/// The cell for `pixels` (row by row, at most eight). Without colours it is that of their luma, with
/// more contrast; with characters that have no pixels of their own, a blank in their colour.
pub(super) fn cell(pixels: &[Rgb], glyphs: Glyphs, colors: Colors) -> Cell {
    match colors {
        Colors::None => {
            let mut shades = [0.0; 8];
            for (shade, &pixel) in shades.iter_mut().zip(pixels) {
                *shade = stretched(luma(pixel));
            }
            fit::cell(&shades[..pixels.len()], glyphs, colors)
        }
        _ if glyphs == Glyphs::Ascii => blank(colors.nearest_rgb(mean(pixels, u8::MAX))),
        Colors::Truecolor => two_colours(pixels, glyphs, colors),
        Colors::Indexed | Colors::Named => among_few(pixels, glyphs, colors),
    }
}

/// Luma with more contrast, for the five shades that there are without colours: in colour pictures
/// nearly all of it is in the middle of the range. The same for every pixel, so that nothing crawls
/// when others change.
fn stretched(luma: f32) -> f32 {
    const DARK: f32 = 40.0;
    const LIGHT: f32 = 215.0;
    255.0 * ((luma - DARK) / (LIGHT - DARK)).clamp(0.0, 1.0)
}

fn blank(paper: Ink) -> Cell {
    Cell { symbol: ' ', ink: Ink::Default, paper }
}

/// With few colours: the pixels in two of them, or the whole cell in an even mix, whichever comes
/// nearer. It is decided by the cell's pixels alone, so that nothing crawls when others change.
fn among_few(pixels: &[Rgb], glyphs: Glyphs, colors: Colors) -> Cell {
    let two = two_colours(pixels, glyphs, colors);
    let off = |pixel: &Rgb, rgb: Rgb| square([0, 1, 2].map(|at| pixel[at] - rgb[at]));
    let (paper, ink) = (Colors::shown(two.paper), Colors::shown(two.ink));
    let as_two: f32 = if two.symbol == ' ' {
        pixels.iter().map(|pixel| off(pixel, paper)).sum()
    } else {
        pixels.iter().map(|pixel| off(pixel, paper).min(off(pixel, ink))).sum()
    };
    // No mix comes nearer than the mean itself would.
    let middle = mean(pixels, u8::MAX);
    if as_two <= pixels.iter().map(|pixel| off(pixel, middle)).sum() {
        return two;
    }
    let mix = colors.mix(middle);
    let as_mix = pixels.iter().map(|pixel| off(pixel, mix.rgb) + mix.texture).sum::<f32>();
    if as_two <= as_mix {
        return two;
    }
    match SHADES.iter().find(|(share, _)| *share == mix.share) {
        Some(&(_, symbol)) => Cell { symbol, ink: mix.ink, paper: mix.paper },
        None => blank(mix.paper),
    }
}

/// The two-means clustering of the pixels, each part in the colour nearest to its mean.
fn two_colours(pixels: &[Rgb], glyphs: Glyphs, colors: Colors) -> Cell {
    let mask = split(pixels);
    let (paper, ink) = (mean(pixels, !mask), mean(pixels, mask));
    // The lighter part is the ink, as in grey cells.
    let (mask, paper, ink) =
        if luma(ink) < luma(paper) { (!mask, ink, paper) } else { (mask, paper, ink) };
    let (paper, ink) = (colors.nearest_rgb(paper), colors.nearest_rgb(ink));
    if mask.trailing_ones() as usize >= pixels.len() || paper == ink {
        return blank(colors.nearest_rgb(mean(pixels, u8::MAX)));
    }
    Cell { symbol: glyphs.symbol(mask), ink, paper }
}

/// The two-means clustering of a cell: bits of the pixels of one part, of all pixels if one colour
/// does. Every split is tried, each one pixel away from the one before (Gray code); the last pixel
/// stays in one part, since parts may be swapped.
fn split(pixels: &[Rgb]) -> u8 {
    let count = pixels.len();
    let total = sum(pixels, u8::MAX);
    // Minimising the squared error is maximising the sum of (part's sum)^2 / (part's size).
    let (mut best, mut best_mask) = (square(total) / count as f32, u8::MAX);
    let (mut part, mut mask) = ([0.0; 3], 0u8);
    for step in 1..1u32 << (count - 1) {
        let bit = step.trailing_zeros() as usize;
        mask ^= 1 << bit;
        let sign = if mask >> bit & 1 == 1 { 1.0 } else { -1.0 };
        for (sum, value) in part.iter_mut().zip(pixels[bit]) {
            *sum += sign * value;
        }
        let size = mask.count_ones() as f32;
        let rest = [0, 1, 2].map(|channel| total[channel] - part[channel]);
        let gain = square(part) / size + square(rest) / (count as f32 - size);
        if gain > best + NEGLIGIBLE {
            (best, best_mask) = (gain, mask);
        }
    }
    best_mask
}

/// The sum of the pixels whose bits are set.
fn sum(pixels: &[Rgb], mask: u8) -> Rgb {
    let mut sum = [0.0; 3];
    for pixel in members(pixels, mask) {
        sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
    }
    sum
}

/// The mean of the pixels whose bits are set; black if there are none.
fn mean(pixels: &[Rgb], mask: u8) -> Rgb {
    let count = members(pixels, mask).count().max(1) as f32;
    sum(pixels, mask).map(|value| value / count)
}

fn members(pixels: &[Rgb], mask: u8) -> impl Iterator<Item = &Rgb> {
    pixels.iter().enumerate().filter(move |(bit, _)| mask >> bit & 1 == 1).map(|(_, pixel)| pixel)
}

fn square(color: Rgb) -> f32 {
    color.iter().map(|value| value * value).sum()
}

/// The luma of ITU-R BT.601.
fn luma([red, green, blue]: Rgb) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(pixels: &[Rgb], mask: u8) -> f32 {
        let part = |mask| {
            let mean = mean(pixels, mask);
            let off = |pixel: &Rgb| square([0, 1, 2].map(|at| pixel[at] - mean[at]));
            members(pixels, mask).map(off).sum::<f32>()
        };
        part(mask) + part(!mask)
    }

    #[test]
    fn no_other_split_comes_nearer() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32
        };
        for count in [2, 4, 6, 8] {
            for _ in 0..200 {
                let pixels: Vec<Rgb> = (0..count).map(|_| [random(), random(), random()]).collect();
                let least =
                    (0..=u8::MAX).map(|mask| error(&pixels, mask)).fold(f32::INFINITY, f32::min);
                let found = error(&pixels, split(&pixels));
                assert!(found <= least + 2.0 * NEGLIGIBLE, "{pixels:?}: {found} over {least}");
            }
        }
    }

    #[test]
    fn two_colours_are_ink_and_paper() {
        let (red, yellow) = ([255.0, 0.0, 0.0], [255.0, 255.0, 0.0]);
        let drawn = |colors| cell(&[yellow, red, red, red], Glyphs::Quadrant, colors);
        let expected = |ink, paper| Cell { symbol: '▘', ink, paper };
        assert_eq!(drawn(Colors::Truecolor), expected(Ink::Rgb(255, 255, 0), Ink::Rgb(255, 0, 0)));
        assert_eq!(drawn(Colors::Indexed), expected(Ink::Indexed(226), Ink::Indexed(196)));
        assert_eq!(drawn(Colors::Named), expected(Ink::Named(11), Ink::Named(9)));
        let plain = drawn(Colors::None);
        assert_eq!((plain.ink, plain.paper), (Ink::Default, Ink::Default));
    }

    #[test]
    fn one_colour_is_a_blank() {
        let drawn = |colors| cell(&[[10.0, 200.0, 90.0]; 8], Glyphs::Octant, colors);
        assert_eq!(
            drawn(Colors::Truecolor),
            Cell { paper: Ink::Rgb(10, 200, 90), ..Cell::default() }
        );
        let mixed = drawn(Colors::Indexed);
        let inks = [mixed.paper, mixed.ink].map(Colors::shown);
        assert!(SHADES.iter().any(|(_, symbol)| *symbol == mixed.symbol), "{mixed:?}");
        assert!(inks[0][1] <= 200.0 && inks[1][1] >= 200.0, "green lies between two: {mixed:?}");
        assert_eq!(
            cell(&[[0.0, 215.0, 95.0]; 8], Glyphs::Octant, Colors::Indexed),
            Cell { paper: Ink::Indexed(41), ..Cell::default() }
        );
        let ascii = cell(&[[250.0, 0.0, 0.0]], Glyphs::Ascii, Colors::Named);
        assert_eq!(ascii, Cell { paper: Ink::Named(9), ..Cell::default() });
        let luma = cell(&[[250.0, 0.0, 0.0]], Glyphs::Ascii, Colors::None);
        assert_eq!((luma.ink, luma.paper), (Ink::Default, Ink::Default));
    }
}
