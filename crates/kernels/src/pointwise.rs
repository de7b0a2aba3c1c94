//! Passes over memory: batch norm, activation, dropout, tanh, sums and Adam, each fused into as few
//! passes as its data allows.
//!
//! Plain loops, compiled once for each [`Path`] so that the compiler may use its registers. Images
//! are (pixels, channels).

use super::Path;

/// Which elements of one image a dropout layer zeroes: a function of the key and the element's
/// index, so that backward can ask again instead of storing a mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    key: [u32; 2],
    /// Elements whose 32 random bits are below are dropped.
    threshold: u32,
    /// What the others are multiplied by: 1 / (1 - rate).
    scale: f32,
}

impl Dropout {
    /// Drops nothing.
    pub const NONE: Self = Self { key: [0; 2], threshold: 0, scale: 1.0 };

    /// Drops each element with probability `rate`, in [0, 1), as the 64 bits of `key` say.
    pub fn new(rate: f32, key: u64) -> Self {
        Self {
            key: [key as u32, (key >> 32) as u32],
            threshold: (f64::from(rate) * 4_294_967_296.0) as u32,
            scale: 1.0 / (1.0 - rate),
        }
    }

    /// The dropout of image `index` of a batch.
    pub fn image(self, index: usize) -> Self {
        let index = index as u32;
        Self {
            key: [
                mix(self.key[0].wrapping_add(index)),
                mix(self.key[1] ^ index.wrapping_mul(0x9e37_79b9)),
            ],
            ..self
        }
    }

    fn is_active(self) -> bool {
        self.threshold > 0
    }

    /// What element `index` is multiplied by: zero or the scale.
    #[inline(always)]
    fn factor(self, index: u32) -> f32 {
        let bits = mix(mix(index ^ self.key[0]).wrapping_add(self.key[1]));
        if bits >= self.threshold { self.scale } else { 0.0 }
    }
}

/// A bijection of 32 bits in which every input bit moves about half of the output bits (xor-shift
/// and multiply).
#[inline(always)]
fn mix(value: u32) -> u32 {
    let value = (value ^ (value >> 16)).wrapping_mul(0x21f0_aaad);
    let value = (value ^ (value >> 15)).wrapping_mul(0xd35a_2d97);
    value ^ (value >> 15)
}

/// `x` where positive, else `slope * x`: ReLU (0), leaky ReLU (0.2), identity (1).
#[inline(always)]
fn activate(x: f32, slope: f32) -> f32 {
    if x > 0.0 { x } else { slope * x }
}

/// Channels that are taken together: a register of the widest kind, or two.
const LANES: usize = 16;
/// Pixels whose sums are kept apart, so that no addition waits for the one before.
const APART: usize = 4;
/// Pixels of a run.
const RUN: usize = 16;

/// Runs `work` for every sixteen of `channels`, and for each of the last few, with the first one
/// and their number `WIDTH`, a constant.
macro_rules! lanes {
    ($channels:expr, $first:ident, $width:ident => $work:block) => {{
        let channels = $channels;
        let mut next = 0;
        while next + LANES <= channels {
            const $width: usize = LANES;
            let $first = next;
            $work
            next += LANES;
        }
        while next < channels {
            const $width: usize = 1;
            let $first = next;
            $work
            next += 1;
        }
    }};
}

/// `WIDTH` channels of every pixel, from `first` on.
#[inline(always)]
fn pixels<const WIDTH: usize>(
    image: &[f32],
    channels: usize,
    first: usize,
) -> impl Iterator<Item = &[f32; WIDTH]> {
    assert!(first + WIDTH <= channels);
    image.chunks_exact(channels).filter_map(move |pixel| pixel[first..].first_chunk())
}

/// The same, to be written to.
#[inline(always)]
fn pixels_mut<const WIDTH: usize>(
    image: &mut [f32],
    channels: usize,
    first: usize,
) -> impl Iterator<Item = &mut [f32; WIDTH]> {
    assert!(first + WIDTH <= channels);
    image.chunks_exact_mut(channels).filter_map(move |pixel| pixel[first..].first_chunk_mut())
}

