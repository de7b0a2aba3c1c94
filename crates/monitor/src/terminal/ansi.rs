//! Turns changed cells into the fewest bytes that show them on a terminal.

use ratatui::{
    buffer::Cell,
    layout::Position,
    style::{Color, Modifier},
    text::Span,
};

/// Begin and end of an update that terminals show at once (mode 2026); others ignore the marks.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Writes cells as text and escape sequences into a buffer.
pub struct AnsiWriter {
    /// Columns of the terminal.
    width: u16,
    bytes: Vec<u8>,
    /// Where the terminal's cursor is, as far as that is known.
    cursor: Option<Position>,
    style: CellStyle,
}

/// The style of the text that a terminal shows next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CellStyle {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// The attributes in use, each with the code that sets it (SGR).
const ATTRIBUTES: [(Modifier, u8); 5] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::REVERSED, 7),
];

const PLAIN: CellStyle =
    CellStyle { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl AnsiWriter {
    /// For a terminal of `width` columns, its style plain and its cursor anywhere.
    pub fn new(width: u16) -> Self {
        Self { width, bytes: Vec::new(), cursor: None, style: PLAIN }
    }

    /// Clears the terminal, whatever it showed.
    pub fn clear(&mut self) {
        self.bytes.extend_from_slice(b"\x1b[m\x1b[2J");
        (self.style, self.cursor) = (PLAIN, None);
    }

    /// Shows cells at their columns and rows.
    pub fn show<'a>(&mut self, cells: impl Iterator<Item = (u16, u16, &'a Cell)>) {
        for (x, y, cell) in cells {
            self.write(x, y, cell);
        }
    }

    /// Adds what `write` writes by itself: it may leave the cursor anywhere, but the style plain.
    pub fn pass(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.set_style(PLAIN);
        write(&mut self.bytes);
        self.cursor = None;
    }

    /// Returns the number of bytes that wait, without the marks around them.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns the bytes since the last call, as one update of the screen; none if nothing changed.
    pub fn take(&mut self) -> Vec<u8> {
        if self.bytes.is_empty() {
            return Vec::new();
        }
        let mut update = Vec::with_capacity(self.bytes.len() + BEGIN.len() + END.len());
        update.extend_from_slice(BEGIN);
        update.append(&mut self.bytes);
        update.extend_from_slice(END);
        update
    }

    /// Writes a control sequence with these parameters.
    fn control(&mut self, numbers: &[u16], end: u8) {
        self.bytes.extend_from_slice(b"\x1b[");
        for (at, &number) in numbers.iter().enumerate() {
            if at > 0 {
                self.bytes.push(b';');
            }
            write_number(&mut self.bytes, number);
        }
        self.bytes.push(end);
    }

    fn move_cursor(&mut self, x: u16, y: u16) {
        match self.cursor {
            Some(at) if at == Position::new(x, y) => {}
            Some(at) if at.y == y && x == at.x + 1 => self.control(&[], b'C'),
            Some(at) if at.y == y && x > at.x => self.control(&[x - at.x], b'C'),
            Some(at) if x == 0 && y == at.y + 1 => self.bytes.extend_from_slice(b"\r\n"),
            _ => self.control(&[y + 1, x + 1], b'H'),
        }
        self.cursor = Some(Position::new(x, y));
    }

    fn set_style(&mut self, style: CellStyle) {
        if style == self.style {
            return;
        }
        let mut codes = Codes::new(&mut self.bytes);
        if !self.style.modifier.difference(style.modifier).is_empty() {
            // Resetting all attributes is no longer than resetting one; what follows starts from
            // the plain style.
            self.style = PLAIN;
            if style != PLAIN {
                codes.add(&[0]);
            }
        }
        let more = style.modifier.difference(self.style.modifier);
        for (modifier, code) in ATTRIBUTES {
            if more.contains(modifier) {
                codes.add(&[code]);
            }
        }
        if style.fg != self.style.fg {
            codes.color(style.fg, 30);
        }
        if style.bg != self.style.bg {
            codes.color(style.bg, 40);
        }
        self.bytes.push(b'm');
        self.style = style;
    }

    /// Shows one cell at its column and row.
    pub fn write(&mut self, x: u16, y: u16, cell: &Cell) {
        self.move_cursor(x, y);
        let symbol = cell.symbol();
        // The foreground of a blank is not seen, so it stays as it is, unless a reset of the
        // attributes changes it too.
        let fg = match symbol {
            " " if cell.modifier.is_empty() && self.style.modifier.is_empty() => self.style.fg,
            " " if cell.modifier.is_empty() => Color::Reset,
            _ => cell.fg,
        };
        let style = CellStyle { fg, bg: cell.bg, modifier: cell.modifier };
        self.set_style(style);
        self.bytes.extend_from_slice(symbol.as_bytes());
        let next = x + 1;
        // At the right edge terminals differ in where the cursor is, and after unusual characters
        // in how far it went.
        self.cursor = (next < self.width && is_narrow(symbol)).then_some(Position::new(next, y));
    }
}

