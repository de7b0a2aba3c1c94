//! `gan-tui score --full`: what is measured beside the real images themselves.

use std::{path::Path, sync::Arc};

use anyhow::{anyhow, bail, ensure};

use crate::{
    cli::{
        ScoreOptions, bar,
        output::{Align, grouped, table},
        plan,
    },
    command::page,
};
use gan_tui_core::{
    files,
    image::{ImageBatch, ImageShape},
    preset::{Data, MNIST_SHAPE, Reading},
    text::shown,
};
use gan_tui_data::{Dataset, DatasetRequest, idx, places, synthetic};
use gan_tui_engine::score::sample_indices;
use gan_tui_measures::{
    full::{self, FeaturesOf, FullScore},
    pictures::FEWEST,
};
use gan_tui_store::run::{Run, Target, resolve};

/// Real images that are compared with, at most, and as many others for the floors.
const MOST: usize = 10_000;
/// Images whose features are computed between two moves of the progress bar.
const CHUNK: usize = 500;

/// Real images.
pub(super) struct Real {
    /// To compare with, and as many others, which give the floors: (n, height, width, channels).
    compared: Vec<u8>,
    others: Vec<u8>,
    /// What was learned from, if that is not among these.
    training: Option<Arc<dyn Dataset>>,
}

/// Reads real images: those of `--data`, else those of the run.
///
/// # Errors
/// Returns an error if they cannot be read or are too few.
pub(super) fn real(options: &ScoreOptions, shape: ImageShape) -> anyhow::Result<Real> {
    let request = match &options.data {
        Some(data) => {
            let word = data.to_str().ok_or_else(|| anyhow!("{}: is not UTF-8", shown(data)))?;
            let data = plan::dataset(word)?;
            DatasetRequest { data, shape, reading: Reading::default() }
        }
        None => of_the_run(&options.from)?,
    };
    let _bar = bar::waiting("reading real images");
    let dataset = gan_tui_data::load(&request, &mut |_| {})?;
    if let Some(test) = test_images(&request.data, &*dataset)? {
        return halves(&options.from, test, shape, Some(dataset));
    }
    let of = dataset.held_back().unwrap_or_else(|| dataset.clone());
    let chosen = sample_indices(of.len(), of.len().min(2 * MOST), 0);
    let pixels = of.images(&mut chosen.into_iter()).pixels;
    halves(&options.from, pixels, shape, dataset.held_back().map(|_| dataset))
}

/// The data that a run learned from.
fn of_the_run(from: &Path) -> anyhow::Result<DatasetRequest> {
    let run = match resolve(from) {
        Ok(Target::Run(dir)) => Run::open(&dir)?,
        _ => {
            bail!("--full: {} is not a run: needs --data, the images to compare with", shown(from))
        }
    };
    let preset = run
        .preset()
        .ok_or_else(|| anyhow!("--full: {} has no readable preset: needs --data", shown(from)))?;
    Ok(DatasetRequest::of(preset))
}

/// The published test images of some data, or drawn digits that are not among those to learn from.
fn test_images(data: &Data, dataset: &dyn Dataset) -> anyhow::Result<Option<Vec<u8>>> {
    if dataset.shape() != MNIST_SHAPE {
        return Ok(None);
    }
    let folder = match data {
        Data::Folder(folder) => Some(folder.clone()),
        Data::Auto => places::find_auto()?,
        data => data.known().map(|known| places::find(known.name)).transpose()?.flatten(),
    };
    let Some(folder) = folder else {
        let drawn = synthetic::dataset(synthetic::HELD_OUT_SEED, 2 * MOST, &mut |_| {});
        return Ok(Some(drawn.images(&mut (0..2 * MOST)).pixels));
    };
    let is_folder = files::is_folder(&folder)
        .map_err(|error| anyhow!("cannot read {}: {}", shown(&folder), files::reason(&error)))?;
    if !is_folder || idx::find(&folder, idx::TEST_IMAGES)?.is_none() {
        return Ok(None);
    }
    Ok(Some(idx::read(&folder, idx::TEST_IMAGES, idx::TEST_LABELS)?.pixels))
}

