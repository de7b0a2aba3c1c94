//! What kind of pictures data are, before all of them are read.

use crate::{
    DataError, DatasetRequest, PictureKind, faces,
    formats::{
        idx::{self, IdxPlace},
        idx_places,
    },
    pictures, places,
};
use gan_tui_core::{
    dataset::Data,
    preset::{MNIST_SHAPE, Model},
};

/// Returns what kind of pictures the data are; of a folder or an archive a few are looked at.
///
/// # Errors
/// Returns an error if they cannot be read.
pub fn kind(data: &Data) -> Result<PictureKind, DataError> {
    let digits = |classes| PictureKind {
        is_colour: false,
        classes,
        size: (MNIST_SHAPE.width, MNIST_SHAPE.height),
        looked_at: 1,
    };
    let place = match (data, data.known()) {
        (Data::Faces, _) => {
            let size = (faces::SHAPE.width, faces::SHAPE.height);
            let classes = Some(gan_tui_drawings::faces::classes().len());
            return Ok(PictureKind { is_colour: true, classes, size, looked_at: 1 });
        }
        (Data::Folder(path), _) => match idx_places::locate(path)? {
            None => return pictures::peek(path),
            place => place,
        },
        (Data::Auto, _) => places::find_auto()?.map(IdxPlace::without_prefix),
        (_, Some(known)) => places::find(known.name)?.map(IdxPlace::without_prefix),
        (_, None) => None,
    };
    // Without files it is the embedded digits, or an error of what loads it.
    let Some(place) = place else { return Ok(digits(Some(10))) };
    let labels = idx::find(&place.folder, &format!("{}{}", place.prefix, idx::TRAIN_LABELS))?;
    Ok(digits(labels.map(|path| idx::classes(&path)).transpose()?))
}

/// Returns whether the data are pictures, of which the version of the reader decides each pixel;
/// IDX files are read alike by all versions.
///
/// # Errors
/// Returns an error if they cannot be looked at.
pub fn are_pictures(data: &Data) -> Result<bool, DataError> {
    match data {
        Data::Folder(path) => Ok(idx_places::locate(path)?.is_none()),
        _ => Ok(false),
    }
}

/// Asks for images in the shape of the model that fits the data: pictures in colour as Colour32
/// takes them.
///
/// # Errors
/// As [`kind`].
pub fn fitting(data: Data) -> Result<DatasetRequest, DataError> {
    let is_colour = matches!(data, Data::Folder(_)) && kind(&data)?.is_colour;
    let plain = DatasetRequest::plain(data);
    Ok(match is_colour {
        true => DatasetRequest { shape: Model::Colour32.image(), ..plain },
        false => plain,
    })
}
