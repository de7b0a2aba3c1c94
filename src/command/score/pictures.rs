//! How good pictures are that are no digits: against real ones that were not learned from.

use std::{path::Path, sync::Arc};

use anyhow::{anyhow, ensure};

use super::{Report, Source, full, heading};
use crate::{
    cli::{
        ScoreOptions, bar,
        output::{Align, grouped, print, print_json, table},
        report::{self, Exit},
    },
    session::samples::draw,
};
use gan_tui_core::{
    event::{PictureScore, Score},
    image::ImageShape,
    preset::{Data, HeldBack, Reading},
    text::shown,
};
use gan_tui_data::{Dataset, DatasetRequest};
use gan_tui_engine::train;
use gan_tui_measures::pictures::{FEWEST, PictureReference, RandomFeatures};
use gan_tui_store::run::{Run, Target, resolve};

/// Real images compared with, at most, unless another number is asked for.
const COUNT: usize = 2_000;
/// The smallest side of pictures that patches can be compared of.
const FEWEST_PIXELS: usize = 14;

/// Scores pictures and prints the result.
///
/// # Errors
/// Returns an error if the pictures to compare with cannot be had or are too few.
pub fn run(options: &ScoreOptions, source: &Source) -> anyhow::Result<Exit> {
    let shape = source.shape();
    ensure!(
        shape.width == shape.height && shape.width >= FEWEST_PIXELS,
        "{}: expected square images of at least {FEWEST_PIXELS}x{FEWEST_PIXELS}, found {}x{}",
        shown(&options.from),
        shape.width,
        shape.height
    );
    let threads = options.threads.chosen().count;
    let pool = train::pool(threads)?;
    let (real, against) = pool.install(|| real(options, shape))?;
    let most = options.count.unwrap_or(COUNT);
    let available = match source {
        Source::File(images) => most.min(images.len()),
        Source::Samples(..) => most,
    };
    let reference = {
        let _bar = bar::waiting("measuring real pictures");
        pool.install(|| PictureReference::of(&*real, available))
    };
    let reference = reference.ok_or_else(|| {
        anyhow!(
            "{against}: expected at least {} pictures to compare with, and {FEWEST} to score; \
             found {} and {}",
            2 * FEWEST,
            grouped(real.len()),
            grouped(available)
        )
    })?;
    let (images, iteration) = match source {
        Source::File(images) => (images.clone(), None),
        Source::Samples(snapshot, generator) => {
            let (count, seed) = (reference.count(), options.seed.unwrap_or(1));
            let labels = generator.labels(count);
            let rows = generator.rows(&generator.latents(seed, count, None), &labels);
            (draw(generator, &rows)?, Some(snapshot.iteration))
        }
    };
    let pixels = &images.pixels[..reference.count() * shape.values()];
    let score = pool.install(|| reference.score(pixels));
    let full = match options.full {
        false => None,
        true => {
            let network = RandomFeatures::new(shape);
            let features = |pixels: &[u8]| Ok(network.of(pixels));
            let real = pool.install(|| full::real(options, shape))?;
            let own = pool.install(|| network.of(&images.pixels));
            Some(pool.install(|| full::measure(&real, &images, &own, &features))?)
        }
    };
    let report = Report {
        of: options.from.clone(),
        iteration,
        against: format!("as many of {against}"),
        score: Score::Pictures(score),
        full: full.as_ref().map(|(score, _)| score.clone()),
    };
    if options.json {
        print_json(&report)?;
    } else {
        let more = full.map(|(score, pairs)| full::text(&score, pairs.as_ref()));
        print(text(&report, &score) + &more.unwrap_or_default())?;
    }
    Ok(Exit::DONE)
}

/// Returns the pictures to compare with, and what they are called: those of `--data`, else those
/// that the run held back from training.
fn real(options: &ScoreOptions, shape: ImageShape) -> anyhow::Result<(Arc<dyn Dataset>, String)> {
    let _bar = bar::waiting("reading real pictures");
    if let Some(data) = &options.data {
        let text = data.to_str().ok_or_else(|| anyhow!("{}: is not UTF-8", shown(data)))?;
        let data: Data = text.parse().unwrap_or_else(|never| match never {});
        let reading = Reading { held_back: HeldBack::Images(0), ..Reading::default() };
        let request = DatasetRequest { data, shape, reading };
        let dataset = gan_tui_data::load(&request, &mut |_| {})?;
        let name = format!("the {} pictures in {}", grouped(dataset.len()), shown(Path::new(text)));
        return Ok((dataset, name));
    }
    let run = match resolve(&options.from) {
        Ok(Target::Run(dir)) => Some(Run::open(&dir)?),
        _ => None,
    };
    let preset = run.as_ref().and_then(Run::preset).ok_or_else(|| {
        anyhow!("{}: needs --data, the pictures to compare with", shown(&options.from))
    })?;
    let dataset = gan_tui_data::load(&DatasetRequest::of(preset), &mut |_| {})?;
    match dataset.held_back() {
        Some(held_back) => {
            let name = format!("the {} pictures held back", grouped(held_back.len()));
            Ok((held_back, name))
        }
        None => {
            report::note("no pictures were held back: compared with those it learned from");
            let name = format!("the {} pictures learned from", grouped(dataset.len()));
            Ok((dataset, name))
        }
    }
}

/// The report for a person.
fn text(report: &Report, score: &PictureScore) -> String {
    let (own, real) = (score.neighbours, score.real);
    let share = |share: f32| format!("{:.1}%", 100.0 * share);
    let rows = [
        [
            "sliced Wasserstein".to_owned(),
            format!("{:.2}", score.sliced_wasserstein),
            format!("as many real pictures: {:.2}", score.floor),
        ],
        [
            "precision".to_owned(),
            share(own.precision),
            format!("samples that lie among real pictures; these: {}", share(real.precision)),
        ],
        [
            "recall".to_owned(),
            share(own.recall),
            format!("real pictures that lie among samples; these: {}", share(real.recall)),
        ],
        [
            "density".to_owned(),
            format!("{:.2}", own.density),
            format!("real pictures around a sample; these: {:.2}", real.density),
        ],
        [
            "coverage".to_owned(),
            share(own.coverage),
            format!("real pictures with a sample near them; these: {}", share(real.coverage)),
        ],
    ];
    let mut text = heading(report);
    text.push_str(&table([Align::Left, Align::Right, Align::Left], &rows));
    text
}
