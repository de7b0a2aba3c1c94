//! Every form of a convolution against the sum that defines it, forward and backward, on every
//! path.
#![allow(clippy::unwrap_used)]

use rayon::ThreadPoolBuilder;

use super::*;
use crate::nn::{
    kernels::pointwise::Dropout,
    numbers::{Deferred, Numbers},
};

/// What is tested: sides, channels, and whether the map is upsampled first.
#[derive(Debug, Clone, Copy)]
struct Case {
    side: usize,
    inputs: usize,
    outputs: usize,
    stride: usize,
    frame: usize,
    upsampled: bool,
    images: usize,
}

/// Odd sides, odd channels, one image, 33 images, many, strips, whole batches, and the sizes of the
/// networks of colour images.
const CASES: [Case; 21] = [
    Case { side: 3, inputs: 4, outputs: 5, stride: 1, frame: 6, upsampled: true, images: 1 },
    Case { side: 5, inputs: 3, outputs: 17, stride: 1, frame: 10, upsampled: true, images: 33 },
    Case { side: 7, inputs: 33, outputs: 16, stride: 1, frame: 14, upsampled: true, images: 2 },
    Case { side: 14, inputs: 9, outputs: 7, stride: 1, frame: 28, upsampled: true, images: 3 },
    Case { side: 4, inputs: 5, outputs: 18, stride: 1, frame: 4, upsampled: false, images: 33 },
    Case { side: 4, inputs: 40, outputs: 33, stride: 1, frame: 4, upsampled: false, images: 1 },
    Case { side: 10, inputs: 3, outputs: 4, stride: 1, frame: 10, upsampled: false, images: 17 },
    Case { side: 5, inputs: 3, outputs: 4, stride: 1, frame: 5, upsampled: false, images: 2 },
    Case { side: 14, inputs: 8, outputs: 9, stride: 2, frame: 8, upsampled: false, images: 2 },
    Case { side: 7, inputs: 3, outputs: 20, stride: 2, frame: 4, upsampled: false, images: 33 },
    Case { side: 28, inputs: 1, outputs: 5, stride: 2, frame: 14, upsampled: false, images: 1 },
    Case { side: 8, inputs: 20, outputs: 35, stride: 1, frame: 8, upsampled: false, images: 5 },
    Case { side: 4, inputs: 90, outputs: 92, stride: 1, frame: 4, upsampled: false, images: 2 },
    Case { side: 4, inputs: 90, outputs: 92, stride: 1, frame: 4, upsampled: false, images: 49 },
    Case { side: 64, inputs: 3, outputs: 16, stride: 2, frame: 32, upsampled: false, images: 1 },
    Case { side: 32, inputs: 3, outputs: 17, stride: 2, frame: 16, upsampled: false, images: 3 },
    Case { side: 32, inputs: 16, outputs: 32, stride: 2, frame: 16, upsampled: false, images: 2 },
    Case { side: 16, inputs: 17, outputs: 9, stride: 2, frame: 8, upsampled: false, images: 3 },
    Case { side: 4, inputs: 64, outputs: 32, stride: 1, frame: 8, upsampled: true, images: 5 },
    Case { side: 16, inputs: 9, outputs: 16, stride: 1, frame: 32, upsampled: true, images: 2 },
    Case { side: 32, inputs: 16, outputs: 8, stride: 1, frame: 64, upsampled: true, images: 1 },
];

impl Case {
    fn convolution(self) -> Convolution {
        match self.upsampled {
            true => Convolution::upsampled(self.side, self.inputs, self.outputs),
            false => {
                Convolution::new(self.side, self.inputs, self.outputs, self.stride, self.frame)
            }
        }
    }

    /// For every product in the definition: (input, kernel, output), each a place in its slice.
    fn products(self, mut visit: impl FnMut(usize, usize, usize)) {
        let Case { side, inputs, outputs, stride, frame, upsampled, images } = self;
        let fine = if upsampled { 2 * side } else { side };
        let out = fine.div_ceil(stride);
        let before = ((out - 1) * stride + 3 - fine) / 2;
        for (image, row, column) in
            (0..images * out * out).map(|at| (at / (out * out), at / out % out, at % out))
        {
            for tap in 0..9 {
                let inside = |at: usize| at.checked_sub(before).filter(|&at| at < fine);
                let Some((y, x)) =
                    inside(row * stride + tap / 3).zip(inside(column * stride + tap % 3))
                else {
                    continue;
                };
                let (y, x) = if upsampled { (y / 2, x / 2) } else { (y, x) };
                for (i, o) in (0..inputs * outputs).map(|pair| (pair / outputs, pair % outputs)) {
                    visit(
                        ((image * side + y) * side + x) * inputs + i,
                        (tap * inputs + i) * outputs + o,
                        ((image * frame + row) * frame + column) * outputs + o,
                    );
                }
            }
        }
    }

    fn input(self) -> Vec<f32> {
        numbers(self.images * self.side * self.side * self.inputs, 1)
    }

    fn kernel(self) -> Vec<f32> {
        numbers(9 * self.inputs * self.outputs, 2)
    }

    fn error(self) -> Vec<f32> {
        numbers(self.images * self.frame * self.frame * self.outputs, 3)
    }
}

fn numbers(count: usize, salt: usize) -> Vec<f32> {
    (0..count)
        .map(|index| ((index * 2_654_435_761 + salt * 7919) % 1009) as f32 / 504.5 - 1.0)
        .collect()
}

fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| path.is_available())
}

fn close(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1.0f64, |most, x| most.max(x.abs()));
    for (at, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*a) - b).abs() <= 2e-5 * scale, "{what} at {at}: {a}, expected {b}");
    }
}

