//! The pictures in a zip, a tar or a gzipped tar. Nothing is unpacked to the disk.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

use super::{
    decode,
    source::{Content, Listed, Listing, MOST_BYTES, Source, Take, is_ignored},
};
use crate::DataError;

/// An archive may unpack to so many times its size, and to [`FREE`] bytes in addition: pictures
/// are compressed already.
const MOST_RATIO: u64 = 100;
const FREE: u64 = 64 << 20;
/// Extensions of archives, which are not opened inside of an archive.
const NESTED: [&str; 10] = ["zip", "tar", "gz", "tgz", "npz", "7z", "rar", "bz2", "xz", "zst"];

/// What an archive holds under one name.
enum Kind {
    File,
    Folder,
    /// A link, a device, or an encrypted file.
    Other(&'static str),
}

/// Collects the entries of an archive.
#[derive(Default)]
struct Lister {
    listing: Listing,
    names: HashSet<String>,
}

impl Lister {
    fn add(
        &mut self,
        archive: &Path,
        (name, id, size): (&str, usize, u64),
        kind: Kind,
    ) -> Result<(), DataError> {
        let (listing, name) = (&mut self.listing, name.trim_start_matches("./"));
        let parts = || name.split('/');
        if let Kind::Folder = kind {
            return Ok(());
        }
        if name.starts_with('/') || name.contains(['\\', '\0']) || parts().any(|part| part == "..")
        {
            listing.counts.add("", "entries whose names lead out of the archive");
            return Ok(());
        }
        if parts().any(is_ignored) {
            return Ok(());
        }
        let is_nested =
            |extension: &str| NESTED.iter().any(|nested| extension.eq_ignore_ascii_case(nested));
        match kind {
            Kind::Other(what) if decode::is_picture(name) => listing.add_unreadable(name, what),
            Kind::Other(what) => listing.counts.add(name, what),
            _ if name.rsplit_once('.').is_some_and(|(_, extension)| is_nested(extension)) => {
                listing.counts.add(name, "archives inside of the archive");
            }
            _ if !decode::is_picture(name) => listing.counts.add_by_extension(name),
            _ if size > MOST_BYTES => {
                listing.add_unreadable(name, format!("a file of more than {MOST_BYTES} bytes"));
            }
            _ if !self.names.insert(name.to_owned()) => {
                listing.counts.add(name, "further files of a name that is there already");
            }
            _ => listing.add(Listed { name: name.into(), id, stamp: (size, 0) }, archive)?,
        }
        Ok(())
    }
}

/// A zip archive.
pub(super) struct Zip {
    path: PathBuf,
    archive: ZipArchive<BufReader<File>>,
    /// Bytes that may still be unpacked.
    left: u64,
}

impl Zip {
    /// Opens an archive.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::io(path))?;
        let size = file.metadata().map_err(DataError::io(path))?.len();
        let archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(path, error))?;
        Ok(Self { path: path.into(), archive, left: most_unpacked(size) })
    }

    /// Returns the names of all entries that can be read as text.
    pub(super) fn names(&self) -> Vec<String> {
        let names = (0..self.archive.len()).filter_map(|index| self.archive.name_for_index(index));
        names.filter_map(Result::ok).map(|name| name.into_owned()).collect()
    }
}

impl Source for Zip {
    fn list(&mut self) -> Result<Listing, DataError> {
        let mut lister = Lister::default();
        for id in 0..self.archive.len() {
            let entry =
                self.archive.by_index_data(id).map_err(|error| zip_error(&self.path, error))?;
            let kind = match () {
                () if entry.is_dir() => Kind::Folder,
                () if entry.encrypted() => Kind::Other("encrypted"),
                () if entry.is_symlink() => Kind::Other("a link"),
                () => Kind::File,
            };
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let size = entry.size();
            lister.add(&self.path, (&name, id, size), kind)?;
        }
        Ok(lister.listing)
    }

    fn read(&mut self, wanted: &[(usize, usize)], take: &mut Take<'_>) -> Result<(), DataError> {
        for &(id, name) in wanted {
            let mut bytes = Vec::new();
            let read =
                self.archive.by_index(id).map_err(|error| error.to_string()).and_then(|entry| {
                    let read = entry.take(MOST_BYTES + 1).read_to_end(&mut bytes);
                    read.map_err(|error| error.to_string())
                });
            self.left =
                self.left.checked_sub(bytes.len() as u64).ok_or_else(|| bomb(&self.path))?;
            take(name, read.and_then(|_| whole(bytes)))?;
        }
        Ok(())
    }
}

