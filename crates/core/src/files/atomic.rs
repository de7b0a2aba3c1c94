//! Files that appear whole or not at all: temporary sibling, fsync, rename, fsync of the folder.
//! Where a file cannot be replaced by renaming, it is written in place.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{sync::lock_unpoisoned, waiting};

const SUFFIX: &str = ".tmp";

/// Writes a file whole or not at all, in place of one that is there. Where a link points to a file,
/// that file is replaced; a pipe or a device is written to as it is, and so is a file that was
/// opened for this process (`/dev/stdout`).
///
/// A file that cannot be replaced (something is mounted at it, its folder is not writable) is
/// written in place, and gets its old content back if that fails.
///
/// # Errors
/// Those of the file system, and a link that leads nowhere: it is not replaced. Nothing but what
/// was there before is left then.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(bytes))
}

/// The same with what `fill` writes.
///
/// # Errors
/// As [`write`], and that of `fill`.
pub fn write_with<T, E: From<io::Error>>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    if let Some(number) = descriptor(path) {
        return write_descriptor(path, number, fill);
    }
    let (path, is_new) = match super::metadata(path)? {
        Some(found) if !found.is_file() && !found.is_dir() => {
            return fill_buffered(File::options().write(true).open(path)?, fill);
        }
        Some(_) => (fs::canonicalize(path)?, false),
        None => (path.to_path_buf(), true),
    };
    let temporary = Temporary::beside(&path)?;
    let created = File::create_new(&temporary.0);
    let filled = match created {
        Err(error) if is_irreplaceable(&error, is_new) => {
            let mut bytes = Vec::new();
            let filled = fill(&mut bytes)?;
            write_in_place(&path, &mut &bytes[..], is_new, error)?;
            filled
        }
        created => {
            let file = created?;
            let filled = fill_buffered(file.try_clone()?, fill)?;
            file.sync_all()?;
            match fs::rename(&temporary.0, &path) {
                Err(error) if is_irreplaceable(&error, is_new) => {
                    write_in_place(&path, &mut File::open(&temporary.0)?, is_new, error)?;
                }
                renamed => renamed?,
            }
            filled
        }
    };
    sync_folder(folder(&path))?;
    Ok(filled)
}

fn fill_buffered<T, E: From<io::Error>>(
    file: impl Write,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let filled = fill(&mut out)?;
    out.flush()?;
    Ok(filled)
}

/// A file that is being filled. It is removed when it is let go: nobody needs a half one.
struct Temporary(PathBuf);

/// Those of this process.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

impl Temporary {
    fn beside(path: &Path) -> io::Result<Self> {
        let temporary = sibling(path)?;
        lock_unpoisoned(&TEMPORARIES).push(temporary.clone());
        Ok(Self(temporary))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It is gone where it was renamed; the first error is the one to tell.
        let _ = fs::remove_file(&self.0);
        lock_unpoisoned(&TEMPORARIES).retain(|path| *path != self.0);
    }
}

/// Removes the files that are being filled, for a process that ends at once.
pub fn remove_unfinished() {
    for path in lock_unpoisoned(&TEMPORARIES).drain(..) {
        let _ = fs::remove_file(path);
    }
}

