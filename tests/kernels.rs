//! The real program on every kernel path this processor has: the checkpoint's bytes are the same
//! for every number of threads.
#![allow(clippy::unwrap_used)]

use std::{fs, path::Path as File};

use assert_cmd::Command;
use gan_tui_engine::nn::kernels::{Path, VARIABLE};

/// Twenty images in a folder, as IDX.
fn images(folder: &File) {
    let header = [0x803u32, 20, 28, 28].map(u32::to_be_bytes).concat();
    let pixels = (0..20 * 28 * 28).map(|index: u32| (index.wrapping_mul(2_654_435_761) >> 9) as u8);
    fs::create_dir(folder).unwrap();
    fs::write(
        folder.join("train-images-idx3-ubyte"),
        header.into_iter().chain(pixels).collect::<Vec<u8>>(),
    )
    .unwrap();
}

/// Trains two iterations of the small convolutional networks on a batch of three; the checkpoint's
/// bytes.
fn checkpoint(folder: &File, path: Path, threads: usize) -> Vec<u8> {
    let out = folder.join(format!("{}-{threads}", path.name()));
    Command::cargo_bin("gan-tui")
        .unwrap()
        .env(VARIABLE, path.name())
        .args([
            "train",
            "--preset",
            "dcgan-small",
            "--iterations",
            "2",
            "--batch",
            "3",
            "--quiet",
            "--data",
        ])
        .arg(folder.join("images"))
        .args(["--threads", &threads.to_string(), "--out"])
        .arg(&out)
        .assert()
        .success();
    let manifest = fs::read_to_string(out.join("run.json")).unwrap();
    assert!(manifest.contains(&format!("\"{}\"", path.name())), "the path is recorded: {manifest}");
    fs::read(out.join("checkpoints/00000002.safetensors")).unwrap()
}

#[test]
fn threads_change_no_byte_on_any_path() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"));
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        let one = checkpoint(folder.path(), path, 1);
        for threads in [2, 4] {
            assert!(
                one == checkpoint(folder.path(), path, threads),
                "{} with {threads} threads",
                path.name()
            );
        }
    }
}
