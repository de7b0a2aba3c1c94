//! A benchmark of training: the step of a run, timed.

mod profile;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;

use self::profile::Measured;
use super::{
    Threads,
    profiler::{Phase, Profiler},
    trainer::{self, DISCRIMINATOR, GENERATOR},
};
use crate::model::Layer;
use gan_tui_core::preset::Preset;
use gan_tui_data::noise::noise;
use gan_tui_kernels::{
    self as kernels,
    product::{Grid, Panels, Product},
    profile::Recorder,
};
pub use profile::{Profile, ProfileRow};

/// Iterations before the measured ones.
pub const WARM_UP: u64 = 10;
/// Images of the dataset.
const IMAGES: usize = 10_000;

/// What to measure.
#[derive(Debug, Clone)]
pub struct BenchConfig {
    pub preset: Preset,
    pub iterations: u64,
    pub threads: Threads,
    /// Whether to measure layer by layer too.
    pub profile: bool,
}

/// The measurements. Times are of one iteration, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchReport {
    pub preset: String,
    pub batch: usize,
    pub threads: usize,
    /// What decided the number of threads.
    pub threads_from: &'static str,
    pub kernels: String,
    pub iterations: u64,
    /// The median.
    pub ms_per_iteration: f64,
    pub ms_min: f64,
    /// The 10th and 90th percentile.
    pub ms_p10: f64,
    pub ms_p90: f64,
    pub ms_max: f64,
    pub iterations_per_second: f64,
    pub images_per_second: f64,
    /// Medians of the phases, which need not add up to the median of the iteration.
    pub breakdown: Vec<PhaseTime>,
    /// Floating-point operations of an iteration, two for each multiply-add of a layer.
    pub gflop_per_iteration: f64,
    /// The rate of a matrix product on this machine, with the same kernels and threads.
    pub matrix_gflops: f64,
    /// The share of that rate that an iteration reaches.
    pub matrix_share: f64,
    /// Minor page faults an iteration, the mean of the measured ones.
    pub page_faults_per_iteration: Option<f64>,
    pub peak_resident_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// The time of one phase.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PhaseTime {
    pub part: &'static str,
    pub ms: f64,
}