/// The parameters of a sequence that changes the style (SGR), written as they come.
struct Codes<'a> {
    bytes: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Codes<'a> {
    fn new(bytes: &'a mut Vec<u8>) -> Self {
        bytes.extend_from_slice(b"\x1b[");
        Self { bytes, is_first: true }
    }

    fn add(&mut self, numbers: &[u8]) {
        for &number in numbers {
            if !std::mem::take(&mut self.is_first) {
                self.bytes.push(b';');
            }
            write_number(self.bytes, number.into());
        }
    }

    /// Adds a colour; `base` is 30 for the foreground and 40 for the background.
    fn color(&mut self, color: Color, base: u8) {
        let named = |index: u8| if index < 8 { base + index } else { base + 52 + index };
        let code = match color {
            Color::Reset => base + 9,
            Color::Black => named(0),
            Color::Red => named(1),
            Color::Green => named(2),
            Color::Yellow => named(3),
            Color::Blue => named(4),
            Color::Magenta => named(5),
            Color::Cyan => named(6),
            Color::Gray => named(7),
            Color::DarkGray => named(8),
            Color::LightRed => named(9),
            Color::LightGreen => named(10),
            Color::LightYellow => named(11),
            Color::LightBlue => named(12),
            Color::LightMagenta => named(13),
            Color::LightCyan => named(14),
            Color::White => named(15),
            Color::Indexed(index) => return self.add(&[base + 8, 5, index]),
            Color::Rgb(red, green, blue) => return self.add(&[base + 8, 2, red, green, blue]),
        };
        self.add(&[code]);
    }
}

fn write_number(bytes: &mut Vec<u8>, number: u16) {
    let mut divisor = match number {
        0..10 => 1,
        10..100 => 10,
        100..1000 => 100,
        1000..10_000 => 1000,
        _ => 10_000,
    };
    while divisor > 0 {
        bytes.push(b'0' + (number / divisor % 10) as u8);
        divisor /= 10;
    }
}

