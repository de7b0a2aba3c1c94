//! The run directory, as the rest of the program uses it: events in, files out, and back.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod damage;
mod exports;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use gan_tui_core::{
    event::{
        DatasetInfo, Event, Frame, Metrics, NamedTensor, Outcome, RunState, Series, Snapshot,
        Started, Weights,
    },
    image::{ImageBatch, png},
    preset::{Plan, Preset},
};
use gan_tui_store::run::{self, Recorder, Run, paths};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

/// A run as small as one can be, with every kind of event in its files.
fn plan() -> Plan {
    plan_of(40)
}

fn plan_of(iterations: u64) -> Plan {
    let preset = Preset {
        name: "tiny".into(),
        iterations,
        frame_every: 5,
        checkpoint_every: 10,
        keep_checkpoints: 2,
        ..Preset::default()
    };
    Plan::try_from(preset).unwrap()
}

fn started(iteration: u64) -> Event {
    Event::Started(Box::new(Started {
        dataset: DatasetInfo {
            name: "synthetic".into(),
            count: 60_000,
            sha256: "ab".repeat(32),
            ..DatasetInfo::default()
        },
        kernels: "portable".into(),
        kernel_revision: 1,
        threads: 2,
        threads_from: None,
        iteration,
        generator_parameters: 726_401,
        discriminator_parameters: 393_729,
        classes: Vec::new(),
        notes: Vec::new(),
    }))
}

fn metrics(iteration: u64) -> Event {
    let loss = 1.0 / iteration as f32;
    Event::Metrics(Metrics::new(iteration, 2.0, iteration as f64 * 0.002).with([
        (Series::D_LOSS, loss),
        (Series::D_LOSS_REAL, loss / 2.0),
        (Series::D_LOSS_FAKE, loss * 1.5),
        (Series::G_LOSS, 1.0 + loss),
        (Series::D_ACCURACY, 0.5),
        (Series::D_REAL, 0.6),
        (Series::D_FAKE, 0.4),
    ]))
}

/// Blobs that move a little from frame to frame, as digits that are being learnt do.
fn images(iteration: u64) -> ImageBatch {
    let mut pixels = Vec::with_capacity(64 * 784);
    for index in 0..64u64 {
        let mut random = ChaCha8Rng::seed_from_u64(index);
        let (x, y) = (random.gen_range(8.0..20.0f32), random.gen_range(8.0..20.0f32));
        let shift = (iteration as f32 / 10.0 + index as f32).sin() * 3.0;
        let shade = |row: u64, column: u64| {
            let distance = ((column as f32 - x - shift).powi(2) + (row as f32 - y).powi(2)).sqrt();
            (255.0 - 40.0 * distance).clamp(0.0, 255.0) as u8
        };
        pixels.extend((0..784).map(|at| shade(at / 28, at % 28)));
    }
    ImageBatch::grey(28, 28, pixels)
}

fn snapshot(iteration: u64) -> Snapshot {
    let tensor = |name: &str, shape: &[usize]| NamedTensor {
        name: name.into(),
        shape: shape.into(),
        data: vec![iteration as f32; shape.iter().product()],
    };
    Snapshot {
        iteration,
        seed: 1,
        model: "dcgan".into(),
        latent: 100,
        classes: Vec::new(),
        preset: String::new(),
        generator_steps: iteration,
        discriminator_steps: 2 * iteration,
        tensors: vec![
            tensor("discriminator.conv1.bias", &[32]),
            tensor("generator.conv1.kernel", &[3, 3, 4, 2]),
        ],
    }
}

/// What the worker tells from one iteration to another.
fn train(recorder: &mut Recorder, from: u64, to: u64) {
    recorder.record(&started(from)).unwrap();
    let frame = |iteration| Event::Frame(Arc::new(Frame { iteration, images: images(iteration) }));
    if from == 0 {
        recorder.record(&frame(0)).unwrap();
    }
    for iteration in from + 1..=to {
        recorder.record(&metrics(iteration)).unwrap();
        if iteration == 1 || iteration % 5 == 0 {
            recorder.record(&frame(iteration)).unwrap();
        }
        if iteration % 10 == 0 {
            recorder.save(&Weights::Checkpoint(Arc::new(snapshot(iteration)))).unwrap();
        }
    }
}

