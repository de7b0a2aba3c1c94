//! NumPy files of images: one array (`.npy`), or several under names (`.npz`).
//!
//! Images are (n, height, width), (n, height, width, 1 or 3) or (n, 1 or 3, height, width), of any
//! kind of number; what their values mean is decided by the range they use. A file is read twice,
//! once for that range.

use std::{
    fs::File,
    io::{self, BufReader, Seek as _, SeekFrom},
    path::Path,
};

use rayon::prelude::*;

use super::{
    Progress, Read, ReadReport,
    archive::{Zip, zip_entry},
    decode::MOST_PIXELS,
    fit, levels,
    levels::PictureStats,
    memory,
    npy::{Header, Kind},
};
use crate::{DataError, DatasetRequest, Labels};
use gan_tui_core::{
    event::Preparing,
    image::{Image, ImageShape, RGB},
    text::grouped,
};

/// More images than this are refused.
const MOST_IMAGES: usize = 1_000_000;
/// Images converted together.
const CHUNK: usize = 512;
/// The arrays of images and of labels that tools write, in the order in which they are tried.
const PAIRS: [(&str, &[&str]); 8] = [
    ("x_train", &["y_train"]),
    ("train_images", &["train_labels"]),
    ("X_train", &["Y_train", "y_train"]),
    ("images", &["labels", "label", "y"]),
    ("x", &["y", "labels"]),
    ("X", &["y", "Y", "labels"]),
    ("data", &["labels", "targets", "y"]),
    ("arr_0", &["arr_1"]),
];

/// How the images lie in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    count: usize,
    shape: ImageShape,
    /// Whether the channels come before the rows.
    is_planar: bool,
}

/// What the values of an array mean.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scale {
    offset: f64,
    factor: f64,
    about: &'static str,
}

/// Reads a `.npy` file of images.
///
/// # Errors
/// Returns an error if it holds anything else.
pub(super) fn read_array(
    path: &Path,
    mut file: BufReader<File>,
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<Read, DataError> {
    let open: &mut Open<'_> = &mut |read| {
        file.seek(SeekFrom::Start(0)).map_err(DataError::io(path))?;
        read(&mut file)
    };
    read_images(path, open, request, progress)
}

