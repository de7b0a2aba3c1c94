//! What can be wrong with a dataset, in one line.

use std::path::{Path, PathBuf};

use gan_tui_core::{
    dataset::Data,
    files::reason,
    text::{quoted, shown},
};

/// Why a dataset cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("{}: {}", shown(path), reason(source))]
    Io { path: PathBuf, source: std::io::Error },

    #[error(
        "{}: no such folder; expected {}, or a folder with IDX files or PNG images",
        shown(path),
        Data::names()
    )]
    NoFolder { path: PathBuf },

    #[error("{}: is a file; expected its folder", shown(path))]
    NotAFolder { path: PathBuf },

    #[error("{}: expected {expected}, found {found}", shown(path))]
    Missing { path: PathBuf, expected: String, found: String },

    /// A field of the file has an unexpected value.
    #[error("{}: {field}: expected {expected}, found {found}", shown(path))]
    Invalid { path: PathBuf, field: &'static str, expected: String, found: String },

    #[error(
        "{}: content: expected a plain IDX file, found a gzip stream; rename it to {}.gz",
        shown(path),
        name(path)
    )]
    GzipNamedPlain { path: PathBuf },

    #[error("{}: damaged gzip stream: {reason}", shown(path))]
    Gzip { path: PathBuf, reason: String },

    #[error(
        "{name} not found in {}; download it with `gan-tui data fetch {name}` or use --data DIR",
        listed(looked)
    )]
    NotFound { name: &'static str, looked: Vec<PathBuf> },

    #[error(
        "{}: expected MNIST's train-images-idx3-ubyte or train-images-idx3-ubyte.gz, found {found}; \
         complete it with `gan-tui data fetch mnist --to {}`, remove the folder, or choose --data synthetic",
        shown(path),
        quoted(path)
    )]
    Incomplete { path: PathBuf, found: String },

    #[error("{}: content: expected {expected}, found {found}", shown(path))]
    OtherDataset { path: PathBuf, expected: &'static str, found: String },

    #[error("{}: unreadable image: {reason}", shown(path))]
    Picture { path: PathBuf, reason: String },
}

impl DataError {
    /// Returns a conversion for `map_err` of an error in reading `path`.
    pub fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

fn name(path: &Path) -> String {
    shown(Path::new(path.file_name().unwrap_or_default()))
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(" and ")
}
