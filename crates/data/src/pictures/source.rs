//! Where the files of pictures are: in a folder or in an archive.

use std::path::PathBuf;

use super::report::{Counts, Skipped};
use crate::DataError;
use gan_tui_core::event::Preparing;

/// More pictures than this are refused.
pub(super) const MOST_FILES: usize = 1_000_000;
/// Larger files are no pictures that are read.
pub(super) const MOST_BYTES: u64 = 128 << 20;

/// Reports progress.
pub(super) type Progress<'a> = &'a mut dyn FnMut(Preparing);

/// A folder or an archive of pictures.
pub(super) trait Source {
    /// Lists what is there.
    ///
    /// # Errors
    /// Returns an error if it cannot be read or holds too much.
    fn list(&mut self) -> Result<Listing, DataError>;

    /// Gives the content of files to `take`, in any order. `wanted` has the ids of the files and
    /// what `take` calls them, ordered by id.
    ///
    /// # Errors
    /// Returns the error of `take`, or one if nothing more can be read.
    fn read(&mut self, wanted: &[(usize, usize)], take: &mut Take<'_>) -> Result<(), DataError>;
}

/// Takes the content of a file, or why it cannot be read.
pub(super) type Take<'a> = dyn FnMut(usize, Result<Content, String>) -> Result<(), DataError> + 'a;

/// The content of a file.
pub(super) enum Content {
    /// Still on the disk.
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// What a folder or an archive holds.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Listed>,
    /// Pictures that cannot be read.
    pub(super) unreadable: Vec<Skipped>,
    pub(super) counts: Counts,
    pub(super) notes: Vec<String>,
}

/// A file that is taken for a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The parts of its path inside the folder or archive, divided by `/`.
    pub(super) name: String,
    /// What [`Source::read`] calls it.
    pub(super) id: usize,
    /// Its size and when it was changed: what a cache knows it by.
    pub(super) stamp: (u64, i128),
}

impl Listing {
    /// Adds a picture.
    ///
    /// # Errors
    /// Returns an error if there are too many.
    pub(super) fn add(&mut self, file: Listed, place: &std::path::Path) -> Result<(), DataError> {
        if self.files.len() == MOST_FILES {
            return Err(DataError::Missing {
                path: place.into(),
                expected: format!("at most {MOST_FILES} images"),
                found: "more".into(),
            });
        }
        self.files.push(file);
        Ok(())
    }

    pub(super) fn add_unreadable(&mut self, name: &str, reason: impl Into<String>) {
        self.unreadable.push(Skipped { name: name.into(), reason: reason.into() });
    }
}

/// Returns whether files of this name or below it are no data: hidden, or made by a desktop.
pub(super) fn is_ignored(part: &str) -> bool {
    part.starts_with('.') || matches!(part, "__MACOSX" | "Thumbs.db" | "desktop.ini")
}
