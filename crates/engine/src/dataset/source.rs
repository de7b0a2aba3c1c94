//! From a preset's `data` to a dataset: where each kind is looked for, and how its content is
//! known.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use md5::{Digest, Md5};

use super::{
    Dataset,
    error::DataError,
    idx::{self, TRAIN_IMAGES, TRAIN_LABELS},
    known,
    memory::Memory,
    pictures, synthetic,
};
use gan_tui_core::{
    event::Preparing,
    files::{self, UserFolder},
    preset::Data,
    text::hex,
};

/// Loads a dataset, telling how far it is. [`Data::Auto`] is MNIST where it is found, else the
/// embedded digits.
///
/// # Errors
/// Where there is no such dataset or its files are not what they should be, in one line.
pub fn load(
    data: &Data,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Arc<dyn Dataset>, DataError> {
    let named = |name: &'static str, progress: &mut dyn FnMut(Preparing)| match find(name)? {
        Some(folder) => published(name, &folder, progress),
        None => Err(DataError::NotFound { name, looked: places(name) }),
    };
    let dataset = match data {
        Data::Auto => match find_auto()? {
            Some(folder) => published("mnist", &folder, progress)?,
            None => synthetic::dataset(synthetic::SEED, synthetic::COUNT, progress),
        },
        Data::Synthetic => synthetic::dataset(synthetic::SEED, synthetic::COUNT, progress),
        Data::Mnist => named("mnist", progress)?,
        Data::FashionMnist => named("fashion-mnist", progress)?,
        Data::Kmnist => named("kmnist", progress)?,
        Data::Folder(folder) => from_folder(folder, progress)?,
    };
    Ok(Arc::new(dataset))
}

/// The folder that holds the images of a published dataset: the first of [`places`] that does.
///
/// # Errors
/// Returns an error if that cannot be told of one of them.
pub fn find(name: &str) -> Result<Option<PathBuf>, DataError> {
    for folder in places(name) {
        if idx::find(&folder, TRAIN_IMAGES)?.is_some() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// MNIST's folder for [`Data::Auto`]; `None` where the embedded digits are to be taken.
///
/// # Errors
/// As [`find`], and if there is a folder for MNIST without its images: whoever made it does not
/// mean the embedded digits.
pub fn find_auto() -> Result<Option<PathBuf>, DataError> {
    if let Some(folder) = find("mnist")? {
        return Ok(Some(folder));
    }
    for folder in places("mnist") {
        if files::exists(&folder).map_err(DataError::io(&folder))? {
            let found = what_is_in(&folder);
            return Err(DataError::Incomplete { path: folder, found });
        }
    }
    Ok(None)
}

/// Where a published dataset is looked for: `data/NAME`, then the user's data folder.
pub fn places(name: &str) -> Vec<PathBuf> {
    [Some(Path::new("data").join(name)), user_folder().map(|folder| folder.join(name))]
        .into_iter()
        .flatten()
        .collect()
}

/// Where this user's datasets are kept: `gan-tui` in `$XDG_DATA_HOME`, else in `~/.local/share`.
pub fn user_folder() -> Option<PathBuf> {
    UserFolder::Data.path()
}

/// A published dataset from the folder it was found in; another one's content is refused.
fn published(
    name: &'static str,
    folder: &Path,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Memory, DataError> {
    const UNKNOWN: &str = "images of no published dataset";
    // Where the hash of its pixels is known, nothing else is taken for it; else another's content
    // is all that can be told.
    let otherwise = if known::has_known_pixels(name) { UNKNOWN } else { name };
    let dataset = from_idx(folder, otherwise, progress)?;
    let found = dataset.info().name;
    if found != name {
        return Err(DataError::OtherDataset { path: folder.into(), expected: name, found });
    }
    Ok(dataset)
}

/// A folder of IDX files, or of PNG images.
fn from_folder(folder: &Path, progress: &mut dyn FnMut(Preparing)) -> Result<Memory, DataError> {
    match files::metadata(folder).map_err(DataError::io(folder))? {
        None => return Err(DataError::NoFolder { path: folder.into() }),
        Some(metadata) if !metadata.is_dir() => {
            return Err(DataError::NotAFolder { path: folder.into() });
        }
        Some(_) => {}
    }
    let name = name_of_folder(folder);
    if idx::find(folder, TRAIN_IMAGES)?.is_some() {
        return from_idx(folder, &name, progress);
    }
    match pictures::read(folder, progress)? {
        Some(read) => Ok(Memory::new(&name, read.pixels, read.labels)),
        None => Err(DataError::Missing {
            path: folder.into(),
            expected: format!("{TRAIN_IMAGES}, {TRAIN_IMAGES}.gz or PNG images"),
            found: what_is_in(folder),
        }),
    }
}

/// What a folder without a dataset holds, in a few words.
fn what_is_in(folder: &Path) -> String {
    let entries = match files::entries(folder) {
        Ok(entries) => entries.unwrap_or_default(),
        Err(error) => return format!("a folder that cannot be read ({})", files::reason(&error)),
    };
    // What cannot be looked at is named too: it may be what is missed.
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
        (1, _) => format!("only {}", files[0].file_name().unwrap_or_default().to_string_lossy()),
        (count, Some(ending)) => format!("{count} other files, such as .{ending}"),
        (count, None) => format!("{count} other files"),
    }
}

/// The training part of a folder of IDX files, named after its content where that is known.
fn from_idx(
    folder: &Path,
    name: &str,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Memory, DataError> {
    progress(Preparing { what: format!("reading {}", folder.display()), done: 0, total: 0 });
    let read = idx::read(folder, TRAIN_IMAGES, TRAIN_LABELS)?;
    let dataset = Memory::new(name, read.pixels, read.labels);
    if known::name_of_pixels(&dataset.info().sha256).is_some() {
        return Ok(dataset);
    }
    Ok(match known::name_of_archive(&md5_of(&read.path)?) {
        Some(known) => dataset.renamed(known),
        None => dataset,
    })
}

/// MD5 of a file, in hexadecimal.
///
/// # Errors
/// Where it cannot be read.
pub fn md5_of(path: &Path) -> Result<String, DataError> {
    fs::File::open(path).and_then(md5).map_err(DataError::io(path))
}

/// MD5 of all that a reader gives, in hexadecimal.
pub(super) fn md5(mut file: impl Read) -> std::io::Result<String> {
    let mut hash = Md5::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&block[..read]),
        }
    }
}

/// The last part of a folder's full path: what a dataset of unknown content is called.
fn name_of_folder(folder: &Path) -> String {
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned())
}