/// Output, and gradients of kernel, bias and input.
fn run(case: Case, path: Path) -> [Vec<f32>; 4] {
    let (others, input) = run_on(case, path, case.input()[..].into());
    let [output, kernel, bias] = others;
    [output, kernel, bias, input.values.into_vec()]
}

/// Output, and gradients of kernel and bias, and that of the input.
fn run_on(case: Case, path: Path, input: Source) -> ([Vec<f32>; 3], InputGradient) {
    let (convolution, kernel, bias) = (case.convolution(), case.kernel(), numbers(case.outputs, 4));
    let mut error = case.error();
    let mut output = vec![0.0; error.len()];
    let mut parts = vec![0.0; case.images];
    let weights = Weights { kernel: &kernel, scale: None, bias: &bias };
    convolution.forward(path, weights, input, &mut output, &mut parts, &|index, image, part| {
        part[0] = index as f32 + image[0]
    });
    for (index, (image, part)) in
        output.chunks_exact(convolution.output_size()).zip(&parts).enumerate()
    {
        assert_eq!(
            *part,
            index as f32 + image[0],
            "{case:?}: every image is finished, with its own number and part"
        );
    }
    // The error is made twice what it is said to be.
    let twice = |_, error: &mut [f32]| error.iter_mut().for_each(|x| *x *= 2.0);
    error.iter_mut().for_each(|x| *x *= 0.5);
    let wanted = Wanted { weights: true, input: true };
    let gradient = convolution.backward(path, &kernel, input, &mut error, wanted, &twice);
    let (kernel_gradient, bias_gradient) = gradient.weights.unwrap();
    ([output, kernel_gradient, bias_gradient], gradient.input.unwrap())
}

#[test]
fn what_is_left_to_the_reader_is_done_as_if_before() {
    for case in CASES {
        let (size, channels) = (case.side * case.side * case.inputs, case.inputs);
        let left = Deferred {
            size,
            mean: numbers(channels, 5),
            deviation: numbers(channels, 6),
            scale: numbers(channels, 7),
            shift: numbers(channels, 8),
            slope: 0.2,
            dropout: Dropout::new(0.25, 9),
        };
        let input = Numbers::deferred(case.input().into(), left);
        assert_ne!(input.whole(), case.input());
        for path in paths() {
            let (expected, gradient) = run_on(case, path, input.whole().into());
            let gradient = gradient.back(input.source(), size);
            let (found, found_gradient) = run_on(case, path, input.source());
            assert!(found == expected, "{case:?} {path:?}");
            assert_eq!(gradient.sums.len(), case.images * 2 * channels);
            for (found, expected) in
                [(&found_gradient.values, &gradient.values), (&found_gradient.sums, &gradient.sums)]
            {
                assert!(found[..] == expected[..], "{case:?} {path:?}: the gradient");
            }
        }
    }
}

#[test]
fn every_form_and_path_is_the_slow_sum() {
    for case in CASES {
        let (input, kernel, error, bias) =
            (case.input(), case.kernel(), case.error(), numbers(case.outputs, 4));
        let mut expected = [error.len(), kernel.len(), case.outputs, input.len()]
            .map(|length| vec![0.0f64; length]);
        let [output, kernel_gradient, bias_gradient, input_gradient] = &mut expected;
        let mut covered = vec![false; error.len()];
        case.products(|x, w, y| {
            output[y] += f64::from(input[x]) * f64::from(kernel[w]);
            kernel_gradient[w] += f64::from(input[x]) * f64::from(error[y]);
            input_gradient[x] += f64::from(kernel[w]) * f64::from(error[y]);
            covered[y] = true;
        });
        for (place, _) in covered.iter().enumerate().filter(|(_, covered)| **covered) {
            output[place] += f64::from(bias[place % case.outputs]);
            bias_gradient[place % case.outputs] += f64::from(error[place]);
        }
        for path in paths() {
            let found = run(case, path);
            for (what, (found, expected)) in
                ["output", "kernel", "bias", "input"].iter().zip(found.iter().zip(&expected))
            {
                close(&format!("{case:?} {path:?} {what}"), found, expected);
            }
        }
    }
}

#[test]
fn nothing_is_computed_that_nobody_wants() {
    for case in [CASES[0], CASES[4], CASES[8]] {
        let (kernel, input) = (case.kernel(), case.input());
        for (weights, wants_input) in [(true, false), (false, true)] {
            let wanted = Wanted { weights, input: wants_input };
            let gradient = case.convolution().backward(
                Path::Portable,
                &kernel,
                input[..].into(),
                &mut case.error(),
                wanted,
                &|_, _| (),
            );
            assert_eq!(
                (gradient.weights.is_some(), gradient.input.is_some()),
                (weights, wants_input),
                "{case:?}"
            );
            let all = case.convolution().backward(
                Path::Portable,
                &kernel,
                input[..].into(),
                &mut case.error(),
                ALL,
                &|_, _| (),
            );
            if weights {
                assert_eq!(gradient.weights, all.weights, "{case:?}");
            } else {
                assert_eq!(
                    gradient.input.unwrap().values[..],
                    all.input.unwrap().values[..],
                    "{case:?}"
                );
            }
        }
    }
}

const ALL: Wanted = Wanted { weights: true, input: true };

#[test]
fn the_number_of_threads_changes_no_bit() {
    for case in CASES {
        for path in paths() {
            let on = |threads| {
                ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .unwrap()
                    .install(|| run(case, path))
            };
            let one = on(1);
            assert!(one == on(2) && one == on(4), "{case:?} {path:?}");
        }
    }
}
