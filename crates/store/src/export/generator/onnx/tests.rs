//! A model draws what its layers say, run by a slow runtime that knows the operators of a graph.

#![allow(clippy::unwrap_used)]

use gan_tui_core::{
    generator::{Norm, twin::draw},
    image::ImageShape,
};

use super::*;

/// A generator with each kind of layer, class-conditional, and numbers that are all different.
fn small() -> GeneratorData {
    let numbers = |count: usize, seed: f32| -> Vec<f32> {
        (0..count).map(|at| (at as f32 * 0.7 + seed).sin() * 0.5).collect()
    };
    let layer = |name: &str, operation, kernel: usize, output: Vec<usize>| Layer {
        name: name.into(),
        operation,
        kernel: numbers(kernel, kernel as f32),
        bias: numbers(output.iter().product::<usize>().min(kernel / 9), 2.0),
        norm: None,
        activation: Activation::Slope(0.0),
        output,
    };
    let mut dense = layer("dense", Operation::Dense, 8 * 12, vec![2, 2, 3]);
    dense.bias = numbers(12, 5.0);
    dense.activation = Activation::Slope(0.2);
    let mut up = layer("conv1", Operation::UpsampledConvolution, 9 * 3 * 2, vec![4, 4, 2]);
    up.bias = numbers(2, 3.0);
    up.norm = Some(Norm {
        name: "norm1".into(),
        gamma: vec![1.5, 0.5],
        beta: vec![0.25, -0.125],
        mean: vec![0.5, -0.25],
        variance: vec![2.0, 0.5],
        epsilon: 1e-3,
    });
    let mut image = layer("conv2", Operation::Convolution, 9 * 2 * 3, vec![4, 4, 3]);
    image.bias = numbers(3, 4.0);
    image.activation = Activation::Tanh;
    GeneratorData {
        model: "small".into(),
        latent: 5,
        classes: vec!["cat".into(), "dog".into()],
        room: 3,
        image: ImageShape::rgb(4, 4),
        iteration: 7,
        preset: "{\"batch\":32}".into(),
        layers: vec![dense, up, image],
    }
}

#[test]
fn axes_change_places() {
    let values: Vec<f32> = (0u8..6).map(f32::from).collect();
    assert_eq!(permuted(&values, [1, 2, 3], [0, 2, 1]), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(permuted(&values, [2, 3, 1], [1, 2, 0]), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    assert_eq!(permuted(&values, [1, 2, 3], [0, 1, 2]), values);
}

#[test]
fn a_model_draws_what_its_layers_say() {
    let conditional = small();
    let rows_only = GeneratorData {
        room: 0,
        classes: Vec::new(),
        latent: 8,
        image: ImageShape::rgb(2, 2),
        layers: vec![Layer {
            output: vec![2, 2, 3],
            activation: Activation::Tanh,
            ..conditional.layers[0].clone()
        }],
        ..conditional.clone()
    };
    for (generator, label) in [(conditional, Some(1)), (rows_only, None)] {
        let latent: Vec<f32> = (0..generator.latent).map(|at| (at as f32).cos()).collect();
        let expected = draw(&generator, &latent, label);
        let bytes = encode(&generator);
        let found = run(&Model::decode(&bytes[..]).unwrap().graph.unwrap(), &latent, label);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
    }
}

/// An array and its shape.
type Array = (Vec<usize>, Vec<f32>);

/// Runs a graph for a batch of one.
fn run(graph: &Graph, latent: &[f32], label: Option<usize>) -> Vec<f32> {
    let mut known: std::collections::HashMap<&str, Array> = std::collections::HashMap::new();
    known.insert("latent", (vec![1, latent.len()], latent.to_vec()));
    if let Some(label) = label {
        known.insert("label", (vec![1], vec![label as f32]));
    }
    for tensor in &graph.initializers {
        let numbers = match tensor.kind {
            INT64 => {
                let numbers = tensor.raw.as_chunks().0.iter();
                numbers.map(|&bytes| i64::from_le_bytes(bytes) as f32).collect()
            }
            _ => tensor.raw.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        };
        let shape = tensor.dims.iter().map(|&size| size as usize).collect();
        known.insert(&tensor.name, (shape, numbers));
    }
    for node in &graph.nodes {
        let inputs: Vec<&Array> = node.inputs.iter().map(|name| &known[name.as_str()]).collect();
        let out = operate(node, &inputs);
        known.insert(&node.outputs[0], out);
    }
    let (_, image) = &known[graph.outputs[0].name.as_str()];
    image.clone()
}

fn operate(node: &Node, inputs: &[&Array]) -> Array {
    let (shape, values) = inputs[0];
    let each = |of: &dyn Fn(f32) -> f32| (shape.clone(), values.iter().map(|&x| of(x)).collect());
    match node.operator.as_str() {
        "Relu" => each(&|x| x.max(0.0)),
        "LeakyRelu" => each(&|x| if x < 0.0 { node.attributes[0].float * x } else { x }),
        "Tanh" => each(&f32::tanh),
        "Add" => (shape.clone(), values.iter().zip(&inputs[1].1).map(|(a, b)| a + b).collect()),
        "Reshape" => {
            let sizes = inputs[1].1.iter().map(|&size| if size < 0.0 { 1 } else { size as usize });
            (sizes.collect(), values.clone())
        }
        "Gather" => {
            let (row, width) = (inputs[1].1[0] as usize, shape[1]);
            (vec![1, width], values[row * width..][..width].to_vec())
        }
        "Gemm" => {
            let (kernel, bias) = (&inputs[1].1, &inputs[2].1);
            let width = bias.len();
            let sum = |out: usize| {
                let products = values.iter().enumerate();
                products.map(|(at, x)| x * kernel[at * width + out]).sum::<f32>() + bias[out]
            };
            (vec![1, width], (0..width).map(sum).collect())
        }
        "Transpose" => {
            let (channels, pixels) = (shape[1], shape[2] * shape[3]);
            let out = (0..pixels * channels)
                .map(|at| values[at % channels * pixels + at / channels])
                .collect();
            (vec![1, shape[2], shape[3], channels], out)
        }
        "Conv" => convolve(inputs, 1, false),
        "ConvTranspose" => convolve(inputs, 2, true),
        other => panic!("no operator {other}"),
    }
}

/// Both convolutions with a padding of 1, by the index of each product.
fn convolve(inputs: &[&Array], stride: usize, is_transposed: bool) -> Array {
    let ((shape, values), (sizes, kernel), (_, bias)) = (inputs[0], inputs[1], inputs[2]);
    let (channels, side, taps) = (shape[1], shape[2], sizes[2]);
    let (outputs, out) = (bias.len(), side * stride);
    let mut map = vec![0.0; outputs * out * out];
    for (output, plane) in map.chunks_exact_mut(out * out).enumerate() {
        plane.fill(bias[output]);
        for at in 0..channels * side * side * taps * taps {
            let (v, u, rest) = (at % taps, at / taps % taps, at / taps / taps);
            let (x, y, channel) = (rest % side, rest / side % side, rest / side / side);
            let (row, column, weight) = if is_transposed {
                (y * 2 + v, x * 2 + u, (channel * outputs + output) * taps * taps + v * taps + u)
            } else {
                let place = (output * channels + channel) * taps * taps + v * taps + u;
                (y + 2 - v, x + 2 - u, place)
            };
            // Both are counted from the padding.
            if (1..=out).contains(&row) && (1..=out).contains(&column) {
                let value = values[(channel * side + y) * side + x];
                plane[(row - 1) * out + column - 1] += value * kernel[weight];
            }
        }
    }
    (vec![1, outputs, out, out], map)
}
