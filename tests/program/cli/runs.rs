//! Runs as a script makes them: trained, resumed, stopped by signals, looked at.

use std::{fs, process::Stdio};

use gan_tui_store::export::npy;
use gan_tui_testing::{Sandbox, program, signal, wait};

/// One run, looked at from all sides: training is what takes the time here.
#[test]
fn a_run_is_trained_sampled_listed_and_exported() {
    let sandbox = Sandbox::empty();
    let said = sandbox.only_stdout(&[
        "train",
        "--preset",
        "quick",
        "--iterations",
        "2",
        "--batch",
        "2",
        "--data",
        "synthetic",
        "--seed",
        "3",
        "--out",
        "run",
    ]);
    assert!(said.starts_with("preset quick: 2 iterations of batch 2, seed 3; run run\n"), "{said}");
    assert!(said.contains("\niteration 2/2  d_loss "), "{said}");
    assert!(said.lines().last().unwrap().starts_with("finished after iteration 2, "), "{said}");
    for file in [
        "preset.ron",
        "run.json",
        "metrics.jsonl",
        "frames/00000001.png",
        "checkpoints/00000002.safetensors",
    ] {
        assert!(sandbox.path().join("run").join(file).is_file(), "{file}");
    }
    let preset = fs::read_to_string(sandbox.path().join("run/preset.ron")).unwrap();
    assert!(preset.contains("batch: 2,") && preset.contains("data: Synthetic,"), "{preset}");

    let listed = sandbox.only_stdout(&["runs", "."]);
    assert!(listed.contains("./run  finished  quick         2/2"), "{listed}");
    assert!(sandbox.only_stdout(&["runs", ".", "--json"]).contains("\"state\": \"finished\""));

    let checkpoint = "run/checkpoints/00000002.safetensors";
    for (out, begins) in [
        ("s.png", &b"\x89PNG"[..]),
        ("s.npy", b"\x93NUMPY"),
        ("s.gif", b"GIF89a"),
        ("s.txt", b""),
        ("s.ans", b""),
    ] {
        let said = sandbox.only_stdout(&["sample", checkpoint, "--count", "3", "--out", out]);
        assert_eq!(said, format!("{out}: 3 images of iteration 2\n"));
        let bytes = fs::read(sandbox.path().join(out)).unwrap();
        assert!(bytes.starts_with(begins) && bytes.len() > 100, "{out}");
    }
    assert_eq!(
        sandbox
            .only_stdout(&["sample", "run", "--count", "1", "--glyphs", "ascii"])
            .lines()
            .count(),
        8
    );
    let first = fs::read(sandbox.path().join("s.npy")).unwrap();
    sandbox.only_stdout(&["sample", "run", "--count", "5", "--out", "t.npy"]);
    let more = fs::read(sandbox.path().join("t.npy")).unwrap();
    assert_eq!(
        first[128..],
        more[128..128 + 3 * 784],
        "the first images are the same for every count"
    );

    sandbox.write("wrong.npy", npy::write_latents(99, &[0.0; 99]));
    sandbox.assert_error(
        &["sample", "run", "--latents", "wrong.npy"],
        1,
        "wrong.npy: expected float32 of shape (n, 100), found float32 of shape (1, 99)",
    );
    sandbox.write("not.npy", "hello");
    sandbox.assert_error_contains(&["sample", "run", "--latents", "not.npy"], "not.npy");
    sandbox.assert_error_contains(
        &["sample", "run", "--out", "s.jpg"],
        "s.jpg: expected the file extension ",
    );
    sandbox.assert_error(
        &["sample", "run", "--out", "none/s.png"],
        1,
        "cannot write none/s.png: no such folder",
    );

    sandbox.assert_error(
        &["export", "./rnu"],
        1,
        "cannot open ./rnu: no such file or directory; did you mean `./run`?",
    );
    assert!(sandbox.only_stdout(&["export", "run"]).starts_with("run.gif: GIF, 2 frames, "));
    assert!(
        sandbox
            .only_stdout(&["export", "run", "--out", "last.png", "--scale", "2"])
            .starts_with("last.png: PNG, 1 frame, ")
    );
    sandbox.assert_error_contains(&["export", "run", "--from", "3"], "no frames from iteration 3");
    sandbox.assert_error_contains(&["train", "--out", "run"], "already contains a run");
}

