//! `gan-tui sample`: images of a trained generator, to a file or as block characters.

use std::{path::Path, sync::PoisonError};

use anyhow::{Context, bail, ensure};

use crate::{
    cli::{
        self, SampleOptions, bar,
        look::Look,
        output::{can_write, print},
        report::Exit,
    },
    session::{
        samples::{CHUNK, draw, snapshot},
        signals,
    },
};
use gan_tui_core::{event::Digits, files::atomic, image::ImageBatch};
use gan_tui_engine::{
    score::DigitClassifier,
    train::{
        self,
        sampling::{TrainedGenerator, interpolation},
    },
};
use gan_tui_store::{
    art::{self, Mosaic},
    export::{self, Format, npy, text},
};

/// Images, unless another number is asked for.
const COUNT: usize = 64;
/// Frames from one latent of a walk to the next.
const WALK_STEPS: usize = 12;
/// Frames of a walk in a second.
const WALK_FPS: u32 = 25;
/// Pixels of a walk that each image pixel becomes, across and down.
const WALK_SCALE: usize = 8;
/// Images in a row of text files and of the terminal, where they fit.
const COLUMNS: usize = 8;

/// Turns of a search, in each of which there is a candidate for every image that is still missing,
/// before it is given up.
const PATIENCE: u64 = 1_000;

/// What is drawn: latents (n, latent), and the digit of each where the generator is conditional.
struct Wanted {
    latents: Vec<f32>,
    labels: Vec<u8>,
}

