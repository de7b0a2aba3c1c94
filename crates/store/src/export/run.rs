//! A run's frames or metrics as the bytes of a file.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{
    Content, ContentKind, ExportError, ExportSettings, Exporter, Formats,
    chart::MetricsChart,
    sheet::{Sheet, Tile},
};
use crate::run::{Run, frames};
use gan_tui_core::{event::Metrics, files::atomic, image::ImageBatch};

/// Told how much is done: frames done, frames in all.
pub type ProgressFn<'a> = dyn FnMut(usize, usize) + 'a;

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSummary {
    /// The format's name.
    pub format: &'static str,
    pub content: ContentKind,
    /// How many frames, or rows of metrics, went into the file.
    pub count: usize,
    /// Size of the file.
    pub bytes: usize,
    /// Frames that could not be read and were left out, a line each.
    pub warnings: Vec<String>,
}

/// Writes a run to a file atomically, in the format of `formats` that its name asks for.
///
/// # Errors
/// As [`encode`], or if the file cannot be written.
pub fn export(
    run: &Run,
    settings: &ExportSettings,
    formats: &Formats,
    out: &Path,
    progress: &mut ProgressFn,
) -> Result<ExportSummary, ExportError> {
    let format = formats.for_run(settings, out)?;
    if let Some(streamed) = stream(run, settings, format, out) {
        return streamed;
    }
    let (bytes, summary) = encode(run, settings, format, progress)?;
    atomic::write(out, &bytes)
        .map_err(|source| ExportError::Write { path: out.to_path_buf(), source })?;
    Ok(summary)
}

/// Writes the metrics of a run to a file row by row; `None` if that is not what is asked for, or
/// the format cannot do it.
pub fn stream(
    run: &Run,
    settings: &ExportSettings,
    format: &dyn Exporter,
    out: &Path,
) -> Option<Result<ExportSummary, ExportError>> {
    let content = format.content_of_run(settings.layout);
    let write = format.metrics_writer().filter(|_| content == ContentKind::Metrics)?;
    let mut bytes = 0;
    let written = atomic::write_with(out, |out| {
        let mut counted = Counted { out, bytes: 0 };
        let written = write(run, settings, &mut counted);
        bytes = counted.bytes;
        written
    });
    let summary = |count| ExportSummary {
        format: format.name(),
        content,
        count,
        bytes,
        warnings: Vec::new(),
    };
    Some(written.map(summary).map_err(|error| match error {
        ExportError::Io(source) => ExportError::Write { path: out.to_path_buf(), source },
        other => other,
    }))
}

/// Counts what is written.
struct Counted<'a> {
    out: &'a mut dyn Write,
    bytes: usize,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns a run as the bytes of a file: what the format holds, or what
/// [`ExportSettings::layout`] asks for.
///
/// # Errors
/// Returns an error if nothing is left to be written, or if it is too large for the format.
pub fn encode(
    run: &Run,
    settings: &ExportSettings,
    format: &dyn Exporter,
    progress: &mut ProgressFn,
) -> Result<(Vec<u8>, ExportSummary), ExportError> {
    let content = format.content_of_run(settings.layout);
    let mut reader = FrameReader { run, settings, warnings: Vec::new(), progress };
    let (bytes, count) = match content {
        ContentKind::Images => reader.last(format)?,
        ContentKind::Sequence => reader.sequence(format)?,
        ContentKind::Sheet => reader.sheet(format)?,
        ContentKind::Metrics => {
            let rows = metrics(run, settings)?;
            (format.export(Content::Metrics(&rows), settings)?, rows.len())
        }
        ContentKind::Chart => {
            let rows = metrics(run, settings)?;
            let chart = MetricsChart::new(&title(run), &rows);
            (format.export(Content::Chart(&chart), settings)?, rows.len())
        }
        ContentKind::Latents | ContentKind::Generator => {
            return Err(format.does_not_take(ContentKind::Images));
        }
    };
    let (format, warnings) = (format.name(), reader.warnings);
    let summary = ExportSummary { format, content, count, bytes: bytes.len(), warnings };
    Ok((bytes, summary))
}

