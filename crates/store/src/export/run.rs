//! A run's frames or metrics, or a stack of pictures, as the bytes of a file.

use std::path::Path;

use super::{
    ExportError, Format, Kind, Options, apng,
    asciicast::Recording,
    chart::Chart,
    csv, gif, npy, pixels,
    sheet::{Sheet, Tile},
    text,
};
use crate::{art::Colors, run::Run};
use gan_tui_core::{
    files::atomic,
    image::{Image, ImageBatch, png},
};

/// Told how much is done: frames done, frames in all.
pub type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub format: Format,
    /// How many frames, or rows of metrics, went into the file.
    pub count: usize,
    /// Size of the file.
    pub bytes: usize,
    /// Frames that could not be read and were left out, a line each.
    pub warnings: Vec<String>,
}

/// Writes a run to a file, whole or not at all; the ending of its name says as what.
///
/// # Errors
/// Those of [`encode`], and where the file cannot be written.
pub fn export(
    run: &Run,
    options: &Options,
    out: &Path,
    progress: &mut Progress,
) -> Result<Summary, ExportError> {
    let (bytes, summary) = encode(run, options, options.format(out)?, progress)?;
    atomic::write(out, &bytes)
        .map_err(|source| ExportError::Write { path: out.to_path_buf(), source })?;
    Ok(summary)
}

/// A run as the bytes of a file: an animation of its frames, the last of them, its metrics, or what
/// [`Options::kind`] asks for.
///
/// # Errors
/// Where nothing is left to be written, or it would be too large for the format.
pub fn encode(
    run: &Run,
    options: &Options,
    format: Format,
    progress: &mut Progress,
) -> Result<(Vec<u8>, Summary), ExportError> {
    let mut frames = Frames { run, options, warnings: Vec::new(), progress };
    let (bytes, count) = match (options.kind, format) {
        (Kind::Chart, _) => chart(run, options, format)?,
        (Kind::Sheet, _) => frames.sheet(format)?,
        (Kind::Plain, Format::Csv) => {
            let rows = metrics(run, options)?;
            (csv::write(rows.iter().copied()).into_bytes(), rows.len())
        }
        (Kind::Plain, Format::Gif | Format::Apng | Format::Asciicast) => frames.animated(format)?,
        (Kind::Plain, Format::Png | Format::Svg | Format::Npy | Format::Text | Format::Ansi) => {
            frames.last(format)?
        }
    };
    let summary = Summary { format, count, bytes: bytes.len(), warnings: frames.warnings };
    Ok((bytes, summary))
}

/// A stack of pictures, `columns` in a row, as the bytes of a file; as an animation, one picture
/// after another.
///
/// # Errors
/// Where the result would be too large for the format, or it holds no pictures.
pub fn still(
    stack: &ImageBatch,
    columns: usize,
    scale: usize,
    format: Format,
) -> Result<Vec<u8>, ExportError> {
    let pictures = || (0..stack.len()).map(|index| stack.get(index)).collect::<Vec<Image>>();
    match format {
        Format::Gif => gif::encode(&pictures(), Options::default().fps, scale),
        Format::Apng => apng::encode(&pictures(), Options::default().fps, scale),
        Format::Png => Ok(png::encode(&enlarged(&stack.grid(columns), scale)?)?),
        Format::Svg => Ok(pixels::document(&stack.grid(columns), scale).into_bytes()),
        Format::Npy => Ok(npy::write_images(stack)),
        Format::Text => Ok(text::plain(stack, columns).into_bytes()),
        Format::Ansi => Ok(text::ansi(stack, columns, Colors::Truecolor).into_bytes()),
        Format::Asciicast => {
            let mut recording = Recording::new(1, 1, Options::default().fps, "");
            pictures().iter().for_each(|picture| {
                recording.push(&ImageBatch::grey(
                    picture.width,
                    picture.height,
                    picture.pixels.clone(),
                ))
            });
            Ok(recording.finish())
        }
        Format::Csv => Err(ExportError::NoPictures { format }),
    }
}

pub(super) fn enlarged(picture: &Image, scale: usize) -> Result<Image, ExportError> {
    let scale = scale.max(1);
    check_size(picture.width.saturating_mul(scale), picture.height.saturating_mul(scale))?;
    Ok(picture.enlarged(scale))
}

/// Whether a PNG may be so large.
fn check_size(width: usize, height: usize) -> Result<(), ExportError> {
    if width.saturating_mul(height) > png::MOST_PIXELS {
        return Err(ExportError::TooLarge {
            format: Format::Png,
            width,
            height,
            most: png::MOST_PIXELS.isqrt(),
        });
    }
    Ok(())
}

/// As near to a square as may be, but never wider than a frame's grid.
fn columns(stack: &ImageBatch) -> usize {
    stack.len().min(crate::run::frames::COLUMNS)
}

fn metrics<'a>(
    run: &'a Run,
    options: &Options,
) -> Result<Vec<&'a gan_tui_core::event::Metrics>, ExportError> {
    let rows = options.rows(run);
    if rows.is_empty() { Err(options.nothing(run, "metrics")) } else { Ok(rows) }
}

