//! Runs beside each other: curves over one another, pictures side by side, and what they differ in.
//! Of one run, all that a program logs of it.

mod charts;
mod layout;
mod lines;
mod pictures;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod view;

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use ratatui::layout::Rect;

use super::{
    keys::{KeyRow, row},
    stage::Stage,
};
use crate::terminal::capability::Capabilities;
use gan_tui_core::sync::lock_unpoisoned;
use gan_tui_store::logs::{Axis, LogRun, Picture, PictureError, Place, alerts::Alert};
pub use layout::Panel;
use lines::{Kinship, LineOf};

/// Pictures kept at most, and the bytes of their pixels.
const MOST_PICTURES: usize = 256;
const MOST_BYTES: usize = 96 << 20;

/// What the runs have logged, shared with whoever reads their files.
#[derive(Debug, Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<LogRun>>>);

impl Logs {
    /// Returns the runs, for as long as nobody else needs them.
    pub fn lock(&self) -> MutexGuard<'_, Vec<LogRun>> {
        lock_unpoisoned(&self.0)
    }
}

/// What the program reports.
#[derive(Debug)]
pub enum News {
    /// The runs have logged more.
    Changed,
    /// All that was there is read.
    Loaded,
    /// A picture that was asked for.
    Picture(Place, Result<Arc<Picture>, PictureError>),
    /// What a person should hear of a run, by its place; `None` once it is well again.
    Alert(usize, Option<Alert>),
    /// The files cannot be read.
    Failed(String),
}

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Read these pictures, the first first.
    Pictures(Vec<Place>),
}

/// What keys do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Focus(i64),
    Enlarge,
    Select(i64),
    Page(i64),
    Slide(i64),
    Start,
    Live,
    Axis,
    LogScale,
    Smooth,
    Group,
    Hide,
    ShowAll,
    Highlight,
    Pin,
    Filter,
    NextPictures,
    Zoom(i32),
    CopyPath,
}

/// The keys of the view.
pub const KEYS: &[KeyRow<Action>] = &[
    row("Left", Action::Slide(-1), "back in time: pictures and values", Some("back in time")),
    row("Right", Action::Slide(1), "forward", None),
    row("[", Action::Slide(-10), "back by ten pictures", None),
    row("]", Action::Slide(10), "forward by ten pictures", None),
    row("Home", Action::Start, "to the first picture", None),
    row("End", Action::Live, "to the newest, and stay there", None),
    row("Tab", Action::Focus(1), "focus the next panel", Some("focus")),
    row("Shift-Tab", Action::Focus(-1), "focus the previous panel", None),
    row("Enter z", Action::Enlarge, "enlarge the panel, or restore it", Some("enlarge")),
    row("Up k", Action::Select(-1), "up: the chart, the run or the text before", None),
    row("Down j", Action::Select(1), "down", None),
    row("PgUp", Action::Page(-1), "charts of the page before", None),
    row("PgDn", Action::Page(1), "charts of the next page", Some("page")),
    row("/", Action::Filter, "filter series and runs by words", Some("filter")),
    row("space", Action::Hide, "hide the selected run, or show it", Some("hide")),
    row("a", Action::ShowAll, "show all runs", None),
    row("h", Action::Highlight, "highlight the selected run", Some("highlight")),
    row("p", Action::Pin, "pin the selected chart, or the run, to the top", Some("pin")),
    row("g", Action::Group, "runs that differ only in their seed as mean and range", Some("group")),
    row("x", Action::Axis, "align by step, images seen or time", Some("axis")),
    row("y", Action::LogScale, "logarithmic scale", None),
    row("S", Action::Smooth, "more smoothing of the charts, or none", None),
    row("v", Action::NextPictures, "pictures of the next tag", None),
    row("+", Action::Zoom(1), "fewer, larger images", None),
    row("-", Action::Zoom(-1), "more, smaller images", None),
    row("Y", Action::CopyPath, "copy the path of the selected run", None),
];

