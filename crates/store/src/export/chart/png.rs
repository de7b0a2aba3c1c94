//! A chart as a PNG: every curve a column of pixels at a time, its ends blended.

use png::{BitDepth, ColorType, Encoder};

use super::{
    BAND, ChartPanel, ColumnPoint, Curve, GRID, INK, LEFT, MetricsChart, PAPER, RIGHT, Rgb,
};
use crate::export::letters;
use gan_tui_core::image::png::PngError;

/// Half the thickness of a curve.
const HALF: f64 = 0.8;

/// A picture of 8-bit red, green and blue.
struct Raster {
    width: usize,
    height: usize,
    scale: usize,
    pixels: Vec<u8>,
}

impl MetricsChart {
    /// The bytes of the file, `scale` times as large.
    ///
    /// # Errors
    /// Those of the encoder.
    pub fn png(&self, scale: usize) -> Result<Vec<u8>, PngError> {
        let (width, height) = self.size(scale);
        let mut paint =
            Raster { width, height, scale: scale.max(1), pixels: PAPER.repeat(width * height) };
        paint.text((LEFT, 12.0), 0.0, INK, &self.title);
        for panel in &self.panels {
            self.paint(&mut paint, panel);
        }
        paint.text(((LEFT + RIGHT) / 2.0, self.height() - 16.0), 0.5, INK, &self.axis);
        paint.encode()
    }

    fn paint(&self, paint: &mut Raster, panel: &ChartPanel) {
        for (y, name) in &panel.marks {
            paint.fill((LEFT, *y), (RIGHT, y + 1.0), GRID);
            paint.text((LEFT - 8.0, y - 4.0), 1.0, INK, name);
        }
        for (x, name) in &self.across {
            paint.fill((*x, panel.top), (x + 1.0, panel.bottom), GRID);
            paint.text((*x, panel.bottom + 8.0), 0.5, INK, name);
        }
        paint.text((LEFT, panel.top - 18.0), 0.0, INK, &panel.name);
        let mut right = RIGHT;
        for curve in panel.curves.iter().rev() {
            paint.text((right, panel.top - 18.0), 1.0, curve.color, &curve.name);
            right -= letters::width(&curve.name, 1) as f64 + 24.0;
        }
        panel.curves.iter().for_each(|curve| paint.curve(curve));
    }
}

impl Raster {
    /// Mixes a share of a colour into a pixel.
    fn blend(&mut self, x: usize, y: usize, color: Rgb, share: f32) {
        if x < self.width && y < self.height {
            for (old, new) in self.pixels[(y * self.width + x) * 3..][..3].iter_mut().zip(color) {
                *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * share).round() as u8;
            }
        }
    }

    /// A rectangle, in pixels at scale 1, at least one pixel wide and high.
    fn fill(&mut self, (left, top): (f64, f64), (right, bottom): (f64, f64), color: Rgb) {
        let at = |value: f64| (value * self.scale as f64).round() as usize;
        let (left, top, right, bottom) = (at(left), at(top), at(right), at(bottom));
        (top..bottom).for_each(|y| (left..right).for_each(|x| self.blend(x, y, color, 1.0)));
    }

    /// Words whose upper edge is at a height; a share of their width is left of `x`.
    fn text(&mut self, (x, y): (f64, f64), share: f64, color: Rgb, words: &str) {
        let scale = self.scale as f64;
        let left = (x * scale - letters::width(words, self.scale) as f64 * share).max(0.0) as usize;
        let top = (y * scale) as usize;
        letters::draw(words, self.scale, |across, down| {
            self.blend(left + across, top + down, color, 1.0)
        });
    }

    /// The range of a curve lightly, then the curve.
    fn curve(&mut self, curve: &Curve) {
        for pair in curve.points.windows(2) {
            self.columns(pair, |point| (point.high, point.low), curve.color, BAND);
        }
        match &curve.points[..] {
            [one] => self.columns(
                &[ColumnPoint { x: one.x - 1.0, ..*one }, ColumnPoint { x: one.x + 1.0, ..*one }],
                |point| (point.mean, point.mean),
                curve.color,
                1.0,
            ),
            points => points.windows(2).for_each(|pair| {
                self.columns(pair, |point| (point.mean, point.mean), curve.color, 1.0)
            }),
        }
    }

    /// Every pixel column between two points: from the upper to the lower edge there, as far as
    /// they are on this column or the next.
    fn columns(
        &mut self,
        pair: &[ColumnPoint],
        edges: fn(&ColumnPoint) -> (f64, f64),
        color: Rgb,
        share: f32,
    ) {
        let scale = self.scale as f64;
        let (from, to) = ((pair[0].x * scale).round(), (pair[1].x * scale).round());
        let (a, b) = (edges(&pair[0]), edges(&pair[1]));
        let at = |x: f64| {
            let t = ((x - from) / (to - from).max(1.0)).clamp(0.0, 1.0);
            ((a.0 + (b.0 - a.0) * t) * scale, (a.1 + (b.1 - a.1) * t) * scale)
        };
        let half = if share < 1.0 { 0.0 } else { HALF * scale };
        for x in from.max(0.0) as usize..to.max(0.0) as usize {
            let (here, next) = (at(x as f64), at(x as f64 + 1.0));
            self.span(x, here.0.min(next.0) - half, here.1.max(next.1) + half, color, share);
        }
    }

    /// Part of a column; pixels that it only touches take their share.
    fn span(&mut self, x: usize, top: f64, bottom: f64, color: Rgb, share: f32) {
        for y in top.floor().max(0.0) as usize..bottom.ceil().max(0.0) as usize {
            let covered = (bottom.min(y as f64 + 1.0) - top.max(y as f64)).clamp(0.0, 1.0);
            self.blend(x, y, color, share * covered as f32);
        }
    }

    fn encode(&self) -> Result<Vec<u8>, PngError> {
        let mut bytes = Vec::new();
        // Sides fit: their product was seen to.
        let mut encoder = Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::export::chart::tests::rows;

    fn colors(bytes: &[u8]) -> (u32, Vec<[u8; 3]>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        (reader.info().width, pixels.as_chunks().0.to_vec())
    }

    #[test]
    fn every_curve_is_seen_in_its_colour() {
        for (count, scale) in [(1, 1), (2, 1), (40, 2), (5000, 1)] {
            let rows = rows(count);
            let chart = MetricsChart::new("night", &rows.iter().collect::<Vec<_>>());
            let (width, pixels) = colors(&chart.png(scale).unwrap());
            assert_eq!(width as usize, 960 * scale);
            for panel in &chart.panels {
                let (top, bottom) =
                    (panel.top as usize * scale, panel.bottom as usize * scale + scale);
                let within = &pixels[top * width as usize..bottom * width as usize];
                for curve in &panel.curves {
                    // Where a curve lies between two rows of pixels, both are a little lighter.
                    let near = |pixel: &[u8; 3]| {
                        pixel.iter().zip(curve.color).all(|(a, b)| a.abs_diff(b) <= 60)
                    };
                    assert!(within.iter().any(near), "{} of {count} rows", curve.name);
                }
            }
        }
    }
}
