//! Augmentation of the images that the discriminator is given, real and generated: shifts,
//! rotations, zooms, cut-outs and noise.

mod adaptive;
mod warp;

use dfdx::tensor::{Cpu, CpuError, Tape};
use rand::Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

use self::warp::Warp;
use super::random::{self, Stream};
use crate::{
    model::Images,
    nn::{Activations, Buffer},
};
pub use adaptive::AdaptiveShare;
use gan_tui_core::{image::ImageShape, preset::Preset};
use gan_tui_kernels::{
    parallel::Parallel as _,
    profile::{self, Part},
};

/// Shade of the background, in [-1, 1].
const BACKGROUND: f32 = -1.0;

/// The augmentation of one iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscriminatorAugment {
    seed: u64,
    iteration: u64,
    image: ImageShape,
    /// Largest shift in each direction, in pixels (Zhao et al. 2020, "Differentiable
    /// augmentation for data-efficient GAN training").
    shift: usize,
    warp: Warp,
    /// Largest side of the square that is cut out, in pixels (DeVries and Taylor 2017).
    cutout: usize,
    /// Fraction of the images that the above is done to.
    share: f32,
    /// Standard deviation of the noise (Sønderby et al. 2017, "Amortised MAP inference for image
    /// super-resolution").
    deviation: f32,
}

/// Which images are augmented; each kind has its own random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AugmentTarget {
    Real = 0,
    Fake = 1,
    /// Fakes in the generator's update.
    FakeForGenerator = 2,
    /// Real images in the generator's update.
    RealForGenerator = 3,
}

impl DiscriminatorAugment {
    /// Returns `None` if the preset asks for no augmentation in this iteration. `share` of the
    /// images are shifted, rotated, zoomed and cut out.
    pub fn of(preset: &Preset, iteration: u64, share: f32) -> Option<Self> {
        let deviation = preset.instance_noise.at(iteration);
        let image = preset.model.info().image;
        let warp = Warp { rotate: preset.rotate.to_radians(), zoom: preset.zoom };
        let cutout = (preset.cutout * image.width as f32).round() as usize;
        let moves = preset.shift > 0 || warp.is_active() || cutout > 0;
        let some = (moves && share > 0.0) || deviation > 0.0;
        some.then_some(Self {
            seed: preset.seed,
            iteration,
            image,
            shift: preset.shift,
            warp,
            cutout,
            share,
            deviation,
        })
    }

    /// Returns images (n, height, width, channels) with augmentation, without a gradient. `turn`
    /// numbers the discriminator updates of one iteration.
    pub fn apply(&self, images: &[f32], target: AugmentTarget, turn: u64) -> Vec<f32> {
        let before = profile::part(Part::Augment);
        let images = self.draw(images.len() / self.image.values(), target, turn).apply(images);
        profile::part(before);
        images
    }

    /// The same as an operation on the tape; its gradient goes back to the pixels that each value
    /// came from.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    pub fn on_tape<T: Tape<f32, Cpu>>(
        &self,
        images: Activations<Images, T>,
        target: AugmentTarget,
    ) -> Result<Activations<Images, T>, CpuError> {
        let (images, mut tape) = images.split_tape();
        let before = profile::part(Part::Augment);
        let transform = self.draw(images.batch(), target, 0);
        let output = Activations::new(transform.apply(images.values()), images.shape())?;
        profile::part(before);
        if T::OWNS_TAPE {
            let (x, y) = (images.gradient(), output.gradient());
            tape.add_backward_op(move |_| {
                let before = profile::part(Part::Augment);
                let error = y.take();
                let mut back = Buffer::uninit_recycled(error.len());
                transform.backward(&error, &mut back);
                x.accumulate(back);
                profile::part(before);
                Ok(())
            });
        }
        Ok(output.put_tape(tape))
    }

    fn draw(&self, count: usize, target: AugmentTarget, turn: u64) -> Transform {
        let mut generator = random::generator(
            self.seed,
            Stream::Augment,
            random::step(self.iteration, turn * 4 + target as u64),
        );
        let most = self.shift as i32;
        let shifts: Vec<(i32, i32)> = (0..count)
            .map(|_| (generator.gen_range(-most..=most), generator.gen_range(-most..=most)))
            .collect();
        let noise = if self.deviation > 0.0 {
            (0..count * self.image.values())
                .map(|_| self.deviation * generator.sample::<f32, _>(StandardNormal))
                .collect()
        } else {
            Vec::new()
        };
        // Drawn last, so that shifts and noise alone stay what they were.
        let mut moves: Vec<Move> =
            shifts.into_iter().map(|shift| Move { shift, ..Move::default() }).collect();
        for of in &mut moves {
            if self.warp.is_active() {
                of.warp = Some(self.warp.draw(&mut generator));
            }
            if self.cutout > 0 {
                let sides = (self.image.width as i32, self.image.height as i32);
                let centre = (generator.gen_range(0..sides.0), generator.gen_range(0..sides.1));
                of.cutout = Some((centre.0, centre.1, self.cutout as i32));
            }
            if self.share < 1.0 && generator.r#gen::<f32>() >= self.share {
                *of = Move::default();
            }
        }
        Transform { image: self.image, moves, noise }
    }
}

