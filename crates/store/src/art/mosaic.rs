//! Many pictures in a room of cells: how many, how large, and drawn.

use super::{
    Canvas, Colors, Glyphs, fit, fit_rgb,
    resample::{Resampler, planes},
};
use gan_tui_core::image::{Image, ImageBatch};

/// Room for pictures, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    pub width: usize,
    pub height: usize,
}

/// How pictures are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// Cells across from which on a picture can be read.
    pub readable: usize,
    /// Cells that there have to be between two pictures of a row: none where their margins are dark.
    pub gap: usize,
}

/// How pictures share a room: `columns` by `rows` of them, each `width` cells wide and half as many
/// high, so that it looks square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mosaic {
    pub columns: usize,
    pub rows: usize,
    /// Cells of one picture, across.
    pub width: usize,
}

impl Mosaic {
    /// Cells of one picture, down.
    pub fn height(&self) -> usize {
        self.width / 2
    }

    /// How many pictures of `count` are shown.
    pub fn shown(&self, count: usize) -> usize {
        count.min(self.columns * self.rows)
    }

    /// Puts as many of `count` pictures of `side` pixels in the room as can be read there, then
    /// makes them as large as they go: averaged down to any size, scaled up by whole factors only,
    /// and never cut.
    ///
    /// Every step of `zoom` above 0 shows fewer and larger ones, below 0 more than can be read
    /// well, as far as there are other numbers that fit. `None` where the room does not hold one
    /// picture of two cells by one.
    pub fn fit(count: usize, side: usize, room: Room, glyphs: Glyphs, zoom: i32) -> Option<Self> {
        let readable = glyphs.readable_columns();
        Self::fit_apart(count, side, room, glyphs, Apart { readable, gap: 0 }, zoom)
    }

    /// The same with another size from which on pictures can be read, and with a gap.
    pub fn fit_apart(
        count: usize,
        side: usize,
        room: Room,
        glyphs: Glyphs,
        Apart { readable: least, gap }: Apart,
        zoom: i32,
    ) -> Option<Self> {
        let sizes = sizes(side, room, glyphs);
        let across = |width: usize| (room.width + gap) / (width + gap);
        let holds = |width: usize| (across(width) * (room.height / (width / 2))).min(count).max(1);
        // The smallest readable size says how many there are; a room too small for that takes one,
        // as large as it goes.
        let readable = sizes.iter().find(|&&width| width >= least).map_or(1, |&width| holds(width));
        let mut numbers: Vec<usize> = sizes.iter().map(|&width| holds(width)).collect();
        numbers.dedup();
        let at =
            numbers.iter().position(|&number| number <= readable).unwrap_or(numbers.len()) as i32;
        let wanted =
            *numbers.get((at + zoom).clamp(0, (numbers.len() as i32 - 1).max(0)) as usize)?;
        let width = sizes.into_iter().rfind(|&width| holds(width) >= wanted)?;
        let most = (across(width).clamp(1, wanted), room.height / (width / 2));
        // A whole grid, if there is one of this size; 64 are eight by eight, not eleven by six.
        let whole = (1..=most.0)
            .filter(|columns| wanted.is_multiple_of(*columns) && wanted / columns <= most.1)
            .min_by_key(|columns| columns.abs_diff(wanted / columns));
        let columns = whole.unwrap_or(most.0);
        let rows = wanted.div_ceil(columns);
        // As few columns as the rows allow: seven in two rows are four and three, not six and one.
        Some(Self { columns: wanted.div_ceil(rows), rows, width })
    }
}

/// The widths in cells a picture of `side` pixels may take, smallest first: even, so that its
/// height is whole.
pub fn sizes(side: usize, room: Room, glyphs: Glyphs) -> Vec<usize> {
    let whole = side.div_ceil(glyphs.pixels().0);
    let most = room.width.min(room.height * 2);
    (2..=most).step_by(2).filter(|&width| width <= whole || width.is_multiple_of(whole)).collect()
}

/// Draws the first pictures of a stack as `mosaic` has them; places without a picture stay blank.
pub fn draw(stack: &ImageBatch, mosaic: Mosaic, glyphs: Glyphs, colors: Colors) -> Canvas {
    let size = Room { width: mosaic.width, height: mosaic.height() };
    draw_sized(stack, mosaic, size, glyphs, colors)
}

