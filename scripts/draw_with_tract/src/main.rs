//! Draws images with an exported generator by tract: raw float32 numbers in native byte order,
//! latents on stdin, images on stdout.
//!
//!     draw-with-tract GENERATOR.onnx COUNT [LABEL...] < latents > images
//!
//! Labels, one for each latent, are for class-conditional generators.

use std::{
    env,
    io::{Read as _, Write as _, stdin, stdout},
};

use anyhow::{Context as _, ensure};
use tract_onnx::prelude::*;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().context("expected GENERATOR.onnx")?;
    let count: usize = arguments.next().context("expected COUNT")?.parse()?;
    let labels: Vec<i64> = arguments.map(|label| label.parse()).collect::<Result<_, _>>()?;
    let mut bytes = Vec::new();
    stdin().read_to_end(&mut bytes)?;
    let latents: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|four| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    ensure!(count > 0 && latents.len() % count == 0, "expected {count} latents on stdin");
    let generator = tract_onnx::onnx().model_for_path(path)?.into_optimized()?.into_runnable()?;
    let mut inputs =
        tvec![Tensor::from_shape(&[count, latents.len() / count], &latents)?.into_tvalue()];
    if !labels.is_empty() {
        inputs.push(Tensor::from_shape(&[labels.len()], &labels)?.into_tvalue());
    }
    let images = generator.run(inputs)?.remove(0);
    let numbers = images.to_plain_array_view::<f32>()?;
    let drawn: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    stdout().write_all(&drawn)?;
    Ok(())
}
