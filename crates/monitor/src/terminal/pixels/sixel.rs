//! DEC's sixels: an image as lines of six pixels high, colour by colour.
//!
//! <https://vt100.net/docs/vt3xx-gp/chapter14.html>

use gan_tui_core::image::Image;

use super::palette::{Indexed, indexed};

/// Rows of a line of sixels.
const ROWS: usize = 6;

/// Shows a picture in at most `colors` colours, its upper left corner where the cursor is.
pub fn place(out: &mut Vec<u8>, picture: &Image, colors: u16) {
    let Indexed { colors, pixels } = indexed(picture, colors.into());
    // What is not drawn stays as it is; the pixels are square.
    out.extend(format!("\x1bP0;1;0q\"1;1;{};{}", picture.width, picture.height).bytes());
    let mut is_used = vec![false; colors.len()];
    pixels.iter().for_each(|&index| is_used[usize::from(index)] = true);
    for (index, color) in colors.iter().enumerate().filter(|(index, _)| is_used[*index]) {
        // In percent.
        let [red, green, blue] = color.map(|value| (u32::from(value) * 100 + 127) / 255);
        out.extend(format!("#{index};2;{red};{green};{blue}").bytes());
    }
    let mut lines: Vec<Vec<u8>> = vec![Vec::new(); colors.len()];
    for (at, line) in pixels.chunks(ROWS * picture.width).enumerate() {
        if at > 0 {
            out.push(b'-');
        }
        write_line(out, line, picture.width, &mut lines);
    }
    out.extend(b"\x1b\\");
}

/// Writes one line of sixels; `lines` has a place for each colour.
fn write_line(out: &mut Vec<u8>, pixels: &[u8], width: usize, lines: &mut [Vec<u8>]) {
    lines.iter_mut().for_each(Vec::clear);
    for (row, pixels) in pixels.chunks(width).enumerate() {
        for (x, &index) in pixels.iter().enumerate() {
            let line = &mut lines[usize::from(index)];
            if line.len() <= x {
                line.resize(x + 1, 0);
            }
            line[x] |= 1 << row;
        }
    }
    let mut is_first = true;
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        if !std::mem::take(&mut is_first) {
            // Back to the left edge.
            out.push(b'$');
        }
        out.extend(format!("#{index}").bytes());
        for run in line.chunk_by(|a, b| a == b) {
            let sixel = run[0] + b'?';
            if run.len() > 3 {
                out.extend(format!("!{}", run.len()).bytes());
                out.push(sixel);
            } else {
                out.extend(std::iter::repeat_n(sixel, run.len()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use gan_tui_core::image::ImageShape;

    use super::*;

    #[test]
    fn colours_are_told_and_runs_are_short() {
        let mut pixels = vec![0; 8 * 7];
        pixels[8 + 5] = 255;
        pixels[6 * 8] = 255;
        let mut out = Vec::new();
        place(&mut out, &Image::grey(8, 7, pixels), 2);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\x1bP0;1;0q\"1;1;8;7#0;2;0;0;0#1;2;100;100;100\
             #0!5~|~~$#1!5?A-#0?!7@$#1@\x1b\\"
        );
    }

    /// Reads sixels as a terminal does.
    fn shown(bytes: &[u8], width: usize, height: usize) -> Vec<[u8; 3]> {
        let text = String::from_utf8_lossy(bytes);
        let body = text.strip_prefix("\x1bP0;1;0q").and_then(|text| text.strip_suffix("\x1b\\"));
        let mut rest = body.expect("a sixel image").chars().peekable();
        let (mut colors, mut color) = (vec![[0; 3]; 256], 0);
        let (mut x, mut y, mut count) = (0, 0, 1);
        let mut pixels = vec![[0; 3]; width * height];
        while let Some(char) = rest.next() {
            let mut numbers = vec![0usize];
            if matches!(char, '#' | '!' | '"') {
                while let Some(&next) =
                    rest.peek().filter(|next| next.is_ascii_digit() || **next == ';')
                {
                    rest.next();
                    match next.to_digit(10) {
                        Some(digit) => {
                            let last = numbers.last_mut().expect("one");
                            *last = *last * 10 + digit as usize;
                        }
                        None => numbers.push(0),
                    }
                }
            }
            match char {
                '"' => assert_eq!(numbers, [1, 1, width, height]),
                '#' => {
                    color = numbers[0];
                    if let [_, 2, rgb @ ..] = &numbers[..] {
                        colors[color] =
                            [rgb[0], rgb[1], rgb[2]].map(|part| (part * 255 / 100) as u8);
                    }
                }
                '!' => count = numbers[0],
                '$' => x = 0,
                '-' => (x, y) = (0, y + 6),
                sixel => {
                    let bits = sixel as u8 - b'?';
                    for _ in 0..std::mem::replace(&mut count, 1) {
                        for row in (0..6).filter(|row| bits >> row & 1 == 1) {
                            pixels[(y + row) * width + x] = colors[color];
                        }
                        x += 1;
                    }
                }
            }
        }
        pixels
    }

    #[test]
    fn a_terminal_shows_what_was_drawn() {
        let (width, height) = (40, 33);
        let grey: Vec<u8> = (0..width * height).map(|at| (at * 37 % 251) as u8).collect();
        let rgb: Vec<u8> = (0..3 * width * height).map(|at| (at / 3 * 5 % 256) as u8).collect();
        for picture in
            [Image::grey(width, height, grey), Image::new(ImageShape::rgb(width, height), rgb)]
        {
            let mut out = Vec::new();
            place(&mut out, &picture, 256);
            let seen = shown(&out, width, height);
            for (at, seen) in seen.iter().enumerate() {
                let wanted = picture.rgb(at % width, at / width);
                let off = (0..3).map(|part| wanted[part].abs_diff(seen[part])).max();
                assert!(off <= Some(4), "{wanted:?} became {seen:?}");
            }
        }
    }
}
