//! The runs of a folder as a live list: sorted, filtered, marked, with notes and tags.

mod draw;
mod order;
#[cfg(test)]
mod tests;
mod view;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use super::{
    Step,
    keys::{KeyRow, change, row},
    stage::Stage,
};
use crate::terminal::capability::Capabilities;
use gan_tui_core::{event::RunState, text::shown};
use gan_tui_store::run::Notes;
pub use order::{Filter, Sort};

/// What is known of a run once its files were looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    pub state: RunState,
    pub preset: Option<String>,
    pub iteration: u64,
    /// How many iterations the run was to have.
    pub iterations: Option<u64>,
    /// The newest distance from real images; less is better.
    pub score: Option<f32>,
    /// When it started, in seconds since 1970.
    pub started: Option<i64>,
    /// Size on disk.
    pub bytes: u64,
    /// A few values of the generator's loss over the whole run.
    pub curve: Vec<f32>,
    pub notes: Notes,
    /// What of it could not be read, and why.
    pub problem: Option<String>,
}

impl Facts {
    /// Whether a process works at it.
    fn is_active(&self) -> bool {
        matches!(self.state, RunState::Running | RunState::Paused | RunState::Preparing(_))
    }
}

/// What the program reports.
#[derive(Debug)]
pub enum News {
    /// The runs that there are, all of them.
    Runs(Vec<PathBuf>),
    /// What is known of some of them.
    Facts(Vec<(PathBuf, Facts)>),
    /// What was asked for is done.
    Done(String),
    /// What was asked for failed, or the folder cannot be read.
    Failed(String),
}

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// These are on the screen: they are looked at first.
    Visible(Vec<PathBuf>),
    /// Save a run that trains, and stop it.
    Stop(PathBuf),
    /// Remove runs for good.
    Remove(Vec<PathBuf>),
    /// Write a run's notes.
    Note(PathBuf, Notes),
}

/// Where the list is left for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Open(PathBuf),
    Compare(Vec<PathBuf>),
}

/// What keys do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Move(Motion),
    Open,
    Mark,
    Unmark,
    Compare,
    Sort,
    Reverse,
    Filter,
    Note,
    Tags,
    Stop,
    Remove,
    CopyPath,
}

/// A move of what is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    By(i64),
    Pages(i64),
    First,
    Last,
}

/// The keys of the list.
pub const KEYS: &[KeyRow<Action>] = &[
    row("Enter", Action::Open, "open: attach to a run that trains, else replay it", Some("open")),
    row("space", Action::Mark, "mark, or unmark", Some("mark")),
    row("=", Action::Compare, "compare the marked runs, or all that are shown", Some("compare")),
    row(
        "/",
        Action::Filter,
        "filter by words of name, preset, state, note and tags",
        Some("filter"),
    ),
    row("s", Action::Sort, "sort by the next column", Some("sort")),
    row("S", Action::Reverse, "reverse the order", None),
    change("n", Action::Note, "write a note", Some("note")),
    change("T", Action::Tags, "write tags, with spaces between them", Some("tags")),
    change("x", Action::Stop, "save and stop a run that trains", Some("stop")),
    change(
        "D Delete",
        Action::Remove,
        "remove the marked runs, or this one, for good",
        Some("remove"),
    ),
    row("Y", Action::CopyPath, "copy the path", None),
    row("u", Action::Unmark, "unmark all", None),
    row("Up k", Action::Move(Motion::By(-1)), "up", None),
    row("Down j", Action::Move(Motion::By(1)), "down", None),
    row("PgUp", Action::Move(Motion::Pages(-1)), "up by a screen", None),
    row("PgDn", Action::Move(Motion::Pages(1)), "down by a screen", None),
    row("Home g", Action::Move(Motion::First), "to the top", None),
    row("End G", Action::Move(Motion::Last), "to the bottom", None),
];

