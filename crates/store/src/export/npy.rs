//! NumPy's `.npy` files: pictures and labels as uint8, latents as float32 (format as in
//! numpy.lib.format, versions 1 to 3).

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};
use gan_tui_core::{
    image::{ImageBatch, ImageShape, RGB},
    npy_header::HeaderParser,
};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The data begins at a multiple of this, so that it can be mapped.
const ALIGNMENT: usize = 64;
/// Larger files are refused unread.
const MOST_BYTES: u64 = 2 << 30;

pub struct Npy;

impl Exporter for Npy {
    fn name(&self) -> &'static str {
        "NumPy array"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["npy"]
    }

    fn about(&self) -> &'static str {
        "the images of the last frame, for NumPy"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Images, ContentKind::Latents]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Latent]
    }

    fn export(&self, content: Content<'_>, _: &ExportSettings) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Images { images, .. } => Ok(write_images(images)),
            Content::Latents { dimension, values } => Ok(write_latents(dimension, values)),
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Returns images as uint8: (n, height, width), of RGB images (n, height, width, 3).
pub fn write_images(stack: &ImageBatch) -> Vec<u8> {
    let grey = [stack.len(), stack.height, stack.width];
    let mut bytes = match stack.channels {
        1 => header("|u1", &grey),
        _ => header("|u1", &[grey.as_slice(), &[RGB]].concat()),
    };
    bytes.extend(&stack.pixels);
    bytes
}

/// Labels as uint8 (n,).
pub fn write_labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = header("|u1", &[labels.len()]);
    bytes.extend(labels);
    bytes
}

