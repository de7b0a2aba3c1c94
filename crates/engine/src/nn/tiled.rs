//! A 3x3 convolution by tiles, forward and backward: see [`super::tiles`].
//!
//! A map of many tiles is taken image by image, in strips whose intermediate sums stay in a core's
//! own cache. Of small maps a whole batch goes together, a task for each kind of product, so that
//! each of the large matrices passes through the caches once. Sums over the batch are divided by
//! the batch alone, never by threads, and added in the order of the images.

use rayon::prelude::*;

use super::{
    Buffer,
    convolution::{Finish, Gradient, Prepare, Wanted, Weights},
    kernels::{
        Path,
        combine::{Layout, Start, combine},
        outer::accumulate,
        pointwise,
        product::{Grid, Panels, Product, group},
    },
    tiles::Tiles,
};

/// Blocks of images whose weight gradients are summed by themselves first.
const BLOCKS: usize = 16;
/// Floats between the rows of gradients of sums: a line of the cache, so that rows of a power of
/// two do not all fall into the same few places of it.
const GAP: usize = 16;
/// Maps of fewer tiles are taken by the batch.
const FEW: usize = 16;

/// The convolution's sizes.
#[derive(Debug, PartialEq)]
pub struct Tiled {
    pub tiles: Tiles,
    pub inputs: usize,
    pub outputs: usize,
}

impl Tiled {
    pub fn input_size(&self) -> usize {
        self.tiles.side * self.tiles.side * self.inputs
    }

    pub fn output_size(&self) -> usize {
        self.tiles.out * self.tiles.out * self.outputs
    }

    /// Floats of a kind's matrix.
    fn size(&self) -> usize {
        self.inputs * self.outputs
    }

    /// From a row of products' errors to the next: whole groups of columns, as the weight gradient
    /// reads them.
    fn error_step(&self, path: Path) -> usize {
        self.outputs.next_multiple_of(group(path))
    }

    /// The matrix of a kind, (in, out).
    fn matrix(&self, path: Path, kernel: &[f32], kind: usize) -> Buffer {
        let mut matrix = Buffer::stale(self.size());
        combine(
            path,
            kernel,
            &self.tiles.kernel,
            kind..kind + 1,
            Layout::rows(self.size()),
            Start::Zero,
            &mut matrix,
        );
        matrix
    }

    fn forward_panels(
        &self,
        path: Path,
        kernel: &[f32],
        kind: usize,
        scale: Option<&[f32]>,
    ) -> Panels {
        Panels::pack(path, &self.matrix(path, kernel, kind), &[0], self.inputs, self.outputs, scale)
    }

    fn backward_panels(&self, path: Path, kernel: &[f32], kind: usize) -> Panels {
        Panels::pack_transposed(
            path,
            &self.matrix(path, kernel, kind),
            &[0],
            self.outputs,
            self.inputs,
        )
    }

    /// Sums of an image's pixels for one kind and a range of its tiles, (tile, in).
    fn sums(
        &self,
        path: Path,
        image: &[f32],
        kind: usize,
        tiles: std::ops::Range<usize>,
        sums: &mut [f32],
    ) {
        let range = kind * self.tiles.tiles + tiles.start..kind * self.tiles.tiles + tiles.end;
        combine(
            path,
            image,
            &self.tiles.input,
            range,
            Layout::rows(self.inputs),
            Start::Zero,
            sums,
        );
    }

    /// Errors of the products of one kind and a range of tiles, (tile, out with its step).
    fn errors(
        &self,
        path: Path,
        error: &[f32],
        kind: usize,
        tiles: std::ops::Range<usize>,
        errors: &mut [f32],
    ) {
        let range = kind * self.tiles.tiles + tiles.start..kind * self.tiles.tiles + tiles.end;
        let layout = Layout { out_step: self.error_step(path), ..Layout::rows(self.outputs) };
        combine(path, error, &self.tiles.error, range, layout, Start::Zero, errors);
    }

    /// From a row of gradients of sums to the next.
    fn gradient_step(&self) -> usize {
        self.inputs + GAP
    }

