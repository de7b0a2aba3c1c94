//! Every block's outputs and gradients against PyTorch's, from `layers.safetensors`, which
//! `make_layers.py` wrote.

use dfdx::{
    nn::{Module, ModuleMut, tensor_collection::TensorCollection},
    shapes::Shape,
    tensor::{Cpu, Gradients, OwnedTape, PutTape, TensorFromVec},
    tensor_ops::Backward,
};
use gan_tui_engine::{
    model,
    nn::{
        Activations, BatchNorm, Buffer, ConvBlock, DenseBlock, Flatten, Mode, NoNorm, Nonlinearity,
        Projection, ToColour, ToGrey, UpsampleBlock, maps, rows,
    },
};
use safetensors::SafeTensors;

static FIXTURE: &[u8] = include_bytes!("layers.safetensors");

fn get(name: &str) -> (Vec<usize>, Vec<f32>) {
    let file = SafeTensors::deserialize(FIXTURE).unwrap();
    let tensor = file.tensor(name).unwrap_or_else(|_| panic!("the fixture has no {name}"));
    let values =
        tensor.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    (tensor.shape().to_vec(), values.collect())
}

fn close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f32, |most, x| most.max(x.abs()));
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-5 * scale, "{what} at {index}: {a}, expected {b}");
    }
}

/// The gradients of the sum of an output's numbers, each times its own factor.
fn backward<S: Shape>(
    output: Activations<S, OwnedTape<f32, Cpu>>,
    factors: &[f32],
) -> Gradients<f32, Cpu> {
    let (output, tape) = output.split_tape();
    output.gradient().accumulate(Buffer::from(factors.to_vec()));
    Cpu::default().tensor_from_vec(vec![0.0], ()).put_tape(tape).backward()
}

fn fill<M: TensorCollection<f32, Cpu>>(name: &str, part: &mut M) {
    let tensors: Vec<_> = model::shapes(part)
        .into_iter()
        .map(|t| (t.name.clone(), get(&format!("{name}.{}", t.name))))
        .collect();
    model::load(part, |key| {
        tensors.iter().find(|(n, _)| n == key).map(|(_, (shape, values))| (&shape[..], &values[..]))
    })
    .unwrap();
}

/// Runs one block in all modes. The parts are the block's tensors: those of its layer and of its
/// norm.
macro_rules! check {
    ($name:literal, $block:expr, $input:expr, [$($part:ident),*]) => {{
        let mut block = $block;
        $(fill($name, &mut block.$part);)*
        let expected = |what: &str| get(&format!("{}.{what}", $name)).1;
        let input = Activations::new(expected("input"), $input).unwrap();
        let inference = block.forward(input.clone());
        close(concat!($name, " inference"), inference.values(), &expected("inference"));

        // The input's gradient is for those who train something in front: their pass freezes the
        // weights.
        let (output, _) = block.forward_mut((input.traced(), Mode::Frozen { dropout: 0 }));
        close(concat!($name, " output"), output.values(), &expected("output"));
        let mut gradients = backward(output, &expected("upstream"));
        let gradient = input.gradient().take();
        close(concat!($name, " input gradient"), &gradient, &expected("grad.input"));
        $(for (tensor, gradient) in model::gradients(&block.$part, &mut gradients).unwrap() {
            let name = &tensor.name;
            let is_zero = gradient.iter().all(|&x| x == 0.0);
            assert!(is_zero, "{}: frozen weights have no gradient, {name} has", $name);
        })*
        $(for (tensor, found) in model::named(&block.$part) {
            assert_eq!(found, expected(&tensor.name), "{}: a frozen pass moves nothing", $name);
        })*

        let (output, _) = block.forward_mut((input.traced(), Mode::Training { dropout: 0 }));
        let mut gradients = backward(output, &expected("upstream"));
        $(for (tensor, gradient) in model::gradients(&block.$part, &mut gradients).unwrap() {
            let (name, of) = (&tensor.name, expected(&format!("grad.{}", tensor.name)));
            close(&format!("{} {name}", $name), &gradient, &of);
        })*
        $(for (tensor, found) in model::named(&block.$part) {
            if !tensor.trained {
                let (name, after) = (&tensor.name, expected(&format!("after.{}", tensor.name)));
                close(&format!("{} {name}", $name), &found, &after);
            }
        })*
    }};
}

