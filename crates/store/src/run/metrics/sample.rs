//! A few rows from all over a log, however long it is: for a glance at many runs.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use super::lines::{parse, whole_lines};
use crate::run::{RunError, paths};
use gan_tui_core::{event::Metrics, files};

/// Bytes read at each place: more than two rows.
const PIECE: u64 = 2048;
/// Bytes read at the end, where the newest score is looked for.
const TAIL: u64 = 1 << 17;

/// A few rows of a log, and its last score.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// Iterations rise.
    pub rows: Vec<Metrics>,
    /// The distance from real images that was measured last; `None` if none was measured lately.
    pub score: Option<f32>,
}

impl Sample {
    /// Reads about `count` rows of a run's log, equally far apart in the file.
    ///
    /// # Errors
    /// Returns an error if there is a log that cannot be read.
    pub fn of(dir: &Path, count: u64) -> Result<Self, RunError> {
        let path = dir.join(paths::METRICS);
        read(&path, count).map_err(RunError::io("read", &path))
    }
}

fn read(path: &Path, count: u64) -> io::Result<Sample> {
    let Some(mut file) = files::open(path)? else { return Ok(Sample::default()) };
    let size = file.metadata()?.len();
    let tail = piece(&mut file, size.saturating_sub(TAIL), TAIL)?;
    let newest: Vec<Metrics> =
        tail.split(|&byte| byte == b'\n').filter_map(|line| parse(line).ok()).collect();
    let score =
        newest.iter().rev().find_map(|row| row.score.as_ref()).map(|score| score.distance());
    let mut rows: Vec<Metrics> = Vec::new();
    if size <= TAIL {
        let last = newest.len().saturating_sub(1) as u64;
        let places = (0..count).map(|at| (at * last / count.max(2).saturating_sub(1)) as usize);
        rows.extend(places.filter_map(|place| newest.get(place)).cloned());
    } else {
        for at in 0..count {
            let start = at * (size - PIECE) / count.max(2).saturating_sub(1);
            let bytes = piece(&mut file, start, PIECE)?;
            // The piece begins within a line, unless it is the first.
            let lines = whole_lines(&bytes).split(|&byte| byte == b'\n');
            rows.extend(lines.filter_map(|line| parse(line).ok()).next());
        }
    }
    rows.dedup_by_key(|row| row.iteration);
    Ok(Sample { rows, score })
}

fn piece(file: &mut File, start: u64, most: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn rows_are_from_all_over_a_log_of_any_length() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Sample::of(dir.path(), 12).unwrap(), Sample::default());
        for length in [1u64, 5, 40, 20_000] {
            let mut log = String::new();
            for iteration in 1..=length {
                let row = format!(r#"{{"iteration":{iteration},"g_loss":1,"step_ms":1,"#);
                writeln!(log, r#"{row}"elapsed_s":{iteration}}}"#).unwrap();
            }
            log.push_str(r#"{"iteration":99999"#);
            std::fs::write(dir.path().join(paths::METRICS), log).unwrap();
            let rows = Sample::of(dir.path(), 12).unwrap().rows;
            assert_eq!(rows.len() as u64, length.min(12), "{length}");
            assert_eq!(rows[0].iteration, 1);
            assert!(rows.is_sorted_by_key(|row| row.iteration));
            assert!(rows.last().unwrap().iteration >= length - length / 20);
        }
    }
}
