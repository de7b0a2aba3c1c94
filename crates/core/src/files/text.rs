//! Text files that a person may have edited on any system.

/// The byte order mark of UTF-8, which editors on Windows write before a text.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Returns the text of a file in UTF-8, without the byte order marks before it.
///
/// # Errors
/// Returns expected and found if it is in another encoding: its name if it can be told, else the
/// first line that is not UTF-8.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    if let Some(encoding) = foreign_encoding(&bytes) {
        return Err(format!("expected text in UTF-8, found {encoding}"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&byte| byte == b'\n').count();
        format!("expected text in UTF-8, found other bytes in line {line}")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.trim_start_matches('\u{feff}').to_owned(),
        None => text,
    })
}

/// Returns the encoding of a text that is not UTF-8, as far as its first bytes tell: its byte order
/// mark, or the zeros between ASCII characters.
pub fn foreign_encoding(bytes: &[u8]) -> Option<&'static str> {
    match *bytes {
        [0xFF, 0xFE, 0, 0, ..] => Some("UTF-32 (little-endian)"),
        [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32 (big-endian)"),
        [0xFF, 0xFE, ..] => Some("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] => Some("UTF-16 (big-endian)"),
        [1..=0x7F, 0, 1..=0x7F, 0, ..] => Some("UTF-16 (little-endian)"),
        [0, 1..=0x7F, 0, 1..=0x7F, ..] => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_skipped() {
        for mark in ["", "\u{feff}", "\u{feff}\u{feff}"] {
            let text = format!("{mark}(batch: 8)\r\n\u{feff}");
            assert_eq!(decode(text.into_bytes()), Ok("(batch: 8)\r\n\u{feff}".into()));
        }
        assert_eq!(decode(Vec::new()), Ok(String::new()));
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |unit: fn(u16) -> [u8; 2], mark: &str| -> Vec<u8> {
            format!("{mark}(batch: 8)").encode_utf16().flat_map(unit).collect()
        };
        for mark in ["", "\u{feff}"] {
            assert_eq!(
                decode(utf16(u16::to_le_bytes, mark)),
                Err("expected text in UTF-8, found UTF-16 (little-endian)".into())
            );
            assert_eq!(
                decode(utf16(u16::to_be_bytes, mark)),
                Err("expected text in UTF-8, found UTF-16 (big-endian)".into())
            );
        }
        let utf32 = "\u{feff}(".chars().flat_map(|letter| (letter as u32).to_le_bytes()).collect();
        assert_eq!(
            decode(utf32),
            Err("expected text in UTF-8, found UTF-32 (little-endian)".into())
        );
        assert_eq!(
            decode(b"(\n\n\xE4)".to_vec()),
            Err("expected text in UTF-8, found other bytes in line 3".into())
        );
    }
}