#[test]
fn upsample_blocks() {
    let device = Cpu::default();
    check!(
        "upsample",
        UpsampleBlock::<4, 5, 3, 6, BatchNorm<5>>::zeros(&device),
        maps(3),
        [conv, norm]
    );
    check!(
        "upsample_from_four",
        UpsampleBlock::<6, 4, 4, 8, BatchNorm<4>>::zeros(&device),
        maps(3),
        [conv, norm]
    );
    check!(
        "upsample_one_image",
        UpsampleBlock::<2, 3, 5, 10, BatchNorm<3>>::zeros(&device),
        maps(1),
        [conv, norm]
    );
}

#[test]
fn conv_blocks() {
    let device = Cpu::default();
    check!(
        "conv_framed",
        ConvBlock::<3, 4, 6, 4, 2, BatchNorm<4>>::zeros(&device, 1, 0.0),
        maps(3),
        [conv, norm]
    );
    check!(
        "conv_odd_side",
        ConvBlock::<3, 5, 7, 4, 2, NoNorm>::zeros(&device, 1, 0.0),
        maps(2),
        [conv]
    );
    check!(
        "conv_stride_one",
        ConvBlock::<4, 18, 4, 4, 1, BatchNorm<18>>::zeros(&device, 1, 0.0),
        maps(3),
        [conv, norm]
    );
    check!(
        "conv_colour",
        ConvBlock::<3, 5, 8, 4, 2, NoNorm>::zeros(&device, 0, 0.0),
        maps(2),
        [conv]
    );
    check!(
        "conv_grey",
        ConvBlock::<1, 3, 6, 3, 2, NoNorm>::zeros(&device, 0, 0.0),
        maps(3),
        [conv]
    );
}

#[test]
fn the_way_to_images() {
    check!("to_grey", ToGrey::<4, 5>::zeros(&Cpu::default()), maps(3), [conv]);
    check!("to_colour", ToColour::<4, 6>::zeros(&Cpu::default()), maps(3), [conv]);
}

#[test]
fn dense_blocks() {
    let device = Cpu::default();
    check!(
        "projection",
        Projection::<5, 12, 2, 3>::zeros(&device, 0, Nonlinearity::RELU, 0.0),
        rows(3),
        [dense]
    );
    check!(
        "dense",
        DenseBlock::<7, 20>::zeros(&device, 1, Nonlinearity::LEAKY_RELU, 0.0),
        rows(3),
        [dense]
    );
    check!(
        "logit",
        Flatten::<2, 3, 12>::zeros(&device, 1, Nonlinearity::IDENTITY, 0.0),
        maps(3),
        [dense]
    );
}

/// Dropout in a block: the same bits give the same mask forward and backward; other bits give
/// others.
#[test]
fn dropout_is_a_function_of_its_bits() {
    let device = Cpu::default();
    let mut block = ConvBlock::<4, 18, 4, 4, 1, BatchNorm<18>>::zeros(&device, 1, 0.5);
    fill("conv_stride_one", &mut block.conv);
    fill("conv_stride_one", &mut block.norm);
    let input = Activations::new(get("conv_stride_one.input").1, maps(3)).unwrap();
    let mut run =
        |dropout| block.forward_mut((input.traced(), Mode::Frozen { dropout })).0.values().to_vec();
    let (first, again, other) = (run(1), run(1), run(2));
    assert_eq!(first, again);
    assert_ne!(first, other);
    let whole = get("conv_stride_one.output").1;
    for (found, whole) in first.iter().zip(&whole) {
        assert!(
            *found == 0.0 || (found - 2.0 * whole).abs() < 1e-4,
            "kept elements are scaled by 1 / (1 - rate)"
        );
    }
}
