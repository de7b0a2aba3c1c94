//! `gan-tui sample`: images of a trained generator, to a file or as block characters.

use std::{path::Path, sync::PoisonError};

use anyhow::Context;

use super::{
    Status, bar,
    look::Look,
    output::{can_write, print},
    signals,
    snapshot::snapshot,
    walk,
};
use crate::{
    art::{self, Mosaic},
    cli::SampleOptions,
    export::{self, Format, npy, text},
    image::Stack,
    run::atomic,
    train::{self, sample::Sampler},
};

/// Images drawn between two moves of the progress bar.
const CHUNK: usize = 256;
/// Frames from one latent of a walk to the next.
const WALK_STEPS: usize = 12;
/// Frames of a walk in a second.
const WALK_FPS: u32 = 25;
/// Pixels of a walk that each image pixel becomes, across and down.
const WALK_SCALE: usize = 8;
/// Images in a row of text files and of the terminal, where they fit.
const COLUMNS: usize = 8;

/// Draws the images and writes them, or shows them.
///
/// # Errors
/// Where the checkpoint, the latents or the file asked for cannot be used.
pub fn run(options: &SampleOptions) -> anyhow::Result<Status> {
    let format = options.out.as_deref().map(checked).transpose()?;
    let writing = signals::end_between_writes()?;
    let snapshot = snapshot(&options.from)?;
    let sampler = Sampler::new(&snapshot, options.threads.unwrap_or_else(train::available_threads))?;
    let latents = match &options.latents {
        Some(file) => npy::read_latents(file, sampler.latent())?,
        None => sampler.latents(options.seed, options.count),
    };
    let (Some(out), Some(format)) = (&options.out, format) else {
        print(on_terminal(&draw(&sampler, &latents)?, options.look.resolve()))?;
        return Ok(Status::DONE);
    };
    let bytes = if Format::ANIMATED.contains(&format) {
        let stack = draw(&sampler, &walk::closed(&latents, sampler.latent(), WALK_STEPS))?;
        let pictures: Vec<_> = (0..stack.len()).map(|index| stack.get(index)).collect();
        let encode = if format == Format::Apng { export::apng::encode } else { export::gif::encode };
        encode(&pictures, WALK_FPS, WALK_SCALE)?
    } else {
        let stack = draw(&sampler, &latents)?;
        export::still(&stack, columns(stack.len(), format), 1, format)?
    };
    let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
    atomic::write(out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    let drawn = latents.len() / sampler.latent();
    if !options.quiet {
        print(format!("{}: {drawn} images of iteration {}\n", out.display(), snapshot.iteration))?;
    }
    Ok(Status::DONE)
}

/// The format of a file that can be written, looked at before anything is drawn.
fn checked(out: &Path) -> anyhow::Result<Format> {
    let format = Format::among(out, &Format::PICTURES)?;
    can_write(out)?;
    Ok(format)
}

/// Images in a row: as near to a square as may be, but text no wider than a terminal may be.
fn columns(count: usize, format: Format) -> usize {
    match format {
        Format::Text | Format::Ansi => COLUMNS,
        _ => count.isqrt() + usize::from(count.isqrt().pow(2) < count),
    }
}

fn draw(sampler: &Sampler, latents: &[f32]) -> anyhow::Result<Stack> {
    let count = latents.len() / sampler.latent();
    let bar = bar::counting(count, "drawing");
    let mut pixels = Vec::new();
    let (mut width, mut height) = (1, 1);
    for chunk in latents.chunks(CHUNK * sampler.latent()) {
        let stack = sampler.draw(chunk);
        (width, height) = (stack.width, stack.height);
        pixels.extend(stack.pixels);
        bar.0.inc((chunk.len() / sampler.latent()) as u64);
    }
    Ok(Stack::new(width, height, pixels))
}

/// As many images in a row as the terminal has room for.
fn on_terminal(stack: &Stack, look: Look) -> String {
    let side = look.readable(look.columns / COLUMNS);
    let columns = (look.columns / side).clamp(1, COLUMNS.min(stack.len().max(1)));
    let mosaic = Mosaic { columns, rows: stack.len().div_ceil(columns), width: side };
    text::canvas(&art::draw(stack, mosaic, look.glyphs, look.colors))
}