/// A tar archive, gzipped or plain.
pub(super) struct Tar {
    path: PathBuf,
    is_gzip: bool,
}

impl Tar {
    pub(super) fn new(path: &Path, is_gzip: bool) -> Self {
        Self { path: path.into(), is_gzip }
    }

    /// Opens the archive from its beginning.
    fn open(&self) -> Result<tar::Archive<Box<dyn Read>>, DataError> {
        let file = File::open(&self.path).map_err(DataError::io(&self.path))?;
        let size = file.metadata().map_err(DataError::io(&self.path))?.len();
        let file = BufReader::with_capacity(1 << 16, file);
        let reader: Box<dyn Read> = if self.is_gzip {
            Box::new(Bounded { reader: MultiGzDecoder::new(file), left: most_unpacked(size) })
        } else {
            Box::new(file)
        };
        Ok(tar::Archive::new(reader))
    }

    fn error(&self, error: io::Error) -> DataError {
        if error.get_ref().is_some_and(|inner| inner.is::<TooLong>()) {
            return bomb(&self.path);
        }
        if error.raw_os_error().is_some() {
            return DataError::io(&self.path)(error);
        }
        DataError::Archive { path: self.path.clone(), reason: error.to_string() }
    }
}

impl Source for Tar {
    fn list(&mut self) -> Result<Listing, DataError> {
        let mut lister = Lister::default();
        let mut archive = self.open()?;
        for (id, entry) in archive.entries().map_err(|error| self.error(error))?.enumerate() {
            let entry = entry.map_err(|error| self.error(error))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = match entry.header().entry_type() {
                tar::EntryType::Regular
                | tar::EntryType::Continuous
                | tar::EntryType::GNUSparse => Kind::File,
                tar::EntryType::Directory | tar::EntryType::XGlobalHeader => Kind::Folder,
                _ => Kind::Other("a link or device"),
            };
            lister.add(&self.path, (&name, id, entry.size()), kind)?;
        }
        Ok(lister.listing)
    }

    fn read(&mut self, wanted: &[(usize, usize)], take: &mut Take<'_>) -> Result<(), DataError> {
        let mut wanted = wanted.iter().peekable();
        let mut archive = self.open()?;
        for (at, entry) in archive.entries().map_err(|error| self.error(error))?.enumerate() {
            let Some(&&(id, name)) = wanted.peek() else { return Ok(()) };
            let entry = entry.map_err(|error| self.error(error))?;
            if at < id {
                continue;
            }
            wanted.next();
            let size = entry.size();
            let mut bytes = Vec::new();
            entry
                .take(MOST_BYTES + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| self.error(error))?;
            let is_cut = (bytes.len() as u64) < size.min(MOST_BYTES);
            take(
                name,
                if is_cut { Err("the archive ends too early".into()) } else { whole(bytes) },
            )?;
        }
        wanted.try_for_each(|&(_, name)| take(name, Err("the archive ends too early".into())))
    }
}

/// A reader that gives a bounded number of bytes, then an error.
struct Bounded<R> {
    reader: R,
    left: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("it unpacks to too much")]
struct TooLong;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| io::Error::other(TooLong))?;
        Ok(read)
    }
}

fn most_unpacked(size: u64) -> u64 {
    size.saturating_mul(MOST_RATIO).saturating_add(FREE)
}

fn whole(bytes: Vec<u8>) -> Result<Content, String> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("a file of more than {MOST_BYTES} bytes"));
    }
    Ok(Content::Bytes(bytes))
}

fn bomb(path: &Path) -> DataError {
    let reason =
        format!("it unpacks to more than {MOST_RATIO} times its size, which pictures do not");
    DataError::Archive { path: path.into(), reason }
}

pub(super) fn zip_error(path: &Path, error: zip::result::ZipError) -> DataError {
    match error {
        zip::result::ZipError::Io(error) if error.raw_os_error().is_some() => {
            DataError::io(path)(error)
        }
        error => DataError::Archive { path: path.into(), reason: error.to_string() },
    }
}

/// Returns a reader of the entry of a zip that has this name, bounded as all of the archive is.
///
/// # Errors
/// Returns an error if there is none, or it cannot be read.
pub(super) fn zip_entry<'a>(
    zip: &'a mut Zip,
    name: &str,
) -> Result<impl Read + use<'a>, DataError> {
    let left = zip.left;
    let entry = zip.archive.by_name(name).map_err(|error| zip_error(&zip.path, error))?;
    Ok(Bounded { reader: entry, left })
}
