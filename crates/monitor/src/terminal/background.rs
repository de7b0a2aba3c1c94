//! The colour of the terminal's background, which decides between dark and light colours.

/// Asks for it (OSC 11).
pub const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// Returns whether an answer, without what it begins and ends with, says that the background is
/// light; `None` if it says something else.
///
/// Answers are colours as X11 writes them: `11;rgb:ffff/ffff/ffff`, or with the opacity behind it
/// `11;rgba:ffff/ffff/ffff/ffff`, each number 1 to 4 hexadecimal digits; or `11;#ffffff`.
pub fn is_light(answer: &[u8]) -> Option<bool> {
    let answer = std::str::from_utf8(answer).ok()?.strip_prefix("11;")?;
    let parts: Vec<&str> = if let Some(digits) = answer.strip_prefix('#') {
        let length = digits.len() / 3;
        if !digits.is_ascii() || digits.len() % 3 != 0 || length == 0 {
            return None;
        }
        (0..3).map(|part| &digits[part * length..(part + 1) * length]).collect()
    } else {
        let colour = answer.strip_prefix("rgb:").or_else(|| answer.strip_prefix("rgba:"))?;
        colour.split('/').collect()
    };
    let [red, green, blue] = match parts[..] {
        [red, green, blue] | [red, green, blue, _] => [share(red)?, share(green)?, share(blue)?],
        _ => return None,
    };
    // Weighted as the eye does (ITU-R BT.709).
    Some(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5)
}

/// Hexadecimal digits as a share of the largest number that they can be.
fn share(digits: &str) -> Option<f32> {
    let is_number = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !(1..=4).contains(&digits.len()) || !is_number {
        return None;
    }
    let most = (1u32 << (4 * digits.len())) - 1;
    Some(u32::from_str_radix(digits, 16).ok()? as f32 / most as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_colour_is_read() {
        let light = ["11;rgb:ffff/ffff/ffff", "11;rgb:f/f/f", "11;rgba:fff/fff/ddd/000"];
        let dark = ["11;rgb:1e1e/1e1e/1e1e", "11;rgb:00/00/ff", "11;rgba:00/2b/36/ff"];
        for (answers, expected) in [(light, true), (dark, false)] {
            for answer in answers {
                assert_eq!(is_light(answer.as_bytes()), Some(expected), "{answer}");
            }
        }
        assert_eq!(is_light(b"11;#fff"), Some(true));
        assert_eq!(is_light(b"11;#ffff00000000"), Some(false));
        for other in [
            "",
            "11;",
            "11;?",
            "10;rgb:f/f/f",
            "11;rgb:f/f",
            "11;rgb:+f/f/f",
            "11;rgb:/f/f",
            "11;rgb:fffff/f/f",
            "11;#",
            "11;#ff",
            "11;#\u{e9}\u{e9}\u{e9}",
            "52;c;aGk=",
            "11;white",
        ] {
            assert_eq!(is_light(other.as_bytes()), None, "{other}");
        }
        assert_eq!(is_light(b"11;rgb:\xff/\xff/\xff"), None);
    }
}