/// Draws one picture of any shape in so many cells, none of them zero.
pub fn draw_image(image: &Image, size: Room, glyphs: Glyphs, colors: Colors) -> Canvas {
    let stack = ImageBatch::new(image.shape(), image.pixels.clone());
    let mosaic = Mosaic { columns: 1, rows: 1, width: size.width };
    draw_sized(&stack, mosaic, size, glyphs, colors)
}

fn draw_sized(
    stack: &ImageBatch,
    mosaic: Mosaic,
    Room { width, height }: Room,
    glyphs: Glyphs,
    colors: Colors,
) -> Canvas {
    let (across, down) = glyphs.pixels();
    let mut canvas = Canvas::blank(mosaic.columns * width, mosaic.rows * height);
    let pixels_wide = width * across;
    let resampler = Resampler::new((stack.width, stack.height), (pixels_wide, height * down));
    for index in 0..mosaic.shown(stack.len()) {
        let planes: Vec<Vec<f32>> = planes(stack.picture(index), stack.channels)
            .map(|plane| resampler.apply(&plane))
            .collect();
        let (left, top) = (index % mosaic.columns * width, index / mosaic.columns * height);
        for y in 0..height {
            for x in 0..width {
                let place =
                    |at: usize| (y * down + at / across) * pixels_wide + x * across + at % across;
                let count = across * down;
                let cell = match &planes[..] {
                    [red, green, blue] => {
                        let mut pixels = [[0.0f32; 3]; 8];
                        for (at, pixel) in pixels[..count].iter_mut().enumerate() {
                            *pixel = [red, green, blue].map(|plane| plane[place(at)]);
                        }
                        fit_rgb::cell(&pixels[..count], glyphs, colors)
                    }
                    planes => {
                        let mut pixels = [0.0f32; 8];
                        for (at, pixel) in pixels[..count].iter_mut().enumerate() {
                            *pixel = planes[0][place(at)];
                        }
                        fit::cell(&pixels[..count], glyphs, colors)
                    }
                };
                canvas.cells[(top + y) * canvas.width + left + x] = cell;
            }
        }
    }
    canvas
}

#[cfg(test)]
mod tests {
    use gan_tui_core::image::ImageShape;

    use super::{
        super::{Cell, Ink},
        *,
    };

    const SIDE: usize = 28;