/// Draws the images and writes them, or shows them.
///
/// # Errors
/// Where the checkpoint, the latents or the file asked for cannot be used, or a search finds too
/// little.
pub fn run(options: &SampleOptions) -> anyhow::Result<Exit> {
    let format = options.out.as_deref().map(checked).transpose()?;
    options.save_latents.as_deref().map(checked_latents).transpose()?;
    ensure!(
        options.save_latents.is_none() || options.save_latents != options.out,
        "--save-latents and --out are the same file"
    );
    let writing = signals::end_between_writes()?;
    let snapshot = snapshot(&options.from)?;
    let sampler =
        TrainedGenerator::new(&snapshot, options.threads.unwrap_or_else(train::available_threads))?;
    let wanted = wanted(options, &sampler)?;
    if let Some(file) = &options.save_latents {
        let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = npy::write_latents(sampler.latent(), &wanted.latents);
        atomic::write(file, &bytes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let (width, latent) = (sampler.width(), sampler.latent());
    let mut rows = sampler.rows(&wanted.latents, &wanted.labels);
    if let Some(steps) = options.interpolate {
        ensure!(
            rows.len() > width,
            "--interpolate needs two latents at least: give --count 2 or more"
        );
        check_count((rows.len() / width - 1).saturating_mul(steps))?;
        rows = interpolation::open_path(&rows, width, latent, steps);
    }
    // A number stands in one row, its digits beside each other; steps stand in a row for each way.
    let columns = options.interpolate.or(options.digits.map(|digits| digits.len()));
    let (Some(out), Some(format)) = (&options.out, format) else {
        print(on_terminal(&draw(&sampler, &rows), columns, options.look.resolve()))?;
        return Ok(Exit::DONE);
    };
    let drawn = rows.len() / width;
    let bytes = if Format::ANIMATED.contains(&format) {
        if options.interpolate.is_none() {
            check_count(drawn.saturating_mul(WALK_STEPS))?;
            rows = interpolation::closed_path(&rows, width, latent, WALK_STEPS);
        }
        let stack = draw(&sampler, &rows);
        let pictures: Vec<_> = (0..stack.len()).map(|index| stack.get(index)).collect();
        let encode =
            if format == Format::Apng { export::apng::encode } else { export::gif::encode };
        encode(&pictures, WALK_FPS, WALK_SCALE)?
    } else {
        let stack = draw(&sampler, &rows);
        export::still(
            &stack,
            columns.unwrap_or_else(|| self::columns(stack.len(), format)),
            1,
            format,
        )?
    };
    let _held = writing.lock().unwrap_or_else(PoisonError::into_inner);
    atomic::write(out, &bytes).with_context(|| format!("cannot write {}", out.display()))?;
    if !options.quiet {
        print(format!("{}: {drawn} images of iteration {}\n", out.display(), snapshot.iteration))?;
    }
    Ok(Exit::DONE)
}

/// The latents and digits to draw.
fn wanted(options: &SampleOptions, sampler: &TrainedGenerator) -> anyhow::Result<Wanted> {
    if options.digits.is_some() && !sampler.is_conditional() {
        bail!(
            "digits cannot be asked for: {} draws whatever its latents mean; train a preset whose model is told the digits, such as digits",
            sampler.model().name()
        );
    }
    if let Some(file) = &options.latents {
        let latents = npy::read_latents(file, sampler.latent())?;
        let count = latents.len() / sampler.latent();
        let labels = match options.digits {
            Some(digits) => {
                let length = digits.len();
                let times = count / length;
                ensure!(
                    times * length == count,
                    "{}: expected {length} latents for each number, found {count}",
                    file.display()
                );
                number(digits, times)
            }
            None => sampler.labels(count),
        };
        return Ok(Wanted { latents, labels });
    }
    let count = options.count.unwrap_or(if options.digits.is_some() { 1 } else { COUNT });
    check_count(count.saturating_mul(options.digits.map_or(1, |digits| digits.len())))?;
    let labels = match options.digits {
        Some(digits) => number(digits, count),
        None => sampler.labels(count),
    };
    let count = if options.digits.is_some() { labels.len() } else { count };
    let latents = |seed| sampler.latents(seed, count, options.truncation);
    match options.confident {
        None => Ok(Wanted { latents: latents(options.seed), labels }),
        Some(share) => search(sampler, share, labels, count, &mut |turn| {
            sampler.candidates(options.seed, turn, count, options.truncation)
        }),
    }
}

/// Latents whose images the classifier reads with a confidence of `share` or more, each as its
/// digit where there are such.
fn search(
    sampler: &TrainedGenerator,
    share: f32,
    labels: Vec<u8>,
    count: usize,
    candidates: &mut dyn FnMut(u64) -> Vec<f32>,
) -> anyhow::Result<Wanted> {
    let (judge, _) = DigitClassifier::embedded()?;
    let bar = bar::counting(count, "searching");
    let width = sampler.latent();
    let mut found: Vec<Option<Vec<f32>>> = vec![None; count];
    let (mut filled, mut looked_at, mut surest) = (0, 0, 0.0f32);
    for turn in 0..PATIENCE {
        let latents = candidates(turn);
        // Where digits are asked for, each candidate is for its own place; else any place will do,
        // and they are filled in turn.
        let places: Vec<usize> =
            (0..count).filter(|&place| labels.is_empty() || found[place].is_none()).collect();
        for part in places.chunks(CHUNK) {
            let latent = |place: usize| &latents[place * width..][..width];
            let own: Vec<f32> = part.iter().flat_map(|&place| latent(place)).copied().collect();
            let asked: Vec<u8> =
                part.iter().filter_map(|&place| labels.get(place)).copied().collect();
            let readings =
                sampler.install(|| judge.read(&sampler.draw(&sampler.rows(&own, &asked)).pixels));
            looked_at += part.len();
            for (&place, (digit, confidence)) in part.iter().zip(readings.digits()) {
                if labels.get(place).is_some_and(|&label| label != digit) {
                    continue;
                }
                if confidence < share {
                    surest = surest.max(confidence);
                } else {
                    found[if labels.is_empty() { filled } else { place }] =
                        Some(latent(place).to_vec());
                    filled += 1;
                    bar.0.inc(1);
                }
                if filled == count {
                    return Ok(Wanted {
                        latents: found.into_iter().flatten().flatten().collect(),
                        labels,
                    });
                }
            }
        }
    }
    bail!(
        "{filled} of {count} images were found in {looked_at} that were looked at; the surest of the others had a confidence of {surest:.3}, --confident asks for {share}"
    )
}

/// The digits of a number, so many times.
fn number(digits: Digits, times: usize) -> Vec<u8> {
    (0..times).flat_map(|_| digits.iter()).collect()
}

/// What several options ask for together is bounded as --count alone is: all images are in memory.
fn check_count(images: usize) -> anyhow::Result<()> {
    let most = cli::COUNT.max;
    ensure!(images as u64 <= most, "{images} images are too many at once: up to {most} are drawn");
    Ok(())
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

/// The file for latents, looked at before anything is drawn.
fn checked_latents(out: &Path) -> anyhow::Result<()> {
    ensure!(
        out.extension().is_some_and(|ending| ending == "npy"),
        "{}: latents are written as .npy",
        out.display()
    );
    can_write(out)
}

/// As many images in a row as are wanted, or as the terminal has room for.
fn on_terminal(stack: &ImageBatch, wanted: Option<usize>, look: Look) -> String {
    let most = wanted.unwrap_or(COLUMNS);
    let side = look.readable(look.columns / most.max(COLUMNS));
    let columns = (look.columns / side).clamp(1, most.min(stack.len().max(1)));
    let mosaic = Mosaic { columns, rows: stack.len().div_ceil(columns), width: side };
    text::canvas(&art::draw(stack, mosaic, look.glyphs, look.colors))
}
