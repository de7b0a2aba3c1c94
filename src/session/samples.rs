//! What `sample` and `score` have in common: from what a person typed to the content of a
//! checkpoint, and images drawn from it.

use std::path::Path;

use crate::cli::{bar, report};
use gan_tui_core::{event::Snapshot, image::ImageBatch};
use gan_tui_engine::{
    dataset::{PIXELS, SIDE},
    train::sampling::TrainedGenerator,
};
use gan_tui_store::run::{Target, checkpoint, resolve};

/// Images drawn between two moves of the progress bar.
pub const CHUNK: usize = 256;

/// The checkpoint of that path, or the newest readable one of the run. Damaged newer ones are told
/// on stderr.
///
/// # Errors
/// Where there is neither, or no checkpoint that can be read.
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

/// The images of rows, with a progress bar.
pub fn draw(sampler: &TrainedGenerator, rows: &[f32]) -> ImageBatch {
    let count = rows.len() / sampler.width();
    let bar = bar::counting(count, "drawing");
    let mut pixels = Vec::with_capacity(count * PIXELS);
    for chunk in rows.chunks(CHUNK * sampler.width()) {
        let stack = sampler.draw(chunk);
        bar.0.inc(stack.len() as u64);
        pixels.extend(stack.pixels);
    }
    ImageBatch::grey(SIDE, SIDE, pixels)
}

/// Returns the columns of a grid of `count` images that is as near to a square as may be.
pub fn square_columns(count: usize) -> usize {
    count.isqrt() + usize::from(count.isqrt().pow(2) < count)
}
