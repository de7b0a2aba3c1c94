//! Reads `metrics.jsonl`, also while it grows.

use std::path::Path;

use gan_tui_core::{
    event::{Metrics, Series},
    files::{self, text},
};

use super::lines::{keep_rising, lines, parse, read_blocks, read_from, whole_lines};
use crate::run::{RunError, paths};

/// Rows held at most.
const MOST_ROWS: usize = 1 << 17;
/// The newest rows, none of which is left out.
const NEWEST: usize = 1 << 13;
/// Strides in which the extremes are kept.
const SPAN: u64 = 64;

/// What could be read of a metrics log, and where reading goes on when the file has grown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricsLog {
    /// Iterations rise; some may be missing. Of a log of more than some 100,000 only a part is held,
    /// with the extremes.
    pub rows: Vec<Metrics>,
    /// How many lines could not be read.
    pub bad_lines: usize,
    /// The number of the first such line, from 1.
    pub first_bad_line: usize,
    /// The file ends within a line: it is being written, or its writer died.
    pub torn: bool,
    /// Why there are no rows, if the file cannot be read or is in another encoding.
    problem: Option<String>,
    lines: usize,
    end: u64,
    /// Iterations of which one row is held; 0 if all are.
    stride: u64,
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

    /// A log that could not be read, for this reason.
    pub(in crate::run) fn unreadable(error: &RunError) -> Self {
        Self { problem: Some(error.to_string()), ..Self::default() }
    }

    /// Reads what was appended since; a log that was cut back is read again.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn refresh(&mut self, dir: &Path) -> Result<(), RunError> {
        self.refresh_until(dir, &mut |_| true)
    }

    /// The same; `go_on` is told how far into the file it has come, and ends it by `false`.
    ///
    /// # Errors
    /// As [`MetricsLog::refresh`].
    pub fn refresh_until(
        &mut self,
        dir: &Path,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), RunError> {
        let path = dir.join(paths::METRICS);
        let start = self.end;
        let before = self.rows.last().map(|row| row.iteration);
        let mut was_cut = false;
        let read = read_blocks(&path, start, &mut |block, end| {
            if self.end == start
                && let (Some(before), Some(next)) =
                    (before, lines(block).find_map(|line| parse(line).ok()))
                && next.iteration <= before
            {
                was_cut = true;
                return false;
            }
            self.take(block);
            self.end = end;
            go_on(end)
        });
        match read.map_err(RunError::io("read", &path))? {
            Some((end, torn)) if !was_cut => (self.end, self.torn) = (end, torn),
            _ if start > 0 => {
                *self = Self::default();
                return self.refresh_until(dir, go_on);
            }
            _ => *self = Self::default(),
        }
        Ok(())
    }

    /// What a person should know about the log, if anything; `growing` logs may end within a line.
    pub fn warning(&self, growing: bool) -> Option<String> {
        let (file, first) = (paths::METRICS, self.first_bad_line);
        if let Some(problem) = &self.problem {
            return Some(problem.clone());
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

    fn take(&mut self, whole: &[u8]) {
        if self.end == 0 {
            self.problem = text::foreign_encoding(whole).map(|encoding| {
                format!("{}: expected text in UTF-8, found {encoding}", paths::METRICS)
            });
        }
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
        while self.rows.len() > MOST_ROWS {
            self.stride = 2 * self.stride.max(1);
            thin(&mut self.rows, self.stride);
        }
    }
}

/// Leaves out rows of a long log, but for the newest: the first of every `stride` iterations stays,
/// and of every [`SPAN`] strides those with the least and the greatest losses, the first value that
/// is no number, and the best score.
fn thin(rows: &mut Vec<Metrics>, stride: u64) {
    let recent = rows.split_off(rows.len() - NEWEST);
    let mut kept = Vec::with_capacity(MOST_ROWS);
    for span in rows.chunk_by(|a, b| a.iteration / (SPAN * stride) == b.iteration / (SPAN * stride))
    {
        let extremes = extremes(span);
        let mut last = None;
        for (at, row) in span.iter().enumerate() {
            let is_first = last.replace(row.iteration / stride) != Some(row.iteration / stride);
            if is_first || extremes.contains(&at) {
                kept.push(row.clone());
            }
        }
    }
    kept.extend(recent);
    *rows = kept;
}

/// The places of the rows that a chart of so many would miss.
fn extremes(span: &[Metrics]) -> Vec<usize> {
    let mut places = Vec::new();
    for series in [Series::D_LOSS, Series::G_LOSS] {
        let values =
            || span.iter().map(|row| row.value(series)).enumerate().filter(|(_, v)| v.is_finite());
        places.extend(values().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at));
        places.extend(values().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at));
        places.extend(span.iter().position(|row| !row.value(series).is_finite()));
    }
    let scores = span
        .iter()
        .enumerate()
        .filter_map(|(at, row)| row.score.as_ref().map(|score| (at, score.distance())));
    places.extend(scores.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at));
    places
}

/// Calls `each` with every readable row of a log, iterations rising, without keeping them.
///
/// # Errors
/// Returns an error if the log cannot be read, or that of `each`, which ends it.
pub(crate) fn for_each_row<E: From<RunError>>(
    dir: &Path,
    each: &mut dyn FnMut(Metrics) -> Result<(), E>,
) -> Result<(), E> {
    let path = dir.join(paths::METRICS);
    // The last two at most: the newest is given on once the next one has confirmed it.
    let (mut rows, mut done) = (Vec::new(), Ok(()));
    let read = read_blocks(&path, 0, &mut |block, _| {
        for line in lines(block) {
            if let Ok(row) = parse(line) {
                keep_rising(&mut rows, row, |row| row.iteration);
            }
            if rows.len() > 2 {
                done = each(rows.remove(0));
            }
            if done.is_err() {
                return false;
            }
        }
        true
    });
    read.map_err(RunError::io("read", &path))?;
    done?;
    rows.into_iter().try_for_each(each)
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