    /// Adds what a strip's products say to an image's gradient; `sums` has `block` floats for each
    /// kind.
    fn add_gradient(
        &self,
        path: Path,
        sums: &[f32],
        block: usize,
        strip: usize,
        gradient: &mut [f32],
    ) {
        let reach = &self.tiles.gradient[strip];
        let layout = Layout { block, step: self.gradient_step(), ..Layout::rows(self.inputs) };
        let gradient = &mut gradient
            [reach.first * self.inputs..(reach.first + reach.lists.len()) * self.inputs];
        let (begun, new) = gradient.split_at_mut(reach.begun * self.inputs);
        combine(path, sums, &reach.lists, 0..reach.begun, layout, Start::Add, begun);
        combine(path, sums, &reach.lists, reach.begun..reach.lists.len(), layout, Start::Zero, new);
    }

    /// Writes the convolution of `input` to `output`; `finish` is given every image's output, and
    /// its chunk of `parts`.
    pub fn forward(
        &self,
        path: Path,
        weights: Weights,
        input: &[f32],
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        if self.tiles.tiles < FEW {
            self.forward_by_kinds(path, weights, input, output, parts, finish);
        } else {
            self.forward_by_images(path, weights, input, output, parts, finish);
        }
    }

    fn forward_by_images(
        &self,
        path: Path,
        weights: Weights,
        input: &[f32],
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let Tiles { kinds, strip, output: ref lists, .. } = self.tiles;
        let panels: Vec<Panels> = (0..kinds)
            .into_par_iter()
            .map(|kind| self.forward_panels(path, weights.kernel, kind, weights.scale))
            .collect();
        let (sum_size, product_size) = (strip * self.inputs, strip * self.outputs);
        let part = parts.len() / (output.len() / self.output_size()).max(1);
        let layout = Layout { block: product_size, ..Layout::rows(self.outputs) };
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .zip(input.par_chunks_exact(self.input_size()))
            .enumerate()
            .for_each_init(
                || (Buffer::stale(sum_size), Buffer::stale(kinds * product_size)),
                |(sums, products), (index, ((output, parts), image))| {
                    for (number, output) in
                        output.chunks_exact_mut(lists.len() * self.outputs).enumerate()
                    {
                        let range = number * strip..(number + 1) * strip;
                        for (kind, products) in products.chunks_exact_mut(product_size).enumerate()
                        {
                            self.sums(path, image, kind, range.clone(), sums);
                            multiply(sums, self.inputs, &panels[kind], self.outputs, products);
                        }
                        combine(
                            path,
                            products,
                            lists,
                            0..lists.len(),
                            layout,
                            Start::Bias(weights.bias),
                            output,
                        );
                    }
                    finish(index, output, parts);
                },
            );
    }

    fn forward_by_kinds(
        &self,
        path: Path,
        weights: Weights,
        input: &[f32],
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        let Tiles { kinds, tiles, output: ref lists, .. } = self.tiles;
        let images = output.len() / self.output_size();
        let part = parts.len() / images.max(1);
        let block = images * tiles * self.outputs;
        let mut products = Buffer::stale(kinds * block);
        products.par_chunks_exact_mut(block.max(1)).enumerate().for_each(|(kind, products)| {
            let panels = self.forward_panels(path, weights.kernel, kind, weights.scale);
            multiply(
                &self.sums_of_all(path, input, kind),
                self.inputs,
                &panels,
                self.outputs,
                products,
            );
        });
        let layout = Layout { block, ..Layout::rows(self.outputs) };
        output
            .par_chunks_exact_mut(self.output_size())
            .zip(parts.par_chunks_exact_mut(part))
            .enumerate()
            .for_each(|(index, (output, parts))| {
                let products = &products[index * tiles * self.outputs..];
                combine(
                    path,
                    products,
                    lists,
                    0..lists.len(),
                    layout,
                    Start::Bias(weights.bias),
                    output,
                );
                finish(index, output, parts);
            });
    }

    /// (image, tile, in) of one kind.
    fn sums_of_all(&self, path: Path, input: &[f32], kind: usize) -> Buffer {
        let size = self.tiles.tiles * self.inputs;
        let mut sums = Buffer::stale(input.len() / self.input_size() * size);
        for (sums, image) in sums.chunks_exact_mut(size).zip(input.chunks_exact(self.input_size()))
        {
            self.sums(path, image, kind, 0..self.tiles.tiles, sums);
        }
        sums
    }

