//! Files that appear whole or not at all: temporary sibling, fsync, rename, fsync of the folder.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

const SUFFIX: &str = ".tmp";
/// Names of temporary files that are tried.
const MOST_TRIES: u32 = 10_000;

/// Writes a file whole or not at all, in place of one that is there. Where a link points to a file,
/// that file is replaced; a pipe or a device is written to as it is.
///
/// # Errors
/// Those of the file system, and a link that leads nowhere: it is not replaced. Nothing but what
/// was there before is left then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = match super::metadata(path)? {
        Some(found) if !found.is_file() && !found.is_dir() => {
            return File::options().write(true).open(path)?.write_all(bytes);
        }
        Some(_) => fs::canonicalize(path)?,
        None => path.to_path_buf(),
    };
    let (temporary, file) = sibling(&path)?;
    let written = fill(file, bytes).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // Nobody needs the half file; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder(folder(&path))
}

/// Tries whether files can be written into a folder and made to last.
///
/// # Errors
/// Those of the file system.
pub fn trial(folder: &Path) -> io::Result<()> {
    // Where entries may be made and not be removed again, not even one for a trial.
    super::check_entries(folder)?;
    let (temporary, file) = sibling(&folder.join("trial"))?;
    let written = fill(file, b"can this be written?").and_then(|()| sync_folder(folder));
    let removed = fs::remove_file(&temporary);
    written.and(removed)
}

/// Whether a file of that name is what an interrupted write leaves.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(SUFFIX)
}

/// Removes what interrupted writes left in a folder. Only its single owner may call this.
pub fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_temporary) {
            // One that cannot be removed harms nobody.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes renames and removals in a folder last.
///
/// # Errors
/// Those of the file system.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot do this for folders.
        Err(error)
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        other => other,
    }
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// Creates a hidden file beside `path` that no other process and no other call uses. A name that is
/// taken was left by a process that had the same id, perhaps on another machine or in another
/// container.
fn sibling(path: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"))?;
    let mut tries = 0;
    loop {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        hidden.push(format!(".{}-{count}{SUFFIX}", std::process::id()));
        let hidden = path.with_file_name(hidden);
        match File::create_new(&hidden) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < MOST_TRIES => {
                tries += 1;
            }
            created => return created.map(|file| (hidden, file)),
        }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Processes of two containers may have the same id.
    #[test]
    fn a_temporary_file_of_another_process_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let (next, _) = sibling(&path).unwrap();
        let number = |name: &Path| {
            let name = name.to_str().unwrap().strip_suffix(SUFFIX).unwrap();
            name.rsplit_once('-').unwrap().1.parse::<u64>().unwrap()
        };
        let others: Vec<PathBuf> = (1..=50)
            .map(|step| {
                let count = number(&next) + step;
                next.with_file_name(format!(".file.{}-{count}{SUFFIX}", std::process::id()))
            })
            .collect();
        others.iter().for_each(|other| fs::write(other, "theirs").unwrap());
        write(&path, b"ours").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"ours");
        assert!(others.iter().all(|other| fs::read(other).unwrap() == b"theirs"));
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_write_that_fails_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        assert!(write(&taken, b"bytes").is_err());
        assert!(write(&folder.path().join("missing/a.txt"), b"bytes").is_err());
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, b"old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        fs::remove_file(&file).unwrap();
        assert!(
            write(&link, b"newer").unwrap_err().to_string().contains("which does not exist"),
            "its disk may come back"
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        write(Path::new("/dev/null"), b"bytes").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn what_a_crash_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (left, _) = sibling(&folder.path().join("a.txt")).unwrap();
        fs::write(left, b"half").unwrap();
        fs::write(folder.path().join("b.txt"), b"whole").unwrap();
        clean(folder.path());
        assert_eq!(names(folder.path()), ["b.txt"]);
    }
}
