//! The lines of `metrics.jsonl`: one JSON object an iteration.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use gan_tui_core::{
    event::Metrics,
    files::{self, text},
};
use serde::Deserialize;

/// Adds a row where iterations go on rising, and tells whether all rows stayed. Of two that
/// contradict each other the one that leapt ahead goes: a damaged digit must not cost all the rows
/// that follow it.
pub(super) fn keep_rising<T>(rows: &mut Vec<T>, row: T, iteration: impl Fn(&T) -> u64) -> bool {
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
pub(super) fn read_from(path: &Path, start: u64) -> io::Result<Option<Vec<u8>>> {
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
pub(super) fn whole_lines(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    &bytes[..end]
}

pub(super) fn lines(bytes: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

pub(super) fn parse(line: &[u8]) -> serde_json::Result<Metrics> {
    // The first line has one if the file was saved by an editor on Windows.
    let line = line.strip_prefix(text::BYTE_ORDER_MARK).unwrap_or(line);
    let mut json = serde_json::Deserializer::from_slice(line);
    let row = Metrics::deserialize(&mut json)?;
    json.end()?;
    Ok(row)
}
