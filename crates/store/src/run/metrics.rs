//! `metrics.jsonl`: one JSON object an iteration, appended while training, read while it grows, cut
//! back for a resumed run.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::Deserialize;

use super::{RunError, paths};
use gan_tui_core::{
    event::Metrics,
    files::{self, atomic},
};

/// Lines wait in memory no longer than this.
const LATEST: Duration = Duration::from_millis(500);

/// Appends metrics to a run's log.
///
/// A write that fails leaves the lines in memory: the next one tries again from where the file was
/// still whole.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    file: File,
    /// Bytes of the file that are known to be whole lines.
    written: u64,
    waiting: Vec<u8>,
    since: Instant,
    last: u64,
}

impl Writer {
    /// Goes on after what the log holds; the file is created where there is none. `last` is the
    /// last iteration in it.
    pub(super) fn open(dir: &Path, last: u64) -> Result<Self, RunError> {
        let path = dir.join(paths::METRICS);
        let options = File::options().write(true).create(true).truncate(false).clone();
        let mut file = options.open(&path).map_err(RunError::io("write", &path))?;
        let written = file.seek(SeekFrom::End(0)).map_err(RunError::io("write", &path))?;
        Ok(Self { path, file, written, waiting: Vec::new(), since: Instant::now(), last })
    }

    /// The last iteration taken.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Takes one line; one already taken is passed over, so that a caller may try again after an
    /// error.
    pub(super) fn push(&mut self, metrics: &Metrics) -> Result<(), RunError> {
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
    pub(super) fn flush(&mut self) -> Result<(), RunError> {
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
            Err(io::Error::new(io::ErrorKind::NotFound, "another file has taken its place"))
        }
    }

    /// After an error: opens the file by its name once more, if that is another one now or the old
    /// one cannot be used any more.
    pub(super) fn reopen(&mut self) {
        if let Some(dir) = self.path.parent()
            && (self.check_there().is_err() || self.file.sync_data().is_err())
            && let Ok(mut new) = Self::open(dir, self.last)
        {
            std::mem::swap(&mut self.file, &mut new.file);
            self.written = self.written.min(new.written);
        }
    }

    /// Writes what waits and makes it last.
    pub(super) fn sync(&mut self) -> Result<(), RunError> {
        self.flush()?;
        self.file.sync_data().map_err(RunError::io("write", &self.path))
    }
}

impl Drop for Writer {
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

/// What could be read of a metrics log, and where reading goes on when the file has grown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Log {
    /// Iterations rise; some may be missing.
    pub rows: Vec<Metrics>,
    /// How many lines could not be read.
    pub bad_lines: usize,
    /// The number of the first such line, from 1.
    pub first_bad_line: usize,
    /// The file ends within a line: it is being written, or its writer died.
    pub torn: bool,
    lines: usize,
    end: u64,
}

impl Log {
    /// Reads the log of a run directory; one that is not there is empty.
    ///
    /// # Errors
    /// Where the file cannot be read at all. What it holds is never an error.
    pub fn read(dir: &Path) -> Result<Self, RunError> {
        let mut log = Self::default();
        log.refresh(dir)?;
        Ok(log)
    }

    /// Reads what was appended since; a log that was cut back is read anew.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn refresh(&mut self, dir: &Path) -> Result<(), RunError> {
        let path = dir.join(paths::METRICS);
        let Some(bytes) = read_from(&path, self.end).map_err(RunError::io("read", &path))? else {
            *self = Self::default();
            return match read_from(&path, 0).map_err(RunError::io("read", &path))? {
                Some(bytes) => {
                    self.take(&bytes);
                    Ok(())
                }
                None => Ok(()),
            };
        };
        let before = self.rows.last().map(|row| row.iteration);
        if let (Some(before), Some(next)) =
            (before, lines(&bytes).find_map(|line| parse(line).ok()))
            && next.iteration <= before
        {
            *self = Self::default();
            return self.refresh(dir);
        }
        self.take(&bytes);
        Ok(())
    }

    /// What a person should know about the log, if anything; `growing` logs may end within a line.
    pub fn warning(&self, growing: bool) -> Option<String> {
        let (file, first) = (paths::METRICS, self.first_bad_line);
        match (self.bad_lines, self.torn && !growing) {
            (0, false) => None,
            (0, true) => Some(format!("{file}: the last line is torn and was left out")),
            (1, _) => Some(format!("{file}: line {first} is unreadable and was left out")),
            (count, _) => Some(format!(
                "{file}: {count} lines are unreadable and were left out, the first is line {first}"
            )),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let whole = whole_lines(bytes);
        self.end += whole.len() as u64;
        self.torn = whole.len() < bytes.len();
        for line in lines(whole) {
            self.lines += 1;
            let kept = parse(line)
                .is_ok_and(|row| keep_rising(&mut self.rows, row, |row| row.iteration));
            if !kept {
                if self.bad_lines == 0 {
                    self.first_bad_line = self.lines;
                }
                self.bad_lines += 1;
            }
        }
    }
}

