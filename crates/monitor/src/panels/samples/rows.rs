//! Rows of pictures, one for each class, such as the ten digits: beside one another in blocks where they have no room
//! under one another.

use ratatui::{Frame, layout::Rect};

use super::{
    super::widgets::{draw_mosaic, symbols},
    shown::pick,
};
use crate::{state::app::App, theme::Role};
use gan_tui_core::{image::ImageBatch, text};
use gan_tui_store::art::{self, Glyphs, Mosaic, Room};

/// Columns of the gap between two blocks.
const AIR: usize = 1;
/// The most columns of a class's name before its row; longer ones are cut.
const LONGEST: usize = 10;
/// Cells across from which on a digit is made out; a ramp of characters takes more of them.
const READABLE: (usize, usize) = (8, 12);

/// How the rows share a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Blocks beside one another, each of as many rows as it takes.
    blocks: usize,
    classes: usize,
    /// Pictures of each class.
    columns: usize,
    /// Cells of a picture, across.
    width: usize,
    /// Columns of the names before the rows, with a gap; 0 without names.
    label: usize,
}

impl Rows {
    /// As few blocks as make the pictures readable, or those with the largest ones; every step of
    /// `zoom` takes more blocks of fewer rows, or fewer of more.
    pub fn fit(
        count: usize,
        names: &[String],
        side: usize,
        area: Rect,
        glyphs: Glyphs,
        zoom: i32,
    ) -> Option<Self> {
        let classes = names.len();
        let longest = names.iter().map(|name| text::width(name)).max()?.min(LONGEST) + 1;
        let readable = if glyphs == Glyphs::Ascii { READABLE.1 } else { READABLE.0 };
        let in_blocks = |blocks: usize| {
            let wide = ((usize::from(area.width) + AIR) / blocks).checked_sub(AIR)?;
            let high = usize::from(area.height) / classes.div_ceil(blocks);
            // Names are left out before a picture becomes too small.
            let has_room = wide >= longest + (2 * high).min(READABLE.0);
            let label = if has_room { longest } else { 0 };
            let room = wide - label;
            let widths = art::sizes(side, Room { width: room, height: high }, glyphs);
            let all = widths.into_iter().map(|width| Self {
                blocks,
                classes,
                columns: (room / width).min(count / classes),
                width,
                label,
            });
            // Those that can be read, two of a class at least, and fill the room best; else the
            // largest.
            all.filter(|rows| rows.columns > 0).max_by_key(|rows| {
                let filled = rows.columns * rows.width * rows.width;
                (rows.width.min(readable), rows.columns.min(2), filled)
            })
        };
        // Blocks of equally many rows; an odd number of classes leaves one place free.
        let places = classes.next_multiple_of(2);
        let blocks = (1..=classes).filter(|&blocks| places.is_multiple_of(blocks));
        let all: Vec<Self> = blocks.filter_map(in_blocks).collect();
        let largest = || {
            all.iter().enumerate().rev().max_by_key(|(_, rows)| rows.width).map_or(0, |(at, _)| at)
        };
        let at = all.iter().position(|rows| rows.width >= readable).unwrap_or_else(largest) as i32;
        all.get((at + zoom).clamp(0, (all.len() as i32 - 1).max(0)) as usize).copied()
    }

    /// How many pictures are shown.
    pub fn shown(&self) -> usize {
        self.classes * self.columns
    }

    /// The pictures of one class.
    pub fn mosaic(&self) -> Mosaic {
        Mosaic { columns: self.columns, rows: 1, width: self.width }
    }

    /// Where each class has its name, and where its pictures, in the middle of an area.
    pub fn places(&self, area: Rect) -> impl Iterator<Item = ((u16, u16), Rect)> {
        let Self { blocks, classes, columns, width, label } = *self;
        let (rows, height) = (classes.div_ceil(blocks), width / 2);
        let block = label + columns * width;
        let all = (blocks * (block + AIR) - AIR, rows * height);
        let left = usize::from(area.x) + usize::from(area.width).saturating_sub(all.0) / 2;
        let top = usize::from(area.y) + usize::from(area.height).saturating_sub(all.1) / 2;
        (0..classes).map(move |class| {
            // Two blocks are read one after the other, many of them line by line.
            let (place, row) = if blocks > 2 {
                (class % blocks, class / blocks)
            } else {
                (class / rows, class % rows)
            };
            let (x, y) = (left + place * (block + AIR), top + row * height);
            let (across, down) = ((columns * width) as u16, height as u16);
            let pictures = Rect::new((x + label) as u16, y as u16, across, down);
            ((x as u16, y as u16), pictures.intersection(area))
        })
    }

    /// In the middle of an area.
    pub fn draw(
        &self,
        frame: &mut Frame,
        area: Rect,
        app: &App,
        images: &ImageBatch,
        names: &[String],
    ) {
        let (label, height) = (self.label, self.width / 2);
        let mosaic = self.mosaic();
        let each = images.len() / self.classes;
        for (class, (name, ((x, y), place))) in names.iter().zip(self.places(area)).enumerate() {
            let row = pick(images, class * each..class * each + self.columns);
            draw_mosaic(frame.buffer_mut(), place, &app.look, mosaic, &row);
            if label > 0 {
                let y = y + (height.saturating_sub(1) / 2) as u16;
                frame.buffer_mut().set_string(
                    x,
                    y,
                    label_of(name, label - 1, app),
                    app.look.theme.style(Role::Faint),
                );
            }
        }
    }
}

