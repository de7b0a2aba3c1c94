//! `gan-tui score`: how good digits are, and other pictures ([`pictures`]).

mod full;
mod pictures;

use std::{
    ffi::OsStr,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{anyhow, ensure};

use crate::{
    cli::{
        ScoreOptions, bar,
        output::{Align, grouped, print, print_json, table},
        report::{self, Exit},
    },
    session::samples::{draw, not_drawn, snapshot},
};
use gan_tui_core::{
    event::{DigitScore, Score, Snapshot},
    files,
    image::{ImageBatch, ImageShape},
    preset::{Data, HeldBack, Invert, MNIST_SHAPE, Reading},
    text::shown,
};
use gan_tui_data::{Dataset as _, DatasetRequest, PIXELS, idx, synthetic};
use gan_tui_engine::{
    score::{DigitClassifier, ReferenceStatistics, sample_indices},
    train::{self, sampling::TrainedGenerator},
};
use gan_tui_measures::full::FullScore;
use gan_tui_store::run::paths;

/// Samples, unless another number is asked for.
const COUNT: usize = 10_000;
/// Synthetic digits: half of them are compared with, and half are scored for the floor.
const EMBEDDED: usize = 2 * 10_000;
/// Images read between two moves of the progress bar.
const CHUNK: usize = 200;

/// What is scored, and against what, for a program to read.
#[derive(serde::Serialize)]
struct Report {
    of: PathBuf,
    /// The iteration of the checkpoint, where it is one.
    iteration: Option<u64>,
    against: String,
    #[serde(flatten)]
    score: Score,
    /// What `--full` adds.
    #[serde(flatten)]
    full: Option<FullScore>,
}

/// Scores images and prints the result.
///
/// # Errors
/// Returns an error if the checkpoint, the images or the folder to compare with cannot be used.
pub fn run(options: &ScoreOptions) -> anyhow::Result<Exit> {
    let threads = options.threads.chosen().count;
    let source = source(options, threads)?;
    if source.shape() != MNIST_SHAPE {
        return pictures::run(options, &source);
    }
    let (judge, embedded) = DigitClassifier::embedded()?;
    let pool = train::pool(threads)?;
    let (images, asked, iteration) = images(options, source)?;
    let (reference, against) = match &options.data {
        None => (embedded.clone(), "MNIST's test images".to_owned()),
        Some(folder) => pool.install(|| real(judge, folder))?,
    };
    let bar = bar::counting(images.len(), "reading");
    let mut readings =
        gan_tui_engine::score::Predictions { features: Vec::new(), probabilities: Vec::new() };
    for part in images.pixels.chunks(CHUNK * PIXELS) {
        let read = pool.install(|| judge.read(part)).map_err(not_drawn)?;
        readings.features.extend(read.features);
        readings.probabilities.extend(read.probabilities);
        bar.0.inc((part.len() / PIXELS) as u64);
    }
    drop(bar);
    let full = match options.full {
        false => None,
        true => {
            let read = |pixels: &[u8]| Ok(judge.read(pixels).map_err(not_drawn)?.features);
            let real = pool.install(|| full::real(options, MNIST_SHAPE))?;
            Some(pool.install(|| full::measure(&real, &images, &readings.features, &read))?)
        }
    };
    let report = Report {
        of: options.from.clone(),
        iteration,
        against,
        score: Score::Digits(reference.score(&readings, &asked)),
        full: full.as_ref().map(|(score, _)| score.clone()),
    };
    let Score::Digits(score) = &report.score else { return Ok(Exit::DONE) };
    if options.json {
        print_json(&report)?;
    } else {
        let more = full.map(|(score, pairs)| full::text(&score, pairs.as_ref()));
        print(text(&report, score) + &more.unwrap_or_default())?;
    }
    Ok(Exit::DONE)
}

/// What is scored.
enum Source {
    /// The images of a file.
    File(ImageBatch),
    /// Samples of a checkpoint.
    Samples(Box<Snapshot>, Box<TrainedGenerator>),
}

impl Source {
    fn shape(&self) -> ImageShape {
        match self {
            Self::File(images) => images.shape(),
            Self::Samples(_, generator) => generator.model().image(),
        }
    }
}

/// Reads what an argument names.
fn source(options: &ScoreOptions, threads: usize) -> anyhow::Result<Source> {
    if let Some(images) = images_in(&options.from)? {
        ensure!(
            options.seed.is_none(),
            "--seed is for a generator's samples; all images of a file are scored"
        );
        ensure!(
            options.average.is_none(),
            "--average is for a checkpoint; this is a file of images"
        );
        return Ok(Source::File(images));
    }
    // If that cannot be looked up, the error comes from what reads it.
    let is_other = files::is_file(&options.from).unwrap_or(false)
        && options.from.extension() != Some(OsStr::new("safetensors"));
    let snapshot = snapshot(&options.from).map_err(|error| {
        let shown = shown(&options.from);
        if is_other {
            anyhow!(
                "{shown}: expected a run, a checkpoint (.safetensors) or images \
                (.npy, .npz, .zip, .tar or a folder), found another file"
            )
        } else {
            error
        }
    })?;
    let generator = TrainedGenerator::of_average(&snapshot, options.average.as_deref(), threads)?;
    Ok(Source::Samples(Box::new(snapshot), Box::new(generator)))
}

/// Files of images, by their extensions.
const OF_IMAGES: [&str; 6] = ["npy", "npz", "zip", "tar", "tgz", "gz"];

/// Reads the images of a NumPy file, an archive, or a folder that is not a run, in the shape that
/// they have, grey or in colour.
fn images_in(from: &Path) -> anyhow::Result<Option<ImageBatch>> {
    let extension = from.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let told = |error| anyhow!("cannot read {}: {}", shown(from), files::reason(&error));
    let is_file = files::is_file(from).map_err(told)?;
    let is_folder = files::is_folder(from).map_err(told)? && !paths::is_run(from)?;
    let data = Data::Folder(from.into());
    let kind = match (is_file, is_folder) {
        (true, _) if OF_IMAGES.contains(&extension.as_str()) => gan_tui_data::kind(&data)?,
        // A folder without pictures is told to be none of what is expected.
        (_, true) => match gan_tui_data::kind(&data)? {
            kind if kind.looked_at == 0 => return Ok(None),
            kind => kind,
        },
        _ => return Ok(None),
    };
    let (held_back, invert) = (HeldBack::Images(0), Invert::Never);
    let reading = Reading { held_back, invert, ..Reading::default() };
    let shape = if kind.looked_at == 0 { MNIST_SHAPE } else { kind.shape() };
    let _bar = bar::waiting("reading images");
    let dataset = gan_tui_data::load(&DatasetRequest { data, shape, reading }, &mut |_| {})?;
    dataset.report().skipped_summary().iter().for_each(|line| report::note(line));
    Ok(Some(dataset.images(&mut (0..dataset.len()))))
}

/// The images to score, the digits that were asked for, and the iteration of the checkpoint that
/// they are of.
fn images(
    options: &ScoreOptions,
    source: Source,
) -> anyhow::Result<(ImageBatch, Vec<u8>, Option<u64>)> {
    match source {
        Source::File(images) => {
            ensure!(
                options.count.is_none(),
                "--count is for a generator's samples; all images of a file are scored"
            );
            Ok((images, Vec::new(), None))
        }
        Source::Samples(snapshot, generator) => {
            let count = options.count.unwrap_or(COUNT);
            let labels = generator.labels(count);
            let latents = generator.latents(options.seed.unwrap_or(1), count, None);
            let rows = generator.rows(&latents, &labels);
            Ok((draw(&generator, &rows)?, labels, Some(snapshot.iteration)))
        }
    }
}

/// The statistics of a folder's images (the test images of IDX files, else all there are) or of the
/// embedded digits, and what they are called. Where there are no others to learn the floor from,
/// one half is compared with and the other is what real images score.
fn real(judge: &DigitClassifier, of: &Path) -> anyhow::Result<(ReferenceStatistics, String)> {
    let _bar = bar::waiting("reading real images");
    let read = |pixels: &[u8]| judge.read(pixels).map_err(not_drawn);
    let is_embedded = of.as_os_str() == synthetic::NAME;
    let shown = shown(of);
    let pixels = if is_embedded {
        let dataset = synthetic::dataset(synthetic::HELD_OUT_SEED, EMBEDDED, &mut |_| {});
        dataset.images(&mut (0..EMBEDDED)).pixels
    } else if idx::find(of, idx::TEST_IMAGES)?.is_some() {
        let test = idx::read(of, idx::TEST_IMAGES, idx::TEST_LABELS)?;
        if idx::find(of, idx::TRAIN_IMAGES)?.is_some() {
            let training = idx::read(of, idx::TRAIN_IMAGES, idx::TRAIN_LABELS)?;
            let mut reference = ReferenceStatistics::of(&read(&test.pixels)?);
            reference.add_floors(&read(&training.pixels)?);
            return Ok((
                reference,
                format!("the {} test images in {shown}", grouped(test.pixels.len() / PIXELS)),
            ));
        }
        test.pixels
    } else {
        let dataset =
            gan_tui_data::load(&DatasetRequest::grey(Data::Folder(of.into())), &mut |_| {})?;
        dataset.images(&mut (0..dataset.len())).pixels
    };
    let count = pixels.len() / PIXELS;
    ensure!(count >= 100, "{shown}: expected at least 100 images to compare with, found {count}");
    let mixed: Vec<u8> = sample_indices(count, count, 0)
        .into_iter()
        .flat_map(|index| &pixels[index * PIXELS..][..PIXELS])
        .copied()
        .collect();
    let (compared, others) = mixed.split_at(count / 2 * PIXELS);
    let mut reference = ReferenceStatistics::of(&read(compared)?);
    reference.add_floors(&read(others)?);
    let compared = grouped(compared.len() / PIXELS);
    Ok((
        reference,
        if is_embedded {
            format!("{compared} embedded digits")
        } else {
            format!("{compared} images in {shown}")
        },
    ))
}

/// The first line of a report: what was scored, and against what.
fn heading(report: &Report) -> String {
    let Report { of, iteration, against, score, .. } = report;
    let what = iteration.map_or_else(
        || "images".to_owned(),
        |iteration| format!("samples of iteration {}", grouped(iteration)),
    );
    format!("{}: {} {what}, against {against}\n\n", shown(of), grouped(score.samples()))
}

/// The report for a person.
fn text(report: &Report, score: &DigitScore) -> String {
    let mut text = heading(report);
    let share = |share: f32| format!("{:.1}%", 100.0 * share);
    let divergence = if score.class_kl.is_finite() {
        format!("divergence of the shares {:.3} nats", score.class_kl)
    } else {
        "divergence of the shares infinite: digits that the real images have none of".to_owned()
    };
    let mut rows = vec![
        [
            "Fr\u{e9}chet distance".to_owned(),
            format!("{:.2}", score.frechet_distance),
            format!("as many real images: {:.2}", score.floor),
        ],
        [
            "confidence".to_owned(),
            share(score.confidence),
            "mean probability of what each is read as".to_owned(),
        ],
        [
            "diversity".to_owned(),
            format!("{:.2}", score.diversity),
            "variance within a digit; real images have 1".to_owned(),
        ],
        ["smallest class".to_owned(), share(score.smallest_class), divergence],
    ];
    if let Some(right) = score.as_asked {
        rows.push([
            "read as asked".to_owned(),
            share(right),
            "as the digit that was asked for".to_owned(),
        ]);
    }
    text.push_str(&table([Align::Left, Align::Right, Align::Left], &rows));
    text.push('\n');
    for (digit, &own) in score.classes.iter().enumerate() {
        // A whole line would be every image; real digits have a fifth of it.
        let length = (own * 200.0).round() as usize;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {digit} {:>6} {}", share(own), "#".repeat(length.min(60)));
    }
    text
}
