//! The pictures in a folder and in the folders below it.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
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

    /// Adds a file or a folder. A picture that cannot be examined is unreadable; anything else may
    /// be a folder of pictures, and is an error.
    fn add(&mut self, path: &Path, name: String, depth: usize) -> Result<(), DataError> {
        let metadata = match files::metadata(path) {
            Ok(Some(metadata)) => metadata,
            Ok(None) => return Ok(()),
            Err(error) if decode::is_picture(&name) => {
                self.listing.add_unreadable(&name, files::reason(&error));
                return Ok(());
            }
            Err(error) => return Err(DataError::io(path)(error)),
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