/// What is done to one image.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Move {
    /// Pixels to the right and down.
    shift: (i32, i32),
    /// From a place in the output, seen from the middle, to one in the image.
    warp: Option<[[f32; 2]; 2]>,
    /// Middle and side of a square of background.
    cutout: Option<(i32, i32, i32)>,
}

/// The random transform of each image in a batch.
struct Transform {
    image: ImageShape,
    moves: Vec<Move>,
    /// One value a pixel; empty if there is no noise.
    noise: Vec<f32>,
}

impl Transform {
    fn apply(&self, images: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; images.len()];
        let size = self.image.values();
        out.par_chunks_exact_mut(size).zip(images.par_chunks_exact(size)).zip(&self.moves).run(
            |((out, image), of)| {
                match of.warp {
                    Some(matrix) => {
                        let mut warped = Buffer::uninit_recycled(size);
                        warp::apply(self.image, matrix, image, &mut warped, BACKGROUND);
                        shift(self.image, &warped, out, of.shift, BACKGROUND);
                    }
                    None => shift(self.image, image, out, of.shift, BACKGROUND),
                }
                cut_out(self.image, of.cutout, out, BACKGROUND);
            },
        );
        out.iter_mut().zip(&self.noise).for_each(|(out, noise)| *out += noise);
        out
    }

    /// Computes the gradient of the input from that of the output.
    fn backward(&self, error: &[f32], back: &mut [f32]) {
        let size = self.image.values();
        back.par_chunks_exact_mut(size).zip(error.par_chunks_exact(size)).zip(&self.moves).run(
            |((back, error), of)| {
                let (dx, dy) = of.shift;
                let mut kept = Buffer::uninit_recycled(size);
                kept.copy_from_slice(error);
                cut_out(self.image, of.cutout, &mut kept, 0.0);
                match of.warp {
                    Some(matrix) => {
                        let mut warped = Buffer::uninit_recycled(size);
                        shift(self.image, &kept, &mut warped, (-dx, -dy), 0.0);
                        warp::transpose(self.image, matrix, &warped, back);
                    }
                    None => shift(self.image, &kept, back, (-dx, -dy), 0.0),
                }
            },
        );
    }
}

/// Fills a square of an image with `background`.
fn cut_out(shape: ImageShape, square: Option<(i32, i32, i32)>, image: &mut [f32], background: f32) {
    let Some((x, y, side)) = square else { return };
    let within = |middle: i32, end: usize| {
        let first = middle - side / 2;
        first.clamp(0, end as i32) as usize..(first + side).clamp(0, end as i32) as usize
    };
    let (columns, channels) = (within(x, shape.width), shape.channels);
    for row in within(y, shape.height) {
        let row = &mut image[row * shape.width * channels..][..shape.width * channels];
        row[columns.start * channels..columns.end * channels].fill(background);
    }
}