fn chart(run: &Run, options: &Options, format: Format) -> Result<(Vec<u8>, usize), ExportError> {
    let rows = metrics(run, options)?;
    let chart = Chart::new(&title(run), &rows);
    let bytes = match format {
        Format::Svg => chart.svg(options.scale).into_bytes(),
        _ => {
            let (width, height) = chart.size(options.scale);
            check_size(width, height)?;
            chart.png(options.scale)?
        }
    };
    Ok((bytes, rows.len()))
}

fn title(run: &Run) -> String {
    match run.preset() {
        Some(preset) => format!("{}, preset {}", run.name(), preset.name),
        None => run.name(),
    }
}

/// Frames of a run on their way into a file.
struct Frames<'a, 'p> {
    run: &'a Run,
    options: &'a Options,
    /// Damaged frames that were passed over.
    warnings: Vec<String>,
    progress: &'a mut Progress<'p>,
}

impl Frames<'_, '_> {
    /// The wanted pictures of a frame; `None` where it is damaged.
    fn read(&mut self, iteration: u64) -> Result<Option<ImageBatch>, ExportError> {
        match self.run.frame(iteration) {
            Ok(frame) => self.options.pick(frame.images).map(Some),
            Err(error) => {
                self.warnings.push(error.to_string());
                Ok(None)
            }
        }
    }

    /// Hands on every wanted frame that can be read, in order, and tells how many there were.
    fn each(
        &mut self,
        mut take: impl FnMut(u64, ImageBatch) -> Result<(), ExportError>,
    ) -> Result<usize, ExportError> {
        let iterations = self.options.select(self.run.frames().iter().copied());
        let mut taken = 0;
        for (done, &iteration) in iterations.iter().enumerate() {
            if let Some(stack) = self.read(iteration)? {
                take(iteration, stack)?;
                taken += 1;
            }
            (self.progress)(done + 1, iterations.len());
        }
        if taken == 0 { Err(self.options.nothing(self.run, "frames")) } else { Ok(taken) }
    }

    /// The newest frame that can be read.
    fn last(&mut self, format: Format) -> Result<(Vec<u8>, usize), ExportError> {
        for iteration in self.options.select(self.run.frames().iter().copied()).into_iter().rev() {
            if let Some(stack) = self.read(iteration)? {
                (self.progress)(1, 1);
                return Ok((still(&stack, columns(&stack), self.options.scale, format)?, 1));
            }
        }
        Err(self.options.nothing(self.run, "frames"))
    }

    fn animated(&mut self, format: Format) -> Result<(Vec<u8>, usize), ExportError> {
        let (options, title) = (self.options, title(self.run));
        let mut animation: Option<Animation> = None;
        let count = self.each(|_, stack| {
            let animation = match &mut animation {
                Some(animation) => animation,
                None => animation.insert(Animation::new(format, &stack, options, &title)?),
            };
            animation.push(&stack)
        })?;
        let animation = animation.ok_or_else(|| options.nothing(self.run, "frames"))?;
        Ok((animation.finish()?, count))
    }

    fn sheet(&mut self, format: Format) -> Result<(Vec<u8>, usize), ExportError> {
        let mut tiles = Vec::new();
        let count = self.each(|iteration, stack| {
            tiles.push(Tile { iteration, picture: stack.grid(columns(&stack)) });
            Ok(())
        })?;
        let sheet = Sheet::new(&tiles, self.options.scale)?;
        let bytes = match format {
            Format::Svg => sheet.svg().into_bytes(),
            _ => {
                let (width, height) = sheet.size();
                check_size(width, height)?;
                png::encode(&sheet.picture())?
            }
        };
        Ok((bytes, count))
    }
}

/// An animation in one of the formats that there are for it.
enum Animation {
    Gif(gif::Animation),
    Apng(apng::Animation),
    Asciicast(Recording),
}

impl Animation {
    /// Of frames like the first.
    fn new(
        format: Format,
        first: &ImageBatch,
        options: &Options,
        title: &str,
    ) -> Result<Self, ExportError> {
        let rows = first.len().div_ceil(columns(first).max(1));
        let (width, height) = (columns(first) * first.width, rows * first.height);
        Ok(match format {
            Format::Gif => {
                Self::Gif(gif::Animation::new(width, height, options.fps, options.scale)?)
            }
            Format::Apng => {
                Self::Apng(apng::Animation::new(width, height, options.fps, options.scale)?)
            }
            _ => Self::Asciicast(Recording::new(first.len(), columns(first), options.fps, title)),
        })
    }

    fn push(&mut self, stack: &ImageBatch) -> Result<(), ExportError> {
        match self {
            Self::Gif(gif) => gif.push(&stack.grid(columns(stack))),
            Self::Apng(apng) => apng.push(&stack.grid(columns(stack))),
            Self::Asciicast(recording) => {
                recording.push(stack);
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Vec<u8>, ExportError> {
        match self {
            Self::Gif(gif) => gif.finish(),
            Self::Apng(apng) => apng.finish(),
            Self::Asciicast(recording) => Ok(recording.finish()),
        }
    }
}
