//! From a preset's `data` to a dataset.

use std::{fs, path::Path, sync::Arc};

use super::{
    Dataset, InMemoryDataset,
    error::DataError,
    faces::{self, Faces},
    formats::{self, FolderFormat as _, idx::Idx},
    places, synthetic,
};
use gan_tui_core::{
    dataset::{Data, KnownDataset},
    event::Preparing,
    files,
    image::{ImageShape, RGB},
    preset::{MNIST_SHAPE, Preset},
};

/// Which images to load, and of which shape.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetRequest {
    pub data: Data,
    /// The shape that every image is converted to.
    pub shape: ImageShape,
}

impl DatasetRequest {
    /// Asks for the images that a preset names, in the shape of its model's.
    pub fn of(preset: &Preset) -> Self {
        Self { data: preset.data.clone(), shape: preset.model.image() }
    }

    /// Asks for images of MNIST's shape.
    pub fn grey(data: Data) -> Self {
        Self { data, shape: MNIST_SHAPE }
    }

    /// Asks for images in the shape in which they are looked at where no model decides: the
    /// embedded faces in colour, everything else as MNIST's.
    pub fn plain(data: Data) -> Self {
        let shape = if data == Data::Faces { faces::SHAPE } else { MNIST_SHAPE };
        Self { data, shape }
    }
}

/// Loads a dataset and reports progress. [`Data::Auto`] is MNIST if it is found, else the embedded
/// digits; for a model of colour images it is the embedded faces.
///
/// # Errors
/// Returns an error of one line if there is no such dataset or its files are invalid.
pub fn load(
    request: &DatasetRequest,
    progress: &mut dyn FnMut(Preparing),
) -> Result<Arc<dyn Dataset>, DataError> {
    let DatasetRequest { data, shape } = request;
    let dataset = match (data, data.known()) {
        (Data::Faces, _) => return Ok(Arc::new(Faces::embedded(*shape, progress))),
        (Data::Auto, _) if shape.channels == RGB => {
            return Ok(Arc::new(Faces::embedded(*shape, progress)));
        }
        (Data::Folder(folder), _) => load_folder(folder, progress)?,
        (_, Some(known)) => match places::find(known.name)? {
            Some(folder) => load_known(known, &folder, progress)?,
            None => {
                let (name, looked) = (known.name, places::places(known.name));
                return Err(DataError::NotFound { name, looked });
            }
        },
        (Data::Auto, None) => match (places::find_auto()?, Data::Mnist.known()) {
            (Some(folder), Some(mnist)) => load_known(mnist, &folder, progress)?,
            _ => synthetic::dataset(synthetic::SEED, synthetic::COUNT, progress),
        },
        _ => synthetic::dataset(synthetic::SEED, synthetic::COUNT, progress),
    };
    Ok(Arc::new(dataset))
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

/// Loads a folder in whichever format it has.
fn load_folder(
    folder: &Path,
    progress: &mut dyn FnMut(Preparing),
) -> Result<InMemoryDataset, DataError> {
    match files::metadata(folder).map_err(DataError::io(folder))? {
        None => return Err(DataError::NoFolder { path: folder.into() }),
        Some(metadata) if !metadata.is_dir() => {
            return Err(DataError::NotAFolder { path: folder.into() });
        }
        Some(_) => {}
    }
    match formats::detect(folder)? {
        Some(format) => format.load(folder, &name_of_folder(folder), progress),
        None => Err(DataError::Missing {
            path: folder.into(),
            expected: formats::expected(),
            found: places::describe(folder),
        }),
    }
}

/// Returns the last part of a folder's full path, which names a dataset of unknown content.
fn name_of_folder(folder: &Path) -> String {
    let full = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    full.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned())
}
