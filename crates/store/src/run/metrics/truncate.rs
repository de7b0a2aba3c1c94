//! Cuts `metrics.jsonl` back to an iteration, for a run that is resumed or branched from there.

use std::path::Path;

use gan_tui_core::{
    event::Metrics,
    files::{self, atomic, text},
};

use super::{
    lines::{keep_rising, lines, parse, read_from, whole_lines},
    log::last_row_of,
};
use crate::run::{RunError, paths};

/// What stays of a log that is cut back to an iteration.
#[derive(Debug, Default)]
pub(in crate::run) struct TruncatedLog {
    /// The last row that stays.
    pub last: Option<Metrics>,
    /// The rows with a score that stay, but for the last one.
    pub scored: Vec<Metrics>,
    /// The best score in the rows that stay.
    pub best: Option<f32>,
    /// The last iteration in the log as it is.
    pub reached: u64,
    /// The log as it is, and as it is to be; `None` where nothing is to be cut.
    cut: Option<(Vec<u8>, Vec<u8>)>,
}

impl TruncatedLog {
    /// Whether anything is to be cut.
    pub(in crate::run) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Bytes to be written when the log is cut: what stays, and the whole of it once more, put
    /// aside.
    pub(in crate::run) fn bytes(&self) -> u64 {
        self.cut.as_ref().map_or(0, |(whole, kept)| (whole.len() + kept.len()) as u64)
    }
}

/// What would stay of a log of JSON lines that is cut back to `iteration`, so that a run can resume
/// from there; unreadable lines would go too, and the score of the row `unscored`. Changes nothing.
///
/// # Errors
/// Returns an error if there is a log that cannot be read.
pub(in crate::run) fn truncated(
    dir: &Path,
    iteration: u64,
    unscored: Option<u64>,
) -> Result<TruncatedLog, RunError> {
    let path = dir.join(paths::METRICS);
    let Some(bytes) = read_from(&path, 0).map_err(RunError::io("read", &path))? else {
        return Ok(TruncatedLog::default());
    };
    // None of its lines could be read: it would be cut to nothing.
    if let Some(encoding) = text::foreign_encoding(&bytes) {
        let reason = format!("expected text in UTF-8, found {encoding}");
        return Err(RunError::damaged(&path, reason));
    }
    let mut rows: Vec<(Metrics, &[u8])> = Vec::new();
    for line in lines(whole_lines(&bytes)) {
        if let Ok(row) = parse(line) {
            keep_rising(&mut rows, (row, line), |(row, _)| row.iteration);
        }
    }
    let reached = rows.last().map_or(0, |(row, _)| row.iteration);
    rows.retain(|(row, _)| row.iteration <= iteration);
    let mut kept = Vec::new();
    for (row, line) in &mut rows {
        if Some(row.iteration) == unscored && row.score.take().is_some() {
            serde_json::to_writer(&mut kept, &row)
                .map_err(|error| RunError::damaged(&path, error.to_string()))?;
        } else {
            kept.extend_from_slice(line);
        }
        kept.push(b'\n');
    }
    let scores =
        rows.iter().filter_map(|(row, _)| row.score.as_ref()).map(|score| score.distance());
    let best = scores.min_by(f32::total_cmp);
    let cut = kept != bytes;
    let last = rows.pop().map(|(row, _)| row);
    let scored = rows.into_iter().map(|(row, _)| row).filter(|row| row.score.is_some()).collect();
    Ok(TruncatedLog { last, scored, best, reached, cut: cut.then_some((bytes, kept)) })
}

/// Cuts a log back to what [`truncated`] says. The whole of it is put aside first, unless an earlier one
/// that was put there reaches further.
///
/// # Errors
/// Returns an error if the log cannot be read or written; it is as it was then.
pub(in crate::run) fn truncate(
    dir: &Path,
    iteration: u64,
    unscored: Option<u64>,
    aside: &Path,
) -> Result<(), RunError> {
    let path = dir.join(paths::METRICS);
    let kept = truncated(dir, iteration, unscored)?;
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
pub(in crate::run) fn copy_truncated(
    from: &Path,
    to: &Path,
    iteration: u64,
) -> Result<(), RunError> {
    let (source, path) = (from.join(paths::METRICS), to.join(paths::METRICS));
    let bytes = match truncated(from, iteration, None)?.cut {
        Some((_, cut)) => cut,
        None => read_from(&source, 0).map_err(RunError::io("read", &source))?.unwrap_or_default(),
    };
    atomic::write(&path, &bytes).map_err(RunError::io("write", &path))
}
