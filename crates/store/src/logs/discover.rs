//! Which runs there are in what a person names: a folder of event files, of runs of ours, of rows
//! and pictures, or one of these files.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use super::{events::is_event_file, numbered::numbered, rows::Format};
use crate::{
    run::{self, RunError, Target, paths},
    tensorboard::tail,
};
use gan_tui_core::{
    files,
    text::{self, shown},
};

/// Folders that are looked into at most, how deep, and the runs that are told of them.
const MOST_FOLDERS: usize = 20_000;
const DEEPEST: usize = 8;
/// The most runs that are read beside each other.
pub const MOST_RUNS: usize = 64;

/// What a run's files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A run directory of this program.
    Own,
    /// Event files of TensorBoard: a folder with some, or one file.
    Events,
    /// A folder with rows of numbers, or numbered pictures.
    Folder,
    /// A file of rows.
    Rows,
    /// A folder in which nothing is logged yet; event files may come.
    Empty,
}

/// A run that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// As it is shown: relative to what was named.
    pub name: String,
    pub kind: Kind,
}

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(
        "{} is not on this machine: mount it here, or run gan-tui where it is",
        text::escaped(.0)
    )]
    Remote(String),
    #[error("{} is compressed: unpack it first", shown(.0))]
    Compressed(PathBuf),
    #[error(
        "{}: expected an event file of TensorBoard, rows of numbers as .jsonl or .csv, or a folder \
         with some; found {found}",
        shown(.path)
    )]
    Unknown { path: PathBuf, found: String },
    #[error("cannot read {}: {reason}", shown(.path))]
    Unreadable { path: PathBuf, reason: String },
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Returns the runs in what a person names. A folder in which nothing is logged yet is a run too:
/// something may come.
///
/// # Errors
/// Returns an error if something that is named is not there, cannot be read, or is of a kind that
/// is not read.
pub fn discover(named: &[PathBuf]) -> Result<Vec<Found>, LogError> {
    let mut found: Vec<Found> = Vec::new();
    for path in named {
        for run in of_one(path)? {
            if !found.iter().any(|known| known.path == run.path) {
                found.push(run);
            }
        }
    }
    Ok(found)
}

