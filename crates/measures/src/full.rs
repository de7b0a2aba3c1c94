//! Every measure of some images against real ones, in the features of one network: how they lie
//! among each other, the kernel distance, and whether samples are copies of what was learned from.

use gan_tui_core::event::{Neighbours, Variety};
use gan_tui_kernels::{
    self as kernels,
    product::{Grid, Panels, Product},
};
use rand::{SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::pictures::{
    FEATURES, FEWEST,
    neighbours::{Cloud, distance},
};

/// Features of an image.
pub const WIDTH: usize = FEATURES;
/// Images compared as neighbours, at most: what the literature takes.
pub const NEIGHBOURS: usize = 5_000;
/// Subsets, and images of one, of the kernel distance (Bińkowski et al. 2018 take 1,000).
const SUBSETS: (u64, usize) = (50, 1_000);
/// The same of a run's samples while it trains.
const LIVE_SUBSETS: (u64, usize) = (6, 1_000);
/// Samples whose nearest training images are looked for, at most, and as many real ones.
pub const SEARCHED: usize = 1_000;
/// Pairs of a sample and its nearest training image that are kept: the nearest of all.
pub const PAIRS: usize = 5;
/// Of real images that were not learned from, so many are as near to a training image as counts
/// for a copy.
const NEAR: f64 = 0.01;

/// Every measure that is not the distance of the two as normal distributions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FullScore {
    /// Images of each kind that were compared as neighbours.
    pub compared: usize,
    pub neighbours: Neighbours,
    /// What other real images have.
    pub real_neighbours: Neighbours,
    pub kernel_distance: KernelDistance,
    /// What other real images have.
    pub real_kernel_distance: KernelDistance,
    /// None where all real images were learned from.
    pub memorisation: Option<Memorisation>,
}

/// The squared maximum mean discrepancy with the kernel `(x . y / 64 + 1)^3`, unbiased (Bińkowski et
/// al. 2018, "Demystifying MMD GANs"): the mean over subsets, and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KernelDistance {
    pub mean: f64,
    pub error: f64,
    /// Images of a subset of each kind.
    pub subset: usize,
}

/// How near samples come to the images that were learned from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memorisation {
    /// Samples, and as many real images, whose nearest training image was looked for.
    pub searched: usize,
    /// The medians of the distances to it.
    pub median: f32,
    pub real_median: f32,
    /// The share of samples nearer to a training image than the nearest hundredth of real images:
    /// about 0.01 unless the training images are copied.
    pub copies: f32,
    /// The samples that are nearest to a training image.
    pub pairs: Vec<Pair>,
}

/// A sample and its nearest training image, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    pub sample: usize,
    pub training: usize,
    pub distance: f32,
}

/// Features (n, 64) of samples, of real images that were not learned from, of other such images,
/// which give the floors, and of the images that were learned from, where those are others.
#[derive(Debug, Clone, Copy)]
pub struct FeaturesOf<'a> {
    pub samples: &'a [f32],
    pub real: &'a [f32],
    pub others: &'a [f32],
    pub training: Option<&'a [f32]>,
}

/// Computes every measure.
///
/// # Panics
/// Panics if there are fewer than two images of a kind.
pub fn measure(features: &FeaturesOf) -> FullScore {
    let FeaturesOf { samples, real, others, training } = *features;
    let sets = [samples, real, others];
    let counts = sets.map(|set| set.len() / FEATURES);
    assert!(counts.into_iter().min() > Some(1), "images of every kind");
    let compared = counts.into_iter().min().unwrap_or(0).min(NEIGHBOURS);
    let [own, cloud, floor] = sets.map(|set| Cloud::new(set[..compared * FEATURES].to_vec()));
    FullScore {
        compared,
        neighbours: cloud.with(&own),
        real_neighbours: cloud.with(&floor),
        kernel_distance: kernel_distance(real, samples, SUBSETS),
        real_kernel_distance: kernel_distance(real, others, SUBSETS),
        memorisation: training.map(|training| memorisation(samples, real, training)),
    }
}

