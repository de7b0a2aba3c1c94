//! What became of the files of a dataset: how pictures were converted, and what was passed over.

use std::{collections::BTreeMap, fmt::Write};

use gan_tui_core::text::{escaped, grouped};
use serde::{Deserialize, Serialize};

/// How the files of a dataset were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadReport {
    /// What was done to the images and where they were found: a line each.
    pub notes: Vec<String>,
    /// Pictures that cannot be read.
    pub unreadable: Vec<Skipped>,
    /// Files that were passed over for their kind or place.
    pub others: Vec<Others>,
    /// Images that were made of the files, those held back included.
    pub images: usize,
}

/// A picture that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Its path inside the folder or archive.
    pub name: String,
    pub reason: String,
}

/// Files of one kind in one folder that were passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    /// The path inside the folder or archive; empty for its top.
    pub folder: String,
    /// Such as `.txt`.
    pub kind: String,
    pub count: usize,
}

/// Counts the files that are passed over for their kind, by folder.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<(String, String), usize>);

impl Counts {
    /// Counts a file of this path inside the folder or archive, by its extension.
    pub(super) fn add_by_extension(&mut self, name: &str) {
        let file = name.rsplit('/').next().unwrap_or(name);
        let kind = match file.rsplit_once('.') {
            Some((_, extension)) => format!(".{}", extension.to_lowercase()),
            None => "files without extension".into(),
        };
        self.add(name, kind);
    }

    /// Counts something of this path, of a kind in words.
    pub(super) fn add(&mut self, name: &str, kind: impl Into<String>) {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        *self.0.entry((folder.into(), kind.into())).or_default() += 1;
    }

    pub(super) fn into_others(self) -> Vec<Others> {
        let others = self.0.into_iter();
        others.map(|((folder, kind), count)| Others { folder, kind, count }).collect()
    }
}

impl ReadReport {
    /// Returns whether anything was passed over.
    pub fn has_skipped(&self) -> bool {
        !self.unreadable.is_empty() || !self.others.is_empty()
    }

    /// Returns the list of everything that was passed over: a line for each picture and its reason,
    /// and one for the files of each kind in each folder.
    pub fn skipped_text(&self) -> String {
        let mut text = String::new();
        for Skipped { name, reason } in &self.unreadable {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}: {}", escaped(name), escaped(reason));
        }
        for Others { folder, kind, count } in &self.others {
            let folder = if folder.is_empty() { "." } else { folder };
            let _ = writeln!(text, "{}: {} {}", escaped(folder), grouped(*count), escaped(kind));
        }
        text
    }

    /// Returns what was passed over, counted by kind and folder; nothing if nothing was.
    pub fn skipped_summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.unreadable.is_empty() {
            let mut counts = Counts::default();
            self.unreadable.iter().for_each(|skipped| counts.add_by_extension(&skipped.name));
            let all = grouped(self.unreadable.len());
            lines.push(format!(
                "passed over: {all} unreadable images ({})",
                listed(&counts.into_others())
            ));
        }
        if !self.others.is_empty() {
            let all: usize = self.others.iter().map(|others| others.count).sum();
            lines.push(format!(
                "passed over: {} other files ({})",
                grouped(all),
                listed(&self.others)
            ));
        }
        lines
    }

    /// Returns the notes and the summary of what was passed over: all that a run's log gets.
    pub fn lines(&self) -> Vec<String> {
        [self.notes.clone(), self.skipped_summary()].concat()
    }
}

/// Returns counts in words, the largest first.
fn listed(others: &[Others]) -> String {
    const MOST: usize = 6;
    let mut sorted: Vec<&Others> = others.iter().collect();
    sorted.sort_by_key(|others| std::cmp::Reverse(others.count));
    let place = |folder: &str| match folder {
        "" => String::new(),
        folder => format!(" in {}", escaped(folder)),
    };
    let words = |&Others { ref folder, ref kind, count }: &Others| {
        format!("{} {}{}", grouped(count), escaped(kind), place(folder))
    };
    let mut list: Vec<String> = sorted.iter().take(MOST).map(|others| words(others)).collect();
    if sorted.len() > MOST {
        let rest: usize = sorted[MOST..].iter().map(|others| others.count).sum();
        list.push(format!("{} elsewhere", grouped(rest)));
    }
    list.join(", ")
}
