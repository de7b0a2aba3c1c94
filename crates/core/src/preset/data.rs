//! The preset field `data`: its names on the command line.

use std::{convert::Infallible, fmt, str::FromStr};

pub use crate::dataset::Data;

impl Data {
    /// Returns a short description.
    pub fn about(&self) -> &'static str {
        match self {
            Self::Auto => "MNIST where it is found, else the embedded digits",
            Self::Synthetic => "60,000 digits that the program draws itself",
            Self::Folder(_) => "a folder of IDX files, or of PNG images with sub-folders as labels",
            named => named.known().map_or("", |known| known.about),
        }
    }
}

impl FromStr for Data {
    type Err = Infallible;

    /// A name of [`Data::NAMED`]; anything else is a folder.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let named = Self::NAMED.iter().find(|(name, _)| *name == text);
        Ok(named.map_or_else(|| Self::Folder(text.into()), |(_, data)| data.clone()))
    }
}

impl fmt::Display for Data {
    /// The inverse of [`Data::from_str`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Folder(path) = self {
            return path.display().fmt(f);
        }
        f.write_str(self.name().unwrap_or_default())
    }
}
