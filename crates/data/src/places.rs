//! Where datasets are looked for on this machine.

use std::path::{Path, PathBuf};

use super::{DataError, formats::idx};
use gan_tui_core::{
    dataset::TRAIN_IMAGES,
    files::{self, UserFolder},
    text::shown,
};

/// Returns the folder that holds the images of a published dataset: the first of [`places`] that
/// does, else torchvision's.
///
/// # Errors
/// Returns an error if one of the folders cannot be examined.
pub fn find(name: &str) -> Result<Option<PathBuf>, DataError> {
    for folder in places(name).into_iter().chain(raw_folder(name)) {
        if idx::find(&folder, TRAIN_IMAGES)?.is_some() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Returns where torchvision puts a published dataset, if it is told to use `data`.
fn raw_folder(name: &str) -> Option<PathBuf> {
    let folder = match name {
        "mnist" => "MNIST",
        "fashion-mnist" => "FashionMNIST",
        "kmnist" => "KMNIST",
        _ => return None,
    };
    Some(Path::new("data").join(folder).join("raw"))
}

/// Returns MNIST's folder for `Data::Auto`, or `None` to take the embedded digits.
///
/// # Errors
/// As [`find`], or if there is a folder for MNIST without its images: whoever made it does not
/// want the embedded digits.
pub fn find_auto() -> Result<Option<PathBuf>, DataError> {
    if let Some(folder) = find("mnist")? {
        return Ok(Some(folder));
    }
    for folder in places("mnist") {
        if files::exists(&folder).map_err(DataError::io(&folder))? {
            let found = describe(&folder);
            return Err(DataError::Incomplete { path: folder, found });
        }
    }
    Ok(None)
}

/// Returns where a published dataset is looked for: `data/NAME`, then the user's data folder.
pub fn places(name: &str) -> Vec<PathBuf> {
    [Some(Path::new("data").join(name)), user_folder().map(|folder| folder.join(name))]
        .into_iter()
        .flatten()
        .collect()
}

/// Returns the folder of this user's datasets: `gan-tui` in `$XDG_DATA_HOME`, else in
/// `~/.local/share`.
pub fn user_folder() -> Option<PathBuf> {
    UserFolder::Data.path()
}

/// Describes in a few words what a folder without a dataset holds.
pub(super) fn describe(folder: &Path) -> String {
    let entries = match files::entries(folder) {
        Ok(entries) => entries.unwrap_or_default(),
        Err(error) => return format!("a folder that cannot be read ({})", files::reason(&error)),
    };
    // A file that cannot be examined is listed too: it may be the missing one.
    let files: Vec<PathBuf> = entries
        .iter()
        .map(|entry| entry.path())
        .filter(|path| files::is_file(path).unwrap_or(true))
        .collect();
    let ending =
        |path: &PathBuf| path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let mut endings: Vec<String> = files.iter().filter_map(ending).collect();
    endings.sort();
    endings.dedup();
    match (files.len(), endings.first()) {
        (0, _) => "no files".into(),
        (1, _) => format!("only {}", shown(Path::new(files[0].file_name().unwrap_or_default()))),
        (count, Some(ending)) => format!("{count} other files, such as .{ending}"),
        (count, None) => format!("{count} other files"),
    }
}
