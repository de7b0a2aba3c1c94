//! The numbers of a batch, and what may be left to their reader: batch norm, activation, dropout.
//!
//! The statistics of a batch are known only when all its images are convolved. To normalise them at
//! once would bring the whole batch through the caches one more time and write it to memory once
//! more. So a block hands on what it has, and the next one normalises an image when it is about to
//! use it. In the same way, that one takes an image's gradient back through dropout and activation
//! as soon as it has computed it, and sums what the norm's gradient is made of.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::{
    Buffer,
    kernels::{
        self, Path,
        parallel::Parallel as _,
        pointwise::{self, Dropout},
        profile::{self, Part},
    },
};

/// What is still to be done to each image: `dropout(activate(image * scale + shift))`. Vectors are
/// (channels).
#[derive(Debug)]
pub(super) struct Deferred {
    /// Floats of an image.
    pub size: usize,
    /// The batch's mean, and `1 / sqrt(variance + epsilon)`.
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    /// Of the activation below zero.
    pub slope: f32,
    pub dropout: Dropout,
}

impl Deferred {
    fn channels(&self) -> usize {
        self.mean.len()
    }

    /// Writes what becomes of image `index`.
    fn finish(&self, path: Path, index: usize, image: &[f32], output: &mut [f32]) {
        let dropout = self.dropout.image(index);
        pointwise::normalise(path, image, &self.scale, &self.shift, self.slope, dropout, output);
    }

    /// Turns the gradient of what becomes of image `index` into that of the activation's input.
    /// Writes its sums over the pixels, and those of its products with the normalised input, to
    /// `sums`, (2, channels): the image's share of the gradients of beta and gamma.
    fn back(
        &self,
        path: Path,
        index: usize,
        image: &[f32],
        gradient: &mut [f32],
        sums: &mut [f32],
    ) {
        let Self { mean, deviation, scale, shift, slope, dropout, .. } = self;
        let (sums, products) = sums.split_at_mut(self.channels());
        let dropout = dropout.image(index);
        pointwise::normalise_error(
            path, image, scale, shift, mean, deviation, *slope, dropout, gradient, sums, products,
        );
    }
}

/// The numbers of a batch.
#[derive(Debug)]
pub(super) struct Numbers {
    values: Buffer,
    deferred: Option<Deferred>,
    /// What becomes of the values, if a reader wants all at once.
    whole: OnceLock<Buffer>,
}

impl From<Buffer> for Numbers {
    fn from(values: Buffer) -> Self {
        Self { values, deferred: None, whole: OnceLock::new() }
    }
}

impl Numbers {
    /// Values of which something is left to the reader.
    pub fn deferred(values: Buffer, deferred: Deferred) -> Self {
        Self { values, deferred: Some(deferred), whole: OnceLock::new() }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// As they are kept, with what is left to the reader.
    pub fn source(&self) -> Source<'_> {
        Source { values: &self.values, deferred: self.deferred.as_ref() }
    }

    /// With nothing left to the reader.
    pub fn whole(&self) -> &[f32] {
        let Some(deferred) = &self.deferred else {
            return &self.values;
        };
        self.whole.get_or_init(|| {
            let (path, before) = (kernels::active(), profile::part(Part::Norm));
            profile::count(Part::Norm, 0, &[2 * self.values.len()]);
            let mut whole = Buffer::uninit_recycled(self.values.len());
            whole
                .par_chunks_exact_mut(deferred.size)
                .zip(self.values.par_chunks_exact(deferred.size))
                .enumerate()
                .run(|(index, (whole, image))| deferred.finish(path, index, image, whole));
            profile::part(before);
            whole
        })
    }

    /// The values, with nothing left to the reader.
    pub fn into_whole(self) -> Buffer {
        match self.deferred {
            None => self.values,
            Some(_) => {
                self.whole();
                self.whole.into_inner().unwrap_or_default()
            }
        }
    }
}

/// A batch of images as a block reads it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub values: &'a [f32],
    pub deferred: Option<&'a Deferred>,
}

impl<'a> From<&'a [f32]> for Source<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self { values, deferred: None }
    }
}

impl<'a> Source<'a> {
    /// Where [`Source::image`] may put an image.
    pub fn room(self) -> Buffer {
        Buffer::uninit_recycled(self.deferred.map_or(0, |deferred| deferred.size))
    }

