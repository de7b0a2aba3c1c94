//! What a user has on disk: looked at so that only "no such file" means that nothing is there, and
//! written atomically.
//!
//! A disk that is not mounted, a folder that may not be entered, a server that does not answer:
//! each of these says "not there" to `Path::exists`. A program that believes it starts over what it
//! could not read. The functions here return `None` or `false` only where the system says that
//! there is no such file, and no symbolic link on the way leads nowhere. Every other answer is an
//! error, for the caller to report with the path.

pub mod atomic;
pub mod text;
mod user_folder;

pub use user_folder::UserFolder;

use crate::{text::lowercase_first, text::shown};

use std::{
    env,
    fs::{self, DirEntry, File, Metadata},
    io::{self, ErrorKind, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What the system says of a path, links followed; `None` where there is no such file.
///
/// # Errors
/// Returns an error if that cannot be told, or if a link on the way leads nowhere.
pub fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    or_missing(path, fs::metadata(path))
}

/// Whether there is anything of that name.
///
/// # Errors
/// As [`metadata`].
pub fn exists(path: &Path) -> io::Result<bool> {
    Ok(metadata(path)?.is_some())
}

/// Whether there is a regular file of that name.
///
/// # Errors
/// As [`metadata`].
pub fn is_file(path: &Path) -> io::Result<bool> {
    Ok(metadata(path)?.is_some_and(|found| found.is_file()))
}

/// Whether there is a folder of that name.
///
/// # Errors
/// As [`metadata`].
pub fn is_folder(path: &Path) -> io::Result<bool> {
    Ok(metadata(path)?.is_some_and(|found| found.is_dir()))
}

/// Opens a regular file to read it; `None` where there is no such file. A pipe is never waited for.
///
/// # Errors
/// As [`metadata`], or if it is not a regular file or cannot be opened.
pub fn open(path: &Path) -> io::Result<Option<File>> {
    match metadata(path)? {
        Some(found) if found.is_file() => or_missing(path, File::open(path)),
        Some(found) if found.is_dir() => Err(io::Error::from_raw_os_error(libc::EISDIR)),
        Some(_) => Err(io::Error::other("it is not a regular file")),
        None => Ok(None),
    }
}

/// The content of a regular file of at most `most` bytes; `None` where there is no such file.
///
/// # Errors
/// As [`open`], or if it cannot be read to its end. One that is larger is an error of the kind
/// [`ErrorKind::FileTooLarge`].
pub fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    open(path)?.map(|file| read_all(file, most)).transpose()
}

/// The same of anything that can be read, a pipe too, whose writer is waited for: for what a person
/// names.
///
/// # Errors
/// As [`read`].
pub fn read_stream(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    or_missing(path, File::open(path))?.map(|file| read_all(file, most)).transpose()
}

fn read_all(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("expected at most {most} bytes, found more"),
        ));
    }
    Ok(bytes)
}

/// Whether a file or folder can be renamed or replaced, as far as that can be told without doing
/// it; what is not there can.
///
/// # Errors
/// Returns the error that doing it would end in: it is immutable or only to be appended to,
/// something is mounted there, or it is another user's in a folder in which everybody may only
/// change what is their own.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return check_links(path),
        found => found?,
    };
    check_attributes(path)?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let above = fs::metadata(folder)?;
    let user = rustix::process::geteuid().as_raw();
    if above.mode() & STICKY != 0 && ![0, found.uid(), above.uid()].contains(&user) {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    Ok(())
}

/// Whether entries of a folder can be removed again once they were made.
///
/// # Errors
/// Returns the error that removing would end in.
fn check_entries(folder: &Path) -> io::Result<()> {
    match check_attributes(folder) {
        // A folder that something is mounted at is as good as another.
        Err(error) if error.raw_os_error() == Some(libc::EBUSY) => Ok(()),
        checked => checked,
    }
}

/// Only the owners of a folder's entries, and its own, may rename or remove them.
const STICKY: u32 = 0o1000;

