//! Which runs are listed, and in which order.

use std::cmp::Ordering;

use super::{Facts, Row};

/// What the list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The newest first.
    Started,
    Name,
    State,
    Preset,
    /// The most iterations first.
    Iteration,
    /// The best first.
    Score,
    /// The largest first.
    Size,
}

impl Sort {
    const ALL: [Self; 7] = [
        Self::Started,
        Self::Name,
        Self::State,
        Self::Preset,
        Self::Iteration,
        Self::Score,
        Self::Size,
    ];

    /// The next one, round and round.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&sort| sort == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// In a word or two.
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "start",
            Self::Name => "name",
            Self::State => "state",
            Self::Preset => "preset",
            Self::Iteration => "iteration",
            Self::Score => "score",
            Self::Size => "size",
        }
    }

    /// Compares two runs. Those of which it is not known come last in either order.
    pub fn compare(self, a: &Row, b: &Row, is_reversed: bool) -> Ordering {
        let turn = |order: Ordering| if is_reversed { order.reverse() } else { order };
        let by_name = || a.name.cmp(&b.name);
        let (Some(x), Some(y)) = (&a.facts, &b.facts) else {
            let order = match self {
                Self::Name => turn(by_name()),
                _ => b.facts.is_some().cmp(&a.facts.is_some()),
            };
            // Without facts, names of our own end in the time at which the run started.
            return order.then_with(|| by_name().reverse());
        };
        let order = match self {
            Self::Started => known(x.started, y.started, |x, y| turn(y.cmp(x))),
            Self::Name => turn(by_name()),
            Self::State => turn(rank(x).cmp(&rank(y))),
            Self::Preset => known(x.preset.as_ref(), y.preset.as_ref(), |x, y| turn(x.cmp(y))),
            Self::Iteration => turn(y.iteration.cmp(&x.iteration)),
            Self::Score => known(x.score, y.score, |x, y| turn(x.total_cmp(y))),
            Self::Size => turn(y.bytes.cmp(&x.bytes)),
        };
        order.then_with(by_name)
    }
}

fn known<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(&a, &b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Those that train first, then by name of the state.
fn rank(facts: &Facts) -> (bool, &'static str) {
    (!facts.is_active(), facts.state.name())
}

/// Words that a run's name, preset, state, note or tags must have, all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    words: Vec<String>,
}

impl Filter {
    /// The words of a text, in any case. `#word` is a tag.
    pub fn new(text: &str) -> Self {
        let words = text.split_whitespace().map(str::to_lowercase).collect();
        Self { text: text.into(), words }
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it takes a run. One that was not looked at yet is taken by its name.
    pub fn takes(&self, row: &Row) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut fields = vec![row.name.to_lowercase()];
        let mut tags = Vec::new();
        if let Some(facts) = &row.facts {
            fields.extend(facts.preset.as_ref().map(|preset| preset.to_lowercase()));
            fields.push(facts.state.name().into());
            fields.push(facts.notes.note.to_lowercase());
            tags.extend(facts.notes.tags.iter().map(|tag| tag.to_lowercase()));
        }
        self.words.iter().all(|word| match word.strip_prefix('#') {
            Some(tag) => tags.iter().any(|has| has.starts_with(tag)),
            None => fields.iter().chain(&tags).any(|field| field.contains(word)),
        })
    }
}
