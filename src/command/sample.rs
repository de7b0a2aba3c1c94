//! `gan-tui sample`: images of a trained generator, to a file or as block characters.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::{
    cli::{
        self, SampleOptions, bar,
        look::Look,
        output::{can_write, print, print_written},
        report::Exit,
    },
    formats::{formats, image_formats},
    session::{
        samples::{CHUNK, draw, not_drawn, snapshot, square_columns},
        signals::{self, write_uninterrupted},
    },
};
use gan_tui_core::{
    event::Digits,
    image::ImageBatch,
    preset::MNIST_SHAPE,
    text::{escaped, shown},
};
use gan_tui_engine::{
    score::DigitClassifier,
    train::sampling::{TrainedGenerator, interpolation},
};
use gan_tui_monitor::{PictureMode, inline};
use gan_tui_store::{
    art::{self, Mosaic},
    export::{Content, ContentKind, ExportOption, ExportSettings, Exporter, ansi, npy},
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
/// Pixels of the terminal that each pixel of an image becomes, across and down.
const ENLARGED: usize = 2;

/// Turns of a search, in each of which there is a candidate for every image that is still missing,
/// before it is given up.
const PATIENCE: u64 = 1_000;

/// What is drawn: latents (n, latent), and the label of each where the generator is conditional.
struct Wanted {
    latents: Vec<f32>,
    labels: Vec<u8>,
}

/// Draws the images and writes them, or shows them.
///
/// # Errors
/// Returns an error if the checkpoint, the latents or the output file cannot be used, or a search
/// finds too few images.
pub fn run(options: &SampleOptions) -> anyhow::Result<Exit> {
    let format = options.out.as_deref().map(checked).transpose()?;
    let latents_format = options.save_latents.as_deref().map(checked_latents).transpose()?;
    ensure!(
        options.save_latents.is_none() || options.save_latents != options.out,
        "--save-latents and --out are the same file"
    );
    let writing = signals::end_between_writes()?;
    let snapshot = snapshot(&options.from)?;
    let threads = options.threads.chosen().count;
    let sampler = TrainedGenerator::of_average(&snapshot, options.average.as_deref(), threads)?;
    let wanted = wanted(options, &sampler)?;
    if let (Some(file), Some(format)) = (&options.save_latents, latents_format) {
        let latents = Content::Latents { dimension: sampler.latent(), values: &wanted.latents };
        let bytes = format.export(latents, &ExportSettings::default())?;
        write_uninterrupted(&writing, &[(file, &bytes)])?;
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
        print(on_terminal(&draw(&sampler, &rows)?, columns, options.look.resolve())?)?;
        return Ok(Exit::DONE);
    };
    let drawn = rows.len() / width;
    let bytes = if is_animated(format) {
        if options.interpolate.is_none() {
            check_count(drawn.saturating_mul(WALK_STEPS))?;
            rows = interpolation::closed_path(&rows, width, latent, WALK_STEPS);
        }
        let stack = draw(&sampler, &rows)?;
        let walk = ExportSettings { fps: WALK_FPS, scale: WALK_SCALE, ..ExportSettings::default() };
        let mut frames = (0..stack.len())
            .map(|index| Ok(ImageBatch::new(stack.shape(), stack.picture(index).to_vec())));
        format.export(Content::Sequence { frames: &mut frames, title: "" }, &walk)?
    } else {
        let stack = draw(&sampler, &rows)?;
        let columns = columns.unwrap_or_else(|| self::columns(stack.len(), format));
        format.export(Content::Images { images: &stack, columns }, &ExportSettings::default())?
    };
    write_uninterrupted(&writing, &[(out, &bytes)])?;
    if !options.quiet {
        let (shown, iteration) = (shown(out), snapshot.iteration);
        print_written(out, format!("{shown}: {drawn} images of iteration {iteration}\n"))?;
    }
    Ok(Exit::DONE)
}

/// The latents and labels to draw.
fn wanted(options: &SampleOptions, sampler: &TrainedGenerator) -> anyhow::Result<Wanted> {
    let number = options.digits.map(|digits| labels_of(digits, sampler)).transpose()?;
    let class = options.class.as_deref().map(|class| label_of(class, sampler)).transpose()?;
    // The labels of `count` images; of a number, of so many numbers.
    let labels_for = |count: usize| match (&number, class) {
        (Some(number), _) => number.repeat(count),
        (_, Some(class)) => vec![class; count],
        _ => sampler.labels(count),
    };
    if let Some(file) = &options.latents {
        let latents = npy::read_latents(file, sampler.latent())?;
        let count = latents.len() / sampler.latent();
        let length = number.as_ref().map_or(1, Vec::len);
        ensure!(
            count.is_multiple_of(length),
            "{}: expected {length} latents for each number, found {count}",
            shown(file)
        );
        return Ok(Wanted { latents, labels: labels_for(count / length) });
    }
    let count = options.count.unwrap_or(if number.is_some() { 1 } else { COUNT });
    check_count(count.saturating_mul(number.as_ref().map_or(1, Vec::len)))?;
    let labels = labels_for(count);
    let count = if number.is_some() { labels.len() } else { count };
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
    ensure!(
        sampler.model().image() == MNIST_SHAPE,
        "--confident needs images of digits, 28x28 in grey, which {} does not draw",
        sampler.model().name()
    );
    let (judge, _) = DigitClassifier::embedded()?;
    let bar = bar::counting(count, "searching");
    let width = sampler.latent();
    let mut found: Vec<Option<Vec<f32>>> = vec![None; count];
    let (mut filled, mut looked_at, mut surest) = (0, 0, 0.0f32);
    for turn in 0..PATIENCE {
        let latents = candidates(turn);
        // With requested digits each candidate is for its own place; otherwise the places are
        // filled in turn.
        let places: Vec<usize> =
            (0..count).filter(|&place| labels.is_empty() || found[place].is_none()).collect();
        for part in places.chunks(CHUNK) {
            let latent = |place: usize| &latents[place * width..][..width];
            let own: Vec<f32> = part.iter().flat_map(|&place| latent(place)).copied().collect();
            let asked: Vec<u8> =
                part.iter().filter_map(|&place| labels.get(place)).copied().collect();
            let drawn = sampler.draw(&sampler.rows(&own, &asked)).map_err(not_drawn)?;
            let readings = sampler.install(|| judge.read(&drawn.pixels)).map_err(not_drawn)?;
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
        "{filled} of {count} images were found in {looked_at} that were looked at; the surest of \
        the others had a confidence of {surest:.3}, --confident asks for {share}"
    )
}

/// The labels of a number's digits.
fn labels_of(digits: Digits, sampler: &TrainedGenerator) -> anyhow::Result<Vec<u8>> {
    let classes = needed_classes("--digits", sampler)?;
    let label = |digit: u8| {
        let label = classes.iter().position(|class| *class == digit.to_string());
        label.map(|label| label as u8).with_context(|| {
            format!(
                "--digits: expected digits of the model's classes, {}, found {digit}{}",
                listed(classes),
                if classes.iter().any(|class| class.len() > 1) { "; use --class" } else { "" }
            )
        })
    };
    digits.iter().map(label).collect()
}

/// The label of a class, given by its name or by its number.
fn label_of(class: &str, sampler: &TrainedGenerator) -> anyhow::Result<u8> {
    let classes = needed_classes("--class", sampler)?;
    let by_number = || class.parse().ok().filter(|&number: &usize| number < classes.len());
    let label = classes.iter().position(|name| name == class).or_else(by_number);
    label.map(|label| label as u8).with_context(|| {
        let known = listed(classes);
        format!("--class: expected one of the classes {known}, found {}", escaped(class))
    })
}

/// The classes that an option asks for one of.
fn needed_classes<'a>(option: &str, sampler: &'a TrainedGenerator) -> anyhow::Result<&'a [String]> {
    ensure!(
        sampler.is_conditional(),
        "{option} needs a class-conditional model, found {}; train a preset such as \
         digits, or faces on a labelled dataset",
        sampler.model().name()
    );
    Ok(sampler.classes())
}

