//! MNIST's file format: IDX, gzip or plain. Every header field and the exact length are checked.
//!
//! A big-endian magic number, one `u32` a dimension, then raw bytes. No more memory is allocated
//! than the file can fill: a header that claims more is refused, and a gzip stream is unpacked no
//! further than the header says.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use super::{FileCheck, FolderCheck, FolderFormat};
use crate::{
    Dataset as _, InMemoryDataset, Labels, PIXELS, ReadReport, SIDE, checksum, error::DataError,
    fetch::is_good,
};
pub use gan_tui_core::dataset::{TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};
use gan_tui_core::{
    dataset::{KNOWN, KnownDataset, KnownFile},
    event::Preparing,
    files,
    preset::MNIST_SHAPE,
    text::shown,
};

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
/// More images than this are refused, as they would not fit into memory.
const MOST_IMAGES: u32 = 1_000_000;
/// The highest compression ratio of deflate.
const BEST_RATIO: u64 = 1_032;

/// Where the IDX files of a dataset are, and what their names begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxPlace {
    pub folder: PathBuf,
    /// Such as `emnist-digits-`; mostly empty.
    pub prefix: String,
}

impl IdxPlace {
    /// A folder of files with the usual names.
    pub fn without_prefix(folder: PathBuf) -> Self {
        Self { folder, prefix: String::new() }
    }
}

/// A folder of MNIST's four files.
pub struct Idx;

impl FolderFormat for Idx {
    fn expected(&self) -> String {
        format!("{TRAIN_IMAGES}, {TRAIN_IMAGES}.gz")
    }

    fn is_in(&self, folder: &Path) -> Result<bool, DataError> {
        Ok(find(folder, TRAIN_IMAGES)?.is_some())
    }

    fn load(
        &self,
        folder: &Path,
        name: &str,
        progress: &mut dyn FnMut(Preparing),
    ) -> Result<InMemoryDataset, DataError> {
        load_from(&IdxPlace::without_prefix(folder.into()), name, progress)
    }

    fn test_images(&self, folder: &Path) -> Result<Option<usize>, DataError> {
        if find(folder, TEST_IMAGES)?.is_none() {
            return Ok(None);
        }
        let test = read(folder, TEST_IMAGES, TEST_LABELS)?;
        Ok(Some(test.pixels.len() / PIXELS))
    }

    fn check(&self, folder: &Path, name: &str) -> Result<FolderCheck, DataError> {
        let known = KnownDataset::named(name);
        let mut check = FolderCheck::default();
        for file in &known.unwrap_or(&KNOWN[0]).files {
            let Some(path) = find(folder, file.name)? else {
                check.files.push(FileCheck { name: file.name.into(), bytes: None, verdict: "" });
                continue;
            };
            let bytes = path.metadata().map_err(DataError::io(&path))?.len();
            check.files.push(FileCheck {
                name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                bytes: Some(bytes),
                verdict: if known.is_some() { verdict(&path, file)? } else { "" },
            });
        }
        Ok(check)
    }
}

/// Loads the training images from where they were found. EMNIST's images, which are stored column
/// by column, are turned.
///
/// # Errors
/// As [`FolderFormat::load`].
pub fn load_from(
    place: &IdxPlace,
    name: &str,
    progress: &mut dyn FnMut(Preparing),
) -> Result<InMemoryDataset, DataError> {
    let IdxPlace { folder, prefix } = place;
    progress(Preparing { what: format!("reading {}", shown(folder)), done: 0, total: 0 });
    let named = |name: &str| format!("{prefix}{name}");
    let mut read = read(folder, &named(TRAIN_IMAGES), &named(TRAIN_LABELS))?;
    let mut report = ReadReport { images: read.pixels.len() / PIXELS, ..ReadReport::default() };
    if prefix.starts_with("emnist-") {
        read.pixels.chunks_exact_mut(PIXELS).for_each(transpose);
        report.notes.push("EMNIST's images are stored column by column: they were turned".into());
    }
    let is_digits = read.labels.iter().flatten().all(|&label| label < 10);
    let labels = read.labels.map(|of| match is_digits {
        true => Labels::digits(of),
        false => Labels::numbered(of),
    });
    let dataset = InMemoryDataset::new(name, MNIST_SHAPE, read.pixels, labels)
        .with_report(report)
        .published();
    if KnownDataset::of_pixels(&dataset.info().sha256).is_some() {
        return Ok(dataset);
    }
    Ok(match KnownDataset::of_archive(&checksum::md5_of_file(&read.path)?) {
        Some(known) => dataset.renamed(known.name),
        None => dataset,
    })
}

