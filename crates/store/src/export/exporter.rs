//! What an export format is, and what can be exported.

use std::{fmt, io::Write};

use gan_tui_core::{event::Metrics, generator::GeneratorData, image::ImageBatch};

use super::{ExportError, ExportLayout, ExportSettings, chart::MetricsChart, sheet::Sheet};
use crate::run::Run;

/// A file format.
pub trait Exporter: Sync {
    /// The name in messages, such as `GIF`.
    fn name(&self) -> &'static str;

    /// The extensions of its files, without the dot; the usual one first.
    fn extensions(&self) -> &'static [&'static str];

    /// What a run becomes in this format, for the help: a line without a period.
    fn about(&self) -> &'static str;

    /// What a file can hold. A run is exported as the first of these unless a sheet or a chart is
    /// asked for.
    fn takes(&self) -> &'static [ContentKind];

    /// The options that make a difference to its files.
    fn options(&self) -> &'static [ExportOption];

    /// Returns the bytes of a file.
    ///
    /// # Errors
    /// Returns an error if the format does not take this content or cannot hold so much.
    fn export(
        &self,
        content: Content<'_>,
        settings: &ExportSettings,
    ) -> Result<Vec<u8>, ExportError>;

    /// What writes the metrics of a run row by row, if the format can: they need not be in memory
    /// then. It returns how many rows it has written.
    fn metrics_writer(&self) -> Option<MetricsWriter> {
        None
    }

    /// Returns what of a run goes into a file.
    fn content_of_run(&self, layout: ExportLayout) -> ContentKind {
        match layout {
            ExportLayout::Plain => self.takes().first().copied().unwrap_or(ContentKind::Images),
            ExportLayout::Sheet => ContentKind::Sheet,
            ExportLayout::Chart => ContentKind::Chart,
        }
    }

    /// Returns the error of a format that was given what it does not take.
    fn does_not_take(&self, content: ContentKind) -> ExportError {
        ExportError::WrongContent { format: self.name(), content: content.noun() }
    }
}

impl fmt::Debug for dyn Exporter + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Writes the metrics of a run that are wanted.
pub type MetricsWriter = fn(&Run, &ExportSettings, &mut dyn Write) -> Result<usize, ExportError>;

/// What goes into a file.
pub enum Content<'a> {
    /// Images side by side.
    Images {
        images: &'a ImageBatch,
        columns: usize,
    },
    /// Frames of one size, one after another, and a title.
    Sequence {
        frames: &'a mut FrameIterator<'a>,
        title: &'a str,
    },
    Sheet(&'a Sheet<'a>),
    Chart(&'a MetricsChart),
    /// Rows whose iterations rise.
    Metrics(&'a [&'a Metrics]),
    /// A trained generator.
    Generator(&'a GeneratorData),
    /// `values.len() / dimension` latents.
    Latents {
        dimension: usize,
        values: &'a [f32],
    },
}

/// Frames that are read when they are asked for.
pub type FrameIterator<'a> = dyn Iterator<Item = Result<ImageBatch, ExportError>> + 'a;

/// The kinds of [`Content`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    Images,
    Sequence,
    Sheet,
    Chart,
    Metrics,
    Generator,
    Latents,
}

impl Content<'_> {
    pub fn kind(&self) -> ContentKind {
        match self {
            Self::Images { .. } => ContentKind::Images,
            Self::Sequence { .. } => ContentKind::Sequence,
            Self::Sheet(_) => ContentKind::Sheet,
            Self::Chart(_) => ContentKind::Chart,
            Self::Metrics(_) => ContentKind::Metrics,
            Self::Generator(_) => ContentKind::Generator,
            Self::Latents { .. } => ContentKind::Latents,
        }
    }
}

impl ContentKind {
    fn noun(self) -> &'static str {
        match self {
            Self::Images => "pictures",
            Self::Sequence => "animation",
            Self::Sheet => "contact sheet",
            Self::Chart => "chart",
            Self::Metrics => "metrics",
            Self::Generator => "generator",
            Self::Latents => "latents",
        }
    }

    /// Whether it is made of iterations' metrics rather than of their frames.
    pub fn is_of_metrics(self) -> bool {
        matches!(self, Self::Chart | Self::Metrics)
    }
}

/// An option that not every format understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportOption {
    /// Frames a second.
    Fps,
    /// Enlargement.
    Scale,
    /// One latent instead of all.
    Latent,
}

impl ExportOption {
    /// Whether it makes a difference to content of this kind, if the format understands it.
    pub(super) fn concerns(self, content: ContentKind) -> bool {
        match self {
            Self::Fps => content == ContentKind::Sequence,
            Self::Scale => true,
            Self::Latent => !content.is_of_metrics() && content != ContentKind::Generator,
        }
    }
}