/// Latents as float32 (n, `latent`).
///
/// # Panics
/// If the values are not a whole number of latents, which is a mistake of the caller.
pub fn write_latents(latent: usize, values: &[f32]) -> Vec<u8> {
    assert!(latent > 0 && values.len().is_multiple_of(latent), "not a whole number of latents");
    let mut bytes = header("<f4", &[values.len() / latent, latent]);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The latents in a file: float32 of shape (n, `latent`), at least one, all finite.
///
/// # Errors
/// Returns an error if the file is anything else: what was expected, what was found.
pub fn read_latents(path: &Path, latent: usize) -> Result<Vec<f32>, ExportError> {
    read(path, |bytes| parse_latents(bytes, latent))
}

/// The pictures in a file: uint8 of shape (n, height, width), (n, height, width, 1) or, in colour,
/// (n, height, width, 3), at least one.
///
/// # Errors
/// Returns an error if the file is anything else: what was expected, what was found.
pub fn read_images(path: &Path) -> Result<ImageBatch, ExportError> {
    read(path, parse_images)
}

fn read<T>(path: &Path, parse: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T, ExportError> {
    let unreadable = |source| ExportError::Read { path: path.to_path_buf(), source };
    let wrong = |reason| ExportError::Npy { path: path.to_path_buf(), reason };
    let found = fs::metadata(path).map_err(unreadable)?;
    if !found.is_file() || found.len() > MOST_BYTES {
        return Err(wrong(format!("expected a .npy file of at most {MOST_BYTES} bytes")));
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    parse(&bytes).map_err(wrong)
}

fn parse_latents(bytes: &[u8], latent: usize) -> Result<Vec<f32>, String> {
    let array = Array::parse(bytes)?;
    let read: fn([u8; 4]) -> f32 = match array.kind.as_str() {
        "<f4" | "=f4" => f32::from_le_bytes,
        ">f4" => f32::from_be_bytes,
        _ => {
            return Err(format!(
                "expected {}, found {array}{}",
                latents_of(latent),
                hint(&array.kind)
            ));
        }
    };
    if array.shape.len() != 2 || array.shape[1] != latent || array.shape[0] == 0 {
        return Err(format!("expected {}, found {array}", latents_of(latent)));
    }
    let data = array.data_of(4)?;
    let values: Vec<f32> = data.as_chunks().0.iter().map(|&bytes| read(bytes)).collect();
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(format!(
            "latent {}, number {}: expected a finite number, found {}",
            at / latent,
            at % latent,
            values[at]
        )),
        None => Ok(values),
    }
}

fn latents_of(latent: usize) -> String {
    format!("float32 of shape (n, {latent})")
}

fn parse_images(bytes: &[u8]) -> Result<ImageBatch, String> {
    let array = Array::parse(bytes)?;
    let shape = match *array.shape.as_slice() {
        [_, height, width] => ImageShape::grey(width, height),
        [_, height, width, channels @ (1 | RGB)] => ImageShape { height, width, channels },
        _ => ImageShape::grey(0, 0),
    };
    if !array.kind.ends_with("u1") || array.shape.contains(&0) || !shape.is_valid() {
        return Err(format!(
            "expected uint8 of shape (n, height, width) or (n, height, width, {RGB}), found {array}"
        ));
    }
    Ok(ImageBatch::new(shape, array.data_of(1)?.to_vec()))
}

/// NumPy makes float64 unless told otherwise, so this is what people meet first.
fn hint(kind: &str) -> &'static str {
    if kind.ends_with("f8") {
        "; `numpy.save(file, latents.astype('float32'))` writes it"
    } else {
        ""
    }
}

/// A file's header and what follows it.
struct Array<'a> {
    /// NumPy's type string, such as `<f4`.
    kind: String,
    fortran: bool,
    shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> Array<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let cut = || "the file ends within its header".to_string();
        let rest = bytes
            .strip_prefix(MAGIC)
            .ok_or("not a .npy file: it does not begin with \\x93NUMPY")?;
        let (&[major, _minor], rest) = rest.split_first_chunk().ok_or_else(cut)?;
        let (length, rest) = match major {
            1 => rest
                .split_first_chunk()
                .map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest)),
            2 | 3 => rest
                .split_first_chunk()
                .map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest)),
            other => return Err(format!("expected .npy format version 1 to 3, found {other}")),
        }
        .ok_or_else(cut)?;
        let (text, data) = rest.split_at_checked(length).ok_or_else(cut)?;
        let text = std::str::from_utf8(text).map_err(|_| "the header is not text")?;
        let (kind, fortran, shape) = HeaderParser { rest: text }
            .dictionary()
            .ok_or_else(|| format!("unreadable header {:?}", text.trim_end()))?;
        Ok(Self { kind, fortran, shape, data })
    }

    /// The data, which must be exactly as long as the shape says, in C order.
    fn data_of(&self, item: usize) -> Result<&'a [u8], String> {
        if self.fortran && self.shape.iter().filter(|&&side| side > 1).count() > 1 {
            return Err(
                "expected C order, found Fortran order; `numpy.ascontiguousarray` gives it".into(),
            );
        }
        let expected = self.shape.iter().try_fold(item, |product, &side| product.checked_mul(side));
        match expected {
            Some(expected) if expected == self.data.len() => Ok(self.data),
            _ => Err(format!(
                "{self} does not fit the {} bytes that follow the header",
                self.data.len()
            )),
        }
    }
}

impl std::fmt::Display for Array<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind.trim_start_matches(['<', '>', '|', '=']) {
            "f2" => "float16",
            "f4" => "float32",
            "f8" => "float64",
            "u1" => "uint8",
            "i4" => "int32",
            "i8" => "int64",
            "b1" => "bool",
            _ => &self.kind,
        };
        write!(f, "{kind} of shape {}", tuple(&self.shape))
    }
}

/// A shape as Python writes it.
fn tuple(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        shape => {
            format!("({})", shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

fn header(kind: &str, shape: &[usize]) -> Vec<u8> {
    let text =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {}, }}", tuple(shape));
    let fixed = MAGIC.len() + 4;
    let whole = (fixed + text.len() + 1).next_multiple_of(ALIGNMENT);
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // A type and three numbers of 20 digits at most fit easily.
    bytes.extend(((whole - fixed) as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes.resize(whole - 1, b' ');
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests;
