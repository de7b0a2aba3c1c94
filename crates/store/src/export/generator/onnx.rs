//! A generator as an ONNX model, for onnxruntime, tract and browsers.
//!
//! Inputs are `latent` (batch, latent), float32, and for a class-conditional generator `label`
//! (batch), int64; the output is `image` (batch, height, width, channels), float32 in [-1, 1]. Batch
//! norm is folded into the weights, and upsampling with the convolution behind it is a transposed
//! convolution, so that any runtime has all operators.

use gan_tui_core::generator::{Activation, GeneratorData, Layer, Operation, transposed};
use prost::Message as _;

use super::onnx_messages::{
    Attribute, Dimension, Entry, FLOAT, Graph, INT64, Model, Node, Opset, Shape, Size, Tensor,
    TensorType, Type, ValueInfo,
};
use crate::export::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};

/// Operators of this version are in runtimes since 2020.
const OPSET: i64 = 13;
/// The version of the file format that goes with it.
const IR_VERSION: i64 = 7;

pub struct Onnx;

impl Exporter for Onnx {
    fn name(&self) -> &'static str {
        "ONNX model"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["onnx"]
    }

    fn about(&self) -> &'static str {
        "the generator, for onnxruntime and other runtimes"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Generator]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Generator(generator) => Ok(encode(generator)),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Returns the bytes of a model.
pub fn encode(generator: &GeneratorData) -> Vec<u8> {
    model(generator).encode_to_vec()
}

fn model(generator: &GeneratorData) -> Model {
    let metadata = super::metadata(generator).into_iter();
    Model {
        ir_version: IR_VERSION,
        producer_name: "gan-tui".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc: format!(
            "generator {} after iteration {}; images are (batch, height, width, channels) in \
             [-1, 1]",
            generator.model, generator.iteration
        ),
        graph: Some(Builder::default().graph(generator)),
        opsets: vec![Opset { domain: String::new(), version: OPSET }],
        metadata: metadata.map(|(key, value)| Entry { key: key.into(), value }).collect(),
    }
}

/// A graph in the making: each node takes what the one before returns.
#[derive(Default)]
struct Builder {
    nodes: Vec<Node>,
    initializers: Vec<Tensor>,
    /// The name of what the last node returns.
    last: String,
}

impl Builder {
    fn graph(mut self, generator: &GeneratorData) -> Graph {
        let mut inputs = vec![value("latent", FLOAT, &[generator.latent])];
        if generator.room > 0 {
            inputs.push(value("label", INT64, &[]));
        }
        self.last = "latent".into();
        // Whether the last node returns maps, channels first, rather than rows.
        let mut is_map = false;
        for (index, layer) in generator.layers.iter().enumerate() {
            match layer.operation {
                Operation::Dense => {
                    let room = if index == 0 { generator.room } else { 0 };
                    self.dense(layer, room);
                }
                Operation::Convolution | Operation::UpsampledConvolution => {
                    self.convolution(layer);
                }
            }
            self.activation(layer);
            if let (Operation::Dense, &[height, width, channels]) =
                (layer.operation, &layer.output[..])
            {
                self.reshape(&layer.name, &[channels, height, width]);
                is_map = true;
            }
        }
        let image = generator.image;
        let size = [image.height, image.width, image.channels];
        if is_map {
            self.node("Transpose", "image", &[], vec![Attribute::ints("perm", &[0, 2, 3, 1])]);
        } else {
            self.reshape("image", &size);
        }
        if let Some(last) = self.nodes.last_mut() {
            last.outputs = vec!["image".into()];
        }
        Graph {
            nodes: self.nodes,
            name: generator.model.clone(),
            initializers: self.initializers,
            inputs,
            outputs: vec![value("image", FLOAT, &size)],
        }
    }

    /// A product; the rows of the kernel that a one-hot class selects are looked up by the label.
    fn dense(&mut self, layer: &Layer, room: usize) {
        let (kernel, bias) = channels_first(layer);
        let outputs = bias.len();
        let own = layer.inputs() - room;
        let (latent, classes) = kernel.split_at(own * outputs);
        let [weights, shift] = self.weights(layer, &[own, outputs], latent, &bias);
        self.node("Gemm", &layer.name, &[&weights, &shift], Vec::new());
        if room > 0 {
            let (image, name) = (self.last.clone(), format!("{}.classes", layer.name));
            let table = self.tensor(&name, &[room, outputs], classes);
            self.last = table;
            self.node("Gather", &name, &["label"], vec![Attribute::int("axis", 0)]);
            self.node("Add", &format!("{}.sum", layer.name), &[&image], Vec::new());
        }
    }

