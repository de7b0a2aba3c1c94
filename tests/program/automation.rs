//! The program in the hands of scripts: `--set`, `--json`, `--exec`, runs that end early, and event
//! files for TensorBoard.

use std::{fs, io::BufReader, path::Path};

use gan_tui_store::{
    run::paths,
    tensorboard::{
        Message as _,
        messages::{Event, Value},
        record::RecordReader,
    },
};
use gan_tui_testing::{Sandbox, assert_same, newest_frame, wait};
use serde_json::Value as Json;

#[test]
fn fields_are_set_on_the_command_line_and_a_resume_changes_what_it_may() {
    let sandbox = Sandbox::new("frame_every: 2");
    let set = ["--set", "iterations=2", "--set", "generator.learning_rate=1e-3"];
    sandbox.train("run", &set);
    let preset = fs::read_to_string(sandbox.join("run/preset.ron")).unwrap();
    assert!(preset.contains("learning_rate: 0.001,") && preset.contains("beta1: 0.5"), "{preset}");
    sandbox.assert_error(
        &sandbox.training("other", &["--set", "batch=0"]),
        2,
        "--set batch=0: batch: expected a whole number from 1 to 1024, found 0",
    );
    sandbox.assert_error(
        &["resume", "run", "--headless", "--set", "seed=3"],
        2,
        "--set seed=3: a resumed run keeps its seed; it can change name, description, strict, \
         iterations, score_every, stop_at, patience, frame_every, tensorboard, checkpoint_every \
         or keep_checkpoints",
    );
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--set", "iterations=3"]);
    assert_eq!(sandbox.iteration("run"), 3);
    let shown = sandbox.stdout(&["presets", "show", "fast", "--set", "batch=16"]);
    assert!(shown.contains("\n    batch: 16,\n"), "{shown}");
}

