//! One owner of a run directory at a time: a lock on a file, which the system lets go when its
//! process dies.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{Owner, RunError, owner::host, paths};
use gan_tui_core::files;

/// Somebody who only looks whether the lock is held takes it for an instant, and an owner that
/// hands a run over needs one to end.
const PATIENCE: Duration = Duration::from_millis(500);
/// A process's id and a machine's name take less.
const MOST_BYTES: u64 = 512;

/// The right to write in a run directory; let go when dropped.
///
/// Until [`Lock::keep`] is called, dropping it also takes back what it wrote: a run that could not
/// be resumed is left as it was found.
#[derive(Debug)]
pub(super) struct Lock {
    dir: PathBuf,
    file: File,
    /// What the file held; `None` where there was no file.
    before: Option<Vec<u8>>,
    keep: bool,
}

impl Lock {
    /// Takes the lock of a run directory.
    ///
    /// # Errors
    /// Returns an error if another process holds it, named by its id, or the folder is not
    /// writable.
    pub(super) fn acquire(dir: &Path) -> Result<Self, RunError> {
        let path = path(dir);
        loop {
            let is_new = match fs::symlink_metadata(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => true,
                // Neither a pipe nor another file behind a link is written to.
                Ok(found) if !found.is_file() || found.len() > MOST_BYTES => {
                    let expected = format!("a file of at most {MOST_BYTES} bytes");
                    let found = if found.is_file() {
                        format!("{} bytes", found.len())
                    } else {
                        "something else".into()
                    };
                    return Err(RunError::Mismatch { path, expected, found });
                }
                found => found.map(|_| false).map_err(RunError::io("read", &path))?,
            };
            let options =
                File::options().read(true).write(true).create(true).truncate(false).clone();
            let lock = Self::take(
                dir,
                options.open(&path).map_err(RunError::io("write", &path))?,
                is_new,
            )?;
            // Between the two, its last owner may have taken it away.
            if lock.is_there(dir)? {
                return Ok(lock);
            }
        }
    }

    /// Takes over the lock that another process holds by the same open file and has given to this
    /// one.
    ///
    /// # Errors
    /// Returns an error if the file is not the lock of that run directory, or another process holds
    /// it.
    pub(super) fn inherit(dir: &Path, file: File) -> Result<Self, RunError> {
        let path = path(dir);
        let (there, given) = (fs::metadata(&path), file.metadata());
        let (there, given) = (
            there.map_err(RunError::io("read", &path))?,
            given.map_err(RunError::io("read", &path))?,
        );
        if (there.dev(), there.ino()) != (given.dev(), given.ino()) {
            let (expected, found) =
                ("the lock that was passed to this process".into(), "another file".into());
            return Err(RunError::Mismatch { path, expected, found });
        }
        Self::take(dir, file, false)
    }

    fn take(dir: &Path, mut file: File, is_new: bool) -> Result<Self, RunError> {
        let path = path(dir);
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(10))
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(RunError::Locked {
                        path: dir.to_path_buf(),
                        owner: read_owner(&mut file),
                    });
                }
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                // Some network file systems have no locks: better a run without one than none.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    break;
                }
                Err(TryLockError::Error(error)) => return Err(RunError::io("lock", &path)(error)),
            }
        }
        let mut before = Vec::new();
        file.rewind()
            .and_then(|()| (&file).take(MOST_BYTES).read_to_end(&mut before))
            .map_err(RunError::io("read", &path))?;
        // The id is for messages alone; the lock holds without it.
        let _ = write(&mut file, format!("{} {}\n", std::process::id(), host()).as_bytes());
        Ok(Self { dir: dir.to_path_buf(), file, before: (!is_new).then_some(before), keep: false })
    }

    /// Leaves the run to the process that was given the lock, with the file as it was found.
    pub(super) fn take_back(mut self) {
        if let Some(before) = &self.before {
            // No more than a process's id.
            let _ = write(&mut self.file, before);
        }
        self.keep = true;
    }

    /// From now on there is no way back: the run is this process's.
    pub(super) fn keep(&mut self) {
        self.keep = true;
    }

    /// The same lock, to be given to another process: it is held until both let go.
    pub(super) fn share(&self, dir: &Path) -> Result<File, RunError> {
        self.file.try_clone().map_err(RunError::io("share", &path(dir)))
    }

    /// Whether the file is still there by its name.
    ///
    /// # Errors
    /// Returns an error if that cannot be told.
    pub(super) fn is_there(&self, dir: &Path) -> Result<bool, RunError> {
        let path = path(dir);
        let there = files::metadata(&path).map_err(RunError::io("read", &path))?;
        let ours = self.file.metadata().map_err(RunError::io("read", &path))?;
        Ok(there.is_some_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino())))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // It is still held; what cannot be taken back is no more than a process's id.
        let _ = match &self.before {
            Some(before) => write(&mut self.file, before),
            None if self.is_there(&self.dir).unwrap_or(false) => fs::remove_file(path(&self.dir)),
            None => Ok(()),
        };
    }
}