/// What Linux knows of a file beside its mode. Where it does not know, doing it tells.
#[cfg(target_os = "linux")]
fn check_attributes(path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let Ok(found) = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::BASIC_STATS) else {
        return Ok(());
    };
    let has = |attributes: StatxAttributes| found.stx_attributes.intersects(attributes);
    if has(StatxAttributes::IMMUTABLE | StatxAttributes::APPEND) {
        return Err(io::Error::from_raw_os_error(libc::EPERM));
    }
    if has(StatxAttributes::MOUNT_ROOT) {
        return Err(io::Error::from_raw_os_error(libc::EBUSY));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn check_attributes(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What lies in a folder, in no order; `None` where there is no such folder.
///
/// # Errors
/// As [`metadata`], or if the folder cannot be read to its end.
pub fn entries(folder: &Path) -> io::Result<Option<Vec<DirEntry>>> {
    match or_missing(folder, fs::read_dir(folder))? {
        Some(entries) => entries.collect::<io::Result<_>>().map(Some),
        None => Ok(None),
    }
}

/// Makes a folder and those above it, unless they are there.
///
/// # Errors
/// Returns an error if one of them cannot be made or looked at, or is something else.
pub fn create_folders(path: &Path) -> io::Result<()> {
    match fs::create_dir_all(path) {
        // It is also said where it could not be told whether what is there is a folder.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_folder(path)? => Ok(()),
        made => made,
    }
}

/// Removes a file, if it is there.
///
/// # Errors
/// Returns an error if it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// This user's home folder, if there is one. Where it is named but is no folder, as the `/dev/null`
/// of a service account, there is none.
pub fn home() -> Option<PathBuf> {
    let home = env::home_dir().filter(|path| path.is_absolute())?;
    // One that cannot be looked at is still the home: what is read there reports why.
    fs::metadata(&home).map_or(true, |found| found.is_dir()).then_some(home)
}

/// "No such file or directory", as the system says it.
pub fn not_found() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

/// A system error in words that continue a sentence, without the number that Rust appends.
pub fn reason(error: &io::Error) -> String {
    reason_in(&error.to_string())
}

/// Returns the same of an error that is already text.
pub fn reason_in(text: &str) -> String {
    lowercase_first(text.split(" (os error").next().unwrap_or(text))
}

/// Turns "no such file" into `None`, unless it is a link that leads nowhere.
fn or_missing<T>(path: &Path, found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => check_links(path).map(|()| None),
        found => found.map(Some),
    }
}

/// After "no such file": looks for the nearest part of the path that is there. If that is a link,
/// what it leads to is what is missing.
fn check_links(path: &Path) -> io::Result<()> {
    // Without a slash at its end, which would follow a link.
    let path: &Path = &path.components().collect::<PathBuf>();
    for part in path.ancestors().filter(|part| !part.as_os_str().is_empty()) {
        match fs::symlink_metadata(part) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(found) if found.is_symlink() => return check_link(path, part),
            found => return found.map(|_| ()),
        }
    }
    Ok(())
}

fn check_link(path: &Path, link: &Path) -> io::Result<()> {
    match fs::metadata(link) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let to = fs::read_link(link)?;
            let which = if path == link { "it".into() } else { shown(link) };
            Err(io::Error::other(format!(
                "{which} is a link to {}, which does not exist",
                shown(&to)
            )))
        }
        found => found.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]

    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_is_not_there_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(metadata(&path("a/b/c")).unwrap().is_none() && !exists(&path("a")).unwrap());
        assert!(entries(&path("a")).unwrap().is_none() && read(&path("a"), 9).unwrap().is_none());
        fs::write(path("file"), "text").unwrap();
        assert!(is_file(&path("file")).unwrap() && !is_folder(&path("file")).unwrap());
        assert_eq!(entries(&path("file")).unwrap_err().kind(), ErrorKind::NotADirectory);
        assert_eq!(metadata(&path("file/below")).unwrap_err().kind(), ErrorKind::NotADirectory);
        assert_eq!(read(&path("file"), 3).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read(&path("file"), 4).unwrap().unwrap(), b"text");
        assert_eq!(entries(folder.path()).unwrap().unwrap().len(), 1);
        assert_eq!(create_folders(&path("file")).unwrap_err().kind(), ErrorKind::AlreadyExists);
        remove(&path("file")).unwrap();
        remove(&path("file")).unwrap();
        create_folders(&path("a/b")).unwrap();
        create_folders(&path("a/b")).unwrap();
        symlink("loop", path("loop")).unwrap();
        assert!(exists(&path("loop")).is_err());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_an_error_for_all_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("/no/such/disk", &link).unwrap();
        for error in [
            exists(&link).unwrap_err(),
            entries(&link).unwrap_err(),
            open(&link).unwrap_err(),
            exists(&link.join("")).unwrap_err(),
        ] {
            assert_eq!(error.to_string(), "it is a link to /no/such/disk, which does not exist");
        }
        let below = exists(&link.join("a/b")).unwrap_err().to_string();
        assert_eq!(
            below,
            format!("{} is a link to /no/such/disk, which does not exist", link.display())
        );
        // Below a link that leads somewhere, what is missing is missing.
        let good = folder.path().join("good");
        symlink(folder.path(), &good).unwrap();
        assert!(!exists(&good.join("a/b")).unwrap());
    }

    #[test]
    fn reasons_continue_a_sentence() {
        assert_eq!(reason(&io::Error::from_raw_os_error(13)), "permission denied");
        assert_eq!(reason(&io::Error::other("It broke")), "it broke");
    }
}