/// Whether what is written there is a stream: a pipe, a device, or a file that was opened for this
/// process. A reader may keep the writer waiting.
pub fn is_stream(path: &Path) -> bool {
    descriptor(path).is_some()
        || fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Whether a path names this process's standard output.
pub fn is_stdout(path: &Path) -> bool {
    descriptor(path) == Some(1)
}

/// Whether an error says that no other file can take the place of this one, which may still be
/// writable itself.
fn is_irreplaceable(error: &io::Error, is_new: bool) -> bool {
    match error.raw_os_error() {
        // Something is mounted there; the folder is in two file systems; another user's file in a
        // folder like /tmp; a file system without renaming.
        Some(libc::EBUSY | libc::EXDEV | libc::EPERM | libc::ETXTBSY | libc::ENOSYS) => true,
        // No other file can be made in the folder.
        Some(libc::EACCES | libc::EROFS) => !is_new,
        _ => false,
    }
}

/// Writes over the content of a file, or a new one where there is none. `first` is why that is
/// necessary, and is the error if the file cannot be opened either.
fn write_in_place(
    path: &Path,
    content: &mut dyn Read,
    is_new: bool,
    first: io::Error,
) -> io::Result<()> {
    let opened = File::options().write(true).create_new(is_new).open(path);
    let mut file = opened.map_err(|_| first)?;
    let old = if is_new { None } else { super::read(path, MOST_KEPT).ok().flatten() };
    let written = overwrite(&mut file, content);
    if written.is_err() {
        // The old content fits where it was, unless the disk itself has failed.
        match old {
            Some(old) => drop(overwrite(&mut file, &mut &old[..])),
            None if is_new => drop(fs::remove_file(path)),
            None => {}
        }
    }
    written
}

/// The old content is kept in memory up to this size while a file is written in place.
const MOST_KEPT: u64 = 1 << 30;

/// Nothing is cut before all is written: what needs no more room than before cannot run out of it.
fn overwrite(file: &mut File, content: &mut dyn Read) -> io::Result<()> {
    file.rewind()?;
    let length = io::copy(content, file)?;
    file.set_len(length)?;
    file.sync_all()
}

/// The number of the open file of this process that a path names, such as 1 for `/dev/stdout`.
/// Another file in its place would not be the one that was opened, as by a shell's `>`.
fn descriptor(path: &Path) -> Option<u32> {
    const MOST_LINKS: usize = 16;
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let folder = fs::canonicalize(folder(&path)).ok()?;
        if folder.starts_with("/proc") && folder.ends_with("fd") {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = folder.join(fs::read_link(&path).ok()?);
    }
    None
}

fn write_descriptor<T, E: From<io::Error>>(
    path: &Path,
    number: u32,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, E>,
) -> Result<T, E> {
    match number {
        1 => fill_buffered(waiting::stdout(), fill),
        2 => fill_buffered(waiting::stderr(), fill),
        // To its end, as it would be if the file were written to by its number.
        _ => fill_buffered(File::options().append(true).open(path)?, fill),
    }
}

/// Tries whether files can be written into a folder and made to last.
///
/// # Errors
/// Those of the file system.
pub fn trial(folder: &Path) -> io::Result<()> {
    // Where entries may be made and not be removed again, not even one for a trial.
    super::check_entries(folder)?;
    let temporary = sibling(&folder.join("trial"))?;
    let written = fill(&temporary, b"can this be written?").and_then(|()| sync_folder(folder));
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

fn fill(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A hidden name beside `path` that no other process and no other call uses. It is short, however
/// long the name of `path` is.
fn sibling(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the name of a file"));
    }
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    // Processes of another machine that share the folder may have the same number.
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_nanos());
    Ok(path.with_file_name(format!(".{process}-{count}-{moment}{SUFFIX}")))
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
    fn a_name_may_be_as_long_as_the_file_system_allows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x".repeat(255));
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()).len(), 1);
    }

    #[test]
    fn what_is_written_in_place_is_whole_or_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let busy = || io::Error::from_raw_os_error(libc::EBUSY);
        write_in_place(&path, &mut &b"first content"[..], true, busy()).unwrap();
        write_in_place(&path, &mut &b"second"[..], false, busy()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert!(write_in_place(&path, &mut &b"third"[..], true, busy()).is_err(), "it is not new");
        fs::remove_file(&path).unwrap();
        let error = write_in_place(&path, &mut &b"third"[..], false, busy()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBUSY), "the first error is told");
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        assert_eq!(
            overwrite(&mut full, &mut &b"bytes"[..]).unwrap_err().raw_os_error(),
            Some(libc::ENOSPC)
        );
    }

    /// Anybody's file in a folder that only its owner may change.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_replaced_is_written_in_place() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"the old content").unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        // A superuser may write everywhere.
        let written = write(&path, b"new");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        written.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_that_are_open_are_told_by_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/stdout", &link).unwrap();
        assert_eq!(descriptor(Path::new("/dev/stdout")), Some(1));
        assert_eq!(descriptor(Path::new("/dev/fd/7")), Some(7));
        assert_eq!(descriptor(&link), Some(1));
        assert_eq!(descriptor(folder.path()), None);
        assert_eq!(descriptor(&folder.path().join("new")), None);
        let (path, open) = (folder.path().join("file"), File::create(folder.path().join("file")));
        let mut open = open.unwrap();
        open.write_all(b"one").unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        write(Path::new(&format!("/proc/self/fd/{number}")), b" two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
    }

    #[test]
    fn what_a_crash_left_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(sibling(&folder.path().join("a.txt")).unwrap(), b"half").unwrap();
        fs::write(folder.path().join("b.txt"), b"whole").unwrap();
        clean(folder.path());
        assert_eq!(names(folder.path()), ["b.txt"]);
    }
}
