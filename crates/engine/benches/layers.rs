//! Every block of the reference networks, and those of 64x64 in colour, at their real sizes, batch
//! 32, on one thread and on all: inference, and a training pass forward and backward, with all
//! gradients and with the input's alone. Beside the times stand the rates: items are floating-point
//! operations, two for each multiply-add in the form the layer is computed in; bytes are those of
//! the arrays of the batch and of the weights that are read and written.
//!
//!     cargo bench -p gan-tui-engine --bench layers
//!     cargo bench -p gan-tui-engine --bench layers -- upsample     those whose name holds a word
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use dfdx::{
    nn::{Module, ModuleMut, tensor_collection::TensorCollection},
    shapes::Shape,
    tensor::{Cpu, CpuError, OwnedTape, PutTape, TensorFromVec},
    tensor_ops::Backward,
};
use divan::{
    Bencher,
    counter::{BytesCount, ItemsCount},
};
use gan_tui_engine::{
    model,
    nn::{
        Activations, BatchNorm, Buffer, ConvBlock, Flatten, Maps, Mode, NoNorm, Nonlinearity,
        Projection, Rows, ToColour, ToGrey, UpsampleBlock, WithMode, maps, rows,
    },
    train::{self, random},
};
use gan_tui_kernels::{self as kernels, profile::Recorder};

const BATCH: usize = 32;

fn main() {
    kernels::memory::keep_freed_memory();
    divan::main();
}

/// Threads to measure with: one, and all there are.
fn threads() -> Vec<usize> {
    let mut all = vec![1, train::available_threads()];
    all.dedup();
    all
}

/// A batch of normal numbers.
fn input<S: Shape>(shape: S) -> Activations<S> {
    Activations::new(random::normal(1, random::Stream::Samples, 0, shape.num_elements()), shape)
        .unwrap()
}

/// Weights as small as initial ones.
fn fill(part: &mut impl TensorCollection<f32, Cpu>) {
    let small = |count| {
        random::normal(1, random::Stream::Generator, 0, count).into_iter().map(|x| (0.03 * x).abs())
    };
    model::visit_mut(part, &mut |_, values| {
        let count = values.len();
        values.iter_mut().zip(small(count)).for_each(|(value, x)| *value = x);
    });
}

fn infer<S: Shape, B>(bencher: Bencher, threads: usize, block: B, shape: S)
where
    B: Module<Activations<S>, Error = CpuError> + Sync,
{
    let (pool, input) = (train::pool(threads).unwrap(), input(shape));
    let run = || drop(divan::black_box(block.try_forward(input.clone()).unwrap()));
    measure(bencher, &pool, run);
}

/// Measures what counts the same arithmetic and bytes each time.
fn measure(bencher: Bencher, pool: &rayon::ThreadPool, mut run: impl FnMut() + Send) {
    let recorder = Arc::new(Recorder::default());
    pool.install(|| recorder.record(&mut run));
    let (mut multiply_adds, mut floats) = (0, 0);
    for spent in recorder.sums().values() {
        (multiply_adds, floats) = (multiply_adds + spent.multiply_adds, floats + spent.floats);
    }
    bencher
        .counter(ItemsCount::new(2 * multiply_adds))
        .counter(BytesCount::new(4 * floats))
        .bench_local(|| pool.install(&mut run));
}

/// Forward, and back from ones.
fn train<S: Shape, R: Shape, B>(
    bencher: Bencher,
    threads: usize,
    mut block: B,
    shape: S,
    mode: Mode,
) where
    B: ModuleMut<
            WithMode<S, OwnedTape<f32, Cpu>>,
            Output = WithMode<R, OwnedTape<f32, Cpu>>,
            Error = CpuError,
        > + Send,
{
    let (pool, input) = (train::pool(threads).unwrap(), input(shape));
    let run = || {
        let (output, _) = block.try_forward_mut((input.traced(), mode)).unwrap();
        let (output, tape) = output.split_tape();
        // All the values: here a norm that is left to the reader is part of the block's time.
        output.gradient().accumulate(Buffer::from(vec![1.0; output.values().len()]));
        let loss = Cpu::default().tensor_from_vec(vec![0.0], ());
        drop(divan::black_box((loss.put_tape(tape).backward(), input.gradient().take())));
    };
    measure(bencher, &pool, run);
}

const ALL: Mode = Mode::Training { dropout: 1 };
const INPUT: Mode = Mode::Frozen { dropout: 1 };

