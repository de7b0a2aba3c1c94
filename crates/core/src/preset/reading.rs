//! The preset fields about how pictures of any kind become the images that a model learns from.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Data, Preset, PresetError, value::Unranged};

/// The newest version of the reader of folders and archives of pictures. What a version makes of
/// a picture never changes: a recorded run is resumed with the images that it began with.
pub const NEWEST_READER: u64 = 2;

/// How a picture of another size or aspect ratio is fitted to the model's images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Fit {
    /// The whole picture, centred, with bars beside or above it.
    #[default]
    Contain,
    /// The centre of the picture, cut to the aspect ratio.
    Cover,
    /// The whole picture, with its aspect ratio changed.
    Stretch,
}

/// Whether light and dark are exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Invert {
    /// For grey 28x28 images most of which have light edges: drawings on paper.
    #[default]
    Auto,
    Never,
    Always,
}

/// How many images are kept from training, to compare samples with.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum HeldBack {
    /// A tenth of a folder or an archive, at most 5,000; none of less than 2,000 images, or of a
    /// dataset in MNIST's format.
    #[default]
    Auto,
    /// A number of images.
    Images(u64),
    /// A fraction of all images.
    Fraction(f32),
}

/// How pictures are read: these fields of a preset, together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub fit: Fit,
    pub invert: Invert,
    /// Whether a single unreadable picture is an error.
    pub strict: bool,
    pub held_back: HeldBack,
    /// The reader's version, 1 to [`NEWEST_READER`].
    pub reader: u64,
}

impl Default for Reading {
    fn default() -> Self {
        Self { reader: NEWEST_READER, ..Preset::default().reading() }
    }
}

impl Preset {
    /// Returns how pictures are read. A run that was recorded without a version of the reader was
    /// read by the first.
    pub fn reading(&self) -> Reading {
        Reading {
            fit: self.fit,
            invert: self.invert,
            strict: self.strict,
            held_back: self.held_back,
            reader: self.reader.max(1),
        }
    }

    /// Returns the preset with the newest reader if it reads pictures and names none: what a new
    /// run is begun with, and records.
    pub fn with_newest_reader(self) -> Self {
        match (&self.data, self.reader) {
            (Data::Folder(_), 0) => Self { reader: NEWEST_READER, ..self },
            _ => self,
        }
    }
}

impl HeldBack {
    /// Returns how many of `count` images are held back; `is_published` says that they are a
    /// dataset in MNIST's format, or embedded. At least one is always left to learn from.
    pub fn of(self, count: usize, is_published: bool) -> usize {
        const FEWEST: usize = 2_000;
        const MOST: usize = 5_000;
        let wanted = match self {
            Self::Auto if is_published || count < FEWEST => 0,
            Self::Auto => (count / 10).min(MOST),
            Self::Images(images) => usize::try_from(images).unwrap_or(usize::MAX),
            Self::Fraction(fraction) => (f64::from(fraction) * count as f64).round() as usize,
        };
        wanted.min(count.saturating_sub(1))
    }

    fn is_valid(self) -> bool {
        !matches!(self, Self::Fraction(fraction) if !(0.0..1.0).contains(&fraction))
    }
}

macro_rules! named {
    ($type:ident: $($name:literal => $variant:ident),+) => {
        impl Unranged for $type {
            fn alternatives() -> Vec<String> {
                [$(Self::$variant),+].map(|value| value.to_ron()).into()
            }

            fn to_ron(&self) -> String {
                format!("{self:?}")
            }
        }

        impl $type {
            /// The values as the command line takes them.
            pub const NAMED: &[(&'static str, Self)] = &[$(($name, Self::$variant)),+];
        }
    };
}

named!(Fit: "contain" => Contain, "cover" => Cover, "stretch" => Stretch);
named!(Invert: "auto" => Auto, "never" => Never, "always" => Always);

impl Unranged for HeldBack {
    fn alternatives() -> Vec<String> {
        ["Auto", "Images(number)", "Fraction(from 0 to less than 1)"].map(String::from).into()
    }

    fn to_ron(&self) -> String {
        match self {
            Self::Auto => "Auto".into(),
            Self::Images(images) => format!("Images({images})"),
            Self::Fraction(fraction) => format!("Fraction({fraction:?})"),
        }
    }

    fn check(&self, field: &str) -> Result<(), PresetError> {
        PresetError::unless(self.is_valid(), field, HELD_BACK, self.to_ron())
    }
}

const HELD_BACK: &str = "`auto`, a whole number of images, or a fraction from 0 to less than 1";

impl FromStr for HeldBack {
    type Err = String;

    /// `auto`, a number of images, or a fraction such as `0.1` or `10%`.
    fn from_str(text: &str) -> Result<Self, String> {
        let fraction = || match text.strip_suffix('%') {
            Some(percent) => percent.parse::<f32>().map(|percent| percent / 100.0),
            None => text.parse(),
        };
        let parsed = match (text, text.parse::<u64>()) {
            ("auto", _) => Some(Self::Auto),
            (_, Ok(images)) => Some(Self::Images(images)),
            _ => fraction().ok().map(Self::Fraction),
        };
        parsed.filter(|value| value.is_valid()).ok_or_else(|| format!("expected {HELD_BACK}"))
    }
}

impl fmt::Display for HeldBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Images(images) => images.fmt(f),
            Self::Fraction(fraction) => fraction.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tenth_is_held_back_of_many_pictures_and_nothing_of_few_or_published_ones() {
        let auto = |count, published| HeldBack::Auto.of(count, published);
        assert_eq!(
            [1_999, 2_000, 30_000, 90_000].map(|count| auto(count, false)),
            [0, 200, 3_000, 5_000]
        );
        assert_eq!(auto(60_000, true), 0);
        assert_eq!(HeldBack::Images(7).of(100, true), 7);
        assert_eq!(HeldBack::Images(100).of(100, false), 99, "one is left to learn from");
        assert_eq!(HeldBack::Fraction(0.25).of(100, false), 25);
    }

    #[test]
    fn held_back_is_read_from_the_command_line() {
        let read = |text: &str| text.parse::<HeldBack>();
        assert_eq!(read("auto"), Ok(HeldBack::Auto));
        assert_eq!(read("300"), Ok(HeldBack::Images(300)));
        assert_eq!(read("0.1"), Ok(HeldBack::Fraction(0.1)));
        assert_eq!(read("10%"), Ok(HeldBack::Fraction(0.1)));
        for wrong in ["", "x", "-1", "1.0", "100%", "NaN", "inf"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_new_run_on_pictures_gets_the_newest_reader() {
        let folder = Preset { data: Data::Folder("x".into()), ..Preset::default() };
        assert_eq!(folder.reading().reader, 1, "as it was before readers had versions");
        assert!(!folder.recorded().contains("reader"));
        let new = folder.clone().with_newest_reader();
        assert_eq!(new.reader, NEWEST_READER);
        assert!(new.recorded().contains("\"reader\":2"));
        let first = Preset { reader: 1, ..folder }.with_newest_reader();
        assert_eq!(first.reader, 1, "one that is named is kept");
        assert_eq!(Preset::default().with_newest_reader(), Preset::default());
    }
}
