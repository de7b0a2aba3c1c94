//! Screens with pixels, read back from the bytes as terminals with each protocol do.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ratatui::layout::{Rect, Size};

use super::{CellSize, Protocol, Sixels};
use crate::{
    fixture::{MODERN, colourful, frame, hear, press, trained},
    panels,
    state::{app::App, message::Message},
    terminal::painter::Painter,
    update::update,
};
use gan_tui_core::image::png;
use gan_tui_store::art;

const CELL: CellSize = (4, 8);
const SIZE: Size = Size::new(100, 30);
const FEW: Protocol = Protocol::Sixel(Sixels { colors: 16, few_images: true, widest: 1000 });
const ALL: [Protocol; 5] = [
    Protocol::Kitty,
    Protocol::Placeholders,
    Protocol::Sixel(Sixels { colors: 64, few_images: false, widest: 1000 }),
    FEW,
    Protocol::Iterm,
];

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Text(char),
    Pixels,
}

/// A terminal with every protocol.
struct Emulator {
    cells: Vec<Cell>,
    cursor: (u16, u16),
    /// kitty's images by number: where they lie over the cells, and their files.
    images: BTreeMap<u32, (Rect, Vec<u8>)>,
    /// The number of the image whose data goes on.
    unfinished: Option<u32>,
    /// Images of sixels or of iTerm2's since the beginning.
    count: usize,
}

impl Emulator {
    fn new() -> Self {
        Self {
            cells: vec![Cell::Text(' '); usize::from(SIZE.width * SIZE.height)],
            cursor: (0, 0),
            images: BTreeMap::new(),
            unfinished: None,
            count: 0,
        }
    }

    fn at(&mut self, x: u16, y: u16) -> &mut Cell {
        &mut self.cells[usize::from(y * SIZE.width + x)]
    }

    fn read(&mut self, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let mut rest = &text[..];
        while let Some(char) = rest.chars().next() {
            rest = &rest[char.len_utf8()..];
            match char {
                '\x1b' => {
                    let kind = rest.chars().next().unwrap();
                    let end = match kind {
                        '[' => 1 + rest[1..].find(|char: char| char.is_ascii_alphabetic()).unwrap(),
                        ']' => rest.find('\x07').unwrap(),
                        _ => string_end(rest),
                    };
                    let inner = rest[1..end].to_owned();
                    let last = rest.as_bytes()[end];
                    rest = &rest[end + if matches!(kind, '[' | ']') { 1 } else { 2 }..];
                    self.sequence(kind, &inner, last);
                }
                '\r' => self.cursor.0 = 0,
                '\n' => self.cursor.1 += 1,
                char if ('\u{300}'..'\u{800}').contains(&char) => {}
                char => {
                    let (x, y) = self.cursor;
                    *self.at(x, y) = Cell::Text(char);
                    self.cursor.0 += 1;
                }
            }
        }
    }

    fn sequence(&mut self, kind: char, inner: &str, last: u8) {
        let numbers = || inner.split(';').map(|number| number.parse().unwrap_or(1));
        match (kind, last) {
            ('[', b'H') => {
                let place: Vec<u16> = numbers().collect();
                self.cursor = (place[1] - 1, place[0] - 1);
            }
            ('[', b'C') => self.cursor.0 += numbers().next().unwrap(),
            ('[', b'J') => self.cells.fill(Cell::Text(' ')),
            ('[', _) => {}
            ('_', _) => self.graphics(inner.strip_prefix('G').unwrap()),
            ('P', _) => match inner.strip_prefix("tmux;") {
                Some(beyond) => {
                    let place = self.cursor;
                    self.read(beyond.replace("\x1b\x1b", "\x1b").as_bytes());
                    assert_eq!(self.cursor, place, "tmux does not know where the cursor went");
                }
                None => {
                    let size = inner.split('"').nth(1).unwrap().split('#').next().unwrap();
                    let size: Vec<u16> =
                        size.split(';').map(|number| number.parse().unwrap()).collect();
                    assert_eq!((size[2] % CELL.0, size[3] % CELL.1), (0, 0), "whole cells");
                    self.fill(size[2] / CELL.0, size[3] / CELL.1);
                }
            },
            (']', _) => {
                let key = |name: &str| {
                    let value = inner.split([';', ':']).find_map(|part| part.strip_prefix(name));
                    value.unwrap().parse().unwrap()
                };
                assert!(inner.starts_with("1337;File=inline=1;"), "{inner}");
                self.fill(key("width="), key("height="));
            }
            other => panic!("{other:?} {inner}"),
        }
    }

