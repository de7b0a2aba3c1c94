//! PNG: the grid of the images of a frame, contact sheets and charts.

use gan_tui_core::image::{Image, png};

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};

pub struct Png;

impl Exporter for Png {
    fn name(&self) -> &'static str {
        "PNG"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["png"]
    }

    fn about(&self) -> &'static str {
        "the last frame; a contact sheet or a chart"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Images, ContentKind::Sheet, ContentKind::Chart]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Scale, ExportOption::Latent]
    }

    fn export(
        &self,
        content: Content<'_>,
        settings: &ExportSettings,
    ) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Images { images, columns } => {
                self.encode(&images.grid(columns), settings.scale)
            }
            Content::Sheet(sheet) => {
                let (width, height) = sheet.size();
                self.check_size(width, height)?;
                Ok(png::encode(&sheet.picture())?)
            }
            Content::Chart(chart) => {
                let (width, height) = chart.size(settings.scale);
                self.check_size(width, height)?;
                Ok(chart.png(settings.scale)?)
            }
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

impl Png {
    /// Returns a file with an image whose every pixel is a square of `scale` by `scale`.
    ///
    /// # Errors
    /// Returns an error if the image is empty or would be too large.
    pub fn encode(&self, image: &Image, scale: usize) -> Result<Vec<u8>, ExportError> {
        let scale = scale.max(1);
        self.check_size(image.width.saturating_mul(scale), image.height.saturating_mul(scale))?;
        Ok(png::encode(&image.enlarged(scale))?)
    }

    fn check_size(&self, width: usize, height: usize) -> Result<(), ExportError> {
        if width.saturating_mul(height) > png::MOST_PIXELS {
            return Err(ExportError::TooLarge {
                format: self.name(),
                width,
                height,
                most: png::MOST_PIXELS.isqrt(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use gan_tui_core::image::{ImageBatch, ImageShape};

    use super::*;

    #[test]
    fn a_grid_of_colours_keeps_them() {
        let images = ImageBatch::new(ImageShape::rgb(2, 1), (0..12).map(|at| at * 20).collect());
        let settings = ExportSettings { scale: 3, ..ExportSettings::default() };
        let bytes = Png.export(Content::Images { images: &images, columns: 2 }, &settings).unwrap();
        let image = png::decode(&bytes).unwrap();
        assert_eq!((image.width, image.height, image.channels), (12, 3, 3));
        assert_eq!((image.rgb(2, 2), image.rgb(3, 0)), ([0, 20, 40], [60, 80, 100]));
        assert_eq!(image.rgb(11, 2), [180, 200, 220]);
    }
}
