//! What `sample` and `score` share: reading the checkpoint that an argument names, and drawing
//! images from it.

use std::{fmt::Display, path::Path};

use anyhow::anyhow;

use crate::cli::{bar, report};
use gan_tui_core::{event::Snapshot, image::ImageBatch};
use gan_tui_engine::train::sampling::TrainedGenerator;
use gan_tui_store::run::{Target, checkpoint, resolve};

/// Images drawn between two moves of the progress bar.
pub const CHUNK: usize = 256;

/// Returns the checkpoint of that path, or the newest readable one of the run; warns of damaged
/// newer ones.
///
/// # Errors
/// Returns an error if there is neither, or no checkpoint that can be read.
pub fn snapshot(path: &Path) -> anyhow::Result<Snapshot> {
    match resolve(path)? {
        Target::Checkpoint(file) => Ok(checkpoint::load(&file)?),
        Target::Run(dir) => {
            let (snapshot, warnings) = checkpoint::latest(&dir)?;
            warnings.iter().for_each(|warning| report::warn(warning));
            Ok(snapshot)
        }
    }
}

/// Draws the images of generator inputs, with a progress bar.
///
/// # Errors
/// Returns an error if memory runs out.
pub fn draw(sampler: &TrainedGenerator, rows: &[f32]) -> anyhow::Result<ImageBatch> {
    let count = rows.len() / sampler.width();
    let bar = bar::counting(count, "drawing");
    let shape = sampler.model().image();
    let mut pixels = Vec::with_capacity(count * shape.values());
    for chunk in rows.chunks(CHUNK * sampler.width()) {
        let stack = sampler.draw(chunk).map_err(not_drawn)?;
        bar.0.inc(stack.len() as u64);
        pixels.extend(stack.pixels);
    }
    Ok(ImageBatch::new(shape, pixels))
}

/// Returns the error of images that were not drawn or not read.
pub fn not_drawn(error: impl Display) -> anyhow::Error {
    anyhow!("cannot compute the images: {error}")
}

/// Returns the columns of a grid of `count` images that is as near to a square as may be.
pub fn square_columns(count: usize) -> usize {
    count.isqrt() + usize::from(count.isqrt().pow(2) < count)
}
