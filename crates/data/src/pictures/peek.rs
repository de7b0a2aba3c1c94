//! What kind of pictures a place holds, from a few of them.

use std::{collections::BTreeMap, path::Path};

use super::{
    arrange, arrays,
    container::{self, Container},
    decode::{self, White},
    folder,
    source::{Content, Source},
};
use crate::DataError;
use gan_tui_core::image::{Image, ImageShape, RGB};

/// Pictures that are looked at.
const FEW: usize = 32;
/// A pixel whose channels differ by more than this has a colour.
const CHROMA: u8 = 24;

/// What kind of pictures a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureKind {
    /// Whether most of those looked at have colours.
    pub is_colour: bool,
    /// How many classes they are labelled with; none if they have no labels.
    pub classes: Option<usize>,
    /// Width and height of most of those looked at.
    pub size: (usize, usize),
    /// How many were looked at; none if there are none that can be read.
    pub looked_at: usize,
}

impl PictureKind {
    /// Returns the shape of images that takes the pictures as they are.
    pub fn shape(&self) -> ImageShape {
        let (width, height) = self.size;
        ImageShape { height, width, channels: if self.is_colour { RGB } else { 1 } }
    }
}

/// Looks at a few pictures of a folder, an archive or a NumPy file, spread over all of them.
///
/// # Errors
/// Returns an error if the place cannot be read.
pub(crate) fn peek(path: &Path) -> Result<PictureKind, DataError> {
    match container::open(path)? {
        Container::Files(mut source) => peek_files(path, &mut *source),
        Container::Array(mut file) => {
            let shape = arrays::shape_of(path, &mut file)?;
            Ok(of_array(shape, None))
        }
        Container::Arrays(mut zip) => {
            let (shape, classes) = arrays::kind_of_npz(path, &mut zip)?;
            Ok(of_array(shape, classes))
        }
    }
}

fn of_array(shape: ImageShape, classes: Option<usize>) -> PictureKind {
    let is_colour = shape.channels == RGB;
    PictureKind { is_colour, classes, size: (shape.width, shape.height), looked_at: 1 }
}

fn peek_files(path: &Path, source: &mut dyn Source) -> Result<PictureKind, DataError> {
    let mut listing = source.list()?;
    let arranged = arrange::arranged(path, &mut listing)?;
    let count = arranged.files.len();
    let mut wanted: Vec<(usize, usize)> = (0..count.min(FEW))
        .map(|place| arranged.files[place * count / count.min(FEW)].id)
        .map(|id| (id, id))
        .collect();
    wanted.sort_unstable();
    let (mut looked_at, mut colour) = (0, 0);
    let mut sizes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    source.read(&wanted, &mut |_, content| {
        let bytes = content.and_then(|content| match content {
            Content::Bytes(bytes) => Ok(bytes),
            Content::File(path) => folder::read(&path),
        });
        let decoded = bytes.and_then(|bytes| decode::decode(&bytes, RGB, White::default()));
        // What reads all of them has the reasons of those that cannot be read.
        if let Ok(decoded) = decoded {
            looked_at += 1;
            *sizes.entry((decoded.image.width, decoded.image.height)).or_default() += 1;
            colour += usize::from(has_colour(&decoded.image));
        }
        Ok(())
    })?;
    let size = sizes.into_iter().max_by_key(|(_, count)| *count).map_or((0, 0), |(size, _)| size);
    let classes = arranged.labels.map(|labels| labels.classes.len());
    Ok(PictureKind { is_colour: 2 * colour > looked_at, classes, size, looked_at })
}

fn has_colour(image: &Image) -> bool {
    let chroma = |pixel: &[u8]| {
        let (low, high) = (pixel.iter().min(), pixel.iter().max());
        high.zip(low).is_some_and(|(high, low)| high - low > CHROMA)
    };
    image.pixels.chunks_exact(RGB).any(chroma)
}