/// The benchmarks of one block, in a module of its name.
macro_rules! block {
    ($name:ident, $block:ty, $new:expr, [$($part:ident),*], $input:ty, $shape:expr) => {
        mod $name {
            use super::*;

            fn block() -> $block {
                let mut block: $block = $new;
                $(fill(&mut block.$part);)*
                block
            }

            #[divan::bench(args = threads())]
            fn inference(bencher: Bencher, threads: usize) {
                infer::<$input, _>(bencher, threads, block(), $shape);
            }

            #[divan::bench(args = threads())]
            fn training(bencher: Bencher, threads: usize) {
                train::<$input, _, _>(bencher, threads, block(), $shape, ALL);
            }

            #[divan::bench(args = threads())]
            fn frozen(bencher: Bencher, threads: usize) {
                train::<$input, _, _>(bencher, threads, block(), $shape, INPUT);
            }
        }
    };
}

fn device() -> Cpu {
    Cpu::default()
}

type Upsample1 = UpsampleBlock<128, 64, 7, 14, BatchNorm<64>>;
type Upsample2 = UpsampleBlock<64, 32, 14, 28, BatchNorm<32>>;
type Conv1 = ConvBlock<1, 32, 28, 14, 2, NoNorm>;
type Conv2 = ConvBlock<32, 64, 14, 8, 2, BatchNorm<64>>;
type Conv3 = ConvBlock<64, 128, 8, 4, 2, BatchNorm<128>>;
type Conv4 = ConvBlock<128, 256, 4, 4, 1, BatchNorm<256>>;
type Colour1 = UpsampleBlock<256, 128, 4, 8, BatchNorm<128>>;
type Colour2 = UpsampleBlock<128, 64, 8, 16, BatchNorm<64>>;
type Colour3 = UpsampleBlock<64, 32, 16, 32, BatchNorm<32>>;
type Colour4 = UpsampleBlock<32, 16, 32, 64, BatchNorm<16>>;
type FromColour1 = ConvBlock<3, 16, 64, 32, 2, NoNorm>;
type FromColour2 = ConvBlock<16, 32, 32, 16, 2, BatchNorm<32>>;

block!(
    generator_dense,
    Projection<100, 6272, 7, 128>,
    Projection::zeros(&device(), 0, Nonlinearity::RELU, 0.0),
    [dense],
    Rows<100>,
    rows(BATCH)
);
block!(
    generator_upsample1,
    Upsample1,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<7, 128>,
    maps(BATCH)
);
block!(
    generator_upsample2,
    Upsample2,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<14, 64>,
    maps(BATCH)
);
block!(
    generator_to_grey,
    ToGrey<32, 28>,
    ToGrey::zeros(&device()),
    [conv],
    Maps<28, 32>,
    maps(BATCH)
);
block!(
    discriminator_conv1,
    Conv1,
    ConvBlock::zeros(&device(), 0, 0.25),
    [conv],
    Maps<28, 1>,
    maps(BATCH)
);
block!(
    discriminator_conv2,
    Conv2,
    ConvBlock::zeros(&device(), 1, 0.25),
    [conv, norm],
    Maps<14, 32>,
    maps(BATCH)
);
block!(
    discriminator_conv3,
    Conv3,
    ConvBlock::zeros(&device(), 2, 0.25),
    [conv, norm],
    Maps<8, 64>,
    maps(BATCH)
);
block!(
    discriminator_conv4,
    Conv4,
    ConvBlock::zeros(&device(), 3, 0.25),
    [conv, norm],
    Maps<4, 128>,
    maps(BATCH)
);
block!(
    discriminator_dense,
    Flatten<4, 256, 4096>,
    Flatten::zeros(&device(), 4, Nonlinearity::IDENTITY, 0.0),
    [dense],
    Maps<4, 256>,
    maps(BATCH)
);
block!(
    colour_upsample1,
    Colour1,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<4, 256>,
    maps(BATCH)
);
block!(
    colour_upsample2,
    Colour2,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<8, 128>,
    maps(BATCH)
);
block!(
    colour_upsample3,
    Colour3,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<16, 64>,
    maps(BATCH)
);
block!(
    colour_upsample4,
    Colour4,
    UpsampleBlock::zeros(&device()),
    [conv, norm],
    Maps<32, 32>,
    maps(BATCH)
);
block!(
    generator_to_colour,
    ToColour<16, 64>,
    ToColour::zeros(&device()),
    [conv],
    Maps<64, 16>,
    maps(BATCH)
);
block!(
    colour_conv1,
    FromColour1,
    ConvBlock::zeros(&device(), 0, 0.0),
    [conv],
    Maps<64, 3>,
    maps(BATCH)
);
block!(
    colour_conv2,
    FromColour2,
    ConvBlock::zeros(&device(), 1, 0.0),
    [conv, norm],
    Maps<32, 16>,
    maps(BATCH)
);
