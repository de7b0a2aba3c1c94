//! Every number that a run has logged, for files and comparisons outside of the monitor.

use std::{collections::BTreeMap, sync::Arc};

use super::{Content, Feed, Found, Item, Own};

/// Bytes read at once.
const BUDGET: usize = 4 << 20;

/// The numbers of one tag by step: time, value, and the file that they are from.
type Steps = BTreeMap<i64, (f64, f64, u32)>;

/// Every number of a run.
#[derive(Debug, Default)]
pub struct Exact {
    /// In the order in which the tags were first logged.
    pub tags: Vec<(Arc<str>, Steps)>,
    pub own: Option<Own>,
    pub problems: Vec<String>,
}

impl Exact {
    /// Reads a run to the present end of its files.
    ///
    /// # Errors
    /// Returns an error in one line if something cannot be read.
    pub fn read(found: &Found) -> Result<Self, String> {
        let mut feed = Feed::open(found);
        let mut exact = Self::default();
        loop {
            let progress = feed.poll(BUDGET)?;
            progress.items.into_iter().for_each(|item| exact.take(item));
            if !progress.is_behind {
                break;
            }
        }
        exact.own = feed.own();
        exact.problems = feed.problems();
        Ok(exact)
    }

    fn take(&mut self, item: Item) {
        match item {
            Item::Reset => self.tags.clear(),
            Item::Restart { step } => self.tags.iter_mut().for_each(|(_, steps)| {
                steps.split_off(&step);
            }),
            Item::Entry(entry) => {
                let Content::Number(value) = entry.content else { return };
                let place = self.tags.iter().position(|(tag, _)| *tag == entry.tag);
                let place = place.unwrap_or_else(|| {
                    self.tags.push((entry.tag.clone(), Steps::new()));
                    self.tags.len() - 1
                });
                let steps = &mut self.tags[place].1;
                let last = steps.last_key_value().map(|(&step, &(.., source))| (step, source));
                if let Some((step, source)) = last {
                    if entry.source < source {
                        return;
                    }
                    if entry.source > source || entry.step <= step {
                        steps.split_off(&entry.step);
                    }
                }
                steps.insert(entry.step, (entry.time, value, entry.source));
            }
        }
    }

    /// Returns the numbers of a tag: step, time and value.
    pub fn numbers(&self, tag: &str) -> impl Iterator<Item = (i64, f64, f64)> + '_ {
        let steps = self.tags.iter().find(|(known, _)| **known == *tag).map(|(_, steps)| steps);
        steps.into_iter().flatten().map(|(&step, &(time, value, _))| (step, time, value))
    }

    /// Returns every step of any tag, with its time and the values of all tags.
    pub fn rows(&self) -> BTreeMap<i64, (f64, Vec<Option<f64>>)> {
        let mut rows: BTreeMap<i64, (f64, Vec<Option<f64>>)> = BTreeMap::new();
        for (place, (_, steps)) in self.tags.iter().enumerate() {
            for (&step, &(time, value, _)) in steps {
                let row = rows.entry(step).or_insert_with(|| (time, vec![None; self.tags.len()]));
                row.1[place] = Some(value);
            }
        }
        rows
    }
}
