//! kitty's graphics protocol: images by number, over the cells or, through tmux, in place of
//! characters that stand for their parts.
//!
//! <https://sw.kovidgoyal.net/kitty/graphics-protocol/>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ratatui::layout::Rect;

/// Asks whether there is such a protocol, with an image of one pixel that is not kept.
pub const QUESTION: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";

/// Bytes of base64 in one sequence at most.
const CHUNK: usize = 4096;

/// The character that stands for a part of an image; its row, and where others precede it on the
/// same line its column too, are told by the marks above it.
const PLACEHOLDER: char = '\u{10EEEE}';

/// The marks for the numbers from 0 on: combining characters of class 230 that have no
/// decomposition and existed in Unicode 6.0, as the protocol counts them.
const MARKS: [char; 96] = [
    '\u{305}', '\u{30D}', '\u{30E}', '\u{310}', '\u{312}', '\u{33D}', '\u{33E}', '\u{33F}',
    '\u{346}', '\u{34A}', '\u{34B}', '\u{34C}', '\u{350}', '\u{351}', '\u{352}', '\u{357}',
    '\u{35B}', '\u{363}', '\u{364}', '\u{365}', '\u{366}', '\u{367}', '\u{368}', '\u{369}',
    '\u{36A}', '\u{36B}', '\u{36C}', '\u{36D}', '\u{36E}', '\u{36F}', '\u{483}', '\u{484}',
    '\u{485}', '\u{486}', '\u{487}', '\u{592}', '\u{593}', '\u{594}', '\u{595}', '\u{597}',
    '\u{598}', '\u{599}', '\u{59C}', '\u{59D}', '\u{59E}', '\u{59F}', '\u{5A0}', '\u{5A1}',
    '\u{5A8}', '\u{5A9}', '\u{5AB}', '\u{5AC}', '\u{5AF}', '\u{5C4}', '\u{610}', '\u{611}',
    '\u{612}', '\u{613}', '\u{614}', '\u{615}', '\u{616}', '\u{617}', '\u{657}', '\u{658}',
    '\u{659}', '\u{65A}', '\u{65B}', '\u{65D}', '\u{65E}', '\u{6D6}', '\u{6D7}', '\u{6D8}',
    '\u{6D9}', '\u{6DA}', '\u{6DB}', '\u{6DC}', '\u{6DF}', '\u{6E0}', '\u{6E1}', '\u{6E2}',
    '\u{6E4}', '\u{6E7}', '\u{6E8}', '\u{6EB}', '\u{6EC}', '\u{730}', '\u{732}', '\u{733}',
    '\u{735}', '\u{736}', '\u{73A}', '\u{73D}', '\u{73F}', '\u{740}', '\u{741}', '\u{743}',
];

/// The most rows that an image of placeholders has.
pub const MOST_ROWS: u16 = MARKS.len() as u16;

/// A number of an image that other programs at the same terminal hardly use: a byte that is
/// chosen once, and one for each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageId {
    pub high: u8,
    pub low: u8,
}

impl ImageId {
    fn number(self) -> u32 {
        u32::from(self.high) << 24 | u32::from(self.low)
    }
}

/// Shows a PNG over the cells of `area`, where the cursor is.
pub fn place(out: &mut Vec<u8>, id: ImageId, png: &[u8], area: Rect) {
    let keys =
        format!("a=T,f=100,i={},p=1,q=2,C=1,c={},r={}", id.number(), area.width, area.height);
    transmit(&keys, png).for_each(|chunk| out.extend(chunk));
}

/// Prints a PNG at its own size; the cursor is in its last line then.
pub fn print(out: &mut Vec<u8>, png: &[u8]) {
    transmit("a=T,f=100,q=2", png).for_each(|chunk| out.extend(chunk));
}