/// A class's name in at most so many columns.
fn label_of(name: &str, columns: usize, app: &App) -> String {
    let name = text::escaped(name);
    let cut = text::cut(&name, columns);
    // Scripts without an ellipsis have three points for it, which take more room.
    let gap = symbols(app).gap;
    if gap.len() == 3 && gap.is_ascii() { cut.replace('\u{2026}', ".") } else { cut.into_owned() }
}

/// The pictures of a number in one line, or in as few lines as make them readable; else those that
/// make them the largest.
pub fn number(count: usize, side: usize, area: Rect, glyphs: Glyphs) -> Option<Mosaic> {
    let lines = |rows: usize| {
        let columns = count.div_ceil(rows);
        let room = Room {
            width: usize::from(area.width) / columns,
            height: usize::from(area.height) / rows,
        };
        let width = art::sizes(side, room, glyphs).pop()?;
        Some(Mosaic { columns, rows, width })
    };
    let readable = if glyphs == Glyphs::Ascii { READABLE.1 } else { READABLE.0 };
    let mut all = (1..=count).filter_map(lines);
    all.clone().find(|mosaic| mosaic.width >= readable).or_else(|| {
        let first = all.next()?;
        Some(all.fold(first, |best, mosaic| if mosaic.width > best.width { mosaic } else { best }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Vec<String> {
        (0..10).map(|digit| digit.to_string()).collect()
    }

    #[test]
    fn any_number_of_classes_has_its_place() {
        for classes in 1..=16 {
            let names = vec!["a name longer than its row".to_owned(); classes];
            for (width, height) in [(80, 24), (46, 20), (120, 40), (20, 10)] {
                let area = Rect::new(0, 0, width, height);
                let fitted = Rows::fit(8 * classes, &names, 32, area, Glyphs::Quadrant, 0);
                let rows = fitted.expect("a place for each class");
                let block = rows.columns * rows.width + rows.label;
                assert!(rows.blocks * (block + AIR) - AIR <= usize::from(width), "{rows:?}");
                let high = classes.div_ceil(rows.blocks) * (rows.width / 2);
                assert!(high <= usize::from(height), "{classes}: {rows:?} in {height}");
                assert_eq!(rows.shown(), classes * rows.columns);
            }
        }
        let area = Rect::new(0, 0, 58, 26);
        let eight = vec!["headphones".to_owned(); 8];
        let rows = Rows::fit(64, &eight, 32, area, Glyphs::Quadrant, 0);
        assert_eq!(rows.map(|rows| (rows.label, rows.columns)), Some((11, 2)), "two of each");
        assert_eq!(Rows::fit(80, &[], 32, area, Glyphs::Half, 0), None, "no classes");
    }

    #[test]
    fn all_digits_have_their_place_and_nothing_is_cut() {
        for glyphs in Glyphs::ALL {
            for (width, height) in
                (1..130).flat_map(|width| (1..60).map(move |height| (width, height)))
            {
                let area = Rect::new(0, 0, width, height);
                for zoom in [-2, 0, 3] {
                    let Some(rows) = Rows::fit(80, &digits(), 28, area, glyphs, zoom) else {
                        continue;
                    };
                    let block = rows.columns * rows.width + rows.label;
                    assert!(
                        rows.blocks * (block + AIR) - AIR <= usize::from(width),
                        "{rows:?} in {width}x{height}"
                    );
                    assert!(
                        10usize.div_ceil(rows.blocks) * (rows.width / 2) <= usize::from(height),
                        "{rows:?} in {width}x{height}"
                    );
                    assert!((1..=8).contains(&rows.columns));
                }
                for count in [1, 4, 16] {
                    let Some(mosaic) = number(count, 28, area, glyphs) else { continue };
                    assert!(
                        mosaic.columns * mosaic.width <= usize::from(width)
                            && mosaic.rows * mosaic.height() <= usize::from(height)
                    );
                    assert!(mosaic.columns * mosaic.rows >= count, "{mosaic:?} leaves digits out");
                }
            }
        }
        let fit = |width, height| {
            Rows::fit(80, &digits(), 28, Rect::new(0, 0, width, height), Glyphs::Quadrant, 0)
        };
        let rows =
            |blocks, columns, width| Some(Rows { blocks, classes: 10, columns, width, label: 2 });
        assert_eq!(fit(118, 47), rows(1, 8, 8), "ten rows of eight");
        assert_eq!((fit(70, 28), fit(46, 20)), (rows(2, 3, 10), rows(2, 2, 8)));
        assert_eq!(
            Rows::fit(9, &digits(), 28, Rect::new(0, 0, 80, 24), Glyphs::Half, 0),
            None,
            "not an image for each"
        );
        assert_eq!(number(0, 28, Rect::new(0, 0, 80, 24), Glyphs::Half), None);
    }

    #[test]
    fn a_number_stands_in_one_line_where_that_can_be_read() {
        let fit = |count, width, height| {
            number(count, 28, Rect::new(0, 0, width, height), Glyphs::Quadrant)
        };
        assert_eq!(fit(4, 60, 20), Some(Mosaic { columns: 4, rows: 1, width: 14 }));
        assert_eq!(fit(4, 68, 28), Some(Mosaic { columns: 4, rows: 1, width: 14 }));
        assert_eq!(fit(16, 46, 20).map(|mosaic| mosaic.rows), Some(4));
    }
}
