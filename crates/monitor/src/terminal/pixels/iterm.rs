//! iTerm2's inline images, which WezTerm and others have too.
//!
//! <https://iterm2.com/documentation-images.html>

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ratatui::layout::Rect;

/// Shows a PNG in place of the cells of `area`, where the cursor is.
pub fn place(out: &mut Vec<u8>, png: &[u8], area: Rect) {
    let Rect { width, height, .. } = area;
    let keys = format!(";width={width};height={height};preserveAspectRatio=0;doNotMoveCursor=1");
    write(out, png, &keys);
}

/// Prints a PNG at its own size; the cursor is in its last line then.
pub fn print(out: &mut Vec<u8>, png: &[u8]) {
    write(out, png, "");
}

fn write(out: &mut Vec<u8>, png: &[u8], keys: &str) {
    out.extend(format!("\x1b]1337;File=inline=1;size={}{keys}:", png.len()).bytes());
    out.extend(STANDARD.encode(png).bytes());
    out.push(0x07);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_fills_its_cells() {
        let mut out = Vec::new();
        place(&mut out, b"png", Rect::new(3, 4, 8, 5));
        assert_eq!(
            String::from_utf8_lossy(&out),
            "\x1b]1337;File=inline=1;size=3;width=8;height=5;preserveAspectRatio=0;\
             doNotMoveCursor=1:cG5n\x07"
        );
    }
}
