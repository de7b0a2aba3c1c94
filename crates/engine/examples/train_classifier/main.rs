//! Trains the classifier behind `gan-tui score` on MNIST with this program's engine, and writes it
//! with the statistics that scores compare with.
//!
//!     cargo run --release --example train_classifier -- MNIST_FOLDER [OUT]
//!
//! OUT is `data/classifier.safetensors` unless it is given; its hash goes into a file beside it.
//! Equal commands give equal bytes.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::{error::Error, fs, path::Path, time::Instant};

use gan_tui_core::{
    image::from_byte,
    preset::{self, Preset},
    text::hex,
};
use gan_tui_data::{PIXELS, idx};
use gan_tui_engine::{
    model::classifier::Classifier,
    score::{DigitClassifier, Predictions, ReferenceStatistics},
    train::{
        self,
        augment::{AugmentTarget, DiscriminatorAugment},
        initialise::initialise,
        optimizer::Adam,
        random::{self, Stream},
    },
};
use gan_tui_kernels as kernels;
use sha2::{Digest as _, Sha256};

const SEED: u64 = 1;
const BATCH: usize = 100;
/// Passes over the training images.
const EPOCHS: u64 = 40;
const RATE: f32 = 2e-3;
const DROPOUT: f32 = 0.1;
/// Largest shift of an image in each direction, in pixels.
const SHIFT: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments
        .next()
        .ok_or("expected the folder with the four files of MNIST, found nothing")?;
    let out = arguments.next().unwrap_or_else(|| "data/classifier.safetensors".into());
    let out = Path::new(&out);
    let training = idx::read(Path::new(&folder), idx::TRAIN_IMAGES, idx::TRAIN_LABELS)?;
    let test = idx::read(Path::new(&folder), idx::TEST_IMAGES, idx::TEST_LABELS)?;
    let (labels, test_labels) = (
        training.labels.ok_or("no labels of the training images")?,
        test.labels.ok_or("no labels of the test images")?,
    );
    kernels::memory::keep_freed_memory();
    let pool = train::pool(train::available_threads())?;
    let classifier =
        pool.install(|| learn(&training.pixels, &labels).map_err(|error| error.to_string()))?;

    let predictions = pool.install(|| classifier.read(&test.pixels))?;
    println!("right on the test images: {:.2}%", 100.0 * right(&predictions, &test_labels));
    let mut reference = ReferenceStatistics::of(&predictions);
    reference.add_floors(&pool.install(|| classifier.read(&training.pixels))?);
    for (count, floor) in &reference.floors {
        println!("{count} training images: distance {floor:.4}");
    }
    let bytes = classifier.write_file(&reference)?;
    fs::write(out, &bytes)?;
    fs::write(out.with_extension("sha256"), format!("{}\n", hex(&Sha256::digest(&bytes))))?;
    println!("{}: {} bytes", out.display(), bytes.len());
    Ok(())
}

/// Trains with Adam and a cosine schedule on randomly shifted images.
fn learn(pixels: &[u8], labels: &[u8]) -> Result<DigitClassifier, Box<dyn Error>> {
    let mut network = Classifier::zeros(DROPOUT);
    initialise(&mut network, SEED, Stream::Discriminator);
    let mut adam = Adam::new(
        &network,
        preset::Adam { learning_rate: RATE, beta1: 0.9, beta2: 0.99, epsilon: 1e-7 },
    );
    let steps = EPOCHS * (labels.len() / BATCH) as u64;
    let shifted = Preset { seed: SEED, shift: SHIFT, ..Preset::default() };
    let start = Instant::now();
    let mut sum = 0.0;
    for step in 0..steps {
        let chosen = random::indices(SEED, Stream::Batch, step, BATCH, labels.len());
        let images: Vec<f32> = chosen
            .iter()
            .flat_map(|&index| &pixels[index * PIXELS..][..PIXELS])
            .map(|&byte| from_byte(byte))
            .collect();
        let images = match DiscriminatorAugment::of(&shifted, step, 1.0) {
            Some(shift) => shift.apply(&images, AugmentTarget::Real, 0),
            None => images,
        };
        let labels: Vec<u8> = chosen.iter().map(|&index| labels[index]).collect();
        let [dropout] = random::bits(SEED, Stream::Dropout, step);
        let (loss, mut gradients) = network.gradients(images, &labels, dropout)?;
        let factor = preset::Schedule::Cosine { from: 0, until: steps }.factor(step, steps);
        adam.step(&mut network, &mut gradients, factor)?;
        sum += loss;
        if (step + 1).is_multiple_of(2 * labels.len() as u64 * 30) {
            println!(
                "step {} of {steps}: mean loss {:.4}, {:.0} s",
                step + 1,
                sum / (2.0 * labels.len() as f32 * 30.0),
                start.elapsed().as_secs_f64()
            );
            sum = 0.0;
        }
    }
    Ok(DigitClassifier::new(network))
}

fn right(predictions: &Predictions, labels: &[u8]) -> f64 {
    predictions.digits().zip(labels).filter(|((digit, _), label)| digit == *label).count() as f64
        / labels.len() as f64
}
