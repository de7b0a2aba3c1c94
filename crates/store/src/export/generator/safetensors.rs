//! A generator alone as a safetensors file: its tensors under their names, and in the metadata what
//! they are of.

use std::{borrow::Cow, collections::HashMap};

use gan_tui_core::generator::{GeneratorData, Layer, Operation};
use safetensors::{Dtype, View};

use crate::export::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};

/// The name of the one metadata entry, as in a checkpoint: the library writes several in an order
/// that differs from run to run.
const METADATA: &str = "gan-tui-generator";

pub struct Safetensors;

impl Exporter for Safetensors {
    fn name(&self) -> &'static str {
        "safetensors"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["safetensors"]
    }

    fn about(&self) -> &'static str {
        "the generator's tensors, for PyTorch, Keras and other libraries"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Generator]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Generator(generator) => encode(generator),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Returns the bytes of a file.
///
/// # Errors
/// Returns an error if two tensors have one name, which a test rules out.
pub fn encode(generator: &GeneratorData) -> Result<Vec<u8>, ExportError> {
    let text = super::config(generator).to_string();
    let metadata = HashMap::from([(METADATA.to_owned(), text)]);
    let tensors: Vec<Floats> = generator.layers.iter().flat_map(tensors).collect();
    let named = tensors.iter().map(|tensor| (tensor.name.clone(), tensor));
    safetensors::serialize(named, Some(metadata))
        .map_err(|error| ExportError::Io(std::io::Error::other(error.to_string())))
}

/// Returns the tensors of a layer.
fn tensors(layer: &Layer) -> Vec<Floats> {
    let (inputs, outputs) = (layer.inputs(), layer.bias.len());
    let shape = match layer.operation {
        Operation::Dense => vec![inputs, outputs],
        Operation::Convolution | Operation::UpsampledConvolution => vec![3, 3, inputs, outputs],
    };
    let mut found = vec![
        Floats::new(&layer.name, "kernel", shape, &layer.kernel),
        Floats::new(&layer.name, "bias", vec![outputs], &layer.bias),
    ];
    if let Some(norm) = &layer.norm {
        let named = [
            ("gamma", &norm.gamma),
            ("beta", &norm.beta),
            ("moving_mean", &norm.mean),
            ("moving_variance", &norm.variance),
        ];
        found.extend(
            named.map(|(name, values)| Floats::new(&norm.name, name, vec![outputs], values)),
        );
    }
    found
}

/// A tensor of 32-bit floats.
struct Floats {
    name: String,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Floats {
    fn new(layer: &str, name: &str, shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name: format!("{layer}.{name}"), shape, bytes }
    }
}

impl View for &Floats {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
