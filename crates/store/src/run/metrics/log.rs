//! Reads `metrics.jsonl`, also while it grows.

use std::path::Path;

use gan_tui_core::{
    event::Metrics,
    files::{self, text},
};

use super::lines::{keep_rising, lines, parse, read_from, whole_lines};
use crate::run::{RunError, paths};

/// What could be read of a metrics log, and where reading goes on when the file has grown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricsLog {
    /// Iterations rise; some may be missing.
    pub rows: Vec<Metrics>,
    /// How many lines could not be read.
    pub bad_lines: usize,
    /// The number of the first such line, from 1.
    pub first_bad_line: usize,
    /// The file ends within a line: it is being written, or its writer died.
    pub torn: bool,
    /// The encoding, if it is not that of a log.
    encoding: Option<&'static str>,
    lines: usize,
    end: u64,
}

impl MetricsLog {
    /// Reads the log of a run directory; one that is not there is empty.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read at all. What it holds is never an error.
    pub fn read(dir: &Path) -> Result<Self, RunError> {
        let mut log = Self::default();
        log.refresh(dir)?;
        Ok(log)
    }

    /// Reads what was appended since; a log that was cut back is read again.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
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
        if let Some(encoding) = self.encoding {
            return Some(format!("{file}: expected text in UTF-8, found {encoding}"));
        }
        match (self.bad_lines, self.torn && !growing) {
            (0, false) => None,
            (0, true) => Some(format!("{file}: the last line is incomplete and was skipped")),
            (1, _) => Some(format!("{file}: line {first} is unreadable and was skipped")),
            (count, _) => Some(format!(
                "{file}: {count} lines are unreadable and were skipped, the first is line {first}"
            )),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.end == 0 {
            self.encoding = text::foreign_encoding(bytes);
        }
        let whole = whole_lines(bytes);
        self.end += whole.len() as u64;
        self.torn = whole.len() < bytes.len();
        for line in lines(whole) {
            self.lines += 1;
            let kept =
                parse(line).is_ok_and(|row| keep_rising(&mut self.rows, row, |row| row.iteration));
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
pub(in crate::run) fn last_row(dir: &Path) -> Result<Option<Metrics>, RunError> {
    last_row_of(&dir.join(paths::METRICS))
}

pub(in crate::run) fn last_row_of(path: &Path) -> Result<Option<Metrics>, RunError> {
    const TAIL: u64 = 8192;
    let size =
        files::metadata(path).map_err(RunError::io("read", path))?.map_or(0, |found| found.len());
    let bytes = read_from(path, size.saturating_sub(TAIL))
        .map_err(RunError::io("read", path))?
        .unwrap_or_default();
    Ok(lines(whole_lines(&bytes)).filter_map(|line| parse(line).ok()).next_back())
}
