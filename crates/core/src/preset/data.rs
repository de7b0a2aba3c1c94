//! The preset field `data`: its names on the command line.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use super::{
    error::PresetError,
    value::{Unranged, quoted},
};
pub use crate::dataset::Data;

impl Data {
    /// Returns a short description.
    pub fn about(&self) -> &'static str {
        match self {
            Self::Auto => {
                "MNIST where it is found, else the embedded digits; in colour the embedded faces"
            }
            Self::Synthetic => "60,000 digits that the program draws itself",
            Self::Faces => "60,000 faces in colour that the program draws itself",
            Self::Folder(_) => {
                "a folder of images (sub-folders are classes) or of IDX files, a zip or tar archive, a NumPy file"
            }
            named => named.known().map_or("", |known| known.about),
        }
    }
}

impl Data {
    /// Returns the data with only the name of a folder.
    pub(super) fn without_location(&self) -> Self {
        match self {
            Self::Folder(path) => {
                Self::Folder(path.file_name().map_or_else(PathBuf::new, PathBuf::from))
            }
            named => named.clone(),
        }
    }
}

impl Unranged for Data {
    fn alternatives() -> Vec<String> {
        let named = Self::NAMED.iter().map(|(_, data)| format!("{data:?}"));
        named.chain(["Folder(\"path\")".into()]).collect()
    }

    fn to_ron(&self) -> String {
        match self {
            Self::Folder(path) => format!("Folder({})", quoted(&path.to_string_lossy())),
            named => format!("{named:?}"),
        }
    }

    /// A preset is text, so the path of a folder must be.
    fn check(&self, field: &str) -> Result<(), PresetError> {
        let Self::Folder(path) = self else { return Ok(()) };
        let is_text = path.to_str().is_some_and(|text| !text.is_empty());
        let expected = "a folder whose path is not empty and is UTF-8";
        PresetError::unless(is_text, field, expected, format!("{path:?}"))
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
            return f.write_str(&path.to_string_lossy());
        }
        f.write_str(self.name().unwrap_or_default())
    }
}
