//! The character and the two colours that come nearest to a cell's pixels: the squared error
//! against the picture is the least there is.

use super::{Cell, Colors, Glyphs, Ink, colors};

/// Characters that ink an even share of their cell.
pub(super) const SHADES: [(f32, char); 3] = [(0.25, '░'), (0.5, '▒'), (0.75, '▓')];

/// The cell for `pixels` (shades from 0 to 255, row by row, at most eight).
pub(super) fn cell(pixels: &[f32], glyphs: Glyphs, colors: Colors) -> Cell {
    if glyphs == Glyphs::Ascii {
        let mean = pixels.iter().sum::<f32>() / pixels.len().max(1) as f32;
        return Cell { symbol: Glyphs::ramp(mean / 255.0), ..Cell::default() };
    }
    match colors.few() {
        Some(greys) => among_few(pixels, glyphs, greys),
        None => among_many(pixels, glyphs, colors),
    }
}

/// With many greys: of all ways to cut the sorted pixels in a dark and a light part, the one where
/// both are nearest to their means (the two-means clustering, exact in one dimension), and the
/// greys nearest to those.
fn among_many(pixels: &[f32], glyphs: Glyphs, colors: Colors) -> Cell {
    let mut sorted = [0.0f32; 8];
    let sorted = &mut sorted[..pixels.len()];
    sorted.copy_from_slice(pixels);
    sorted.sort_unstable_by(f32::total_cmp);
    let (total, count) = (sorted.iter().sum::<f32>(), sorted.len());

    // Minimising the sum of squared errors is maximising the sum of (part's sum)^2 / (part's size).
    let (mut best, mut cut) = (total * total / count as f32, 0);
    let mut dark = 0.0;
    for at in 1..count {
        dark += sorted[at - 1];
        let gain = dark * dark / at as f32 + (total - dark) * (total - dark) / (count - at) as f32;
        if gain > best + 1e-3 && sorted[at] > sorted[at - 1] {
            (best, cut) = (gain, at);
        }
    }
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    if cut == 0 {
        return solid(colors.nearest(mean(sorted)));
    }
    let (paper, ink) = (colors.nearest(mean(&sorted[..cut])), colors.nearest(mean(&sorted[cut..])));
    if paper == ink {
        return solid(paper);
    }
    Cell { symbol: glyphs.symbol(mask(pixels, sorted[cut])), ink: ink.1, paper: paper.1 }
}

/// With few greys: every pair of them, with each pixel in the nearer one or the whole cell in an
/// even mix.
fn among_few(pixels: &[f32], glyphs: Glyphs, greys: &[colors::GreyInk]) -> Cell {
    let mut best = (f32::INFINITY, Cell::default());
    let mut offer = |error: f32, cell: Cell| {
        // A hair's breadth decides for what came first, which is the plainer cell.
        if error < best.0 - 1.0 {
            best = (error, cell);
        }
    };
    let uniform = |shade: f32| pixels.iter().map(|pixel| (pixel - shade).powi(2)).sum::<f32>();
    for (at, &(dark, paper)) in greys.iter().enumerate() {
        for &(light, ink) in &greys[at + 1..] {
            let (dark, light) = (f32::from(dark), f32::from(light));
            let middle = (dark + light) / 2.0;
            let error =
                pixels
                    .iter()
                    .map(|&pixel| {
                        if pixel > middle {
                            (pixel - light).powi(2)
                        } else {
                            (pixel - dark).powi(2)
                        }
                    })
                    .sum();
            offer(error, Cell { symbol: glyphs.symbol(mask(pixels, middle + 1e-3)), ink, paper });
            for (share, symbol) in SHADES {
                offer(uniform(dark + (light - dark) * share), Cell { symbol, ink, paper });
            }
        }
    }
    // One colour is said with one colour: a blank, or a full block where ink alone tells it.
    let cell = best.1;
    match cell.symbol {
        ' ' => Cell { ink: Ink::Default, ..cell },
        '█' if cell.ink != Ink::Default => {
            Cell { symbol: ' ', ink: Ink::Default, paper: cell.ink }
        }
        _ => cell,
    }
}

