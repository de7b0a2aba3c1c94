//! MNIST's file format: IDX, gzip or plain, every header field and the exact length checked.
//!
//! A big-endian magic number, one `u32` for each dimension, then raw bytes. Memory is taken in
//! proportion to what a file really holds: a header that promises more is refused, and what a gzip
//! stream unpacks to is read no further than the header says.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use super::{PIXELS, SIDE, error::DataError};
use gan_tui_core::files;

/// The images of a dataset's training part.
pub const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
/// Their labels.
pub const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
/// The images of its test part.
pub const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
/// Their labels.
pub const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
/// More images than this are refused: they would not fit where this program runs.
const MOST_IMAGES: u32 = 1_000_000;
/// Deflate packs no better than one to this.
const BEST_RATIO: u64 = 1_032;

/// Images and, where there is such a file, labels.
#[derive(Debug, PartialEq, Eq)]
pub struct Idx {
    /// Where the images were read from.
    pub path: PathBuf,
    /// (n, 28, 28), n at least 1.
    pub pixels: Vec<u8>,
    /// One for each image, 0 to 9.
    pub labels: Option<Vec<u8>>,
}

/// Where `name` lies in a folder, plain or with `.gz`; a plain one is preferred. Some archives have
/// a dot before `idx`.
///
/// # Errors
/// Returns an error if that cannot be told: the folder may not be entered, or a link leads nowhere.
pub fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>, DataError> {
    let dotted = name.replace("-idx", ".idx");
    for name in [name.to_owned(), format!("{name}.gz"), format!("{dotted}.gz"), dotted] {
        let path = folder.join(name);
        if files::exists(&path).map_err(DataError::io(&path))? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Reads images and labels by the names of their files without `.gz`. Labels may be missing.
///
/// # Errors
/// Where the images are missing or either file is not what it should be: path, field, expected,
/// found.
pub fn read(folder: &Path, images: &str, labels: &str) -> Result<Idx, DataError> {
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
    Ok(Idx { path, pixels, labels })
}

/// Reads a file of 28x28 images, (n, 28, 28) bytes, n from 1 to a million.
///
/// # Errors
/// As [`read`].
pub fn read_images(path: &Path) -> Result<Vec<u8>, DataError> {
    let mut file = Input::open(path)?;
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

/// Reads a file of `count` labels, each 0 to 9.
///
/// # Errors
/// As [`read`].
pub fn read_labels(path: &Path, count: usize) -> Result<Vec<u8>, DataError> {
    let mut file = Input::open(path)?;
    file.magic(LABELS_MAGIC, "labels")?;
    let found = file.number("number of labels")?;
    if found as usize != count {
        return Err(file.invalid(
            "number of labels",
            format!("{count}, one for each image"),
            found,
        ));
    }
    let labels = file.rest(count as u64, 8)?;
    match labels.iter().position(|&label| label > 9) {
        Some(index) => {
            Err(file.invalid("label", "0 to 9", format!("{} at place {index}", labels[index])))
        }
        None => Ok(labels),
    }
}

/// A file being read from front to back, unpacked on the way where it is gzip.
struct Input {
    path: PathBuf,
    /// Bytes on disk.
    size: u64,
    packed: bool,
    reader: Box<dyn Read>,
}

impl Input {
    /// Opens a file; its first two bytes say whether it is gzip.
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

    /// The next big-endian number of the header.
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

    /// All that is left: exactly `expected` bytes after a header of `header`.
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
        // One byte more than promised tells a file that is too long; to read on at the end checks
        // the gzip stream's own checksum.
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
        let mut more = [0];
        match self.reader.read(&mut more) {
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

    /// What a reader reported: for gzip, mostly its content; for a plain file, the disk.
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