fn rows(features: &[f32]) -> usize {
    features.len() / FEATURES
}

fn row(features: &[f32], index: usize) -> &[f32] {
    &features[index * FEATURES..][..FEATURES]
}

/// The kernel distance of two sets of features (n, 64), of subsets drawn always alike.
fn kernel_distance(one: &[f32], other: &[f32], (subsets, most): (u64, usize)) -> KernelDistance {
    let subset = rows(one).min(rows(other)).min(most);
    let draws: Vec<f64> = (0..subsets)
        .into_par_iter()
        .map(|draw| {
            let mut random = ChaCha8Rng::seed_from_u64(draw);
            let mut chosen = |of| index::sample(&mut random, rows(of), subset).into_vec();
            let (a, b) = (chosen(one), chosen(other));
            let gather = |of: &[f32], chosen: &[usize]| -> Vec<f32> {
                chosen.iter().flat_map(|&at| row(of, at)).copied().collect()
            };
            discrepancy(&gather(one, &a), &gather(other, &b))
        })
        .collect();
    let count = draws.len() as f64;
    let mean = draws.iter().sum::<f64>() / count;
    let squares: f64 = draws.iter().map(|draw| (draw - mean).powi(2)).sum();
    let error = (squares / (count - 1.0) / count).sqrt();
    KernelDistance { mean, error, subset }
}

/// The unbiased estimate of the squared discrepancy of two sets of as many vectors each.
fn discrepancy(one: &[f32], other: &[f32]) -> f64 {
    let count = rows(one);
    let kernel = |product: f32| (f64::from(product) / FEATURES as f64 + 1.0).powi(3);
    // Without each vector's product with itself.
    let within = |products: Vec<f32>| -> f64 {
        let rows = products.chunks_exact(count).enumerate();
        rows.flat_map(|(at, row)| row[..at].iter().map(|&product| kernel(product))).sum()
    };
    let between: f64 = products(one, other).into_iter().map(kernel).sum();
    let within = within(products(one, one)) + within(products(other, other));
    let count = count as f64;
    2.0 * within / (count * (count - 1.0)) - 2.0 * between / (count * count)
}

/// Every vector of one set times every one of another, (one, other).
fn products(one: &[f32], other: &[f32]) -> Vec<f32> {
    let (rows, columns) = (rows(one), rows(other));
    let panels = Panels::pack_transposed(kernels::active(), other, &[0], FEATURES, columns);
    let mut products = vec![0.0; rows * columns];
    let (input, output) = (Grid::rows(FEATURES), Grid::rows(columns));
    let product =
        Product { rows: 1, columns: rows, input, output, taps: &[0], panels: &panels, bias: None };
    product.run(one, &mut products);
    products
}

/// The nearest of some training images to each of some images: number and squared distance.
fn nearest(images: &[f32], training: &[f32]) -> Vec<(usize, f32)> {
    let of = |one: &[f32]| {
        let distances = training.chunks_exact(FEATURES).map(|other| distance(one, other));
        distances.enumerate().fold((0, f32::INFINITY), |least, (index, distance)| {
            if distance < least.1 { (index, distance) } else { least }
        })
    };
    images.par_chunks_exact(FEATURES).map(of).collect()
}

/// Images that a run learns from, as what its samples are compared with while it trains.
pub struct Learned {
    /// Some of them, which samples are compared with.
    real: Vec<f32>,
    cloud: Cloud,
    /// All of them, among which the nearest is looked for.
    all: Vec<f32>,
    /// How far some are from the nearest other one, in order.
    apart: Vec<f32>,
    /// What other real images have.
    real_neighbours: Neighbours,
    real_kernel_distance: KernelDistance,
}

