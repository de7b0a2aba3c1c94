//! A trained generator for other programs: [`onnx`], [`safetensors`], a folder as model hubs have
//! them ([`hub`]).

pub mod hub;
pub mod onnx;
mod onnx_messages;
pub mod safetensors;

use gan_tui_core::generator::{Activation, GeneratorData, Operation};
use serde_json::{Value, json};

/// Returns what describes a generator, as pairs of texts.
fn metadata(generator: &GeneratorData) -> Vec<(&'static str, String)> {
    let config = config(generator);
    let text = |name: &str| match &config[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ["model", "latent", "classes", "iteration", "preset"].map(|name| (name, text(name))).into()
}

/// Returns what describes a generator: what is needed to build it, and what it was trained with.
pub fn config(generator: &GeneratorData) -> Value {
    let image = generator.image;
    let layer = |layer: &gan_tui_core::generator::Layer| {
        let operation = match layer.operation {
            Operation::Dense => "dense",
            Operation::Convolution => "convolution",
            Operation::UpsampledConvolution => "upsampled_convolution",
        };
        let (activation, slope) = match layer.activation {
            Activation::Slope(slope) => ("slope", slope),
            Activation::Tanh => ("tanh", 0.0),
        };
        let norm = layer.norm.as_ref();
        json!({
            "name": layer.name,
            "operation": operation,
            "norm": norm.map(|norm| &norm.name),
            "epsilon": norm.map(|norm| norm.epsilon),
            "activation": activation,
            "slope": slope,
            "output": layer.output,
        })
    };
    json!({
        "model": generator.model,
        "latent": generator.latent,
        "classes": generator.classes,
        "class_inputs": generator.room,
        "image": [image.height, image.width, image.channels],
        "iteration": generator.iteration,
        "layers": generator.layers.iter().map(layer).collect::<Vec<_>>(),
        "preset": serde_json::from_str::<Value>(&generator.preset).unwrap_or_default(),
        "program": concat!("gan-tui ", env!("CARGO_PKG_VERSION")),
    })
}
