//! Pictures of any size as images of one shape.
//!
//! Each pixel is the average of what it covers, weighted by area, in integers: the same on every
//! machine.

use gan_tui_core::{
    image::{Image, ImageShape, RGB},
    preset::Fit,
};

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy)]
struct Region {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

/// Returns an image in grey, or in colour, as `channels` says.
pub(crate) fn with_channels(image: Image, channels: usize) -> Image {
    match (image.channels, channels) {
        (1, RGB) => {
            let pixels = image.pixels.iter().flat_map(|&shade| [shade; RGB]).collect();
            Image { channels: RGB, pixels, ..image }
        }
        (RGB, 1) => image.to_grey(),
        _ => image,
    }
}

/// Fits an image, which has the shape's channels, to the shape. Bars beside a contained grey image
/// are white if its edge is light, else black; beside a colour image they have its edge's mean
/// colour.
pub(crate) fn fitted(image: &Image, shape: ImageShape, fit: Fit) -> Vec<u8> {
    if image.shape() == shape {
        return image.pixels.clone();
    }
    let (width, height) = (image.width, image.height);
    let whole = Region { left: 0, top: 0, width, height };
    let is_wide = width * shape.height >= height * shape.width;
    match fit {
        Fit::Stretch => resized(image, whole, (shape.width, shape.height)),
        Fit::Cover => {
            let cut = |side: usize, of: usize, by: usize| ((side * of + by / 2) / by).max(1);
            let region = if is_wide {
                let cut = cut(height, shape.width, shape.height).min(width);
                Region { left: (width - cut) / 2, width: cut, ..whole }
            } else {
                let cut = cut(width, shape.height, shape.width).min(height);
                Region { top: (height - cut) / 2, height: cut, ..whole }
            };
            resized(image, region, (shape.width, shape.height))
        }
        Fit::Contain => contained(image, shape, is_wide),
    }
}

fn contained(image: &Image, shape: ImageShape, is_wide: bool) -> Vec<u8> {
    let scaled =
        |side: usize, to: usize, of: usize| ((side * to + of / 2) / of).clamp(1, to.max(1));
    let size = if is_wide {
        (shape.width, scaled(image.height, shape.width, image.width).min(shape.height))
    } else {
        (scaled(image.width, shape.height, image.height).min(shape.width), shape.height)
    };
    let whole = Region { left: 0, top: 0, width: image.width, height: image.height };
    let inner = resized(image, whole, size);
    if size == (shape.width, shape.height) {
        return inner;
    }
    let (line, row) = (size.0 * shape.channels, shape.width * shape.channels);
    let mut out = bars(image).repeat(shape.pixels());
    let (left, top) = ((shape.width - size.0) / 2 * shape.channels, (shape.height - size.1) / 2);
    for (y, pixels) in inner.chunks_exact(line).enumerate() {
        let start = (top + y) * row + left;
        out[start..start + line].copy_from_slice(pixels);
    }
    out
}

/// Returns the pixel that bars beside an image are made of.
fn bars(image: &Image) -> Vec<u8> {
    if image.channels != RGB {
        return vec![if has_light_edge(image) { 255 } else { 0 }];
    }
    let (mut sums, mut count) = ([0u64; RGB], 0);
    for (x, y) in edge(image) {
        let pixel = image.pixel(x, y);
        sums.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += u64::from(value));
        count += 1;
    }
    sums.map(|sum| ((sum + count / 2) / count) as u8).to_vec()
}

/// Returns whether the outermost pixels are nearer to white, on average.
pub(crate) fn has_light_edge(image: &Image) -> bool {
    let sum: u64 = edge(image).map(|(x, y)| u64::from(image.at(x, y))).sum();
    sum > 128 * 2 * (image.width + image.height) as u64
}

/// Returns the places of the outermost pixels; those of the corners come twice.
fn edge(image: &Image) -> impl Iterator<Item = (usize, usize)> {
    let (width, height) = (image.width, image.height);
    let rows = (0..width).flat_map(move |x| [(x, 0), (x, height - 1)]);
    rows.chain((0..height).flat_map(move |y| [(0, y), (width - 1, y)]))
}

