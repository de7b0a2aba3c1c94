//! Runs that start again from iteration 1 on request.

use std::{fs, path::Path, process::Command};

use gan_tui_testing::{Sandbox, assert_same, recorded, wait};
use serde_json::Value;

use super::{SHORT, everything, refused};

#[test]
fn a_run_that_has_lost_its_checkpoints_begins_again_on_request() {
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("whole", &[]);
    type Way<'a> = &'a dyn Fn() -> Command;
    let ways: [Way; 4] = [
        &|| sandbox.command(&["resume", "run", "--headless", "--quiet", "--restart"]),
        &|| sandbox.command(&sandbox.training("run", &["--restart"])),
        &|| sandbox.command(&sandbox.training("run", &["--resume-auto", "--restart"])),
        &|| sandbox.command(&["resume", "run", "--detach", "--restart"]),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        sandbox.train("run", &[]);
        // There is nothing to begin again while there is something to continue from; a job that is
        // always started with the same line has its end.
        match number {
            2 => assert!(way().status().unwrap().success()),
            0 | 3 => drop(refused(
                sandbox.command(&[
                    "resume",
                    "run",
                    "--headless",
                    "--restart",
                    "--iterations",
                    "20",
                ]),
                &sandbox.join("run"),
                "",
            )),
            _ => drop(refused(
                sandbox.command(&sandbox.training("run", &["--restart", "--iterations", "20"])),
                &sandbox.join("run"),
                "",
            )),
        }
        fs::remove_dir_all(sandbox.join("run/checkpoints")).unwrap();
        let before = everything(&sandbox.join("run"));
        let output = way().output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned()
            + &fs::read_to_string(sandbox.join("run/log.txt")).unwrap_or_default();
        assert!(output.status.success(), "{said}");
        wait("the end", || sandbox.manifest("run")["state"] == "finished");
        assert!(
            said.contains("starts again at iteration 1, and its old files are put aside"),
            "{said}"
        );
        assert_same(&sandbox.join("run"), &sandbox.join("whole"));
        let aside = everything(&sandbox.join("run/before-restart-1"));
        for name in ["run.json", "preset.ron", "metrics.jsonl", "frames/00000012.png"] {
            assert!(aside[Path::new(name)] == before[Path::new(name)], "{name}");
        }
        assert_eq!(sandbox.manifest("run")["resumed"], Value::Array(vec![]), "it is a new run");
        wait("its process", || sandbox.run(&["runs", "remove", "run", "--yes"]).status.success());
        assert!(!sandbox.join("run").exists(), "what was put aside is of the run");
    }
}

/// A run that starts again makes a person's changes again, as one that is resumed does.
#[test]
fn a_run_that_starts_again_repeats_what_a_person_changed() {
    let sandbox = Sandbox::new(SHORT);
    let change = r#"{"iteration":2,"field":"generator.learning_rate","old":0.0002,"new":0.05}"#;
    let begin = |run: &str| {
        sandbox.train(run, &["--iterations", "1"]);
        fs::remove_dir_all(sandbox.join(run).join("checkpoints")).unwrap();
        let mut manifest = sandbox.manifest(run);
        for (field, value) in
            [("saved", Value::Null), ("last_iteration", 0.into()), ("state", "running".into())]
        {
            manifest[field] = value;
        }
        fs::write(sandbox.join(run).join("run.json"), manifest.to_string()).unwrap();
        fs::write(sandbox.join(run).join("changes.jsonl"), format!("{change}\n")).unwrap();
    };
    begin("whole");
    sandbox.stdout(&["resume", "whole", "--headless", "--quiet", "--iterations", "12"]);
    begin("run");
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "7"]);
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "12"]);
    assert_same(&sandbox.join("run"), &sandbox.join("whole"));
    sandbox.train("unchanged", &[]);
    assert!(recorded(&sandbox.join("run")) != recorded(&sandbox.join("unchanged")));
}
