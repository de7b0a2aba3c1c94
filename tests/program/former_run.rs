//! A run that the former release recorded can be replayed, exported, scored and resumed, and its
//! continuation has the bytes that the former release itself wrote.
//!
//! `fixtures/former-run` is a run of `dcgan-small` by gan-tui 0.1.0: four iterations of batch 2 with
//! portable kernels. The numbers of its checkpoint were then rounded to powers of two and the
//! checksum made anew, so that it compresses from 3.9 MB to 0.6 MB. The former release resumed it
//! to iteration 8 with each kernel path; [`RESUMED`] has the SHA-256 of what it wrote.

use std::{fs, io::Read, path::Path};

use flate2::read::GzDecoder;
use gan_tui_kernels::{Path as Kernels, VARIABLE};
use gan_tui_testing::{Sandbox, Terminal};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A kernel path, and the SHA-256 of checkpoint 8 and of frame 8, as the kernels of today continue
/// it: those of the former release added in another order.
const RESUMED: [(Kernels, &str, &str); 3] = [
    (
        Kernels::Portable,
        "5f41696a9f31299c5efab0dda6790bfc3529af8c74882f729b11313ec1437a35",
        "75399695fbca72b309b5b42df43382f247576d1d9e26d128c69189b2a0a7ddb8",
    ),
    (
        Kernels::Avx2,
        "dd36c74dbc0e4d2c8a2e1f123e2d346b54c779c1ce382459fade0adf5fe443d5",
        "8dafb3a442ad09589e1ced0cbb312cbf2481f9745b3a5fb89816b1ab49f0a68a",
    ),
    (
        Kernels::Avx512,
        "2d09aabe8bf21dd3f675ad792a8e208fbb6621bff5a16cd0f98cc1ab53dadc84",
        "d579a5f57e5354c5e8a4f38cdada459be177b20a59dc5be613d0e2b2eda4d303",
    ),
];

const FILES: [&str; 6] = [
    "run.json",
    "preset.ron",
    "metrics.jsonl",
    "frames/00000000.png",
    "frames/00000001.png",
    "frames/00000004.png",
];

/// Returns a sandbox with the data that the run learned from and the run, in `run`.
fn former_run() -> Sandbox {
    let sandbox = Sandbox::new("");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/former-run");
    for name in FILES {
        sandbox.write(Path::new("run").join(name), fs::read(fixture.join(name)).unwrap());
    }
    let preset = fs::read_to_string(fixture.join("preset.ron")).unwrap();
    let shapes = sandbox.join("shapes").display().to_string();
    sandbox.write("run/preset.ron", preset.replace("/tmp/w/tests/former/shapes", &shapes));
    let packed = fs::File::open(fixture.join("checkpoints/00000004.safetensors.gz")).unwrap();
    let mut checkpoint = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut checkpoint).unwrap();
    sandbox.write("run/checkpoints/00000004.safetensors", checkpoint);
    sandbox
}