impl Learned {
    /// Computes it of the features (n, 64) of images that are learned from. `None` if there are
    /// fewer than twice [`FEWEST`].
    pub fn of(all: Vec<f32>) -> Option<Self> {
        let compared = (rows(&all) / 2).min(SEARCHED);
        if compared < FEWEST {
            return None;
        }
        let (real, others) = all[..2 * compared * FEATURES].split_at(compared * FEATURES);
        let cloud = Cloud::new(real.to_vec());
        let apart = (0..compared).into_par_iter().map(|own| {
            let others = all.chunks_exact(FEATURES).enumerate().filter(|&(other, _)| other != own);
            let distances = others.map(|(_, other)| distance(row(real, own), other));
            distances.fold(f32::INFINITY, f32::min).sqrt()
        });
        let mut apart: Vec<f32> = apart.collect();
        apart.sort_by(f32::total_cmp);
        Some(Self {
            real_neighbours: cloud.with(&Cloud::new(others.to_vec())),
            real_kernel_distance: {
                let half = rows(&all) / 2 * FEATURES;
                kernel_distance(&all[..half], &all[half..], LIVE_SUBSETS)
            },
            cloud,
            real: real.to_vec(),
            apart,
            all,
        })
    }

    /// Compares the features (n, 64) of a run's samples: all for the kernel distance, the first for
    /// the others. `None` if there are fewer than real images.
    pub fn compare(&self, samples: &[f32]) -> Option<Variety> {
        let compared = rows(&self.real);
        let kernel = kernel_distance(&self.all, samples, LIVE_SUBSETS);
        let samples = samples.get(..compared * FEATURES)?;
        let nearest = nearest(samples, &self.all);
        let mut distances: Vec<f32> = nearest.iter().map(|(_, squared)| squared.sqrt()).collect();
        distances.sort_by(f32::total_cmp);
        let near = self.apart[(NEAR * compared as f64) as usize];
        let copies = distances.iter().filter(|distance| **distance < near).count();
        Some(Variety {
            compared,
            neighbours: self.cloud.with(&Cloud::new(samples.to_vec())),
            real: self.real_neighbours,
            kernel_distance: kernel.mean as f32,
            kernel_error: kernel.error as f32,
            real_kernel_distance: self.real_kernel_distance.mean as f32,
            searched: rows(&self.all),
            nearest: distances[compared / 2],
            real_nearest: self.apart[compared / 2],
            copies: copies as f32 / compared as f32,
        })
    }
}

