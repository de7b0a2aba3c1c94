//! ANSI text: images as block characters with the escape sequences of a terminal.

use std::fmt::Write;

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter, text};
use crate::art::{Canvas, Colors, Ink};

pub struct Ansi;

impl Exporter for Ansi {
    fn name(&self) -> &'static str {
        "ANSI text"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["ans"]
    }

    fn about(&self) -> &'static str {
        "the same with the colours of a terminal"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Images]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Latent]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Images { images, columns } => {
                Ok(canvas(&text::draw(images, columns, Colors::Truecolor)).into_bytes())
            }
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// A canvas as text that shows it in a terminal: colours are set where they change and reset at
/// each line's end.
pub fn canvas(canvas: &Canvas) -> String {
    let mut out = String::with_capacity(canvas.cells.len() * 8);
    for row in canvas.rows() {
        let (mut ink, mut paper) = (Ink::Default, Ink::Default);
        for cell in row {
            // A blank shows no ink.
            if cell.ink != ink && cell.symbol != ' ' {
                ink = cell.ink;
                sequence(&mut out, ink, 30);
            }
            if cell.paper != paper {
                paper = cell.paper;
                sequence(&mut out, paper, 40);
            }
            out.push(cell.symbol);
        }
        out.push_str(if (ink, paper) == (Ink::Default, Ink::Default) { "\n" } else { "\x1b[0m\n" });
    }
    out
}

/// Select graphic rendition (ECMA-48): `base` is 30 for the ink and 40 for the paper.
fn sequence(out: &mut String, ink: Ink, base: u8) {
    // Writing to a string cannot fail.
    let _ = match ink {
        Ink::Default => write!(out, "\x1b[{}m", base + 9),
        Ink::Named(index @ 0..=7) => write!(out, "\x1b[{}m", base + index),
        Ink::Named(index) => write!(out, "\x1b[{}m", base + 60 + (index & 7)),
        Ink::Indexed(index) => write!(out, "\x1b[{};5;{index}m", base + 8),
        Ink::Rgb(red, green, blue) => write!(out, "\x1b[{};2;{red};{green};{blue}m", base + 8),
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{art::Cell, export::text::tests::two};

    #[test]
    fn a_terminal_shows_the_greys() {
        let text = canvas(&text::draw(&two(), 2, Colors::Truecolor));
        let mut terminal = vt100::Parser::new(14.try_into().unwrap(), 56.try_into().unwrap(), 0);
        terminal.process(text.replace('\n', "\r\n").trim_end().as_bytes());
        let color = |x| {
            let cell = terminal.screen().cell(7, x).unwrap();
            if cell.contents().trim().is_empty() { cell.bgcolor() } else { cell.fgcolor() }
        };
        assert_eq!(color(3), vt100::Color::Idx(16));
        assert_eq!(color(40), vt100::Color::Idx(231));
    }

    #[test]
    fn every_kind_of_colour_has_its_sequence() {
        let cell = |ink, paper| Cell { symbol: '▀', ink, paper };
        let cells = vec![
            cell(Ink::Default, Ink::Named(1)),
            cell(Ink::Named(9), Ink::Named(1)),
            cell(Ink::Rgb(1, 2, 3), Ink::Indexed(7)),
            cell(Ink::Default, Ink::Default),
        ];
        let text = canvas(&Canvas { width: 4, height: 1, cells });
        assert_eq!(text, "\x1b[41m▀\x1b[91m▀\x1b[38;2;1;2;3m\x1b[48;5;7m▀\x1b[39m\x1b[49m▀\n");
    }
}