/// Shifts an image to the right and down and fills the rest with `background`.
fn shift(shape: ImageShape, image: &[f32], out: &mut [f32], (dx, dy): (i32, i32), background: f32) {
    let row_values = shape.width * shape.channels;
    for (y, row) in (0..).zip(out.chunks_exact_mut(row_values)) {
        row.fill(background);
        let from = y - dy;
        if !(0..shape.height as i32).contains(&from) {
            continue;
        }
        let source = &image[from as usize * row_values..][..row_values];
        let (to, start) = (dx.max(0) as usize, (-dx).max(0) as usize);
        let count = shape.channels * (shape.width - to.max(start).min(shape.width));
        let (to, start) = (to * shape.channels, start * shape.channels);
        row[to..to + count].copy_from_slice(&source[start..start + count]);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dfdx::{
        tensor::{PutTape, TensorFromVec},
        tensor_ops::Backward,
    };

    use super::*;
    use gan_tui_core::preset::{InstanceNoise, MNIST_SHAPE};
    use gan_tui_data::{PIXELS, SIDE};

    fn augment(shift: usize, deviation: f32) -> DiscriminatorAugment {
        DiscriminatorAugment {
            seed: 1,
            iteration: 3,
            image: MNIST_SHAPE,
            shift,
            warp: Warp::default(),
            cutout: 0,
            share: 1.0,
            deviation,
        }
    }

    #[test]
    fn an_image_is_shifted_and_filled_with_background() {
        let image: Vec<f32> = (0..PIXELS).map(|pixel| pixel as f32).collect();
        let mut out = vec![0.0; PIXELS];
        shift(MNIST_SHAPE, &image, &mut out, (2, -1), -1.0);
        assert_eq!(out[..4], [-1.0, -1.0, 28.0, 29.0]);
        assert_eq!(out[27 * SIDE..], [-1.0; SIDE]);
        shift(MNIST_SHAPE, &image, &mut out, (-3, 0), -1.0);
        assert_eq!((out[0], out[24], out[25]), (3.0, 27.0, -1.0));
    }

    /// `<a(x), y> = <x, a's transpose(y)>` but for the constant background: the gradient is the
    /// transposed operation.
    fn assert_is_transposed(augment: DiscriminatorAugment) {
        let (count, shape) = (5, (5, SIDE, SIDE, 1));
        let of = |stream| random::normal(1, stream, 0, count * PIXELS);
        let (images, upstream) = (of(Stream::Latents), of(Stream::Fixed));
        let input = Activations::new(images.clone(), shape).unwrap();
        let zero = Activations::new(vec![0.0; count * PIXELS], shape).unwrap();
        let at_zero = augment.on_tape(zero, AugmentTarget::FakeForGenerator).unwrap().into_vec();
        let output = augment.on_tape(input.traced(), AugmentTarget::FakeForGenerator).unwrap();
        let linear: Vec<f32> = output.values().iter().zip(&at_zero).map(|(a, b)| a - b).collect();
        let (output, tape) = output.split_tape();
        output.gradient().accumulate(upstream.clone().into());
        Cpu::default().tensor_from_vec(vec![0.0], ()).put_tape(tape).backward();
        let back = input.gradient().take();
        let dot = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>()
        };
        assert!((dot(&linear, &upstream) - dot(&images, &back)).abs() < 1e-2);
    }

    #[test]
    fn the_gradient_goes_back_where_values_came_from() {
        assert_is_transposed(augment(4, 0.5));
        let warp = Warp { rotate: 0.6, zoom: 0.3 };
        assert_is_transposed(DiscriminatorAugment { warp, cutout: 9, ..augment(2, 0.0) });
        assert_is_transposed(DiscriminatorAugment { warp, share: 0.5, ..augment(0, 0.0) });
    }

    #[test]
    fn a_square_is_cut_out_and_a_share_of_the_images_is_left_alone() {
        let augment = DiscriminatorAugment { cutout: 6, share: 0.4, ..augment(0, 0.0) };
        let images = augment.apply(&[1.0; 500 * PIXELS], AugmentTarget::Real, 0);
        let cut = |image: &&[f32]| image.contains(&BACKGROUND);
        let changed: Vec<&[f32]> = images.chunks(PIXELS).filter(cut).collect();
        assert!((170..230).contains(&changed.len()), "{} of 500", changed.len());
        let background = |image: &&[f32]| image.iter().filter(|x| **x == BACKGROUND).count();
        assert!(changed.iter().all(|image| (9..=36).contains(&background(image))));
    }

    #[test]
    fn each_target_has_its_own_transform_which_repeats() {
        let images = random::normal(1, Stream::Latents, 0, 8 * PIXELS);
        let change = |of, turn| augment(3, 0.0).apply(&images, of, turn);
        assert_eq!(change(AugmentTarget::Real, 0), change(AugmentTarget::Real, 0));
        assert_ne!(change(AugmentTarget::Real, 0), change(AugmentTarget::Fake, 0));
        assert_ne!(change(AugmentTarget::Real, 0), change(AugmentTarget::Real, 1));
    }

    #[test]
    fn noise_has_its_deviation_and_fades() {
        let images = augment(0, 0.3).apply(&[0.0; 100 * PIXELS], AugmentTarget::Fake, 0);
        let variance = images.iter().map(|x| x * x).sum::<f32>() / images.len() as f32;
        assert!((variance.sqrt() - 0.3).abs() < 0.01);
        let preset = Preset {
            instance_noise: InstanceNoise { deviation: 0.4, until: 101 },
            ..Preset::default()
        };
        assert_eq!(DiscriminatorAugment::of(&preset, 1, 1.0).unwrap().deviation, 0.4);
        assert!((DiscriminatorAugment::of(&preset, 51, 1.0).unwrap().deviation - 0.2).abs() < 1e-6);
        assert_eq!(DiscriminatorAugment::of(&preset, 101, 1.0), None);
        assert_eq!(DiscriminatorAugment::of(&Preset::default(), 1, 1.0), None);
    }
}