    fn fill(&mut self, width: u16, height: u16) {
        let area = Rect::new(self.cursor.0, self.cursor.1, width, height);
        area.positions().for_each(|at| *self.at(at.x, at.y) = Cell::Pixels);
        self.count += 1;
        // Terminals leave it at different places.
        self.cursor = (SIZE.width - 1, SIZE.height - 1);
    }

    fn graphics(&mut self, command: &str) {
        let (keys, data) = command.split_once(';').unwrap_or((command, ""));
        let key = |name: &str| keys.split(',').find_map(|key| key.strip_prefix(name));
        let number = |name: &str| key(name).map_or(0, |value| value.parse::<u32>().unwrap());
        let id = self.unfinished.unwrap_or_else(|| number("i="));
        match key("a=") {
            Some("d") => assert!(self.images.remove(&id).is_some(), "there is no image {id}"),
            Some("T") => {
                let (x, y) = self.cursor;
                let area = Rect::new(x, y, number("c=") as u16, number("r=") as u16);
                self.images.insert(id, (area, STANDARD.decode(data).unwrap()));
            }
            _ => {
                let image = self.images.get_mut(&self.unfinished.expect("a beginning")).unwrap();
                image.1.extend(STANDARD.decode(data).unwrap());
            }
        }
        self.unfinished = (key("m=") == Some("1")).then_some(id);
    }
}

fn string_end(rest: &str) -> usize {
    // Within a sequence for tmux every escape is doubled.
    let mut at = 1;
    loop {
        at += rest[at..].find('\x1b').unwrap();
        if rest.as_bytes()[at + 1] == b'\\' {
            return at;
        }
        at += 2;
    }
}

struct Seen {
    app: App,
    painter: Painter,
    terminal: Emulator,
    protocol: Protocol,
}

impl Seen {
    fn new(mut app: App, protocol: Protocol) -> Self {
        update(&mut app, Message::Resized(SIZE.width, SIZE.height));
        update(&mut app, Message::Pixels(protocol));
        let mut painter = Painter::new(SIZE);
        painter.use_pixels(Some((protocol, CELL)));
        Self { app, painter, terminal: Emulator::new(), protocol }
    }

    fn send(&mut self) -> Vec<u8> {
        let bytes = self.painter.take();
        self.terminal.read(&bytes);
        bytes
    }

    /// Draws, and sends everything; returns the pieces.
    fn show(&mut self) -> Vec<Vec<u8>> {
        self.painter.draw(false, |frame| panels::draw(frame, &self.app));
        self.painter.text();
        let mut sent = vec![self.send()];
        while self.painter.is_behind() {
            self.painter.pictures(2000);
            sent.push(self.send());
        }
        sent.retain(|bytes| !bytes.is_empty());
        sent
    }

    /// The terminal shows the drawing: pixels where pictures are that nothing stands in front of.
    fn assert_shown(&mut self) -> usize {
        let mut frame = Painter::new(SIZE);
        let mut drawn = None;
        frame.draw(false, |frame| {
            let graphics = panels::draw(frame, &self.app);
            drawn = Some(graphics.clone());
            graphics
        });
        let graphics = drawn.unwrap();
        let front = graphics.front.unwrap_or_default();
        let pictures: Vec<_> =
            graphics.pictures.iter().filter(|one| !one.area.intersects(front)).collect();
        let wanted = frame.wanted().clone();
        for at in Rect::from((ratatui::layout::Position::ORIGIN, SIZE)).positions() {
            let shown = *self.terminal.at(at.x, at.y);
            let has_pixels = pictures.iter().any(|picture| picture.area.contains(at));
            match (has_pixels, self.protocol) {
                (true, Protocol::Kitty) => {
                    assert!(self.image_at(at).is_some(), "{at} has no image");
                }
                (true, Protocol::Placeholders) => {
                    assert_eq!(shown, Cell::Text('\u{10EEEE}'), "{at}");
                }
                (true, _) => assert_eq!(shown, Cell::Pixels, "{at}"),
                (false, protocol) => {
                    let symbol = wanted[at].symbol().chars().next().unwrap();
                    assert_eq!(shown, Cell::Text(symbol), "{protocol:?} {at}");
                    let covers = protocol == Protocol::Kitty && self.image_at(at).is_some();
                    assert!(!covers, "an image was left at {at}");
                }
            }
        }
        if self.protocol == Protocol::Kitty {
            for picture in &pictures {
                let (area, file) = self.image_at(picture.area.as_position()).unwrap();
                let size = [picture.area.width * CELL.0, picture.area.height * CELL.1];
                let rows = usize::from(area.height * CELL.1);
                let size: (usize, usize) = size.map(usize::from).into();
                let found = png::decode(file).unwrap();
                let expected = if (found.width, found.height) == (size.0, rows) {
                    art::scale(&picture.image, size, 0..rows)
                } else {
                    // The terminal makes it smaller.
                    let factor = found.width / picture.image.width;
                    assert!(found.width >= size.0 && found.width < size.0 + picture.image.width);
                    picture.image.enlarged(factor)
                };
                assert_eq!(found, expected);
            }
        }
        pictures.len()
    }

