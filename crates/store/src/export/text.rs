//! Text: images as block characters without colours.

use gan_tui_core::image::ImageBatch;

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};
use crate::art::{self, Canvas, Colors, Glyphs, Mosaic};

pub struct Text;

impl Exporter for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["txt"]
    }

    fn about(&self) -> &'static str {
        "the last frame as block characters"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Images]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Latent]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Images { images, columns } => {
                Ok(draw(images, columns, Colors::None).text().into_bytes())
            }
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Draws a batch in rows of `columns` images with half-block characters, a pixel column a character.
pub(super) fn draw(stack: &ImageBatch, columns: usize, colors: Colors) -> Canvas {
    let columns = columns.clamp(1, stack.len().max(1));
    let width = stack.width + stack.width % 2;
    art::draw(
        stack,
        Mosaic { columns, rows: stack.len().div_ceil(columns), width },
        Glyphs::Half,
        colors,
    )
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    pub fn two() -> ImageBatch {
        let mut pixels = vec![0; 2 * 28 * 28];
        pixels[28 * 28..].fill(255);
        ImageBatch::grey(28, 28, pixels)
    }

    #[test]
    fn pictures_stand_side_by_side() {
        let plain = |columns| draw(&two(), columns, Colors::None).text();
        let text = plain(8);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 14);
        assert!(lines.iter().all(|line| *line == format!("{}{}", " ".repeat(28), "█".repeat(28))));
        assert_eq!(plain(1).lines().count(), 28);
    }
}