fn solid((_, paper): colors::GreyInk) -> Cell {
    Cell { symbol: ' ', ink: Ink::Default, paper }
}

/// Bits of the pixels that are at least as light as `threshold`.
fn mask(pixels: &[f32], threshold: f32) -> u8 {
    pixels
        .iter()
        .enumerate()
        .fold(0, |mask, (bit, &pixel)| mask | u8::from(pixel >= threshold) << bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least squared error over all masks, both colours free: the slow, obvious twin of
    /// [`among_many`].
    fn least_error(pixels: &[f32]) -> f32 {
        (0..1u32 << pixels.len())
            .map(|mask| {
                let part = |bit: u32| -> Vec<f32> {
                    pixels
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| mask >> at & 1 == bit)
                        .map(|(_, &pixel)| pixel)
                        .collect()
                };
                [part(0), part(1)]
                    .iter()
                    .map(|part| {
                        let mean = part.iter().sum::<f32>() / part.len().max(1) as f32;
                        part.iter().map(|pixel| (pixel - mean).powi(2)).sum::<f32>()
                    })
                    .sum()
            })
            .fold(f32::INFINITY, f32::min)
    }

    fn shade(ink: Ink) -> f32 {
        match ink {
            Ink::Indexed(16) => 0.0,
            Ink::Indexed(231) => 255.0,
            Ink::Indexed(index) => f32::from((index - 232) * 10 + 8),
            Ink::Rgb(level, ..) => f32::from(level),
            _ => 0.0,
        }
    }

    fn error(pixels: &[f32], cell: Cell, glyphs: Glyphs) -> f32 {
        let mask = (0..=255u8).find(|&mask| glyphs.symbol(mask) == cell.symbol).unwrap_or(0);
        let drawn =
            |bit: usize| if mask >> bit & 1 == 1 { shade(cell.ink) } else { shade(cell.paper) };
        pixels.iter().enumerate().map(|(bit, pixel)| (pixel - drawn(bit)).powi(2)).sum()
    }

    #[test]
    fn no_other_mask_comes_nearer() {
        let mut state = 1u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as f32
        };
        for glyphs in [Glyphs::Octant, Glyphs::Sextant, Glyphs::Quadrant, Glyphs::Half] {
            let count = glyphs.pixels().0 * glyphs.pixels().1;
            for _ in 0..300 {
                let pixels: Vec<f32> = (0..count).map(|_| random()).collect();
                let found = error(&pixels, cell(&pixels, glyphs, Colors::Truecolor), glyphs);
                // A colour is at most 6 shades from the mean it stands for, so each pixel adds at
                // most 36.
                let most = least_error(&pixels) + 36.0 * count as f32;
                assert!(found <= most, "{glyphs} {pixels:?}: {found} over {most}");
            }
        }
    }

    #[test]
    fn a_flat_cell_is_a_blank_on_its_own_colour() {
        let cell = cell(&[128.0; 4], Glyphs::Quadrant, Colors::Indexed);
        assert_eq!((cell.symbol, cell.paper), (' ', Ink::Indexed(244)));
    }

    #[test]
    fn without_colour_greys_become_shaded_glyphs_and_edges_stay_edges() {
        let drawn = |pixels: [f32; 4]| cell(&pixels, Glyphs::Quadrant, Colors::None);
        let symbols: String =
            [0.0, 64.0, 128.0, 191.0, 255.0].map(|grey| drawn([grey; 4]).symbol).iter().collect();
        assert_eq!(symbols, " ░▒▓█");
        assert_eq!(drawn([0.0, 255.0, 0.0, 255.0]).symbol, '▐');
        assert_eq!(drawn([128.0; 4]).paper, Ink::Default);
    }

    #[test]
    fn sixteen_colours_mix_their_greys() {
        let cell = cell(&[64.0; 2], Glyphs::Half, Colors::Named);
        assert!(
            SHADES.iter().any(|&(_, symbol)| symbol == cell.symbol),
            "64 lies between black and bright black: {cell:?}"
        );
        let white = super::cell(&[255.0; 2], Glyphs::Half, Colors::Named);
        assert_eq!((white.symbol, white.paper), (' ', Ink::Named(15)));
    }
}