/// Runs beside each other.
pub struct Compare {
    stage: Stage,
    /// The command that shows them, and what it was told to show.
    title: String,
    logs: Logs,
    focus: Panel,
    is_enlarged: bool,
    axis: Axis,
    /// Whether runs that differ only in their seed are a line; if somebody has said so.
    is_grouped: Option<bool>,
    kinship: Kinship,
    hidden: HashSet<usize>,
    pinned_runs: BTreeSet<usize>,
    pinned_tags: BTreeSet<String>,
    is_highlighted: bool,
    filter: String,
    /// The filter before it is typed anew.
    before: Option<String>,
    /// The line of the table, the chart and the text that are selected.
    line: usize,
    chart: usize,
    text: usize,
    /// Which tag of pictures is shown.
    album: usize,
    /// Where pictures and values are looked at; at the newest if nowhere.
    slider: Option<f64>,
    pictures: HashMap<PictureKey, Result<Arc<Picture>, PictureError>>,
    /// The keys of the pictures, the one asked for last at the end.
    recent: VecDeque<PictureKey>,
    asked: Vec<Place>,
    alerts: HashMap<usize, Alert>,
    is_loaded: bool,
    zoom: i32,
}

/// A picture's place in a form that maps take.
type PictureKey = String;

fn key(place: &Place) -> PictureKey {
    format!("{place:?}")
}

impl Compare {
    /// A view of runs that somebody else reads. `title` is the command that shows them.
    pub fn new(title: &str, logs: Logs, capabilities: Capabilities) -> Self {
        Self {
            stage: Stage::new(capabilities),
            title: title.into(),
            logs,
            focus: Panel::Charts,
            is_enlarged: false,
            axis: Axis::Step,
            is_grouped: None,
            kinship: Kinship::default(),
            hidden: HashSet::new(),
            pinned_runs: BTreeSet::new(),
            pinned_tags: BTreeSet::new(),
            is_highlighted: false,
            filter: String::new(),
            before: None,
            line: 0,
            chart: 0,
            text: 0,
            album: 0,
            slider: None,
            pictures: HashMap::new(),
            recent: VecDeque::new(),
            asked: Vec::new(),
            alerts: HashMap::new(),
            is_loaded: false,
            zoom: 0,
        }
    }

    /// Returns the lines of charts and table: runs, or groups of runs.
    fn lines(&self, runs: &[LogRun]) -> Vec<LineOf> {
        let kinship = self.groups_are_shown().then_some(&self.kinship);
        lines::of(runs, kinship, &self.pinned_runs, &self.words())
    }

    fn groups_are_shown(&self) -> bool {
        self.is_grouped.unwrap_or_else(|| self.kinship.has_seeds())
    }

    /// Returns the words of the filter.
    fn words(&self) -> Vec<String> {
        self.filter.split_whitespace().map(str::to_lowercase).collect()
    }

    fn is_hidden(&self, line: &LineOf) -> bool {
        line.runs.iter().all(|run| self.hidden.contains(run))
    }

    /// Returns the panels that there are.
    fn panels(&self, runs: &[LogRun]) -> Vec<Panel> {
        let mut panels = vec![Panel::Charts];
        if runs.iter().any(|run| run.picture_tags().next().is_some()) {
            panels.push(Panel::Pictures);
        }
        if runs.len() > 1 {
            panels.push(Panel::Runs);
        }
        if runs.iter().any(|run| !run.texts().is_empty()) {
            panels.push(Panel::Texts);
        }
        panels
    }

    fn places(&self, runs: &[LogRun], area: Rect) -> Vec<(Panel, Rect)> {
        let panels = self.panels(runs);
        if self.is_enlarged && panels.contains(&self.focus) {
            return vec![(self.focus, area)];
        }
        layout::places(area, &panels, self.lines(runs).len(), self.focus)
    }

    /// Moves the slider to another picture.
    fn slide(&mut self, by: i64) {
        let steps = {
            let runs = self.logs.lock();
            pictures::stops(self, &runs)
        };
        let Some(last) = steps.len().checked_sub(1) else { return };
        let at = self
            .slider
            .map_or(last, |x| steps.partition_point(|&stop| stop <= x).saturating_sub(1));
        let to = (at as i64).saturating_add(by);
        self.slider = (to < last as i64).then(|| steps[to.max(0) as usize]);
    }

