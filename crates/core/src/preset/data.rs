//! Where the images come from.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    error::PresetError,
    value::{Unranged, quoted},
};

/// Where the images come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Data {
    /// MNIST where it is found, else the embedded digits.
    Auto,
    /// The embedded digits.
    Synthetic,
    Mnist,
    FashionMnist,
    Kmnist,
    /// A folder of IDX files or PNG images.
    Folder(PathBuf),
}

impl Data {
    /// Those with a name, as `--data` takes it.
    pub const NAMED: [(&str, Data); 5] = [
        ("auto", Self::Auto),
        ("synthetic", Self::Synthetic),
        ("mnist", Self::Mnist),
        ("fashion-mnist", Self::FashionMnist),
        ("kmnist", Self::Kmnist),
    ];

    /// What it is, in a few words.
    pub fn about(&self) -> &'static str {
        match self {
            Self::Auto => "MNIST where it is found, else the embedded digits",
            Self::Synthetic => "60,000 digits that the program draws itself",
            Self::Mnist => "handwritten digits",
            Self::FashionMnist => "clothes, shoes and bags",
            Self::Kmnist => "cursive Japanese characters",
            Self::Folder(_) => "a folder of IDX files, or of PNG images with sub-folders as labels",
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
        let named = Self::NAMED.into_iter().find(|(name, _)| *name == text);
        Ok(named.map_or_else(|| Self::Folder(text.into()), |(_, data)| data))
    }
}

impl fmt::Display for Data {
    /// The inverse of [`Data::from_str`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Folder(path) = self {
            return path.display().fmt(f);
        }
        let named = Self::NAMED.iter().find(|(_, data)| data == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}
