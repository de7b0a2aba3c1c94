//! Checksums of files and streams, in hexadecimal.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use gan_tui_core::text::hex;
use md5::{Digest, Md5};
use sha2::Sha256;

use super::DataError;

/// Returns the MD5 of a file.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub fn md5_of_file(path: &Path) -> Result<String, DataError> {
    File::open(path).and_then(md5).map_err(DataError::io(path))
}

/// Returns the MD5 of all that a reader gives.
///
/// # Errors
/// Returns the reader's error.
pub fn md5(reader: impl Read) -> io::Result<String> {
    digest(reader, Md5::new())
}

/// Returns the SHA-256 of all that a reader gives.
///
/// # Errors
/// Returns the reader's error.
pub fn sha256(reader: impl Read) -> io::Result<String> {
    digest(reader, Sha256::new())
}

fn digest(mut reader: impl Read, mut hash: impl Digest) -> io::Result<String> {
    let mut block = vec![0; 1 << 16];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(read) => hash.update(&block[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
