//! Reads the records of an event file that grows: in order, in bounded memory, and past what is
//! damaged.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::record::masked;
use gan_tui_core::files;

/// A length and its checksum, and the checksum of the data.
const HEADER: usize = 12;
const FOOTER: usize = 4;
/// Records that are larger are skipped: no picture or number is among them.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes read at once.
const BUFFER: usize = 1 << 20;

/// How far the records of a file were read.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    /// Where the next record begins.
    offset: u64,
    damaged: u64,
    /// Whether the place of the next record is being searched for.
    is_lost: bool,
}

/// What was read at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    pub bytes: u64,
    /// The file is shorter than what was read of it: it is another one, and nothing was read.
    pub was_replaced: bool,
}

impl Tail {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), offset: 0, damaged: 0, is_lost: false }
    }

    /// Returns how many records were skipped because a checksum is wrong.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Reads the file from its beginning the next time.
    pub fn rewind(&mut self) {
        (self.offset, self.damaged, self.is_lost) = (0, 0, false);
    }

    /// Reads whole records until about `budget` bytes are read or the file ends, and gives each to
    /// `take`, with its offset. A record that is not whole is left for the next time.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn poll(&mut self, budget: u64, take: &mut dyn FnMut(u64, &[u8])) -> io::Result<Polled> {
        let Some(file) = files::open(&self.path)? else { return Ok(Polled::default()) };
        let size = file.metadata()?.len();
        if size < self.offset {
            return Ok(Polled { bytes: 0, was_replaced: true });
        }
        let start = self.offset;
        if size - start < (HEADER + FOOTER) as u64 {
            return Ok(Polled::default());
        }
        self.read(file, size, budget, take)?;
        Ok(Polled { bytes: self.offset - start, was_replaced: false })
    }

    fn read(
        &mut self,
        file: File,
        size: u64,
        budget: u64,
        take: &mut dyn FnMut(u64, &[u8]),
    ) -> io::Result<()> {
        let until = self.offset.saturating_add(budget.max(1));
        // The buffer is no larger than what there is: thousands of small files are read in turn.
        let room = (size - self.offset).min(BUFFER as u64) as usize;
        let mut reader = BufReader::with_capacity(room.max(HEADER), file);
        reader.seek(SeekFrom::Start(self.offset))?;
        let mut data = Vec::new();
        while self.offset < until {
            if self.is_lost && !self.search(&mut reader, size, until)? {
                return Ok(());
            }
            let mut header = [0; HEADER];
            if !whole(&mut reader, &mut header)? {
                return Ok(());
            }
            let Some(length) = length(&header) else {
                self.damaged += 1;
                self.is_lost = true;
                self.offset += 1;
                reader.seek(SeekFrom::Start(self.offset))?;
                continue;
            };
            let left = size.saturating_sub(self.offset);
            let Some(end) = length.checked_add((HEADER + FOOTER) as u64).filter(|&end| end <= left)
            else {
                // It is not whole yet.
                return Ok(());
            };
            if length > MOST_BYTES {
                self.damaged += 1;
                self.offset += end;
                reader.seek(SeekFrom::Start(self.offset))?;
                continue;
            }
            data.resize(length as usize + FOOTER, 0);
            if !whole(&mut reader, &mut data)? {
                return Ok(());
            }
            let (data, checksum) = data.split_at(length as usize);
            if checksum == masked(data).to_le_bytes() {
                take(self.offset, data);
            } else {
                self.damaged += 1;
            }
            self.offset += end;
        }
        Ok(())
    }

    /// Searches for the next length with a right checksum, byte by byte. Returns whether there is
    /// one before `until`.
    fn search(&mut self, reader: &mut BufReader<File>, size: u64, until: u64) -> io::Result<bool> {
        let mut header = [0; HEADER];
        if !whole(reader, &mut header)? {
            return Ok(false);
        }
        while self.offset < until {
            let fits = |length: u64| {
                length <= MOST_BYTES && length + ((HEADER + FOOTER) as u64) <= size - self.offset
            };
            if length(&header).is_some_and(fits) {
                self.is_lost = false;
                reader.seek(SeekFrom::Start(self.offset))?;
                return Ok(true);
            }
            header.rotate_left(1);
            if !whole(reader, &mut header[HEADER - 1..])? {
                // The last bytes are looked at again once there are more.
                return Ok(false);
            }
            self.offset += 1;
        }
        Ok(false)
    }
}

/// Returns whether a file that begins so begins with a record.
pub fn begins_with_record(start: &[u8]) -> bool {
    start.first_chunk().is_some_and(|header| length(header).is_some())
}

/// Returns the length in a header, if its checksum is right.
fn length(header: &[u8; HEADER]) -> Option<u64> {
    let (length, checksum) = header.split_at(8);
    let is_right = checksum == masked(length).to_le_bytes();
    is_right.then(|| length.try_into().ok().map(u64::from_le_bytes)).flatten()
}

/// Fills a buffer; returns whether there was enough.
fn whole(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::{super::record, *};

    fn framed(records: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        records.iter().for_each(|data| record::write(&mut bytes, data).unwrap());
        bytes
    }

    fn poll(tail: &mut Tail) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        tail.poll(u64::MAX, &mut |_, data| found.push(data.to_vec())).unwrap();
        found
    }

    #[test]
    fn records_are_read_as_the_file_grows_wherever_it_is_cut() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        let whole = framed(&[b"one", b"", b"three"]);
        for cut in 0..whole.len() {
            let mut tail = Tail::new(&path);
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut found = poll(&mut tail);
            std::fs::write(&path, &whole).unwrap();
            found.extend(poll(&mut tail));
            assert_eq!(found, [&b"one"[..], b"", b"three"], "cut at {cut}");
            assert!(poll(&mut tail).is_empty() && tail.damaged() == 0);
        }
    }

    #[test]
    fn whatever_byte_is_wrong_the_other_records_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        let whole = framed(&[b"first", b"second", b"third"]);
        let second = 5 + 16..5 + 16 + 6 + 16;
        for wrong in second {
            let mut bytes = whole.clone();
            bytes[wrong] ^= 0x40;
            std::fs::write(&path, &bytes).unwrap();
            let mut tail = Tail::new(&path);
            assert_eq!(poll(&mut tail), [&b"first"[..], b"third"], "byte {wrong}");
            assert_eq!(tail.damaged(), 1);
        }
    }

    #[test]
    fn a_promised_length_takes_no_memory_and_rubbish_is_searched() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events");
        let length = (1u64 << 60).to_le_bytes();
        let mut bytes = length.to_vec();
        bytes.extend(masked(&length).to_le_bytes());
        bytes.extend([0; 100]);
        std::fs::write(&path, &bytes).unwrap();
        assert!(poll(&mut Tail::new(&path)).is_empty());
        let mut bytes = vec![7; 3 * BUFFER / 2];
        bytes.extend(framed(&[b"found"]));
        std::fs::write(&path, &bytes).unwrap();
        let mut tail = Tail::new(&path);
        let mut found = Vec::new();
        for _ in 0..4 {
            tail.poll(BUFFER as u64, &mut |_, data| found.push(data.to_vec())).unwrap();
        }
        assert_eq!(found, [b"found"]);
    }
}