    /// Image `index`, of `size` floats, with nothing left to do.
    pub fn image<'r>(self, path: Path, index: usize, size: usize, room: &'r mut [f32]) -> &'r [f32]
    where
        'a: 'r,
    {
        let image = &self.values[index * size..(index + 1) * size];
        let Some(deferred) = self.deferred else {
            return image;
        };
        let before = profile::part(Part::Norm);
        deferred.finish(path, index, image, room);
        profile::part(before);
        room
    }

    /// Takes the gradient of image `index` back to the activation's input: see [`InputGradient`].
    pub fn back(self, path: Path, index: usize, gradient: &mut [f32], sums: &mut [f32]) {
        if let Some(deferred) = self.deferred {
            let before = profile::part(Part::NormGradient);
            let image = &self.values[index * deferred.size..(index + 1) * deferred.size];
            deferred.back(path, index, image, gradient, sums);
            profile::part(before);
        }
    }
}

/// The gradient of a batch that a block has read.
#[derive(Debug, Default)]
pub(super) struct InputGradient {
    /// As long as the batch. Where something was left to the block, that of the activation's input
    /// if there are sums, else of what became of the values.
    pub values: Buffer,
    /// For each image (2, channels), see [`Deferred::back`]; or nothing.
    pub sums: Buffer,
}

impl From<Buffer> for InputGradient {
    fn from(values: Buffer) -> Self {
        Self { values, sums: Buffer::default() }
    }
}

impl InputGradient {
    /// Room for the gradient of images of `size` floats; none if it is not wanted.
    pub fn room(source: Source, size: usize, is_wanted: bool) -> Self {
        match is_wanted {
            true => Self::with_sums(Buffer::uninit_recycled(source.values.len()), source, size),
            false => Self::default(),
        }
    }

    fn with_sums(values: Buffer, source: Source, size: usize) -> Self {
        let images = values.len() / size;
        let sums = source.deferred.map_or(0, |deferred| 2 * deferred.channels() * images);
        if sums > 0 {
            profile::count(Part::NormGradient, 0, &[3 * values.len()]);
        }
        Self { values, sums: Buffer::uninit_recycled(sums) }
    }

    /// The gradients of `share` of `images` images at a time.
    pub fn shares(&mut self, share: usize, images: usize) -> Vec<Share<'_>> {
        let mut shares: Vec<_> = (0..images.div_ceil(share)).map(|_| Share::default()).collect();
        let size = self.values.len() / images.max(1);
        let width = self.sums.len() / images.max(1);
        for (one, values) in shares.iter_mut().zip(self.values.chunks_mut((share * size).max(1))) {
            (one.values, one.size) = (values, size);
        }
        for (one, sums) in shares.iter_mut().zip(self.sums.chunks_mut((share * width).max(1))) {
            (one.sums, one.width) = (sums, width);
        }
        shares
    }

    /// The same with sums, also if the reader took the numbers as a whole. `size` are the floats of
    /// an image.
    pub fn back(self, source: Source, size: usize) -> Self {
        if !self.sums.is_empty() {
            return self;
        }
        let (path, images) = (kernels::active(), self.values.len() / size);
        let mut back = Self::with_sums(self.values, source, size);
        let shares = back.shares(1, images).into_par_iter().enumerate();
        shares.run(|(index, mut share)| {
            let (gradient, sums) = share.image(0);
            source.back(path, index, gradient, sums);
        });
        back
    }

    /// Adds another reader's.
    ///
    /// # Panics
    /// If only one of the two has sums: readers of the same numbers that do not agree.
    pub fn add(&mut self, other: &Self) {
        assert_eq!(self.sums.len(), other.sums.len(), "readers of the same numbers");
        pointwise::add(&other.values, &mut self.values);
        pointwise::add(&other.sums, &mut self.sums);
    }
}

/// Gradients of some images, and their sums. Empty if they are not wanted.
#[derive(Default)]
pub(super) struct Share<'a> {
    values: &'a mut [f32],
    sums: &'a mut [f32],
    size: usize,
    width: usize,
}

impl Share<'_> {
    /// Those of an image, and its sums.
    pub fn image(&mut self, index: usize) -> (&mut [f32], &mut [f32]) {
        let Self { values, sums, size, width } = self;
        (
            &mut values[index * *size..(index + 1) * *size],
            &mut sums[index * *width..(index + 1) * *width],
        )
    }
}