/// Scales a region to (width, height).
fn resized(image: &Image, region: Region, (width, height): (usize, usize)) -> Vec<u8> {
    let channels = image.channels;
    let mut out = Vec::with_capacity(width * height * channels);
    let columns: Vec<Vec<(usize, u64)>> =
        (0..width).map(|x| parts(x, width, region.width).collect()).collect();
    let area = (region.width * region.height) as u64;
    let mut sums = vec![0u64; region.width * channels];
    for y in 0..height {
        sums.fill(0);
        for (row, tall) in parts(y, height, region.height) {
            let start = ((region.top + row) * image.width + region.left) * channels;
            let pixels = &image.pixels[start..start + sums.len()];
            sums.iter_mut().zip(pixels).for_each(|(sum, &value)| *sum += tall * u64::from(value));
        }
        for column in &columns {
            for channel in 0..channels {
                let sum: u64 =
                    column.iter().map(|&(x, wide)| wide * sums[x * channels + channel]).sum();
                out.push(((sum + area / 2) / area) as u8);
            }
        }
    }
    out
}

/// Returns the pixels of `size` that cell `index` of `cells` covers, and how much of each in units
/// of 1/`cells` of a pixel.
fn parts(index: usize, cells: usize, size: usize) -> impl Iterator<Item = (usize, u64)> {
    let (from, to) = (index * size, (index + 1) * size);
    (from / cells..to.div_ceil(cells))
        .map(move |pixel| (pixel, (to.min((pixel + 1) * cells) - from.max(pixel * cells)) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shade_of_a_scaled_picture_is_its_average() {
        let pixels: Vec<u8> = (0..45 * 31).map(|at| (at * 11 % 253) as u8).collect();
        let picture = Image::grey(45, 31, pixels);
        let mean =
            |pixels: &[u8]| pixels.iter().map(|&p| f64::from(p)).sum::<f64>() / pixels.len() as f64;
        let out = fitted(&picture, ImageShape::grey(28, 28), Fit::Contain);
        let (height, top) = (19, (28 - 19) / 2);
        let scaled = mean(&out[top * 28..(top + height) * 28]);
        assert!((mean(&picture.pixels) - scaled).abs() < 0.5, "{scaled}");
    }

    #[test]
    fn a_wide_picture_gets_bars_is_cut_or_is_stretched() {
        // Red, green and blue thirds, each 2x2.
        let row = [[255, 0, 0], [255, 0, 0], [0, 255, 0], [0, 255, 0], [0, 0, 255], [0, 0, 255]];
        let picture = Image::new(ImageShape::rgb(6, 2), [row, row].concat().concat());
        let shape = ImageShape::rgb(2, 2);
        let green = [[0, 255, 0]; 4].concat();
        assert_eq!(fitted(&picture, shape, Fit::Cover), green);
        let half = |one: [u8; 3], other: [u8; 3]| [one, other, one, other].concat();
        assert_eq!(fitted(&picture, shape, Fit::Stretch), half([170, 85, 0], [0, 85, 170]));
        let shape = ImageShape::rgb(6, 4);
        let contained = fitted(&picture, shape, Fit::Contain);
        let bars = bars(&picture);
        assert_eq!(contained[..18], bars.repeat(6));
        assert_eq!(contained[18..54], picture.pixels);
    }

    #[test]
    fn every_size_fits_every_shape() {
        for (width, height) in [(1, 1), (1, 900), (900, 1), (3, 2), (64, 64), (31, 33)] {
            for shape in [ImageShape::grey(28, 28), ImageShape::rgb(32, 32), ImageShape::rgb(3, 7)]
            {
                let image = Image::uniform(ImageShape { width, height, ..shape }, 90);
                for fit in [Fit::Contain, Fit::Cover, Fit::Stretch] {
                    let out = fitted(&image, shape, fit);
                    assert_eq!(out.len(), shape.values());
                    assert!(out.iter().all(|&value| matches!(value, 0 | 90)), "{width}x{height}");
                }
            }
        }
    }
}
