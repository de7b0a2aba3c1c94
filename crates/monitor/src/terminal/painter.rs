//! What the terminal shows and what it is to show: text goes out whole, pictures and charts row by
//! row, as much at a time as the line takes.

use std::collections::VecDeque;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Rect, Size},
    style::{Modifier, Style},
};

use crate::terminal::{
    ansi::{AnsiWriter, is_narrow},
    offscreen::Offscreen,
    pixels::{
        CellSize, Picture, Protocol,
        layer::{Layer, Piece},
    },
};

/// Where pictures and charts are: what takes many bytes and may come a moment later than text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Graphics {
    pub parts: Vec<Rect>,
    /// The overlay in front of them.
    pub front: Option<Rect>,
    /// The pictures among them that are to be shown as pixels where the terminal has them.
    pub pictures: Vec<Picture>,
}

/// Keeps what the terminal shows, and makes the bytes that change it to what was drawn.
pub struct Painter {
    canvas: Offscreen,
    writer: AnsiWriter,
    /// What the terminal shows.
    shown: Buffer,
    /// The newest drawing, and which of its cells are pictures and charts.
    wanted: Buffer,
    graphics: Vec<bool>,
    /// What it shows as pixels, if it can; the images that are wanted, and the cells that those on
    /// the terminal have. They come when everything else is shown.
    layer: Option<Layer>,
    pieces: Vec<Piece>,
    covered: Vec<bool>,
    /// Pictures and charts on their way. They are finished before newer ones are begun, so that no
    /// picture is a mixture of two.
    sending: Option<Sending>,
    /// Whether the terminal is known to show the newest pictures and charts.
    is_even: bool,
}

struct Sending {
    drawing: Buffer,
    graphics: Vec<bool>,
    /// Rows that are still to be sent, and images.
    rows: VecDeque<u16>,
    pieces: VecDeque<Piece>,
}

impl Sending {
    fn is_done(&self) -> bool {
        self.rows.is_empty() && self.pieces.is_empty()
    }
}

impl Painter {
    /// For a terminal of `size` that shows anything.
    pub fn new(size: Size) -> Self {
        let area = Rect::new(0, 0, size.width, size.height);
        let mut writer = AnsiWriter::new(size.width);
        writer.clear();
        Self {
            canvas: Offscreen::new(size),
            writer,
            shown: Buffer::empty(area),
            wanted: Buffer::empty(area),
            graphics: vec![false; area.area() as usize],
            layer: None,
            pieces: Vec::new(),
            covered: vec![false; area.area() as usize],
            sending: None,
            is_even: false,
        }
    }

    /// The terminal has this size; where that is news, it shows nothing that is known. Returns
    /// whether it is.
    pub fn resize(&mut self, size: Size) -> bool {
        let is_news = self.shown.area.as_size() != size;
        if is_news {
            let layer = self.layer.take();
            *self = Self::new(size);
            self.layer = layer;
            self.clear_pixels();
        }
        is_news
    }

    /// What the terminal shows is not known any more.
    pub fn forget(&mut self) {
        self.writer = AnsiWriter::new(self.shown.area.width);
        self.writer.clear();
        self.shown.reset();
        (self.sending, self.is_even) = (None, false);
        self.clear_pixels();
    }

    fn clear_pixels(&mut self) {
        if let Some(layer) = &mut self.layer {
            self.writer.pass(|out| out.append(&mut layer.clear()));
        }
        self.pieces.clear();
        self.covered.fill(false);
    }

    /// Shows pictures as pixels from now on, by this protocol and with cells of this size; or as
    /// characters again.
    pub fn use_pixels(&mut self, pixels: Option<(Protocol, CellSize)>) {
        self.retire(|_| false);
        self.layer = pixels.map(|(protocol, cell)| Layer::new(protocol, cell));
        (self.sending, self.is_even) = (None, false);
        self.pieces.clear();
    }