/// A run of the list.
#[derive(Debug, Clone)]
pub struct Row {
    pub path: PathBuf,
    /// As it is shown: relative to the folder where it is inside.
    pub name: String,
    /// `None` until it was looked at.
    pub facts: Option<Facts>,
}

/// What waits for an answer.
#[derive(Debug, Clone)]
enum Pending {
    Stop(PathBuf),
    Remove(Vec<PathBuf>),
    Filter { before: Filter },
    Note(PathBuf, Notes),
    Tags(PathBuf, Notes),
}

/// The list of runs.
pub struct Browse {
    stage: Stage,
    folder: PathBuf,
    rows: Vec<Row>,
    places: HashMap<PathBuf, usize>,
    /// The rows that are shown, in order.
    shown: Vec<usize>,
    /// The run that is selected: it stays so wherever it goes.
    selected: Option<PathBuf>,
    /// The place of the selected run among those shown.
    at: usize,
    /// The first place on the screen.
    top: usize,
    marked: HashSet<PathBuf>,
    sort: Sort,
    is_reversed: bool,
    filter: Filter,
    pending: Option<Pending>,
    /// Whether the runs' names are known.
    is_loaded: bool,
    asked: Vec<PathBuf>,
}

impl Browse {
    /// A list of the runs in a folder, none of which is known yet.
    pub fn new(folder: &Path, capabilities: Capabilities) -> Self {
        Self {
            stage: Stage::new(capabilities),
            folder: folder.to_path_buf(),
            rows: Vec::new(),
            places: HashMap::new(),
            shown: Vec::new(),
            selected: None,
            at: 0,
            top: 0,
            marked: HashSet::new(),
            sort: Sort::Started,
            is_reversed: false,
            filter: Filter::default(),
            pending: None,
            is_loaded: false,
            asked: Vec::new(),
        }
    }

    /// Shows a line for a while, such as why a run could not be opened.
    pub fn notify(&mut self, text: String, is_error: bool) {
        self.stage.notify(text, is_error);
    }

    fn take_runs(&mut self, paths: Vec<PathBuf>) {
        let mut known: HashMap<PathBuf, Row> =
            self.rows.drain(..).map(|row| (row.path.clone(), row)).collect();
        self.rows = paths
            .into_iter()
            .map(|path| {
                known.remove(&path).unwrap_or_else(|| {
                    let name = shown(path.strip_prefix(&self.folder).unwrap_or(&path));
                    Row { path, name, facts: None }
                })
            })
            .collect();
        self.places =
            self.rows.iter().enumerate().map(|(at, row)| (row.path.clone(), at)).collect();
        self.marked.retain(|path| self.places.contains_key(path));
        self.is_loaded = true;
        self.arrange();
    }

    fn take_facts(&mut self, facts: Vec<(PathBuf, Facts)>) {
        for (path, facts) in facts {
            if let Some(row) = self.places.get(&path).and_then(|&at| self.rows.get_mut(at)) {
                row.facts = Some(facts);
            }
        }
        self.arrange();
    }

    /// Filters and sorts; what is selected stays selected.
    fn arrange(&mut self) {
        let rows = &self.rows;
        self.shown = (0..rows.len()).filter(|&at| self.filter.takes(&rows[at])).collect();
        let (sort, is_reversed) = (self.sort, self.is_reversed);
        self.shown.sort_by(|&a, &b| sort.compare(&rows[a], &rows[b], is_reversed));
        // While somebody has selected nothing, the first is.
        let place = self
            .selected
            .as_ref()
            .and_then(|path| self.shown.iter().position(|&row| rows[row].path == *path));
        self.at = place.unwrap_or(self.at).min(self.shown.len().saturating_sub(1));
        self.scroll();
        self.stage.changed = true;
    }

    /// Returns how many runs there is room for.
    fn visible(&self) -> usize {
        draw::rows(&self.stage, super::draw::body(&self.stage))
    }