/// The last row of a run's log, from the end of the file: cheap however long it is.
///
/// # Errors
/// Returns an error if there is a log that cannot be read.
pub(super) fn last_row(dir: &Path) -> Result<Option<Metrics>, RunError> {
    last_row_of(&dir.join(paths::METRICS))
}

pub(super) fn last_row_of(path: &Path) -> Result<Option<Metrics>, RunError> {
    const TAIL: u64 = 8192;
    let size =
        files::metadata(path).map_err(RunError::io("read", path))?.map_or(0, |found| found.len());
    let bytes = read_from(path, size.saturating_sub(TAIL))
        .map_err(RunError::io("read", path))?
        .unwrap_or_default();
    Ok(lines(whole_lines(&bytes)).filter_map(|line| parse(line).ok()).next_back())
}

/// What stays of a log that is cut back to an iteration.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The last row that stays.
    pub last: Option<Metrics>,
    /// The best score in the rows that stay.
    pub best: Option<f32>,
    /// The last iteration in the log as it is.
    pub reached: u64,
    /// The log as it is, and as it is to be; `None` where nothing is to be cut.
    cut: Option<(Vec<u8>, Vec<u8>)>,
}

impl Kept {
    /// Whether anything is to be cut.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Bytes to be written when the log is cut: what stays, and the whole of it once more, put
    /// aside.
    pub(super) fn bytes(&self) -> u64 {
        self.cut.as_ref().map_or(0, |(whole, kept)| (whole.len() + kept.len()) as u64)
    }
}

/// What would stay of a log of JSON lines that is cut back to `iteration`, so that a run can resume
/// from there; unreadable lines would go too. Changes nothing.
///
/// # Errors
/// Returns an error if there is a log that cannot be read.
pub(super) fn kept(dir: &Path, iteration: u64) -> Result<Kept, RunError> {
    let path = dir.join(paths::METRICS);
    let Some(bytes) = read_from(&path, 0).map_err(RunError::io("read", &path))? else {
        return Ok(Kept::default());
    };
    let mut rows: Vec<(Metrics, &[u8])> = Vec::new();
    for line in lines(whole_lines(&bytes)) {
        if let Ok(row) = parse(line) {
            keep_rising(&mut rows, (row, line), |(row, _)| row.iteration);
        }
    }
    let reached = rows.last().map_or(0, |(row, _)| row.iteration);
    rows.retain(|(row, _)| row.iteration <= iteration);
    let kept: Vec<u8> =
        rows.iter().flat_map(|(_, line)| line.iter().copied().chain([b'\n'])).collect();
    let scores = rows.iter().filter_map(|(row, _)| row.score.as_ref()).map(|score| score.frechet_distance);
    let (last, best) = (rows.last().map(|(row, _)| row.clone()), scores.min_by(f32::total_cmp));
    Ok(Kept { last, best, reached, cut: (kept != bytes).then_some((bytes, kept)) })
}

/// Cuts a log back to what [`kept`] says. The whole of it is put aside first, unless an earlier one
/// that was put there reaches further.
///
/// # Errors
/// Returns an error if the log cannot be read or written; it is as it was then.
pub(super) fn cut(dir: &Path, iteration: u64, aside: &Path) -> Result<(), RunError> {
    let path = dir.join(paths::METRICS);
    let kept = kept(dir, iteration)?;
    let Some((whole, cut)) = kept.cut else { return Ok(()) };
    let is_there = files::exists(aside).map_err(RunError::io("read", aside))?;
    if !is_there || last_row_of(aside)?.map_or(0, |row| row.iteration) < kept.reached {
        atomic::write(aside, &whole).map_err(RunError::io("write", aside))?;
    }
    atomic::write(&path, &cut).map_err(RunError::io("write", &path))
}

