//! Records of an event file, as TensorFlow's record writer frames them: length (u64), checksum of
//! the length, data, checksum of the data, all little-endian.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crc::{CRC_32_ISCSI, Crc, Table};

/// CRC-32C (Castagnoli), of sixteen bytes at a time: logs of gigabytes are read.
static CHECKSUM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
/// A length and its checksum.
const HEADER: usize = 12;
/// The checksum of the data.
const FOOTER: usize = 4;
/// No event comes near; what is larger is some other file.
pub const MOST_BYTES: u64 = 1 << 28;

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("byte {offset}: {reason}")]
    Damaged { offset: u64, reason: String },
}

/// Returns the checksum as records store it: rotated and with an added constant, so that the
/// checksum of data that contain checksums is no trivial one.
pub(super) fn masked(data: &[u8]) -> u32 {
    CHECKSUM.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Writes data as a record.
///
/// # Errors
/// Those of the writer.
pub fn write(out: &mut dyn Write, data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&masked(data).to_le_bytes())
}

/// Reads the records of a file, which may still grow.
#[derive(Debug)]
pub struct RecordReader<R> {
    file: R,
    /// Where the next record begins.
    offset: u64,
}

impl<R: Read + Seek> RecordReader<R> {
    /// Reads from an offset at which a record begins, 0 or what [`RecordReader::offset`] returned.
    pub fn new(file: R, offset: u64) -> Self {
        Self { file, offset }
    }

    /// Returns the offset behind the last record that was read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the data of the next record; `None` if the file ends before it, or within it: asked
    /// again after the file has grown, it returns the record.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, a checksum is wrong, or a record is larger than
    /// [`MOST_BYTES`].
    pub fn next_record(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        self.file.seek(SeekFrom::Start(self.offset))?;
        let Some(header) = self.read(HEADER as u64)? else { return Ok(None) };
        let (length, checksum) = header.split_at(8);
        let length_bytes: [u8; 8] = length.try_into().map_err(|_| self.damaged("cut length"))?;
        if checksum != masked(&length_bytes).to_le_bytes() {
            return Err(self.damaged("the checksum of the length is wrong"));
        }
        let length = u64::from_le_bytes(length_bytes);
        if length > MOST_BYTES {
            let reason = format!("expected a record of at most {MOST_BYTES} bytes, found {length}");
            return Err(self.damaged(&reason));
        }
        let Some(mut data) = self.read(length + FOOTER as u64)? else { return Ok(None) };
        let checksum = data.split_off(length as usize);
        if checksum != masked(&data).to_le_bytes() {
            return Err(self.damaged("the checksum of the data is wrong"));
        }
        self.offset += HEADER as u64 + length + FOOTER as u64;
        Ok(Some(data))
    }

    /// Returns that many bytes; `None` if the file has fewer. Memory grows with what is there, not
    /// with what a header promises.
    fn read(&mut self, count: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        (&mut self.file).take(count).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 == count).then_some(bytes))
    }

    fn damaged(&self, reason: &str) -> RecordError {
        RecordError::Damaged { offset: self.offset, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn framed(data: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        data.iter().for_each(|data| write(&mut bytes, data).unwrap());
        bytes
    }

    #[test]
    fn a_file_that_grows_is_read_record_by_record() {
        let whole = framed(&[b"one", b"", b"three"]);
        for cut in 0..whole.len() {
            let mut reader = RecordReader::new(Cursor::new(&whole[..cut]), 0);
            let mut found = Vec::new();
            while let Some(record) = reader.next_record().unwrap() {
                found.push(record);
            }
            let mut rest = RecordReader::new(Cursor::new(&whole), reader.offset());
            while let Some(record) = rest.next_record().unwrap() {
                found.push(record);
            }
            assert_eq!(found, [&b"one"[..], b"", b"three"], "cut at {cut}");
        }
    }

    #[test]
    fn a_wrong_checksum_and_a_length_that_no_event_has_are_told_with_the_place() {
        let error = |bytes: Vec<u8>| {
            let mut reader = RecordReader::new(Cursor::new(bytes), 0);
            loop {
                match reader.next_record() {
                    Ok(Some(_)) => {}
                    Ok(None) => return String::new(),
                    Err(error) => return error.to_string(),
                }
            }
        };
        let mut data = framed(&[b"one", b"two"]);
        let second = data.len() / 2;
        data[second + 12] ^= 1;
        assert_eq!(error(data.clone()), "byte 19: the checksum of the data is wrong");
        data[second] ^= 1;
        assert_eq!(error(data), "byte 19: the checksum of the length is wrong");
        let huge = u64::MAX.to_le_bytes();
        let mut data = huge.to_vec();
        data.extend(masked(&huge).to_le_bytes());
        assert!(error(data).starts_with("byte 0: expected a record of at most"));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>, offset in 0u64..50) {
            let mut reader = RecordReader::new(Cursor::new(bytes), offset);
            while let Ok(Some(_)) = reader.next_record() {}
        }
    }
}
