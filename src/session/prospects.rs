//! What is known of the presets that the monitor offers: from their last runs in `runs/`, and from the
//! size of their networks.

use std::{fs, path::Path, time::SystemTime};

use crate::cli::Threads;
use gan_tui_core::{
    image::ImageBatch,
    preset::{Plan, Preset, library},
};
use gan_tui_engine::train::bench;
use gan_tui_monitor::{FindProspects, Prospect};
use gan_tui_store::run::{self, Manifest, Run};

/// Runs that are looked at, the newest.
const RUNS: usize = 100;
/// Iterations from which on a run tells how long one takes.
const ENOUGH: u64 = 100;
/// Images of a preset that are shown.
const SAMPLES: usize = 16;

/// Returns what finds out what is known of some presets.
pub fn finder(plans: &[Plan], threads: Threads) -> FindProspects {
    let presets: Vec<Preset> = plans.iter().map(|plan| plan.preset().clone()).collect();
    Box::new(move || {
        let (threads, _) = threads.choose();
        let runs = newest(Path::new(run::paths::RUNS));
        presets.iter().map(|preset| of(preset, threads.count, &runs)).collect()
    })
}

fn of(preset: &Preset, threads: usize, runs: &[Run]) -> Prospect {
    let mut own = runs.iter().filter(|run| run.preset().is_some_and(|of| is_same(of, preset)));
    let built_in = library::BUILT_IN.iter().find(|built_in| {
        built_in.name == preset.name && built_in.read().is_ok_and(|known| is_same(&known, preset))
    });
    Prospect {
        measured_ms: own.clone().find_map(|run| measured_ms(run, threads)),
        gflop: bench::gflop(preset).ok(),
        expect: built_in.map(|built_in| built_in.expect),
        sample: own.find_map(sample),
    }
}

/// Whether two presets train the same networks in the same way, for longer or shorter.
fn is_same(one: &Preset, other: &Preset) -> bool {
    one.name == other.name
        && one.changes_since(other).iter().all(|change| {
            change.recording_only
                || matches!(change.field.as_str(), "seed" | "description" | "data")
        })
}

/// Returns the runs of a folder, the newest first. What cannot be read tells nothing.
fn newest(folder: &Path) -> Vec<Run> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let changed = |path: &Path| {
        let metrics = fs::metadata(path.join(run::paths::METRICS)).ok()?;
        metrics.modified().ok()
    };
    let mut found: Vec<(SystemTime, _)> =
        entries.filter_map(|entry| Some((changed(&entry.path())?, entry.path()))).collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().take(RUNS).filter_map(|(_, path)| Run::at(&path).ok()).collect()
}

/// Returns how long an iteration took in a run of this version with as many threads.
fn measured_ms(run: &Run, threads: usize) -> Option<f64> {
    let is_comparable = |manifest: &Manifest| {
        manifest.threads == Some(threads)
            && manifest.program_version == env!("CARGO_PKG_VERSION")
            && manifest.branched_from.is_none()
    };
    run.manifest().filter(|manifest| is_comparable(manifest))?;
    let last = run::last_metrics(run.dir()).ok()??;
    (last.iteration >= ENOUGH).then(|| last.elapsed_s * 1e3 / last.iteration as f64)
}

/// Returns images of a run's newest frame.
fn sample(run: &Run) -> Option<(ImageBatch, String)> {
    let &iteration = run.frames().last().filter(|iteration| **iteration > 0)?;
    let frame = run.frame(iteration).ok()?;
    let count = frame.images.len().min(SAMPLES);
    let pixels = frame.images.pixels[..count * frame.images.shape().values()].to_vec();
    let images = ImageBatch::new(frame.images.shape(), pixels);
    Some((images, format!("its last run here, {iteration}")))
}
