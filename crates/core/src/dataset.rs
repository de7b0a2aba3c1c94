//! Where images can come from. Every published dataset has one row in this file; its name in
//! presets and on the command line, `data list` and `data fetch` follow from the row.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A published dataset in MNIST's format: four gzip archives.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownDataset {
    /// The name that `--data` takes, and that of its folder.
    pub name: &'static str,
    /// A short description.
    pub about: &'static str,
    /// Folders of the archives, tried in this order; each ends in a slash. Plain HTTP is used only
    /// if the mirror has no HTTPS: the checksums decide in any case.
    pub mirrors: &'static [&'static str],
    pub files: [KnownFile; 4],
    /// SHA-256 of the pixels of the training and the test images, which is the image file without
    /// its 16-byte header; empty if they are not known.
    pub pixels: &'static [&'static str],
}

/// One of the files of a published dataset.
#[derive(Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Without `.gz`.
    pub name: &'static str,
    /// MD5 of the gzip archive as published.
    pub md5: &'static str,
    /// SHA-256 of the unpacked content, if it is known.
    pub sha256: Option<&'static str>,
}

/// The images of a dataset's training part.
pub const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
/// The labels of the training part.
pub const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
/// The images of a dataset's test part.
pub const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
/// The labels of the test part.
pub const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// Declares [`Data`] and [`KNOWN`]: a variant and a row for each published dataset.
macro_rules! known_datasets {
    ($($variant:ident => $row:expr;)*) => {
        /// Where the images come from.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Data {
            /// MNIST if it is found, else the embedded digits; for colour images the embedded faces.
            Auto,
            /// The embedded digits.
            Synthetic,
            /// The embedded faces.
            Faces,
            $($variant,)*
            /// A folder of images or IDX files, an archive of images or a NumPy file.
            Folder(PathBuf),
        }

        /// Every published dataset, in the order in which they are listed.
        pub static KNOWN: &[KnownDataset] = &[$($row),*];

        impl Data {
            /// The values with a name, as `--data` takes it.
            pub const NAMED: &[(&'static str, Self)] = &[
                ("auto", Self::Auto),
                ("synthetic", Self::Synthetic),
                ("faces", Self::Faces),
                $((const { $row.name }, Self::$variant),)*
            ];
        }
    };
}

known_datasets! {
    Mnist => KnownDataset {
        name: "mnist",
        about: "handwritten digits",
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        files: files(
            [
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "d53e105ee54ea40749a09fcbcd1e9432",
                "9fb629c4189551a2d022fa330f9573f3",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ],
            [
                Some("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
                Some("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
                Some("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
                Some("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
            ],
        ),
        pixels: &[
            "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        ],
    };
    FashionMnist => KnownDataset {
        name: "fashion-mnist",
        about: "clothes, shoes and bags",
        mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
        files: files(
            [
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ],
            [None; 4],
        ),
        pixels: &[],
    };
    Kmnist => KnownDataset {
        name: "kmnist",
        about: "cursive Japanese characters",
        mirrors: &[
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ],
        files: files(
            [
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            ],
            [None; 4],
        ),
        pixels: &[],
    };
}

/// The rows of a dataset's four files.
const fn files(md5: [&'static str; 4], sha256: [Option<&'static str>; 4]) -> [KnownFile; 4] {
    [
        KnownFile { name: TRAIN_IMAGES, md5: md5[0], sha256: sha256[0] },
        KnownFile { name: TRAIN_LABELS, md5: md5[1], sha256: sha256[1] },
        KnownFile { name: TEST_IMAGES, md5: md5[2], sha256: sha256[2] },
        KnownFile { name: TEST_LABELS, md5: md5[3], sha256: sha256[3] },
    ]
}

impl KnownDataset {
    /// Returns the published dataset of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }

    /// Returns the published dataset whose training or test images have this SHA-256.
    pub fn of_pixels(sha256: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.pixels.contains(&sha256))
    }

    /// Returns the published dataset one of whose archives has this MD5.
    pub fn of_archive(md5: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.files.iter().any(|file| file.md5 == md5))
    }
}

impl Data {
    /// Returns the name that `--data` takes; `None` for a folder.
    pub fn name(&self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, data)| data == self).map(|(name, _)| *name)
    }

    /// Returns the row of a published dataset.
    pub fn known(&self) -> Option<&'static KnownDataset> {
        self.name().and_then(KnownDataset::named)
    }

    /// Returns all names, for help and messages: `auto, synthetic, faces, mnist, ...`.
    pub fn names() -> String {
        Self::NAMED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