    fn select(&mut self, by: i64) {
        let count = {
            let runs = self.logs.lock();
            match self.focus {
                Panel::Charts => charts::tags(self, &runs).len(),
                Panel::Texts => texts::all(&runs).len(),
                Panel::Runs | Panel::Pictures => self.lines(&runs).len(),
            }
        };
        let place = match self.focus {
            Panel::Charts => &mut self.chart,
            Panel::Texts => &mut self.text,
            Panel::Runs | Panel::Pictures => &mut self.line,
        };
        let last = count.saturating_sub(1) as i64;
        *place = (*place as i64).saturating_add(by).clamp(0, last) as usize;
    }

    fn page(&mut self, by: i64) {
        let body = super::draw::body(&self.stage);
        let per_page = {
            let runs = self.logs.lock();
            let places = self.places(&runs, body);
            let area = places.iter().find(|(panel, _)| *panel == Panel::Charts);
            area.map_or(1, |(_, area)| charts::per_page(*area, charts::tags(self, &runs).len()))
        };
        let focus = std::mem::replace(&mut self.focus, Panel::Charts);
        self.select(by * per_page as i64);
        self.focus = focus;
    }

    /// Returns the runs of the selected line.
    fn selected(&self) -> Vec<usize> {
        let runs = self.logs.lock();
        let lines = self.lines(&runs);
        lines
            .get(self.line.min(lines.len().saturating_sub(1)))
            .map_or(Vec::new(), |line| line.runs.clone())
    }

    fn hide(&mut self) {
        let selected = self.selected();
        if selected.iter().all(|run| self.hidden.contains(run)) {
            selected.iter().for_each(|run| {
                self.hidden.remove(run);
            });
        } else {
            self.hidden.extend(selected);
        }
    }

    fn pin(&mut self) {
        if self.focus == Panel::Charts {
            let tag = {
                let runs = self.logs.lock();
                let tags = charts::tags(self, &runs);
                tags.get(self.chart.min(tags.len().saturating_sub(1))).map(ToString::to_string)
            };
            let Some(tag) = tag else { return };
            if !self.pinned_tags.remove(&tag) {
                self.pinned_tags.insert(tag);
                self.chart = 0;
            }
            return;
        }
        for run in self.selected() {
            if !self.pinned_runs.remove(&run) {
                self.pinned_runs.insert(run);
            }
        }
    }

    fn focus(&mut self, by: i64) {
        let panels = {
            let runs = self.logs.lock();
            self.panels(&runs)
        };
        let at = panels.iter().position(|panel| *panel == self.focus).unwrap_or(0) as i64;
        self.focus = panels[(at + by).rem_euclid(panels.len() as i64) as usize];
    }

    /// Keeps a picture, and forgets those that were asked for longest ago.
    fn keep(&mut self, place: &Place, picture: Result<Arc<Picture>, PictureError>) {
        let name = key(place);
        self.recent.retain(|known| *known != name);
        self.recent.push_back(name.clone());
        self.pictures.insert(name, picture);
        let wanted: HashSet<PictureKey> = self.asked.iter().map(key).collect();
        let size = |picture: &Result<Arc<Picture>, PictureError>| match picture.as_deref() {
            Ok(Picture::One(image)) => image.pixels.len(),
            Ok(Picture::Many(images)) => images.pixels.len(),
            Err(_) => 0,
        };
        let mut bytes: usize = self.pictures.values().map(size).sum();
        while self.recent.len() > MOST_PICTURES || bytes > MOST_BYTES {
            let Some(at) = self.recent.iter().position(|known| !wanted.contains(known)) else {
                return;
            };
            let oldest = self.recent.remove(at).and_then(|oldest| self.pictures.remove(&oldest));
            bytes -= oldest.as_ref().map_or(0, size);
        }
    }

    /// The worst that is to be said of any run.
    fn alert(&self, runs: &[LogRun]) -> Option<String> {
        let (&run, alert) = self.alerts.iter().min_by_key(|(run, alert)| (alert.kind, **run))?;
        let name = runs.get(run).filter(|_| runs.len() > 1);
        let name = name.map_or_else(String::new, |run| format!("{}: ", run.name));
        Some(format!("{name}{}: {}", alert.kind.name(), alert.reason))
    }
}
