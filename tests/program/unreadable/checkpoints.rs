//! Runs whose checkpoints are gone, and runs that were interrupted at an awkward moment.

use std::{fs, os::unix::fs::symlink};

use gan_tui_testing::{Sandbox, assert_same, wait};
use serde_json::Value;

use super::{SHORT, refused, ways};

/// A scratch disk that is not mounted, a closed folder, a file in place of the folder, one that is
/// gone or empty: nothing is cut and nothing begins again.
#[test]
fn a_run_without_its_checkpoints_is_left_as_it_is() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    let checkpoints = sandbox.join("run/checkpoints");
    fs::rename(&checkpoints, sandbox.join("off")).unwrap();

    symlink(sandbox.join("scratch"), &checkpoints).unwrap();
    for way in ways(&sandbox) {
        let said = refused(way, &sandbox.join("run"), "run/checkpoints: it is a link to ");
        assert!(said.contains("scratch, which does not exist"), "{said}");
    }
    for words in [
        &["sample", "run"][..],
        &["score", "run"],
        &["export", "run"],
        &["runs", "remove", "run", "--yes"],
    ] {
        refused(sandbox.command(words), &sandbox.join("run"), "run/checkpoints: it is a link to ");
    }
    fs::remove_file(&checkpoints).unwrap();

    for way in ways(&sandbox) {
        let said = refused(
            way,
            &sandbox.join("run"),
            "run run cannot be resumed: its files record iteration 12 (metrics.jsonl), but \
             run/checkpoints is not there",
        );
        assert!(said.contains("train into another --out, or start again with --restart"), "{said}");
    }
    fs::create_dir(&checkpoints).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "run/checkpoints contains no checkpoint");
    }
    fs::remove_dir(&checkpoints).unwrap();
    fs::write(&checkpoints, "a file").unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "cannot read run/checkpoints: not a directory");
    }
    fs::remove_file(&checkpoints).unwrap();
    symlink("checkpoints", &checkpoints).unwrap();
    for way in ways(&sandbox) {
        refused(way, &sandbox.join("run"), "run/checkpoints: too many levels of symbolic links");
    }
    fs::remove_file(&checkpoints).unwrap();

    // Neither does run.json have to be there, nor the metrics.
    for file in ["run.json", "metrics.jsonl"] {
        fs::rename(sandbox.join("run").join(file), sandbox.join(file)).unwrap();
        refused(
            ways(&sandbox).remove(2),
            &sandbox.join("run"),
            "cannot be resumed: its files record iteration 12",
        );
    }
    for file in ["run.json", "metrics.jsonl"] {
        fs::rename(sandbox.join(file), sandbox.join("run").join(file)).unwrap();
    }

    // Once they are back, all is well.
    fs::rename(sandbox.join("off"), &checkpoints).unwrap();
    sandbox.train("run", &["--iterations", "20", "--resume-auto"]);
    let longer = Sandbox::new(&SHORT.replace("12", "20"));
    longer.train("run", &[]);
    assert_same(&sandbox.join("run"), &longer.join("run"));
}

/// A run that was killed while its data were loaded has trained nothing, and is nevertheless a
/// person's.
#[test]
fn a_run_that_never_began_is_not_removed_by_a_resume() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for gone in ["checkpoints", "frames"] {
        fs::remove_dir_all(sandbox.join("run").join(gone)).unwrap();
    }
    fs::write(sandbox.join("run/metrics.jsonl"), "").unwrap();
    let mut manifest = sandbox.manifest("run");
    for (field, value) in [
        ("dataset", Value::Null),
        ("saved", Value::Null),
        ("last_iteration", 0.into()),
        ("state", "running".into()),
    ] {
        manifest[field] = value;
    }
    fs::write(sandbox.join("run/run.json"), manifest.to_string()).unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("elsewhere")).unwrap();
    for way in ways(&sandbox).into_iter().skip(2) {
        refused(way, &sandbox.join("run"), "shapes: no such folder");
    }
    fs::rename(sandbox.join("elsewhere"), sandbox.join("shapes")).unwrap();
    sandbox.stdout(&["resume", "run", "--headless", "--quiet"]);
    sandbox.train("whole", &[]);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));
}

/// A process killed between its last checkpoint and its last word.
#[test]
fn an_interrupted_ending_is_made_up_for() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &["--iterations", "24"]);
    for way in [
        &["resume", "run", "--headless", "--quiet"][..],
        &sandbox.training("run", &["--iterations", "24", "--resume-auto"]),
    ] {
        sandbox.copy_folder("whole", "run");
        let mut manifest = sandbox.manifest("run");
        manifest["state"] = "running".into();
        manifest["saved"] = 20.into();
        fs::write(sandbox.join("run/run.json"), manifest.to_string()).unwrap();
        fs::copy(
            sandbox.join("run/checkpoints/00000016.safetensors"),
            sandbox.join("run/checkpoints/00000012.safetensors"),
        )
        .unwrap();
        fs::create_dir(sandbox.join("run/frames.before-20")).unwrap();
        sandbox.stdout(way);
        assert_eq!(sandbox.manifest("run")["state"], "finished");
        assert_same(&sandbox.join("run"), &sandbox.join("whole"));
        assert!(!sandbox.join("run/frames.before-20").exists());
        assert_eq!(
            sandbox.run(&["resume", "run", "--headless"]).status.code(),
            Some(1),
            "now there is nothing left to do"
        );
        fs::remove_dir_all(sandbox.join("run")).unwrap();
    }
}

/// What the command line says reaches the process in the background, though nothing of the run has
/// been written by then.
#[test]
fn a_run_is_made_longer_in_the_background() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for (iterations, words) in [
        ("20", &["resume", "run", "--detach"][..]),
        ("28", &sandbox.training("run", &["--resume-auto", "--detach"])),
    ] {
        sandbox.stdout(&[words, &["--iterations", iterations]].concat());
        wait("the end", || {
            sandbox.manifest("run")["state"] == "finished"
                && sandbox.manifest("run")["iterations"].as_u64() == iterations.parse().ok()
        });
        let longer = Sandbox::new(&SHORT.replace("12", iterations));
        longer.train("run", &[]);
        wait("its process", || {
            sandbox.run(&["resume", "run", "--headless", "--iterations", "1"]).status.code()
                == Some(1)
        });
        assert_same(&sandbox.join("run"), &longer.join("run"));
        assert!(
            fs::read_to_string(sandbox.join("run/preset.ron"))
                .unwrap()
                .contains(&format!("iterations: {iterations},"))
        );
    }
}
