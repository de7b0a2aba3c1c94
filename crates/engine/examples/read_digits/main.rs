//! Trains a small classifier on MNIST in some seconds, then prints its accuracy on the embedded
//! digits and its predictions for files of samples.
//!
//!     cargo run --release --example read_digits -- MNIST_FOLDER [SAMPLES.npy ...]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod reader;

use std::{error::Error, path::Path};

use gan_tui_core::preset::Data;
use gan_tui_data::{Dataset, DatasetRequest, PIXELS, idx, synthetic};
use gan_tui_store::export::npy;
use reader::{Reader, Reading};

/// The number of MNIST images to train on, and the epochs.
const IMAGES: (usize, usize) = (60_000, 10);
/// The number of embedded digits to classify.
const DIGITS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments
        .next()
        .ok_or("expected the folder with the four files of MNIST, found nothing")?;
    let mnist = gan_tui_data::load(
        &DatasetRequest::grey(Data::Folder(folder.clone().into())),
        &mut |_| {},
    )?;
    let reader = Reader::learn(&*mnist, IMAGES.0, IMAGES.1, 1);

    let test = idx::read(Path::new(&folder), idx::TEST_IMAGES, idx::TEST_LABELS)?;
    let right = reader
        .read(&test.pixels)
        .iter()
        .zip(test.labels.unwrap_or_default())
        .filter(|(read, label)| read.digit == *label)
        .count();
    println!("MNIST's test images: {:.2}% read right", share(right, test.pixels.len() / PIXELS));

    let digits = synthetic::dataset(synthetic::SEED, DIGITS, &mut |_| {});
    let pixels = digits.images(&mut (0..DIGITS)).pixels;
    let readings = reader.read(&pixels);
    let right = |digit: u8| {
        (0..DIGITS)
            .filter(|&index| digits.label(index) == Some(digit) && readings[index].digit == digit)
            .count()
    };
    let each: Vec<String> =
        (0..10).map(|digit| format!("{digit}: {:.1}%", share(right(digit), DIGITS / 10))).collect();
    println!(
        "embedded digits: {:.2}% read right ({})",
        share((0..10).map(right).sum(), DIGITS),
        each.join(", ")
    );

    for file in arguments {
        let stack = npy::read_images(Path::new(&file))?;
        report(Path::new(&file), &reader.read(&stack.pixels));
    }
    Ok(())
}

/// Prints the predictions for a file of samples.
fn report(file: &Path, readings: &[Reading]) {
    let of = |digit: u8| readings.iter().filter(|reading| reading.digit == digit).count();
    let each: Vec<String> =
        (0..10).map(|digit| format!("{digit}: {:.1}%", share(of(digit), readings.len()))).collect();
    let sure = readings.iter().filter(|reading| reading.confidence >= 0.9).count();
    println!(
        "{}: {} images, {:.1}% read with a confidence of 0.9 or more ({})",
        file.display(),
        readings.len(),
        share(sure, readings.len()),
        each.join(", ")
    );
}

/// Returns a share in per cent.
fn share(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
