//! The file formats, told by the ending of a file's name.

use std::{fmt, path::Path};

use super::ExportError;

/// What an image or a run can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An animation.
    Gif,
    /// A grid of grey pictures.
    Png,
    /// The pictures as uint8 (n, height, width), for NumPy.
    Npy,
    /// Block characters without colours.
    Text,
    /// Block characters with the escape sequences of a terminal.
    Ansi,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Gif, Self::Png, Self::Npy, Self::Text, Self::Ansi];

    /// The format that a file's name asks for.
    ///
    /// # Errors
    /// Where the ending is none of [`Format::ALL`].
    pub fn from_path(path: &Path) -> Result<Self, ExportError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let found = Self::ALL.into_iter().find(|format| ending.as_deref() == Some(format.ending()));
        found.ok_or_else(|| ExportError::Ending { path: path.to_path_buf(), expected: Self::endings(&Self::ALL) })
    }

    /// The ending, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Png => "png",
            Self::Npy => "npy",
            Self::Text => "txt",
            Self::Ansi => "ans",
        }
    }

    fn endings(formats: &[Self]) -> String {
        let endings: Vec<String> = formats.iter().map(|format| format!(".{}", format.ending())).collect();
        match endings.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gif => "GIF",
            Self::Png => "PNG",
            Self::Npy => "NumPy array",
            Self::Text => "text",
            Self::Ansi => "ANSI text",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_ending_picks_the_format() {
        for format in Format::ALL {
            assert_eq!(Format::from_path(Path::new(&format!("a.b/x.{}", format.ending()))).unwrap(), format);
        }
        assert_eq!(Format::from_path(Path::new("X.GIF")).unwrap(), Format::Gif);
        let error = Format::from_path(Path::new("x.jpeg")).unwrap_err().to_string();
        assert_eq!(error, "x.jpeg: expected a name that ends in .gif, .png, .npy, .txt or .ans");
        assert!(Format::from_path(Path::new("gif")).is_err());
    }
}