/// Returns the run of ours that a person names by its path, or by its name in `runs/`; `None` if
/// that is something else.
///
/// # Errors
/// Returns an error if it cannot be looked at.
pub fn discover_run(path: &Path) -> Result<Option<PathBuf>, RunError> {
    match run::resolve(path) {
        Ok(Target::Run(dir)) => Ok(Some(dir)),
        Ok(Target::Checkpoint(_)) | Err(RunError::NoRun { .. } | RunError::Mistyped { .. }) => {
            Ok(None)
        }
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

fn of_one(path: &Path) -> Result<Vec<Found>, LogError> {
    let name = path.to_string_lossy();
    let is_address = name.contains("://");
    let told = |error: std::io::Error| LogError::Unreadable {
        path: path.to_path_buf(),
        reason: files::reason(&error),
    };
    if is_address {
        return Err(LogError::Remote(name.into_owned()));
    }
    if let Some(dir) = discover_run(path)? {
        let name = shown(&dir);
        return Ok(vec![Found { path: dir, name, kind: Kind::Own }]);
    }
    let Some(metadata) = files::metadata(path).map_err(told)? else {
        // `host:/path` is a place on another machine, unless there is such a file.
        let host = name.split_once(':').filter(|(host, _)| !host.contains('/'));
        return Err(match host {
            Some(_) => LogError::Remote(name.into_owned()),
            None => run::resolve(path).err().map_or_else(|| told(files::not_found()), Into::into),
        });
    };
    if metadata.is_dir() {
        return of_folder(path).map_err(told);
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if ["gz", "zst", "bz2", "xz", "zip"].contains(&ending) {
        return Err(LogError::Compressed(path.to_path_buf()));
    }
    let kind = if Format::of(path).is_some() {
        Kind::Rows
    } else {
        let mut start = Vec::new();
        let mut file = File::open(path).map_err(told)?;
        (&mut file).take(16).read_to_end(&mut start).map_err(told)?;
        if !is_event_file(path) && !tail::begins_with_record(&start) {
            let found = if start.is_empty() { "an empty file" } else { "another file" };
            return Err(LogError::Unknown { path: path.to_path_buf(), found: found.into() });
        }
        Kind::Events
    };
    let name = shown(Path::new(path.file_name().unwrap_or(path.as_os_str())));
    Ok(vec![Found { path: path.to_path_buf(), name, kind }])
}

/// What a folder holds, without what is below it.
#[derive(Default)]
struct Holds {
    events: bool,
    rows: bool,
    folders: Vec<PathBuf>,
    pictures: usize,
}

fn of_folder(root: &Path) -> std::io::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_path_buf(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop() {
        seen += 1;
        if seen > MOST_FOLDERS || found.len() >= MOST_RUNS {
            break;
        }
        let is_own = depth > 0 && paths::is_run(&folder).unwrap_or(false);
        let holds = match look(&folder) {
            Ok(holds) => holds,
            Err(error) if depth == 0 => return Err(error),
            // A folder of somebody else among the others is passed over.
            Err(_) => continue,
        };
        let kind = if is_own && (!holds.rows || has_manifest(&folder)) {
            Some(Kind::Own)
        } else if holds.events {
            Some(Kind::Events)
        } else if holds.rows || holds.pictures > 1 {
            Some(Kind::Folder)
        } else {
            None
        };
        if let Some(kind) = kind {
            found.push(Found { name: name_of(root, &folder), path: folder, kind });
        }
        // Pictures in folders beside rows are of the same run.
        if matches!(kind, None | Some(Kind::Events)) && depth < DEEPEST {
            let mut below = holds.folders;
            below.sort();
            folders.extend(below.into_iter().rev().map(|folder| (folder, depth + 1)));
        }
    }
    if found.is_empty() {
        let name = name_of(root, root);
        found.push(Found { path: root.to_path_buf(), name, kind: Kind::Empty });
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// Returns whether a folder is surely a run of ours: other programs have a `metrics.jsonl` too.
fn has_manifest(folder: &Path) -> bool {
    [paths::MANIFEST, paths::PRESET]
        .iter()
        .any(|name| files::is_file(&folder.join(name)).unwrap_or(false))
}

fn look(folder: &Path) -> std::io::Result<Holds> {
    let mut holds = Holds::default();
    for entry in files::entries(folder)?.unwrap_or_default() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let Ok(kind) = entry.file_type() else { continue };
        // Links to folders may lead in a circle.
        if kind.is_dir() && !is_hidden {
            holds.folders.push(path);
        } else if kind.is_file() || files::is_file(&path).unwrap_or(false) {
            holds.events |= is_event_file(&path);
            holds.rows |= Format::of(&path).is_some();
            holds.pictures += usize::from(numbered(&path).is_some());
        }
    }
    Ok(holds)
}

fn name_of(root: &Path, folder: &Path) -> String {
    match folder.strip_prefix(root) {
        Ok(below) if !below.as_os_str().is_empty() => shown(below),
        _ => {
            let whole = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
            whole.file_name().map_or_else(|| shown(root), |name| shown(Path::new(name)))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;

    fn names(found: &[Found]) -> Vec<(&str, Kind)> {
        found.iter().map(|run| (run.name.as_str(), run.kind)).collect()
    }

    #[test]
    fn the_runs_of_a_folder_are_found_wherever_they_are() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        for name in [
            "a/events.out.tfevents.1",
            "a/train/events.out.tfevents.2",
            "b/run.json",
            "b/metrics.jsonl",
            "c/log.csv",
            "c/samples/0001.png",
            "d/x_1.png",
            "d/x_2.png",
            ".hidden/events.out.tfevents.3",
            "e/readme.txt",
        ] {
            write(name);
        }
        let found = discover(&[dir.path().to_path_buf()]).unwrap();
        assert_eq!(
            names(&found),
            [
                ("a", Kind::Events),
                ("a/train", Kind::Events),
                ("b", Kind::Own),
                ("c", Kind::Folder),
                ("d", Kind::Folder)
            ]
        );
        let file = dir.path().join("a/events.out.tfevents.1");
        let one = discover(std::slice::from_ref(&file)).unwrap();
        assert_eq!(names(&one), [("events.out.tfevents.1", Kind::Events)]);
        let empty = discover(&[dir.path().join("e")]).unwrap();
        assert_eq!(names(&empty), [("e", Kind::Empty)], "something may come");
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("x.gz"), "x").unwrap();
        std::fs::write(path("x.txt"), "some text of more than a header").unwrap();
        let told = |path: PathBuf| discover(&[path]).unwrap_err().to_string();
        assert!(told("gs://bucket/logs".into()).contains("is not on this machine"));
        assert!(told("host:/logs".into()).contains("is not on this machine"));
        assert!(told(path("x.gz")).ends_with("x.gz is compressed: unpack it first"));
        assert!(told(path("x.txt")).contains("expected an event file of TensorBoard"));
        assert!(told(path("nothing")).contains("no such file or directory"));
    }
}
