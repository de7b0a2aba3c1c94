//! Appends rows to `metrics.jsonl` while a run trains.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use gan_tui_core::event::Metrics;

use crate::run::{RunError, paths};

/// Lines wait in memory no longer than this.
const LATEST: Duration = Duration::from_millis(500);

/// Appends metrics to a run's log.
///
/// A write that fails leaves the lines in memory: the next one tries again from where the file was
/// still whole.
#[derive(Debug)]
pub(in crate::run) struct MetricsWriter {
    path: PathBuf,
    file: File,
    /// Bytes of the file that are known to be whole lines.
    written: u64,
    waiting: Vec<u8>,
    since: Instant,
    last: u64,
}

impl MetricsWriter {
    /// Goes on after what the log holds; the file is created where there is none. `last` is the
    /// last iteration in it.
    pub(in crate::run) fn open(dir: &Path, last: u64) -> Result<Self, RunError> {
        let path = dir.join(paths::METRICS);
        let options = File::options().write(true).create(true).truncate(false).clone();
        let mut file = options.open(&path).map_err(RunError::io("write", &path))?;
        let written = file.seek(SeekFrom::End(0)).map_err(RunError::io("write", &path))?;
        Ok(Self { path, file, written, waiting: Vec::new(), since: Instant::now(), last })
    }

    /// The last iteration taken.
    pub(in crate::run) fn last(&self) -> u64 {
        self.last
    }

    /// Takes one line; one already taken is passed over, so that a caller may try again after an
    /// error.
    pub(in crate::run) fn push(&mut self, metrics: &Metrics) -> Result<(), RunError> {
        if metrics.iteration > self.last {
            serde_json::to_writer(&mut self.waiting, &rounded(metrics))
                .map_err(|error| RunError::io("write", &self.path)(error.into()))?;
            self.waiting.push(b'\n');
            self.last = metrics.iteration;
        }
        if self.since.elapsed() < LATEST { Ok(()) } else { self.flush() }
    }

    /// Writes what waits. A file that is not there any more by its name is an error: nobody would
    /// find what is written to it.
    pub(in crate::run) fn flush(&mut self) -> Result<(), RunError> {
        if self.waiting.is_empty() {
            self.since = Instant::now();
            return Ok(());
        }
        self.check_there().map_err(RunError::io("write", &self.path))?;
        let position = SeekFrom::Start(self.written);
        let written = self.file.seek(position).and_then(|_| self.file.write_all(&self.waiting));
        written.map_err(RunError::io("write", &self.path))?;
        self.since = Instant::now();
        self.written += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    fn check_there(&self) -> io::Result<()> {
        let (there, ours) = (fs::metadata(&self.path)?, self.file.metadata()?);
        let same = (there.dev(), there.ino()) == (ours.dev(), ours.ino());
        if same {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::NotFound, "it was replaced by another file"))
        }
    }

    /// After an error: opens the file by its name once more, if that is another one now or the old
    /// one cannot be used any more.
    pub(in crate::run) fn reopen(&mut self) {
        if let Some(dir) = self.path.parent()
            && (self.check_there().is_err() || self.file.sync_data().is_err())
            && let Ok(mut new) = Self::open(dir, self.last)
        {
            std::mem::swap(&mut self.file, &mut new.file);
            self.written = self.written.min(new.written);
        }
    }

    /// Writes what waits and makes it last.
    pub(in crate::run) fn sync(&mut self) -> Result<(), RunError> {
        self.flush()?;
        self.file.sync_data().map_err(RunError::io("write", &self.path))
    }
}

impl Drop for MetricsWriter {
    fn drop(&mut self) {
        // The last chance of a run that ended without saying so; there is nobody left to tell.
        let _ = self.flush();
    }
}

/// Times to a thousandth: their further digits are noise.
fn rounded(metrics: &Metrics) -> Metrics {
    let thousandth = |value: f64| (value * 1000.0).round() / 1000.0;
    let mut rounded = metrics.clone();
    rounded.step_ms = thousandth(metrics.step_ms);
    rounded.elapsed_s = thousandth(metrics.elapsed_s);
    rounded
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::run::metrics::{MetricsLog, tests::row};

    #[test]
    fn a_write_that_fails_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = MetricsWriter::open(folder.path(), 0).unwrap();
        let good = std::mem::replace(
            &mut writer.file,
            File::options().write(true).open("/dev/full").unwrap(),
        );
        let path = std::mem::replace(&mut writer.path, "/dev/full".into());
        writer.push(&row(1)).unwrap();
        assert!(
            writer.flush().unwrap_err().to_string().contains("/dev/full: no space left on device")
        );
        (writer.file, writer.path) = (good, path);
        writer.push(&row(1)).unwrap();
        writer.push(&row(2)).unwrap();
        drop(writer);
        assert_eq!(MetricsLog::read(folder.path()).unwrap().rows, [row(1), row(2)]);
    }
}