fn finished(folder: &Path) -> PathBuf {
    let dir = folder.join("run");
    let mut recorder = Recorder::create(&dir, &plan()).unwrap();
    train(&mut recorder, 0, 40);
    recorder.record(&Event::Ended(Outcome::Finished)).unwrap();
    dir
}

/// Every file below a folder by its relative path, but for what tells of times.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in ["", "frames", "checkpoints"] {
        for entry in fs::read_dir(dir.join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.metadata().unwrap().is_file()
                && entry.file_name() != paths::LOCK
                && entry.file_name() != paths::MANIFEST
            {
                found.insert(
                    Path::new(folder).join(entry.file_name()),
                    fs::read(entry.path()).unwrap(),
                );
            }
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    contents(dir).keys().map(|path| path.display().to_string()).collect()
}

#[test]
fn a_run_leaves_the_promised_files() {
    let folder = TempDir::new().unwrap();
    let dir = finished(folder.path());
    let mut expected = vec![
        "checkpoints/00000030.safetensors".to_string(),
        "checkpoints/00000040.safetensors".into(),
    ];
    expected.extend(
        [0, 1, 5, 10, 15, 20, 25, 30, 35, 40].map(|iteration| format!("frames/{iteration:08}.png")),
    );
    expected.extend(["metrics.jsonl".into(), "preset.ron".into()]);
    assert_eq!(names(&dir), expected);
    let preset = fs::read_to_string(dir.join("preset.ron")).unwrap();
    assert_eq!(&Preset::parse(&preset, "preset.ron").unwrap(), plan().preset());
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("run.json")).unwrap()).unwrap();
    assert_eq!(manifest["state"], "finished");
    assert_eq!(manifest["seed"], 1);
    assert_eq!(manifest["threads"], 2);
    assert_eq!(manifest["kernel_path"], "portable");
    assert_eq!(manifest["dataset"]["name"], "synthetic");
    assert_eq!(manifest["last_iteration"], 40);
    assert_eq!(fs::read_to_string(dir.join("metrics.jsonl")).unwrap().lines().count(), 40);
    let grid = png::decode(&fs::read(dir.join("frames/00000020.png")).unwrap()).unwrap();
    assert_eq!((grid.width, grid.height), (224, 224));
}

#[test]
fn a_run_is_read_as_it_was_recorded() {
    let folder = TempDir::new().unwrap();
    let run = Run::open(&finished(folder.path())).unwrap();
    assert_eq!((run.state(), run.warnings()), (&RunState::Ended(Outcome::Finished), vec![]));
    assert_eq!(run.preset(), Some(plan().preset()));
    assert_eq!(run.frames(), [0, 1, 5, 10, 15, 20, 25, 30, 35, 40]);
    assert_eq!(run.checkpoints(), [30, 40]);
    assert_eq!((run.metrics().len(), run.last_iteration(), run.name()), (40, 40, "run".into()));
    assert_eq!(run.frame(20).unwrap(), Frame { iteration: 20, images: images(20) });
    assert_eq!(run.checkpoint(30).unwrap(), snapshot(30));
    assert_eq!((run.checkpoint_until(0), run.checkpoint_until(36)), (Some(30), Some(30)));
    assert!(run.frame(21).unwrap_err().to_string().ends_with("has no frame of iteration 21"));
}