/// The next `WIDTH` numbers from `first` on.
#[inline(always)]
fn part<const WIDTH: usize>(values: &[f32], first: usize) -> [f32; WIDTH] {
    let mut part = [0.0; WIDTH];
    part.copy_from_slice(&values[first..first + WIDTH]);
    part
}

/// Sums of `WIDTH` channels, from `first` on, over the rows of `values`: of what `term` makes of
/// each. Runs of a few rows are summed in single precision, and these sums in double precision.
#[inline(always)]
fn sums<const WIDTH: usize>(
    values: &[f32],
    channels: usize,
    first: usize,
    term: impl Fn([f32; WIDTH]) -> [f32; WIDTH],
) -> [f32; WIDTH] {
    let mut all = [0.0f64; WIDTH];
    for rows in values.chunks(RUN * channels) {
        let mut apart = [[0.0f32; WIDTH]; APART];
        let add = |sums: &mut [f32; WIDTH], row| {
            let term = term(part::<WIDTH>(row, first));
            sums.iter_mut().zip(term).for_each(|(sum, x)| *sum += x);
        };
        let some = rows.chunks_exact(APART * channels);
        some.remainder().chunks_exact(channels).for_each(|row| add(&mut apart[0], row));
        for rows in some {
            for (index, sums) in apart.iter_mut().enumerate() {
                add(sums, &rows[index * channels..(index + 1) * channels]);
            }
        }
        add_run(apart, &mut all);
    }
    all.map(|sum| sum as f32)
}

/// Calls `work` with each pixel of a run and of its errors, and the number of the sum that is its:
/// constants, so that sums stay in registers.
#[inline(always)]
fn each_apart(
    channels: usize,
    image: &[f32],
    error: &mut [f32],
    mut work: impl FnMut(usize, &[f32], &mut [f32]),
) {
    let mut images = image.chunks_exact(APART * channels);
    let mut errors = error.chunks_exact_mut(APART * channels);
    for (image, error) in images.by_ref().zip(errors.by_ref()) {
        for index in 0..APART {
            let pixel = index * channels..(index + 1) * channels;
            work(index, &image[pixel.clone()], &mut error[pixel]);
        }
    }
    let rest = images.remainder().chunks_exact(channels);
    for (pixel, error) in rest.zip(errors.into_remainder().chunks_exact_mut(channels)) {
        work(0, pixel, error);
    }
}

/// Adds the sums of a run, kept apart, to those of all.
#[inline(always)]
fn add_run<const WIDTH: usize>(apart: [[f32; WIDTH]; APART], all: &mut [f64; WIDTH]) {
    let [mut run, rest @ ..] = apart;
    for sums in rest {
        run.iter_mut().zip(sums).for_each(|(run, x)| *run += x);
    }
    all.iter_mut().zip(run).for_each(|(all, x)| *all += f64::from(x));
}

compiled! {
    /// For each channel of an image: its mean over the pixels, and the sum of squared distances
    /// from it.
    pub fn statistics(image: &[f32], mean: &mut [f32], squares: &mut [f32]) {
        let channels = mean.len();
        let pixels = (image.len() / channels) as f32;
        lanes!(channels, first, WIDTH => {
            let means = sums::<WIDTH>(image, channels, first, |x| x).map(|sum| sum / pixels);
            let distances = sums::<WIDTH>(image, channels, first, |mut x| {
                for (x, mean) in x.iter_mut().zip(means) {
                    *x = (*x - mean) * (*x - mean);
                }
                x
            });
            mean[first..first + WIDTH].copy_from_slice(&means);
            squares[first..first + WIDTH].copy_from_slice(&distances);
        });
    }
}

