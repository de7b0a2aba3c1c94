//! A palette for a picture of many colours: the colours are cut into boxes, the one whose colours
//! differ most first (Heckbert 1982, cut in the middle, so that rare colours keep near ones too).
//! There is no dithering, which would crawl from picture to picture.

use std::collections::HashMap;

use gan_tui_core::image::RGB;

type Rgb = [u8; RGB];

/// A picture of at most 256 colours.
#[derive(Debug, PartialEq, Eq)]
pub struct Indexed {
    /// Red, green and blue of each colour.
    pub palette: Vec<u8>,
    /// A colour for each pixel.
    pub pixels: Vec<u8>,
    /// The index of the pixels that are left out, if there are any.
    pub transparent: Option<u8>,
}

/// Returns a picture of RGBA pixels, of which those whose alpha is 0 are left out.
pub fn indexed(rgba: &[[u8; 4]]) -> Indexed {
    let mut counts: HashMap<Rgb, u32> = HashMap::new();
    for &[red, green, blue, _] in rgba.iter().filter(|pixel| pixel[RGB] > 0) {
        *counts.entry([red, green, blue]).or_default() += 1;
    }
    let mut colours: Vec<(Rgb, u32)> = counts.into_iter().collect();
    colours.sort_unstable();
    let (mut palette, mut index_of) = (Vec::new(), HashMap::with_capacity(colours.len()));
    for (index, part) in cut(&mut colours, usize::from(u8::MAX)).into_iter().enumerate() {
        palette.extend(mean(part));
        index_of.extend(part.iter().map(|&(colour, _)| (colour, index as u8)));
    }
    // At most 255 colours, so that there is an index for the pixels that are left out.
    let left_out = (palette.len() / RGB) as u8;
    let index = |&[red, green, blue, _]: &[u8; 4]| index_of.get(&[red, green, blue]).copied();
    let is_left_out = |pixel: &[u8; 4]| pixel[RGB] == 0;
    let pixel = |pixel| if is_left_out(pixel) { left_out } else { index(pixel).unwrap_or(0) };
    let pixels = rgba.iter().map(pixel).collect();
    let transparent = rgba.iter().any(is_left_out).then_some(left_out);
    if transparent.is_some() {
        palette.extend([0; RGB]);
    }
    Indexed { palette, pixels, transparent }
}

/// Cuts colours with their counts into at most `most` parts.
fn cut(colours: &mut [(Rgb, u32)], most: usize) -> Vec<&[(Rgb, u32)]> {
    if colours.is_empty() {
        return Vec::new();
    }
    let mut parts = vec![Part::of(colours)];
    while parts.len() < most {
        let worst = (0..parts.len()).max_by(|&a, &b| parts[a].weight.total_cmp(&parts[b].weight));
        let Some(worst) = worst.filter(|&at| parts[at].weight > 0.0) else { break };
        let Part { colours, channel, middle, .. } = parts.swap_remove(worst);
        colours.sort_unstable_by_key(|(colour, _)| colour[channel]);
        let at = colours.partition_point(|(colour, _)| colour[channel] <= middle);
        let (low, high) = colours.split_at_mut(at);
        parts.extend([Part::of(low), Part::of(high)]);
    }
    parts.into_iter().map(|part| &*part.colours).collect()
}

/// Colours that share an entry of the palette.
struct Part<'a> {
    colours: &'a mut [(Rgb, u32)],
    /// The channel in which they differ most, and the middle of its range.
    channel: usize,
    middle: u8,
    /// The range in that channel; more where more pixels have these colours. 0 if they are one.
    weight: f32,
}

impl<'a> Part<'a> {
    fn of(colours: &'a mut [(Rgb, u32)]) -> Self {
        let range = |channel: usize| {
            colours.iter().fold((u8::MAX, 0), |(low, high), (colour, _)| {
                (colour[channel].min(low), colour[channel].max(high))
            })
        };
        let ranges = [range(0), range(1), range(2)];
        let width = |channel: usize| ranges[channel].1.saturating_sub(ranges[channel].0);
        let channel = (0..RGB).max_by_key(|&channel| width(channel)).unwrap_or(0);
        let (low, high) = ranges[channel];
        let count = colours.iter().map(|(_, count)| *count as f32).sum::<f32>();
        let weight = f32::from(width(channel)) * count.sqrt().sqrt();
        Self { colours, channel, middle: low.midpoint(high), weight }
    }
}

/// The mean of colours, weighed by their counts.
fn mean(colours: &[(Rgb, u32)]) -> Rgb {
    let total: u64 = colours.iter().map(|(_, count)| u64::from(*count)).sum::<u64>().max(1);
    [0, 1, 2].map(|channel| {
        let weighed = |(colour, count): &(Rgb, u32)| u64::from(colour[channel]) * u64::from(*count);
        ((colours.iter().map(weighed).sum::<u64>() + total / 2) / total) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_kept_exactly() {
        let rgba = [[9, 8, 7, 255], [0, 0, 0, 0], [9, 8, 7, 255], [255, 0, 1, 255]];
        let Indexed { palette, pixels, transparent } = indexed(&rgba);
        assert_eq!((transparent, pixels[1], palette.len()), (Some(2), 2, 9));
        for (pixel, index) in rgba.iter().zip(pixels).filter(|(pixel, _)| pixel[3] > 0) {
            assert_eq!(palette[usize::from(index) * 3..][..3], pixel[..3]);
        }
        assert_eq!(indexed(&[[0; 4]]).pixels, [0]);
    }

    #[test]
    fn many_colours_get_near_ones_and_a_rare_one_too() {
        let mut rgba: Vec<[u8; 4]> = (0..=255u8)
            .flat_map(|a| (0..=255u8).step_by(3).map(move |b| [a, b, 255 - a, 255]))
            .collect();
        rgba.push([255, 255, 255, 255]);
        let Indexed { palette, pixels, transparent } = indexed(&rgba);
        assert_eq!((transparent, palette.len()), (None, 255 * 3));
        let off = |at: usize| {
            let near = &palette[usize::from(pixels[at]) * 3..][..3];
            rgba[at].iter().zip(near).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
        };
        let worst = (0..rgba.len()).map(off).max();
        assert!(worst <= Some(20), "{worst:?}");
    }
}
