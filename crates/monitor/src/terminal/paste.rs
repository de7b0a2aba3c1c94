//! Text that is pasted, which must not be taken for keys: most terminals mark it (bracketed paste,
//! mode 2004).

use std::time::Duration;

/// Switches the marks on and off.
pub const ON: &[u8] = b"\x1b[?2004h";
pub const OFF: &[u8] = b"\x1b[?2004l";
/// The mark behind a pasted text.
const END: &[u8] = b"\x1b[201~";

/// Bytes of a pasted text that are kept: no field takes as many.
const KEPT: usize = 4096;
/// Bytes after which the end is no longer waited for.
const MOST: usize = 1 << 20;
/// How long the rest of a pasted text may take, after each part and in all.
pub const REST: Duration = Duration::from_secs(1);
pub const WHOLE: Duration = Duration::from_secs(10);

/// A pasted text, as far as it has come.
#[derive(Debug, Default)]
pub struct Paste {
    kept: Vec<u8>,
    /// Bytes that have come.
    length: usize,
}

impl Paste {
    /// Takes bytes up to the mark at the end. Returns how many were taken, and whether that was
    /// all of the text; what may be the beginning of the mark is left.
    pub fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        if let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            self.keep(&bytes[..end]);
            return (end + END.len(), true);
        }
        let begun = (0..END.len()).rev().find(|&length| bytes.ends_with(&END[..length]));
        let text = &bytes[..bytes.len() - begun.unwrap_or(0)];
        self.keep(text);
        (text.len(), self.length > MOST)
    }

    fn keep(&mut self, text: &[u8]) {
        self.length += text.len();
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// Returns the text, or its beginning if it is long.
    pub fn into_text(self) -> String {
        String::from_utf8_lossy(&self.kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_may_come_in_parts_and_a_long_text_is_not_kept() {
        for cut in 0..=END.len() {
            let mut paste = Paste::default();
            let first = [b"text", &END[..cut]].concat();
            let (taken, is_whole) = paste.take(&first);
            assert_eq!((taken, is_whole), if cut == END.len() { (10, true) } else { (4, false) });
            assert_eq!(paste.into_text(), "text");
        }
        let mut paste = Paste::default();
        let mut parts = 0;
        while !paste.take(&[b'x'; 1000]).1 {
            parts += 1;
        }
        assert_eq!((parts, paste.kept.len()), (MOST / 1000, KEPT));
    }
}
