//! A small classifier of digits: softmax regression on histograms of oriented gradients, which
//! learns MNIST within seconds.
//!
//! The features of a digit are the directions of its strokes by place (Dalal and Triggs,
//! "Histograms of oriented gradients for human detection", 2005): 7 by 7 cells of 8 directions each,
//! both with the weight of a point shared between the two nearest.

use gan_tui_data::{Dataset, PIXELS, SIDE};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Cells of a description, across and down, and directions of each.
const CELLS: usize = 7;
const DIRECTIONS: usize = 8;
/// Numbers of a description; the last is the same for every digit.
const FEATURES: usize = CELLS * CELLS * DIRECTIONS + 1;
const CLASSES: usize = 10;
/// Step size at the start; it falls to zero.
const RATE: f32 = 20.0;
/// Images of a step.
const BATCH: usize = 32;

type Features = [f32; FEATURES];

/// A score for each digit, linear in a description.
pub struct Reader {
    /// (features, digits).
    weights: Vec<[f32; CLASSES]>,
}

/// A predicted digit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub digit: u8,
    /// Its probability, from 0.1 to 1.
    pub confidence: f32,
}

impl Reader {
    /// Trains on the first `images` of a labelled dataset, each about `times` times, sampled with
    /// `seed`.
    pub fn learn(dataset: &dyn Dataset, images: usize, times: usize, seed: u64) -> Self {
        let images = images.min(dataset.len());
        let features: Vec<Features> =
            (0..images).into_par_iter().map(|index| describe(&dataset.image(index))).collect();
        let mut reader = Self { weights: vec![[0.0; CLASSES]; FEATURES] };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let steps = images * times / BATCH;
        for step in 0..steps {
            let chosen: [usize; BATCH] = std::array::from_fn(|_| random.gen_range(0..images));
            let errors = chosen.map(|index| {
                let mut error = softmax(reader.scores(&features[index]));
                if let Some(share) =
                    dataset.label(index).and_then(|label| error.get_mut(usize::from(label)))
                {
                    *share -= 1.0;
                }
                error
            });
            let rate = RATE * (1.0 - step as f32 / steps as f32) / BATCH as f32;
            for (index, error) in chosen.iter().zip(errors) {
                reader.update(&features[*index], error, rate);
            }
        }
        reader
    }

    /// Classifies images (n, height, width).
    pub fn read(&self, pixels: &[u8]) -> Vec<Reading> {
        pixels
            .par_chunks_exact(PIXELS)
            .map(|image| surest(softmax(self.scores(&describe(image)))))
            .collect()
    }

    fn scores(&self, features: &Features) -> [f32; CLASSES] {
        let mut scores = [0.0; CLASSES];
        for (weights, &feature) in
            self.weights.iter().zip(features).filter(|(_, feature)| **feature > 0.0)
        {
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight * feature);
        }
        scores
    }

    /// Takes a gradient step on the cross-entropy of one image.
    fn update(&mut self, features: &Features, error: [f32; CLASSES], rate: f32) {
        for (weights, &feature) in
            self.weights.iter_mut().zip(features).filter(|(_, feature)| **feature > 0.0)
        {
            weights
                .iter_mut()
                .zip(error)
                .for_each(|(weight, error)| *weight -= rate * feature * error);
        }
    }
}

fn softmax(scores: [f32; CLASSES]) -> [f32; CLASSES] {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = scores.map(|score| (score - highest).exp());
    let sum: f32 = powers.iter().sum();
    powers.map(|power| power / sum)
}

fn surest(shares: [f32; CLASSES]) -> Reading {
    let first = Reading { digit: 0, confidence: shares[0] };
    shares.iter().enumerate().fold(first, |best, (digit, &share)| {
        if share > best.confidence {
            Reading { digit: digit as u8, confidence: share }
        } else {
            best
        }
    })
}

/// The square roots of the histograms, of length one together.
fn describe(image: &[u8]) -> Features {
    let mut features = [0.0; FEATURES];
    let at = |x: usize, y: usize| {
        // One beyond the edge is background; coordinates are one more than they are.
        let inside = (1..=SIDE).contains(&x) && (1..=SIDE).contains(&y);
        if inside { f32::from(image[(y - 1) * SIDE + x - 1]) / 255.0 } else { 0.0 }
    };
    for index in 0..PIXELS {
        let (x, y) = (index % SIDE, index / SIDE);
        let (across, down) = (at(x + 2, y + 1) - at(x, y + 1), at(x + 1, y + 2) - at(x + 1, y));
        let length = across.hypot(down);
        if length == 0.0 {
            continue;
        }
        let turn = (down.atan2(across) / std::f32::consts::TAU).rem_euclid(1.0) * DIRECTIONS as f32;
        for (column, wide) in cells(x) {
            for (row, high) in cells(y) {
                for (direction, share) in
                    [(turn as usize, 1.0 - turn.fract()), (turn as usize + 1, turn.fract())]
                {
                    features[(row * CELLS + column) * DIRECTIONS + direction % DIRECTIONS] +=
                        length * wide * high * share;
                }
            }
        }
    }
    features.iter_mut().for_each(|feature| *feature = feature.sqrt());
    let length = features.iter().map(|feature| feature * feature).sum::<f32>().sqrt().max(1e-6);
    features.iter_mut().for_each(|feature| *feature /= length);
    features[FEATURES - 1] = 0.05;
    features
}

/// The two cells that a pixel's row or column is nearest to, and its share of each; beyond the edge
/// there is none.
fn cells(pixel: usize) -> impl Iterator<Item = (usize, f32)> {
    let place = (pixel as f32 + 0.5) * CELLS as f32 / SIDE as f32 + 0.5;
    [(place as usize, 1.0 - place.fract()), (place as usize + 1, place.fract())]
        .into_iter()
        .filter(|(cell, _)| (1..=CELLS).contains(cell))
        .map(|(cell, share)| (cell - 1, share))
}
