//! What kind of pictures data are, before all of them are read.

use crate::{
    DataError, DatasetRequest, PictureKind, faces,
    formats::{idx, idx_places},
    pictures,
};
use gan_tui_core::{
    dataset::Data,
    files,
    image::ImageShape,
    preset::{MNIST_SHAPE, Model},
};

/// Returns what kind of pictures the data are; of a folder or an archive a few are looked at.
///
/// # Errors
/// Returns an error if they cannot be read.
pub fn kind(data: &Data) -> Result<PictureKind, DataError> {
    let Data::Folder(path) = data else {
        let is_colour = *data == Data::Faces;
        let shape = if is_colour { faces::SHAPE } else { MNIST_SHAPE };
        return Ok(of(shape, is_colour, true));
    };
    if files::is_folder(path).map_err(DataError::io(path))?
        && let Some(place) = idx_places::locate(path)?
    {
        let labels = format!("{}{}", place.prefix, idx::TRAIN_LABELS);
        let has_labels = idx::find(&place.folder, &labels)?.is_some();
        return Ok(of(MNIST_SHAPE, false, has_labels));
    }
    pictures::peek(path)
}

fn of(shape: ImageShape, is_colour: bool, has_labels: bool) -> PictureKind {
    PictureKind { is_colour, has_labels, size: (shape.width, shape.height), looked_at: 1 }
}

/// Returns whether the data are pictures, of which the version of the reader decides each pixel;
/// IDX files are read alike by all versions. What cannot be looked at counts as pictures: the error
/// comes from what reads it.
pub fn are_pictures(data: &Data) -> bool {
    let Data::Folder(path) = data else { return false };
    let has_idx = files::is_folder(path)
        .map_err(DataError::io(path))
        .and_then(|is_folder| Ok(is_folder && idx_places::locate(path)?.is_some()));
    !has_idx.unwrap_or(false)
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
