//! Datasets known by their content: MNIST, Fashion-MNIST and KMNIST share file names, so only a
//! checksum tells them apart.

use super::idx::{TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};

/// A published dataset of four gzip archives.
#[derive(Debug, PartialEq, Eq)]
pub struct Published {
    /// As `--data` takes it, and the name of its folder.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Where the archives lie, tried in this order, by HTTPS where the mirror has it; each ends in
    /// a slash. A checksum decides whatever the way.
    pub mirrors: &'static [&'static str],
    pub files: [Archive; 4],
}

/// One of a dataset's files.
#[derive(Debug, PartialEq, Eq)]
pub struct Archive {
    /// Without `.gz`.
    pub name: &'static str,
    /// MD5 of the gzip archive as it is published.
    pub md5: &'static str,
    /// SHA-256 of what it unpacks to, where it is known.
    pub sha256: Option<&'static str>,
}

/// Every dataset that can be fetched by name.
pub static PUBLISHED: [Published; 3] = [
    Published {
        name: "mnist",
        about: "handwritten digits",
        mirrors: &[
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ],
        files: archives(
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
    },
    Published {
        name: "fashion-mnist",
        about: "clothes, shoes and bags",
        mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
        files: archives(
            [
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "25c81989df183df01b3e8a0aad5dffbe",
                "bef4ecab320f06d8554ea6380940ec79",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ],
            [None; 4],
        ),
    },
    Published {
        name: "kmnist",
        about: "cursive Japanese characters",
        mirrors: &[
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ],
        files: archives(
            [
                "bdb82020997e1d708af4cf47b453dcf7",
                "e144d726b3acfaa3e44228e80efcd344",
                "5c965bf0a639b31b8f53240b1b52f4d7",
                "7320c461ea6c1c855c0b718fb2a4b134",
            ],
            [None; 4],
        ),
    },
];

/// SHA-256 of the pixels (an image file without its 16-byte header), and the name.
const PIXELS: [(&str, &str); 2] = [
    ("741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757", "mnist"),
    ("6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161", "mnist"),
];

/// The name of the dataset whose pixels have this SHA-256.
pub fn name_of_pixels(sha256: &str) -> Option<&'static str> {
    PIXELS.iter().find(|(known, _)| *known == sha256).map(|(_, name)| *name)
}

/// Whether this dataset is told by the hash of its pixels.
pub fn has_known_pixels(name: &str) -> bool {
    PIXELS.iter().any(|(_, known)| *known == name)
}

/// The name of the dataset one of whose archives has this MD5.
pub fn name_of_archive(md5: &str) -> Option<&'static str> {
    PUBLISHED.iter().find(|set| set.files.iter().any(|file| file.md5 == md5)).map(|set| set.name)
}

/// The published dataset of that name.
pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|set| set.name == name)
}

const fn archives(md5: [&'static str; 4], sha256: [Option<&'static str>; 4]) -> [Archive; 4] {
    [
        Archive { name: TRAIN_IMAGES, md5: md5[0], sha256: sha256[0] },
        Archive { name: TRAIN_LABELS, md5: md5[1], sha256: sha256[1] },
        Archive { name: TEST_IMAGES, md5: md5[2], sha256: sha256[2] },
        Archive { name: TEST_LABELS, md5: md5[3], sha256: sha256[3] },
    ]
}
