//! Runs begun from the monitor: with the weights there are, and of a preset whose file has changed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gan_tui_core::event::Snapshot;
use gan_tui_store::run::checkpoint;
use gan_tui_testing::{Sandbox, Terminal, wait};

use super::{SMALL_PRESET, quit, wait_for_training, watching};

/// A monitor in front of the small preset, training into `first`.
fn first(sandbox: &Sandbox) -> Terminal {
    let terminal = Terminal::start(sandbox, &watching("10000000", "first"));
    wait_for_training(&terminal);
    wait("some iterations", || iteration(&sandbox.join("first")) > 20);
    terminal
}

/// The rows of a run's metrics.
fn iteration(run: &Path) -> usize {
    fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default().lines().count()
}

/// The runs begun without a name, oldest first.
fn runs(folder: &Path) -> Vec<PathBuf> {
    let folders =
        fs::read_dir(folder.join("runs")).into_iter().flatten().map(|entry| entry.unwrap().path());
    // One that is just being laid out has no preset yet, and no place among the others.
    let begun = |path: PathBuf| {
        Some((fs::metadata(path.join("preset.ron")).and_then(|file| file.modified()).ok()?, path))
    };
    let mut found: Vec<_> = folders.filter_map(begun).collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// The run begun after `before` others, once it trains.
#[track_caller]
fn next(folder: &Path, before: usize) -> PathBuf {
    wait("a new run that trains", || {
        runs(folder).get(before).is_some_and(|run| iteration(run) > 0)
    });
    runs(folder).remove(before)
}

/// The first checkpoint of a run, or its last.
fn snapshot(run: &Path, last: bool) -> Snapshot {
    let mut files: Vec<PathBuf> =
        fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    checkpoint::load(if last { files.last() } else { files.first() }.unwrap()).unwrap()
}

/// Whether the table of differences has the batches of both presets.
fn shows_batch(text: &str) -> bool {
    let row = |line: &str| line.split_whitespace().skip(1).take(3).eq(["batch", "2", "3"]);
    text.lines().any(row)
}

fn first_frame(run: &Path) -> Vec<u8> {
    fs::read(run.join("frames/00000000.png")).unwrap()
}

#[test]
fn a_new_run_begins_with_the_present_weights_where_a_person_says_so() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let mut terminal = first(&sandbox);
    terminal.press("p");
    terminal.wait("the presets", |text| {
        text.contains("Start a new run")
            && text.contains("starts with fresh weights")
            && text.contains("current weights")
    });
    terminal.press("l");
    terminal.wait("the weights being kept", |text| {
        text.contains("starts with the weights of iteration")
    });
    terminal.press("\r");
    let kept = next(sandbox.path(), 0);
    // Once more, without.
    terminal.wait("training", |text| text.contains("● training"));
    terminal.press("p");
    terminal.wait("the presets", |text| text.contains("starts with fresh weights"));
    terminal.press("\r");
    let new = next(sandbox.path(), 1);
    quit(terminal);

    let first = sandbox.join("first");
    let (given, taken) = (snapshot(&first, true), snapshot(&kept, false));
    assert!(given.iteration > 20);
    assert_eq!(taken.iteration, 0, "the new run counts from its own beginning");
    let names = |snapshot: &Snapshot| {
        snapshot.tensors.iter().map(|tensor| tensor.name.clone()).collect::<Vec<_>>()
    };
    assert!(names(&given).iter().any(|name| name.starts_with("generator.")), "{:?}", names(&given));
    assert_eq!(names(&given), names(&taken));
    for (given, taken) in given.tensors.iter().zip(&taken.tensors) {
        assert!(given.data == taken.data, "{} was kept", given.name);
    }
    // What the run draws before its first iteration is drawn by them.
    assert!(
        first_frame(&kept) != first_frame(&first),
        "the networks that began are not those that began first"
    );
    assert!(
        first_frame(&new) == first_frame(&first),
        "new weights of the same seed are those of the first run"
    );
    assert!(snapshot(&new, false).iteration > 0, "and nothing was put in their place");
}

#[test]
fn a_changed_preset_is_started_when_a_person_says_so_and_not_before() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let mut terminal = first(&sandbox);
    let file = sandbox.join("small.ron");
    let before = fs::read_to_string(&file).unwrap();
    fs::write(&file, before.replace("batch: 2", "batch: 0")).unwrap();
    terminal.wait("what is wrong with it", |text| {
        text.contains("expected a whole number from 1 to 1024")
    });
    fs::write(&file, before.replace("batch: 2", "batch: 3")).unwrap();
    terminal.wait("that it has changed", |text| text.contains("the file of small has changed: R"));
    let first = sandbox.join("first");
    let goes_on = |what: &str| {
        let then = iteration(&first);
        wait(what, || iteration(&first) > then + 20);
        assert!(runs(sandbox.path()).is_empty(), "{what}: no run was begun");
    };
    goes_on("the run as it was, while nobody asks");
    terminal.press("R");
    terminal.wait("what is changed", |text| text.contains("Start a new run") && shows_batch(text));
    goes_on("the run as it was, while it is asked");
    terminal.press("q");
    terminal.wait("the panels", |text| {
        !text.contains("Start a new run") && text.contains("● training")
    });
    goes_on("the run as it was, once the answer was no");
    // What was refused can be asked for again.
    terminal.press("R");
    terminal.wait("what is changed", |text| text.contains("Start a new run") && shows_batch(text));
    terminal.press("\r");
    let second = next(sandbox.path(), 0);
    terminal.wait("training", |text| text.contains("● training"));
    quit(terminal);
    let batch = |run: &Path| {
        let preset = fs::read_to_string(run.join("preset.ron")).unwrap();
        preset
            .lines()
            .find_map(|line| {
                line.trim()
                    .strip_prefix("batch: ")
                    .map(|rest| rest.trim_end_matches(',').to_owned())
            })
            .unwrap()
    };
    assert_eq!((batch(&first), batch(&second)), ("2".into(), "3".into()));
    assert!(snapshot(&first, true).iteration > 60, "what was done before is saved");
    let state =
        |run: &Path| fs::read_to_string(run.join("run.json")).unwrap().contains("\"stopped\"");
    assert!(state(&first) && state(&second));
}