/// Whether every terminal moves its cursor by one cell.
pub fn is_narrow(symbol: &str) -> bool {
    if let &[byte] = symbol.as_bytes() {
        return matches!(byte, b' '..=b'~');
    }
    let mut chars = symbol.chars();
    let (Some(char), None) = (chars.next(), chars.next()) else { return false };
    match char {
        // Lines and blocks, the dots of charts, and the blocks of finer glyphs.
        '\u{2500}'..='\u{259F}'
        | '\u{2800}'..='\u{28FF}'
        | '\u{1FB00}'..='\u{1FBFF}'
        | '\u{1CC00}'..='\u{1CEBF}' => true,
        char => char < '\u{1100}' && Span::raw(symbol).width() == 1,
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZero;

    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect, style::Style};

    use super::*;

    fn text(writer: &mut AnsiWriter) -> String {
        let bytes = writer.take();
        let bytes =
            bytes.strip_prefix(BEGIN).and_then(|bytes| bytes.strip_suffix(END)).unwrap_or(&bytes);
        String::from_utf8_lossy(bytes).replace('\x1b', "^")
    }

    fn draw(writer: &mut AnsiWriter, before: &Buffer, after: &Buffer) {
        writer.show(before.diff(after).into_iter());
    }

    #[test]
    fn neighbours_share_position_and_style() {
        let empty = Buffer::empty(Rect::new(0, 0, 10, 2));
        let mut buffer = empty.clone();
        buffer.set_string(1, 0, "ab", Style::new().fg(Color::Indexed(244)).bg(Color::Indexed(16)));
        buffer.set_string(6, 0, "c", Style::new().fg(Color::Indexed(244)));
        buffer.set_string(0, 1, "d", Style::new().add_modifier(Modifier::BOLD));
        let mut writer = AnsiWriter::new(10);
        draw(&mut writer, &empty, &buffer);
        assert_eq!(text(&mut writer), "^[1;2H^[38;5;244;48;5;16mab^[3C^[49mc\r\n^[1;39md");
        assert!(writer.take().is_empty(), "nothing more, so no update");
        draw(&mut writer, &buffer, &empty);
        assert_eq!(
            text(&mut writer),
            "^[1;2H^[m  ^[3C \r\n ",
            "blanks keep the foreground that they do not show"
        );
    }

    #[test]
    fn named_colours_have_the_short_codes() {
        let code = |color, base| {
            let mut bytes = Vec::new();
            Codes::new(&mut bytes).color(color, base);
            String::from_utf8_lossy(&bytes[2..]).into_owned()
        };
        assert_eq!(
            [Color::Reset, Color::Gray, Color::DarkGray, Color::White].map(|color| code(color, 30)),
            ["39", "37", "90", "97"]
        );
        assert_eq!(
            [Color::Reset, Color::White, Color::Rgb(1, 20, 255)].map(|color| code(color, 40)),
            ["49", "107", "48;2;1;20;255"]
        );
    }

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in (0..2000).chain([9_999, 10_000, 10_001, u16::MAX]) {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            assert_eq!(String::from_utf8_lossy(&bytes), number.to_string());
        }
    }

    fn screen() -> impl Strategy<Value = Vec<(u8, u8, u8, u8)>> {
        proptest::collection::vec((0u8..7, 0u8..4, 0u8..4, 0u8..4), 12 * 5)
    }

    fn buffer(cells: &[(u8, u8, u8, u8)]) -> Buffer {
        let colors = [Color::Reset, Color::Indexed(244), Color::Rgb(9, 8, 7), Color::LightCyan];
        let modifiers = [
            Modifier::empty(),
            Modifier::BOLD,
            Modifier::REVERSED,
            Modifier::BOLD.union(Modifier::UNDERLINED),
        ];
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 5));
        for (cell, &(symbol, ink, paper, modifier)) in buffer.content.iter_mut().zip(cells) {
            cell.set_char([' ', ' ', 'a', '▞', '█', '\u{1FB05}', 'é'][usize::from(symbol)]);
            cell.set_style(
                Style::new()
                    .fg(colors[usize::from(ink)])
                    .bg(colors[usize::from(paper)])
                    .add_modifier(modifiers[usize::from(modifier)]),
            );
        }
        buffer
    }

    proptest! {
        /// Whatever changes into whatever: a terminal that reads the bytes shows the cells.
        #[test]
        fn a_terminal_shows_what_was_drawn(screens in proptest::collection::vec(screen(), 1..4)) {
            let mut writer = AnsiWriter::new(12);
            let mut terminal = vt100::Parser::new(
                NonZero::new(5).expect("five"),
                NonZero::new(12).expect("twelve"),
                0,
            );
            let mut before = Buffer::empty(Rect::new(0, 0, 12, 5));
            for cells in &screens {
                let after = buffer(cells);
                draw(&mut writer, &before, &after);
                terminal.process(&writer.take());
                for (at, cell) in after.content.iter().enumerate() {
                    let (x, y) = after.pos_of(at);
                    let shown = terminal.screen().cell(y, x).expect("inside the screen");
                    let contents = if shown.contents().is_empty() { " " } else { shown.contents() };
                    prop_assert_eq!(contents, cell.symbol());
                    prop_assert_eq!(shown.bgcolor(), as_vt100(cell.bg));
                    prop_assert_eq!((shown.bold(), shown.inverse(), shown.underline()), (
                        cell.modifier.contains(Modifier::BOLD),
                        cell.modifier.contains(Modifier::REVERSED),
                        cell.modifier.contains(Modifier::UNDERLINED),
                    ));
                    if contents != " " || !cell.modifier.is_empty() {
                        prop_assert_eq!(shown.fgcolor(), as_vt100(cell.fg));
                    }
                }
                before = after;
            }
        }
    }

    fn as_vt100(color: Color) -> vt100::Color {
        match color {
            Color::Indexed(index) => vt100::Color::Idx(index),
            Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
            Color::LightCyan => vt100::Color::Idx(14),
            _ => vt100::Color::Default,
        }
    }
}