/// Writes over what a file holds. Its length changes last, so that this works on a full disk too.
fn write(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(content)?;
    file.set_len(content.len() as u64)
}

/// Who owns a run directory, if anybody does. Where locks cannot be asked for, nobody is known to.
///
/// # Errors
/// Returns an error if there is a lock file that cannot be opened.
pub(super) fn owner(dir: &Path) -> Result<Option<Owner>, RunError> {
    let path = path(dir);
    let Some(mut file) = files::open(&path).map_err(RunError::io("read", &path))? else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(Some(read_owner(&mut file))),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join(paths::LOCK)
}

fn read_owner(file: &mut File) -> Owner {
    let mut text = String::new();
    if file.rewind().and_then(|()| file.take(MOST_BYTES).read_to_string(&mut text)).is_err() {
        return Owner::default();
    }
    let mut words = text.split_whitespace();
    Owner {
        process: words.next().and_then(|word| word.parse().ok()),
        host: words.next().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(owner(folder.path()).unwrap(), None);
        let lock = Lock::acquire(folder.path()).unwrap();
        let found = owner(folder.path()).unwrap().unwrap();
        assert_eq!((found.process, found.is_elsewhere()), (Some(std::process::id()), false));
        let error = Lock::acquire(folder.path()).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("is being written by process {}", std::process::id())),
            "{error}"
        );
        drop(lock);
        assert_eq!(owner(folder.path()).unwrap(), None);
        Lock::acquire(folder.path()).unwrap();
        let other = Owner { process: Some(7), host: Some("node-of-a-cluster".into()) };
        assert_eq!(other.to_string(), "process 7 on node-of-a-cluster");
    }

    #[test]
    fn a_lock_that_is_not_kept_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(paths::LOCK);
        drop(Lock::acquire(folder.path()).unwrap());
        assert!(!file.exists());
        fs::write(&file, "1 an-earlier-machine\n").unwrap();
        drop(Lock::acquire(folder.path()).unwrap());
        assert_eq!(fs::read_to_string(&file).unwrap(), "1 an-earlier-machine\n");
        let mut lock = Lock::acquire(folder.path()).unwrap();
        lock.keep();
        drop(lock);
        assert!(
            fs::read_to_string(&file).unwrap().starts_with(&format!("{} ", std::process::id()))
        );
    }

    #[test]
    fn a_lock_is_handed_over_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let mut lock = Lock::acquire(folder.path()).unwrap();
        lock.keep();
        let given = lock.share(folder.path()).unwrap();
        drop(lock);
        assert!(owner(folder.path()).unwrap().is_some(), "it is held on the way");
        let lock = Lock::inherit(folder.path(), given).unwrap();
        assert!(lock.is_there(folder.path()).unwrap() && owner(folder.path()).unwrap().is_some());
        let other = tempfile::tempdir().unwrap();
        let stranger = Lock::acquire(other.path()).unwrap().share(other.path()).unwrap();
        assert!(
            Lock::inherit(folder.path(), stranger)
                .unwrap_err()
                .to_string()
                .contains("expected the lock that was passed to this process")
        );
        drop(lock);
        assert_eq!(owner(folder.path()).unwrap(), None);
    }
}
