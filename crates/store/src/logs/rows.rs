//! Files with a row of numbers a line: JSON objects, or CSV with a header. Read from where reading
//! ended before, a bounded piece at a time.

mod json;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Content, Entry, Item};
use gan_tui_core::files;
use json::Row;

/// Of a line at most: what is longer is no row.
const LONGEST_LINE: usize = 1 << 20;
/// Names of numbers that are known at most.
const MOST_TAGS: usize = 4096;

/// What rows name their step and their time, the most telling first.
const STEPS: [&str; 7] =
    ["iteration", "step", "global_step", "_step", "iter", "iterations", "epoch"];
const TIMES: [&str; 8] =
    ["elapsed_s", "wall_time", "time", "timestamp", "_timestamp", "_runtime", "elapsed", "seconds"];

/// How the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    Json,
    /// Names in the first line, values with commas, semicolons or tabs between them.
    Csv,
}

impl Format {
    /// Returns the format of a file by its name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Json),
            "csv" | "tsv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A file of rows that is being read.
#[derive(Debug)]
pub struct RowFile {
    path: PathBuf,
    format: Format,
    source: u32,
    /// Where the next line begins.
    end: u64,
    /// Rows so far, which number those without a step.
    rows: i64,
    header: Option<Header>,
    tags: HashMap<String, Arc<str>>,
    bad_lines: u64,
    /// Whether it is the log of a run of ours, whose names are known.
    is_ours: bool,
}

/// The first line of a CSV file.
#[derive(Debug)]
struct Header {
    separator: u8,
    names: Vec<String>,
}

impl RowFile {
    pub fn new(path: PathBuf, format: Format, source: u32) -> Self {
        Self {
            path,
            format,
            source,
            end: 0,
            rows: 0,
            header: None,
            tags: HashMap::new(),
            bad_lines: 0,
            is_ours: false,
        }
    }

    /// The log of a run of ours.
    pub fn ours(path: PathBuf) -> Self {
        Self { is_ours: true, ..Self::new(path, Format::Json, 0) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what a person should know of the lines, if anything.
    pub fn problem(&self) -> Option<String> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        (self.bad_lines > 0).then(|| {
            let lines = if self.bad_lines == 1 { "line is" } else { "lines are" };
            format!("{name}: {} {lines} unreadable and skipped", self.bad_lines)
        })
    }

    /// Reads at most `budget` bytes more. Returns how many there were; a line that is not whole is
    /// left for the next time.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn poll(&mut self, budget: usize, items: &mut Vec<Item>) -> io::Result<u64> {
        let Some(mut file) = files::open(&self.path)? else { return Ok(0) };
        if file.metadata()?.len() < self.end {
            // It was cut back or replaced.
            (self.end, self.rows, self.header) = (0, 0, None);
            items.push(Item::Reset);
        }
        file.seek(SeekFrom::Start(self.end))?;
        self.read(file, budget, items)
    }

    fn read(&mut self, file: File, budget: usize, items: &mut Vec<Item>) -> io::Result<u64> {
        let mut block = Vec::new();
        file.take(budget.max(LONGEST_LINE + 1) as u64).read_to_end(&mut block)?;
        let whole = block.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        if whole == 0 && block.len() > LONGEST_LINE {
            self.bad_lines += 1;
            self.end += block.len() as u64;
            return Ok(block.len() as u64);
        }
        for line in block[..whole].split(|&byte| byte == b'\n') {
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
            if !line.is_empty() && !self.take_line(line, items) {
                self.bad_lines += 1;
            }
        }
        self.end += whole as u64;
        Ok(whole as u64)
    }

    fn take_line(&mut self, line: &[u8], items: &mut Vec<Item>) -> bool {
        let row = match self.format {
            Format::Json => json::parse(line),
            Format::Csv => match &self.header {
                None => {
                    self.header = Header::parse(line);
                    return self.header.is_some();
                }
                Some(header) => header.parse_row(line),
            },
        };
        let Some(mut row) = row else { return false };
        if self.is_ours {
            row.0.retain_mut(|(name, _)| is_told(name));
        }
        self.take_row(row.0, items);
        true
    }

    fn take_row(&mut self, row: Vec<(String, f64)>, items: &mut Vec<Item>) {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| row.iter().position(|(field, _)| field == name))
        };
        let (step, time) = (find(&STEPS), find(&TIMES));
        let number = |at: usize| row[at].1;
        // The nearest whole number of any float: it saturates.
        let at = step.map(number).filter(|step| step.is_finite()).map_or(self.rows, |s| s as i64);
        let seconds = time.map_or(f64::NAN, number);
        self.rows += 1;
        for (place, (name, value)) in row.into_iter().enumerate() {
            if Some(place) == step || Some(place) == time {
                continue;
            }
            let Some(tag) = self.tag(name) else { continue };
            let (step, time, source) = (at, seconds, self.source);
            let content = Content::Number(value);
            items.push(Item::Entry(Entry { tag, step, time, source, content }));
        }
    }

    fn tag(&mut self, name: String) -> Option<Arc<str>> {
        if let Some(tag) = self.tags.get(&name) {
            return Some(tag.clone());
        }
        if self.tags.len() >= MOST_TAGS {
            return None;
        }
        let tag: Arc<str> = name.as_str().into();
        self.tags.insert(name, tag.clone());
        Some(tag)
    }
}

