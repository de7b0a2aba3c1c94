//! The formats in which a folder can hold a dataset. A new one is a file here that implements
//! [`FolderFormat`], and a line in [`FORMATS`].

pub mod idx;
pub mod idx_places;
pub mod png_folder;

use std::path::Path;

use super::{InMemoryDataset, error::DataError};
use gan_tui_core::event::Preparing;

/// Every format, in the order in which a folder is tried.
pub static FORMATS: [&dyn FolderFormat; 2] = [&idx::Idx, &png_folder::PngFolder];

/// A format in which a folder can hold a dataset.
pub trait FolderFormat: Sync {
    /// Returns the names of the files that it reads, for messages.
    fn expected(&self) -> String;

    /// Returns whether a folder holds a dataset in this format.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be examined.
    fn is_in(&self, folder: &Path) -> Result<bool, DataError>;

    /// Loads the training images, and their labels if the folder has labels. `name` is what the
    /// dataset is called unless its content is that of a published one.
    ///
    /// # Errors
    /// Returns an error if a file is missing or invalid.
    fn load(
        &self,
        folder: &Path,
        name: &str,
        progress: &mut dyn FnMut(Preparing),
    ) -> Result<InMemoryDataset, DataError>;

    /// Returns the number of test images, if there is a test part.
    ///
    /// # Errors
    /// Returns an error if the test part is invalid.
    fn test_images(&self, folder: &Path) -> Result<Option<usize>, DataError>;

    /// Examines the folder of the dataset `name`, file by file.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    fn check(&self, folder: &Path, name: &str) -> Result<FolderCheck, DataError>;
}

/// The result of [`FolderFormat::check`].
#[derive(Debug, Default)]
pub struct FolderCheck {
    pub files: Vec<FileCheck>,
    /// What was done to the images, and how they are labelled: a line each.
    pub notes: Vec<String>,
}

/// What was found of one file.
#[derive(Debug)]
pub struct FileCheck {
    pub name: String,
    /// Its size; `None` if it is missing.
    pub bytes: Option<u64>,
    /// Whether its content is the published one, in words; empty if that is not known.
    pub verdict: &'static str,
}

/// Returns the format of a folder's dataset.
///
/// # Errors
/// Returns an error if the folder cannot be examined.
pub fn detect(folder: &Path) -> Result<Option<&'static dyn FolderFormat>, DataError> {
    for format in FORMATS {
        if format.is_in(folder)? {
            return Ok(Some(format));
        }
    }
    Ok(None)
}

/// Returns the names of the files that any of the formats reads, for messages.
pub(super) fn expected() -> String {
    FORMATS.map(FolderFormat::expected).join(" or ")
}