/// Writes the log of one run directory into another, cut back to an iteration.
///
/// # Errors
/// Returns an error if the one cannot be read, or the other not be written.
pub(super) fn copy(from: &Path, to: &Path, iteration: u64) -> Result<(), RunError> {
    let (source, path) = (from.join(paths::METRICS), to.join(paths::METRICS));
    let bytes = match kept(from, iteration)?.cut {
        Some((_, cut)) => cut,
        None => read_from(&source, 0).map_err(RunError::io("read", &source))?.unwrap_or_default(),
    };
    atomic::write(&path, &bytes).map_err(RunError::io("write", &path))
}

/// Adds a row where iterations go on rising, and tells whether all rows stayed. Of two that
/// contradict each other the one that leapt ahead goes: a damaged digit must not cost all the rows
/// that follow it.
fn keep_rising<T>(rows: &mut Vec<T>, row: T, iteration: impl Fn(&T) -> u64) -> bool {
    let (next, last) = (iteration(&row), rows.last().map_or(0, &iteration));
    if next > last || rows.is_empty() {
        rows.push(row);
        return true;
    }
    let before = rows.iter().rev().nth(1).map_or(0, &iteration);
    if next > before && last > before + 1 {
        rows.pop();
        rows.push(row);
    }
    false
}

/// The file from `start` on; `None` where there is no file, or a shorter one.
fn read_from(path: &Path, start: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = files::open(path)? else { return Ok(None) };
    let size = file.metadata()?.len();
    if size < start {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    // No more than there was: a log on a shared disk may grow faster than it is read.
    file.take(size - start).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The part that ends with a line's end.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    &bytes[..end]
}

fn lines(bytes: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

fn parse(line: &[u8]) -> serde_json::Result<Metrics> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let row = Metrics::deserialize(&mut json)?;
    json.end()?;
    Ok(row)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn row(iteration: u64) -> Metrics {
        Metrics::new(iteration, 12.25, 0.5).with([
            (Series::D_LOSS, 0.1 * iteration as f32),
            (Series::D_LOSS_REAL, 0.3),
            (Series::D_LOSS_FAKE, 0.7),
            (Series::G_LOSS, 1.0 / 3.0),
            (Series::D_ACCURACY, 0.5),
            (Series::D_REAL, 0.6),
            (Series::D_FAKE, 0.4),
        ])
    }

    fn written(rows: impl IntoIterator<Item = u64>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), 0).unwrap();
        for iteration in rows {
            writer.push(&row(iteration)).unwrap();
        }
        writer.sync().unwrap();
        folder
    }

    fn append(folder: &Path, bytes: &[u8]) {
        File::options()
            .append(true)
            .open(folder.join(paths::METRICS))
            .unwrap()
            .write_all(bytes)
            .unwrap();
    }

    fn iterations(log: &Log) -> Vec<u64> {
        log.rows.iter().map(|row| row.iteration).collect()
    }

    #[test]
    fn a_line_has_exactly_these_fields() {
        let folder = written([1]);
        let text = fs::read_to_string(folder.path().join(paths::METRICS)).unwrap();
        assert_eq!(
            text,
            "{\"iteration\":1,\"d_loss\":0.1,\"d_loss_real\":0.3,\"d_loss_fake\":0.7,\"g_loss\":0.33333334,\"d_accuracy\":0.5,\
             \"d_real\":0.6,\"d_fake\":0.4,\"step_ms\":12.25,\"elapsed_s\":0.5}\n"
        );
    }

    #[test]
    fn rows_are_read_as_they_were_written() {
        let folder = written(1..=50);
        let log = Log::read(folder.path()).unwrap();
        assert_eq!(log.rows, (1..=50).map(row).collect::<Vec<_>>());
        assert_eq!(log.warning(false), None);
        assert_eq!(last_row(folder.path()).unwrap(), Some(row(50)));
        assert_eq!(last_row(&folder.path().join("missing")).unwrap(), None);
    }

    #[test]
    fn an_iteration_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), 0).unwrap();
        for iteration in [1, 1, 2, 2, 1] {
            writer.push(&row(iteration)).unwrap();
        }
        drop(writer);
        assert_eq!(iterations(&Log::read(folder.path()).unwrap()), [1, 2]);
    }

    #[test]
    fn numbers_that_json_lacks_are_null_and_read_as_nan() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), 0).unwrap();
        writer.push(&row(1).with([(Series::G_LOSS, f32::NAN), (Series::D_LOSS, f32::INFINITY)])).unwrap();
        drop(writer);
        let text = fs::read_to_string(folder.path().join(paths::METRICS)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json["g_loss"].is_null() && json["d_loss"].is_null());
        let log = Log::read(folder.path()).unwrap();
        assert!(log.rows[0].value(Series::G_LOSS).is_nan() && log.rows[0].value(Series::D_LOSS).is_nan());
        assert_eq!(log.rows[0].value(Series::D_REAL), 0.6);
    }

    #[test]
    fn a_torn_last_line_waits_for_its_rest() {
        let folder = written([1, 2]);
        append(folder.path(), b"{\"iteration\":3,\"d_lo");
        let mut log = Log::read(folder.path()).unwrap();
        assert_eq!((iterations(&log), log.torn), (vec![1, 2], true));
        assert_eq!(log.warning(true), None);
        assert_eq!(
            log.warning(false).unwrap(),
            "metrics.jsonl: the last line is torn and was left out"
        );
        let rest = serde_json::to_string(&row(3)).unwrap();
        append(folder.path(), &rest.as_bytes()[20..]);
        append(folder.path(), b"\n");
        log.refresh(folder.path()).unwrap();
        assert_eq!((iterations(&log), log.torn), (vec![1, 2, 3], false));
    }

    #[test]
    fn unreadable_lines_are_left_out_and_told() {
        let folder = written([1]);
        append(folder.path(), b"\xff\xfe\n{}\n");
        let mut writer = Writer::open(folder.path(), 1).unwrap();
        writer.push(&row(2)).unwrap();
        drop(writer);
        let log = Log::read(folder.path()).unwrap();
        assert_eq!(iterations(&log), [1, 2]);
        assert_eq!(
            log.warning(true).unwrap(),
            "metrics.jsonl: 2 lines are unreadable and were left out, the first is line 2"
        );
    }

    #[test]
    fn a_log_is_cut_back_and_goes_on() {
        let folder = written(1..=9);
        append(folder.path(), b"{\"iter");
        let mut reader = Log::read(folder.path()).unwrap();
        let all = fs::read(folder.path().join(paths::METRICS)).unwrap();
        let kept_5 = kept(folder.path(), 5).unwrap();
        assert_eq!((kept_5.last, kept_5.best), (Some(row(5)), None));
        assert!(
            fs::read(folder.path().join(paths::METRICS)).unwrap() == all,
            "looking changes nothing"
        );
        let aside = paths::before(folder.path(), paths::METRICS, 5);
        cut(folder.path(), 5, &aside).unwrap();
        assert!(fs::read(&aside).unwrap() == all, "what is cut is put aside");
        let mut writer = Writer::open(folder.path(), 5).unwrap();
        for iteration in 6..=20 {
            writer.push(&row(iteration)).unwrap();
        }
        drop(writer);
        let whole = written(1..=20);
        let bytes = |folder: &Path| fs::read(folder.join(paths::METRICS)).unwrap();
        assert_eq!(bytes(folder.path()), bytes(whole.path()));
        reader.refresh(folder.path()).unwrap();
        assert_eq!(iterations(&reader), (1..=20).collect::<Vec<_>>(), "a reader notices");
        cut(folder.path(), 0, &aside).unwrap();
        assert!(
            fs::read(&aside).unwrap() == bytes(whole.path()),
            "what reaches further takes the place of an earlier cut"
        );
        append(folder.path(), &fs::read(written(1..=3).path().join(paths::METRICS)).unwrap());
        cut(folder.path(), 0, &aside).unwrap();
        assert!(fs::read(&aside).unwrap() == bytes(whole.path()), "what does not leaves it");
        assert_eq!(kept(folder.path(), 0).unwrap().last, None);
        reader.refresh(folder.path()).unwrap();
        assert!(reader.rows.is_empty());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_write_that_fails_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = Writer::open(folder.path(), 0).unwrap();
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
        assert_eq!(iterations(&Log::read(folder.path()).unwrap()), [1, 2]);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(paths::METRICS), &bytes).unwrap();
            let log = Log::read(folder.path()).unwrap();
            prop_assert!(log.rows.len() + log.bad_lines <= bytes.len());
            cut(folder.path(), 10, &folder.path().join("aside")).unwrap();
        }

        #[test]
        fn damage_costs_the_damaged_lines_alone(at in 0usize..2000, byte in any::<u8>()) {
            let folder = written(1..=20);
            let path = folder.path().join(paths::METRICS);
            let mut bytes = fs::read(&path).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            fs::write(&path, &bytes).unwrap();
            let log = Log::read(folder.path()).unwrap();
            prop_assert!(log.rows.len() >= 18, "{} rows of 20", log.rows.len());
        }
    }
}
