//! The pixels that a terminal shows over its cells, or in their place.

use ratatui::layout::Rect;

use super::{
    CellSize, Picture, Protocol, iterm,
    kitty::{self, ImageId},
    sixel,
};
use gan_tui_core::image::{Image, ImageShape, png};
use gan_tui_store::art;

/// Images on a screen at most: their numbers have a byte, and one more is on its way.
const MOST: usize = 250;
/// The same where only a few are kept: xterm has room for so many, and drops the oldest for more.
const FEW: usize = 16;
/// Bytes that an image may take, roughly: text waits behind it.
const LONGEST: usize = 2500;
/// Greys and colours that sixels are drawn with at most: each costs bytes in every line.
const GREYS: u16 = 32;
const COLORS: u16 = 64;

/// One image on the screen: its cells, and the pictures that are in it or partly in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub area: Rect,
    pictures: Vec<Picture>,
}

/// What a terminal shows as pixels.
#[derive(Debug)]
pub struct Layer {
    protocol: Protocol,
    cell: CellSize,
    shown: Vec<(Piece, ImageId)>,
    /// The number of the last image.
    last: ImageId,
}

impl Layer {
    /// For a terminal with cells of this size that shows none yet.
    pub fn new(protocol: Protocol, cell: CellSize) -> Self {
        // Terminals behind tmux are shared with other processes.
        let high = (std::process::id() % u32::from(kitty::MOST_ROWS - 1)) as u8 + 1;
        Self { protocol, cell, shown: Vec::new(), last: ImageId { high, low: 0 } }
    }

    /// Returns the images that show these pictures, none of them much longer than a line takes at
    /// once; none at all where they would be too many.
    pub fn pieces(&self, pictures: Vec<Picture>) -> Vec<Piece> {
        if let Protocol::Sixel(sixels) = self.protocol
            && sixels.few_images
        {
            let pieces = self.merged(pictures, sixels.widest);
            return if pieces.len() > FEW { Vec::new() } else { pieces };
        }
        let mut longest = LONGEST;
        while longest < 64 * LONGEST {
            let pieces: Vec<Piece> =
                pictures.iter().flat_map(|picture| self.split(picture, longest)).collect();
            if pieces.len() <= MOST {
                return pieces;
            }
            longest *= 2;
        }
        Vec::new()
    }

