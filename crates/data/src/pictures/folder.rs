//! The pictures in a folder and in the folders below it.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{
    decode,
    source::{Content, Listed, Listing, MOST_BYTES, Source, Take, is_ignored},
};
use crate::DataError;
use gan_tui_core::files;

/// Folders further down are passed over.
const DEEPEST: usize = 16;

/// A folder of pictures.
pub(super) struct Folder {
    root: PathBuf,
    paths: Vec<PathBuf>,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.into(), paths: Vec::new() }
    }
}

impl Source for Folder {
    fn list(&mut self) -> Result<Listing, DataError> {
        let mut walk = Walk { folder: self, listing: Listing::default(), entered: HashSet::new() };
        let root = walk.folder.root.clone();
        walk.enter(&root, "", 0)?;
        Ok(walk.listing)
    }

    fn read(&mut self, wanted: &[(usize, usize)], take: &mut Take<'_>) -> Result<(), DataError> {
        wanted
            .iter()
            .try_for_each(|&(id, name)| take(name, Ok(Content::File(self.paths[id].clone()))))
    }
}

struct Walk<'a> {
    folder: &'a mut Folder,
    listing: Listing,
    /// The device and the number of each folder that was entered.
    entered: HashSet<(u64, u64)>,
}

impl Walk<'_> {
    /// Lists a folder, whose files' names begin with `prefix`, in alphabetical order.
    fn enter(&mut self, path: &Path, prefix: &str, depth: usize) -> Result<(), DataError> {
        let metadata = fs::metadata(path).map_err(DataError::io(path))?;
        if !self.entered.insert((metadata.dev(), metadata.ino())) {
            self.listing
                .counts
                .add(prefix.trim_end_matches('/'), "links to a folder that is read already");
            return Ok(());
        }
        if depth > DEEPEST {
            self.listing.counts.add(prefix.trim_end_matches('/'), "folders too far down");
            return Ok(());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(DataError::io(path))? {
            names.push(entry.map_err(DataError::io(path))?.file_name());
        }
        names.sort();
        for name in names {
            let text = name.to_string_lossy();
            if !is_ignored(&text) {
                self.add(&path.join(&name), format!("{prefix}{text}"), depth)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, name: String, depth: usize) -> Result<(), DataError> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.add_unreachable(path, &name, &error),
        };
        if metadata.is_dir() {
            return self.enter(path, &format!("{name}/"), depth + 1);
        }
        if !decode::is_picture(&name) {
            self.listing.counts.add_by_extension(&name);
        } else if !metadata.is_file() {
            self.listing.add_unreadable(&name, "not a file");
        } else if metadata.len() > MOST_BYTES {
            self.listing.add_unreadable(&name, format!("a file of more than {MOST_BYTES} bytes"));
        } else {
            let id = self.folder.paths.len();
            self.folder.paths.push(path.into());
            self.listing.add(Listed { name, id, stamp: stamp(&metadata) }, &self.folder.root)?;
        }
        Ok(())
    }

    /// Adds something that cannot be examined: mostly a link that leads nowhere.
    fn add_unreachable(
        &mut self,
        path: &Path,
        name: &str,
        error: &io::Error,
    ) -> Result<(), DataError> {
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let reason = match (is_link, error.kind()) {
            (true, io::ErrorKind::NotFound) => "a link that leads nowhere",
            (true, _) if is_loop(error) => "a link that leads to itself",
            _ => {
                return Err(DataError::Io {
                    path: path.into(),
                    source: io::Error::from(error.kind()),
                });
            }
        };
        if decode::is_picture(name) {
            self.listing.add_unreadable(name, reason);
        } else {
            self.listing
                .counts
                .add(name, reason.replacen("a link that leads", "links that lead", 1));
        }
        Ok(())
    }
}

/// Returns whether a path leads through too many links.
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(40)
}

/// Returns a file's size and the time of its last change in nanoseconds.
pub(super) fn stamp(metadata: &Metadata) -> (u64, i128) {
    let time = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    (metadata.len(), time)
}

/// Reads a picture's file.
///
/// # Errors
/// Returns the reason in one line.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    match files::read(path, MOST_BYTES) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err("it is gone".into()),
        Err(error) => Err(files::reason(&error)),
    }
}