/// Reads the training images of a `.npz` file, and their labels if it has labels.
///
/// # Errors
/// As [`read_array`].
pub(super) fn read_npz(
    path: &Path,
    zip: &mut Zip,
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<Read, DataError> {
    let NamedArrays { images, labels, others } = named_arrays(path, zip)?;
    let mut read = read_images(
        path,
        &mut |read| read(&mut zip_entry(zip, &format!("{images}.npy"))?),
        request,
        progress,
    )?;
    let with = labels.as_ref().map_or_else(String::new, |labels| format!(", labelled by {labels}"));
    let rest =
        if others > 0 { format!("; {others} other arrays are left out") } else { String::new() };
    read.report.notes.insert(0, format!("the images of the array {images}{with}{rest}"));
    if let Some(labels) = labels {
        let count = read.report.images;
        let found = read_labels(path, &mut zip_entry(zip, &format!("{labels}.npy"))?, count)?;
        match found {
            Ok(of) => read.labels = Some(of),
            Err(reason) => read.report.notes.push(format!("{labels} is left out: {reason}")),
        }
    }
    Ok(read)
}

/// The arrays of a `.npz` file that are used, and how many others there are.
struct NamedArrays {
    images: String,
    labels: Option<String>,
    others: usize,
}

/// Chooses the arrays of training images and labels.
fn named_arrays(path: &Path, zip: &Zip) -> Result<NamedArrays, DataError> {
    let names: Vec<String> = zip
        .names()
        .iter()
        .filter_map(|name| name.strip_suffix(".npy").map(str::to_owned))
        .collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let (images, labels) = match PAIRS.iter().find(|(images, _)| has(images)) {
        Some((images, labels)) => (
            (*images).to_owned(),
            labels.iter().copied().find(|labels| has(labels)).map(str::to_owned),
        ),
        None if names.len() == 1 => (names[0].clone(), None),
        None => {
            let known: Vec<&str> = PAIRS.iter().map(|(images, _)| *images).collect();
            let expected = format!("an array of images called {}", known.join(", "));
            return Err(missing(path, expected, names.join(", ")));
        }
    };
    let others = names.len() - 1 - usize::from(labels.is_some());
    Ok(NamedArrays { images, labels, others })
}

/// Returns the shape of the images of a `.npy` file.
///
/// # Errors
/// As [`read_array`].
pub(super) fn shape_of(path: &Path, reader: &mut dyn io::Read) -> Result<ImageShape, DataError> {
    let layout = Header::read(reader).and_then(|header| Layout::of(&header));
    let wrong = |reason| DataError::Array { path: path.into(), reason };
    Ok(layout.map_err(wrong)?.shape)
}

/// Returns the shape of the images of a `.npz` file, and how many classes they are labelled with.
///
/// # Errors
/// As [`read_npz`].
pub(super) fn kind_of_npz(
    path: &Path,
    zip: &mut Zip,
) -> Result<(ImageShape, Option<usize>), DataError> {
    let NamedArrays { images, labels, .. } = named_arrays(path, zip)?;
    let wrong = |reason| DataError::Array { path: path.into(), reason };
    let header = Header::read(&mut zip_entry(zip, &format!("{images}.npy"))?);
    let layout = header.and_then(|header| Layout::of(&header)).map_err(wrong)?;
    let classes = match labels {
        Some(labels) => {
            read_labels(path, &mut zip_entry(zip, &format!("{labels}.npy"))?, layout.count)?
                .ok()
                .map(|labels| labels.classes.len())
        }
        None => None,
    };
    Ok((layout.shape, classes))
}

/// Calls what it is given with a reader of the array from its beginning.
type Open<'a> = dyn FnMut(&mut dyn FnMut(&mut dyn io::Read) -> Result<(), DataError>) -> Result<(), DataError>
    + 'a;

fn read_images(
    path: &Path,
    open: &mut Open<'_>,
    request: &DatasetRequest,
    progress: Progress<'_>,
) -> Result<Read, DataError> {
    let wrong = |reason: String| DataError::Array { path: path.into(), reason };
    let cut = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => wrong("it ends too early".into()),
        _ if error.raw_os_error().is_some() => DataError::io(path)(error),
        _ => wrong(error.to_string()),
    };
    let mut found = None;
    open(&mut |mut reader| {
        let header = Header::read(&mut reader).map_err(wrong)?;
        let layout = Layout::of(&header).map_err(wrong)?;
        memory::check(path, layout.count, request.shape)?;
        let range = range(&mut reader, &header, layout).map_err(cut)?;
        let scale = Scale::of(&header, range).map_err(wrong)?;
        found = Some((header, layout, scale));
        Ok(())
    })?;
    let Some((header, layout, scale)) = found else { return Err(wrong("it is empty".into())) };
    let size = request.shape.values();
    let mut pixels = vec![0; layout.count * size];
    let mut stats = Vec::with_capacity(layout.count);
    let bytes = pixels.len() as f64 / 1e6;
    let what = format!("reading {} images ({bytes:.1} MB)", grouped(layout.count));
    open(&mut |mut reader| {
        Header::read(&mut reader).map_err(wrong)?;
        for block in pixels.chunks_mut(CHUNK * size) {
            let mut bytes = vec![0; block.len() / size * layout.shape.values() * header.size];
            reader.read_exact(&mut bytes).map_err(cut)?;
            let images = bytes.par_chunks_exact(layout.shape.values() * header.size);
            let converted = block.par_chunks_exact_mut(size).zip(images).map(|(pixels, bytes)| {
                let image = layout
                    .image(bytes.chunks_exact(header.size).map(|b| scale.byte(header.value(b))));
                let is_colour = image.channels == RGB;
                let image = fit::with_channels(image, request.shape.channels);
                pixels.copy_from_slice(&fit::fitted(&image, request.shape, request.reading.fit));
                PictureStats::of_image(&image, is_colour, request.shape)
            });
            stats.par_extend(converted);
            progress(Preparing {
                what: what.clone(),
                done: stats.len() as u64,
                total: layout.count as u64,
            });
        }
        Ok(())
    })?;
    let mut report = ReadReport { images: layout.count, ..ReadReport::default() };
    report.notes.push(format!("{} of {:?}: {}", header.descr, header.shape, scale.about));
    report.notes.extend(levels::notes(&stats, request));
    levels::invert(&mut pixels, &stats, request, &mut report.notes);
    Ok(Read { pixels, labels: None, report })
}

/// Returns the lowest and the highest value of the images.
fn range(reader: &mut dyn io::Read, header: &Header, layout: Layout) -> io::Result<(f64, f64)> {
    let mut left = layout.count * layout.shape.values();
    let mut bytes = vec![0; (1 << 16) * header.size];
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    while left > 0 {
        let block = left.min(1 << 16);
        let bytes = &mut bytes[..block * header.size];
        reader.read_exact(bytes)?;
        for value in bytes.chunks_exact(header.size).map(|bytes| header.value(bytes)) {
            // NaN becomes the highest, which no scale takes.
            range =
                (range.0.min(value), if value.is_nan() { f64::NAN } else { range.1.max(value) });
            if range.1.is_nan() {
                return Ok(range);
            }
        }
        left -= block;
    }
    Ok(range)
}

