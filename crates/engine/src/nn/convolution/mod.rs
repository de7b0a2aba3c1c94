//! A 3x3 convolution in the form that is fastest for its sizes: by tiles with fewer products, or
//! directly.

mod direct;
mod geometry;
mod patches;
mod tiled;

use self::{direct::Direct, patches::Patches, tiled::Tiled};
use super::{
    kernels::{Path, tiles::Algorithm},
    mode::Wanted,
    numbers::{InputGradient, Source},
};

/// A convolution's sizes and form.
#[derive(Debug)]
pub enum Convolution {
    Direct(Direct),
    Patches(Patches),
    Tiled(Tiled),
}

/// Images have one channel or three: up to so many, a convolution is computed by patches.
const FEW: usize = 4;

/// The 36 matrices of the largest tiles are worth making and packing up to so many floats each; of
/// larger ones, that takes as long as the products save, unless there are many images.
const NARROW: usize = 64 * 128;

/// Images of a batch, from so many on, that are worth larger tiles.
pub const MANY: usize = 48;

/// The weights of a forward pass.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    /// (3, 3, in, out).
    pub kernel: &'a [f32],
    /// Multiplied with the kernel, for each output channel.
    pub scale: Option<&'a [f32]>,
    pub bias: &'a [f32],
}

/// Called with the index of an image, its output as soon as it is computed, and its part of a
/// buffer with an equal part for each image.
pub type Finish<'a> = &'a (dyn Fn(usize, &mut [f32], &mut [f32]) + Sync);

/// Called with the index of an image and the gradient of the block's output, which it turns into
/// the gradient of the convolution's output in place.
pub type Prepare<'a> = &'a (dyn Fn(usize, &mut [f32]) + Sync);

/// Gradients of kernel (3, 3, in, out) and bias, and of the input, if wanted.
#[derive(Debug, Default)]
pub struct Gradient {
    pub weights: Option<(Vec<f32>, Vec<f32>)>,
    pub input: Option<InputGradient>,
}

impl Convolution {
    /// Stride 1 or 2 with "same" padding, the output in the top left of a map of side `frame`.
    pub fn new(side: usize, inputs: usize, outputs: usize, stride: usize, frame: usize) -> Self {
        if stride == 1 && side.is_multiple_of(2) && frame == side && inputs > 1 {
            let tiled = |algorithm| Tiled::new(algorithm, side, inputs, outputs);
            let (four, two) = (Algorithm::WinogradFour, Algorithm::Winograd);
            return Self::Tiled(match side.is_multiple_of(4) {
                true if inputs * outputs <= NARROW => tiled(four),
                true => tiled(two).with_many(tiled(four)),
                false => tiled(two),
            });
        }
        if inputs <= FEW {
            return Self::Patches(Patches::new(side, inputs, outputs, stride, frame));
        }
        Self::Direct(Direct::new(side, inputs, outputs, stride, frame))
    }

    /// Nearest-neighbour upsampling by two, then stride 1 with "same" padding.
    pub fn upsampled(side: usize, inputs: usize, outputs: usize) -> Self {
        let algorithm = match side.is_multiple_of(2) {
            true => Algorithm::UpsampledPairs,
            false => Algorithm::Upsampled,
        };
        Self::Tiled(Tiled::new(algorithm, side, inputs, outputs))
    }

    /// Floats of an image's input.
    pub fn input_size(&self) -> usize {
        match self {
            Self::Direct(direct) => direct.geometry.input_size(),
            Self::Patches(patches) => patches.input_size(),
            Self::Tiled(tiled) => tiled.input_size(),
        }
    }

    /// Floats of an image's output, its frame included.
    pub fn output_size(&self) -> usize {
        match self {
            Self::Direct(direct) => direct.geometry.output_size(),
            Self::Patches(patches) => patches.output_size(),
            Self::Tiled(tiled) => tiled.output_size(),
        }
    }

    /// Side of the convolution's own output, without its frame.
    pub fn output_side(&self) -> usize {
        match self {
            Self::Direct(direct) => direct.geometry.out,
            Self::Patches(patches) => patches.out(),
            Self::Tiled(tiled) => tiled.out(),
        }
    }

    /// Multiply-adds of an image's forward pass in a batch of so many.
    pub fn multiply_adds(&self, images: usize) -> usize {
        match self {
            Self::Direct(direct) => direct.multiply_adds(),
            Self::Patches(patches) => patches.multiply_adds(),
            Self::Tiled(tiled) => tiled.of_batch(images).multiply_adds(),
        }
    }

    /// Whether the output does not fill its map, so that the caller has to fill the rest.
    pub fn is_framed(&self) -> bool {
        match self {
            Self::Direct(Direct { geometry, .. }) => geometry.frame > geometry.out,
            Self::Patches(patches) => patches.frame() > patches.out(),
            Self::Tiled(_) => false,
        }
    }

    /// Writes the convolution of `input`, (image, side, side, in), to `output`, (image, frame,
    /// frame, out); the rest of the frame is left alone. `parts` has an equal part for each image.
    pub fn forward(
        &self,
        path: Path,
        weights: Weights,
        input: Source,
        output: &mut [f32],
        parts: &mut [f32],
        finish: Finish,
    ) {
        match self {
            Self::Direct(direct) => direct.forward(path, weights, input, output, parts, finish),
            Self::Patches(patches) => patches.forward(path, weights, input, output, parts, finish),
            Self::Tiled(tiled) => tiled.forward(path, weights, input, output, parts, finish),
        }
    }

    /// Returns the gradients, from the input and `error`, the gradient of the block's output, which
    /// `prepare` turns into that of the convolution's.
    pub fn backward(
        &self,
        path: Path,
        kernel: &[f32],
        input: Source,
        error: &mut [f32],
        wanted: Wanted,
        prepare: Prepare,
    ) -> Gradient {
        match self {
            Self::Direct(direct) => direct.backward(path, kernel, input, error, wanted, prepare),
            Self::Patches(patches) => patches.backward(path, kernel, input, error, wanted, prepare),
            Self::Tiled(tiled) => tiled.backward(path, kernel, input, error, wanted, prepare),
        }
    }
}

#[cfg(test)]
mod tests;