/// Returns the one line of JSON on stdout.
fn result(sandbox: &Sandbox, words: &[&str]) -> Json {
    let out = sandbox.stdout(words);
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn a_script_reads_one_line_and_is_called_back() {
    let sandbox = Sandbox::new("iterations: 40, stop_at: GeneratorLoss(1000.0)");
    let words = ["train", "--preset", "small.ron", "--data", "shapes", "--out", "run", "--json"];
    let exec = "echo $GAN_TUI_EVENT $GAN_TUI_EVENT_STATE $GAN_TUI_EVENT_ITERATION >> told; exit 3";
    let ended = result(&sandbox, &[&words[..], &["--exec", exec, "--resume-auto"]].concat());
    assert_eq!((&ended["run"], &ended["state"]), (&"run".into(), &"finished".into()));
    assert_eq!(ended["iteration"], 1, "any loss is below 1000: {ended}");
    assert!(ended["losses"]["g_loss"].is_number() && ended["seconds"].is_number(), "{ended}");
    assert_eq!(ended["scores"]["best"], Json::Null);
    assert_eq!(fs::read_to_string(sandbox.join("told")).unwrap(), "end finished 1\n");
    let log = fs::read_to_string(sandbox.join("run/log.txt")).unwrap();
    assert!(log.contains("--exec at end: exit status: 3"), "{log}");
    assert!(log.contains("ends early: generator loss"), "{log}");
    // A requeued job has nothing left to do, and a person who resumes it is told why.
    assert_eq!(result(&sandbox, &[&words[..], &["--resume-auto"]].concat()), ended);
    sandbox.assert_error_contains(&["resume", "run", "--headless"], "ended early: generator loss");
    let more = ["resume", "run", "--headless", "--json", "--set", "stop_at=Never"];
    assert_eq!(result(&sandbox, &more)["iteration"], 40);
}

#[test]
fn a_failure_is_told_by_status_line_and_command() {
    let sandbox = Sandbox::new("iterations: 400, generator: (learning_rate: 1.0, epsilon: 1.0)");
    let exec = "echo $GAN_TUI_EVENT: $GAN_TUI_EVENT_REASON > told";
    let set = ["--set", "stop_at=Score(1)", "--exec", exec, "--json"];
    let output = sandbox.run(&sandbox.training("run", &set));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("stop_at of a score need scores, and a run on shapes has none"));
    assert!(fs::read_to_string(sandbox.join("told")).unwrap().starts_with("failure: patience"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "there is no run to tell of");
}

/// Every value of a run's event file, with its step; wall times are left out.
fn events(run: &Path) -> Vec<(i64, Vec<Value>)> {
    let file = fs::File::open(run.join(paths::EVENTS)).unwrap();
    let mut reader = RecordReader::new(BufReader::new(file), 0);
    let mut found = Vec::new();
    while let Some(data) = reader.next_record().unwrap() {
        let event = Event::decode(&data[..]).unwrap();
        found.push((event.step, event.values().to_vec()));
    }
    found
}

#[test]
fn event_files_of_a_killed_run_are_those_of_one_left_alone() {
    let sandbox = Sandbox::new(
        "iterations: 60, frame_every: 1, checkpoint_every: 7, tensorboard: true, \
         schedule: Linear(from: 10, until: 60)",
    );
    sandbox.train("whole", &[]);
    for frame in [9, 30] {
        let mut child = sandbox.start_training("run", &["--resume-auto"]);
        wait("a frame between two checkpoints", || {
            newest_frame(&sandbox.join("run")).is_some_and(|newest| newest >= frame)
                || child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        child.wait().unwrap();
    }
    sandbox.train("run", &["--resume-auto"]);
    let whole = events(&sandbox.join("whole"));
    assert_eq!(events(&sandbox.join("run")), whole);
    let tags = |step: i64| -> Vec<String> {
        let values = whole.iter().filter(|(of, _)| *of == step).flat_map(|(_, values)| values);
        values.map(|value| value.tag.clone()).collect()
    };
    assert_eq!(tags(0), ["preset", "fixed_latents"]);
    let expected = [
        "losses/d_loss",
        "losses/d_loss_real",
        "losses/d_loss_fake",
        "losses/g_loss",
        "discriminator/d_accuracy",
        "discriminator/d_real",
        "discriminator/d_fake",
        "learning_rate/generator",
        "learning_rate/discriminator",
        "fixed_latents",
    ];
    assert_eq!(tags(60), expected);
    // A branch has those up to its checkpoint, a removed run none.
    let branch = ["resume", "whole", "--from", "56", "--out", "branch", "--headless", "--quiet"];
    sandbox.stdout(&[&branch[..], &["--iterations", "60"]].concat());
    assert_eq!(events(&sandbox.join("branch")), whole);
    sandbox.stdout(&["runs", "remove", "--yes", "branch"]);
    assert!(!sandbox.join("branch").exists());
}

#[test]
fn a_sweep_is_run_by_number_or_as_a_whole_and_continued() {
    let sandbox = Sandbox::new("iterations: 3, frame_every: 2");
    let file = "(base: \"small.ron\", seeds: [1, 2], vary: {\"batch\": [2, 3]})";
    sandbox.write("sweep.ron", file);
    let sweep = |more: &[&'static str]| {
        let words = ["sweep", "run", "sweep.ron", "--out", "out", "--data", "shapes", "--quiet"];
        [&words[..], more].concat()
    };
    let listed = sandbox.stdout(&["sweep", "list", "sweep.ron"]);
    assert!(listed.contains("1  batch=2 seed=2") && listed.lines().count() == 4, "{listed}");
    sandbox.stdout(&sweep(&["--task", "1"]));
    sandbox.train("alone", &["--set", "batch=2", "--set", "seed=2"]);
    assert_same(&sandbox.join("out/0001"), &sandbox.join("alone"));
    let scheduled = sandbox.command(&sweep(&[])).env("SLURM_ARRAY_TASK_ID", "3").output().unwrap();
    assert!(scheduled.status.success() && sandbox.join("out/0003").exists());
    let states = || -> Vec<String> {
        let rows = sandbox.stdout(&["sweep", "status", "out", "--json"]);
        let rows: Vec<Json> = serde_json::from_str(&rows).unwrap();
        rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(states(), ["waiting", "finished", "waiting", "finished"]);
    sandbox.stdout(&sweep(&[]));
    assert_eq!(states(), ["finished"; 4]);
    assert!(sandbox.stdout(&["sweep", "status", "out"]).ends_with("\n4 of 4 tasks finished\n"));
    sandbox.assert_error(
        &sweep(&["--task", "4"]),
        2,
        "--task: expected a task from 0 to 3, found 4",
    );
    sandbox.write("sweep.ron", file.replace("[2, 3]", "[2, 4]"));
    sandbox.assert_error_contains(&sweep(&["--task", "0"]), "out holds another sweep");
    let script = |engine, out| ["sweep", "script", engine, "sweep.ron", "--out", out];
    sandbox.assert_error_contains(&script("slurm", "out"), "out holds another sweep");
    // Slurm makes no folder for the tasks' output; a volume's folder is not on this machine.
    assert!(sandbox.stdout(&script("slurm", "next")).contains("#SBATCH --array=0-3\n"));
    assert!(sandbox.stdout(&["sweep", "status", "next"]).ends_with("\n0 of 4 tasks finished\n"));
    sandbox.stdout(&script("kubernetes", "volume"));
    assert!(!sandbox.join("volume").exists());
}

#[test]
fn a_generator_and_a_page_are_exported_and_options_without_effect_refused() {
    let sandbox = Sandbox::new("iterations: 2");
    sandbox.train("run", &[]);
    sandbox.stdout(&["export", "run", "--out", "x.onnx"]);
    sandbox.stdout(&["export", "run/checkpoints/00000002.safetensors", "--out", "x.safetensors"]);
    sandbox.stdout(&["export", "run", "--out", "hub/"]);
    for (name, of) in [("model.onnx", "x.onnx"), ("model.safetensors", "x.safetensors")] {
        let found = fs::read(sandbox.join("hub").join(name)).unwrap();
        assert!(found == fs::read(sandbox.join(of)).unwrap(), "{name}");
    }
    let card = fs::read_to_string(sandbox.join("hub/README.md")).unwrap();
    assert!(card.starts_with("---\nlicense: unknown\n") && card.contains("| model | mlp |"));
    let config = fs::read(sandbox.join("hub/config.json")).unwrap();
    let config: Json = serde_json::from_slice(&config).unwrap();
    assert_eq!(
        (&config["latent"], &config["layers"][0]["operation"]),
        (&64.into(), &"dense".into())
    );
    sandbox.assert_error_contains(&["export", "run", "--out", "hub/"], "a new or an empty folder");
    sandbox.assert_error_contains(
        &["export", "run", "--out", "x.onnx", "--scale", "2"],
        "--scale has no effect on ONNX model",
    );
    sandbox.stdout(&["report", "run"]);
    let page = fs::read_to_string(sandbox.join("run.html")).unwrap();
    let folder = sandbox.path().to_str().unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && !page.contains(folder), "paths are left out");
    assert!(!page.contains("src=\"http") && !page.contains("@import"));
    sandbox.stdout(&["export", "run", "--out", "other.html", "--quiet"]);
    assert!(fs::read_to_string(sandbox.join("other.html")).unwrap() == page);
    assert!(
        page.contains("\"pairs\":{\"iteration\":2,\"png\":"),
        "and the nearest training images"
    );
    sandbox.stdout(&["report", "run", "--without-training-images", "--out", "bare.html"]);
    let bare = fs::read_to_string(sandbox.join("bare.html")).unwrap();
    assert!(bare.contains("\"pairs\":null"));
    let arguments = ["export", "run", "--without-training-images", "--out"];
    sandbox.stdout(&[&arguments[..], &["other.html", "--quiet"]].concat());
    assert!(fs::read_to_string(sandbox.join("other.html")).unwrap() == bare);
    let gif = [&arguments[..], &["x.gif"]].concat();
    sandbox.assert_error_contains(&gif, "--without-training-images has no effect but on a page");
    // What lies there now is not what was learned from.
    let manifest = fs::read_to_string(sandbox.join("run/run.json")).unwrap();
    let recorded: Json = serde_json::from_str(&manifest).unwrap();
    let sha256 = recorded["dataset"]["sha256"].as_str().unwrap();
    let other = manifest.replace(sha256, &"0".repeat(64));
    fs::write(sandbox.join("run/run.json"), other).unwrap();
    let output = sandbox.run(&["report", "run", "--out", "later.html"]);
    assert!(output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("without the nearest training images: no real pictures"), "{told}");
    assert!(fs::read_to_string(sandbox.join("later.html")).unwrap().contains("\"pairs\":null"));
    sandbox
        .assert_error_contains(&["report", "run", "--out", "x.pdf"], "expected the file extension");
}