/// Trains and measures. `progress` is called with (iterations done, iterations in all).
///
/// # Errors
/// Returns an error if the preset cannot be built or the system gives no memory or threads.
pub fn run(
    options: &BenchConfig,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BenchReport, String> {
    kernels::memory::keep_freed_memory();
    let mut model = trainer::build(&options.preset, &[])?;
    let pool = super::pool(options.threads.count)
        .map_err(|error| format!("cannot start {} threads: {error}", options.threads.count))?;
    let noise = noise(options.preset.model.image(), IMAGES);
    let matrix_gflops = pool.install(matrix_rate);
    let total = WARM_UP + options.iterations.max(1);
    let mut times = Vec::new();
    let mut parts = vec![Vec::new(); Phase::ALL.len()];
    let mut faults = None;
    let recorder = options.profile.then(|| Arc::new(Recorder::default()));
    for iteration in 1..=total {
        if iteration == WARM_UP + 1 {
            faults = kernels::memory::usage().map(|usage| usage.minor_faults);
        }
        let start = Instant::now();
        let mut profiler = Profiler::start();
        let mut step = || model.step(iteration, &noise, &mut profiler);
        let recorder = recorder.as_ref().filter(|_| iteration > WARM_UP);
        pool.install(|| match recorder {
            Some(recorder) => recorder.record(step),
            None => step(),
        })
        .map_err(|error| error.to_string())?;
        if iteration > WARM_UP {
            times.push(start.elapsed().as_secs_f64() * 1e3);
            for (times, part) in parts.iter_mut().zip(Phase::ALL) {
                times.push(profiler.spent(part).as_secs_f64() * 1e3);
            }
        }
        progress(iteration, total);
    }
    let usage = kernels::memory::usage();
    let counted = times.len() as f64;
    let layers = model.layers();
    let gflop = operations(&layers, &options.preset);
    let profile = recorder.map(|recorder| {
        let whole = Duration::from_secs_f64(times.iter().sum::<f64>() / 1e3);
        let (iterations, threads) = (times.len(), options.threads.count);
        let sums = &recorder.sums();
        Measured { sums, whole, iterations, threads, matrix_gflops }.profile(&layers)
    });
    times.sort_by(f64::total_cmp);
    let median = quantile(&times, 0.5);
    let breakdown = parts.iter_mut().zip(Phase::ALL).map(|(times, part)| {
        times.sort_by(f64::total_cmp);
        PhaseTime { part: part.name(), ms: quantile(times, 0.5) }
    });
    Ok(BenchReport {
        preset: options.preset.name.clone(),
        batch: options.preset.batch,
        threads: options.threads.count,
        threads_from: options.threads.source.name(),
        kernels: kernels::active().name().into(),
        iterations: times.len() as u64,
        ms_per_iteration: median,
        ms_min: quantile(&times, 0.0),
        ms_p10: quantile(&times, 0.1),
        ms_p90: quantile(&times, 0.9),
        ms_max: quantile(&times, 1.0),
        iterations_per_second: 1e3 / median,
        images_per_second: 1e3 / median * options.preset.batch as f64,
        breakdown: breakdown.collect(),
        gflop_per_iteration: gflop,
        matrix_gflops,
        matrix_share: gflop / (median / 1e3) / matrix_gflops,
        page_faults_per_iteration: usage
            .zip(faults)
            .map(|(usage, before)| (usage.minor_faults - before) as f64 / counted),
        peak_resident_mb: usage.map(|usage| usage.peak_resident as f64 / 1e6),
        profile,
    })
}

/// Returns the value below which a share of sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted
        .get(((sorted.len().saturating_sub(1)) as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

/// Returns the floating-point operations of an iteration of a preset, in billions, without training.
///
/// # Errors
/// Returns an error if its networks cannot be built.
pub fn gflop(preset: &Preset) -> Result<f64, String> {
    Ok(operations(&trainer::layers(preset)?, preset))
}

/// Returns the floating-point operations of an iteration, two for each multiply-add of a layer, in
/// billions.
fn operations(layers: &[Layer], preset: &Preset) -> f64 {
    2e-9 * multiply_adds(layers, preset) as f64 * preset.batch as f64
}

/// Returns the multiply-adds of an iteration for one image: the generator forward twice (once if
/// its fakes are reused) and backward once (weights, and inputs but the latents); the discriminator
/// forward
/// three times, back for its weights twice and for its inputs three times, twice without the
/// images. Each further discriminator update generates fakes and passes the discriminator forward
/// and backward twice; a paired objective passes the real images once more.
fn multiply_adds(layers: &[Layer], preset: &Preset) -> usize {
    let own = |network: &str| {
        layers
            .iter()
            .filter(|layer| layer.network == network)
            .map(|layer| layer.multiply_adds.of_batch(preset.batch))
            .collect::<Vec<_>>()
    };
    let (generator, discriminator) = (own(GENERATOR), own(DISCRIMINATOR));
    let first = |layers: &[usize]| layers.first().copied().unwrap_or(0);
    let (more, beside) =
        (preset.discriminator_steps - 1, usize::from(preset.objective.needs_pairs()));
    let generator_passes = 4 - usize::from(preset.reuse_fakes) + more;
    let whole = generator_passes * generator.iter().sum::<usize>()
        + (8 + 6 * more + beside) * discriminator.iter().sum::<usize>();
    whole - first(&generator) - 2 * (1 + more) * first(&discriminator)
}

/// Returns the GFLOP/s of products of 196 x 512 by 512 x 64, one after another on every thread,
/// each with its own output: the best of several rounds.
fn matrix_rate() -> f64 {
    use rayon::prelude::*;
    const SIZE: [usize; 3] = [196, 512, 64];
    const REPEATS: usize = 40;
    let [rows, depth, columns] = SIZE;
    let matrix: Vec<f32> = (0..depth * columns).map(|index| (index % 17) as f32).collect();
    let panels = Panels::pack(kernels::active(), &matrix, &[0], depth, columns, None);
    let input = vec![0.5; rows * depth];
    let threads = rayon::current_num_threads();
    let round = || {
        let start = Instant::now();
        (0..threads).into_par_iter().for_each(|_| {
            let mut output = vec![0.0; rows * columns];
            for _ in 0..REPEATS {
                let (from, to) = (Grid::rows(depth), Grid::rows(columns));
                Product {
                    rows: 1,
                    columns: rows,
                    input: from,
                    output: to,
                    taps: &[0],
                    panels: &panels,
                    bias: None,
                }
                .run(&input, &mut output);
                std::hint::black_box(&output);
            }
        });
        2e-9 * (threads * REPEATS * rows * depth * columns) as f64 / start.elapsed().as_secs_f64()
    };
    (0..8).map(|_| round()).fold(0.0, f64::max)
}