#[test]
fn a_former_releases_run_is_replayed() {
    let sandbox = former_run();
    let mut terminal = Terminal::start(&sandbox, &["replay", "run", "--speed", "100"]);
    terminal.shows("finished");
    assert_eq!(terminal.iteration(), 4);
    terminal.press("sss");
    terminal.wait("fresh samples", |text| {
        text.contains("Fresh samples · ") && text.contains("iteration 4")
    });
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

#[test]
fn a_former_releases_run_is_listed_exported_and_scored() {
    let sandbox = former_run();
    assert!(sandbox.only_stdout(&["runs", "."]).contains("./run  finished  small         4/4"));
    for (out, start) in [("a.gif", &b"GIF89a"[..]), ("a.png", b"\x89PNG"), ("a.csv", b"iteration")]
    {
        sandbox.only_stdout(&["export", "run", "--out", out]);
        assert!(fs::read(sandbox.join(out)).unwrap().starts_with(start), "{out}");
    }
    // A header and four iterations.
    assert_eq!(fs::read_to_string(sandbox.join("a.csv")).unwrap().lines().count(), 5);
    let report = sandbox.only_stdout(&["score", "run", "--count", "100", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["iteration"], &report["samples"]), (&4.into(), &100.into()));
}

#[test]
fn a_former_releases_run_is_resumed_always_alike_and_other_kernels_are_told() {
    let available = RESUMED.into_iter().filter(|(kernels, ..)| kernels.is_available());
    for (kernels, checkpoint, frame) in available {
        let sandbox = former_run();
        let words = ["resume", "run", "--headless", "--iterations", "8"];
        let output = sandbox.command(&words).env(VARIABLE, kernels.name()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert!(told.contains("whose kernels add in another order"), "{told}");
        for (name, expected) in
            [("checkpoints/00000008.safetensors", checkpoint), ("frames/00000008.png", frame)]
        {
            let hash = Sha256::digest(fs::read(sandbox.join("run").join(name)).unwrap());
            let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, expected, "{name} with {} kernels", kernels.name());
        }
        assert_eq!(sandbox.iteration("run"), 8);
    }
}

/// Returns a sandbox with a folder of drawings and a run on it, in `run`.
///
/// `fixtures/former-pictures` was recorded by gan-tui 0.1.0, whose reader of pictures is the first,
/// and killed before its first checkpoint: drawings of several sizes on paper, grey of 8 and of 16
/// bits, a palette, colours and transparency, in folders called `3` and `07`.
fn former_run_on_pictures() -> Sandbox {
    let sandbox = Sandbox::empty();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/former-pictures");
    for name in ["3/a.png", "3/b.png", "3/f.PNG", "07/c.png", "07/d.png", "07/e.png"] {
        let name = Path::new("drawings").join(name);
        sandbox.write(&name, fs::read(fixture.join(&name)).unwrap());
    }
    for name in ["run/run.json", "run/metrics.jsonl"] {
        sandbox.write(name, fs::read(fixture.join(name)).unwrap());
    }
    let preset = fs::read_to_string(fixture.join("run/preset.ron")).unwrap();
    let drawings = sandbox.join("drawings").display().to_string();
    sandbox.write("run/preset.ron", preset.replace("/recorded/drawings", &drawings));
    fs::create_dir_all(sandbox.join("run/checkpoints")).unwrap();
    fs::create_dir_all(sandbox.join("run/frames")).unwrap();
    sandbox
}

#[test]
fn a_former_releases_run_on_pictures_is_resumed_with_the_same_pixels() {
    let sandbox = former_run_on_pictures();
    let manifest = |run: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(sandbox.join(run).join("run.json")).unwrap())
            .unwrap()
    };
    let preset = |run: &str| fs::read_to_string(sandbox.join(run).join("preset.ron")).unwrap();
    let recorded = manifest("run")["dataset"]["sha256"].clone();
    assert!(recorded.is_string() && !preset("run").contains("reader"));
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "2"]);
    let resumed = manifest("run")["dataset"].clone();
    assert_eq!((&resumed["sha256"], &resumed["count"]), (&recorded, &6.into()));
    assert_eq!(resumed["classes"].as_array().unwrap().len(), 8, "07 is the class 7, as it was");
    assert!(preset("run").contains("    reader: 0,"), "{}", preset("run"));
    // A requeued job has not said which reader, and takes the run's; for a new run it is the newest.
    let words = [
        "train", "--preset", "mlp", "--data", "drawings", "--batch", "2", "--seed", "5", "--quiet",
    ];
    let train = |more: &[&str]| sandbox.stdout(&[&words[..], more].concat());
    train(&["--iterations", "3", "--out", "run", "--resume-auto"]);
    assert_eq!(manifest("run")["dataset"]["sha256"], recorded);
    train(&["--iterations", "1", "--out", "new"]);
    assert!(preset("new").contains("    reader: 2,"), "{}", preset("new"));
    let new = manifest("new")["dataset"].clone();
    assert_eq!(new["classes"], serde_json::json!(["07", "3"]));
    assert_ne!(new["sha256"], recorded);
}
