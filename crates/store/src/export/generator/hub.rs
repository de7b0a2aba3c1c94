//! A generator as a folder such as model hubs have: a card, a configuration, weights, an ONNX model
//! and samples.

use std::fmt::Write as _;

use gan_tui_core::{
    event::Score,
    generator::GeneratorData,
    image::{ImageBatch, png},
    preset::Preset,
};
use serde_json::Value;

use super::{config, onnx, safetensors};
use crate::{
    export::ExportError,
    run::{Manifest, Run, frames},
};

/// A file of the folder.
pub struct File {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// What a card says beside the generator itself: what is known of the run, and samples.
pub struct Card<'a> {
    /// What the model is called.
    pub name: &'a str,
    /// `None` where only a checkpoint is known.
    pub run: Option<&'a Run>,
    pub samples: &'a ImageBatch,
}

/// Returns the files of a folder.
///
/// # Errors
/// Returns an error if the samples cannot be encoded.
pub fn files(generator: &GeneratorData, card: &Card<'_>) -> Result<Vec<File>, ExportError> {
    let samples = card.samples.grid(frames::columns(card.samples)).enlarged(2);
    let file = |name, bytes| File { name, bytes };
    Ok(vec![
        file("model.safetensors", safetensors::encode(generator)?),
        file("model.onnx", onnx::encode(generator)),
        file("config.json", format!("{:#}\n", config(generator)).into_bytes()),
        file("samples.png", png::encode(&samples)?),
        file("README.md", text(generator, card).into_bytes()),
    ])
}

/// Returns the card.
fn text(generator: &GeneratorData, card: &Card<'_>) -> String {
    let manifest = card.run.and_then(Run::manifest);
    let dataset = manifest.and_then(|manifest| manifest.dataset.as_ref());
    let mut out = String::from(
        "---\nlicense: unknown\nlibrary_name: onnx\npipeline_tag: unconditional-image-generation\n\
         tags:\n- gan\n- dcgan\n- gan-tui\n",
    );
    if let Some(known) = dataset.and_then(|dataset| dataset.known()) {
        let _ = writeln!(out, "datasets:\n- {}", known.name);
    }
    let image = generator.image;
    let colour = if image.channels == 1 { "grey" } else { "RGB" };
    let _ = write!(
        out,
        "---\n\n# {}\n\nThe generator of a GAN trained with gan-tui: {} images of {}x{} pixels from \
         a latent of {} normal numbers",
        plain(card.name),
        colour,
        image.width,
        image.height,
        generator.latent
    );
    if !generator.classes.is_empty() {
        let classes: Vec<String> = generator.classes.iter().map(|class| plain(class)).collect();
        let _ = write!(out, " and a class ({})", classes.join(", "));
    }
    let _ = write!(
        out,
        ".\n\n![64 samples](samples.png)\n\nThe licence field above says `unknown`: whoever \
         publishes this folder fills it in, with regard to the images that it was trained on.\n\n\
         ## Figures\n\n| | |\n|---|---|\n| model | {} |\n| iterations trained | {} |\n",
        generator.model, generator.iteration
    );
    if let Some(dataset) = dataset {
        let _ = writeln!(
            out,
            "| dataset | {}, {} images, SHA-256 of the pixels {} |",
            plain(&dataset.name),
            dataset.count,
            dataset.sha256
        );
    }
    if let Some(score) = card.run.and_then(|run| score(run, generator.iteration)) {
        scores(&mut out, score);
    }
    usage(&mut out, generator);
    training(&mut out, generator, manifest);
    out
}

/// Returns the score of an iteration, if it was scored.
fn score(run: &Run, iteration: u64) -> Option<&Score> {
    let row = run.metrics().iter().find(|row| row.iteration == iteration)?;
    row.score.as_deref()
}

/// Adds every number of a score.
fn scores(out: &mut String, score: &Score) {
    fn add(out: &mut String, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (field, value) in fields {
                    let name = [name, field].join(" ").trim().replace('_', " ");
                    add(out, &name, value);
                }
            }
            Value::Number(number) => {
                // The digits that the number was written with.
                let number = number.as_f64().unwrap_or_default() as f32;
                let _ = writeln!(out, "| {name} | {number} |");
            }
            _ => {}
        }
    }
    add(out, "", &serde_json::to_value(score).unwrap_or_default());
}

/// Adds how the files are used.
fn usage(out: &mut String, generator: &GeneratorData) {
    let label = if generator.room > 0 { ", \"label\": numpy.zeros(4, \"int64\")" } else { "" };
    let _ = write!(
        out,
        "\n## Use\n\n```python\nimport numpy, onnxruntime\n\nsession = \
         onnxruntime.InferenceSession(\"model.onnx\")\nlatents = \
         numpy.random.standard_normal((4, {})).astype(\"float32\")\nimages = session.run(None, \
         {{\"latent\": latents{label}}})[0]  # (4, {}, {}, {}) in [-1, 1]\n```\n\n\
         `model.safetensors` has the tensors by name, kernels as Keras has them (height, width, in, \
         out); `config.json` lists the layers in order.\n",
        generator.latent, generator.image.height, generator.image.width, generator.image.channels
    );
}

/// Adds how the run was made.
fn training(out: &mut String, generator: &GeneratorData, manifest: Option<&Manifest>) {
    let iterations = manifest.map_or(generator.iteration.max(1), |manifest| manifest.iterations);
    let Ok(preset) = Preset::from_recorded(&generator.preset, iterations) else { return };
    let version = manifest.map_or(env!("CARGO_PKG_VERSION"), |found| &found.program_version);
    let _ = write!(
        out,
        "\n## Training\n\nWith gan-tui {version}, as `gan-tui train --preset preset.ron`, with this \
         `preset.ron`:\n\n```ron\n{}```\n",
        preset.to_ron()
    );
}

/// Returns a name without what Markdown or a table would read.
fn plain(name: &str) -> String {
    let is_plain = |letter: &char| !letter.is_control() && !"|`<>[]*\\".contains(*letter);
    name.chars().filter(is_plain).collect()
}
