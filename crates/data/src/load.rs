//! From a preset's `data` to a dataset.

use std::{fs, path::Path, sync::Arc};

use super::{
    Dataset, DatasetRequest, InMemoryDataset,
    error::DataError,
    faces::Faces,
    formats::{
        self, FolderFormat as _,
        idx::{self, Idx},
        idx_places,
    },
    pictures, places, synthetic,
};
use gan_tui_core::{
    dataset::{Data, KnownDataset},
    event::Preparing,
    files,
    image::RGB,
    preset::HeldBack,
};

/// Loads a dataset and reports progress. [`Data::Auto`] is MNIST if it is found, else the embedded
/// digits; for a model of colour images it is the embedded faces.
///
/// # Errors
/// Returns an error of one line if there is no such dataset or its files are invalid.
pub fn load(
    request: &DatasetRequest,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Arc<dyn Dataset>, DataError> {
    let DatasetRequest { data, shape, .. } = request;
    let dataset = match (data, data.known()) {
        (Data::Faces, _) => return Ok(Arc::new(Faces::embedded(*shape, progress))),
        (Data::Auto, _) if shape.channels == RGB => {
            return Ok(Arc::new(Faces::embedded(*shape, progress)));
        }
        (Data::Folder(path), _) => load_place(path, request, progress)?,
        (_, Some(known)) => match places::find(known.name)? {
            Some(folder) => load_known(known, &folder, progress)?,
            None => {
                let (name, looked) = (known.name, places::places(known.name));
                return Err(DataError::NotFound { name, looked });
            }
        },
        (Data::Auto, None) => match (places::find_auto()?, Data::Mnist.known()) {
            (Some(folder), Some(mnist)) => load_known(mnist, &folder, progress)?,
            _ => return Ok(embedded_digits(request, progress)),
        },
        _ => return Ok(embedded_digits(request, progress)),
    };
    let is_published = !matches!(data, Data::Folder(_)) || dataset.is_published();
    Ok(Arc::new(finished(dataset, request, is_published)))
}

/// The embedded digits: drawn as they are asked for, or all at once where they are to be changed.
fn embedded_digits(
    request: &DatasetRequest,
    progress: &mut dyn FnMut(Preparing),
) -> Arc<dyn Dataset> {
    let digits = synthetic::Embedded::default();
    let held_back = request.reading.held_back.of(digits.len(), true);
    if request.shape == digits.shape() && held_back == 0 {
        return Arc::new(digits);
    }
    let drawn = synthetic::dataset(synthetic::SEED, synthetic::COUNT, progress);
    Arc::new(finished(drawn, request, true))
}

/// Returns a dataset in the shape asked for, without the images that are held back.
fn finished(
    dataset: InMemoryDataset,
    request: &DatasetRequest,
    is_published: bool,
) -> InMemoryDataset {
    let dataset = dataset.reshaped(request.shape, request.reading.fit);
    let held_back = match request.reading.reader {
        1 if request.reading.held_back == HeldBack::Auto => 0,
        _ => request.reading.held_back.of(dataset.len(), is_published),
    };
    dataset.holding_back(held_back)
}

/// Loads a published dataset from the folder it was found in; refuses the content of another one.
fn load_known(
    known: &'static KnownDataset,
    folder: &Path,
    progress: &mut dyn FnMut(Preparing),
) -> Result<InMemoryDataset, DataError> {
    // If the hash of its pixels is known, the content must have it; else only the content of
    // another published dataset can be detected.
    let unrecognised =
        if known.pixels.is_empty() { known.name } else { "images of no published dataset" };
    let dataset = Idx.load(folder, unrecognised, progress)?;
    let found = dataset.info().name;
    if found != known.name {
        return Err(DataError::OtherDataset { path: folder.into(), expected: known.name, found });
    }
    Ok(dataset)
}

/// Loads a folder, an archive or a file in whichever format it has.
fn load_place(
    path: &Path,
    request: &DatasetRequest,
    progress: &mut dyn FnMut(Preparing),
) -> Result<InMemoryDataset, DataError> {
    let Some(metadata) = files::metadata(path).map_err(DataError::io(path))? else {
        return Err(DataError::NoFolder { path: path.into() });
    };
    if request.reading.reader == 1 {
        return load_as_before(path, metadata.is_dir(), progress);
    }
    let name = name_of(path)?;
    if let Some(place) = idx_places::locate(path)? {
        return idx::load_from(&place, &name, progress);
    }
    pictures::load(path, &name, request, progress)?.ok_or_else(|| DataError::Missing {
        path: path.into(),
        expected: format!("{}, or {}", pictures::EXPECTED, Idx.expected()),
        found: places::describe(path),
    })
}

/// Loads a folder with the first version of the reader.
fn load_as_before(
    folder: &Path,
    is_folder: bool,
    progress: &mut dyn FnMut(Preparing),
) -> Result<InMemoryDataset, DataError> {
    if !is_folder {
        return Err(DataError::NotAFolder { path: folder.into() });
    }
    match formats::detect(folder)? {
        Some(format) => format.load(folder, &name_of(folder)?, progress),
        None => Err(DataError::Missing {
            path: folder.into(),
            expected: formats::expected(),
            found: places::describe(folder),
        }),
    }
}

/// Returns the last part of a full path, of a file without its extensions: the name of a dataset of
/// unknown content.
///
/// # Errors
/// Returns an error if it cannot be looked at.
fn name_of(path: &Path) -> Result<String, DataError> {
    let full = fs::canonicalize(path).map_err(DataError::io(path))?;
    let is_folder = files::is_folder(&full).map_err(DataError::io(path))?;
    let name = full.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "data".into());
    if is_folder {
        return Ok(name);
    }
    let stem = [".tar.gz", ".tgz", ".tar", ".zip", ".npz", ".npy"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .filter(|stem| !stem.is_empty());
    Ok(stem.map_or(name.clone(), str::to_owned))
}