    /// From the error of the output, of which `prepare` makes the convolution's own error image by
    /// image.
    pub fn backward(
        &self,
        path: Path,
        kernel: &[f32],
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        if self.tiles.tiles < FEW {
            self.backward_by_kinds(path, kernel, input, error, wanted, prepare)
        } else {
            self.backward_by_images(path, kernel, input, error, wanted, prepare)
        }
    }

    fn backward_by_images(
        &self,
        path: Path,
        kernel: &[f32],
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let kinds = self.tiles.kinds;
        let images = error.len() / self.output_size();
        let share = images.div_ceil(BLOCKS).max(1);
        let panels: Vec<Panels> = match wanted.input {
            true => (0..kinds)
                .into_par_iter()
                .map(|kind| self.backward_panels(path, kernel, kind))
                .collect(),
            false => Vec::new(),
        };
        let mut gradient = Buffer::stale(if wanted.input { input.len() } else { 0 });
        let gradients: Vec<&mut [f32]> = match wanted.input {
            true => gradient.chunks_mut(share * self.input_size()).collect(),
            false => (0..images.div_ceil(share)).map(|_| Default::default()).collect(),
        };
        let blocks: Vec<(Buffer, Vec<f32>)> = error
            .par_chunks_mut(share * self.output_size())
            .zip(input.par_chunks(share * self.input_size()))
            .zip(gradients)
            .enumerate()
            .map(|(number, ((error, input), gradient))| {
                let mut block = Block::new(self, path, &panels, wanted);
                let images = error
                    .chunks_exact_mut(self.output_size())
                    .zip(input.chunks_exact(self.input_size()));
                let mut gradients = gradient.chunks_exact_mut(self.input_size());
                for (index, (error, image)) in images.enumerate() {
                    prepare(number * share + index, error);
                    block.image(image, error, gradients.next().unwrap_or_default());
                }
                (block.matrices, block.bias)
            })
            .collect();
        let weights = wanted.weights.then(|| {
            let mut total = Buffer::stale(kinds * self.size());
            total.par_chunks_exact_mut(self.size()).enumerate().for_each(|(kind, total)| {
                for (number, (matrices, _)) in blocks.iter().enumerate() {
                    let matrix = &matrices[kind * self.size()..(kind + 1) * self.size()];
                    match number {
                        0 => total.copy_from_slice(matrix),
                        _ => pointwise::add_rows(path, matrix, total),
                    }
                }
            });
            let mut bias = vec![0.0; self.outputs];
            blocks.iter().for_each(|(_, sums)| pointwise::add_rows(path, sums, &mut bias));
            (self.taps(path, &total), bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }

    fn backward_by_kinds(
        &self,
        path: Path,
        kernel: &[f32],
        input: &[f32],
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        let Tiles { kinds, tiles, .. } = self.tiles;
        let images = error.len() / self.output_size();
        let mut biases = Buffer::zeros(images * self.outputs);
        error
            .par_chunks_exact_mut(self.output_size())
            .zip(biases.par_chunks_exact_mut(self.outputs))
            .enumerate()
            .for_each(|(index, (error, bias))| {
                prepare(index, error);
                pointwise::add_rows(path, error, bias);
            });
        let (error, block) = (&*error, images * tiles * self.gradient_step());
        let mut matrices = Buffer::zeros(kinds * self.size());
        let mut sums = Buffer::stale(kinds * block);
        matrices
            .par_chunks_exact_mut(self.size())
            .zip(sums.par_chunks_exact_mut(block.max(1)))
            .enumerate()
            .for_each(|(kind, (matrix, sums))| {
                let (step, size) = (self.error_step(path), tiles * self.error_step(path));
                let mut errors = Buffer::stale(images * size);
                for (errors, error) in
                    errors.chunks_exact_mut(size).zip(error.chunks_exact(self.output_size()))
                {
                    self.errors(path, error, kind, 0..tiles, errors);
                }
                if wanted.weights {
                    accumulate(
                        path,
                        &self.sums_of_all(path, input, kind),
                        self.inputs,
                        &errors,
                        (step, self.outputs),
                        matrix,
                    );
                }
                if wanted.input {
                    multiply(
                        &errors,
                        step,
                        &self.backward_panels(path, kernel, kind),
                        self.gradient_step(),
                        sums,
                    );
                }
            });
        let mut gradient = Buffer::stale(if wanted.input { input.len() } else { 0 });
        gradient.par_chunks_exact_mut(self.input_size()).enumerate().for_each(
            |(index, gradient)| {
                self.add_gradient(
                    path,
                    &sums[index * tiles * self.gradient_step()..],
                    block,
                    0,
                    gradient,
                );
            },
        );
        let weights = wanted.weights.then(|| {
            let mut bias = vec![0.0; self.outputs];
            pointwise::add_rows(path, &biases, &mut bias);
            (self.taps(path, &matrices), bias)
        });
        Gradient { weights, input: wanted.input.then_some(gradient) }
    }

    /// The kernel's gradient, (3, 3, in, out), from that of the kinds' matrices.
    fn taps(&self, path: Path, matrices: &[f32]) -> Vec<f32> {
        let mut kernel = Buffer::stale(9 * self.size());
        kernel.par_chunks_exact_mut(self.size()).enumerate().for_each(|(tap, out)| {
            combine(
                path,
                matrices,
                &self.tiles.taps,
                tap..tap + 1,
                Layout::rows(self.size()),
                Start::Zero,
                out,
            );
        });
        kernel.into_vec()
    }
}

/// Rows of `step` floats times a matrix of one tap, to rows of `out_step` floats.
fn multiply(rows: &[f32], step: usize, panels: &Panels, out_step: usize, output: &mut [f32]) {
    let (input, to) = (Grid::rows(step), Grid::rows(out_step));
    Product {
        rows: 1,
        columns: rows.len() / step,
        input,
        output: to,
        taps: &[0],
        panels,
        bias: None,
    }
    .run(rows, output);
}

/// The backward pass of a block of images.
struct Block<'a> {
    conv: &'a Tiled,
    path: Path,
    panels: &'a [Panels],
    wanted: Wanted,
    /// Gradients of the kinds' matrices and of the bias, so far.
    matrices: Buffer,
    bias: Vec<f32>,
    /// One strip's sums of inputs of one kind, (tile, in), and the gradients of those of all kinds,
    /// (kind, tile, in with its step).
    sums: Buffer,
    gradients: Buffer,
    /// One strip's errors of one kind's products.
    errors: Buffer,
}

impl<'a> Block<'a> {
    fn new(conv: &'a Tiled, path: Path, panels: &'a [Panels], wanted: Wanted) -> Self {
        let Tiles { kinds, strip, .. } = conv.tiles;
        Self {
            conv,
            path,
            panels,
            wanted,
            matrices: Buffer::zeros(if wanted.weights { kinds * conv.size() } else { 0 }),
            bias: vec![0.0; conv.outputs],
            sums: Buffer::stale(strip * conv.inputs),
            gradients: Buffer::stale(kinds * strip * conv.gradient_step()),
            errors: Buffer::stale(strip * conv.error_step(path)),
        }
    }

    fn image(&mut self, image: &[f32], error: &[f32], gradient: &mut [f32]) {
        let Self { conv, path, panels, wanted, matrices, bias, sums, gradients, errors } = self;
        let (path, conv) = (*path, *conv);
        let Tiles { tiles, strip, .. } = conv.tiles;
        let (step, block) = (conv.error_step(path), strip * conv.gradient_step());
        if wanted.weights {
            pointwise::add_rows(path, error, bias);
        }
        for number in 0..tiles / strip {
            let range = number * strip..(number + 1) * strip;
            for (kind, gradients) in gradients.chunks_exact_mut(block).enumerate() {
                conv.errors(path, error, kind, range.clone(), errors);
                if wanted.weights {
                    conv.sums(path, image, kind, range.clone(), sums);
                    let matrix = &mut matrices[kind * conv.size()..(kind + 1) * conv.size()];
                    accumulate(path, sums, conv.inputs, errors, (step, conv.outputs), matrix);
                }
                if wanted.input {
                    multiply(errors, step, &panels[kind], conv.gradient_step(), gradients);
                }
            }
            if wanted.input {
                conv.add_gradient(path, gradients, block, number, gradient);
            }
        }
    }
}
