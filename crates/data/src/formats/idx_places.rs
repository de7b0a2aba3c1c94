//! Where IDX files are: in the folder itself, or where torchvision and EMNIST put them.

use std::path::{Path, PathBuf};

use super::idx::{self, IdxPlace};
use crate::DataError;
use gan_tui_core::{dataset::TRAIN_IMAGES, files, text::shown};

/// The folder that torchvision puts a dataset's files in, below the dataset's own.
const RAW: &str = "raw";

/// Returns where the training images are: in the folder, in `raw` below it, in `NAME/raw`, or
/// under names with a prefix. They are in no archive or other file, and not where nothing is.
///
/// # Errors
/// Returns an error if that cannot be determined, or there are several datasets.
pub fn locate(folder: &Path) -> Result<Option<IdxPlace>, DataError> {
    if !files::is_folder(folder).map_err(DataError::io(folder))? {
        return Ok(None);
    }
    if let Some(place) = locate_in(folder)? {
        return Ok(Some(place));
    }
    let mut found = Vec::new();
    for below in folders_in(folder)? {
        let raw = below.join(RAW);
        let is_raw = below.file_name().is_some_and(|name| name == RAW);
        let place = if is_raw { locate_in(&below)? } else { located_raw(&raw)? };
        found.extend(place);
    }
    one_of(folder, found, |place| shown(&place.folder))
}

fn located_raw(raw: &Path) -> Result<Option<IdxPlace>, DataError> {
    match files::is_folder(raw).map_err(DataError::io(raw))? {
        true => locate_in(raw),
        false => Ok(None),
    }
}

fn locate_in(folder: &Path) -> Result<Option<IdxPlace>, DataError> {
    let place = |prefix: String| IdxPlace { folder: folder.into(), prefix };
    if idx::find(folder, TRAIN_IMAGES)?.is_some() {
        return Ok(Some(place(String::new())));
    }
    let entries = files::entries(folder).map_err(DataError::io(folder))?.unwrap_or_default();
    let mut prefixes: Vec<String> = entries
        .iter()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = name.strip_suffix(".gz").unwrap_or(&name);
            let prefix = name.strip_suffix(TRAIN_IMAGES)?;
            prefix.ends_with('-').then(|| prefix.to_owned())
        })
        .collect();
    prefixes.sort();
    prefixes.dedup();
    one_of(folder, prefixes.into_iter().map(place).collect(), |place| {
        format!("a folder with {}{TRAIN_IMAGES} alone", place.prefix)
    })
}

fn one_of(
    folder: &Path,
    mut found: Vec<IdxPlace>,
    name: impl Fn(&IdxPlace) -> String,
) -> Result<Option<IdxPlace>, DataError> {
    if found.len() > 1 {
        let choices = found.iter().map(name).collect();
        return Err(DataError::Ambiguous { path: folder.into(), choices });
    }
    Ok(found.pop())
}

/// Returns the folders in a folder, in alphabetical order, those that links lead to among them.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = files::entries(folder).map_err(DataError::io(folder))?.unwrap_or_default();
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.path();
        let kind = entry.file_type().map_err(DataError::io(&path))?;
        let is_folder = match kind.is_symlink() {
            true => match files::is_folder(&path) {
                // A link that leads round in a circle leads to no folder.
                Err(error) if error.raw_os_error() == Some(libc::ELOOP) => false,
                found => found.map_err(DataError::io(&path))?,
            },
            false => kind.is_dir(),
        };
        if is_folder {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
