//! Images drawn with the networks of a run's checkpoints, by a replay and for a page.

use std::{collections::HashMap, sync::Arc};

use gan_tui_core::{
    event::{Drawing, Pictures},
    preset::Preset,
    text::escaped,
};
use gan_tui_data::{Dataset, DatasetRequest};
use gan_tui_engine::train::{self, sampling::CheckpointSampler};
use gan_tui_store::run::Run;

/// Drawings that are kept, of one checkpoint.
const MOST_KEPT: usize = 64;

/// What draws, and what was drawn last.
#[derive(Default)]
pub struct Drawings {
    /// The networks of a checkpoint, and its iteration.
    sampler: Option<(u64, CheckpointSampler)>,
    /// What they have drawn.
    drawn: HashMap<Drawing, Arc<Pictures>>,
    /// The real images, once they were asked for.
    data: Option<Result<Arc<dyn Dataset>, String>>,
}

impl Drawings {
    /// Draws images with the networks of the newest checkpoint up to an iteration.
    ///
    /// # Errors
    /// Returns the reason if there is no such checkpoint, or the images cannot be drawn.
    pub fn draw(
        &mut self,
        run: &Run,
        preset: &Preset,
        iteration: u64,
        drawing: Drawing,
    ) -> Result<Arc<Pictures>, String> {
        let iteration =
            run.checkpoint_until(iteration).ok_or("no checkpoint to draw from was kept")?;
        if self.sampler.as_ref().is_none_or(|(of, _)| *of != iteration) {
            let snapshot = run.checkpoint(iteration).map_err(|error| error.to_string())?;
            let sampler = CheckpointSampler::open(&snapshot, preset, train::available_threads())?;
            self.drawn.clear();
            self.sampler = Some((iteration, sampler));
        }
        if let Some(drawn) = self.drawn.get(&drawing) {
            return Ok(drawn.clone());
        }
        let data = match drawing {
            Drawing::RealVsFake { .. } | Drawing::Nearest { .. } => Some(self.data(run, preset)?),
            _ => None,
        };
        let (_, sampler) = self.sampler.as_ref().ok_or("no checkpoint to draw from")?;
        let pictures = Arc::new(sampler.draw(drawing, data.as_deref())?);
        if self.drawn.len() > MOST_KEPT {
            self.drawn.clear();
        }
        self.drawn.insert(drawing, pictures.clone());
        Ok(pictures)
    }

    /// Returns the real images that the run learned from; they are loaded once.
    fn data(&mut self, run: &Run, preset: &Preset) -> Result<Arc<dyn Dataset>, String> {
        let load = || {
            let found = gan_tui_data::load(&DatasetRequest::of(preset), &mut |_| {})
                .map_err(|error| format!("no real pictures: {error}"))?;
            let learned = run.manifest().and_then(|manifest| manifest.dataset.as_ref());
            // What is found under a name may have changed, or be another dataset on this machine.
            match learned.filter(|learned| !learned.sha256.is_empty()) {
                Some(learned) if learned.sha256 != found.info().sha256 => Err(format!(
                    "no real pictures: expected those of {} that were learned from, found others ({})",
                    escaped(&learned.name),
                    escaped(&found.info().name),
                )),
                _ => Ok(found),
            }
        };
        self.data.get_or_insert_with(load).clone()
    }
}
