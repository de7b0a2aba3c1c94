//! The few colours that come near to those of a picture.

use std::collections::BTreeMap;

use gan_tui_core::image::Image;

/// Red, green and blue.
type Rgb = [u8; 3];
/// Colours, and how many pixels have each.
type Counts = Vec<(Rgb, u32)>;

/// A picture in a few colours.
pub struct Indexed {
    pub colors: Vec<Rgb>,
    /// The colour of each pixel, row by row.
    pub pixels: Vec<u8>,
}

/// Returns a picture in at most `most` colours (2 to 256): grey in even steps, which stay as they
/// are from picture to picture; others where the picture's colours are, by splitting them at the
/// median of the channel in which they differ most.
pub fn indexed(picture: &Image, most: usize) -> Indexed {
    let most = most.clamp(2, 256);
    if picture.channels == 1 {
        let steps = most - 1;
        let level = |step: usize| ((step * 255 + steps / 2) / steps) as u8;
        return Indexed {
            colors: (0..most).map(|step| [level(step); 3]).collect(),
            pixels: picture
                .pixels
                .iter()
                .map(|&shade| ((usize::from(shade) * steps + 127) / 255) as u8)
                .collect(),
        };
    }
    let mut counts: BTreeMap<Rgb, u32> = BTreeMap::new();
    for pixel in picture.pixels.as_chunks::<3>().0 {
        *counts.entry(*pixel).or_default() += 1;
    }
    let mut boxes = vec![counts.into_iter().collect::<Counts>()];
    while boxes.len() < most {
        // The one whose colours differ most, weighted by how many pixels have them.
        let worth = |colors: &Counts| {
            let (_, range) = widest(colors);
            let pixels: u64 = colors.iter().map(|(_, count)| u64::from(*count)).sum();
            u64::from(range) * u64::from(range) * pixels
        };
        let Some(at) = (0..boxes.len()).max_by_key(|&at| worth(&boxes[at])) else { break };
        if boxes[at].len() < 2 {
            break;
        }
        let (lower, upper) = halves(boxes.swap_remove(at));
        boxes.extend([lower, upper]);
    }
    let mut place = BTreeMap::new();
    let mut colors = Vec::new();
    for (index, members) in boxes.iter().enumerate() {
        colors.push(mean(members));
        place.extend(members.iter().map(|(color, _)| (*color, index as u8)));
    }
    let pixels = picture.pixels.as_chunks::<3>().0;
    Indexed { colors, pixels: pixels.iter().map(|pixel| place[pixel]).collect() }
}

/// The channel in which the colours differ most, and by how much.
fn widest(colors: &[(Rgb, u32)]) -> (usize, u8) {
    let range = |channel: usize| {
        let values = || colors.iter().map(|(color, _)| color[channel]);
        values().max().unwrap_or(0) - values().min().unwrap_or(0)
    };
    [0, 1, 2]
        .map(|channel| (channel, range(channel)))
        .into_iter()
        .max_by_key(|(_, range)| *range)
        .unwrap_or((0, 0))
}

/// Splits two colours or more so that both parts have about as many pixels.
fn halves(mut colors: Counts) -> (Counts, Counts) {
    let (channel, _) = widest(&colors);
    colors.sort_by_key(|(color, _)| color[channel]);
    let all: u64 = colors.iter().map(|(_, count)| u64::from(*count)).sum();
    let mut before = 0;
    let middle = colors.iter().position(|(_, count)| {
        before += u64::from(*count);
        2 * before >= all
    });
    let at = (middle.unwrap_or(0) + 1).min(colors.len() - 1);
    let upper = colors.split_off(at);
    (colors, upper)
}

fn mean(colors: &[(Rgb, u32)]) -> Rgb {
    let all: u64 = colors.iter().map(|(_, count)| u64::from(*count)).sum();
    [0, 1, 2].map(|channel| {
        let sum: u64 =
            colors.iter().map(|(color, count)| u64::from(color[channel]) * u64::from(*count)).sum();
        ((sum + all / 2) / all.max(1)) as u8
    })
}

#[cfg(test)]
mod tests {
    use gan_tui_core::image::ImageShape;

    use super::*;

    #[test]
    fn greys_are_even_steps_from_black_to_white() {
        let picture = Image::grey(256, 1, (0..=255).collect());
        let found = indexed(&picture, 16);
        assert_eq!((found.colors[0], found.colors[15]), ([0; 3], [255; 3]));
        for (shade, &index) in (0..=255i32).zip(&found.pixels) {
            let shown = i32::from(found.colors[usize::from(index)][0]);
            assert!((shown - shade).abs() <= 9, "{shade} became {shown}");
        }
    }

    #[test]
    fn few_colours_stay_and_many_come_near() {
        let few = [[255, 0, 0], [0, 0, 255], [255, 255, 255]];
        let pixels = (0..64).flat_map(|at| few[at % 3]).collect();
        let found = indexed(&Image::new(ImageShape::rgb(8, 8), pixels), 16);
        assert_eq!(found.colors.len(), 3);
        assert!((0..64).all(|at| found.colors[usize::from(found.pixels[at])] == few[at % 3]));
        let many: Vec<u8> =
            (0..32u8).flat_map(|y| (0..32u8).flat_map(move |x| [x * 8, y * 8, 128])).collect();
        let found = indexed(&Image::new(ImageShape::rgb(32, 32), many.clone()), 64);
        assert_eq!(found.colors.len(), 64);
        for (pixel, &index) in many.as_chunks::<3>().0.iter().zip(&found.pixels) {
            let shown = found.colors[usize::from(index)];
            let off = (0..3).map(|at| pixel[at].abs_diff(shown[at])).max();
            assert!(off <= Some(24), "{pixel:?} became {shown:?}");
        }
    }
}