#[test]
fn a_run_that_grows_is_followed() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("run");
    let mut recorder = Recorder::create(&dir, &plan()).unwrap();
    train(&mut recorder, 0, 10);
    let mut run = Run::open(&dir).unwrap();
    assert!(run.owner().is_some_and(|owner| owner.process == Some(std::process::id())));
    assert_eq!((run.metrics().len(), run.frames().len(), run.warnings()), (10, 4, vec![]));
    for iteration in 11..=13 {
        recorder.record(&metrics(iteration)).unwrap();
    }
    recorder.flush().unwrap();
    run.refresh().unwrap();
    assert_eq!(run.metrics().len(), 13);
    assert_eq!(run::list(folder.path()).unwrap()[0].state.name(), "running");
    drop(recorder);
    run.refresh().unwrap();
    assert_eq!(
        run.state(),
        &RunState::Interrupted,
        "nobody said that it ended, and nobody holds it"
    );
}

#[test]
fn folders_that_cannot_take_a_run_are_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |dir: &Path| Recorder::create(dir, &plan()).unwrap_err().to_string();
    let dir = finished(folder.path());
    let error = refused(&dir);
    assert!(error.contains("already contains a run; resume it with `gan-tui resume "), "{error}");
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter.txt"), "dear").unwrap();
    assert!(
        refused(&other)
            .ends_with("other is not empty: expected a new or an empty folder for the run")
    );
    assert_eq!(fs::read_dir(&other).unwrap().count(), 1, "nothing is left there");
    let error = refused(&other.join("letter.txt"));
    assert!(error.ends_with("letter.txt: expected a folder for the run, found a file"), "{error}");
    assert!(refused(&other.join("letter.txt/run")).contains("letter.txt/run"));
    #[cfg(target_os = "linux")]
    assert!(refused(Path::new("/proc/run")).starts_with("cannot create /proc/run: "));
    let mut free = Recorder::create(&folder.path().join("new"), &plan()).unwrap();
    free.record(&started(0)).unwrap();
    let error = Recorder::resume(free.dir(), &plan()).unwrap_err().to_string();
    assert!(
        error.ends_with(&format!("is being written by process {}", std::process::id())),
        "{error}"
    );
}

#[test]
fn a_run_that_never_began_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    for outcome in [Outcome::Failed("no data".into()), Outcome::Stopped] {
        let dir = folder.path().join("run");
        let mut recorder = Recorder::create(&dir, &plan()).unwrap();
        recorder.record(&Event::Ended(outcome)).unwrap();
        drop(recorder);
        assert!(!dir.exists());
    }
}

#[test]
fn failures_are_kept_with_their_reason() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("run");
    let mut recorder = Recorder::create(&dir, &plan()).unwrap();
    train(&mut recorder, 0, 7);
    recorder.record(&Event::Ended(Outcome::Failed("g_loss is NaN at iteration 8".into()))).unwrap();
    drop(recorder);
    let run = Run::open(&dir).unwrap();
    assert_eq!(
        run.state(),
        &RunState::Ended(Outcome::Failed("g_loss is NaN at iteration 8".into()))
    );
    let manifest = run.manifest().unwrap();
    assert_eq!((manifest.state().name(), manifest.last_iteration), ("failed", 7));
}

#[test]
fn runs_are_listed_without_being_read() {
    let folder = TempDir::new().unwrap();
    assert_eq!(run::list(&folder.path().join("runs")).unwrap(), []);
    finished(folder.path());
    fs::create_dir(folder.path().join("broken")).unwrap();
    fs::write(folder.path().join("broken/run.json"), "").unwrap();
    fs::create_dir(folder.path().join("photos")).unwrap();
    let runs = run::list(folder.path()).unwrap();
    assert_eq!(runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["broken", "run"]);
    assert_eq!((&runs[0].state, runs[0].iteration, runs[0].d_loss), (&RunState::Unknown, 0, None));
    assert_eq!(
        (&runs[1].state, runs[1].iteration, runs[1].iterations),
        (&RunState::Ended(Outcome::Finished), 40, Some(40))
    );
    assert_eq!((runs[1].preset.as_deref(), runs[1].g_loss), (Some("tiny"), Some(1.0 + 1.0 / 40.0)));
    let bytes: usize = contents(&runs[1].path).values().map(Vec::len).sum();
    assert!(runs[1].bytes as usize > bytes, "and the lock and run.json");
}
