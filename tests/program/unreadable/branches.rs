//! Branches that fail leave nothing, and runs that cannot be read are not removed.

use std::fs;

use gan_tui_testing::{EIO, Faults, Sandbox, need, recorded};

use super::{SHORT, refused};

#[test]
fn a_branch_that_fails_leaves_nothing() {
    let library = need!(Faults::build());
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    let words = ["resume", "run", "--headless", "--from", "8", "--out", "branch"];
    for path in [
        "run/frames/00000006.png",
        "run/preset.ron",
        "checkpoints/00000008.safetensors",
        "run/metrics.jsonl",
    ] {
        refused(
            library.on(sandbox.command(&words), "open,", path, EIO),
            &sandbox.join("run"),
            "input/output error",
        );
        assert!(!sandbox.join("branch").exists(), "{path}");
    }
    for written in
        ["branch/frames/00000006.png", "branch/run.json", "branch/checkpoints/00000008.safetensors"]
    {
        refused(
            library.on(sandbox.command(&words), "rename,", written, EIO),
            &sandbox.join("run"),
            "cannot write branch/",
        );
        assert!(!sandbox.join("branch").exists(), "{written}");
    }
    refused(
        sandbox.command(&[&words[..], &["--iterations", "5"]].concat()),
        &sandbox.join("run"),
        "a branch from iteration 8 has nothing to do",
    );
    assert!(!sandbox.join("branch").exists());
    sandbox.stdout(&words);
    let assert_made = || {
        let mut expected = recorded(&sandbox.join("run"));
        expected.remove("checkpoints/00000004.safetensors").unwrap();
        assert!(recorded(&sandbox.join("branch")) == expected);
    };
    assert_made();
    // Killed before the last of it was copied, it cannot be resumed by mistake; the same command
    // makes it again.
    fs::remove_dir_all(sandbox.join("branch")).unwrap();
    let origin = fs::canonicalize(sandbox.join("run")).unwrap();
    for kept in [
        &["run.json"][..],
        &["run.json", "preset.ron"],
        &["run.json", "preset.ron", "metrics.jsonl"],
    ] {
        fs::create_dir_all(sandbox.join("branch/checkpoints")).unwrap();
        for name in kept {
            fs::copy(sandbox.join("run").join(name), sandbox.join("branch").join(name)).unwrap();
        }
        let mut manifest = sandbox.manifest("branch");
        manifest["saved"] = 8.into();
        manifest["branched_from"] =
            serde_json::json!({ "run": origin.to_str().unwrap(), "iteration": 8 });
        fs::write(sandbox.join("branch/run.json"), manifest.to_string()).unwrap();
        if kept.len() == 3 {
            let rows = fs::read_to_string(sandbox.join("run/metrics.jsonl")).unwrap();
            fs::write(
                sandbox.join("branch/metrics.jsonl"),
                rows.lines().take(8).map(|row| format!("{row}\n")).collect::<String>(),
            )
            .unwrap();
        }
        refused(
            sandbox.command(&["resume", "branch", "--headless"]),
            &sandbox.join("branch"),
            "branch is an unfinished branch of",
        );
        refused(
            sandbox.command(&["resume", "run", "--headless", "--from", "4", "--out", "branch"]),
            &sandbox.join("branch"),
            "already contains a run",
        );
        sandbox.stdout(&words);
        assert_made();
        fs::remove_dir_all(sandbox.join("branch")).unwrap();
    }
}

#[test]
fn a_run_that_cannot_be_read_is_not_removed() {
    let library = need!(Faults::build());
    let sandbox = Sandbox::new(SHORT);
    sandbox.train("run", &[]);
    for (calls, path) in [
        ("opendir,", "run/frames"),
        ("opendir,", "run/checkpoints"),
        ("open,", "run/metrics.jsonl"),
        ("opendir,", "run"),
    ] {
        let command =
            library.on(sandbox.command(&["runs", "remove", "run", "--yes"]), calls, path, EIO);
        refused(command, &sandbox.join("run"), "input/output error");
    }
    sandbox.stdout(&["runs", "remove", "run", "--yes"]);
    assert!(!sandbox.join("run").exists());
}