compiled! {
    /// `output = dropout(activate(image * scale + shift))`, scale and shift for each channel.
    pub fn normalise(
        image: &[f32], scale: &[f32], shift: &[f32], slope: f32, dropout: Dropout,
        output: &mut [f32],
    ) {
        let channels = scale.len();
        lanes!(channels, first, WIDTH => {
            let (scale, shift) = (part::<WIDTH>(scale, first), part::<WIDTH>(shift, first));
            let images = pixels::<WIDTH>(image, channels, first);
            for (x, out) in images.zip(pixels_mut::<WIDTH>(output, channels, first)) {
                for lane in 0..WIDTH {
                    out[lane] = activate(x[lane] * scale[lane] + shift[lane], slope);
                }
            }
        });
        if dropout.is_active() {
            drop_out(output, dropout);
        }
    }
}

compiled! {
    /// `image = dropout(activate(image))` in place.
    pub fn activate_all(image: &mut [f32], slope: f32, dropout: Dropout) {
        for x in image.iter_mut() {
            *x = activate(*x, slope);
        }
        if dropout.is_active() {
            drop_out(image, dropout);
        }
    }
}

#[inline(always)]
fn drop_out(values: &mut [f32], dropout: Dropout) {
    for (index, value) in values.iter_mut().enumerate() {
        *value *= dropout.factor(index as u32);
    }
}

compiled! {
    /// Backward through dropout and activation, where the activation's input was `image * scale +
    /// shift`: `error` becomes the error of that input; `sums` takes its sum for each channel,
    /// `products` the sum of error times normalised input, `(image - mean) * deviation`.
    pub fn normalise_error(
        image: &[f32], scale: &[f32], shift: &[f32], mean: &[f32], deviation: &[f32], slope: f32,
        dropout: Dropout, error: &mut [f32], sums: &mut [f32], products: &mut [f32],
    ) {
        let channels = scale.len();
        if dropout.is_active() {
            drop_out(error, dropout);
        }
        lanes!(channels, first, WIDTH => {
            let (scale, shift, mean) =
                (part::<WIDTH>(scale, first), part::<WIDTH>(shift, first), part::<WIDTH>(mean, first));
            let [mut sum, mut product] = [[0.0f64; WIDTH]; 2];
            let runs = image.chunks(RUN * channels).zip(error.chunks_mut(RUN * channels));
            for (image, error) in runs {
                let [mut some_sums, mut some_products] = [[[0.0f32; WIDTH]; APART]; 2];
                let mut add = |index: usize, pixel: &[f32], error: &mut [f32]| {
                    let x = part::<WIDTH>(pixel, first);
                    let mut values = part::<WIDTH>(error, first);
                    for lane in 0..WIDTH {
                        let before = x[lane] * scale[lane] + shift[lane];
                        values[lane] *= if before > 0.0 { 1.0 } else { slope };
                        some_sums[index][lane] += values[lane];
                        some_products[index][lane] += values[lane] * (x[lane] - mean[lane]);
                    }
                    error[first..first + WIDTH].copy_from_slice(&values);
                };
                each_apart(channels, image, error, &mut add);
                add_run(some_sums, &mut sum);
                add_run(some_products, &mut product);
            }
            for (product, deviation) in product.iter_mut().zip(part::<WIDTH>(deviation, first)) {
                *product *= f64::from(deviation);
            }
            sums[first..first + WIDTH].copy_from_slice(&sum.map(|x| x as f32));
            products[first..first + WIDTH].copy_from_slice(&product.map(|x| x as f32));
        });
    }
}

compiled! {
    /// The last step back through batch norm: `error = factor * error + slope * (image - mean) +
    /// offset`, each for each channel.
    pub fn combine_error(
        image: &[f32], mean: &[f32], factor: &[f32], slope: &[f32], offset: &[f32],
        error: &mut [f32],
    ) {
        let channels = mean.len();
        lanes!(channels, first, WIDTH => {
            let (mean, factor) = (part::<WIDTH>(mean, first), part::<WIDTH>(factor, first));
            let (slope, offset) = (part::<WIDTH>(slope, first), part::<WIDTH>(offset, first));
            let images = pixels::<WIDTH>(image, channels, first);
            for (x, error) in images.zip(pixels_mut::<WIDTH>(error, channels, first)) {
                for lane in 0..WIDTH {
                    error[lane] = factor[lane] * error[lane]
                        + slope[lane] * (x[lane] - mean[lane])
                        + offset[lane];
                }
            }
        });
    }
}

