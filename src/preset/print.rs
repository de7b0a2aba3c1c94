//! A preset as a commented RON file with every field written out.

use std::fmt::Write;

use super::{Adam, Data, Preset};

pub(super) fn ron(preset: &Preset) -> String {
    let mut text = String::from("(\n");
    let mut field = |comment: &str, name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = write!(text, "    // {comment}\n    {name}: {value},\n");
    };
    field("One word, as --preset takes it.", "name", quoted(&preset.name));
    field("One sentence.", "description", quoted(&preset.description));
    field("The architecture.", "model", format!("{:?}", preset.model));
    field("Length of a latent.", "latent", preset.latent.to_string());
    field("Auto, Synthetic, Mnist, FashionMnist, Kmnist or Folder(\"path\").", "data", data(&preset.data));
    field("Images in a batch.", "batch", preset.batch.to_string());
    field("Iterations of a whole run.", "iterations", preset.iterations.to_string());
    field("Everything random is a function of the seed.", "seed", preset.seed.to_string());
    field("Dropout rate of the discriminator's blocks; 0 switches it off.", "dropout", real(preset.dropout));
    field("Adam of the generator.", "generator", adam(preset.generator));
    field("Adam of the discriminator.", "discriminator", adam(preset.discriminator));
    field("Iterations between two frames of the fixed latents.", "frame_every", preset.frame_every.to_string());
    field("Iterations between two checkpoints.", "checkpoint_every", preset.checkpoint_every.to_string());
    field("How many of the newest checkpoints stay.", "keep_checkpoints", preset.keep_checkpoints.to_string());
    text.push_str(")\n");
    text
}

fn adam(adam: Adam) -> String {
    let (rate, beta1, beta2, epsilon) = (real(adam.learning_rate), real(adam.beta1), real(adam.beta2), real(adam.epsilon));
    format!("(\n        learning_rate: {rate},\n        beta1: {beta1},\n        beta2: {beta2},\n        epsilon: {epsilon},\n    )")
}

fn data(data: &Data) -> String {
    match data {
        Data::Folder(path) => format!("Folder({})", quoted(&path.to_string_lossy())),
        named => format!("{named:?}"),
    }
}

/// The shortest text that reads back to the same number.
fn real(value: f32) -> String {
    format!("{value:?}")
}

/// A RON string with its escapes.
fn quoted(text: &str) -> String {
    ron::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::preset::fields::{DROPOUT, EPSILON};

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            folder in "\\PC{1,20}", seed: u64, epsilon: f32, dropout in 0.0f32..1.0, description in "[ -~äß\"\\\\]{0,40}",
        ) {
            prop_assume!(EPSILON.accepts(epsilon) && DROPOUT.accepts(dropout));
            let generator = Adam { epsilon, ..Adam::default() };
            let preset = Preset { data: Data::Folder(folder.into()), seed, dropout, generator, description, ..Preset::default() };
            prop_assert_eq!(Preset::parse(&preset.to_ron(), "written").unwrap(), preset);
        }
    }
}
