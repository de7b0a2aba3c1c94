//! What a path holds: a folder, an archive or arrays, by its content.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;

use super::{
    archive::{Tar, Zip},
    folder::Folder,
    source::Source,
};
use crate::DataError;
use gan_tui_core::{files, text::quoted};

/// A place with images.
pub(super) enum Container {
    /// A folder or an archive of pictures.
    Files(Box<dyn Source>),
    /// A `.npy` file.
    Array(BufReader<File>),
    /// A `.npz` file.
    Arrays(Zip),
}

/// The beginning of a tar's header at [`TAR_PLACE`].
const TAR: &[u8] = b"ustar";
const TAR_PLACE: usize = 257;
/// Archives that are recognised and not read.
const UNREAD: [(&[u8], &str); 5] = [
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "bzip2"),
    (b"\xFD7zXZ", "xz"),
    (b"\x28\xB5\x2F\xFD", "zstd"),
];

/// Opens what is at a path.
///
/// # Errors
/// Returns an error if it cannot be read, or is nothing with images.
pub(super) fn open(path: &Path) -> Result<Container, DataError> {
    let metadata = files::metadata(path).map_err(DataError::io(path))?;
    let Some(metadata) = metadata else { return Err(DataError::NoFolder { path: path.into() }) };
    if metadata.is_dir() {
        return Ok(Container::Files(Box::new(Folder::new(path))));
    }
    if !metadata.is_file() {
        return Err(unknown(path, "something else"));
    }
    let mut file = File::open(path).map_err(DataError::io(path))?;
    let start = start_of(&mut file).map_err(DataError::io(path))?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_tar = |start: &[u8]| start.get(TAR_PLACE..).is_some_and(|rest| rest.starts_with(TAR));
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        let zip = Zip::open(path)?;
        let is_arrays =
            zip.names().iter().any(|name| name.ends_with(".npy") && !name.contains('/'));
        return Ok(if is_arrays {
            Container::Arrays(zip)
        } else {
            Container::Files(Box::new(zip))
        });
    }
    if start.starts_with(b"\x93NUMPY") {
        file.seek(SeekFrom::Start(0)).map_err(DataError::io(path))?;
        return Ok(Container::Array(BufReader::new(file)));
    }
    if start.starts_with(&[0x1f, 0x8b]) {
        file.seek(SeekFrom::Start(0)).map_err(DataError::io(path))?;
        let mut unpacked = Vec::new();
        // A stream that is damaged further on is found so when it is read.
        let _ = MultiGzDecoder::new(BufReader::new(file)).take(512).read_to_end(&mut unpacked);
        return match is_tar(&unpacked)
            || path.to_string_lossy().ends_with(".tar.gz")
            || extension == "tgz"
        {
            true => Ok(Container::Files(Box::new(Tar::new(path, true)))),
            false => Err(unknown(path, "a gzip file that is not a tar archive")),
        };
    }
    if is_tar(&start) || extension == "tar" {
        return Ok(Container::Files(Box::new(Tar::new(path, false))));
    }
    if let Some(error) = to_convert(path, &start, &extension) {
        return Err(error);
    }
    if let Some((_, what)) = UNREAD.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(unknown(
            path,
            &format!("{what}, which is not read: unpack it, or pack it as .zip or .tar.gz"),
        ));
    }
    Err(DataError::NotAFolder { path: path.into() })
}

fn start_of(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.by_ref().take(512).read_to_end(&mut start)?;
    Ok(start)
}

fn unknown(path: &Path, found: &str) -> DataError {
    DataError::Missing { path: path.into(), expected: super::EXPECTED.into(), found: found.into() }
}

/// Returns the error of a table that Python converts, with the line that does it.
fn to_convert(path: &Path, start: &[u8], extension: &str) -> Option<DataError> {
    let python = |kind, code: String| {
        Some(DataError::Convert { path: path.into(), kind, line: format!("python3 -c \"{code}\"") })
    };
    let name = quoted(path);
    let name = if name.starts_with('\'') { name } else { format!("'{name}'") };
    let stem = path.with_extension("").to_string_lossy().replace(['\'', '"', '\\', '$', '`'], "_");
    if start.starts_with(b"PAR1") {
        return python(
            "a Parquet file",
            format!(
                "import pandas as p, pathlib as l; [(l.Path('{stem}', str(r.label)).mkdir(parents=True, \
             exist_ok=True), l.Path('{stem}', str(r.label), f'{{i}}.png').write_bytes(r.image['bytes'])) \
             for i, r in p.read_parquet({name}).iterrows()]"
            ),
        );
    }
    if extension != "csv" {
        return None;
    }
    let skipped = u8::from(!start.first().is_some_and(u8::is_ascii_digit));
    let columns = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let has_label = columns.starts_with(b"label") || skipped == 0;
    let (pixels, labels) = if has_label { ("t[:, 1:]", ", labels=t[:, 0]") } else { ("t", "") };
    python(
        "a CSV table",
        format!(
            "import numpy as n; t = n.loadtxt({name}, n.uint8, delimiter=',', skiprows={skipped}); \
         n.savez_compressed('{stem}.npz', images={pixels}.reshape(-1, 28, 28){labels})"
        ),
    )
}