compiled! {
    /// Backward through dropout and activation, where `output` is what came out: zero where
    /// dropped, of the input's sign elsewhere.
    pub fn activate_error(output: &[f32], slope: f32, dropout: Dropout, error: &mut [f32]) {
        for (error, &out) in error.iter_mut().zip(output) {
            *error *= if out > 0.0 { 1.0 } else { slope };
        }
        if dropout.is_active() {
            drop_out(error, dropout);
        }
    }
}

compiled! {
    /// Adds every row of `values` to `totals`.
    pub fn add_rows(values: &[f32], totals: &mut [f32]) {
        let channels = totals.len();
        lanes!(channels, first, WIDTH => {
            let rows = sums::<WIDTH>(values, channels, first, |x| x);
            for (total, sum) in totals[first..first + WIDTH].iter_mut().zip(rows) {
                *total += sum;
            }
        });
    }
}

compiled! {
    /// `values = tanh(values)`, within 2e-7: `1 - 2 / (exp(2x) + 1)`, the exponential as a power of
    /// two times a Taylor polynomial.
    pub fn tanh(values: &mut [f32]) {
        for value in values.iter_mut() {
            // Beyond 10, tanh is 1 in single precision. NaN stays NaN: it fails the comparisons of
            // clamp.
            let x = 2.0 * value.clamp(-10.0, 10.0);
            let whole = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0;
            let rest = (x - whole * 0.693_359_4) + whole * 2.121_944_4e-4;
            let series = 1.0 / 5040.0;
            let series = series * rest + 1.0 / 720.0;
            let series = series * rest + 1.0 / 120.0;
            let series = series * rest + 1.0 / 24.0;
            let series = series * rest + 1.0 / 6.0;
            let series = series * rest + 0.5;
            let series = (series * rest + 1.0) * rest + 1.0;
            let power = f32::from_bits(((whole as i32 + 127) << 23) as u32);
            *value = 1.0 - 2.0 / (series * power + 1.0);
        }
    }
}

/// Whether all numbers are zero, of either sign.
pub fn is_zero(values: &[f32]) -> bool {
    // Of all bits but the sign: a loop without a way out, which takes whole registers.
    values.iter().fold(0, |bits, x| bits | x.to_bits()) & 0x7fff_ffff == 0
}

/// Adds `values` to `sums`, number by number.
pub fn add(values: &[f32], sums: &mut [f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// How many numbers are infinite or not a number.
pub fn count_nonfinite(values: &[f32]) -> usize {
    values.iter().filter(|value| !value.is_finite()).count()
}

/// The numbers of one Adam step that are the same for every parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    pub learning_rate: f32,
    /// `1 / (1 - beta1^t)` and `1 / (1 - beta2^t)`.
    pub correction1: f32,
    pub correction2: f32,
}

compiled! {
    /// One step of Adam (Kingma and Ba 2015, algorithm 1): moments and parameters in one pass.
    pub fn adam(
        step: AdamStep, gradient: &[f32], moment1: &mut [f32], moment2: &mut [f32],
        parameters: &mut [f32],
    ) {
        let AdamStep { beta1, beta2, epsilon, learning_rate, correction1, correction2 } = step;
        let moments = gradient.iter().zip(moment1.iter_mut()).zip(moment2.iter_mut());
        for (((&g, m), v), p) in moments.zip(parameters.iter_mut()) {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            *p -= learning_rate * (*m * correction1) / ((*v * correction2).sqrt() + epsilon);
        }
    }
}

#[cfg(test)]
mod tests;
