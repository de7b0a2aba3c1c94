//! A contact sheet: frames side by side, each with its iteration above it.

use std::fmt::Write;

use super::{ExportError, letters, pixels};
use gan_tui_core::image::{Image, ImageShape};

/// Between tiles and around them, in pixels of a letter.
const GAP: usize = 6;
/// What is behind the tiles, and the letters.
const PAPER: u8 = 34;
const INK: u8 = 221;
/// A tile of this width has letters of size one, one of twice the width of size two.
const TILE: usize = 224;

/// A frame and when it was.
pub struct Tile {
    pub iteration: u64,
    pub picture: Image,
}

/// Tiles and where they stand.
pub struct Sheet<'a> {
    tiles: &'a [Tile],
    /// Of every tile.
    channels: usize,
    scale: usize,
    /// Size of the letters.
    size: usize,
    columns: usize,
    /// What a tile takes, label and gap included.
    cell: (usize, usize),
    long: bool,
}

impl<'a> Sheet<'a> {
    /// As near to a square as may be; each pixel of a frame becomes `scale` by `scale`.
    ///
    /// # Errors
    /// Returns an error if frames differ in size, or the sheet would be larger than any picture.
    pub fn new(tiles: &'a [Tile], scale: usize) -> Result<Self, ExportError> {
        let scale = scale.max(1);
        let first = tiles.first().map_or(ImageShape::grey(1, 1), |tile| tile.picture.shape());
        let shapes = || tiles.iter().map(|tile| tile.picture.shape());
        let side = |shape: ImageShape| (shape.width, shape.height);
        if let Some(other) = shapes().find(|other| *other != first) {
            return Err(ExportError::Sizes { first: side(first), other: side(other) });
        }
        let tile = (first.width.saturating_mul(scale), first.height.saturating_mul(scale));
        let size = (tile.0 / TILE).max(1);
        let widest = |long| {
            tiles.iter().map(|tile| letters::width(&label(tile, long), size)).max().unwrap_or(0)
        };
        let long = widest(true) <= tile.0;
        let gap = GAP * size;
        let cell = (
            tile.0.max(widest(long)).saturating_add(gap),
            tile.1.saturating_add(letters::SIDE * size + gap + gap / 2),
        );
        // As wide as high, as nearly as may be.
        let columns = (tiles.len() as f64 * cell.1 as f64 / cell.0 as f64).sqrt().round() as usize;
        let columns = columns.clamp(1, tiles.len().max(1));
        let sheet = Self { tiles, channels: first.channels, scale, size, columns, cell, long };
        let (width, height) = sheet.size();
        if u32::try_from(width.max(height)).is_err() {
            return Err(ExportError::TooLarge {
                format: "SVG",
                width,
                height,
                most: u32::MAX as usize,
            });
        }
        Ok(sheet)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        let rows = self.tiles.len().div_ceil(self.columns);
        let gap = GAP * self.size;
        (
            self.columns.saturating_mul(self.cell.0).saturating_add(gap),
            rows.saturating_mul(self.cell.1).saturating_add(gap / 2),
        )
    }

    /// Tiles with the upper left corners of their labels.
    fn places(&self) -> impl Iterator<Item = (&Tile, usize, usize)> {
        let gap = GAP * self.size;
        self.tiles.iter().enumerate().map(move |(index, tile)| {
            (
                tile,
                gap + index % self.columns * self.cell.0,
                gap + index / self.columns * self.cell.1,
            )
        })
    }

    /// Between the upper edges of a label and its tile.
    fn below(&self) -> usize {
        letters::SIDE * self.size + GAP * self.size / 2
    }

    /// Returns the sheet as a picture, grey or RGB as the tiles are.
    pub fn picture(&self) -> Image {
        let ((width, height), channels) = (self.size(), self.channels);
        let mut out = Image::uniform(ImageShape { height, width, channels }, PAPER);
        let start = |x: usize, y: usize| (y * width + x) * channels;
        for (tile, left, top) in self.places() {
            letters::draw(&label(tile, self.long), self.size, |x, y| {
                out.pixels[start(left + x, top + y)..][..channels].fill(INK);
            });
            let picture = tile.picture.enlarged(self.scale);
            let rows = picture.pixels.chunks_exact((picture.width * channels).max(1));
            for (y, row) in rows.enumerate() {
                let place = start(left, top + self.below() + y);
                out.pixels[place..place + row.len()].copy_from_slice(row);
            }
        }
        out
    }

