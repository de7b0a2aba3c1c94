//! The header of a NumPy array, and its numbers.

use std::io;

use gan_tui_core::npy_header::HeaderParser;

/// A header is a line of text.
const LONGEST_HEADER: usize = 1 << 16;
/// The kinds of numbers in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
}

/// The header of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Bytes of a number: 1, 2, 4 or 8.
    pub(super) size: usize,
    is_big_endian: bool,
    pub(super) shape: Vec<usize>,
    /// NumPy's name of the type, for messages.
    pub(super) descr: String,
}

impl Header {
    /// Reads the header of an array, and leaves the reader at its values.
    ///
    /// # Errors
    /// Returns the reason if it is not the header of an array of numbers in C order.
    pub(super) fn read(reader: &mut dyn io::Read) -> Result<Self, String> {
        let cut = |_| "it ends within its header".to_owned();
        let mut start = [0; 8];
        reader.read_exact(&mut start).map_err(cut)?;
        if !start.starts_with(b"\x93NUMPY") {
            return Err("it does not begin with \\x93NUMPY".into());
        }
        let mut length = [0; 4];
        let bytes = match start[6] {
            1 => 2,
            2 | 3 => 4,
            other => return Err(format!("expected .npy format version 1 to 3, found {other}")),
        };
        reader.read_exact(&mut length[..bytes]).map_err(cut)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > LONGEST_HEADER {
            return Err(format!(
                "expected a header of at most {LONGEST_HEADER} bytes, found {length}"
            ));
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text).map_err(cut)?;
        Self::parse(std::str::from_utf8(&text).map_err(|_| "the header is not text")?)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (descr, is_fortran, shape) = HeaderParser { rest: text }
            .dictionary()
            .ok_or_else(|| format!("unreadable header {:?}", text.trim_end()))?;
        if is_fortran && shape.iter().filter(|&&side| side > 1).count() > 1 {
            return Err(
                "expected C order, found Fortran order; `numpy.ascontiguousarray` gives it".into(),
            );
        }
        let of_numbers = || format!("expected an array of numbers, found the type {descr}");
        let plain = descr.trim_start_matches(['<', '>', '=', '|']);
        let kind = match plain.chars().next() {
            Some('b') => Kind::Bool,
            Some('u') => Kind::Unsigned,
            Some('i') => Kind::Signed,
            Some('f') => Kind::Float,
            _ => return Err(of_numbers()),
        };
        let size = plain[1..].parse::<usize>().map_err(|_| of_numbers())?;
        let sizes: &[usize] = match kind {
            Kind::Bool => &[1],
            Kind::Float => &[4, 8],
            _ => &[1, 2, 4, 8],
        };
        if !sizes.contains(&size) {
            let hint = if kind == Kind::Float { "; `array.astype('float32')` is read" } else { "" };
            return Err(format!("{}{hint}", of_numbers()));
        }
        Ok(Self { kind, size, is_big_endian: descr.starts_with('>'), shape, descr })
    }

    /// Returns the number in the bytes of one value.
    pub(super) fn value(&self, bytes: &[u8]) -> f64 {
        let mut eight = [0; 8];
        let part = &mut eight[..bytes.len()];
        part.copy_from_slice(bytes);
        if self.is_big_endian {
            part.reverse();
        }
        let unsigned = u64::from_le_bytes(eight);
        match (self.kind, self.size) {
            (Kind::Float, 4) => f64::from(f32::from_bits(unsigned as u32)),
            (Kind::Float, _) => f64::from_bits(unsigned),
            (Kind::Signed, size) => {
                let unused = 64 - 8 * size as u32;
                ((unsigned << unused) as i64 >> unused) as f64
            }
            _ => unsigned as f64,
        }
    }
}
