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

/// Bytes read at once, and of a line at most: what is longer is no row.
const BLOCK: u64 = 1 << 20;
const LONGEST_LINE: usize = 16 << 20;

/// Reads the whole lines of a file from `start` on, in blocks. `take` is given some lines at a time,
/// and how far into the file they reach; reading ends once it returns `false`. Returns where the
/// lines end, and whether more follows; `None` if the file is shorter than `start`.
pub(super) fn read_blocks(
    path: &Path,
    start: u64,
    take: &mut dyn FnMut(&[u8], u64) -> bool,
) -> io::Result<Option<(u64, bool)>> {
    let Some(mut file) = files::open(path)? else { return Ok(None) };
    let size = file.metadata()?.len();
    if size < start {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let (mut end, mut buffer) = (start, Vec::new());
    // No more than there was: a log on a shared disk may grow faster than it is read.
    let mut left = size - start;
    while left > 0 {
        let read = (&mut file).take(left.min(BLOCK)).read_to_end(&mut buffer)? as u64;
        if read == 0 {
            break;
        }
        left -= read;
        let whole = whole_lines(&buffer).len();
        end += whole as u64;
        if whole > 0 && !take(&buffer[..whole], end) {
            return Ok(Some((end, true)));
        }
        buffer.drain(..whole);
        if buffer.len() > LONGEST_LINE {
            end += buffer.len() as u64;
            buffer.clear();
        }
    }
    Ok(Some((end, !buffer.is_empty())))
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
