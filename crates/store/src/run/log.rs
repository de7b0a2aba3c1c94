//! `log.txt`: what the program noted about a run, for a person to read. A line for each entry, its
//! time (RFC 3339, UTC) and kind first; further lines of an entry are indented. What a process in
//! the background prints by itself stands between them.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{RunError, manifest::now, paths};
use gan_tui_core::files;

/// A log that is longer is cut to its newest half.
const MOST_BYTES: u64 = 1 << 20;
const KEPT_BYTES: u64 = MOST_BYTES / 2;
const INDENT: &str = "    ";

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogKind {
    /// A process begins to work at the run.
    Start,
    Note,
    /// Something was worked around.
    Warning,
    /// The run, or a part of the program, has failed.
    Error,
    /// The process ends its work at the run.
    End,
}

impl LogKind {
    const ALL: [Self; 5] = [Self::Start, Self::Note, Self::Warning, Self::Error, Self::End];

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::End => "end",
        }
    }
}

/// Writes the log of a run.
#[derive(Debug)]
pub struct LogWriter {
    file: File,
    length: u64,
}

impl LogWriter {
    /// Opens the log of a run directory, and makes it if it is not there.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let file = open(&dir.join(paths::LOG))?;
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&mut self, kind: LogKind, text: &str) -> io::Result<()> {
        let entry = entry(&now(), kind, text);
        if self.length + entry.len() as u64 > MOST_BYTES {
            self.shorten()?;
        }
        self.file.write_all(entry.as_bytes())?;
        self.length += entry.len() as u64;
        Ok(())
    }

    /// Keeps the newest half. The file stays the same one, which standard error may go to as well.
    fn shorten(&mut self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        self.file.seek(SeekFrom::Start(length.saturating_sub(KEPT_BYTES)))?;
        let mut newest = Vec::new();
        (&self.file).take(KEPT_BYTES).read_to_end(&mut newest)?;
        let from = newest.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let told = entry(&now(), LogKind::Note, "older entries were removed");
        self.file.set_len(0)?;
        self.file.write_all(told.as_bytes())?;
        self.file.write_all(&newest[from..])?;
        self.length = (told.len() + newest.len() - from) as u64;
        Ok(())
    }
}

/// Opens the log of a run directory so that whatever is written goes to its end.
///
/// # Errors
/// Returns an error if the file cannot be opened.
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).create(true).append(true).open(path)
}

fn entry(time: &str, kind: LogKind, text: &str) -> String {
    let mut lines = text.lines();
    let mut entry = format!("{time} {} {}\n", kind.name(), lines.next().unwrap_or_default());
    for line in lines {
        entry.push_str(&format!("{INDENT}{line}\n"));
    }
    entry
}

/// What in a log a person should read, since a process last began to work at the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogSummary {
    pub warnings: usize,
    pub errors: usize,
}

impl LogSummary {
    /// Returns the summary of a run's log; a run without one has nothing to be read.
    ///
    /// # Errors
    /// Returns an error if the log is there and cannot be read.
    pub fn of(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(paths::LOG);
        let Some(file) = files::open(&path).map_err(RunError::io("read", &path))? else {
            return Ok(Self::default());
        };
        Self::read(file).map_err(RunError::io("read", &path))
    }

    fn read(file: impl Read) -> io::Result<Self> {
        let mut summary = Self::default();
        // A log of ours is never longer.
        let mut reader = BufReader::new(file.take(2 * MOST_BYTES));
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            match kind(&String::from_utf8_lossy(&line)) {
                Some(LogKind::Start) => summary = Self::default(),
                Some(LogKind::Warning) => summary.warnings += 1,
                Some(LogKind::Error) => summary.errors += 1,
                Some(LogKind::Note | LogKind::End) | None => {}
            }
            line.clear();
        }
        Ok(summary)
    }

    /// Returns `2 warnings, 1 error`; `None` if there is nothing to be read.
    pub fn text(self) -> Option<String> {
        let counted = |count: usize, what: &str| {
            let ending = if count == 1 { "" } else { "s" };
            (count > 0).then(|| format!("{count} {what}{ending}"))
        };
        let parts = [counted(self.warnings, "warning"), counted(self.errors, "error")];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        (!text.is_empty()).then_some(text)
    }
}

/// Returns the kind of the entry that a line begins. A line that is no entry was printed by a
/// process in the background: what it said as it died is an error.
fn kind(line: &str) -> Option<LogKind> {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = line.split(' ');
    let (time, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_time = time.len() == 20 && time.ends_with('Z');
    let found = LogKind::ALL.into_iter().find(|found| is_time && found.name() == kind);
    found.or_else(|| match line.split(':').next() {
        Some("warning") => Some(LogKind::Warning),
        Some("note") => Some(LogKind::Note),
        _ => Some(LogKind::Error),
    })
}

/// Returns the path of a run's log.
pub fn path(dir: &Path) -> PathBuf {
    dir.join(paths::LOG)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn entries_are_counted_since_the_last_start() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(LogSummary::of(folder.path()).unwrap(), LogSummary::default());
        let mut log = LogWriter::open(folder.path()).unwrap();
        log.write(LogKind::Start, "first").unwrap();
        log.write(LogKind::Error, "it panicked\n 0: main\n 1: error").unwrap();
        log.write(LogKind::Warning, "a line is damaged").unwrap();
        let counted = |warnings, errors| LogSummary { warnings, errors };
        assert_eq!(LogSummary::of(folder.path()).unwrap(), counted(1, 1));
        assert_eq!(counted(1, 2).text().unwrap(), "1 warning, 2 errors");
        let text = fs::read_to_string(path(folder.path())).unwrap();
        assert!(text.contains(" error it panicked\n     0: main\n     1: error\n"), "{text}");
        log.write(LogKind::Start, "again").unwrap();
        assert_eq!(LogSummary::of(folder.path()).unwrap().text(), None);
        fs::write(
            path(folder.path()),
            text + "memory allocation of 8 bytes failed\nwarning: x\nnote: y\n\n",
        )
        .unwrap();
        assert_eq!(LogSummary::of(folder.path()).unwrap(), counted(2, 2));
    }

    #[test]
    fn a_log_is_bounded_and_its_newest_entries_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogWriter::open(folder.path()).unwrap();
        let text = "x".repeat(10_000);
        for number in 0..300 {
            log.write(LogKind::Note, &format!("{number} {text}")).unwrap();
            assert!(fs::metadata(path(folder.path())).unwrap().len() <= MOST_BYTES);
        }
        let text = fs::read_to_string(path(folder.path())).unwrap();
        assert!(text.lines().next().unwrap().ends_with(" note older entries were removed"));
        assert!(text.lines().last().unwrap().contains(" note 299 x"));
        let times = text.lines().filter(|line| kind(line) == Some(LogKind::Note)).count();
        assert_eq!(times, text.lines().count(), "no entry is cut");
    }
}
