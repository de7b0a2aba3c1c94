//! Damaged and unfinished runs: what is read of them, and what is resumed.

use std::{fs, path::Path};

use gan_tui_core::{
    event::{Event, Outcome, RunState},
    preset::{Plan, Preset},
};
use gan_tui_store::{
    export::ExportSettings,
    run::{Recorder, Run, checkpoint, paths},
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

use super::{
    contents, exports::write_export, finished, names, plan, plan_of, snapshot, started, train,
};

#[test]
fn a_damaged_newest_checkpoint_is_named_and_the_one_before_used() {
    let folder = TempDir::new().unwrap();
    let whole = contents(&finished(folder.path()));
    let dir = folder.path().join("run");
    let newest = paths::checkpoint(&dir, 40);
    let bytes = fs::read(&newest).unwrap();
    fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    let mut resumed = Recorder::resume(&dir, &plan()).unwrap();
    assert_eq!(resumed.snapshot.unwrap().iteration, 30);
    assert!(
        resumed.warnings[0].contains("00000040.safetensors: not a whole safetensors file"),
        "{:?}",
        resumed.warnings
    );
    train(&mut resumed.recorder, 30, 40);
    drop(resumed.recorder);
    let mut found = contents(&dir);
    assert_eq!(
        found.remove(Path::new("checkpoints/00000040.safetensors.damaged")).unwrap().len(),
        bytes.len() / 2
    );
    assert!(found == whole);
}

#[test]
fn what_cannot_be_resumed_is_told() {
    let folder = TempDir::new().unwrap();
    let dir = finished(folder.path());
    let refused = |dir: &Path, plan: &Plan| Recorder::resume(dir, plan).unwrap_err().to_string();
    let other = Plan::try_from(Preset { seed: 9, ..plan().preset().clone() }).unwrap();
    let before = contents(&dir);
    assert!(
        refused(&dir, &other)
            .ends_with("00000040.safetensors: expected seed 9 as in the preset, found seed 1")
    );
    assert!(refused(folder.path(), &plan()).contains("is not a run or checkpoint"));
    assert!(contents(&dir) == before, "nothing is touched");
    let mut resumed = Recorder::resume(&dir, &plan_of(50)).unwrap();
    let Event::Started(mut other) = started(40) else { unreachable!() };
    other.dataset.sha256 = "cd".repeat(32);
    let error = resumed.recorder.record(&Event::Started(other)).unwrap_err().to_string();
    assert!(error.contains("expected dataset synthetic with SHA-256 abab"), "{error}");
    drop(resumed);
    for iteration in [30, 40] {
        fs::write(paths::checkpoint(&dir, iteration), "garbage, and some more of it").unwrap();
    }
    assert!(
        refused(&dir, &plan()).contains("00000040.safetensors: not a checkpoint of gan-tui"),
        "never silently from the start"
    );
}

#[test]
fn a_damaged_run_is_read_as_far_as_it_goes() {
    let folder = TempDir::new().unwrap();
    let dir = finished(folder.path());
    fs::write(dir.join("run.json"), "{").unwrap();
    fs::write(dir.join("preset.ron"), "(batch: -1)").unwrap();
    fs::write(dir.join("frames/00000010.png"), "no picture").unwrap();
    let metrics = fs::read_to_string(dir.join("metrics.jsonl")).unwrap();
    fs::write(dir.join("metrics.jsonl"), &metrics[..metrics.len() - 7]).unwrap();
    let run = Run::open(&dir).unwrap();
    assert_eq!(
        (run.state(), run.metrics().len(), run.frames().len()),
        (&RunState::Unknown, 39, 10)
    );
    let warnings = run.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].contains("run.json: EOF while parsing"), "{warnings:?}");
    assert!(warnings[1].contains("run/preset.ron:1:10: batch"), "{warnings:?}");
    assert!(warnings[2].contains("last line is incomplete"), "{warnings:?}");
    assert!(run.frame(10).unwrap_err().to_string().contains("00000010.png: not a readable PNG"));
    let out = folder.path().join("a.gif");
    let summary = write_export(&run, &ExportSettings::default(), &out).unwrap();
    assert_eq!((summary.count, summary.warnings.len()), (9, 1));
    let whole = finished(&folder.path().join("other"));
    fs::remove_file(whole.join("frames/00000025.png")).unwrap();
    assert_eq!(Run::open(&whole).unwrap().warnings(), ["frames: one frame is missing"]);
}

#[test]
fn a_checkpoint_of_any_flipped_byte_is_refused_or_whole() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.safetensors");
    let there = snapshot(10);
    checkpoint::save(&path, &there).unwrap();
    let whole = fs::read(&path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = random.gen_range(0..bytes.len());
        bytes[at] ^= random.gen_range(1..=255u8);
        fs::write(&path, &bytes).unwrap();
        match checkpoint::load(&path) {
            Ok(found) => assert_eq!(found, there, "byte {at}"),
            Err(error) => assert!(error.to_string().contains("a.safetensors: "), "{error}"),
        }
    }
}

#[test]
fn a_resumed_run_leaves_the_files_of_an_uninterrupted_one() {
    let folder = TempDir::new().unwrap();
    let whole = contents(&finished(folder.path()));
    for stop in [3, 10, 17, 29, 39] {
        let dir = folder.path().join(format!("stopped at {stop}"));
        let mut recorder = Recorder::create(&dir, &plan()).unwrap();
        train(&mut recorder, 0, stop);
        drop(recorder);
        // What a process that dies may leave behind.
        fs::write(dir.join("frames/.00000099.png.1-2.tmp"), "half").unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(dir.join("metrics.jsonl"))
            .and_then(|mut log| std::io::Write::write_all(&mut log, b"{\"it"))
            .unwrap();
        let mut resumed = Recorder::resume(&dir, &plan()).unwrap();
        let from = resumed.snapshot.as_ref().map_or(0, |snapshot| snapshot.iteration);
        assert_eq!((from, resumed.warnings.len()), (stop / 10 * 10, 0));
        assert_eq!(resumed.elapsed.as_millis() as u64, from * 2);
        train(&mut resumed.recorder, from, 40);
        resumed.recorder.record(&Event::Ended(Outcome::Finished)).unwrap();
        assert!(contents(&dir) == whole, "stopped at {stop}: {:?}", names(&dir));
        assert_eq!(resumed.recorder.manifest().resumed[0].kernel_path.as_deref(), Some("portable"));
    }
}