fn listed(classes: &[String]) -> String {
    escaped(&classes.join(", ")).into_owned()
}

/// What several options ask for together is bounded as --count alone is: all images are in memory.
fn check_count(images: usize) -> anyhow::Result<()> {
    let most = cli::COUNT.max;
    ensure!(images as u64 <= most, "{images} images are too many at once: up to {most} are drawn");
    Ok(())
}

/// The format of a file that can be written, looked at before anything is drawn.
fn checked(out: &Path) -> anyhow::Result<&'static dyn Exporter> {
    let format = image_formats().from_path(out)?;
    can_write(out)?;
    Ok(format)
}

/// Images in a row: as near to a square as may be, but text no wider than a terminal may be.
fn columns(count: usize, format: &dyn Exporter) -> usize {
    if format.options().contains(&ExportOption::Scale) { square_columns(count) } else { COLUMNS }
}

fn is_animated(format: &dyn Exporter) -> bool {
    format.takes().contains(&ContentKind::Sequence)
}

/// The format of the file for latents, checked before anything is drawn.
fn checked_latents(out: &Path) -> anyhow::Result<&'static dyn Exporter> {
    let formats = formats().taking(ContentKind::Latents);
    let format = formats
        .from_path(out)
        .map_err(|_| anyhow!("{}: latents are written as {}", shown(out), formats.extensions()))?;
    can_write(out)?;
    Ok(format)
}

/// As many images in a row as are wanted, or as the terminal has room for.
fn on_terminal(stack: &ImageBatch, wanted: Option<usize>, look: Look) -> anyhow::Result<Vec<u8>> {
    let most = wanted.unwrap_or(COLUMNS);
    let side = look.readable(look.columns / most.max(COLUMNS), stack.width);
    let columns = (look.columns / side).clamp(1, most.min(stack.len().max(1)));
    if look.pictures == PictureMode::Kitty && std::env::var_os("TMUX").is_some() {
        bail!("tmux passes none of kitty's images on that are printed: try --pictures sixel");
    }
    if let Some(bytes) = inline(&stack.grid(columns).enlarged(ENLARGED), look.pictures)? {
        return Ok(bytes);
    }
    let mosaic = Mosaic { columns, rows: stack.len().div_ceil(columns), width: side };
    Ok(ansi::canvas(&art::draw(stack, mosaic, look.glyphs, look.colors)).into_bytes())
}
