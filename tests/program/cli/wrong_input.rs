//! What each wrong input is answered with, and the exit status.

use std::fs;

use gan_tui_core::event::{NamedTensor, Snapshot};
use gan_tui_kernels::Path as Kernels;
use gan_tui_store::run::checkpoint;
use gan_tui_testing::Sandbox;

#[test]
fn wrong_usage_is_one_line_and_2() {
    let sandbox = Sandbox::empty();
    sandbox.assert_error(
        &["trian"],
        2,
        "unrecognized subcommand 'trian'; a similar subcommand exists: 'train'; see \
         `gan-tui --help`",
    );
    sandbox.assert_error(
        &["train", "--presett", "quick"],
        2,
        "unexpected argument '--presett' found; a similar argument exists: '--preset'; see \
         `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--batch", "0"],
        2,
        "invalid value '0' for '--batch <N>': expected a whole number from 1 to 1024; see \
         `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--minutes", "-1"],
        2,
        "invalid value '-1' for '--minutes <M>': expected a number above 0 and up to 525600; see \
         `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--minutes", "nan"],
        2,
        "invalid value 'nan' for '--minutes <M>': expected a number above 0 and up to 525600; \
         see `gan-tui train --help`",
    );
}

#[test]
fn presets_that_are_no_good_are_told_by_place_and_field() {
    let sandbox = Sandbox::empty();
    sandbox.assert_error(
        &["train", "--preset", "dcgna"],
        1,
        "no preset named `dcgna`; did you mean `dcgan`?",
    );
    sandbox.assert_error(
        &["train", "--preset", "none.ron"],
        1,
        "cannot read preset none.ron: no such file or directory",
    );
    sandbox.write("bad.ron", "(\n    batch: 0,\n)");
    let line = "bad.ron:2:12: batch: expected a whole number from 1 to 1024, found 0";
    sandbox.assert_error(&["train", "--preset", "bad.ron"], 1, line);
    sandbox.assert_error(&["presets", "show", "bad.ron"], 1, line);
    sandbox.assert_error(&["presets", "check", "bad.ron"], 1, line);
    sandbox.write("far.ron", "(latent: 99)");
    sandbox.assert_error(
        &["presets", "check", "far.ron"],
        1,
        "far.ron:1:10: latent: expected 64 or 100 for model Dcgan, found 99",
    );
    assert!(!sandbox.path().join("runs").exists(), "nothing is left behind");
}

#[test]
fn data_that_is_not_there_or_not_what_it_says_is_told() {
    let sandbox = Sandbox::empty();
    // With a preset, so that nothing is said of one that the data choose.
    let train = |data: &'static str| {
        ["train", "--preset", "mlp", "--iterations", "1", "--out", "run", "--data", data]
    };
    sandbox.assert_error(
        &train("mnits"),
        1,
        "no dataset, folder or archive named `mnits`; did you mean `mnist`?",
    );
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    sandbox.assert_error_contains(&train("empty"), "empty");
    sandbox.assert_error_contains(&["train", "--out", "run", "--data", "empty"], "no files");
    sandbox.assert_error_contains(&train("kmnist"), "kmnist");
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    images.resize(16 + 2 * 784, 7);
    sandbox.write("short/train-images-idx3-ubyte", &images[..1000]);
    sandbox.assert_error_contains(&train("short"), "train-images-idx3-ubyte");
    images[3] = 1;
    sandbox.write("magic/train-images-idx3-ubyte", &images);
    sandbox.assert_error_contains(&train("magic"), "train-images-idx3-ubyte");
    sandbox.write("gzip/train-images-idx3-ubyte", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    sandbox.assert_error_contains(&train("gzip"), "gzip");
    assert!(!sandbox.path().join("run").exists(), "a run that never began leaves nothing");
}

