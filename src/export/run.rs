//! A run's frames, or a stack of pictures, as a file.

use std::path::Path;

use super::{ExportError, Format, gif, npy, text};
use crate::{
    art::Colors,
    image::{Grey, Stack, png},
    run::{Run, atomic},
};

/// Told how much is done: frames done, frames in all.
pub type Progress<'a> = dyn FnMut(usize, usize) + 'a;

/// Which frames of a run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The first iteration.
    pub from: Option<u64>,
    /// The last iteration.
    pub to: Option<u64>,
    /// At least so many iterations between two frames.
    pub every: Option<u64>,
    /// Frames a second of an animation.
    pub fps: u32,
    /// Every pixel becomes a square of so many.
    pub scale: usize,
    /// The pictures of one fixed latent, numbered from 0, instead of the grid of all.
    pub latent: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self { from: None, to: None, every: None, fps: 20, scale: 1, latent: None }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub format: Format,
    /// How many frames are in the file.
    pub frames: usize,
    /// Size of the file.
    pub bytes: usize,
    /// Frames that could not be read and were left out, a line each.
    pub warnings: Vec<String>,
}

/// Writes frames of a run to a file, whole or not at all; the ending of its name says as what. A GIF holds all frames, the other formats the last one.
///
/// # Errors
/// Where the ending is unknown, no frame is left to be written, or the file cannot be.
pub fn export(run: &Run, options: &Options, out: &Path, progress: &mut Progress) -> Result<Summary, ExportError> {
    let format = Format::from_path(out)?;
    let frames = options.select(run.frames());
    let mut warnings = Vec::new();
    let (bytes, written) = match format {
        Format::Gif => animated(run, options, &frames, progress, &mut warnings)?,
        Format::Png | Format::Npy | Format::Text | Format::Ansi => {
            let newest_first = frames.iter().rev().copied();
            let frame = Reader { run, options, warnings: &mut warnings }.read(newest_first).next();
            let stack = frame.ok_or_else(|| options.no_frames(run))??;
            progress(1, 1);
            (still(&stack, columns(&stack), options.scale, format)?, 1)
        }
    };
    atomic::write(out, &bytes).map_err(|source| ExportError::Write { path: out.to_path_buf(), source })?;
    Ok(Summary { format, frames: written, bytes: bytes.len(), warnings })
}

/// A stack of pictures, `columns` in a row, as the bytes of a file; as a GIF, one picture after another.
///
/// # Errors
/// Where the result would be too large for the format.
pub fn still(stack: &Stack, columns: usize, scale: usize, format: Format) -> Result<Vec<u8>, ExportError> {
    match format {
        Format::Gif => {
            let pictures: Vec<Grey> = (0..stack.len()).map(|index| stack.get(index)).collect();
            gif::encode(&pictures, Options::default().fps, scale)
        }
        Format::Png => Ok(png::encode(&enlarged(&stack.grid(columns), scale)?)?),
        Format::Npy => Ok(npy::write_images(stack)),
        Format::Text => Ok(text::plain(stack, columns).into_bytes()),
        Format::Ansi => Ok(text::ansi(stack, columns, Colors::Truecolor).into_bytes()),
    }
}

fn enlarged(picture: &Grey, scale: usize) -> Result<Grey, ExportError> {
    let scale = scale.max(1);
    let (width, height) = (picture.width.saturating_mul(scale), picture.height.saturating_mul(scale));
    if width.saturating_mul(height) > png::MOST_PIXELS {
        let most = png::MOST_PIXELS.isqrt();
        return Err(ExportError::TooLarge { format: Format::Png, width, height, most });
    }
    Ok(picture.enlarged(scale))
}

/// As near to a square as may be, but never wider than a frame's grid.
fn columns(stack: &Stack) -> usize {
    stack.len().min(crate::run::frames::COLUMNS)
}

fn animated(
    run: &Run,
    options: &Options,
    frames: &[u64],
    progress: &mut Progress,
    warnings: &mut Vec<String>,
) -> Result<(Vec<u8>, usize), ExportError> {
    let mut animation: Option<gif::Animation> = None;
    let mut written = 0;
    let mut done = 0;
    for stack in (Reader { run, options, warnings }).read(frames.iter().copied()) {
        let stack = stack?;
        let picture = stack.grid(columns(&stack));
        let animation = match &mut animation {
            Some(animation) => animation,
            None => animation.insert(gif::Animation::new(picture.width, picture.height, options.fps, options.scale)?),
        };
        animation.push(&picture)?;
        written += 1;
        done += 1;
        progress(done, frames.len());
    }
    let animation = animation.ok_or_else(|| options.no_frames(run))?;
    Ok((animation.finish()?, written))
}

/// Reads frames of a run, passing over damaged ones.
struct Reader<'a> {
    run: &'a Run,
    options: &'a Options,
    warnings: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// The pictures of each readable frame, or the error of asking for a latent that is not there.
    fn read(&mut self, iterations: impl Iterator<Item = u64>) -> impl Iterator<Item = Result<Stack, ExportError>> {
        iterations.filter_map(|iteration| match self.run.frame(iteration) {
            Ok(frame) => Some(self.options.pick(frame.images)),
            Err(error) => {
                self.warnings.push(error.to_string());
                None
            }
        })
    }
}

impl Options {
    /// The frames that are wanted of those that there are, which rise.
    fn select(&self, frames: &[u64]) -> Vec<u64> {
        let within = |iteration: &u64| self.from.is_none_or(|from| *iteration >= from) && self.to.is_none_or(|to| *iteration <= to);
        let mut selected: Vec<u64> = Vec::new();
        for iteration in frames.iter().copied().filter(within) {
            if selected.last().is_none_or(|last| iteration - last >= self.every.unwrap_or(1)) {
                selected.push(iteration);
            }
        }
        selected
    }

    fn pick(&self, images: Stack) -> Result<Stack, ExportError> {
        match self.latent {
            None => Ok(images),
            Some(index) if index < images.len() => Ok(Stack::new(images.width, images.height, images.picture(index).to_vec())),
            Some(index) => Err(ExportError::NoLatent { index, last: images.len().saturating_sub(1) }),
        }
    }

    fn no_frames(&self, run: &Run) -> ExportError {
        ExportError::NoFrames { run: run.dir().to_path_buf(), from: self.from, to: self.to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_picked_by_iteration() {
        let frames = [0, 1, 20, 40, 60, 80, 100];
        let select = |from, to, every| Options { from, to, every, ..Options::default() }.select(&frames);
        assert_eq!(select(None, None, None), frames);
        assert_eq!(select(Some(20), Some(60), None), [20, 40, 60]);
        assert_eq!(select(None, None, Some(30)), [0, 40, 80]);
        assert_eq!(select(None, None, Some(20)), [0, 20, 40, 60, 80, 100]);
        assert_eq!(select(Some(200), None, None), [0; 0]);
    }
}