    /// Pictures beside one another as one image, as wide as the terminal shows it.
    fn merged(&self, pictures: Vec<Picture>, widest: u16) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        for picture in pictures {
            let (area, cell) = (picture.area, self.cell.0.max(1));
            let fits = |piece: &Piece| {
                let is_beside = piece.area.right() == area.x
                    && (piece.area.y, piece.area.height) == (area.y, area.height);
                is_beside && piece.area.width + area.width <= widest / cell
            };
            match pieces.last_mut().filter(|piece| fits(piece)) {
                Some(piece) => {
                    piece.area.width += area.width;
                    piece.pictures.push(picture);
                }
                None => pieces.push(Piece { area, pictures: vec![picture] }),
            }
        }
        pieces
    }

    /// A picture as one image, or as several of whole rows below one another.
    fn split(&self, picture: &Picture, longest: usize) -> Vec<Piece> {
        let Rect { width, height, .. } = picture.area;
        let (wide, high) = (usize::from(width * self.cell.0), usize::from(self.cell.1));
        let image = &picture.image;
        let row = match self.protocol {
            Protocol::Sixel(_) => wide * high / 4,
            // Repeated pixels take next to nothing when compressed; the rest hardly becomes less,
            // and a third more as base64.
            _ => {
                let down = image.height.div_ceil(usize::from(height).max(1)).min(high);
                image.width.min(wide) * down * image.channels * 4 / 3
            }
        };
        let rows = (longest / row.max(1)).clamp(1, kitty::MOST_ROWS.into()) as u16;
        let starts = (0..height).step_by(usize::from(rows));
        let piece = |start: u16| Piece {
            area: Rect {
                y: picture.area.y + start,
                height: rows.min(height - start),
                ..picture.area
            },
            pictures: vec![picture.clone()],
        };
        starts.map(piece).collect()
    }

    /// Whether the terminal shows all of these.
    pub fn shows(&self, pieces: &[Piece]) -> bool {
        pieces.iter().all(|piece| self.shown.iter().any(|(shown, _)| shown == piece))
    }

    /// Returns those that the terminal does not show; all of them where an image that stays would
    /// be dropped as the oldest.
    pub fn behind(&self, pieces: &[Piece]) -> Vec<Piece> {
        let keeps_few = matches!(self.protocol, Protocol::Sixel(sixels) if sixels.few_images);
        if keeps_few && !self.shows(pieces) {
            return pieces.to_vec();
        }
        let is_behind = |piece: &&Piece| !self.shows(std::slice::from_ref(*piece));
        pieces.iter().filter(is_behind).cloned().collect()
    }

    /// Whether the cells under an image stay as they are.
    pub fn keeps_cells(&self) -> bool {
        self.protocol == Protocol::Kitty
    }

    /// Takes away the images whose cells are not kept. Returns where they were.
    pub fn retire(&mut self, out: &mut Vec<u8>, keeps: impl Fn(Rect) -> bool) -> Vec<Rect> {
        let protocol = self.protocol;
        let gone = self.shown.extract_if(.., |(piece, _)| !keeps(piece.area));
        gone.map(|(piece, id)| {
            delete(out, protocol, id);
            piece.area
        })
        .collect()
    }

    /// Shows an image, in place of the one that has its cells.
    pub fn show(&mut self, out: &mut Vec<u8>, piece: Piece) {
        let area = piece.area;
        let image = self.render(&piece);
        let id = self.next_id();
        out.extend(format!("\x1b[{};{}H", area.y + 1, area.x + 1).bytes());
        match self.protocol {
            Protocol::Sixel(sixels) => {
                let most = if image.channels == 1 { GREYS } else { COLORS };
                sixel::place(out, &image, sixels.colors.min(most));
            }
            protocol => {
                // Of a picture that has pixels there is always a PNG.
                let Ok(png) = png::encode(&image) else { return };
                match protocol {
                    Protocol::Kitty => kitty::place(out, id, &png, area),
                    Protocol::Placeholders => kitty::place_in_tmux(out, id, &png, area),
                    _ => iterm::place(out, &png, area),
                }
            }
        }
        let before = self.shown.iter().position(|(shown, _)| shown.area == area);
        if let Some(at) = before {
            let (_, old) = self.shown.swap_remove(at);
            delete(out, self.protocol, old);
        }
        self.shown.push((piece, id));
    }

    /// Returns what takes all images away whatever the terminal shows, and knows none any more.
    pub fn clear(&mut self) -> Vec<u8> {
        let bytes = self.clearing();
        self.shown.clear();
        bytes
    }

    /// Returns what takes all images away that cells written over them would not.
    pub fn clearing(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.shown.iter().for_each(|(_, id)| delete(&mut out, self.protocol, *id));
        out
    }

    fn next_id(&mut self) -> ImageId {
        loop {
            self.last.low = self.last.low % u8::MAX + 1;
            // There are more numbers than images.
            if !self.shown.iter().any(|(_, id)| *id == self.last) {
                return self.last;
            }
        }
    }

    /// The pixels of an image.
    fn render(&self, piece: &Piece) -> Image {
        let pixels = |cells: u16, size: u16| usize::from(cells) * usize::from(size.max(1));
        let part = |picture: &Picture| {
            let start = pixels(piece.area.y - picture.area.y, self.cell.1);
            let size =
                (pixels(picture.area.width, self.cell.0), pixels(picture.area.height, self.cell.1));
            art::scale(&picture.image, size, start..start + pixels(piece.area.height, self.cell.1))
        };
        if let [picture] = &piece.pictures[..] {
            return self.enlarged(picture, piece.area).unwrap_or_else(|| part(picture));
        }
        let parts: Vec<Image> = piece.pictures.iter().map(part).collect();
        let shape = ImageShape {
            height: pixels(piece.area.height, self.cell.1),
            width: parts.iter().map(|part| part.width).sum(),
            channels: parts.iter().map(|part| part.channels).max().unwrap_or(1),
        };
        let mut all = Vec::with_capacity(shape.values());
        for y in 0..shape.height {
            for part in &parts {
                let row = part.width * part.channels;
                all.extend_from_slice(&part.pixels[y * row..(y + 1) * row]);
            }
        }
        Image::new(shape, all)
    }
}

impl Layer {
    /// A picture enlarged by the whole factor that its cells need at least, where no factor fits
    /// and the terminal makes the rest: repeated pixels take few bytes, means between them many.
    fn enlarged(&self, picture: &Picture, area: Rect) -> Option<Image> {
        let image = &picture.image;
        let (width, height) =
            (usize::from(area.width * self.cell.0), usize::from(area.height * self.cell.1));
        let fits = art::is_whole(image.width, width) && art::is_whole(image.height, height);
        let is_smaller = image.width < width && image.height < height;
        let scales = !matches!(self.protocol, Protocol::Sixel(_));
        let factor = width.div_ceil(image.width).max(height.div_ceil(image.height));
        (scales && is_smaller && !fits && area == picture.area).then(|| image.enlarged(factor))
    }
}

fn delete(out: &mut Vec<u8>, protocol: Protocol, id: ImageId) {
    let mut sequence = Vec::new();
    match protocol {
        Protocol::Kitty => kitty::delete(out, id),
        Protocol::Placeholders => {
            kitty::delete(&mut sequence, id);
            out.extend(kitty::through_tmux(&sequence));
        }
        Protocol::Sixel(_) | Protocol::Iterm => {}
    }
}