fn memorisation(samples: &[f32], real: &[f32], training: &[f32]) -> Memorisation {
    let searched = rows(samples).min(rows(real)).min(SEARCHED);
    let own = nearest(&samples[..searched * FEATURES], training);
    let sorted = |nearest: &[(usize, f32)]| {
        let mut distances: Vec<f32> = nearest.iter().map(|(_, squared)| squared.sqrt()).collect();
        distances.sort_by(f32::total_cmp);
        distances
    };
    let (distances, real) =
        (sorted(&own), sorted(&nearest(&real[..searched * FEATURES], training)));
    let near = real[(NEAR * searched as f64) as usize];
    let copies = distances.iter().filter(|distance| **distance < near).count();
    let mut pairs: Vec<Pair> = own
        .iter()
        .enumerate()
        .map(|(sample, &(training, squared))| Pair { sample, training, distance: squared.sqrt() })
        .collect();
    pairs.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    pairs.truncate(PAIRS);
    Memorisation {
        searched,
        median: distances[searched / 2],
        real_median: real[searched / 2],
        copies: copies as f32 / searched as f32,
        pairs,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rand_distr::{Distribution as _, StandardNormal};

    /// Features of a normal distribution, shifted.
    fn normal(seed: u64, count: usize, shift: f32) -> Vec<f32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..count * FEATURES)
            .map(|_| {
                let x: f32 = StandardNormal.sample(&mut random);
                x + shift
            })
            .collect()
    }

    /// The definition, sum by sum, of small integers: what NumPy gives for `K = (x @ y.T / 64 +
    /// 1)**3` with the diagonals of the sets' own left out.
    #[test]
    fn the_discrepancy_is_its_definition() {
        let vector = |values: [f32; 3]| {
            let mut row = vec![0.0; FEATURES];
            row[..3].copy_from_slice(&values);
            row
        };
        let one = [vector([8.0, 0.0, 0.0]), vector([0.0, 8.0, 0.0]), vector([8.0, 8.0, 0.0])];
        let other = [vector([0.0, 0.0, 8.0]), vector([8.0, 0.0, 8.0]), vector([0.0; 3])];
        // Products over 64, plus one, cubed: within the first 1, 8, 8 and within the second 8, 1, 1;
        // between them 1, 8, 1; 1, 1, 1; 1, 8, 1.
        let expected = (1.0 + 8.0 + 8.0) / 3.0 + (8.0 + 1.0 + 1.0) / 3.0 - 2.0 * 23.0 / 9.0;
        let found = discrepancy(&one.concat(), &other.concat());
        assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    }

    #[test]
    fn alike_sets_have_no_distance_and_shifted_ones_have() {
        let (real, others) = (normal(1, 300, 0.0), normal(2, 300, 0.0));
        let training = normal(3, 500, 0.0);
        let score = |samples: &[f32]| {
            measure(&FeaturesOf {
                samples,
                real: &real,
                others: &others,
                training: Some(&training),
            })
        };
        let alike = score(&normal(4, 300, 0.0));
        assert!(alike.kernel_distance.mean.abs() < 6.0 * alike.kernel_distance.error + 1e-3);
        assert_eq!((alike.compared, alike.kernel_distance.subset), (300, 300));
        let far = score(&normal(5, 300, 1.0));
        assert!(far.kernel_distance.mean > 20.0 * far.kernel_distance.error, "{far:?}");
        assert!(far.neighbours.recall < alike.neighbours.recall, "{far:?}");
        assert_eq!(far.real_neighbours, alike.real_neighbours);
    }

    #[test]
    fn copies_are_found_with_what_they_are_copies_of() {
        let (real, others, training) =
            (normal(1, 200, 0.0), normal(2, 200, 0.0), normal(3, 400, 0.0));
        let mut samples = normal(4, 200, 0.0);
        // Half of them are training images 100 to 199, all but exactly.
        for copy in 0..100 {
            let source: Vec<f32> = row(&training, 100 + copy).iter().map(|x| x + 0.01).collect();
            samples[copy * FEATURES..(copy + 1) * FEATURES].copy_from_slice(&source);
        }
        let sets = FeaturesOf {
            samples: &samples,
            real: &real,
            others: &others,
            training: Some(&training),
        };
        let found = measure(&sets).memorisation.unwrap();
        assert!((0.5..0.55).contains(&found.copies), "{found:?}");
        assert_eq!(found.pairs.len(), PAIRS);
        assert!(found.pairs.iter().all(|pair| pair.training == 100 + pair.sample), "{found:?}");
        assert!(found.pairs.iter().all(|pair| (pair.distance - 0.08).abs() < 1e-3), "{found:?}");

        let live = Learned::of(training.clone()).unwrap();
        let found = live.compare(&samples).unwrap();
        assert_eq!((found.compared, found.searched), (200, 400));
        assert!((0.5..0.6).contains(&found.copies), "{found:?}");
        let honest = live.compare(&normal(7, 200, 0.0)).unwrap();
        assert!(honest.copies < 0.08 && honest.neighbours.recall > 0.5, "{honest:?}");
        assert!((honest.nearest / honest.real_nearest - 1.0).abs() < 0.05, "{honest:?}");
        assert_eq!(live.compare(&samples[FEATURES..]), None, "too few samples");
        assert!(Learned::of(normal(8, 199, 0.0)).is_none(), "too few images");

        let honest = FeaturesOf { samples: &normal(6, 200, 0.0), ..sets };
        let honest = measure(&honest).memorisation.unwrap();
        assert!(honest.copies < 0.08, "{honest:?}");
        assert!((honest.median / honest.real_median - 1.0).abs() < 0.05, "{honest:?}");
    }
}
