//! What of a run is exported, and how.

use super::ExportError;
use crate::run::{Run, metrics};
use gan_tui_core::{event::Metrics, image::ImageBatch};

/// Frames of a contact sheet where nobody says which.
const SHEET: usize = 20;

/// Which frames or metrics of a run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportSettings {
    pub layout: ExportLayout,
    /// The first iteration.
    pub from: Option<u64>,
    /// The last iteration.
    pub to: Option<u64>,
    /// At least so many iterations between two frames or rows.
    pub every: Option<u64>,
    /// Frames a second of an animation.
    pub fps: u32,
    /// Every pixel becomes a square of so many.
    pub scale: usize,
    /// The pictures of one fixed latent, numbered from 0, instead of the grid of all.
    pub latent: Option<usize>,
}

/// What is made of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportLayout {
    /// What the format holds: an animation, the last frame, or the metrics.
    #[default]
    Plain,
    /// Frames side by side with their iterations.
    Sheet,
    /// The metrics as curves.
    Chart,
}

impl Default for ExportSettings {
    fn default() -> Self {
        Self {
            layout: ExportLayout::Plain,
            from: None,
            to: None,
            every: None,
            fps: 20,
            scale: 1,
            latent: None,
        }
    }
}

impl ExportSettings {
    fn holds(&self, iteration: u64) -> bool {
        self.from.is_none_or(|from| iteration >= from) && self.to.is_none_or(|to| iteration <= to)
    }

    /// The iterations that are wanted of those that there are, which rise.
    pub(super) fn select(&self, iterations: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut selected: Vec<u64> = Vec::new();
        for iteration in iterations.into_iter().filter(|&iteration| self.holds(iteration)) {
            if selected.last().is_none_or(|last| iteration - last >= self.every.unwrap_or(1)) {
                selected.push(iteration);
            }
        }
        if self.layout == ExportLayout::Sheet && self.every.is_none() {
            spread(&selected, SHEET)
        } else {
            selected
        }
    }

    /// The rows of metrics that are wanted.
    pub(super) fn rows<'a>(&self, run: &'a Run) -> Vec<&'a Metrics> {
        let mut wanted =
            self.select(run.metrics().iter().map(|row| row.iteration)).into_iter().peekable();
        run.metrics().iter().filter(|row| wanted.next_if_eq(&row.iteration).is_some()).collect()
    }

    /// Calls `each` with every row of a run's metrics that is wanted, as the file has it.
    pub(super) fn each_row(
        &self,
        run: &Run,
        each: &mut dyn FnMut(&Metrics) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let (every, mut last) = (self.every.unwrap_or(1), None);
        metrics::for_each_row(run.dir(), &mut |row: Metrics| {
            let is_due = last.is_none_or(|last| row.iteration - last >= every);
            if self.holds(row.iteration) && is_due {
                last = Some(row.iteration);
                each(&row)?;
            }
            Ok(())
        })
    }

    /// The pictures that are wanted of a frame.
    pub(super) fn pick(&self, images: ImageBatch) -> Result<ImageBatch, ExportError> {
        match self.latent {
            None => Ok(images),
            Some(index) if index < images.len() => {
                Ok(ImageBatch::new(images.shape(), images.picture(index).to_vec()))
            }
            Some(index) => {
                Err(ExportError::NoLatent { index, last: images.len().saturating_sub(1) })
            }
        }
    }

    pub(super) fn nothing(&self, run: &Run, what: &'static str) -> ExportError {
        ExportError::Nothing { run: run.dir().to_path_buf(), what, from: self.from, to: self.to }
    }
}

/// At most so many of some, evenly spaced, the first and the last among them.
fn spread(all: &[u64], most: usize) -> Vec<u64> {
    if all.len() <= most {
        return all.to_vec();
    }
    (0..most).map(|place| all[place * (all.len() - 1) / (most - 1)]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn frames_are_picked_by_iteration() {
        let frames = [0, 1, 20, 40, 60, 80, 100];
        let select = |from, to, every| {
            ExportSettings { from, to, every, ..ExportSettings::default() }.select(frames)
        };
        assert_eq!(select(None, None, None), frames);
        assert_eq!(select(Some(20), Some(60), None), [20, 40, 60]);
        assert_eq!(select(None, None, Some(30)), [0, 40, 80]);
        assert_eq!(select(None, None, Some(20)), [0, 20, 40, 60, 80, 100]);
        assert_eq!(select(Some(200), None, None), [0; 0]);
    }

    #[test]
    fn a_sheet_shows_some_of_many_frames_unless_told_which() {
        let sheet = |every| {
            ExportSettings { layout: ExportLayout::Sheet, every, ..ExportSettings::default() }
                .select((0..=2000).step_by(20))
        };
        let some = sheet(None);
        assert_eq!((some.len(), some[0], some[19]), (SHEET, 0, 2000));
        assert!(some.is_sorted_by(|a, b| a < b));
        assert_eq!(sheet(Some(1)).len(), 101);
        assert_eq!(spread(&[1, 2, 3], 5), [1, 2, 3]);
    }
}