/// One half of some images to compare with, the other for the floors.
fn halves(
    from: &Path,
    pixels: Vec<u8>,
    shape: ImageShape,
    training: Option<Arc<dyn Dataset>>,
) -> anyhow::Result<Real> {
    let (size, count) = (shape.values(), pixels.len() / shape.values());
    ensure!(
        count >= 2 * FEWEST,
        "--full: {}: expected at least {} real images that were not learned from, found {}",
        shown(from),
        2 * FEWEST,
        grouped(count)
    );
    let half = (count / 2).min(MOST);
    let chosen = sample_indices(count, 2 * half, 0);
    let of = |indices: &[usize]| -> Vec<u8> {
        indices.iter().flat_map(|&index| &pixels[index * size..][..size]).copied().collect()
    };
    Ok(Real { compared: of(&chosen[..half]), others: of(&chosen[half..]), training })
}

/// Computes every measure of images with these features. Returns it with the nearest samples to a
/// training image, and below each that image.
///
/// # Errors
/// Returns an error if the features of real images cannot be computed.
pub(super) fn measure(
    real: &Real,
    images: &ImageBatch,
    samples: &[f32],
    features: &dyn Fn(&[u8]) -> anyhow::Result<Vec<f32>>,
) -> anyhow::Result<(FullScore, Option<ImageBatch>)> {
    ensure!(
        images.len() >= FEWEST,
        "--full: expected at least {FEWEST} images, found {}",
        images.len()
    );
    let size = images.shape().values();
    let count = real.training.as_ref().map_or(0, |training| training.len());
    let of_training = match &real.training {
        None => None,
        Some(training) => {
            let bar = bar::counting(count, "reading training images");
            let mut all = Vec::with_capacity(count * full::WIDTH);
            for first in (0..count).step_by(CHUNK) {
                let last = (first + CHUNK).min(count);
                all.extend(features(&training.images(&mut (first..last)).pixels)?);
                bar.0.inc((last - first) as u64);
            }
            Some(all)
        }
    };
    let _bar = bar::waiting("comparing");
    let score = full::measure(&FeaturesOf {
        samples,
        real: &features(&real.compared)?,
        others: &features(&real.others)?,
        training: of_training.as_deref(),
    });
    let pairs = score.memorisation.as_ref().zip(real.training.as_ref()).map(|(found, training)| {
        let own = found.pairs.iter().flat_map(|pair| &images.pixels[pair.sample * size..][..size]);
        let mut pixels: Vec<u8> = own.copied().collect();
        let learned = &mut found.pairs.iter().map(|pair| pair.training);
        pixels.extend(training.images(learned).pixels);
        ImageBatch::new(images.shape(), pixels)
    });
    Ok((score, pairs))
}

/// The measures for a person.
pub(super) fn text(score: &FullScore, pairs: Option<&ImageBatch>) -> String {
    let (own, real) = (score.neighbours, score.real_neighbours);
    let share = |share: f32| format!("{:.1}%", 100.0 * share);
    let row = |name: &str, own: String, of: &str, real: String| {
        [name.to_owned(), own, format!("{of}; real images: {real}")]
    };
    let (distance, floor) = (score.kernel_distance, score.real_kernel_distance);
    let mut rows = vec![
        row(
            "kernel distance",
            format!("{:.2}", distance.mean),
            &format!("error {:.2}, subsets of {}", distance.error, grouped(distance.subset)),
            format!("{:.2}", floor.mean),
        ),
        row(
            "precision",
            share(own.precision),
            "samples that lie among real images",
            share(real.precision),
        ),
        row("recall", share(own.recall), "real images that lie among samples", share(real.recall)),
        row(
            "density",
            format!("{:.2}", own.density),
            "real images around a sample",
            format!("{:.2}", real.density),
        ),
        row(
            "coverage",
            share(own.coverage),
            "real images with a sample near them",
            share(real.coverage),
        ),
    ];
    if let Some(found) = &score.memorisation {
        rows.push(row(
            "nearest",
            format!("{:.2}", found.median),
            "median distance to the nearest training image",
            format!("{:.2}", found.real_median),
        ));
        rows.push(row(
            "copies",
            share(found.copies),
            "samples nearer to a training image than 99 of 100 real images",
            share(0.01),
        ));
    }
    let mut text = format!(
        "\nBeside the real images themselves, {} of each kind:\n\n",
        grouped(score.compared)
    );
    text.push_str(&table([Align::Left, Align::Right, Align::Left], &rows));
    if let Some(pairs) = pairs {
        text.push_str("\nThe samples nearest to a training image, and below each that image:\n\n");
        text.push_str(&page::images(pairs, page::wanted_colors()));
    }
    text
}
