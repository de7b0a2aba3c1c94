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

/// A kernel path, and the SHA-256 of checkpoint 8 and of frame 8.
const RESUMED: [(Kernels, &str, &str); 3] = [
    (
        Kernels::Portable,
        "c523ef96b85b72e4a877b1c733495da4c540ba3fbc92b2c4d3c2af31ad3d3d00",
        "c77d957f81f72e4ec8b84528f6b8a4358def823b5a19b220f305535f2dfe311b",
    ),
    (
        Kernels::Avx2,
        "15856deeefbd50f5101e42f3006656decc8eb5933b568129939282c6ebb8abff",
        "ebc0b73f430d0ed4a12d794225202867ad7c042f620bce89a6e12a20ce442aba",
    ),
    (
        Kernels::Avx512,
        "bfc28ff42e5247b0e6b8389dcd422bfc842861c1bae818108985235d64a1bb45",
        "e16f2c78ce160c84b3e443e1d3fbab8095886277fae47af4bd5d6f8b5c5f347d",
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
    terminal.shows("Fresh samples · iteration 4");
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
fn a_former_releases_run_is_resumed_to_the_same_bytes() {
    let available = RESUMED.into_iter().filter(|(kernels, ..)| kernels.is_available());
    for (kernels, checkpoint, frame) in available {
        let sandbox = former_run();
        let words = ["resume", "run", "--headless", "--quiet", "--iterations", "8"];
        let output = sandbox.command(&words).env(VARIABLE, kernels.name()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
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
