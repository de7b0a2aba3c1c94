//! What can be wrong with a dataset, in one line.

use std::path::{Path, PathBuf};

use crate::pictures::{ReadReport, Skipped};
use gan_tui_core::{
    dataset::Data,
    files::reason,
    image::ImageShape,
    text::{escaped, grouped, quoted, shown},
};

/// Why a dataset cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("{}: {}", shown(path), reason(source))]
    Io { path: PathBuf, source: std::io::Error },

    #[error(
        "{}: no such folder; expected {}, or a folder, an archive or a NumPy file with images",
        shown(path),
        Data::names()
    )]
    NoFolder { path: PathBuf },

    #[error(
        "{}: expected an archive (zip, tar, npz, npy) or a folder, found a file of another kind; for a \
         picture or an IDX file, name its folder",
        shown(path)
    )]
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

    #[error("{}: {} of {} images cannot be read, {}: {}", shown(path),
        grouped(report.unreadable.len()), grouped(*total), too_many(*is_strict),
        first_of(&report.unreadable))]
    Unreadable { path: PathBuf, total: usize, is_strict: bool, report: Box<ReadReport> },

    #[error("{}: unreadable archive: {reason}", shown(path))]
    Archive { path: PathBuf, reason: String },

    #[error("{}: unreadable array: {reason}", shown(path))]
    Array { path: PathBuf, reason: String },

    #[error("{}: {kind} is not read; this converts it: {line}", shown(path))]
    Convert { path: PathBuf, kind: &'static str, line: String },

    #[error("{}: {} images of {}x{}x{} take {:.1} GB, more than half of the memory available \
        ({:.1} GB); use at most {} of them, or a model of smaller images", shown(path),
        grouped(*count), shape.width, shape.height, shape.channels, *needed as f64 / 1e9,
        *most as f64 / 1e9, grouped(most / shape.values() as u64))]
    TooMuch { path: PathBuf, count: usize, shape: ImageShape, needed: u64, most: u64 },

    #[error("{}: holds several datasets; name one of them: {}", shown(path), choices.join(", "))]
    Ambiguous { path: PathBuf, choices: Vec<String> },
}

impl DataError {
    /// Unreadable pictures that an error names; a line has no room for more.
    pub const MOST_LISTED: usize = 10;

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

/// Why unreadable images are an error.
fn too_many(is_strict: bool) -> &'static str {
    if is_strict { "and --strict allows none" } else { "1% or more" }
}

/// Returns unreadable images and their reasons, as far as a line has room for them.
fn first_of(unreadable: &[Skipped]) -> String {
    let listed =
        |Skipped { name, reason }: &Skipped| format!("{}: {}", escaped(name), escaped(reason));
    let mut list: Vec<String> =
        unreadable.iter().take(DataError::MOST_LISTED).map(listed).collect();
    if unreadable.len() > DataError::MOST_LISTED {
        let rest = grouped(unreadable.len() - DataError::MOST_LISTED);
        list.push(format!("and {rest} more, which `gan-tui data check` lists"));
    }
    list.join("; ")
}
