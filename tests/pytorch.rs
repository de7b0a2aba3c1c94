//! PyTorch loads a checkpoint and draws what we draw. Needs a Python with torch, numpy and
//! safetensors: `python3`, or the program that `GAN_TUI_PYTHON` names; without them the test says
//! that it skips.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::process::Command;

use gan_tui_core::preset::{Model, Preset};
use gan_tui_engine::train::{profiler::Profiler, sampling::TrainedGenerator, trainer};
use gan_tui_store::{export::npy, run::checkpoint};

#[test]
fn pytorch_draws_the_same_images_from_a_checkpoint() {
    let python = std::env::var("GAN_TUI_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import torch, numpy, safetensors"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: {python} has no torch, numpy and safetensors; GAN_TUI_PYTHON may name one that has"
        );
        return;
    }
    let digits = gan_tui_engine::dataset::synthetic::dataset(1, 64, &mut |_| ());
    let folder = tempfile::tempdir().unwrap();
    for (model, latent) in [(Model::Dcgan, 100), (Model::DcganSmall, 64)] {
        let preset = Preset { model, latent, batch: 4, ..Preset::default() };
        let mut training = trainer::build(&preset).unwrap();
        // A few iterations, so that no running statistic and no bias is what it began as.
        for iteration in 1..=3 {
            training.step(iteration, &digits, &mut Profiler::start()).unwrap();
        }
        let snapshot = training.snapshot(3);
        let path = |name: &str| folder.path().join(name);
        checkpoint::save(&path("3.safetensors"), &snapshot).unwrap();
        let sampler = TrainedGenerator::new(&snapshot, 2).unwrap();
        let latents = sampler.latents(1, 10, None);
        std::fs::write(path("latents.npy"), npy::write_latents(latent, &latents)).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read_checkpoint.py");
        let names = ["3.safetensors", "latents.npy", "images.npy"].map(path);
        let output = Command::new(&python).arg(script).args(&names).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // (10, 28, 28) read as rows of 784 numbers.
        let theirs = std::fs::read(path("images.npy")).unwrap();
        let theirs = theirs[theirs.len() - 10 * 784 * 4..]
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        let ours = sampler.values(&latents);
        let distance = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(distance < 1e-4, "{}: {distance:e} apart", snapshot.model);
    }
}
