//! Text in pictures: the 8x8 letters of the `font8x8` crate, each of their pixels a square.

use font8x8::legacy::BASIC_LEGACY;

/// Side of a letter at size 1.
pub const SIDE: usize = 8;

/// Pixels that a line of text takes across.
pub fn width(text: &str, size: usize) -> usize {
    text.chars().count() * SIDE * size
}

/// Calls `ink` with column and row of every pixel of the text, its upper left corner at (0, 0).
/// What is not ASCII is a question mark.
pub fn draw(text: &str, size: usize, mut ink: impl FnMut(usize, usize)) {
    for (place, letter) in text.chars().enumerate() {
        let rows = BASIC_LEGACY.get(letter as usize).unwrap_or(&BASIC_LEGACY[usize::from(b'?')]);
        for (y, row) in rows.iter().enumerate() {
            for x in (0..SIDE).filter(|x| row >> x & 1 == 1) {
                for at in 0..size * size {
                    ink((place * SIDE + x) * size + at % size, y * size + at / size);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_side_by_side_and_grow() {
        let pixels = |text: &str, size: usize| {
            let mut pixels = Vec::new();
            draw(text, size, |x, y| pixels.push((x, y)));
            pixels
        };
        let one = pixels("l", 1);
        assert!(one.len() > 8 && one.iter().all(|&(x, y)| x < 8 && y < 8), "{one:?}");
        assert_eq!(pixels("l", 3).len(), 9 * one.len());
        assert!(pixels(" l", 1).iter().all(|&(x, _)| (8..16).contains(&x)));
        assert_eq!(pixels("é", 1), pixels("?", 1));
        assert_eq!(width("ab", 2), 32);
    }
}
