//! The first version of the reader of pictures: a folder of PNG images, whose sub-folders, if it
//! has any, are the labels. Runs that were recorded with it are resumed with it.
//!
//! Each image is converted to grey, scaled to fit [`SIDE`] by [`SIDE`] pixels and centred. If most
//! images have light edges, all are inverted: the networks expect a black background.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;

use super::{FolderCheck, FolderFormat};
use crate::{
    InMemoryDataset, Labels, PIXELS, SIDE,
    error::DataError,
    pictures::{
        decode::{MOST_PIXELS as MAX_PIXELS, blended},
        fit::{fitted, has_light_edge},
    },
};
use gan_tui_core::{
    event::Preparing,
    files,
    image::{
        Image, luma,
        png::{PngError, read_samples},
    },
    preset::{Fit, MNIST_SHAPE},
    text::grouped,
};

/// Images read between two calls of the progress callback.
const CHUNK: usize = 500;

/// A folder of PNG images.
pub struct PngFolder;

impl FolderFormat for PngFolder {
    fn expected(&self) -> String {
        "PNG images".into()
    }

    fn is_in(&self, folder: &Path) -> Result<bool, DataError> {
        Ok(!images_in(folder)?.is_empty() || !classes_in(folder)?.is_empty())
    }

    fn load(
        &self,
        folder: &Path,
        name: &str,
        progress: &mut dyn FnMut(Preparing),
    ) -> Result<InMemoryDataset, DataError> {
        let read = read(folder, progress)?.ok_or_else(|| missing(folder))?;
        let is_numbered = read.classes.iter().all(|class| class.parse::<u8>().is_ok());
        let labels = read.labels.map(|of| match is_numbered {
            true => Labels::numbered(of),
            false => Labels { of, classes: read.classes },
        });
        Ok(InMemoryDataset::new(name, MNIST_SHAPE, read.pixels, labels))
    }

    fn test_images(&self, _folder: &Path) -> Result<Option<usize>, DataError> {
        Ok(None)
    }

    fn check(&self, folder: &Path, _name: &str) -> Result<FolderCheck, DataError> {
        let read = read(folder, &mut |_| {})?.ok_or_else(|| missing(folder))?;
        let mut notes = vec![match read.scaled {
            0 => "every image was 28x28 already".into(),
            scaled => format!("{} of them scaled to fit 28x28 and centred", grouped(scaled)),
        }];
        if read.inverted {
            notes.push("inverted, for most have a light background".into());
        }
        let mut numbers: Vec<u8> = read.labels.into_iter().flatten().collect();
        numbers.dedup();
        for (class, number) in read.classes.iter().zip(numbers) {
            notes.push(format!("  label {number}: sub-folder {class}"));
        }
        Ok(FolderCheck { files: Vec::new(), notes })
    }
}

/// The images of a folder.
#[derive(Debug, PartialEq, Eq)]
struct FolderImages {
    /// (n, height, width), n at least 1.
    pixels: Vec<u8>,
    /// One for each image, if they are in sub-folders.
    labels: Option<Vec<u8>>,
    /// The sub-folders' names, in the order of their labels.
    classes: Vec<String>,
    /// Whether light backgrounds were inverted.
    inverted: bool,
    /// The number of images that were scaled.
    scaled: usize,
}

/// Returns the error of a folder without images.
fn missing(folder: &Path) -> DataError {
    let expected = PngFolder.expected();
    DataError::Missing { path: folder.into(), expected, found: "none".into() }
}