fn metrics<'a>(run: &'a Run, settings: &ExportSettings) -> Result<Vec<&'a Metrics>, ExportError> {
    let rows = settings.rows(run);
    if rows.is_empty() { Err(settings.nothing(run, "metrics")) } else { Ok(rows) }
}

fn title(run: &Run) -> String {
    match run.preset() {
        Some(preset) => format!("{}, preset {}", run.name(), preset.name),
        None => run.name(),
    }
}

/// Reads the frames of a run on their way into a file.
struct FrameReader<'a, 'p> {
    run: &'a Run,
    settings: &'a ExportSettings,
    /// Damaged frames that were left out.
    warnings: Vec<String>,
    progress: &'a mut ProgressFn<'p>,
}

impl FrameReader<'_, '_> {
    /// The iterations whose frames are wanted.
    fn iterations(&self) -> Vec<u64> {
        self.settings.select(self.run.frames().iter().copied())
    }

    /// The wanted images of a frame; `None` if it is damaged or gone.
    fn read(&mut self, iteration: u64) -> Result<Option<ImageBatch>, ExportError> {
        match self.run.frame(iteration) {
            Ok(frame) => self.settings.pick(frame.images).map(Some),
            // The next try may read it: a file without it must not pass for the whole.
            Err(error) if error.is_storage() && !error.is_missing() => Err(error.into()),
            Err(error) => {
                self.warnings.push(error.to_string());
                Ok(None)
            }
        }
    }

    /// Every wanted frame that can be read, with its iteration, in order; read when it is asked
    /// for.
    fn frames(&mut self) -> impl Iterator<Item = Result<(u64, ImageBatch), ExportError>> {
        let iterations = self.iterations();
        let count = iterations.len();
        iterations.into_iter().enumerate().filter_map(move |(index, iteration)| {
            let read = self.read(iteration).transpose();
            (self.progress)(index + 1, count);
            Some(read?.map(|images| (iteration, images)))
        })
    }

    /// The newest frame that can be read.
    fn last(&mut self, format: &dyn Exporter) -> Result<(Vec<u8>, usize), ExportError> {
        for iteration in self.iterations().into_iter().rev() {
            if let Some(images) = self.read(iteration)? {
                (self.progress)(1, 1);
                let columns = frames::columns(&images);
                let content = Content::Images { images: &images, columns };
                return Ok((format.export(content, self.settings)?, 1));
            }
        }
        Err(self.settings.nothing(self.run, "frames"))
    }

    fn sequence(&mut self, format: &dyn Exporter) -> Result<(Vec<u8>, usize), ExportError> {
        let (run, settings, title) = (self.run, self.settings, title(self.run));
        let mut count = 0;
        let mut frames = self.frames().map(|frame| {
            let (_, images) = frame?;
            count += 1;
            Ok(images)
        });
        match format.export(Content::Sequence { frames: &mut frames, title: &title }, settings) {
            Err(ExportError::NoFrames) => Err(settings.nothing(run, "frames")),
            exported => {
                drop(frames);
                Ok((exported?, count))
            }
        }
    }

    fn sheet(&mut self, format: &dyn Exporter) -> Result<(Vec<u8>, usize), ExportError> {
        let (run, settings) = (self.run, self.settings);
        let tile = |(iteration, images): (u64, ImageBatch)| Tile {
            iteration,
            picture: images.grid(frames::columns(&images)),
        };
        let tiles: Vec<Tile> =
            self.frames().map(|frame| frame.map(tile)).collect::<Result<_, _>>()?;
        if tiles.is_empty() {
            return Err(settings.nothing(run, "frames"));
        }
        let sheet = Sheet::new(&tiles, settings.scale)?;
        Ok((format.export(Content::Sheet(&sheet), settings)?, tiles.len()))
    }
}