    /// Returns what takes the images away that are shown now, where leaving the screen does not.
    pub fn clearing(&self) -> Vec<u8> {
        self.layer.as_ref().map(Layer::clearing).unwrap_or_default()
    }

    /// Takes away the images whose cells are not kept; what was drawn there is shown again.
    fn retire(&mut self, keeps: impl Fn(Rect) -> bool) {
        let Some(layer) = &mut self.layer else { return };
        let mut bytes = Vec::new();
        let gone = layer.retire(&mut bytes, keeps);
        if !bytes.is_empty() {
            self.writer.pass(|out| out.append(&mut bytes));
        }
        for area in gone {
            fill(&mut self.covered, self.shown.area, area, false);
        }
    }

    /// Draws the next screen by `draw`, which returns where pictures and charts are. Pictures on
    /// their way are dropped for newer ones `at_once` where a person asked for others.
    pub fn draw(&mut self, at_once: bool, draw: impl FnOnce(&mut Frame) -> Graphics) {
        let graphics = self.canvas.draw(draw);
        std::mem::swap(&mut self.wanted, self.canvas.cells());
        let before = std::mem::replace(&mut self.graphics, mask(&graphics, self.wanted.area));
        let has_moved = self.place_pictures(graphics);
        if at_once || has_moved || before != self.graphics {
            self.sending = None;
        }
        self.is_even = false;
    }

    /// Takes the pictures that are to be shown as pixels, those behind an overlay aside. Images at
    /// other places are taken away; others stay until the next ones replace them. Returns whether
    /// there are other places than before.
    fn place_pictures(&mut self, graphics: Graphics) -> bool {
        let Some(layer) = &self.layer else { return false };
        let (screen, front) = (self.wanted.area, graphics.front.unwrap_or_default());
        let is_seen = |picture: &Picture| {
            picture.area.intersection(screen) == picture.area
                && !picture.area.is_empty()
                && !picture.area.intersects(front)
        };
        let pictures = graphics.pictures.into_iter().filter(is_seen).collect();
        let pieces = layer.pieces(pictures);
        let areas = |pieces: &[Piece]| pieces.iter().map(|piece| piece.area).collect::<Vec<_>>();
        let places = areas(&pieces);
        let has_moved = places != areas(&self.pieces);
        self.pieces = pieces;
        self.retire(|area| places.contains(&area));
        has_moved
    }

    /// Adds the text that has changed.
    pub fn text(&mut self) {
        for y in 0..self.shown.area.height {
            show_row(&mut self.writer, &mut self.shown, &self.wanted, &self.graphics, false, y);
        }
    }

    /// Adds rows of pictures and charts until about so many bytes are there to be taken.
    pub fn pictures(&mut self, bytes: usize) {
        while self.writer.len() < bytes {
            if self.sending.as_ref().is_none_or(Sending::is_done) {
                self.sending = self.begin();
            }
            let Some(sending) = &mut self.sending else {
                self.is_even = true;
                return;
            };
            let Some(y) = sending.rows.pop_front() else {
                if let Some(piece) = sending.pieces.pop_front() {
                    self.show_pixels(piece);
                }
                continue;
            };
            show_row(
                &mut self.writer,
                &mut self.shown,
                &sending.drawing,
                &sending.graphics,
                true,
                y,
            );
        }
    }

    /// The newest pictures and charts, if the terminal does not show them.
    fn begin(&self) -> Option<Sending> {
        if self.is_even {
            return None;
        }
        let graphics = self.uncovered();
        let rows: VecDeque<u16> = self.rows_behind(&graphics).collect();
        let behind = self.layer.as_ref().map(|layer| layer.behind(&self.pieces));
        let sending = Sending {
            drawing: self.wanted.clone(),
            graphics,
            rows,
            pieces: behind.unwrap_or_default().into(),
        };
        (!sending.is_done()).then_some(sending)
    }

