//! One owner of a run directory at a time: a lock on a file, which the system lets go when its process dies.

use std::{
    fs::{File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{RunError, paths};

/// Somebody who only looks whether the lock is held takes it for an instant, and an owner that hands a run over needs one to end.
const PATIENCE: Duration = Duration::from_millis(500);

/// The right to write in a run directory; let go when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of a run directory.
    ///
    /// # Errors
    /// Where another process holds it, named by its id, or the folder is not writable.
    pub(super) fn acquire(dir: &Path) -> Result<Self, RunError> {
        let path = path(dir);
        let options = File::options().read(true).write(true).create(true).truncate(false).clone();
        let mut file = options.open(&path).map_err(RunError::io("write", &path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::WouldBlock) => {
                    return Err(RunError::Locked { path: dir.to_path_buf(), process: read_process(&mut file) });
                }
                // Some network file systems have no locks: better a run without one than none.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => break,
                Err(TryLockError::Error(error)) => return Err(RunError::io("lock", &path)(error)),
            }
        }
        // The id is for messages alone; the lock holds without it.
        let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// Who owns a run directory: `None` nobody, `Some(None)` a process whose id is not known.
#[allow(clippy::option_option)]
pub(super) fn owner(dir: &Path) -> Option<Option<u32>> {
    let mut file = File::open(path(dir)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(read_process(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join(paths::LOCK)
}

fn read_process(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(owner(folder.path()), None);
        let lock = Lock::acquire(folder.path()).unwrap();
        assert_eq!(owner(folder.path()), Some(Some(std::process::id())));
        let error = Lock::acquire(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with(&format!("is being written by process {}", std::process::id())), "{error}");
        drop(lock);
        assert_eq!(owner(folder.path()), None);
        Lock::acquire(folder.path()).unwrap();
    }
}
