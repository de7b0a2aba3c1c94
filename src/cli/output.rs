//! Text for a person: numbers, durations, columns; and whether a file can be written at all.

use std::{
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

use anyhow::{Context, anyhow, bail, ensure};
use serde::Serialize;

pub use gan_tui_core::text::grouped;
use gan_tui_core::{
    files::{self, atomic},
    text::{self, escaped, shown},
    waiting,
};

/// Writes to stdout.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    let mut stdout = waiting::stdout();
    stdout
        .write_all(text.as_ref())
        .and_then(|()| stdout.flush())
        .context("cannot write to standard output")
}

/// Prints what has been written to a file, unless that file is standard output itself.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print_written(out: &Path, text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    if atomic::is_stdout(out) { Ok(()) } else { print(text) }
}

/// Writes a value to stdout as JSON.
///
/// # Errors
/// Returns an error if standard output cannot be written.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(format!("{}\n", serde_json::to_string_pretty(value)?))
}

/// Checks that a file can be written there, before the work that fills it.
///
/// # Errors
/// Returns an error if its folder is missing, it is a folder itself, or the folder cannot be read.
pub fn can_write(out: &Path) -> anyhow::Result<()> {
    let unknown =
        |error: io::Error| anyhow!("cannot write {}: {}", shown(out), files::reason(&error));
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        ensure!(
            files::is_folder(folder).map_err(unknown)?,
            "cannot write {}: no such folder",
            shown(out)
        );
    }
    if files::is_folder(out).map_err(unknown)? {
        bail!("cannot write {}: it is a folder", shown(out));
    }
    Ok(())
}

/// Returns `1 thread`, `2 threads`.
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A duration in its two largest units, as the monitor has it: `42s`, `3m 07s`, `1h 02m`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

/// Bytes as people say them: `512 B`, `28.9 kB`, `9.7 MB`, `1.3 GB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// How a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows in columns as wide as their widest cell, two spaces apart, a line each; an empty column is
/// left out. Cells may hold any text: what would have an effect on a terminal is escaped.
pub fn table<const N: usize>(alignment: [Align; N], rows: &[[String; N]]) -> String {
    let cells = |row: &[String; N]| -> [String; N] {
        std::array::from_fn(|column| escaped(&row[column]).into_owned())
    };
    let rows: Vec<[String; N]> = rows.iter().map(cells).collect();
    let width = |column: usize| rows.iter().map(|row| text::width(&row[column])).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let gap = if column == 0 || widths[column] == 0 { "" } else { "  " };
            let room = " ".repeat(widths[column] - text::width(cell));
            line += &match alignment[column] {
                Align::Left => format!("{gap}{cell}{room}"),
                Align::Right => format!("{gap}{room}{cell}"),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 999, 28_881, 9_719_462, 1_250_000_000].map(size);
        assert_eq!(sizes, ["0 B", "999 B", "28.9 kB", "9.7 MB", "1.2 GB"]);
    }

    #[test]
    fn durations_have_two_units() {
        assert_eq!(
            [9, 187, 3723].map(|seconds| duration(Duration::from_secs(seconds))),
            ["9s", "3m 07s", "1h 02m"]
        );
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "1"], ["long", "20"], ["x", ""]].map(|row| row.map(str::to_owned));
        assert_eq!(table([Align::Left, Align::Right], &rows), "a      1\nlong  20\nx\n");
        let rows = [["日本", "1"], ["a\u{1b}", "2"], ["e\u{301}", "3"]];
        assert_eq!(
            table([Align::Left; 2], &rows.map(|row| row.map(str::to_owned))),
            "日本   1\na\\x1b  2\ne\u{301}      3\n"
        );
    }
}