    /// The cells of pictures and charts that no image has.
    fn uncovered(&self) -> Vec<bool> {
        let cells = self.graphics.iter().zip(&self.covered);
        cells.map(|(&of_graphics, &covered)| of_graphics && !covered).collect()
    }

    /// The rows in which the terminal shows other pictures or charts than the newest.
    fn rows_behind(&self, graphics: &[bool]) -> impl Iterator<Item = u16> {
        (0..self.shown.area.height)
            .filter(|&y| differs(&self.shown, &self.wanted, graphics, true, y))
    }

    /// Shows an image.
    fn show_pixels(&mut self, piece: Piece) {
        let Some(layer) = &mut self.layer else { return };
        let area = piece.area;
        self.writer.pass(|out| layer.show(out, piece));
        fill(&mut self.covered, self.shown.area, area, true);
        if !layer.keeps_cells() {
            // Whatever is drawn there next is news.
            for position in area.positions() {
                self.shown[position].set_style(Style::new().add_modifier(Modifier::HIDDEN));
            }
        }
    }

    /// Whether pictures or charts are still to be sent.
    pub fn is_behind(&self) -> bool {
        if self.sending.as_ref().is_some_and(|sending| !sending.is_done()) {
            return true;
        }
        let shows_pixels = self.layer.as_ref().is_none_or(|layer| layer.shows(&self.pieces));
        !self.is_even && (!shows_pixels || self.rows_behind(&self.uncovered()).next().is_some())
    }

    /// The newest drawing.
    #[cfg(test)]
    pub fn wanted(&self) -> &Buffer {
        &self.wanted
    }

    /// The bytes that were added, as one update of the screen.
    pub fn take(&mut self) -> Vec<u8> {
        self.writer.take()
    }
}

/// Which cells are of pictures and charts.
fn mask(graphics: &Graphics, area: Rect) -> Vec<bool> {
    let mut mask = vec![false; area.area() as usize];
    graphics.parts.iter().for_each(|&part| fill(&mut mask, area, part, true));
    graphics.front.into_iter().for_each(|front| fill(&mut mask, area, front, false));
    mask
}

/// Sets the mask of a part of a screen.
fn fill(mask: &mut [bool], screen: Rect, part: Rect, value: bool) {
    let part = part.intersection(screen);
    for y in part.top()..part.bottom() {
        let start = usize::from(y) * usize::from(screen.width);
        mask[start + usize::from(part.left())..start + usize::from(part.right())].fill(value);
    }
}

fn range(buffer: &Buffer, y: u16) -> std::ops::Range<usize> {
    let width = usize::from(buffer.area.width);
    usize::from(y) * width..(usize::from(y) + 1) * width
}

/// Whether cells of one row whose mask is `chosen` are not shown as they are wanted.
fn differs(shown: &Buffer, wanted: &Buffer, mask: &[bool], chosen: bool, y: u16) -> bool {
    let range = range(shown, y);
    let pairs = shown.content[range.clone()].iter().zip(&wanted.content[range.clone()]);
    pairs.zip(&mask[range]).any(|((before, after), &of)| of == chosen && before != after)
}

