//! A folder of PNG images as a dataset; its sub-folders, where it has some, are the labels.
//!
//! Each image is turned into grey, scaled as a whole to fit 28x28 and centred there. Where most
//! images have light edges, all are inverted: the background is black, as the networks expect it.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rayon::prelude::*;

use super::{PIXELS, SIDE, error::DataError};
use gan_tui_core::{event::Preparing, files, image::Image};

/// Pictures of more pixels than this are refused.
const LARGEST: u64 = 1 << 24;
/// Pictures read between two calls of the progress callback.
const CHUNK: usize = 500;

/// What a folder of pictures holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Pictures {
    /// (n, 28, 28), n at least 1.
    pub pixels: Vec<u8>,
    /// One for each picture: a label's number.
    pub labels: Option<Vec<u8>>,
    /// The sub-folders' names, in the order of their labels.
    pub classes: Vec<String>,
    /// Whether light backgrounds were made dark.
    pub inverted: bool,
    /// How many were not 28x28 and were scaled.
    pub scaled: usize,
}

/// Reads a folder of PNG images; `None` where it holds none.
///
/// Labels are the sub-folders' names where all are numbers from 0 to 255, else their places in
/// alphabetical order.
///
/// # Errors
/// Where a picture cannot be read, the folder holds pictures both in and beside sub-folders, or it
/// has more than 256 of these.
pub fn read(
    folder: &Path,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Option<Pictures>, DataError> {
    let beside = pictures_of(folder)?;
    let classes = classes_of(folder)?;
    if !beside.is_empty() && !classes.is_empty() {
        return Err(DataError::Missing {
            path: folder.into(),
            expected: "PNG images either in the folder itself or in subfolders".into(),
            found: format!("{} in the folder and {} subfolders with images", beside.len(), classes.len()),
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

/// A sub-folder with pictures.
struct Class {
    name: String,
    files: Vec<PathBuf>,
}

/// The sub-folders that hold pictures, in alphabetical order.
fn classes_of(folder: &Path) -> Result<Vec<Class>, DataError> {
    let mut classes = Vec::new();
    for path in entries(folder)? {
        if files::is_folder(&path).map_err(DataError::io(&path))? {
            let files = pictures_of(&path)?;
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

/// A label for each class.
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

/// The PNG files of a folder, by name, in alphabetical order.
fn pictures_of(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let is_png =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    let mut pictures = Vec::new();
    for path in entries(folder)?.into_iter().filter(is_png) {
        if files::is_file(&path).map_err(DataError::io(&path))? {
            pictures.push(path);
        }
    }
    Ok(pictures)
}

/// What lies in a folder and is not hidden, in alphabetical order, so that a dataset is the same
/// everywhere.
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
) -> Result<Pictures, DataError> {
    let mut pixels = vec![0; files.len() * PIXELS];
    let (light, scaled) = (AtomicU64::new(0), AtomicU64::new(0));
    let what = "reading images";
    for (chunk, (files, block)) in
        files.chunks(CHUNK).zip(pixels.chunks_mut(CHUNK * PIXELS)).enumerate()
    {
        progress(Preparing { what: what.into(), done: (chunk * CHUNK) as u64, total: 0 });
        files.par_iter().zip(block.par_chunks_exact_mut(PIXELS)).try_for_each(
            |((path, _), image)| {
                let picture = decode(path)?;
                light.fetch_add(u64::from(has_light_edge(&picture)), Ordering::Relaxed);
                scaled.fetch_add(
                    u64::from((picture.width, picture.height) != (SIDE, SIDE)),
                    Ordering::Relaxed,
                );
                image.copy_from_slice(&fitted(&picture));
                Ok::<(), DataError>(())
            },
        )?;
    }
    progress(Preparing { what: what.into(), done: files.len() as u64, total: files.len() as u64 });
    let inverted = 2 * light.into_inner() > files.len() as u64;
    if inverted {
        pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    Ok(Pictures {
        pixels,
        labels: None,
        classes: Vec::new(),
        inverted,
        scaled: scaled.into_inner() as usize,
    })
}

/// One PNG as grey. Transparent parts are white behind dark ink and black behind light ink.
fn decode(path: &Path) -> Result<Image, DataError> {
    let wrong = |reason: String| DataError::Picture { path: path.into(), reason };
    let failed = |error: png::DecodingError| match error {
        // What the system says of a file is no fault of the picture in it.
        png::DecodingError::IoError(error) if error.raw_os_error().is_some() => {
            DataError::io(path)(error)
        }
        error => wrong(error.to_string()),
    };
    let file = File::open(path).map_err(DataError::io(path))?;
    let mut decoder = png::Decoder::new_with_limits(
        BufReader::new(file),
        png::Limits { bytes: 8 * LARGEST as usize },
    );
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(failed)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if u64::from(width) * u64::from(height) > LARGEST {
        return Err(wrong(format!("expected at most {LARGEST} pixels, found {width}x{height}")));
    }
    let size = reader.output_buffer_size().ok_or_else(|| wrong("too large".into()))?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes).map_err(failed)?;
    bytes.truncate(frame.buffer_size());
    let samples = frame.color_type.samples();
    let luma = |p: &[u8]| {
        ((299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2]) + 500) / 1000) as u8
    };
    let pixels = bytes.chunks_exact(samples).map(|p| match samples {
        1 => (p[0], 255),
        2 => (p[0], p[1]),
        3 => (luma(p), 255),
        _ => (luma(p), p[3]),
    });
    Ok(Image {
        channels: 1,
        width: width as usize,
        height: height as usize,
        pixels: flattened(&pixels.collect::<Vec<(u8, u8)>>()),
    })
}

/// Image and opacity to grey.
fn flattened(pixels: &[(u8, u8)]) -> Vec<u8> {
    if pixels.iter().all(|&(_, alpha)| alpha == 255) {
        return pixels.iter().map(|&(grey, _)| grey).collect();
    }
    let (ink, weight) = pixels.iter().fold((0u64, 0u64), |(ink, weight), &(grey, alpha)| {
        (ink + u64::from(grey) * u64::from(alpha), weight + u64::from(alpha))
    });
    let behind: u32 = if ink < 128 * weight { 255 } else { 0 };
    let mixed = |grey: u32, alpha: u32| ((grey * alpha + behind * (255 - alpha) + 127) / 255) as u8;
    pixels.iter().map(|&(grey, alpha)| mixed(grey.into(), alpha.into())).collect()
}

/// Whether the outermost pixels are nearer to white, on average.
fn has_light_edge(picture: &Image) -> bool {
    let (width, height) = (picture.width, picture.height);
    let rows = (0..width).flat_map(|x| [picture.at(x, 0), picture.at(x, height - 1)]);
    let columns = (0..height).flat_map(|y| [picture.at(0, y), picture.at(width - 1, y)]);
    let sum: u64 = rows.chain(columns).map(u64::from).sum();
    sum > 128 * 2 * (width + height) as u64
}

/// Scaled as a whole to fit 28x28, each pixel the average of what it covers, and centred; the rest
/// takes the shade of the edge.
fn fitted(picture: &Image) -> [u8; PIXELS] {
    let longest = picture.width.max(picture.height);
    let scaled = |side: usize| ((side * SIDE + longest / 2) / longest).max(1);
    let (width, height) = (scaled(picture.width), scaled(picture.height));
    let rest = if has_light_edge(picture) { 255 } else { 0 };
    let mut out = [rest; PIXELS];
    let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
    for y in 0..height {
        for x in 0..width {
            out[(top + y) * SIDE + left + x] = average(picture, (x, width), (y, height));
        }
    }
    out
}

/// The mean shade of cell `x` of `columns`, `y` of `rows`, in exact numbers: parts of pixels count
/// by their area.
fn average(picture: &Image, (x, columns): (usize, usize), (y, rows): (usize, usize)) -> u8 {
    let (mut sum, mut area) = (0u64, 0u64);
    for (row, tall) in parts(y, rows, picture.height) {
        for (column, wide) in parts(x, columns, picture.width) {
            sum += tall * wide * u64::from(picture.at(column, row));
            area += tall * wide;
        }
    }
    ((sum + area / 2) / area) as u8
}

/// The pixels of `size` that cell `index` of `cells` covers, and how much of each, in units of
/// 1/`cells` of a pixel.
fn parts(index: usize, cells: usize, size: usize) -> impl Iterator<Item = (usize, u64)> {
    let (from, to) = (index * size, (index + 1) * size);
    (from / cells..to.div_ceil(cells))
        .map(move |pixel| (pixel, (to.min((pixel + 1) * cells) - from.max(pixel * cells)) as u64))
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
