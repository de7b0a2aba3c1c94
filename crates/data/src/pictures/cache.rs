//! DecodedSet images of earlier runs in the user's cache folder: what takes long to decode is decoded
//! once.
//!
//! A file is known by the names, sizes and times of all pictures and by how they are read, carries
//! a checksum of all its content, and appears whole or not at all. Whatever goes wrong here is no
//! error: the pictures are decoded again.

use std::{
    fs::{self, FileTimes},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DecodedSet, folder, source::Listed};
use crate::DatasetRequest;
use gan_tui_core::{
    files::{self, UserFolder, atomic},
    text::hex,
};

/// What takes no longer to decode is not kept.
pub(super) const SLOW: Duration = Duration::from_secs(1);
/// Larger sets of images are not kept.
const MOST_BYTES: usize = 1 << 30;
/// All files together take no more; the oldest are removed.
const MOST_TOGETHER: u64 = 4 << 30;
/// The beginning of every file: a version of its format, and of what decoding makes of a picture.
const MAGIC: &[u8; 16] = b"gan-tui images 1";
const EXTENSION: &str = "images";
const LONGEST_HEADER: u64 = 64 << 20;
const CHECKSUM: usize = 32;

/// Where the images of one set of pictures are kept.
pub(super) struct Cache {
    folder: PathBuf,
    key: String,
    /// Bytes of an image.
    size: usize,
    /// The number of pictures.
    count: usize,
}

/// What a file says beside the images.
#[derive(Serialize, Deserialize)]
struct Header {
    unreadable: Vec<(usize, String)>,
    notes: Vec<String>,
}

impl Cache {
    /// Returns the cache of these files at a path; `None` if there is no place for it.
    pub(super) fn of(path: &Path, files: &[Listed], request: &DatasetRequest) -> Option<Self> {
        let folder = UserFolder::Cache.path()?.join("pictures");
        Self::in_folder(folder, path, files, request)
    }

    fn in_folder(
        folder: PathBuf,
        path: &Path,
        files: &[Listed],
        request: &DatasetRequest,
    ) -> Option<Self> {
        let size = request.shape.values();
        let path = fs::canonicalize(path).ok()?;
        let found = fs::metadata(&path).ok()?;
        let DatasetRequest { shape, reading, .. } = request;
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        add(&path.to_string_lossy());
        add(&format!("{shape:?} {:?} {:?} {}", reading.fit, reading.invert, reading.reader));
        // A folder's own time says nothing of its pictures'.
        if found.is_file() {
            add(&format!("{:?}", folder::stamp(&found)));
        }
        for file in files {
            add(&file.name);
            add(&format!("{:?}", file.stamp));
        }
        Some(Self { folder, key: hex(&hash.finalize()), size, count: files.len() })
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.{EXTENSION}", self.key))
    }

    /// Returns the images, if they are kept and whole.
    pub(super) fn load(&self) -> Option<DecodedSet> {
        let file = files::open(&self.path()).ok()??;
        let length = file.metadata().ok()?.len();
        let mut reader = Hashing { inner: BufReader::new(&file), hash: Sha256::new() };
        let mut start = [0; MAGIC.len() + 8];
        reader.read_exact(&mut start).ok()?;
        let (magic, header_length) = start.split_at(MAGIC.len());
        let header_length = u64::from_le_bytes(header_length.try_into().ok()?);
        if magic != MAGIC || header_length > LONGEST_HEADER.min(length) {
            return None;
        }
        let mut header = vec![0; header_length as usize];
        reader.read_exact(&mut header).ok()?;
        let Header { unreadable, notes } =
            ron::from_str(std::str::from_utf8(&header).ok()?).ok()?;
        let bytes = self.count.checked_sub(unreadable.len())? * self.size;
        if length != (start.len() + header.len() + bytes + CHECKSUM) as u64 {
            return None;
        }
        let mut pixels = vec![0; bytes];
        reader.read_exact(&mut pixels).ok()?;
        let Hashing { mut inner, hash } = reader;
        let mut checksum = [0; CHECKSUM];
        inner.read_exact(&mut checksum).ok()?;
        let is_whole = hash.finalize()[..] == checksum
            && unreadable.iter().all(|(place, _)| *place < self.count);
        // What was used last is removed last.
        let _ = file.set_times(FileTimes::new().set_modified(SystemTime::now()));
        is_whole.then_some(DecodedSet { pixels, unreadable, notes })
    }

    /// Keeps images, if they are not too many and the folder takes them.
    pub(super) fn save(&self, decoded: &DecodedSet) {
        if decoded.pixels.len() <= MOST_BYTES && self.write(decoded).is_ok() {
            self.remove_oldest(MOST_TOGETHER);
        }
    }

