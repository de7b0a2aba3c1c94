//! How a 3x3 convolution becomes products of pixels and matrices: which pixels, which taps, which
//! matrix, forward and backward.
//!
//! Stride 1 or 2 with Keras' "same" padding: nine taps, one matrix each.
//!
//! The input gradient is the same kind of product with transposed matrices over the padded error.
//! With stride 2 it is four products, called phases, by the parity of the input pixel.

use gan_tui_kernels::product::Grid;

/// One product over a grid of pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    pub rows: usize,
    pub columns: usize,
    /// Pixels in the prepared input (forward) or the padded error (backward).
    pub from: Grid,
    /// Pixels in the output (forward) or in the input's gradient (backward).
    pub to: Grid,
    /// Pixels of the output in the padded error; set in forward phases only, for the weight
    /// gradient.
    pub error: Grid,
    /// Offset of each tap, in floats.
    pub taps: Vec<usize>,
    /// Which matrix belongs to each tap.
    pub matrices: Vec<usize>,
}

/// A convolution's sizes and phases. Maps are square.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geometry {
    stride: usize,
    /// Side and channels of the input.
    pub side: usize,
    pub inputs: usize,
    /// Side and channels of the convolution's output.
    pub out: usize,
    pub outputs: usize,
    /// Side of the map whose top left is the output; its other rows and columns stay zero.
    pub frame: usize,
    /// Rows and columns of zeros before the input.
    before: usize,
    pub forward: Vec<Phase>,
    pub backward: Vec<Phase>,
}

impl Geometry {
    /// A 3x3 convolution of stride 1 or 2 with "same" padding, its output in the top left of a map
    /// of side `frame`.
    pub fn new(side: usize, inputs: usize, outputs: usize, stride: usize, frame: usize) -> Self {
        assert!(stride == 1 || stride == 2, "the input gradient is written for strides 1 and 2");
        let out = side.div_ceil(stride);
        let before = ((out - 1) * stride + 3 - side) / 2;
        let padded = (out - 1) * stride + 3;
        let grid_taps = |width: usize, row: usize| {
            (0..9).map(|tap| (tap / 3 * row + tap % 3) * width).collect::<Vec<_>>()
        };
        let error_side = out + 2;
        let error = Grid {
            start: (error_side + 1) * outputs,
            row_step: error_side * outputs,
            column_step: outputs,
        };
        let to = Grid { start: 0, row_step: frame * outputs, column_step: outputs };
        let phase = Phase {
            rows: out,
            columns: out,
            from: Grid {
                start: 0,
                row_step: stride * padded * inputs,
                column_step: stride * inputs,
            },
            to,
            error,
            taps: grid_taps(inputs, padded),
            matrices: (0..9).collect(),
        };
        let backward = plain_backward(side, inputs, outputs, stride, before, out);
        Self { stride, side, inputs, out, outputs, frame, before, forward: vec![phase], backward }
    }
}

/// The phases of a plain convolution's input gradient: one for stride 1, one for each parity of the
/// input pixel for stride 2.
fn plain_backward(
    side: usize,
    inputs: usize,
    outputs: usize,
    stride: usize,
    before: usize,
    out: usize,
) -> Vec<Phase> {
    let error_side = out + 2;
    // Input row r = stride * i + a is read by output row i + (a + before - ky) / stride for the
    // taps ky that divide: one more in the padded error.
    let taps = |a: usize| {
        (0..3)
            .filter(move |ky| (a + before + stride - ky).is_multiple_of(stride))
            .map(move |ky| (ky, (a + before + stride - ky) / stride))
    };
    let mut phases = Vec::new();
    for (a, b) in (0..stride).flat_map(|a| (0..stride).map(move |b| (a, b))) {
        let pairs = taps(a).flat_map(|row| taps(b).map(move |column| (row, column)));
        let (offsets, matrices) = pairs
            .map(|((ky, row), (kx, column))| ((row * error_side + column) * outputs, ky * 3 + kx))
            .unzip();
        phases.push(Phase {
            rows: (side - a).div_ceil(stride),
            columns: (side - b).div_ceil(stride),
            from: Grid { start: 0, row_step: error_side * outputs, column_step: outputs },
            to: Grid {
                start: (a * side + b) * inputs,
                row_step: stride * side * inputs,
                column_step: stride * inputs,
            },
            error: Grid::rows(0),
            taps: offsets,
            matrices,
        });
    }
    phases
}

impl Geometry {
    /// Floats of one image's input, output (with its frame), prepared input and padded error.
    pub fn input_size(&self) -> usize {
        self.side * self.side * self.inputs
    }

    pub fn output_size(&self) -> usize {
        self.frame * self.frame * self.outputs
    }

    pub fn prepared_size(&self) -> usize {
        self.padded().pow(2) * self.inputs
    }

    pub fn error_size(&self) -> usize {
        (self.out + 2).pow(2) * self.outputs
    }

    /// Side of the padded input.
    fn padded(&self) -> usize {
        (self.out - 1) * self.stride + 3
    }

    /// Fills `prepared` from one image, padded with zeros.
    pub fn prepare(&self, image: &[f32], prepared: &mut [f32]) {
        let width = self.padded() * self.inputs;
        let (start, length) = (self.before * self.inputs, self.side * self.inputs);
        for (row, out) in prepared.chunks_exact_mut(width).enumerate() {
            match row.checked_sub(self.before).filter(|&row| row < self.side) {
                Some(row) => {
                    out[..start].fill(0.0);
                    out[start..start + length]
                        .copy_from_slice(&image[row * length..(row + 1) * length]);
                    out[start + length..].fill(0.0);
                }
                None => out.fill(0.0),
            }
        }
    }

    /// Fills `padded` from one image's error: the convolution's own output, with one row and column
    /// of zeros on every side.
    pub fn pad_error(&self, error: &[f32], padded: &mut [f32]) {
        let side = self.out + 2;
        let length = self.out * self.outputs;
        for (row, out) in padded.chunks_exact_mut(side * self.outputs).enumerate() {
            if row == 0 || row == side - 1 {
                out.fill(0.0);
                continue;
            }
            let from = (row - 1) * self.frame * self.outputs;
            out[..self.outputs].fill(0.0);
            out[self.outputs..self.outputs + length].copy_from_slice(&error[from..from + length]);
            out[self.outputs + length..].fill(0.0);
        }
    }
}
