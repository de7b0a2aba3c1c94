//! An image as a part of what is printed, below the line before and above the line behind it.

use super::{PictureMode, Sixels, iterm, kitty, sixel};
use gan_tui_core::image::{
    Image,
    png::{self, PngError},
};

/// Returns the bytes that print an image at its own size; `None` if pictures are not to be made of
/// pixels.
///
/// # Errors
/// Returns an error if the image is empty.
pub fn inline(image: &Image, mode: PictureMode) -> Result<Option<Vec<u8>>, PngError> {
    let mut out = Vec::new();
    match mode {
        PictureMode::Auto | PictureMode::Blocks => return Ok(None),
        PictureMode::Kitty => kitty::print(&mut out, &png::encode(image)?),
        // A terminal that was not asked may have 16 colours; so many greys do.
        PictureMode::Sixel if image.channels == 1 => sixel::place(&mut out, image, 16),
        PictureMode::Sixel => sixel::place(&mut out, image, Sixels::default().colors),
        PictureMode::Iterm => iterm::print(&mut out, &png::encode(image)?),
    }
    out.push(b'\n');
    Ok(Some(out))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_printed_on_a_line_of_its_own() {
        let image = Image::filled(2, 2, 255);
        let printed = |mode| {
            let bytes = inline(&image, mode).unwrap()?;
            Some(String::from_utf8_lossy(&bytes).replace('\x1b', "^"))
        };
        assert_eq!(printed(PictureMode::Auto), None);
        assert_eq!(printed(PictureMode::Blocks), None);
        assert!(printed(PictureMode::Kitty).unwrap().starts_with("^_Ga=T,f=100,q=2;"));
        assert!(printed(PictureMode::Iterm).unwrap().starts_with("^]1337;File=inline=1;size="));
        let sixel = printed(PictureMode::Sixel).unwrap();
        assert!(sixel.starts_with("^P0;1;0q\"1;1;2;2") && sixel.ends_with("^\\\n"), "{sixel}");
    }
}
