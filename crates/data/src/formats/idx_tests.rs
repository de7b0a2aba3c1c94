//! The IDX reader on good, bad and random files.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{fs, io::Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn images(count: u32, height: u32, width: u32, bytes: &[u8]) -> Vec<u8> {
    [
        &IMAGES_MAGIC.to_be_bytes()[..],
        &count.to_be_bytes(),
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        bytes,
    ]
    .concat()
}

fn labels(count: u32, bytes: &[u8]) -> Vec<u8> {
    [&LABELS_MAGIC.to_be_bytes()[..], &count.to_be_bytes(), bytes].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Three images of which every pixel differs from its neighbours.
fn pixels() -> Vec<u8> {
    (0..3 * PIXELS).map(|index| (index * 7 % 251) as u8).collect()
}

/// What reading the training part of a folder with these files gives; errors without the folder's
/// path.
fn read_files(files: &[(&str, &[u8])]) -> Result<IdxImages, String> {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let here = folder.path().display().to_string();
    read(folder.path(), TRAIN_IMAGES, TRAIN_LABELS)
        .map_err(|error| error.to_string().replace(&here, "DIR"))
}

fn error_of(files: &[(&str, &[u8])]) -> String {
    read_files(files).unwrap_err()
}

#[test]
fn plain_and_gzip_files_give_the_same_images_and_labels() {
    let (images, labels) = (images(3, 28, 28, &pixels()), labels(3, &[4, 0, 9]));
    let plain =
        read_files(&[("train-images-idx3-ubyte", &images), ("train-labels-idx1-ubyte", &labels)])
            .unwrap();
    assert_eq!((&plain.pixels, &plain.labels), (&pixels(), &Some(vec![4, 0, 9])));
    let packed = read_files(&[
        ("train-images-idx3-ubyte.gz", &gzip(&images)),
        ("train-labels-idx1-ubyte.gz", &gzip(&labels)),
    ])
    .unwrap();
    assert_eq!((packed.pixels, packed.labels), (plain.pixels, plain.labels));
}

#[test]
fn content_decides_what_a_file_named_gz_is_and_labels_may_be_missing() {
    let read =
        read_files(&[("train-images-idx3-ubyte.gz", &images(3, 28, 28, &pixels()))]).unwrap();
    assert_eq!((read.pixels, read.labels), (pixels(), None));
    let dotted = read_files(&[("train-images.idx3-ubyte", &images(3, 28, 28, &pixels()))]).unwrap();
    assert_eq!(dotted.pixels, pixels(), "as some name it");
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let good = images(3, 28, 28, &pixels());
    let packed = gzip(&good);
    let plain = "train-images-idx3-ubyte";
    let gz = "train-images-idx3-ubyte.gz";
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            plain,
            packed.clone(),
            "content: expected a plain IDX file, found a gzip stream; rename it to \
             train-images-idx3-ubyte.gz",
        ),
        (plain, vec![], "magic number: expected 4 bytes, found the end of the file"),
        (plain, good[..9].to_vec(), "image height: expected 4 bytes, found the end of the file"),
        (
            plain,
            labels(3, &[1, 2, 3]),
            "magic number: expected 0x00000803 (images), found 0x00000801",
        ),
        (plain, images(3, 32, 28, &pixels()), "image size: expected 28x28, found 32x28"),
        (plain, images(0, 28, 28, &[]), "number of images: expected 1 to 1000000, found 0"),
        (
            plain,
            images(u32::MAX, 28, 28, &pixels()),
            "number of images: expected 1 to 1000000, found 4294967295",
        ),
        (
            plain,
            good[..good.len() - 1].to_vec(),
            "length: expected 2368 bytes, as its header says, found 2367 bytes",
        ),
        (
            plain,
            [&good[..], &[0]].concat(),
            "length: expected 2368 bytes, as its header says, found 2369 bytes",
        ),
        (
            plain,
            images(1_000_000, 28, 28, &pixels()),
            "length: expected 784000016 bytes, as its header says, found 2368 bytes",
        ),
        (
            gz,
            gzip(&images(1_000_000, 28, 28, &pixels())),
            "length: expected 784000016 bytes, as its header says, found 2368 bytes",
        ),
        (
            gz,
            gzip(&[&good[..], &[0; 5000]].concat()),
            "length: expected 2368 bytes, as its header says, found more",
        ),
        (gz, packed[..packed.len() / 2].to_vec(), "damaged gzip stream: it ends too early"),
        (gz, packed[..5].to_vec(), "damaged gzip stream: it ends too early"),
        (gz, flipped, "damaged gzip stream: corrupt gzip stream does not have a matching checksum"),
    ];
    for (name, content, expected) in cases {
        let message = error_of(&[(name, &content)]);
        assert_eq!(message.strip_prefix(&format!("DIR/{name}: ")), Some(expected), "{message}");
    }
    assert_eq!(
        error_of(&[]),
        "DIR: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found neither"
    );
}

#[test]
fn labels_are_checked_against_the_images_and_their_range() {
    let images = images(3, 28, 28, &pixels());
    let error = |labels: &[u8]| {
        let message =
            error_of(&[("train-images-idx3-ubyte", &images), ("train-labels-idx1-ubyte", labels)]);
        message.strip_prefix("DIR/train-labels-idx1-ubyte: ").unwrap().to_owned()
    };
    assert_eq!(
        error(&labels(2, &[1, 2])),
        "number of labels: expected 3, one for each image, found 2"
    );
    assert_eq!(
        error(&labels(3, &[1, 2])),
        "length: expected 11 bytes, as its header says, found 10 bytes"
    );
    assert_eq!(error(&images), "magic number: expected 0x00000801 (labels), found 0x00000803");
}

#[test]
fn a_folder_in_the_place_of_a_file_is_an_error() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(TRAIN_IMAGES)).unwrap();
    let message = read(folder.path(), TRAIN_IMAGES, TRAIN_LABELS).unwrap_err().to_string();
    assert!(message.ends_with("kind: expected a file, found something else"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever a file holds, reading it ends in images or an error, and takes no more memory than
    /// it holds.
    #[test]
    fn no_content_is_too_strange(
        head in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            (0u32..5, 27u32..30, 27u32..30)
                .prop_map(|(count, height, width)| images(count, height, width, &[])),
            any::<u32>().prop_map(|count| images(count, 28, 28, &[])),
        ],
        body in 0usize..4 * PIXELS,
        cut in 0usize..200,
        flip in any::<(u16, u8)>(),
        packed in any::<bool>(),
    ) {
        let mut content = [head, vec![7; body]].concat();
        if packed {
            content = gzip(&content);
            content.truncate(content.len().saturating_sub(cut % 20));
            let at = usize::from(flip.0) % content.len().max(1);
            if let Some(byte) = content.get_mut(at) { *byte ^= flip.1; }
        }
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("images.gz");
        fs::write(&path, &content).unwrap();
        if let Ok(pixels) = read_images(&path) {
            prop_assert!(!pixels.is_empty() && pixels.len().is_multiple_of(PIXELS));
            prop_assert!(pixels.capacity() as u64 <= (content.len() as u64) * BEST_RATIO);
        }
        let _ = read_labels(&path, body);
    }
}