#[test]
fn a_run_directory_is_never_written_over() {
    let sandbox = Sandbox::empty();
    sandbox.write("taken/notes.txt", "mine");
    let line =
        sandbox.assert_error_contains(&["train", "--iterations", "1", "--out", "taken"], "taken");
    assert!(line.contains("not empty"), "{line}");
    assert_eq!(fs::read_dir(sandbox.path().join("taken")).unwrap().count(), 1);
    sandbox.write("file", "");
    sandbox.assert_error_contains(&["train", "--iterations", "1", "--out", "file"], "file");
    sandbox.assert_error_contains(&["train", "--iterations", "1", "--out", "file/run"], "file/run");
}

#[test]
fn without_a_terminal_the_monitor_says_what_does_without() {
    let line = "the monitor needs a terminal on standard input and output; use `gan-tui train` without one";
    Sandbox::empty().assert_error(&[], 1, line);
}

#[test]
fn what_is_no_run_and_no_checkpoint_is_told() {
    let sandbox = Sandbox::empty();
    for command in [["sample", "nowhere"], ["export", "nowhere"]] {
        sandbox.assert_error(&command, 1, "cannot open nowhere: no such file or directory");
    }
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    sandbox.assert_error(
        &["sample", "empty"],
        1,
        "empty is not a run or checkpoint: expected a folder with run.json or a .safetensors file",
    );
    sandbox.write("broken.safetensors", [0; 20]);
    sandbox.assert_error_contains(&["sample", "broken.safetensors"], "broken.safetensors");
    assert_eq!(sandbox.only_stdout(&["runs"]), "no runs in runs\n");
    assert_eq!(sandbox.only_stdout(&["runs", "--json"]), "[]\n");
}

#[test]
fn a_checkpoint_of_another_architecture_is_told() {
    let sandbox = Sandbox::empty();
    let path = sandbox.path().join("other.safetensors");
    let tensors = vec![NamedTensor {
        name: "generator.dense.kernel".into(),
        shape: vec![2, 3],
        data: vec![0.5; 6],
    }];
    let snapshot = Snapshot {
        iteration: 5,
        seed: 1,
        model: "dcgan".into(),
        latent: 100,
        classes: Vec::new(),
        preset: String::new(),
        generator_steps: 5,
        discriminator_steps: 10,
        tensors,
    };
    checkpoint::save(&path, &snapshot).unwrap();
    sandbox.assert_error_contains(&["sample", "other.safetensors"], "generator.");
    checkpoint::save(&path, &Snapshot { model: "transformer".into(), ..snapshot }).unwrap();
    sandbox.assert_error_contains(&["sample", "other.safetensors"], "transformer");
}

/// Kernels that are asked for and not there are no reason to compute with others.
#[test]
fn kernels_that_cannot_run_are_refused_before_anything_is_made() {
    let sandbox = Sandbox::empty();
    let refused = |kernels: &str, words: &[&str]| {
        let output = sandbox.command(words).env("GAN_TUI_KERNELS", kernels).output().unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()), "{words:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let computing = [
        &["train", "--out", "run"][..],
        &["train", "--out", "run", "--detach"],
        &["train", "--out", "run", "--resume-auto"],
        &["resume", "run", "--headless"],
        &["sample", "run"],
        &["replay", "run"],
        &["bench"],
        &["--out", "run"],
    ];
    for words in computing {
        assert_eq!(
            refused("sse2", words),
            "error: GAN_TUI_KERNELS=sse2: expected avx512, avx2 or portable\n",
            "{words:?}"
        );
    }
    if !Kernels::Avx512.is_available() {
        let said = refused("avx512", &["train", "--out", "run"]);
        assert_eq!(
            said,
            "error: GAN_TUI_KERNELS=avx512: this processor does not have these instructions\n"
        );
    }
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 0, "nothing was made");
    // What computes nothing does not care.
    let output =
        sandbox.command(&["presets", "list"]).env("GAN_TUI_KERNELS", "sse2").output().unwrap();
    assert!(output.status.success());
}
