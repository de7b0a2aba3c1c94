//! The embedded faces as a dataset: each a pure function of (seed, index), as
//! [`gan_tui_drawings::faces`] draws it when it is asked for, in any shape.

use std::{
    borrow::Cow,
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Dataset;
use gan_tui_core::{
    event::{DatasetInfo, Preparing},
    image::ImageShape,
    text::hex,
};
use gan_tui_drawings::faces::{self as drawn, ART, Scale, face};

/// How many faces there are.
pub const COUNT: usize = 60_000;
/// How many faces there are to compare samples with.
pub const HELD_BACK: usize = 5_000;
/// The seed of the embedded faces: part of the dataset, apart from a run's seed.
pub const SEED: u64 = 16;
/// The seed of faces of the same kind that are no part of the dataset.
pub const HELD_OUT_SEED: u64 = 17;
/// The dataset's name.
pub const NAME: &str = "faces";
/// The shape in which they are shown where nothing asks for another: blocks of 2 by 2.
pub const SHAPE: ImageShape = ImageShape::rgb(2 * ART, 2 * ART);

/// The hashes of all pixels of the embedded faces in the shapes that networks are built for; they
/// never change.
const SHA256: [(ImageShape, &str); 2] = [
    (ImageShape::rgb(32, 32), "850d087cc572928e6e933de0e4369480cd4acb66b1fbee5bd3a8d73b041540ab"),
    (ImageShape::rgb(64, 64), "21ffb0781eb970c78d05ec00ecf69bbf7fe5168fc0ecff8a024f97845b0e71b3"),
];

/// Faces drawn between two calls of the progress callback.
const CHUNK: usize = 2_000;

/// Faces of one seed in one shape. They take no memory: each is drawn when it is asked for.
#[derive(Debug)]
pub struct Faces {
    seed: u64,
    count: usize,
    scale: Scale,
    sha256: OnceLock<String>,
}

impl Faces {
    /// The first `count` faces of a seed. What comes out does not depend on how many there are.
    ///
    /// # Panics
    /// Panics if `count` is zero, which is a mistake of the caller.
    pub fn new(seed: u64, count: usize, shape: ImageShape) -> Self {
        assert!(count > 0, "no faces");
        Self { seed, count, scale: Scale::to(shape), sha256: OnceLock::new() }
    }

    /// The embedded faces in the shape of a request. Where the hash of their pixels is not known,
    /// each is drawn once for it, on all cores.
    pub fn embedded(shape: ImageShape, progress: &mut dyn FnMut(Preparing)) -> Self {
        let faces = Self::new(SEED, COUNT, shape);
        let known = SHA256.iter().find(|(known, _)| *known == shape);
        faces.sha256.get_or_init(|| match known {
            Some((_, sha256)) => (*sha256).into(),
            None => faces.hash(progress),
        });
        faces
    }

    /// Returns the hash of all pixels.
    fn hash(&self, progress: &mut dyn FnMut(Preparing)) -> String {
        let size = self.scale.shape().values();
        let mut digest = Sha256::new();
        let mut pixels = vec![0; CHUNK.min(self.count) * size];
        for start in (0..self.count).step_by(CHUNK) {
            self.report(start, progress);
            let count = CHUNK.min(self.count - start);
            let block = &mut pixels[..count * size];
            block
                .par_chunks_exact_mut(size)
                .enumerate()
                .for_each(|(offset, image)| self.draw(start + offset, image));
            digest.update(block);
        }
        self.report(self.count, progress);
        hex(&digest.finalize())
    }

    fn report(&self, done: usize, progress: &mut dyn FnMut(Preparing)) {
        let what = "drawing the faces".into();
        progress(Preparing { what, done: done as u64, total: self.count as u64 });
    }

    fn draw(&self, index: usize, image: &mut [u8]) {
        self.scale.write(&face(self.seed, index), image);
    }
}

impl Dataset for Faces {
    fn info(&self) -> DatasetInfo {
        DatasetInfo {
            name: NAME.into(),
            count: self.count,
            sha256: self.sha256.get_or_init(|| self.hash(&mut |_| {})).clone(),
            classes: self.classes().to_vec(),
            ..DatasetInfo::default()
        }
    }

    fn shape(&self) -> ImageShape {
        self.scale.shape()
    }

    fn len(&self) -> usize {
        self.count
    }

    fn image(&self, index: usize) -> Cow<'_, [u8]> {
        let mut image = vec![0; self.shape().values()];
        self.draw(index, &mut image);
        Cow::Owned(image)
    }

    fn label(&self, index: usize) -> Option<u8> {
        Some(drawn::label(index) as u8)
    }

    fn classes(&self) -> &[String] {
        drawn::classes()
    }

    /// Faces of another seed.
    fn held_back(&self) -> Option<Arc<dyn Dataset>> {
        let faces = Self::new(HELD_OUT_SEED, HELD_BACK, self.shape());
        (self.seed != HELD_OUT_SEED).then(|| Arc::new(faces) as Arc<dyn Dataset>)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use gan_tui_drawings::faces::Art;

    #[test]
    fn the_faces_are_the_same_on_every_machine() {
        let hash = |seed| Faces::new(seed, 1_000, SHAPE).info().sha256;
        assert_eq!(hash(SEED), "8e6c924a7dc5164a4c29f078f0ba0e53df0cde2435ad68fca8769377d844be37");
        assert_eq!(
            hash(HELD_OUT_SEED),
            "7a8e375ce6557d1146df307467214fa13102a0961f32b11bb153762371108a7c"
        );
    }

    #[test]
    fn the_known_hashes_are_those_of_the_pixels() {
        for (shape, sha256) in SHA256 {
            assert_eq!(Faces::new(SEED, COUNT, shape).hash(&mut |_| {}), sha256, "{shape:?}");
        }
    }

    #[test]
    fn a_face_is_a_function_of_seed_and_index_alone() {
        let few = Faces::new(SEED, 25, SHAPE);
        let many = Faces::new(SEED, COUNT, SHAPE);
        let held_back = many.held_back().map(|faces| (faces.len(), faces.image(3).into_owned()));
        for index in [0, 7, 24] {
            assert_eq!(few.image(index), many.image(index));
        }
        assert_ne!(few.image(3), few.image(11), "two crowned ones differ");
        assert_eq!(held_back.as_ref().map(|(count, _)| *count), Some(HELD_BACK));
        assert_ne!(held_back.map(|(_, image)| image), Some(few.image(3).into_owned()));
        let one_thread =
            rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
        assert_eq!(one_thread.install(|| few.hash(&mut |_| {})), few.info().sha256);
        let pixels = few.images(&mut (0..25)).pixels;
        assert_eq!(few.info().sha256, hex(&Sha256::digest(pixels)));
    }

    #[test]
    fn every_class_has_as_many_faces_and_no_two_are_alike() {
        let faces = Faces::new(SEED, COUNT, SHAPE);
        let mut counts = vec![0; faces.classes().len()];
        (0..COUNT).filter_map(|index| faces.label(index)).for_each(|l| counts[usize::from(l)] += 1);
        assert!(counts.iter().all(|&count| count == COUNT / 8), "{counts:?}");
        let drawn = |seed| (0..20_000).map(move |index| face(seed, index));
        let different: HashSet<Art> = drawn(SEED).chain(drawn(HELD_OUT_SEED)).collect();
        assert_eq!(different.len(), 40_000);
    }

    #[test]
    fn progress_reaches_the_end() {
        let mut reported = Vec::new();
        Faces::new(SEED, CHUNK + 1, ImageShape::grey(4, 4))
            .hash(&mut |p| reported.push((p.done, p.total)));
        assert_eq!(reported, [(0, 2001), (2000, 2001), (2001, 2001)]);
    }
}
