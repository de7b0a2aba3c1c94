//! What happened in a run, a line each, the newest few hundred.

use std::{collections::VecDeque, time::Duration};

/// Lines held at most.
const LINES: usize = 500;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The last iteration before it, and the training time until then.
    pub iteration: u64,
    pub elapsed: Duration,
    pub text: String,
}

/// What happened in a run.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
}

impl Journal {
    /// Adds a line.
    pub fn note(&mut self, iteration: u64, elapsed: Duration, text: impl Into<String>) {
        if self.entries.len() == LINES {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { iteration, elapsed, text: text.into() });
    }

    /// All lines, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_go() {
        let mut journal = Journal::default();
        (0..LINES as u64 + 5)
            .for_each(|iteration| journal.note(iteration, Duration::ZERO, "saved"));
        assert_eq!(journal.newest_first().count(), LINES);
        assert_eq!(
            journal.newest_first().next().map(|entry| entry.iteration),
            Some(LINES as u64 + 4)
        );
    }
}
