//! The built program as a person or a script meets it: what each bad input is told, and with which
//! exit status.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use assert_cmd::cargo::cargo_bin;
use gan_tui_core::event::{NamedTensor, Snapshot};
use gan_tui_engine::nn::kernels::Path as Kernels;
use gan_tui_store::{export::npy, run::checkpoint};
use tempfile::TempDir;

/// The program in a folder of its own, without the user's configuration, data and terminal.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(cargo_bin("gan-tui"));
        command.args(words).current_dir(self.path()).stdin(Stdio::null());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME"] {
            command.env(name, self.path());
        }
        command.env_remove("NO_COLOR").env("TERM", "xterm-256color");
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// The program says nothing on stdout, `line` on stderr, and ends with `status`.
    #[track_caller]
    fn refuses(&self, words: &[&str], status: i32, line: &str) {
        let output = self.run(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("error: {line}\n"), "{words:?}");
        assert_eq!(output.status.code(), Some(status), "{words:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "{words:?}");
    }

    /// The program fails with one line on stderr that holds `part`; the line.
    #[track_caller]
    fn fails_with(&self, words: &[&str], part: &str) -> String {
        let output = self.run(words);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(
            said.starts_with("error: ") && said.ends_with('\n') && said.lines().count() == 1,
            "{words:?}: {said}"
        );
        assert!(said.contains(part), "{words:?}: {said}");
        said
    }

    /// What the program says on stdout; it ends well and says nothing else.
    #[track_caller]
    fn says(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{words:?}");
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn wrong_usage_is_one_line_and_2() {
    let place = Place::new();
    place.refuses(&["trian"], 2, "unrecognized subcommand 'trian'; a similar subcommand exists: 'train'; see `gan-tui --help`");
    place.refuses(
        &["train", "--presett", "quick"],
        2,
        "unexpected argument '--presett' found; a similar argument exists: '--preset'; see `gan-tui train --help`",
    );
    place.refuses(
        &["train", "--batch", "0"],
        2,
        "invalid value '0' for '--batch <N>': expected a whole number from 1 to 1024; see `gan-tui train --help`",
    );
    place.refuses(
        &["train", "--minutes", "-1"],
        2,
        "invalid value '-1' for '--minutes <M>': expected a number above 0 and up to 525600; see `gan-tui train --help`",
    );
    place.refuses(
        &["train", "--minutes", "nan"],
        2,
        "invalid value 'nan' for '--minutes <M>': expected a number above 0 and up to 525600; see `gan-tui train --help`",
    );
}

#[test]
fn presets_that_are_no_good_are_told_by_place_and_field() {
    let place = Place::new();
    place.refuses(
        &["train", "--preset", "dcgna"],
        1,
        "no preset named `dcgna`; did you mean `dcgan`?",
    );
    place.refuses(
        &["train", "--preset", "none.ron"],
        1,
        "cannot read preset none.ron: no such file or directory",
    );
    place.write("bad.ron", "(\n    batch: 0,\n)");
    let line = "bad.ron:2:12: batch: expected a whole number from 1 to 1024, found 0";
    place.refuses(&["train", "--preset", "bad.ron"], 1, line);
    place.refuses(&["presets", "show", "bad.ron"], 1, line);
    place.refuses(&["presets", "check", "bad.ron"], 1, line);
    place.write("far.ron", "(latent: 99)");
    place.refuses(
        &["presets", "check", "far.ron"],
        1,
        "far.ron:1:10: latent: expected 64 or 100 for model Dcgan, found 99",
    );
    assert!(!place.path().join("runs").exists(), "nothing is left behind");
}

#[test]
fn data_that_is_not_there_or_not_what_it_says_is_told() {
    let place = Place::new();
    let train = |data: &'static str| ["train", "--iterations", "1", "--out", "run", "--data", data];
    place.refuses(
        &train("mnits"),
        1,
        "no dataset and no folder named `mnits`; did you mean `mnist`?",
    );
    fs::create_dir(place.path().join("empty")).unwrap();
    place.fails_with(&train("empty"), "empty");
    place.fails_with(&train("kmnist"), "kmnist");
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    images.resize(16 + 2 * 784, 7);
    place.write("short/train-images-idx3-ubyte", &images[..1000]);
    place.fails_with(&train("short"), "train-images-idx3-ubyte");
    images[3] = 1;
    place.write("magic/train-images-idx3-ubyte", &images);
    place.fails_with(&train("magic"), "train-images-idx3-ubyte");
    place.write("gzip/train-images-idx3-ubyte", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    place.fails_with(&train("gzip"), "gzip");
    assert!(!place.path().join("run").exists(), "a run that never began leaves nothing");
}

#[test]
fn a_run_directory_is_never_written_over() {
    let place = Place::new();
    place.write("taken/notes.txt", "mine");
    let line = place.fails_with(&["train", "--iterations", "1", "--out", "taken"], "taken");
    assert!(line.contains("not empty"), "{line}");
    assert_eq!(fs::read_dir(place.path().join("taken")).unwrap().count(), 1);
    place.write("file", "");
    place.fails_with(&["train", "--iterations", "1", "--out", "file"], "file");
    place.fails_with(&["train", "--iterations", "1", "--out", "file/run"], "file/run");
}

#[test]
fn without_a_terminal_the_monitor_says_what_does_without() {
    let line =
        "the monitor needs a terminal on standard input and output; `gan-tui train` does without";
    Place::new().refuses(&[], 1, line);
}

#[test]
fn what_is_no_run_and_no_checkpoint_is_told() {
    let place = Place::new();
    for command in [["sample", "nowhere"], ["export", "nowhere"]] {
        place.refuses(&command, 1, "cannot open nowhere: no such file or directory");
    }
    fs::create_dir(place.path().join("empty")).unwrap();
    place.refuses(
        &["sample", "empty"],
        1,
        "empty is no run and no checkpoint: expected a folder with run.json or a .safetensors file",
    );
    place.write("broken.safetensors", [0; 20]);
    place.fails_with(&["sample", "broken.safetensors"], "broken.safetensors");
    assert_eq!(place.says(&["runs"]), "no runs in runs\n");
    assert_eq!(place.says(&["runs", "--json"]), "[]\n");
}

#[test]
fn a_checkpoint_of_another_architecture_is_told() {
    let place = Place::new();
    let path = place.path().join("other.safetensors");
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
    place.fails_with(&["sample", "other.safetensors"], "generator.");
    checkpoint::save(&path, &Snapshot { model: "transformer".into(), ..snapshot }).unwrap();
    place.fails_with(&["sample", "other.safetensors"], "transformer");
}

/// One run, looked at from all sides: training is what takes the time here.
#[test]
fn a_run_is_trained_sampled_listed_and_exported() {
    let place = Place::new();
    let said = place.says(&[
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
        assert!(place.path().join("run").join(file).is_file(), "{file}");
    }
    let preset = fs::read_to_string(place.path().join("run/preset.ron")).unwrap();
    assert!(preset.contains("batch: 2,") && preset.contains("data: Synthetic,"), "{preset}");

    let listed = place.says(&["runs", "."]);
    assert!(listed.contains("./run  finished  quick         2/2"), "{listed}");
    assert!(place.says(&["runs", ".", "--json"]).contains("\"state\": \"finished\""));

    let checkpoint = "run/checkpoints/00000002.safetensors";
    for (out, begins) in [
        ("s.png", &b"\x89PNG"[..]),
        ("s.npy", b"\x93NUMPY"),
        ("s.gif", b"GIF89a"),
        ("s.txt", b""),
        ("s.ans", b""),
    ] {
        let said = place.says(&["sample", checkpoint, "--count", "3", "--out", out]);
        assert_eq!(said, format!("{out}: 3 images of iteration 2\n"));
        let bytes = fs::read(place.path().join(out)).unwrap();
        assert!(bytes.starts_with(begins) && bytes.len() > 100, "{out}");
    }
    assert_eq!(
        place.says(&["sample", "run", "--count", "1", "--glyphs", "ascii"]).lines().count(),
        8
    );
    let first = fs::read(place.path().join("s.npy")).unwrap();
    place.says(&["sample", "run", "--count", "5", "--out", "t.npy"]);
    let more = fs::read(place.path().join("t.npy")).unwrap();
    assert_eq!(
        first[128..],
        more[128..128 + 3 * 784],
        "the first images are the same for every count"
    );

    place.write("wrong.npy", npy::write_latents(99, &[0.0; 99]));
    place.refuses(
        &["sample", "run", "--latents", "wrong.npy"],
        1,
        "wrong.npy: expected float32 of shape (n, 100), found float32 of shape (1, 99)",
    );
    place.write("not.npy", "hello");
    place.fails_with(&["sample", "run", "--latents", "not.npy"], "not.npy");
    place.fails_with(&["sample", "run", "--out", "s.jpg"], "s.jpg: expected a name that ends in ");
    place.refuses(
        &["sample", "run", "--out", "none/s.png"],
        1,
        "cannot write none/s.png: no such folder",
    );

    place.refuses(
        &["export", "./rnu"],
        1,
        "cannot open ./rnu: no such file or directory; did you mean `./run`?",
    );
    assert!(place.says(&["export", "run"]).starts_with("run.gif: GIF, 2 frames, "));
    assert!(
        place
            .says(&["export", "run", "--out", "last.png", "--scale", "2"])
            .starts_with("last.png: PNG, 1 frame, ")
    );
    place.fails_with(&["export", "run", "--from", "3"], "no frames from iteration 3");
    place.fails_with(&["train", "--out", "run"], "already holds a run");
}

/// A run that was interrupted and one that was not end with the same bytes.
#[test]
fn a_resumed_run_ends_as_the_uninterrupted_one() {
    let place = Place::new();
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
    assert_eq!(place.says(&words("3", "whole")), "");
    place.says(&words("1", "parts"));
    place.refuses(
        &["resume", "parts", "--headless"],
        1,
        "run parts is at iteration 1 of 1: nothing is left to do; --iterations N makes it longer",
    );
    let said = place.says(&["resume", "parts", "--headless", "--iterations", "3"]);
    assert!(said.contains("finished after iteration 3, "), "{said}");
    let checkpoint = |run: &str| {
        fs::read(place.path().join(run).join("checkpoints/00000003.safetensors")).unwrap()
    };
    assert!(checkpoint("whole") == checkpoint("parts"));
    assert_eq!(
        fs::read_to_string(place.path().join("parts/metrics.jsonl")).unwrap().lines().count(),
        3
    );

    place.refuses(
        &["resume", "nowhere", "--headless"],
        1,
        "cannot open nowhere: no such file or directory",
    );
    place.refuses(
        &["resume", "parts"],
        1,
        "the monitor needs a terminal on standard input and output; --headless does without",
    );
    assert_eq!(
        place.run(&["resume", "parts", "--quiet"]).status.code(),
        Some(2),
        "it says nothing without --headless"
    );
    assert_eq!(
        place.run(&["resume", "parts", "--from", "1"]).status.code(),
        Some(2),
        "and a branch needs a place of its own"
    );
    assert_eq!(
        place.run(&["resume", "parts", "--headless", "--glyphs", "half"]).status.code(),
        Some(2)
    );
}

#[test]
fn signals_save_and_end_a_run_with_their_status() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let place = Place::new();
        let words = ["train", "--batch", "1", "--data", "synthetic", "--out", "run"];
        let mut child =
            place.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let metrics = place.path().join("run/metrics.jsonl");
        while fs::metadata(&metrics).map_or(0, |found| found.len()) == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            thread::sleep(Duration::from_millis(20));
        }
        assert!(
            Command::new("kill")
                .args(["-s", signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{signal}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{signal}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.lines().last().unwrap().starts_with("stopped after iteration "), "{said}");
        assert_eq!(fs::read_dir(place.path().join("run/checkpoints")).unwrap().count(), 1);
        assert!(
            fs::read_to_string(place.path().join("run/run.json"))
                .unwrap()
                .contains("\"state\": \"stopped\"")
        );
    }
}

#[test]
fn presets_are_listed_shown_and_checked() {
    let place = Place::new();
    let list = place.says(&["presets", "list"]);
    assert_eq!(list, place.says(&["presets"]));
    assert!(list.lines().any(|line| line.starts_with("dcgan  ")), "{list}");
    let shown = place.says(&["presets", "show", "dcgan"]);
    assert!(
        shown.contains("// generator: 726,401 parameters, of them 726,209 trainable\n"),
        "{shown}"
    );
    assert!(
        shown.contains("// discriminator: 393,729 parameters, of them 392,833 trainable\n"),
        "{shown}"
    );
    place.write("mine.ron", shown);
    assert_eq!(
        place.says(&["presets", "check", "mine.ron", "quick"]),
        "mine.ron: good, preset dcgan\nquick: good, preset quick\n"
    );
    assert_eq!(
        place.says(&["presets", "diff", "mine.ron", "dcgan"]),
        "mine.ron and dcgan do not differ\n"
    );
    let diff = place.says(&["presets", "diff", "dcgan", "quick"]);
    assert!(
        diff.starts_with("field ")
            && diff.contains("\ngenerator.learning_rate      0.0002   0.0008\n"),
        "{diff}"
    );
    assert!(
        place
            .says(&["presets", "fields"])
            .contains("| `batch` | whole number | images | a whole number from 1 to 1024 | `32` |")
    );
}

#[test]
fn presets_in_the_users_folder_have_names() {
    let place = Place::new();
    place.write(
        "gan-tui/presets/night.ron",
        "(name: \"night\", description: \"Long\", iterations: 3, batch: 2)",
    );
    place.write("gan-tui/presets/quick.ron", "(name: \"quick\", description: \"Quicker\")");
    let list = place.says(&["presets"]);
    let file = |name: &str| place.path().join("gan-tui/presets").join(name).display().to_string();
    assert!(list.contains(&format!("night        Long  ({})\n", file("night.ron"))), "{list}");
    assert!(list.contains(&format!("quick        Quicker  ({})\n", file("quick.ron"))), "{list}");
    let rows: serde_json::Value =
        serde_json::from_str(&place.says(&["presets", "list", "--json"])).unwrap();
    assert_eq!(
        (rows[7]["name"].as_str(), rows[7]["file"].as_str()),
        (Some("night"), Some(file("night.ron").as_str()))
    );
    assert!(rows[0]["file"].is_null() && rows[0]["default"].as_bool() == Some(true));
    let said = place.says(&[
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
    place.refuses(
        &["train", "--preset", "nigth"],
        1,
        "no preset named `nigth`; did you mean `night`?",
    );

    place.write("gan-tui/presets/night.ron", "(batch: 0)");
    let output = place.run(&["presets", "list"]);
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
    let place = Place::new();
    let words = "train --preset mlp --iterations 1 --batch 2 --data synthetic --quiet";
    let told = |more: &str| {
        let pty =
            portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
        let mut command = portable_pty::CommandBuilder::new(cargo_bin("gan-tui"));
        command.args(words.split(' ').chain(more.split(' ')));
        command.cwd(place.path());
        command.env("HOME", place.path());
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
    assert_eq!(place.says(&elsewhere), "", "nobody is told where there is no terminal");
}

/// Kernels that are asked for and not there are no reason to compute with others.
#[test]
fn kernels_that_cannot_run_are_refused_before_anything_is_made() {
    let place = Place::new();
    let refused = |kernels: &str, words: &[&str]| {
        let output = place.command(words).env("GAN_TUI_KERNELS", kernels).output().unwrap();
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
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing was made");
    // What computes nothing does not care.
    let output =
        place.command(&["presets", "list"]).env("GAN_TUI_KERNELS", "sse2").output().unwrap();
    assert!(output.status.success());
}

/// What is fetched goes by the proxy that the environment names.
#[test]
fn fetching_goes_by_the_proxy() {
    use std::io::{BufRead, BufReader, Write};

    let place = Place::new();
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
    let mut command = place.command(&words);
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
    let place = Place::new();
    let mut child = place
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
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.says(&["completions", shell]).contains("presets"), "{shell}");
    }
    assert!(place.says(&["man"]).starts_with(".ie"));
    place.says(&["man", "--dir", "pages"]);
    assert!(
        fs::read_to_string(place.path().join("pages/gan-tui-train.1"))
            .unwrap()
            .contains("iterations")
    );
}
