//! Character cells as a scalable picture: blocks become rectangles, so that digits look the same in
//! every font.

use std::fmt::Write;

use crate::art::{Canvas, Cell, Glyphs, Ink};

/// Size of a cell: half as wide as high, in units that halves, thirds and quarters divide.
const WIDTH: usize = 12;
const HEIGHT: usize = 24;
/// What the terminal's own colours are taken for.
const INK: &str = "#d4d4d4";
const PAPER: &str = "#121212";

/// Returns a canvas as an SVG document.
pub fn document(canvas: &Canvas) -> String {
    let (width, height) = (canvas.width * WIDTH, canvas.height * HEIGHT);
    let mut out = String::with_capacity(canvas.cells.len() * 48);
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">"#
    );
    let _ = writeln!(out, r#"<rect width="100%" height="100%" fill="{PAPER}"/>"#);
    let _ = writeln!(
        out,
        r#"<g font-family="'DejaVu Sans Mono',ui-monospace,Menlo,Consolas,monospace" font-size="19" shape-rendering="crispEdges">"#
    );
    for (y, row) in canvas.rows().enumerate() {
        papers(&mut out, row, y * HEIGHT);
        let mut x = 0;
        while x < row.len() {
            x += if blocks(&mut out, row[x], x * WIDTH, y * HEIGHT) {
                1
            } else {
                text(&mut out, &row[x..], x * WIDTH, y * HEIGHT)
            };
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// What is behind the characters, a rectangle for each run of one colour.
fn papers(out: &mut String, row: &[Cell], top: usize) {
    let mut x = 0;
    for run in row.chunk_by(|a, b| a.paper == b.paper) {
        if run[0].paper != Ink::Default {
            rectangle(
                out,
                (x * WIDTH, top, run.len() * WIDTH, HEIGHT),
                &color(run[0].paper, PAPER),
                1.0,
            );
        }
        x += run.len();
    }
}

fn rectangle(
    out: &mut String,
    (x, y, width, height): (usize, usize, usize, usize),
    fill: &str,
    opacity: f32,
) {
    let _ = write!(out, r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}""#);
    if opacity < 1.0 {
        let _ = write!(out, r#" opacity="{opacity}""#);
    }
    out.push_str("/>\n");
}

/// A block character as rectangles; tells whether it was one.
fn blocks(out: &mut String, cell: Cell, left: usize, top: usize) -> bool {
    let fill = color(cell.ink, INK);
    let whole = (left, top, WIDTH, HEIGHT);
    match cell.symbol {
        ' ' => return true,
        '░' => rectangle(out, whole, &fill, 0.25),
        '▒' => rectangle(out, whole, &fill, 0.5),
        '▓' => rectangle(out, whole, &fill, 0.75),
        '▁'..='█' => {
            let high = HEIGHT * (cell.symbol as usize - 0x2580) / 8;
            rectangle(out, (left, top + HEIGHT - high, WIDTH, high), &fill, 1.0);
        }
        symbol => {
            let Some(((across, down), mask)) = Glyphs::pixels_of(symbol) else { return false };
            let (wide, high) = (WIDTH / across, HEIGHT / down);
            for pixel in (0..across * down).filter(|pixel| mask >> pixel & 1 == 1) {
                rectangle(
                    out,
                    (left + pixel % across * wide, top + pixel / across * high, wide, high),
                    &fill,
                    1.0,
                );
            }
        }
    }
    true
}

/// The characters up to the next block or colour, held to their columns; tells how many there were.
fn text(out: &mut String, row: &[Cell], left: usize, top: usize) -> usize {
    let goes_on = |cell: &&Cell| cell.ink == row[0].ink && Glyphs::pixels_of(cell.symbol).is_none();
    let run: String = row.iter().take_while(goes_on).map(|cell| cell.symbol).collect();
    let count = run.chars().count().max(1);
    let run = run.trim_end();
    let (length, base) = (run.chars().count() * WIDTH, top + HEIGHT * 3 / 4);
    let fill = color(row[0].ink, INK);
    let _ = write!(
        out,
        r#"<text x="{left}" y="{base}" fill="{fill}" textLength="{length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">"#
    );
    for symbol in run.chars() {
        match symbol {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            symbol => out.push(symbol),
        }
    }
    out.push_str("</text>\n");
    count
}

fn color(ink: Ink, default: &str) -> String {
    const NAMED: [u32; 16] = [
        0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5, 0x7f7f7f,
        0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff,
    ];
    let rgb = match ink {
        Ink::Default => return default.into(),
        Ink::Named(index) => NAMED[usize::from(index & 15)],
        Ink::Indexed(index @ 0..=15) => NAMED[usize::from(index)],
        Ink::Indexed(index @ 232..) => (u32::from(index) - 232) * 10 * 0x010101 + 0x080808,
        Ink::Indexed(index) => {
            let level = |step: u8| if step == 0 { 0 } else { u32::from(step) * 40 + 55 };
            let index = index - 16;
            level(index / 36) << 16 | level(index / 6 % 6) << 8 | level(index % 6)
        }
        Ink::Rgb(red, green, blue) => {
            u32::from(red) << 16 | u32::from(green) << 8 | u32::from(blue)
        }
    };
    format!("#{rgb:06x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_rectangles_and_text_is_text() {
        let cell = |symbol, ink, paper| Cell { symbol, ink, paper };
        let cells = vec![
            cell('▀', Ink::Indexed(244), Ink::Indexed(16)),
            cell('▂', Ink::Named(1), Ink::Default),
            cell('a', Ink::Default, Ink::Default),
            cell('<', Ink::Default, Ink::Default),
        ];
        let svg = document(&Canvas { width: 4, height: 1, cells });
        let expected = [
            r##"<rect x="0" y="0" width="12" height="24" fill="#000000"/>"##,
            r##"<rect x="0" y="0" width="12" height="12" fill="#808080"/>"##,
            r##"<rect x="12" y="18" width="12" height="6" fill="#cd3131"/>"##,
            r##"textLength="24" lengthAdjust="spacingAndGlyphs" xml:space="preserve">a&lt;</text>"##,
        ];
        expected.iter().for_each(|part| assert!(svg.contains(part), "{part} in {svg}"));
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn xterms_colours_are_its_own() {
        assert_eq!(
            [16, 231, 196, 232, 255].map(|index| color(Ink::Indexed(index), "")),
            ["#000000", "#ffffff", "#ff0000", "#080808", "#eeeeee"]
        );
    }
}
