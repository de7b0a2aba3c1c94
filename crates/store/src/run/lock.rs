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

use rustix::io::Errno;

use super::{Owner, RunError, owner::host, paths};
use gan_tui_core::{files, text::shown};

/// Somebody who only looks whether the lock is held takes it for an instant, and an owner that
/// hands a run over needs one to end.
const PATIENCE: Duration = Duration::from_millis(500);
/// Time between two tries to take the lock.
const RETRY_EVERY: Duration = Duration::from_millis(10);
/// A process's id and a machine's name take less.
const MOST_BYTES: u64 = 512;
/// What a file holds that a process made and leaves to its successor, which removes it if it does
/// not keep the run either.
const MADE_FOR_SUCCESSOR: &[u8] = b"\n";

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
    /// Why the file system has no locks, if it has none.
    unlocked: Option<String>,
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
            let file = options.open(&path).map_err(RunError::io("write", &path))?;
            let lock = Self::take(dir, file, is_new).inspect_err(|error| {
                if is_new && error.is_storage() {
                    let _ = fs::remove_file(&path);
                }
            })?;
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
        let unlocked = loop {
            let may_retry = start.elapsed() < PATIENCE;
            match file.try_lock() {
                Ok(()) => break None,
                Err(TryLockError::WouldBlock) if may_retry => {}
                Err(TryLockError::Error(error)) if is_interrupted(&error) && may_retry => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(RunError::Locked {
                        path: dir.to_path_buf(),
                        owner: read_owner(&mut file),
                    });
                }
                // Some network file systems have no locks: better a run without one than none.
                Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                    break Some(files::reason(&error));
                }
                Err(TryLockError::Error(error)) => return Err(RunError::io("lock", &path)(error)),
            }
            thread::sleep(RETRY_EVERY);
        };
        let mut before = Vec::new();
        file.rewind()
            .and_then(|()| (&file).take(MOST_BYTES).read_to_end(&mut before))
            .map_err(RunError::io("read", &path))?;
        // The id is for messages alone; the lock holds without it.
        let _ = write(&mut file, format!("{} {}\n", std::process::id(), host()).as_bytes());
        let is_new = is_new || before == MADE_FOR_SUCCESSOR;
        let before = (!is_new).then_some(before);
        Ok(Self { dir: dir.to_path_buf(), file, before, keep: false, unlocked })
    }

    /// Returns a warning if the file system has no locks.
    pub(super) fn warning(&self) -> Option<String> {
        self.unlocked.as_ref().map(|reason| {
            format!(
                "cannot lock {}: {reason}; the run is not protected from another process that \
                writes to it at the same time",
                shown(&path(&self.dir))
            )
        })
    }

    /// Leaves the run to the process that was given the lock, with the file as it was found.
    pub(super) fn take_back(mut self) {
        // No more than a process's id.
        let _ = write(&mut self.file, self.before.as_deref().unwrap_or(MADE_FOR_SUCCESSOR));
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

    /// Whether the file was removed, as its folder may have been: nobody will find it again under
    /// any name.
    pub(super) fn is_removed(&self) -> bool {
        self.file.metadata().is_ok_and(|ours| ours.nlink() == 0)
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

/// Whether a file system says by its error that it has no locks.
fn has_no_locks(error: &io::Error) -> bool {
    let none = [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOTSUP, Errno::NOSYS, Errno::INVAL];
    error.kind() == io::ErrorKind::Unsupported
        || Errno::from_io_error(error).is_some_and(|error| none.contains(&error))
}

fn is_interrupted(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Interrupted
}

/// Removes the lock file that a process made for a successor which has not kept the run, if no
/// other process has taken it since.
pub fn remove_unkept(dir: &Path) {
    let path = path(dir);
    if matches!(files::read(&path, MOST_BYTES), Ok(Some(bytes)) if bytes == MADE_FOR_SUCCESSOR) {
        // Whoever has taken it meanwhile keeps it.
        drop(Lock::acquire(dir));
    }
}

/// Carries out `work` if it is certain that no process works at a run directory, and while none
/// can begin to: the directory is gone, or its lock is free.
pub fn while_abandoned(dir: &Path, work: impl FnOnce()) {
    match files::exists(dir) {
        Ok(false) => work(),
        Ok(true) => {
            if let Ok(Some(file)) = files::open(&path(dir))
                && file.try_lock_shared().is_ok()
            {
                work();
            }
        }
        Err(_) => {}
    }
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
    let start = Instant::now();
    loop {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => return Ok(Some(read_owner(&mut file))),
            Err(TryLockError::Error(error))
                if is_interrupted(&error) && start.elapsed() < PATIENCE =>
            {
                thread::sleep(RETRY_EVERY)
            }
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join(paths::LOCK)
}

fn read_owner(file: &mut File) -> Owner {
    let mut text = String::new();
    if file.rewind().and_then(|()| (&*file).take(MOST_BYTES).read_to_string(&mut text)).is_err() {
        return Owner::default();
    }
    let mut words = text.split_whitespace();
    let process = words.next().and_then(|word| word.parse().ok());
    let host = words.next().map(str::to_owned);
    let is_here = process.is_some_and(|process| has_open(process, file));
    Owner { process, host, is_here }
}

/// Whether a process of this machine has a file open, as far as the system tells: a machine's name
/// may have changed since the process wrote it down.
fn has_open(process: u32, file: &File) -> bool {
    let (Ok(ours), Ok(entries)) = (file.metadata(), fs::read_dir(format!("/proc/{process}/fd")))
    else {
        return false;
    };
    entries.flatten().any(|entry| {
        fs::metadata(entry.path())
            .is_ok_and(|found| (found.dev(), found.ino()) == (ours.dev(), ours.ino()))
    })
}

#[cfg(test)]
mod tests;
