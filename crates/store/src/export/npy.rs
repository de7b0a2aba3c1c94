//! NumPy's `.npy` files: pictures and labels as uint8, latents as float32 (format as in
//! numpy.lib.format, versions 1 to 3).

mod header;

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use header::HeaderParser;

use super::{Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter};
use gan_tui_core::image::{ImageBatch, RGB};

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
/// Where the file is anything else: what was expected, what was found.
pub fn read_latents(path: &Path, latent: usize) -> Result<Vec<f32>, ExportError> {
    read(path, |bytes| parse_latents(bytes, latent))
}

/// The pictures in a file: uint8 of shape (n, height, width), at least one.
///
/// # Errors
/// Where the file is anything else: what was expected, what was found.
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
    let wrong = || format!("expected uint8 of shape (n, height, width), found {array}");
    let (true, &[count, height, width]) = (array.kind.ends_with("u1"), array.shape.as_slice())
    else {
        return Err(wrong());
    };
    if count == 0 || height == 0 || width == 0 {
        return Err(wrong());
    }
    Ok(ImageBatch::grey(width, height, array.data_of(1)?.to_vec()))
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
mod tests {
    #![allow(clippy::unwrap_used)]

    use gan_tui_core::image::ImageShape;
    use proptest::prelude::*;

    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_file_begins_as_numpy_writes_it() {
        let bytes = write_images(&ImageBatch::grey(28, 28, vec![7; 3 * 784]));
        assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(&bytes[10..66], b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 28");
        assert_eq!((bytes[127], bytes.len()), (b'\n', 128 + 3 * 784));
        let colours = ImageBatch::new(ImageShape::rgb(4, 3), vec![7; 2 * 36]);
        let bytes = write_images(&colours);
        assert!(
            bytes[10..]
                .starts_with(b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4, 3), }")
        );
        assert_eq!(bytes.len(), 128 + 2 * 36);
        assert!(String::from_utf8_lossy(&write_labels(&[1, 2])).contains("(2,), }"));
    }

    #[test]
    fn arrays_survive_the_way_there_and_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        let stack = ImageBatch::grey(3, 2, (0..24).collect());
        fs::write(&path, write_images(&stack)).unwrap();
        assert_eq!(read_images(&path).unwrap(), stack);
        let latents: Vec<f32> = (0..20).map(|i| i as f32 / 3.0).collect();
        fs::write(&path, write_latents(5, &latents)).unwrap();
        assert_eq!(read_latents(&path, 5).unwrap(), latents);
        let error = read_latents(&path, 100).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "x.npy: expected float32 of shape (n, 100), found float32 of shape (4, 5)"
            ),
            "{error}"
        );
    }

    #[test]
    fn the_other_ways_to_write_the_same_are_read() {
        let data: Vec<u8> = [1.5f32, -2.0].iter().flat_map(|value| value.to_be_bytes()).collect();
        let big = file("{\"shape\":(1,2),'fortran_order':True,'descr':'>f4'}", &data);
        assert_eq!(parse_latents(&big, 2).unwrap(), [1.5, -2.0]);
        let mut second = write_latents(1, &[3.0]);
        let text = second.split_off(10);
        second.truncate(6);
        second.extend([2, 0]);
        second.extend(118u32.to_le_bytes());
        second.extend(text);
        assert_eq!(parse_latents(&second, 1).unwrap(), [3.0]);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let latents =
            |header: &str, data: &[u8]| parse_latents(&file(header, data), 2).unwrap_err();
        let of = |kind: &str, shape: &str| {
            format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}")
        };
        for (found, expected) in [
            (
                parse_latents(b"PNG", 2).unwrap_err(),
                "not a .npy file: it does not begin with \\x93NUMPY",
            ),
            (parse_latents(b"\x93NUMPY", 2).unwrap_err(), "the file ends within its header"),
            (
                parse_latents(b"\x93NUMPY\x01\x00\xff\xff{", 2).unwrap_err(),
                "the file ends within its header",
            ),
            (
                parse_latents(b"\x93NUMPY\x04\x00\x00\x00", 2).unwrap_err(),
                "expected .npy format version 1 to 3, found 4",
            ),
            (latents("{'descr': 1}", b""), "unreadable header \"{'descr': 1}\""),
            (
                latents(&of("<f8", "(1, 2)"), &[0; 16]),
                "expected float32 of shape (n, 2), found float64 of shape (1, 2); `numpy.save(file, latents.astype('float32'))` writes it",
            ),
            (
                latents(&of("<f4", "(2,)"), &[0; 8]),
                "expected float32 of shape (n, 2), found float32 of shape (2,)",
            ),
            (
                latents(&of("<f4", "(0, 2)"), &[]),
                "expected float32 of shape (n, 2), found float32 of shape (0, 2)",
            ),
            (
                latents(&of("<f4", "(2, 2)"), &[0; 8]),
                "float32 of shape (2, 2) does not fit the 8 bytes that follow the header",
            ),
            (
                latents(&of("<f4", "(9223372036854775807, 2)"), &[0; 8]),
                "float32 of shape (9223372036854775807, 2) does not fit the 8 bytes that follow the header",
            ),
            (latents(&of("<f4", "(99999999999999999999, 2)"), &[]), "unreadable header"),
            (
                latents(&of("<f4", "(2, 2)").replace("False", "True"), &[0; 16]),
                "expected C order, found Fortran order; `numpy.ascontiguousarray` gives it",
            ),
            (
                latents(&of("<f4", "(1, 2)"), &[0, 0, 0, 0, 0, 0, 0xc0, 0x7f]),
                "latent 0, number 1: expected a finite number, found NaN",
            ),
            (
                parse_images(&file(&of("<f4", "(1, 1, 1)"), &[0; 4])).unwrap_err(),
                "expected uint8 of shape (n, height, width), found float32 of shape (1, 1, 1)",
            ),
            (
                parse_images(&file(&of("|u1", "(1, 0, 1)"), &[])).unwrap_err(),
                "expected uint8 of shape (n, height, width), found uint8 of shape (1, 0, 1)",
            ),
        ] {
            assert!(found.starts_with(expected), "{found}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let bytes = [b"\x93NUMPY\x01\x00".as_slice(), &bytes].concat();
            let _ = parse_images(&bytes);
            prop_assert!(parse_latents(&bytes, 100).is_err());
        }

        #[test]
        fn any_header_can_be_read(text in r"\{('(descr|shape|fortran_order)': ?(\(([0-9]{1,22},? ?){0,4}\)|'[<>|=]?[fu][148]'|True|False),? ?){0,4}\}?", data in proptest::collection::vec(any::<u8>(), 0..64)) {
            let bytes = file(&text, &data);
            if let Ok(stack) = parse_images(&bytes) {
                prop_assert_eq!(stack.pixels, data);
            }
            if let Ok(values) = parse_latents(&bytes, 2) {
                prop_assert_eq!(values.len() * 4, bytes.len() - 10 - text.len());
            }
        }
    }
}
