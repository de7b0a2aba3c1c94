//! Whether the embedded digits are good enough to learn from: a classifier trained on MNIST reads
//! them, and they vary as handwriting does.

// The example reports more than is asserted here.
#[allow(dead_code)]
#[path = "../../examples/read_digits/reader.rs"]
mod reader;

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use gan_tui_core::preset::Data;
use gan_tui_data::{Dataset, DatasetRequest, PIXELS, synthetic};
use gan_tui_testing::{need, needs};
use reader::Reader;

/// Images of MNIST to learn from, and how often each.
const IMAGES: (usize, usize) = (20_000, 5);
/// Embedded digits to read, as many of each.
const DIGITS: usize = 4_000;

fn mnist(folder: PathBuf) -> Arc<dyn Dataset> {
    gan_tui_data::load(&DatasetRequest::grey(Data::Folder(folder)), &mut |_| {}).unwrap()
}

#[test]
fn a_classifier_trained_on_mnist_reads_the_embedded_digits() {
    let mnist = mnist(need!(needs::mnist()));
    let reader = Reader::learn(&*mnist, IMAGES.0, IMAGES.1, 1);
    let digits = synthetic::dataset(synthetic::SEED, DIGITS, &mut |_| {});
    let pixels = digits.images(&mut (0..DIGITS)).pixels;
    let mut right = [0; 10];
    for (index, reading) in reader.read(&pixels).into_iter().enumerate() {
        right[usize::from(reading.digit)] +=
            usize::from(digits.label(index) == Some(reading.digit));
    }
    let share = |right: usize, of: usize| 100.0 * right as f64 / of as f64;
    let (all, each) =
        (share(right.iter().sum(), DIGITS), right.map(|right| share(right, DIGITS / 10)));
    #[allow(clippy::print_stderr)]
    {
        eprintln!("read right: {all:.2}%, by digit {each:.1?}");
    }
    assert!(
        all >= 95.0 && each.iter().all(|&each| each >= 85.0),
        "read right: {all:.2}%, by digit {each:.1?}"
    );
}

/// Mean distance between images of each label, the root of the mean squared difference of their
/// pixels.
fn spread(dataset: &dyn Dataset, count: usize) -> [f64; 10] {
    std::array::from_fn(|label| {
        let of_label = |&index: &usize| dataset.label(index) == Some(label as u8);
        let images: Vec<Cow<'_, [u8]>> = (0..dataset.len())
            .filter(of_label)
            .take(count)
            .map(|index| dataset.image(index))
            .collect();
        let distance = |a: &[u8], b: &[u8]| {
            let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
            (sum / PIXELS as f64).sqrt()
        };
        let pairs = (0..images.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let (sum, number) = pairs.fold((0.0, 0.0), |(sum, number), (a, b)| {
            (sum + distance(&images[a], &images[b]), number + 1.0)
        });
        sum / number
    })
}

#[test]
fn the_digits_vary_as_handwriting_does() {
    let mnist = mnist(need!(needs::mnist()));
    let digits = synthetic::dataset(synthetic::SEED, DIGITS, &mut |_| {});
    let (ours, theirs) = (spread(&digits, 200), spread(&*mnist, 200));
    let ratios: [f64; 10] = std::array::from_fn(|digit| ours[digit] / theirs[digit]);
    #[allow(clippy::print_stderr)]
    {
        eprintln!("distance between images of one digit, as a share of MNIST's: {ratios:.2?}");
    }
    assert!(ratios.iter().all(|ratio| (0.75..1.25).contains(ratio)), "{ratios:?}");
}