    fn scroll(&mut self) {
        let visible = self.visible().max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(visible), self.at);
        self.top = self.top.min(self.shown.len().saturating_sub(visible));
    }

    fn select(&mut self, motion: Motion) {
        let last = self.shown.len().saturating_sub(1) as i64;
        let page = self.visible().max(2) as i64 - 1;
        let to = match motion {
            Motion::By(by) => self.at as i64 + by,
            Motion::Pages(pages) => self.at as i64 + pages * page,
            Motion::First => 0,
            Motion::Last => last,
        };
        self.at = to.clamp(0, last) as usize;
        self.selected = self.current().map(|row| row.path.clone());
        self.scroll();
    }

    /// Returns the run that is selected.
    fn current(&self) -> Option<&Row> {
        self.shown.get(self.at).and_then(|&at| self.rows.get(at))
    }

    /// Returns the marked runs in the order of the list; without any, the selected one.
    fn chosen(&self) -> Vec<PathBuf> {
        let marked = self.rows.iter().filter(|row| self.marked.contains(&row.path));
        let marked: Vec<PathBuf> = marked.map(|row| row.path.clone()).collect();
        if marked.is_empty() {
            return self.current().map(|row| row.path.clone()).into_iter().collect();
        }
        marked
    }

    fn mark(&mut self) {
        let Some(path) = self.current().map(|row| row.path.clone()) else { return };
        if !self.marked.remove(&path) {
            self.marked.insert(path);
        }
        self.select(Motion::By(1));
    }

    fn compare(&mut self) -> Option<Step<Self>> {
        let runs: Vec<PathBuf> = if self.marked.is_empty() {
            self.shown.iter().map(|&at| self.rows[at].path.clone()).collect()
        } else {
            self.chosen()
        };
        if runs.is_empty() {
            return None;
        }
        if runs.len() > MOST_COMPARED {
            let count = runs.len();
            let text = format!("{count} runs are too many to compare: mark up to {MOST_COMPARED}");
            self.notify(text, true);
            return None;
        }
        Some(Step::Leave(Some(Exit::Compare(runs))))
    }

    fn edit(&mut self, are_tags: bool) {
        let Some(row) = self.current() else { return };
        let Some(facts) = &row.facts else { return };
        let (path, notes) = (row.path.clone(), facts.notes.clone());
        if let Some(problem) = &notes.problem {
            let problem = problem.clone();
            return self.notify(problem, true);
        }
        if are_tags {
            self.stage.prompt("tags:", notes.tags.join(" "));
            self.pending = Some(Pending::Tags(path, notes));
        } else {
            self.stage.prompt("note:", notes.note.clone());
            self.pending = Some(Pending::Note(path, notes));
        }
    }

    fn stop(&mut self) {
        let Some(row) = self.current() else { return };
        if !row.facts.as_ref().is_some_and(Facts::is_active) {
            let text = format!("{} does not train at the moment", row.name);
            return self.notify(text, true);
        }
        let question = format!("Save {} and stop it?", row.name);
        self.pending = Some(Pending::Stop(row.path.clone()));
        self.stage.ask(question);
    }

    fn remove(&mut self) {
        let runs = self.chosen();
        let rows = || runs.iter().filter_map(|path| self.rows.get(*self.places.get(path)?));
        if let Some(row) = rows().find(|row| row.facts.as_ref().is_some_and(Facts::is_active)) {
            let text = format!("{} trains: x stops it", row.name);
            return self.notify(text, true);
        }
        let bytes = rows().filter_map(|row| Some(row.facts.as_ref()?.bytes)).sum();
        let size = draw::size(bytes);
        let question = match &runs[..] {
            [] => return,
            [_] => {
                let name = rows().next().map_or_else(String::new, |row| row.name.clone());
                format!("Remove {name} for good ({size})?")
            }
            several => format!("Remove {} runs for good ({size})?", several.len()),
        };
        self.pending = Some(Pending::Remove(runs));
        self.stage.ask(question);
    }
}

/// The most runs that are compared.
const MOST_COMPARED: usize = gan_tui_store::logs::MOST_RUNS;