/// Returns whether a number of a row of ours is shown; scores get one name.
fn is_told(name: &mut String) -> bool {
    match name.as_str() {
        "step_ms" => false,
        "score/frechet_distance" | "score/sliced_wasserstein" => {
            *name = "score/distance".into();
            true
        }
        name => !name.starts_with("score/"),
    }
}

impl Header {
    fn parse(line: &[u8]) -> Option<Self> {
        let count = |separator: u8| line.iter().filter(|&&byte| byte == separator).count();
        let separator = [b',', b';', b'\t'].into_iter().max_by_key(|&byte| count(byte))?;
        let names: Vec<String> = fields(line, separator)
            .into_iter()
            .take(MOST_TAGS)
            .map(|name| name.trim().into())
            .collect();
        // A file that begins with numbers has no names.
        let is_header = names.iter().any(|name| name.parse::<f64>().is_err());
        is_header.then_some(Self { separator, names })
    }

    /// Returns the numbers of a row: an empty field is none, any other text is passed over.
    fn parse_row(&self, line: &[u8]) -> Option<Row> {
        let values = fields(line, self.separator);
        if values.len() != self.names.len() {
            return None;
        }
        let numbers = self.names.iter().zip(&values);
        let numbers = numbers.filter_map(|(name, value)| {
            let value = value.trim();
            (!name.is_empty()).then_some(())?;
            value.parse::<f64>().ok().map(|value| (name.clone(), value))
        });
        Some(Row(numbers.collect()))
    }
}

/// Takes a line apart at a separator that is not within quotes.
fn fields(line: &[u8], separator: u8) -> Vec<String> {
    let (mut out, mut field, mut is_quoted) = (Vec::new(), Vec::new(), false);
    for &byte in line {
        match byte {
            b'"' => is_quoted = !is_quoted,
            byte if byte == separator && !is_quoted => {
                out.push(String::from_utf8_lossy(&field).into_owned());
                field.clear();
            }
            byte => field.push(byte),
        }
    }
    out.push(String::from_utf8_lossy(&field).into_owned());
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::disallowed_methods)]
mod tests {
    use super::*;

    fn read(name: &str, pieces: &[&str]) -> (Vec<(String, i64, f64)>, RowFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let mut rows = RowFile::new(path.clone(), Format::of(&path).unwrap(), 0);
        let (mut items, mut text) = (Vec::new(), String::new());
        for piece in pieces {
            text.push_str(piece);
            std::fs::write(&path, &text).unwrap();
            rows.poll(1 << 20, &mut items).unwrap();
        }
        let found = items.into_iter().filter_map(|item| match item {
            Item::Entry(Entry { tag, step, content: Content::Number(value), .. }) => {
                Some((tag.to_string(), step, value))
            }
            _ => None,
        });
        (found.collect(), rows)
    }

    #[test]
    fn json_rows_are_read_while_they_are_written() {
        let (found, rows) = read(
            "metrics.jsonl",
            &[
                r#"{"step": 3, "loss": {"d": 0.5, "g": 1}, "name": "x", "l": [1]"#,
                "}\n{\"step\": 4, \"loss\": {\"d\": NaN}, \"time\": 1.5}\nnot json\n{\"st",
            ],
        );
        assert_eq!(found[..2], [("loss/d".into(), 3, 0.5), ("loss/g".into(), 3, 1.0)]);
        assert!(found.len() == 3 && found[2].1 == 4 && found[2].2.is_nan(), "{found:?}");
        let told = "metrics.jsonl: 1 line is unreadable and skipped";
        assert_eq!(rows.problem().as_deref(), Some(told));
    }

    #[test]
    fn csv_has_names_and_any_separator() {
        let expected = [("a".to_owned(), 0, 1.0), ("a".into(), 1, 2.0), ("b".into(), 1, -3.0)];
        for text in ["a,b\n1,\n2,-3\n", "a;b\n1;\n2;-3\n", "a\t\"b\"\n1\tx\n2\t-3\n"] {
            assert_eq!(read("x.csv", &[text]).0, expected, "{text}");
        }
        let (found, rows) = read("x.csv", &["epoch,loss\n1,0.5\n2\n3,0.25\n"]);
        assert_eq!(found, [("loss".to_owned(), 1, 0.5), ("loss".into(), 3, 0.25)]);
        assert_eq!(rows.bad_lines, 1);
    }

    #[test]
    fn a_file_that_was_cut_back_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jsonl");
        let mut rows = RowFile::new(path.clone(), Format::Json, 0);
        let mut items = Vec::new();
        for text in ["{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n"] {
            std::fs::write(&path, text).unwrap();
            rows.poll(1 << 20, &mut items).unwrap();
        }
        assert!(items.len() == 4 && items[2] == Item::Reset, "{items:?}");
        std::fs::write(&path, vec![b'x'; 3 << 20]).unwrap();
        while rows.poll(1 << 10, &mut items).unwrap() > 0 {}
        assert!(items.len() == 4 && rows.bad_lines >= 1, "an endless line takes no more memory");
    }
}