fn transpose(image: &mut [u8]) {
    for y in 0..SIDE {
        for x in 0..y {
            image.swap(y * SIDE + x, x * SIDE + y);
        }
    }
}

fn verdict(path: &Path, file: &KnownFile) -> Result<&'static str, DataError> {
    Ok(match (is_good(path, file).map_err(DataError::io(path))?, file.sha256) {
        (true, Some(_)) => "content as published",
        (true, None) => "archive as published",
        (false, Some(_)) => "NOT the published content",
        (false, None) => "not the published archive; its content may still be",
    })
}

/// Images and, if there is such a file, labels.
#[derive(Debug, PartialEq, Eq)]
pub struct IdxImages {
    /// The file of images.
    pub path: PathBuf,
    /// (n, height, width, channels), n at least 1.
    pub pixels: Vec<u8>,
    /// One for each image.
    pub labels: Option<Vec<u8>>,
}

/// Returns the path of a file, plain or with `.gz`; a plain one is preferred. Some archives have a
/// dot before `idx`, or unpack to a folder of the file's own name.
///
/// # Errors
/// Returns an error if that cannot be determined: the folder may not be entered, or a symbolic link
/// is broken.
pub fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>, DataError> {
    let dotted = name.replace("-idx", ".idx");
    let names = [name.to_owned(), format!("{name}.gz"), format!("{dotted}.gz"), dotted];
    let mut folder_of_that_name = None;
    for name in &names {
        let path = folder.join(name);
        match files::metadata(&path).map_err(DataError::io(&path))? {
            None => {}
            Some(found) if !found.is_dir() => return Ok(Some(path)),
            Some(_) => {
                for name in &names {
                    let inner = path.join(name);
                    if files::is_file(&inner).map_err(DataError::io(&inner))? {
                        return Ok(Some(inner));
                    }
                }
                folder_of_that_name = Some(path);
            }
        }
    }
    Ok(folder_of_that_name)
}

/// Reads images and labels by the names of their files without `.gz`. Labels may be missing.
///
/// # Errors
/// Returns an error if the images are missing or either file is invalid: path, field, expected,
/// found.
pub fn read(folder: &Path, images: &str, labels: &str) -> Result<IdxImages, DataError> {
    let path = find(folder, images)?.ok_or_else(|| DataError::Missing {
        path: folder.to_owned(),
        expected: format!("{images} or {images}.gz"),
        found: "neither".into(),
    })?;
    let pixels = read_images(&path)?;
    let labels = match find(folder, labels)? {
        Some(path) => Some(read_labels(&path, pixels.len() / PIXELS)?),
        None => None,
    };
    Ok(IdxImages { path, pixels, labels })
}

/// Reads a file of images (n, height, width), n from 1 to a million.
///
/// # Errors
/// As [`read`].
pub fn read_images(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut file = IdxReader::open(path)?;
    file.magic(IMAGES_MAGIC, "images")?;
    let count = file.number("number of images")?;
    if !(1..=MOST_IMAGES).contains(&count) {
        return Err(file.invalid("number of images", format!("1 to {MOST_IMAGES}"), count));
    }
    let (height, width) = (file.number("image height")?, file.number("image width")?);
    if (height, width) != (SIDE as u32, SIDE as u32) {
        return Err(file.invalid(
            "image size",
            format!("{SIDE}x{SIDE}"),
            format!("{height}x{width}"),
        ));
    }
    file.rest(u64::from(count) * PIXELS as u64, 16)
}

/// Reads a file of `count` labels.
///
/// # Errors
/// As [`read`].
pub fn read_labels(path: &Path, count: usize) -> Result<Vec<u8>, DataError> {
    let mut file = IdxReader::open(path)?;
    file.magic(LABELS_MAGIC, "labels")?;
    let found = file.number("number of labels")?;
    if found as usize != count {
        return Err(file.invalid(
            "number of labels",
            format!("{count}, one for each image"),
            found,
        ));
    }
    file.rest(count as u64, 8)
}

/// Returns how many classes a file of labels has: ten of digits, else up to the highest label.
///
/// # Errors
/// As [`read`].
pub fn classes(path: &Path) -> Result<usize, DataError> {
    let mut file = IdxReader::open(path)?;
    file.magic(LABELS_MAGIC, "labels")?;
    let count = file.number("number of labels")?;
    let highest = file.rest(u64::from(count), 8)?.into_iter().max().map_or(0, usize::from);
    Ok((highest + 1).max(10))
}