    /// Returns the sheet as an SVG document.
    pub fn svg(&self) -> String {
        let (width, height) = self.size();
        let mut out = String::new();
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">"#
        );
        let _ = writeln!(
            out,
            r##"<rect width="100%" height="100%" fill="#{PAPER:02x}{PAPER:02x}{PAPER:02x}"/>"##
        );
        let font = letters::SIDE * self.size * 3 / 2;
        let _ = writeln!(
            out,
            r##"<g font-family="sans-serif" font-size="{font}" fill="#{INK:02x}{INK:02x}{INK:02x}">"##
        );
        for (tile, left, top) in self.places() {
            let _ = writeln!(
                out,
                r#"<text x="{left}" y="{}">{}</text>"#,
                top + letters::SIDE * self.size,
                label(tile, self.long)
            );
        }
        out.push_str("</g>\n");
        for (tile, left, top) in self.places() {
            pixels::group(
                &mut out,
                &tile.picture,
                (left as f64, (top + self.below()) as f64),
                self.scale as f64,
            );
        }
        out.push_str("</svg>\n");
        out
    }
}

/// `iteration 500`, or the number alone where there is no room for more.
fn label(tile: &Tile, long: bool) -> String {
    if long { format!("iteration {}", tile.iteration) } else { tile.iteration.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tiles(side: usize, count: u64) -> Vec<Tile> {
        (0..count)
            .map(|index| Tile {
                iteration: index * 500,
                picture: Image::filled(side, side, 10 * index as u8),
            })
            .collect()
    }

    #[test]
    fn every_tile_is_there_whole_with_its_label_above() {
        for (side, scale) in [(224, 1), (28, 1), (28, 3)] {
            let tiles = tiles(side, 5);
            let sheet = Sheet::new(&tiles, scale).unwrap();
            let picture = sheet.picture();
            for (tile, left, top) in sheet.places() {
                let shade = tile.picture.pixels[0];
                let inside = (0..side * scale)
                    .all(|at| picture.at(left + at, top + sheet.below() + at) == shade);
                assert!(inside, "tile {} of side {side}", tile.iteration);
                let label = letters::width(&label(tile, sheet.long), sheet.size);
                let ink =
                    (0..letters::SIDE * sheet.size).flat_map(|y| (0..label).map(move |x| (x, y)));
                assert!(
                    ink.filter(|(x, y)| picture.at(left + x, top + y) == INK).count() > 10,
                    "label {}",
                    tile.iteration
                );
            }
        }
    }

    #[test]
    fn labels_are_as_long_as_there_is_room() {
        let (large, small) = (tiles(224, 4), tiles(28, 4));
        assert!(Sheet::new(&large, 1).unwrap().svg().contains(">iteration 1500</text>"));
        assert!(Sheet::new(&small, 1).unwrap().svg().contains(">1500</text>"));
        assert_eq!(Sheet::new(&large, 1).unwrap().columns, 2);
    }

    #[test]
    fn frames_of_different_sizes_make_no_sheet() {
        let mut tiles = tiles(28, 2);
        tiles[1].picture = Image::filled(3, 4, 0);
        assert!(Sheet::new(&tiles, 1).is_err());
    }

    #[test]
    fn tiles_keep_their_colours() {
        let mut tiles = tiles(28, 2);
        for tile in &mut tiles {
            tile.picture = Image::new(ImageShape::rgb(28, 28), [250, 40, 7].repeat(784));
        }
        let sheet = Sheet::new(&tiles, 1).unwrap();
        let picture = sheet.picture();
        let (_, left, top) = sheet.places().last().unwrap();
        assert_eq!(picture.rgb(left + 27, top + sheet.below() + 27), [250, 40, 7]);
        assert_eq!(picture.rgb(0, 0), [PAPER; 3]);
        assert!(sheet.svg().contains("#fa2807"));
        tiles[1].picture = tiles[1].picture.to_grey();
        assert!(Sheet::new(&tiles, 1).is_err());
    }
}