    fn image_at(&self, at: ratatui::layout::Position) -> Option<&(Rect, Vec<u8>)> {
        self.terminal.images.values().find(|(area, _)| area.contains(at))
    }
}

#[test]
fn every_protocol_shows_pictures_and_leaves_nothing_behind() {
    for protocol in ALL {
        // Colours are laid out as greys are, and take longer.
        let colour = (protocol == Protocol::Kitty).then(|| colourful(MODERN));
        for app in [trained(MODERN, 300)].into_iter().chain(colour) {
            let is_grey = app.run.frame().unwrap().images.channels == 1;
            let mut seen = Seen::new(app, protocol);
            seen.show();
            let count = seen.assert_shown();
            assert!(count >= 24, "{count} pictures");
            assert!(seen.show().is_empty(), "nothing has changed");

            // A list over some of the pictures, and away again.
            press(&mut seen.app, "E");
            seen.show();
            assert!(seen.assert_shown() < count);
            press(&mut seen.app, "esc");
            seen.show();
            assert_eq!(seen.assert_shown(), count);

            // One of them over the whole screen; the next one takes its place.
            for key in ["enter", "s", "down", "esc", "tab", "enter"] {
                press(&mut seen.app, key);
                seen.show();
                seen.assert_shown();
            }
            for key in ["esc", "s"] {
                press(&mut seen.app, key);
            }
            if is_grey {
                hear(&mut seen.app, frame(320));
            }
            seen.show();
            seen.assert_shown();

            // What the terminal shows is not known any more.
            seen.painter.forget();
            seen.show();
            seen.assert_shown();

            // Characters again, and the end.
            press(&mut seen.app, "b");
            seen.painter.use_pixels(None);
            seen.show();
            seen.assert_shown();
            assert!(seen.terminal.images.is_empty() && seen.painter.clearing().is_empty());
        }
    }
}

#[test]
fn blocks_come_first_and_images_in_pieces_which_later_ones_replace() {
    for protocol in ALL {
        let mut seen = Seen::new(trained(MODERN, 300), protocol);
        let sent = seen.show();
        let is_image = |bytes: &Vec<u8>| {
            let text = String::from_utf8_lossy(bytes);
            text.contains("\x1b_G") || text.contains("\x1bP") || text.contains("\x1b]1337")
        };
        let has_blocks =
            |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).contains(['▀', '▄', '▌', '▐', '▞']);
        let first = sent.iter().position(is_image).unwrap();
        assert!(sent[..first].iter().any(has_blocks), "{protocol:?}");
        if protocol != FEW {
            let longest = sent.iter().map(Vec::len).max().unwrap();
            assert!(longest < 7000, "{protocol:?}: {longest} bytes at once");
        }
        hear(&mut seen.app, frame(320));
        let next = seen.show();
        assert!(!next[1..].iter().any(has_blocks), "{protocol:?} went back to blocks");
        seen.assert_shown();
        // At the end the terminal is given back without images.
        seen.terminal.read(&seen.painter.clearing());
        assert!(seen.terminal.images.is_empty());
    }
}

#[test]
fn a_terminal_that_keeps_few_images_is_given_all_of_them_again() {
    let mut seen = Seen::new(trained(MODERN, 300), FEW);
    seen.show();
    let all = seen.terminal.count;
    assert!((2..=16).contains(&all), "{all} images");
    let mut images = seen.app.run.frame().unwrap().images.clone();
    images.pixels[..28 * 28].fill(77);
    let frame = gan_tui_core::event::Frame { iteration: 320, images };
    hear(&mut seen.app, gan_tui_core::event::Event::Frame(std::sync::Arc::new(frame)));
    seen.show();
    assert_eq!(seen.terminal.count, 2 * all, "though one of them has changed");
}