/// A run that was interrupted and one that was not end with the same bytes.
#[test]
fn a_resumed_run_ends_as_the_uninterrupted_one() {
    let sandbox = Sandbox::empty();
    let words = |iterations: &'static str, out: &'static str| {
        [
            "train",
            "--iterations",
            iterations,
            "--batch",
            "2",
            "--data",
            "synthetic",
            "--quiet",
            "--out",
            out,
        ]
    };
    assert_eq!(sandbox.only_stdout(&words("3", "whole")), "");
    sandbox.only_stdout(&words("1", "parts"));
    sandbox.assert_error(
        &["resume", "parts", "--headless"],
        1,
        "run parts is complete (1 of 1 iterations); extend it with --iterations N",
    );
    let said = sandbox.only_stdout(&["resume", "parts", "--headless", "--iterations", "3"]);
    assert!(said.contains("finished after iteration 3, "), "{said}");
    let checkpoint = |run: &str| {
        fs::read(sandbox.path().join(run).join("checkpoints/00000003.safetensors")).unwrap()
    };
    assert!(checkpoint("whole") == checkpoint("parts"));
    assert_eq!(
        fs::read_to_string(sandbox.path().join("parts/metrics.jsonl")).unwrap().lines().count(),
        3
    );

    sandbox.assert_error(
        &["resume", "nowhere", "--headless"],
        1,
        "cannot open nowhere: no such file or directory",
    );
    sandbox.assert_error(
        &["resume", "parts"],
        1,
        "the monitor needs a terminal on standard input and output; --headless does without",
    );
    assert_eq!(
        sandbox.run(&["resume", "parts", "--quiet"]).status.code(),
        Some(2),
        "it says nothing without --headless"
    );
    assert_eq!(
        sandbox.run(&["resume", "parts", "--from", "1"]).status.code(),
        Some(2),
        "and a branch needs a place of its own"
    );
    assert_eq!(
        sandbox.run(&["resume", "parts", "--headless", "--glyphs", "half"]).status.code(),
        Some(2)
    );
}

#[test]
fn signals_save_and_end_a_run_with_their_status() {
    for (name, status) in [("INT", 130), ("TERM", 143)] {
        let sandbox = Sandbox::empty();
        let words =
            ["train", "--preset", "mlp", "--batch", "1", "--data", "synthetic", "--out", "run"];
        let mut child =
            sandbox.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let metrics = sandbox.path().join("run/metrics.jsonl");
        wait("an iteration", || {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            fs::metadata(&metrics).is_ok_and(|found| found.len() > 0)
        });
        signal(child.id(), name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{name}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.lines().last().unwrap().starts_with("stopped after iteration "), "{said}");
        assert_eq!(fs::read_dir(sandbox.path().join("run/checkpoints")).unwrap().count(), 1);
        assert!(
            fs::read_to_string(sandbox.path().join("run/run.json"))
                .unwrap()
                .contains("\"state\": \"stopped\"")
        );
    }
}

#[test]
fn the_end_of_a_run_is_told_to_a_terminal_on_request() {
    let sandbox = Sandbox::empty();
    let words = "train --preset mlp --iterations 1 --batch 2 --data synthetic --quiet";
    let told = |more: &str| {
        let pty =
            portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let mut command = portable_pty::CommandBuilder::new(program());
        command.args(words.split(' ').chain(more.split(' ')));
        command.cwd(sandbox.path());
        command.env("HOME", sandbox.path());
        let mut child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let mut bytes = Vec::new();
        // The terminal's end of the line fails where the program has gone.
        let _ = std::io::Read::read_to_end(&mut reader, &mut bytes);
        assert!(child.wait().unwrap().success());
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(told("--out a --notify"), "\x07");
    assert_eq!(told("--out b --notify=osc9"), "\x1b]9;gan-tui: b finished\x1b\\\x07");
    assert_eq!(told("--out c --notify=osc777"), "\x1b]777;notify;gan-tui;c finished\x1b\\\x07");
    let elsewhere: Vec<&str> = words.split(' ').chain(["--out", "d", "--notify"]).collect();
    assert_eq!(sandbox.only_stdout(&elsewhere), "", "nobody is told where there is no terminal");
}