/// Gives a PNG to the terminal beyond tmux, then puts the characters that stand for it in `area`.
pub fn place_in_tmux(out: &mut Vec<u8>, id: ImageId, png: &[u8], area: Rect) {
    let keys = format!("a=T,U=1,f=100,i={},q=2,c={},r={}", id.number(), area.width, area.height);
    transmit(&keys, png).for_each(|chunk| out.extend(through_tmux(&chunk)));
    // The colour of the characters is the low byte of the number.
    out.extend(format!("\x1b[0;38;5;{}m", id.low).bytes());
    let mut text = String::new();
    for (row, mark) in (0..area.height).zip(MARKS) {
        text.push_str(&format!("\x1b[{};{}H", area.y + row + 1, area.x + 1));
        // The first of a line says where it is, and those behind it follow.
        text.extend([
            PLACEHOLDER,
            mark,
            MARKS[0],
            MARKS.get(usize::from(id.high)).copied().unwrap_or(MARKS[0]),
        ]);
        text.extend((1..area.width).map(|_| PLACEHOLDER));
    }
    out.extend(text.bytes());
    out.extend(b"\x1b[m");
}

/// A sequence for each part of the data.
fn transmit(keys: &str, png: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let data = STANDARD.encode(png).into_bytes();
    let count = data.len().div_ceil(CHUNK).max(1);
    let keys = keys.to_owned();
    (0..count).map(move |at| {
        let part = &data[at * CHUNK..data.len().min((at + 1) * CHUNK)];
        let more = u8::from(at + 1 < count);
        let head = match at {
            0 if count == 1 => format!("\x1b_G{keys};"),
            0 => format!("\x1b_G{keys},m={more};"),
            _ => format!("\x1b_Gm={more};"),
        };
        [head.as_bytes(), part, b"\x1b\\"].concat()
    })
}

/// Takes an image and its data away.
pub fn delete(out: &mut Vec<u8>, id: ImageId) {
    out.extend(format!("\x1b_Ga=d,d=I,i={},q=2\x1b\\", id.number()).bytes());
}

/// A sequence for the terminal beyond tmux.
pub fn through_tmux(sequence: &[u8]) -> Vec<u8> {
    let mut out = b"\x1bPtmux;".to_vec();
    for &byte in sequence {
        if byte == 0x1b {
            out.push(byte);
        }
        out.push(byte);
    }
    out.extend(b"\x1b\\");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ImageId = ImageId { high: 2, low: 7 };

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace('\x1b', "^")
    }

    #[test]
    fn an_image_lies_over_its_cells_and_leaves_the_cursor() {
        let mut out = Vec::new();
        place(&mut out, ID, b"png", Rect::new(3, 4, 8, 5));
        assert_eq!(text(&out), "^_Ga=T,f=100,i=33554439,p=1,q=2,C=1,c=8,r=5;cG5n^\\");
        out.clear();
        delete(&mut out, ID);
        assert_eq!(text(&out), "^_Ga=d,d=I,i=33554439,q=2^\\");
    }

    #[test]
    fn much_data_is_sent_in_parts_of_which_the_last_says_so() {
        let mut out = Vec::new();
        place(&mut out, ID, &[0; 7000], Rect::new(0, 0, 8, 4));
        let text = text(&out);
        let parts: Vec<&str> = text.split_terminator("^\\").collect();
        assert_eq!(parts.len(), 3);
        assert!(parts[0].starts_with("^_Ga=T") && parts[0].contains(",m=1;AAAA"));
        assert!(parts[1].starts_with("^_Gm=1;AAAA") && parts[2].starts_with("^_Gm=0;AAAA"));
        let data: usize =
            parts.iter().filter_map(|part| part.split(';').nth(1)).map(str::len).sum();
        assert_eq!(data, 7000usize.div_ceil(3) * 4);
    }

    #[test]
    fn tmux_is_handed_the_image_and_shows_characters_in_its_place() {
        let mut out = Vec::new();
        place_in_tmux(&mut out, ID, b"png", Rect::new(3, 4, 3, 2));
        let text = text(&out);
        let (data, cells) = text.split_once("cG5n").unwrap_or_default();
        assert_eq!(data, "^Ptmux;^^_Ga=T,U=1,f=100,i=33554439,q=2,c=3,r=2;");
        let rest = "\u{10EEEE}\u{10EEEE}";
        assert_eq!(
            cells,
            format!(
                "^^\\^\\^[0;38;5;7m^[5;4H\u{10EEEE}\u{305}\u{305}\u{30E}{rest}\
                 ^[6;4H\u{10EEEE}\u{30D}\u{305}\u{30E}{rest}^[m"
            )
        );
    }
}
