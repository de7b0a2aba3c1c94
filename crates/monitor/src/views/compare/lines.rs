//! The lines of charts and table: a run each, or a group of runs that differ only in their seed.

use std::collections::BTreeSet;

use crate::theme::Role;
use gan_tui_store::logs::{
    LogRun,
    groups::{self, Named},
};

/// The colours of the lines, in turn.
const ROLES: [Role; 6] =
    [Role::Discriminator, Role::Generator, Role::Accuracy, Role::Fake, Role::Real, Role::Bad];

/// A line of charts and table.
#[derive(Debug, Clone, PartialEq)]
pub struct LineOf {
    /// The places of its runs.
    pub runs: Vec<usize>,
    pub name: String,
    /// Identifies it without colour.
    pub mark: char,
    pub role: Role,
}

/// Returns the runs as groups see them.
fn named(runs: &[LogRun]) -> Vec<Named<'_>> {
    runs.iter()
        .map(|run| {
            let preset = run.own.as_ref().and_then(|own| own.preset.as_ref());
            (run.name.as_str(), preset)
        })
        .collect()
}

/// What follows from the presets of the runs, found once for all screens.
#[derive(Debug, Clone, Default)]
pub struct Kinship {
    /// Of how many runs it is known.
    count: usize,
    /// Runs that differ only in their seed.
    groups: Vec<Vec<usize>>,
    /// The fields in which the presets differ, each with the value of every run.
    pub fields: Vec<(String, Vec<String>)>,
}

impl Kinship {
    /// Looks at the runs again if there are others.
    pub fn renew(&mut self, runs: &[LogRun]) {
        if self.count != runs.len() {
            let named = named(runs);
            let (groups, fields) = (groups::by_seed(&named), groups::differing(&named));
            *self = Self { count: runs.len(), groups, fields };
        }
    }

    /// Returns whether some runs differ only in their seed.
    pub fn has_seeds(&self) -> bool {
        self.groups.len() < self.count
    }
}

/// Returns the lines, pinned runs first, as far as they match the filter's words about runs.
pub fn of(
    runs: &[LogRun],
    kinship: Option<&Kinship>,
    pinned: &BTreeSet<usize>,
    words: &[String],
) -> Vec<LineOf> {
    let groups: Vec<Vec<usize>> = match kinship.filter(|known| known.count == runs.len()) {
        Some(known) => known.groups.clone(),
        None => (0..runs.len()).map(|place| vec![place]).collect(),
    };
    let line = |(place, group): (usize, Vec<usize>)| {
        let first = &runs[group[0]].name;
        let name = match group.len() {
            1 => first.clone(),
            count => format!("{} ({count} seeds)", groups::without_seed(first)),
        };
        let mark = char::from_digit((place as u32 + 1) % 36, 36).unwrap_or('*');
        LineOf { runs: group, name, mark, role: ROLES[place % ROLES.len()] }
    };
    let mut lines: Vec<LineOf> = groups.into_iter().enumerate().map(line).collect();
    lines.sort_by_key(|line| !line.runs.iter().any(|run| pinned.contains(run)));
    // Words that name no run at all are about series.
    let names_one =
        |word: &&String| lines.iter().any(|line| line.name.to_lowercase().contains(word.as_str()));
    let words: Vec<&String> = words.iter().filter(names_one).collect();
    let takes =
        |line: &LineOf| words.iter().all(|word| line.name.to_lowercase().contains(word.as_str()));
    let taken: Vec<LineOf> = lines.iter().filter(|line| takes(line)).cloned().collect();
    if taken.is_empty() { lines } else { taken }
}
