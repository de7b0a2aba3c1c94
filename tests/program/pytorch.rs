//! PyTorch loads a checkpoint and draws the same images.

use gan_tui_core::preset::{Model, Preset};
use gan_tui_engine::train::{profiler::Profiler, sampling::TrainedGenerator, trainer};
use gan_tui_store::{export::npy, run::checkpoint};
use gan_tui_testing::{Sandbox, need, needs};

#[test]
fn pytorch_draws_the_same_images_from_a_checkpoint() {
    need!(needs::python(&["torch", "numpy", "safetensors"]));
    let digits = gan_tui_data::synthetic::dataset(1, 64, &mut |_| ());
    let sandbox = Sandbox::empty();
    for (model, latent) in [(Model::Dcgan, 100), (Model::DcganSmall, 64)] {
        let preset = Preset { model, latent, batch: 4, ..Preset::default() };
        let mut training = trainer::build(&preset, &[]).unwrap();
        // A few iterations, so that no running statistic and no bias is what it began as.
        for iteration in 1..=3 {
            training.step(iteration, &digits, &mut Profiler::start()).unwrap();
        }
        let snapshot = training.snapshot(3);
        let path = |name: &str| sandbox.join(name);
        checkpoint::save(&path("3.safetensors"), &snapshot).unwrap();
        let sampler = TrainedGenerator::new(&snapshot, 2).unwrap();
        let latents = sampler.latents(1, 10, None);
        std::fs::write(path("latents.npy"), npy::write_latents(latent, &latents)).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/read_checkpoint.py");
        let names = ["3.safetensors", "latents.npy", "images.npy"].map(path);
        let mut python = needs::python(&[]).unwrap();
        let output = python.arg(script).args(&names).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // (10, 28, 28) read as rows of 784 numbers.
        let theirs = std::fs::read(path("images.npy")).unwrap();
        let theirs = theirs[theirs.len() - 10 * 784 * 4..]
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        let ours = sampler.values(&latents).unwrap();
        let distance = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(distance < 1e-4, "{}: {distance:e} apart", snapshot.model);
    }
}
