//! SVG: the images of a frame with each pixel a square and those of one colour one path, so that a
//! grid of images is small and stays sharp at any size; contact sheets and charts.

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter, pixels};

pub struct Svg;

impl Exporter for Svg {
    fn name(&self) -> &'static str {
        "SVG"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["svg"]
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
                Ok(pixels::document(&images.grid(columns), settings.scale).into_bytes())
            }
            Content::Sheet(sheet) => Ok(sheet.svg().into_bytes()),
            Content::Chart(chart) => Ok(chart.svg(settings.scale).into_bytes()),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}