    #[test]
    fn nothing_is_ever_cut() {
        for glyphs in Glyphs::ALL {
            for width in 1..130 {
                for height in 1..60 {
                    for count in [1, 10, 64] {
                        let Some(mosaic) =
                            Mosaic::fit(count, SIDE, Room { width, height }, glyphs, 0)
                        else {
                            assert!(width < 2, "a {width}x{height} room holds a picture");
                            continue;
                        };
                        assert!(
                            mosaic.columns * mosaic.width <= width
                                && mosaic.rows * mosaic.height() <= height,
                            "{mosaic:?} in {width}x{height}"
                        );
                        assert!(
                            mosaic.columns * mosaic.rows < count + mosaic.columns,
                            "{mosaic:?} has an empty row for {count}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn large_pictures_are_whole_multiples() {
        let one = |width, height, glyphs| {
            Mosaic::fit(1, SIDE, Room { width, height }, glyphs, 0).map(|mosaic| mosaic.width)
        };
        assert_eq!(one(60, 40, Glyphs::Half), Some(56), "every pixel two cells by one");
        assert_eq!(one(55, 40, Glyphs::Half), Some(28));
        assert_eq!(one(60, 40, Glyphs::Octant), Some(56));
        assert_eq!(one(45, 40, Glyphs::Octant), Some(42));
        assert_eq!(one(20, 40, Glyphs::Half), Some(20), "averaged down, any size does");
    }

    #[test]
    fn a_large_room_shows_all_and_a_small_one_fewer() {
        let fit =
            |width, height| Mosaic::fit(64, SIDE, Room { width, height }, Glyphs::Quadrant, 0);
        assert_eq!(fit(112, 56), Some(Mosaic { columns: 8, rows: 8, width: 14 }));
        assert_eq!(fit(118, 43), Some(Mosaic { columns: 8, rows: 8, width: 10 }), "no ragged row");
        assert_eq!(fit(42, 17), Some(Mosaic { columns: 4, rows: 3, width: 10 }));
        assert_eq!(fit(6, 2), Some(Mosaic { columns: 1, rows: 1, width: 4 }));
        assert_eq!(fit(1, 9), None);
        let zoomed = |zoom| {
            Mosaic::fit(64, SIDE, Room { width: 42, height: 17 }, Glyphs::Quadrant, zoom)
                .map(|mosaic| mosaic.columns * mosaic.rows)
        };
        assert_eq!([-1, 0, 1, 2, 3].map(zoomed), [Some(20), Some(12), Some(6), Some(1), Some(1)]);
    }

    #[test]
    fn pictures_with_a_gap_leave_room_for_it() {
        let fit = |gap| {
            let apart = Apart { readable: 10, gap };
            Mosaic::fit_apart(64, 32, Room { width: 70, height: 27 }, Glyphs::Quadrant, apart, 0)
        };
        assert_eq!(fit(0), Some(Mosaic { columns: 7, rows: 5, width: 10 }));
        assert_eq!(fit(1), Some(Mosaic { columns: 6, rows: 5, width: 10 }));
        let narrow = Apart { readable: 10, gap: 1 };
        for width in 2..40 {
            let room = Room { width, height: 9 };
            let mosaic = Mosaic::fit_apart(64, 32, room, Glyphs::Quadrant, narrow, 0);
            let fits = |of: Mosaic| of.columns * (of.width + 1) <= width + 1;
            assert!(mosaic.is_some_and(fits), "{mosaic:?} in {width}");
        }
    }

    #[test]
    fn a_drawn_picture_is_where_it_belongs() {
        let mut pixels = vec![0; 2 * SIDE * SIDE];
        pixels[SIDE * SIDE..].fill(255);
        let mosaic = Mosaic { columns: 2, rows: 1, width: 4 };
        let canvas =
            draw(&ImageBatch::grey(SIDE, SIDE, pixels), mosaic, Glyphs::Half, Colors::None);
        assert_eq!(canvas.text(), "    ████\n    ████\n");
        let missing = draw(
            &ImageBatch::grey(SIDE, SIDE, vec![255; SIDE * SIDE]),
            mosaic,
            Glyphs::Ascii,
            Colors::None,
        );
        assert_eq!(missing.text(), "@@@@\n@@@@\n");
        let three = Mosaic { columns: 2, rows: 2, width: 4 };
        let dark = draw(
            &ImageBatch::grey(SIDE, SIDE, vec![0; 3 * SIDE * SIDE]),
            three,
            Glyphs::Half,
            Colors::Truecolor,
        );
        let is_blank = |x: usize, y: usize| dark.cells[y * dark.width + x] == Cell::default();
        assert!(
            !is_blank(3, 3) && !is_blank(7, 1) && is_blank(4, 2) && is_blank(7, 3),
            "a place without a picture has the terminal's colours"
        );
    }

    /// Noise, of which half stays: its cells stay too, in every tier.
    #[test]
    fn what_does_not_change_is_drawn_as_it_was() {
        let mut state = 7u32;
        let mut noise = |count: usize| -> Vec<u8> {
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..count).map(|_| next()).collect()
        };
        let half = noise(16 * 32 * 3);
        let frames = [(); 2].map(|()| {
            let pixels = [half.clone(), noise(16 * 32 * 3)].concat();
            ImageBatch::new(ImageShape::rgb(32, 32), pixels)
        });
        for glyphs in Glyphs::ALL {
            let mosaic = Mosaic { columns: 1, rows: 1, width: 16 };
            for colors in Colors::ALL {
                let [first, second] =
                    frames.each_ref().map(|frame| draw(frame, mosaic, glyphs, colors));
                assert_eq!(first.cells[..4 * 16], second.cells[..4 * 16], "{glyphs} {colors}");
                assert_ne!(first, second);
            }
        }
    }

    #[test]
    fn colours_are_drawn_where_they_are() {
        let mut pixels = [0, 0, 255].repeat(2 * 4 * 4);
        pixels[3 * 16..].copy_from_slice(&[255, 0, 0].repeat(16));
        let images = ImageBatch::new(ImageShape::rgb(4, 4), pixels);
        let mosaic = Mosaic { columns: 2, rows: 1, width: 4 };
        let drawn = |colors| draw(&images, mosaic, Glyphs::Half, colors);
        let canvas = drawn(Colors::Truecolor);
        let paper = |x: usize, y: usize| canvas.cells[y * canvas.width + x].paper;
        assert_eq!((paper(3, 1), paper(4, 0)), (Ink::Rgb(0, 0, 255), Ink::Rgb(255, 0, 0)));
        let text = drawn(Colors::None).text();
        assert!(text.lines().all(|line| line.chars().count() == 8), "luma is shaded: {text}");
    }
}
