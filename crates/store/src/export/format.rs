//! The file formats, told by the ending of a file's name.

use std::{fmt, path::Path};

use super::ExportError;

/// What an image, a run or its metrics can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// An animation.
    Gif,
    /// An animation as PNG.
    Apng,
    /// A grid of grey pictures.
    Png,
    /// The same as a drawing that scales to any size.
    Svg,
    /// The pictures as uint8 (n, height, width), for NumPy.
    Npy,
    /// Block characters without colours.
    Text,
    /// Block characters with the escape sequences of a terminal.
    Ansi,
    /// A recording of a terminal that shows the animation (asciicast, version 2).
    Asciicast,
    /// Metrics, a row for each iteration.
    Csv,
}

impl Format {
    /// Every format, which are all that a run can be exported as.
    pub const ALL: [Self; 9] = [
        Self::Gif,
        Self::Apng,
        Self::Png,
        Self::Svg,
        Self::Npy,
        Self::Text,
        Self::Ansi,
        Self::Asciicast,
        Self::Csv,
    ];
    /// What a stack of pictures can be written as.
    pub const PICTURES: [Self; 7] =
        [Self::Gif, Self::Apng, Self::Png, Self::Svg, Self::Npy, Self::Text, Self::Ansi];
    /// What shows one picture after another.
    pub const ANIMATED: [Self; 3] = [Self::Gif, Self::Apng, Self::Asciicast];
    /// What holds drawings: contact sheets and charts.
    pub const DRAWN: [Self; 2] = [Self::Png, Self::Svg];
    /// What is made of pixels that can be enlarged.
    pub const SCALED: [Self; 4] = [Self::Gif, Self::Apng, Self::Png, Self::Svg];

    /// The format that a file's name asks for.
    ///
    /// # Errors
    /// Where the ending is none of [`Format::ALL`].
    pub fn from_path(path: &Path) -> Result<Self, ExportError> {
        Self::among(path, &Self::ALL)
    }

    /// The format of some that a file's name asks for.
    ///
    /// # Errors
    /// Where the ending is none of theirs.
    pub fn among(path: &Path, formats: &[Self]) -> Result<Self, ExportError> {
        let ending =
            path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let found = formats.iter().find(|format| ending.as_deref() == Some(format.ending()));
        found.copied().ok_or_else(|| ExportError::Ending {
            path: path.to_path_buf(),
            expected: Self::endings(formats),
        })
    }

    /// The ending, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Npy => "npy",
            Self::Text => "txt",
            Self::Ansi => "ans",
            Self::Asciicast => "cast",
            Self::Csv => "csv",
        }
    }

    /// `.gif, .png or .txt`.
    pub fn endings(formats: &[Self]) -> String {
        let endings: Vec<String> =
            formats.iter().map(|format| format!(".{}", format.ending())).collect();
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
            Self::Apng => "APNG",
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Npy => "NumPy array",
            Self::Text => "text",
            Self::Ansi => "ANSI text",
            Self::Asciicast => "asciicast",
            Self::Csv => "CSV",
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
            assert_eq!(
                Format::from_path(Path::new(&format!("a.b/x.{}", format.ending()))).unwrap(),
                format
            );
        }
        assert_eq!(Format::from_path(Path::new("X.GIF")).unwrap(), Format::Gif);
        let error = Format::from_path(Path::new("x.jpeg")).unwrap_err().to_string();
        assert_eq!(
            error,
            "x.jpeg: expected a name that ends in .gif, .apng, .png, .svg, .npy, .txt, .ans, .cast or .csv"
        );
        assert!(Format::from_path(Path::new("gif")).is_err());
        let error = Format::among(Path::new("x.gif"), &Format::DRAWN).unwrap_err().to_string();
        assert_eq!(error, "x.gif: expected a name that ends in .png or .svg");
    }
}