    fn convolution(&mut self, layer: &Layer) {
        let (kernel, bias) = layer.folded();
        let (inputs, outputs) = (layer.inputs(), bias.len());
        if layer.operation == Operation::UpsampledConvolution {
            let kernel = transposed(&kernel);
            // (4, 4, in, out) to (in, out, 4, 4).
            let kernel = permuted(&kernel, [16, inputs, outputs], [1, 2, 0]);
            let names = self.weights(layer, &[inputs, outputs, 4, 4], &kernel, &bias);
            self.convolve("ConvTranspose", &layer.name, &names, [4, 2]);
        } else {
            // (3, 3, in, out) to (out, in, 3, 3).
            let kernel = permuted(&kernel, [9, inputs, outputs], [2, 1, 0]);
            let names = self.weights(layer, &[outputs, inputs, 3, 3], &kernel, &bias);
            self.convolve("Conv", &layer.name, &names, [3, 1]);
        }
    }

    fn convolve(&mut self, operator: &str, name: &str, names: &[String; 2], of: [i64; 2]) {
        let [kernel, stride] = of;
        let attributes = vec![
            Attribute::ints("kernel_shape", &[kernel, kernel]),
            Attribute::ints("pads", &[1; 4]),
            Attribute::ints("strides", &[stride, stride]),
        ];
        self.node(operator, name, &[&names[0], &names[1]], attributes);
    }

    fn activation(&mut self, layer: &Layer) {
        let name = format!("{}.activation", layer.name);
        match layer.activation {
            Activation::Slope(0.0) => self.node("Relu", &name, &[], Vec::new()),
            Activation::Slope(1.0) => {}
            Activation::Slope(slope) => {
                self.node("LeakyRelu", &name, &[], vec![Attribute::float("alpha", slope)]);
            }
            Activation::Tanh => self.node("Tanh", &name, &[], Vec::new()),
        }
    }

    /// To a batch of this shape.
    fn reshape(&mut self, of: &str, shape: &[usize]) {
        let name = format!("{of}.shape");
        let sizes = [-1].into_iter().chain(shape.iter().map(|&size| size as i64));
        let raw = sizes.flat_map(i64::to_le_bytes).collect();
        let dims = vec![shape.len() as i64 + 1];
        self.initializers.push(Tensor { dims, kind: INT64, name: name.clone(), raw });
        self.node("Reshape", &format!("{of}.map"), &[&name], Vec::new());
    }

    /// Adds a node that takes what the last one returns, and `more`.
    fn node(&mut self, operator: &str, name: &str, more: &[&str], attributes: Vec<Attribute>) {
        let inputs = std::iter::once(self.last.as_str()).chain(more.iter().copied());
        self.nodes.push(Node {
            inputs: inputs.map(str::to_owned).collect(),
            outputs: vec![name.into()],
            name: name.into(),
            operator: operator.into(),
            attributes,
        });
        self.last = name.into();
    }

    /// Adds kernel and bias of a layer and returns their names.
    fn weights(
        &mut self,
        layer: &Layer,
        shape: &[usize],
        kernel: &[f32],
        bias: &[f32],
    ) -> [String; 2] {
        [
            self.tensor(&format!("{}.kernel", layer.name), shape, kernel),
            self.tensor(&format!("{}.bias", layer.name), &[bias.len()], bias),
        ]
    }

    fn tensor(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let name = format!("{name}.weights");
        let dims = shape.iter().map(|&size| size as i64).collect();
        let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializers.push(Tensor { dims, kind: FLOAT, name: name.clone(), raw });
        name
    }
}

/// Returns kernel and bias of a dense layer whose outputs are a map, so that the channels come
/// first: ONNX has them so, and the layer has them last.
fn channels_first(layer: &Layer) -> (Vec<f32>, Vec<f32>) {
    let (kernel, bias) = layer.folded();
    match layer.output[..] {
        [height, width, channels] if channels > 1 => {
            let (inputs, pixels) = (layer.inputs(), height * width);
            let kernel = permuted(&kernel, [inputs, pixels, channels], [0, 2, 1]);
            (kernel, permuted(&bias, [1, pixels, channels], [0, 2, 1]))
        }
        _ => (kernel, bias),
    }
}

/// Returns an array of this shape with its axes in another order.
fn permuted(values: &[f32], shape: [usize; 3], order: [usize; 3]) -> Vec<f32> {
    let steps = [shape[1] * shape[2], shape[2], 1];
    let mut out = Vec::with_capacity(values.len());
    for a in 0..shape[order[0]] {
        for b in 0..shape[order[1]] {
            let start = a * steps[order[0]] + b * steps[order[1]];
            out.extend((0..shape[order[2]]).map(|c| values[start + c * steps[order[2]]]));
        }
    }
    out
}

/// An input or output: a batch of this shape.
fn value(name: &str, element: i32, shape: &[usize]) -> ValueInfo {
    let batch = Size::Parameter("batch".into());
    let sizes = shape.iter().map(|&size| Size::Value(size as i64));
    let dims = [batch].into_iter().chain(sizes).map(|size| Dimension { size: Some(size) });
    let shape = Some(Shape { dims: dims.collect() });
    let tensor = Some(TensorType { element, shape });
    ValueInfo { name: name.into(), kind: Some(Type { tensor }) }
}

#[cfg(test)]
mod tests;