    fn write(&self, DecodedSet { pixels, unreadable, notes }: &DecodedSet) -> io::Result<()> {
        let header = Header { unreadable: unreadable.clone(), notes: notes.clone() };
        let header = ron::to_string(&header).map_err(io::Error::other)?;
        files::create_folders(&self.folder)?;
        atomic::clean(&self.folder);
        atomic::write_with(&self.path(), |out| {
            let mut hash = Sha256::new();
            let length = (header.len() as u64).to_le_bytes();
            for part in [&MAGIC[..], &length, header.as_bytes(), pixels] {
                hash.update(part);
                out.write_all(part)?;
            }
            out.write_all(&hash.finalize())
        })
    }

    /// Removes the files that were used the longest ago until the rest takes at most `most` bytes.
    fn remove_oldest(&self, most: u64) {
        let Ok(Some(entries)) = files::entries(&self.folder) else { return };
        let mut kept: Vec<(SystemTime, u64, PathBuf)> = entries
            .iter()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION))
            .filter_map(|path| {
                let metadata = fs::metadata(&path).ok()?;
                Some((metadata.modified().ok()?, metadata.len(), path))
            })
            .collect();
        kept.sort();
        let mut bytes: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, size, path) in kept {
            if bytes <= most {
                return;
            }
            let _ = fs::remove_file(path);
            bytes -= size;
        }
    }
}

/// A reader that hashes what it gives.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]

    use std::fs::File;

    use gan_tui_core::{
        dataset::Data,
        image::ImageShape,
        preset::{Fit, Reading},
    };
    use tempfile::TempDir;

    use super::*;

    fn files(time: i128) -> Vec<Listed> {
        let listed = |id: usize| Listed { name: format!("{id}.png"), id, stamp: (9, time) };
        (0..3).map(listed).collect()
    }

    fn request(fit: Fit) -> DatasetRequest {
        let reading = Reading { fit, ..Reading::default() };
        DatasetRequest { data: Data::Auto, shape: ImageShape::grey(2, 2), reading }
    }

    fn cache(folder: &TempDir, time: i128, fit: Fit) -> Cache {
        let place = folder.path().join("cache");
        Cache::in_folder(place, folder.path(), &files(time), &request(fit)).unwrap()
    }

    fn decoded() -> DecodedSet {
        DecodedSet {
            pixels: (0..8).collect(),
            unreadable: vec![(1, "an empty file".into())],
            notes: vec!["a note".into()],
        }
    }

    #[test]
    fn what_is_kept_comes_back_for_the_same_files_alone() {
        let folder = TempDir::new().unwrap();
        let kept = cache(&folder, 1, Fit::Cover);
        assert!(kept.load().is_none());
        kept.save(&decoded());
        assert_eq!(cache(&folder, 1, Fit::Cover).load(), Some(decoded()));
        assert_eq!(cache(&folder, 2, Fit::Cover).load(), None, "a changed file");
        assert_eq!(cache(&folder, 1, Fit::Stretch).load(), None, "read in another way");
    }

    #[test]
    fn a_damaged_file_is_not_trusted_and_a_closed_folder_is_no_error() {
        let folder = TempDir::new().unwrap();
        let kept = cache(&folder, 1, Fit::Cover);
        kept.save(&decoded());
        let whole = fs::read(kept.path()).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(kept.path(), damaged).unwrap();
            assert_eq!(kept.load(), None, "byte {at}");
            fs::write(kept.path(), &whole[..at]).unwrap();
            assert_eq!(kept.load(), None, "{at} bytes");
        }
        let nowhere = Cache { folder: folder.path().join("cache").join(&kept.key), ..kept };
        fs::write(&nowhere.folder, "a file").unwrap();
        nowhere.save(&decoded());
        assert_eq!(nowhere.load(), None);
    }

    #[test]
    fn the_oldest_are_removed() {
        let folder = TempDir::new().unwrap();
        let caches: Vec<Cache> = (0..3).map(|time| cache(&folder, time, Fit::Cover)).collect();
        for (hours, cache) in caches.iter().enumerate() {
            cache.save(&decoded());
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(3_600 * hours as u64);
            let file = File::options().write(true).open(cache.path()).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
        let size = fs::metadata(caches[0].path()).unwrap().len();
        caches[0].remove_oldest(2 * size);
        let is_kept: Vec<bool> = caches.iter().map(|cache| cache.path().exists()).collect();
        assert_eq!(is_kept, [false, true, true]);
    }
}