/// Shows the cells of one row whose mask is `chosen`.
fn show_row(
    writer: &mut AnsiWriter,
    shown: &mut Buffer,
    wanted: &Buffer,
    mask: &[bool],
    chosen: bool,
    y: u16,
) {
    if !differs(shown, wanted, mask, chosen, y) {
        return;
    }
    let range = range(shown, y);
    let (after, mask) = (&wanted.content[range.clone()], &mask[range.clone()]);
    let before = &mut shown.content[range];
    if before.iter().chain(after).all(|cell| is_narrow(cell.symbol())) {
        for (x, ((before, after), &of)) in (0..).zip(before.iter_mut().zip(after).zip(mask)) {
            if of == chosen && before != after {
                writer.write(x, y, after);
                before.clone_from(after);
            }
        }
        return;
    }
    // A wide character covers the cell behind it, which ratatui's own comparison knows.
    let area = Rect { y, height: 1, ..shown.area };
    let next = before
        .iter()
        .zip(after)
        .zip(mask)
        .map(|((before, after), &of)| if of == chosen { after } else { before });
    let next = Buffer { area, content: next.cloned().collect() };
    let now = Buffer { area, content: before.to_vec() };
    writer.show(now.diff_iter(&next));
    before.clone_from_slice(&next.content);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::num::NonZero;

    use super::*;
    use crate::{
        fixture::{MODERN, frame, hear, press, trained},
        panels,
        state::{app::App, message::Message},
        update::update,
    };

    const SIZE: Size = Size::new(100, 30);

    struct Seen {
        app: App,
        painter: Painter,
        terminal: vt100::Parser,
    }

    impl Seen {
        fn new() -> Self {
            let mut app = trained(MODERN, 300);
            update(&mut app, Message::Resized(SIZE.width, SIZE.height));
            let terminal = vt100::Parser::new(
                NonZero::new(SIZE.height).unwrap(),
                NonZero::new(SIZE.width).unwrap(),
                0,
            );
            Self { app, painter: Painter::new(SIZE), terminal }
        }

        /// Sends what has been added; how many bytes it was.
        fn send(&mut self) -> usize {
            let bytes = self.painter.take();
            self.terminal.process(&bytes);
            bytes.len()
        }

        fn text(&mut self) -> usize {
            self.painter.draw(false, |frame| panels::draw(frame, &self.app));
            self.painter.text();
            self.send()
        }

        fn pictures(&mut self) -> Vec<usize> {
            let mut pieces = Vec::new();
            while self.painter.is_behind() {
                self.painter.pictures(2000);
                pieces.push(self.send());
            }
            pieces
        }

        fn assert_shown(&mut self) {
            for y in 0..SIZE.height {
                for x in 0..SIZE.width {
                    let (cell, wanted) =
                        (self.terminal.screen().cell(y, x).unwrap(), &self.painter.wanted[(x, y)]);
                    let symbol = if cell.contents().is_empty() { " " } else { cell.contents() };
                    assert_eq!(symbol, wanted.symbol(), "at {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn text_comes_first_and_pictures_in_pieces() {
        let mut seen = Seen::new();
        assert!((500..6000).contains(&seen.text()));
        assert!(seen.terminal.screen().contents().contains("Fixed latents"));
        let pieces = seen.pictures();
        assert!(pieces.len() > 3 && pieces.iter().all(|bytes| *bytes < 5000), "{pieces:?}");
        seen.assert_shown();
        assert_eq!((seen.text(), seen.pictures().len()), (0, 0), "nothing has changed");
    }

    #[test]
    fn a_picture_is_finished_before_the_next_and_a_key_changes_that() {
        let mut seen = Seen::new();
        seen.text();
        seen.pictures();
        hear(&mut seen.app, frame(320));
        seen.text();
        seen.painter.pictures(500);
        seen.send();
        let under_way = seen.painter.sending.as_ref().unwrap().drawing.clone();
        hear(&mut seen.app, frame(5000));
        seen.text();
        assert!(seen.painter.sending.as_ref().unwrap().drawing == under_way);
        seen.painter.draw(true, |frame| panels::draw(frame, &seen.app));
        assert!(seen.painter.sending.is_none());
        seen.pictures();
        seen.assert_shown();
    }

    #[test]
    fn what_stands_in_front_is_text() {
        let mut seen = Seen::new();
        seen.text();
        seen.pictures();
        press(&mut seen.app, "?");
        seen.text();
        assert!(seen.terminal.screen().contents().contains("Help"));
        seen.pictures();
        seen.assert_shown();
        press(&mut seen.app, "esc");
        seen.text();
        seen.pictures();
        seen.assert_shown();
        seen.painter.forget();
        seen.text();
        seen.pictures();
        seen.assert_shown();
    }
}
