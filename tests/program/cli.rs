//! The built program as a person or a script meets it: what each bad input is told, and with which
//! exit status.

use std::{fs, process::Stdio, thread};

use gan_tui_core::event::{NamedTensor, Snapshot};
use gan_tui_engine::nn::kernels::Path as Kernels;
use gan_tui_store::{export::npy, run::checkpoint};
use gan_tui_testing::{Sandbox, program, signal, wait};

#[test]
fn wrong_usage_is_one_line_and_2() {
    let sandbox = Sandbox::empty();
    sandbox.assert_error(&["trian"], 2, "unrecognized subcommand 'trian'; a similar subcommand exists: 'train'; see `gan-tui --help`");
    sandbox.assert_error(
        &["train", "--presett", "quick"],
        2,
        "unexpected argument '--presett' found; a similar argument exists: '--preset'; see `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--batch", "0"],
        2,
        "invalid value '0' for '--batch <N>': expected a whole number from 1 to 1024; see `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--minutes", "-1"],
        2,
        "invalid value '-1' for '--minutes <M>': expected a number above 0 and up to 525600; see `gan-tui train --help`",
    );
    sandbox.assert_error(
        &["train", "--minutes", "nan"],
        2,
        "invalid value 'nan' for '--minutes <M>': expected a number above 0 and up to 525600; see `gan-tui train --help`",
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
    let train = |data: &'static str| ["train", "--iterations", "1", "--out", "run", "--data", data];
    sandbox.assert_error(
        &train("mnits"),
        1,
        "no dataset and no folder named `mnits`; did you mean `mnist`?",
    );
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    sandbox.assert_error_contains(&train("empty"), "empty");
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
    let line =
        "the monitor needs a terminal on standard input and output; `gan-tui train` does without";
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
    sandbox.assert_error_contains(&["train", "--out", "run"], "already holds a run");
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
        "run parts is at iteration 1 of 1: extend it with --iterations N",
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
        let words = ["train", "--batch", "1", "--data", "synthetic", "--out", "run"];
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
fn presets_are_listed_shown_and_checked() {
    let sandbox = Sandbox::empty();
    let list = sandbox.only_stdout(&["presets", "list"]);
    assert_eq!(list, sandbox.only_stdout(&["presets"]));
    assert!(list.lines().any(|line| line.starts_with("dcgan  ")), "{list}");
    let shown = sandbox.only_stdout(&["presets", "show", "dcgan"]);
    assert!(
        shown.contains("// generator: 726,401 parameters, of them 726,209 trainable\n"),
        "{shown}"
    );
    assert!(
        shown.contains("// discriminator: 393,729 parameters, of them 392,833 trainable\n"),
        "{shown}"
    );
    sandbox.write("mine.ron", shown);
    assert_eq!(
        sandbox.only_stdout(&["presets", "check", "mine.ron", "quick"]),
        "mine.ron: good, preset dcgan\nquick: good, preset quick\n"
    );
    assert_eq!(
        sandbox.only_stdout(&["presets", "diff", "mine.ron", "dcgan"]),
        "mine.ron and dcgan do not differ\n"
    );
    let diff = sandbox.only_stdout(&["presets", "diff", "dcgan", "quick"]);
    assert!(
        diff.starts_with("field ")
            && diff.contains("\ngenerator.learning_rate      0.0002   0.0008\n"),
        "{diff}"
    );
    assert!(
        sandbox
            .only_stdout(&["presets", "fields"])
            .contains("| `batch` | whole number | images | a whole number from 1 to 1024 | `32` |")
    );
}

#[test]
fn presets_in_the_users_folder_have_names() {
    let sandbox = Sandbox::empty();
    sandbox.write(
        "gan-tui/presets/night.ron",
        "(name: \"night\", description: \"Long\", iterations: 3, batch: 2)",
    );
    sandbox.write("gan-tui/presets/quick.ron", "(name: \"quick\", description: \"Quicker\")");
    let list = sandbox.only_stdout(&["presets"]);
    let file = |name: &str| sandbox.path().join("gan-tui/presets").join(name).display().to_string();
    assert!(list.contains(&format!("night        Long  ({})\n", file("night.ron"))), "{list}");
    assert!(list.contains(&format!("quick        Quicker  ({})\n", file("quick.ron"))), "{list}");
    let rows: serde_json::Value =
        serde_json::from_str(&sandbox.only_stdout(&["presets", "list", "--json"])).unwrap();
    assert_eq!(
        (rows[7]["name"].as_str(), rows[7]["file"].as_str()),
        (Some("night"), Some(file("night.ron").as_str()))
    );
    assert!(rows[0]["file"].is_null() && rows[0]["default"].as_bool() == Some(true));
    let said = sandbox.only_stdout(&[
        "train",
        "--preset",
        "night",
        "--data",
        "synthetic",
        "--iterations",
        "1",
        "--out",
        "run",
    ]);
    assert!(said.starts_with("preset night: 1 iterations of batch 2"), "{said}");
    sandbox.assert_error(
        &["train", "--preset", "nigth"],
        1,
        "no preset named `nigth`; did you mean `night`?",
    );

    sandbox.write("gan-tui/presets/night.ron", "(batch: 0)");
    let output = sandbox.run(&["presets", "list"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.ends_with("night.ron:1:9: batch: expected a whole number from 1 to 1024, found 0\n"),
        "{said}"
    );
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stdout).unwrap().lines().count()),
        (Some(1), 7),
        "the others are listed"
    );
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

/// What is fetched goes by the proxy that the environment names.
#[test]
fn fetching_goes_by_the_proxy() {
    use std::io::{BufRead, BufReader, Write};

    let sandbox = Sandbox::empty();
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let mut stream = proxy.accept().unwrap().0;
        let mut first = String::new();
        BufReader::new(&stream).read_line(&mut first).unwrap();
        let _ = stream
            .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        first
    });
    let words = [
        "data",
        "fetch",
        "mnist",
        "--mirror",
        "http://mirror.invalid/mnist/",
        "--to",
        "new",
        "--quiet",
    ];
    let mut command = sandbox.command(&words);
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
    ] {
        command.env_remove(name);
    }
    let output = command.env("http_proxy", format!("http://{address}")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let first = asked.join().unwrap();
    assert!(first.contains("mirror.invalid"), "{first}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let sandbox = Sandbox::empty();
    let mut child = sandbox
        .command(&["presets", "show", "dcgan"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn completions_and_manual_pages_know_the_commands() {
    let sandbox = Sandbox::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(sandbox.only_stdout(&["completions", shell]).contains("presets"), "{shell}");
    }
    assert!(sandbox.only_stdout(&["man"]).starts_with(".ie"));
    sandbox.only_stdout(&["man", "--dir", "pages"]);
    assert!(
        fs::read_to_string(sandbox.path().join("pages/gan-tui-train.1"))
            .unwrap()
            .contains("iterations")
    );
}