/// A file that is read from front to back, and unpacked if it is gzip.
struct IdxReader {
    path: PathBuf,
    /// Bytes on disk.
    size: u64,
    packed: bool,
    reader: Box<dyn Read>,
}

impl IdxReader {
    /// Opens a file; its first two bytes show whether it is gzip.
    fn open(path: &Path) -> Result<Self, DataError> {
        let error = || DataError::io(path);
        let file = File::open(path).map_err(error())?;
        let metadata = file.metadata().map_err(error())?;
        if !metadata.is_file() {
            return Err(DataError::Invalid {
                path: path.into(),
                field: "kind",
                expected: "a file".into(),
                found: "something else".into(),
            });
        }
        let mut start = Vec::with_capacity(2);
        Read::by_ref(&mut &file).take(2).read_to_end(&mut start).map_err(error())?;
        let packed = start == [0x1f, 0x8b];
        if packed && path.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("gz")) {
            return Err(DataError::GzipNamedPlain { path: path.into() });
        }
        let whole = BufReader::with_capacity(1 << 16, std::io::Cursor::new(start).chain(file));
        let reader: Box<dyn Read> =
            if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self { path: path.into(), size: metadata.len(), packed, reader })
    }

    fn magic(&mut self, expected: u32, what: &str) -> Result<(), DataError> {
        match self.number("magic number")? {
            found if found == expected => Ok(()),
            found => Err(self.invalid(
                "magic number",
                format!("{expected:#010x} ({what})"),
                format!("{found:#010x}"),
            )),
        }
    }

    /// Reads the next big-endian number of the header.
    fn number(&mut self, field: &'static str) -> Result<u32, DataError> {
        let mut bytes = [0; 4];
        match self.reader.read_exact(&mut bytes) {
            Ok(()) => Ok(u32::from_be_bytes(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof && !self.packed => {
                Err(self.invalid(field, "4 bytes", "the end of the file"))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Reads the rest: exactly `expected` bytes after a header of `header` bytes.
    fn rest(&mut self, expected: u64, header: u64) -> Result<Vec<u8>, DataError> {
        let whole = expected + header;
        if !self.packed && self.size != whole {
            return Err(self.invalid(
                "length",
                format!("{whole} bytes, as its header says"),
                format!("{} bytes", self.size),
            ));
        }
        let most =
            if self.packed { expected.min(self.size.saturating_mul(BEST_RATIO)) } else { expected };
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(usize::try_from(most).unwrap_or(usize::MAX)).is_err() {
            return Err(self.failed(std::io::ErrorKind::OutOfMemory.into()));
        }
        // A further byte shows that a file is too long; reading on at the end checks the gzip
        // stream's own checksum.
        if let Err(error) = self.reader.by_ref().take(expected).read_to_end(&mut bytes) {
            return Err(self.failed(error));
        }
        if (bytes.len() as u64) < expected {
            let found = format!("{} bytes", bytes.len() as u64 + header);
            return Err(self.invalid(
                "length",
                format!("{whole} bytes, as its header says"),
                found,
            ));
        }
        match self.reader.by_ref().take(1).read_to_end(&mut Vec::new()) {
            Ok(0) => Ok(bytes),
            Ok(_) => {
                Err(self.invalid("length", format!("{whole} bytes, as its header says"), "more"))
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn invalid(
        &self,
        field: &'static str,
        expected: impl Into<String>,
        found: impl ToString,
    ) -> DataError {
        DataError::Invalid {
            path: self.path.clone(),
            field,
            expected: expected.into(),
            found: found.to_string(),
        }
    }

    /// Converts a reader's error: mostly the content of a gzip stream, or the disk of a plain file.
    fn failed(&self, error: std::io::Error) -> DataError {
        use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match error.kind() {
            UnexpectedEof if self.packed => {
                DataError::Gzip { path: self.path.clone(), reason: "it ends too early".into() }
            }
            InvalidData | InvalidInput if self.packed => {
                DataError::Gzip { path: self.path.clone(), reason: error.to_string() }
            }
            _ => DataError::Io { path: self.path.clone(), source: error },
        }
    }
}

#[cfg(test)]
#[path = "idx_tests.rs"]
mod tests;