/// Reads a folder of PNG images; `None` if it holds none.
///
/// Labels are the sub-folders' names where all are numbers from 0 to 255, else their places in
/// alphabetical order.
///
/// # Errors
/// Returns an error if an image cannot be read, there are images both in and beside sub-folders, or
/// there are more than 256 of these.
fn read(
    folder: &Path,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Option<FolderImages>, DataError> {
    let beside = images_in(folder)?;
    let classes = classes_in(folder)?;
    if !beside.is_empty() && !classes.is_empty() {
        return Err(DataError::Missing {
            path: folder.into(),
            expected: "PNG images either in the folder itself or in subfolders".into(),
            found: format!(
                "{} in the folder and {} subfolders with images",
                beside.len(),
                classes.len()
            ),
        });
    }
    let labelled = !classes.is_empty();
    let numbers = numbers(folder, &classes)?;
    let names = classes.iter().map(|class| class.name.clone()).collect();
    let mut files: Vec<(PathBuf, u8)> = beside.into_iter().map(|path| (path, 0)).collect();
    for (class, number) in classes.into_iter().zip(numbers) {
        files.extend(class.files.into_iter().map(|path| (path, number)));
    }
    if files.is_empty() {
        return Ok(None);
    }
    let mut read = read_all(&files, progress)?;
    read.labels = labelled.then(|| files.iter().map(|&(_, label)| label).collect());
    read.classes = names;
    Ok(Some(read))
}

/// A sub-folder with images.
struct Class {
    name: String,
    files: Vec<PathBuf>,
}

/// Returns the sub-folders that hold images, in alphabetical order.
fn classes_in(folder: &Path) -> Result<Vec<Class>, DataError> {
    let mut classes = Vec::new();
    for path in entries(folder)? {
        if files::is_folder(&path).map_err(DataError::io(&path))? {
            let files = images_in(&path)?;
            if !files.is_empty() {
                classes.push(Class {
                    name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                    files,
                });
            }
        }
    }
    Ok(classes)
}

/// Returns a label for each class.
fn numbers(folder: &Path, classes: &[Class]) -> Result<Vec<u8>, DataError> {
    let named: Result<Vec<u8>, _> = classes.iter().map(|class| class.name.parse()).collect();
    match named {
        Ok(numbers) => Ok(numbers),
        Err(_) if classes.len() > 256 => Err(DataError::Missing {
            path: folder.into(),
            expected: "at most 256 subfolders of images".into(),
            found: classes.len().to_string(),
        }),
        Err(_) => Ok((0..classes.len()).map(|place| place as u8).collect()),
    }
}

/// Returns the PNG files of a folder in alphabetical order.
fn images_in(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let is_png =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    let mut images = Vec::new();
    for path in entries(folder)?.into_iter().filter(is_png) {
        if files::is_file(&path).map_err(DataError::io(&path))? {
            images.push(path);
        }
    }
    Ok(images)
}

/// Returns the paths in a folder that are not hidden, in alphabetical order, so that a dataset is
/// the same on every machine.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io(folder))? {
        let entry = entry.map_err(DataError::io(folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_all(
    files: &[(PathBuf, u8)],
    progress: &mut dyn FnMut(Preparing),
) -> Result<FolderImages, DataError> {
    let mut pixels = vec![0; files.len() * PIXELS];
    let (light, scaled) = (AtomicU64::new(0), AtomicU64::new(0));
    let what = "reading images";
    for (chunk, (files, block)) in
        files.chunks(CHUNK).zip(pixels.chunks_mut(CHUNK * PIXELS)).enumerate()
    {
        progress(Preparing { what: what.into(), done: (chunk * CHUNK) as u64, total: 0 });
        files.par_iter().zip(block.par_chunks_exact_mut(PIXELS)).try_for_each(
            |((path, _), pixels)| {
                let image = decode(path)?;
                light.fetch_add(u64::from(has_light_edge(&image)), Ordering::Relaxed);
                scaled.fetch_add(
                    u64::from((image.width, image.height) != (SIDE, SIDE)),
                    Ordering::Relaxed,
                );
                pixels.copy_from_slice(&fitted(&image, MNIST_SHAPE, Fit::Contain));
                Ok::<(), DataError>(())
            },
        )?;
    }
    progress(Preparing { what: what.into(), done: files.len() as u64, total: files.len() as u64 });
    let inverted = 2 * light.into_inner() > files.len() as u64;
    if inverted {
        pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    Ok(FolderImages {
        pixels,
        labels: None,
        classes: Vec::new(),
        inverted,
        scaled: scaled.into_inner() as usize,
    })
}

/// Reads a PNG file in grey. Transparent parts are white behind dark ink and black behind light
/// ink.
fn decode(path: &Path) -> Result<Image, DataError> {
    let invalid = |reason: String| DataError::Picture { path: path.into(), reason };
    let limits = png::Limits { bytes: 8 * MAX_PIXELS };
    let file = File::open(path).map_err(DataError::io(path))?;
    let (shape, samples) =
        read_samples(BufReader::new(file), MAX_PIXELS, limits).map_err(|error| match error {
            // An error of the file system is not one of the image.
            PngError::Decode(png::DecodingError::IoError(error))
                if error.raw_os_error().is_some() =>
            {
                DataError::io(path)(error)
            }
            PngError::Decode(error) => invalid(error.to_string()),
            PngError::TooLarge { width, height } => {
                invalid(format!("expected at most {MAX_PIXELS} pixels, found {width}x{height}"))
            }
            error => invalid(error.to_string()),
        })?;
    let grey = samples.chunks_exact(shape.channels).map(|pixel| match *pixel {
        [grey] => (grey, 255),
        [grey, alpha] => (grey, alpha),
        [red, green, blue] => (luma([red, green, blue]), 255),
        [red, green, blue, alpha, ..] => (luma([red, green, blue]), alpha),
        [] => (0, 0),
    });
    let pixels = blended(grey.map(|(shade, alpha)| ([shade], alpha)));
    Ok(Image::grey(shape.width, shape.height, pixels))
}

#[cfg(test)]
#[path = "png_folder_tests.rs"]
mod tests;