impl Layout {
    fn of(header: &Header) -> Result<Self, String> {
        let is_channels = |side: usize| matches!(side, 1 | RGB);
        let (count, height, width, channels, is_planar) = match *header.shape.as_slice() {
            [count, height, width] => (count, height, width, 1, false),
            [count, height, width, channels] if is_channels(channels) => {
                (count, height, width, channels, false)
            }
            [count, channels, height, width] if is_channels(channels) => {
                (count, height, width, channels, true)
            }
            _ => return Err(Self::wrong(header)),
        };
        let is_image = height > 0 && width > 0 && height.saturating_mul(width) <= MOST_PIXELS;
        if !is_image || !(1..=MOST_IMAGES).contains(&count) {
            return Err(Self::wrong(header));
        }
        let shape = ImageShape { height, width, channels };
        Ok(Self { count, shape, is_planar })
    }

    fn wrong(header: &Header) -> String {
        let flat = match *header.shape.as_slice() {
            [_, 784] => "; `array.reshape(-1, 28, 28)` is read",
            [_, 3_072] => "; `array.reshape(-1, 3, 32, 32)` is read",
            _ => "",
        };
        format!(
            "expected images of shape (n, height, width), (n, height, width, 1 or 3) or \
             (n, 1 or 3, height, width), n from 1 to {MOST_IMAGES}, found {:?}{flat}",
            header.shape
        )
    }

    fn image(self, values: impl Iterator<Item = u8>) -> Image {
        let mut pixels: Vec<u8> = values.collect();
        if self.is_planar && self.shape.channels > 1 {
            let area = self.shape.pixels();
            pixels = (0..area)
                .flat_map(|at| (0..self.shape.channels).map(move |channel| channel * area + at))
                .map(|at| pixels[at])
                .collect();
        }
        Image::new(self.shape, pixels)
    }
}

impl Scale {
    /// Returns what the values mean if they lie in this range.
    fn of(header: &Header, (low, high): (f64, f64)) -> Result<Self, String> {
        let scale = |offset, factor, about| Ok(Self { offset, factor, about });
        if !low.is_finite() || !high.is_finite() {
            return Err("expected finite numbers, found NaN or an infinity".into());
        }
        if header.kind == Kind::Bool {
            return scale(0.0, 255.0, "true is white");
        }
        let is_float = header.kind == Kind::Float;
        match (low, high) {
            (0.0.., ..=1.0) if is_float || high == 1.0 => {
                scale(0.0, 255.0, "0 to 1, so 1 is white")
            }
            (-1.0.., ..=1.0) if is_float => scale(1.0, 127.5, "-1 to 1, so 1 is white"),
            (0.0.., ..=255.0) => scale(0.0, 1.0, "0 to 255"),
            (0.0.., ..=65_535.0) if !is_float => scale(0.0, 255.0 / 65_535.0, "0 to 65535"),
            _ => Err(format!(
                "expected values from 0 to 1, -1 to 1 or 0 to 255, found {low} to {high}"
            )),
        }
    }

    fn byte(self, value: f64) -> u8 {
        ((value + self.offset) * self.factor).round() as u8
    }
}

/// Reads labels, one for each of `count` images; the inner error says why they are none.
fn read_labels(
    path: &Path,
    reader: &mut dyn io::Read,
    count: usize,
) -> Result<Result<Labels, String>, DataError> {
    let wrong = |reason: String| DataError::Array { path: path.into(), reason };
    let header = Header::read(reader).map_err(wrong)?;
    match *header.shape.as_slice() {
        [found] | [found, 1] if found == count => {}
        _ => {
            let expected = format!("expected {count} labels, one for each image");
            return Ok(Err(format!("{expected}, found the shape {:?}", header.shape)));
        }
    }
    let mut bytes = vec![0; header.size];
    let mut of = Vec::with_capacity(count);
    for _ in 0..count {
        reader.read_exact(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        let value = header.value(&bytes);
        if !(0.0..=255.0).contains(&value) || value.fract() != 0.0 {
            return Ok(Err(format!("expected whole numbers from 0 to 255, found {value}")));
        }
        of.push(value as u8);
    }
    Ok(Ok(Labels::numbered(of)))
}

fn missing(path: &Path, expected: String, found: String) -> DataError {
    DataError::Missing { path: path.into(), expected, found }
}
