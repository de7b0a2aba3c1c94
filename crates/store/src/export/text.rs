//! Pictures as block characters: plain, and with the colours of a terminal.

use std::fmt::Write;

use crate::art::{self, Canvas, Colors, Glyphs, Ink, Mosaic};
use gan_tui_core::image::ImageBatch;

/// A stack in rows of `columns` pictures, half-block characters without colours, a pixel column a
/// character.
pub fn plain(stack: &ImageBatch, columns: usize) -> String {
    draw(stack, columns, Colors::None).text()
}

/// A stack in rows of `columns` pictures, half-block characters with the escape sequences for their
/// greys.
pub fn ansi(stack: &ImageBatch, columns: usize, colors: Colors) -> String {
    canvas(&draw(stack, columns, colors))
}

fn draw(stack: &ImageBatch, columns: usize, colors: Colors) -> Canvas {
    let columns = columns.clamp(1, stack.len().max(1));
    let width = stack.width + stack.width % 2;
    art::draw(
        stack,
        Mosaic { columns, rows: stack.len().div_ceil(columns), width },
        Glyphs::Half,
        colors,
    )
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
    use crate::art::Cell;

    fn two() -> ImageBatch {
        let mut pixels = vec![0; 2 * 28 * 28];
        pixels[28 * 28..].fill(255);
        ImageBatch::grey(28, 28, pixels)
    }

    #[test]
    fn pictures_stand_side_by_side() {
        let text = plain(&two(), 8);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 14);
        assert!(lines.iter().all(|line| *line == format!("{}{}", " ".repeat(28), "█".repeat(28))));
        assert_eq!(plain(&two(), 1).lines().count(), 28);
    }

    #[test]
    fn a_terminal_shows_the_greys() {
        let text = ansi(&two(), 2, Colors::Truecolor);
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
