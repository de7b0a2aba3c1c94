//! The list of runs on the screen: as many columns as there is room for, and what is known of the
//! selected run below.

use std::time::Duration;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{Browse, Facts, Row};
use crate::{
    panels::{symbols, widgets::bars},
    state::number,
    theme::Role,
    views::{draw::bordered, stage::Stage},
};
use gan_tui_core::{
    event::{Outcome, RunState},
    text,
};

/// Rows below the list that tell of the selected run.
const DETAILS: u16 = 2;
/// Rows of the screen from which on there is room for them.
const ENOUGH: u16 = 14;
/// Columns of the sparkline.
const CURVE: usize = 12;

/// A column of the table.
struct Column {
    title: &'static str,
    width: usize,
    is_number: bool,
    /// Columns of a lower rank are left out later.
    rank: u8,
    cell: fn(&Stage, &Facts) -> String,
}

/// The columns after the name and the state.
const COLUMNS: [Column; 6] = [
    Column { title: "preset", width: 12, is_number: false, rank: 3, cell: preset },
    Column { title: "iteration", width: 15, is_number: true, rank: 0, cell: iteration },
    Column { title: "score", width: 7, is_number: true, rank: 1, cell: score },
    Column { title: "age", width: 8, is_number: true, rank: 2, cell: age },
    Column { title: "size", width: 8, is_number: true, rank: 4, cell: bytes },
    Column { title: "g loss", width: CURVE, is_number: false, rank: 5, cell: |_, _| String::new() },
];

/// Columns of the marks before a name, and of the state behind it.
const MARKS: usize = 3;
const STATE: usize = 14;
/// The least columns of a name.
const NAME: usize = 18;
/// Columns from which on there is room for notes beside the names.
const NOTES: usize = 14;

fn preset(_: &Stage, facts: &Facts) -> String {
    facts.preset.clone().unwrap_or_else(|| "-".into())
}

fn iteration(_: &Stage, facts: &Facts) -> String {
    let done = number::count(facts.iteration);
    facts.iterations.map_or(done.clone(), |of| format!("{done}/{}", number::count(of)))
}

fn score(_: &Stage, facts: &Facts) -> String {
    facts.score.map_or_else(|| "-".into(), number::value)
}

fn age(stage: &Stage, facts: &Facts) -> String {
    let Some(started) = facts.started else { return "-".into() };
    let seconds = stage.clock.saturating_sub(started).max(0).unsigned_abs();
    // Of more than a minute, the seconds are nobody's concern.
    number::duration(Duration::from_secs(if seconds < 60 { seconds } else { seconds / 60 * 60 }))
        .trim_end_matches(" 00s")
        .into()
}

fn bytes(_: &Stage, facts: &Facts) -> String {
    size(facts.bytes)
}

/// A size as a person reads it, in powers of 1000: `0 B`, `740 B`, `3.1 kB`, `12 MB`.
pub fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if size < 999.5 || unit == "TB" {
            return if size < 9.95 && unit != "B" {
                format!("{size:.1} {unit}")
            } else {
                format!("{size:.0} {unit}")
            };
        }
        size /= 1000.0;
    }
    String::new()
}

/// Returns the rows that the details take on a screen.
fn details(stage: &Stage) -> u16 {
    if stage.size.1 >= ENOUGH { DETAILS } else { 0 }
}

/// Returns the area of the runs themselves: without border, titles and details.
fn list(stage: &Stage, area: Rect) -> Rect {
    let used = 3 + details(stage);
    Rect { y: area.y + 2, height: area.height.saturating_sub(used), ..area }
}

/// Returns how many runs there is room for.
pub fn rows(stage: &Stage, area: Rect) -> usize {
    usize::from(list(stage, area).height)
}

/// Returns which row of the screen's a position is in.
pub fn place_at(stage: &Stage, area: Rect, at: Position) -> Option<usize> {
    let list = list(stage, area);
    list.contains(at).then(|| usize::from(at.y - list.y))
}

/// `runs · 3,000 runs · 2 train` and what they are sorted by.
pub fn header(browse: &Browse, width: usize) -> (Line<'static>, Line<'static>) {
    let theme = &browse.stage.look.theme;
    let symbols = symbols::of(browse.stage.look.capabilities.script);
    let faint = theme.style(Role::Faint);
    let active = browse.rows.iter().filter(|row| row.facts.as_ref().is_some_and(Facts::is_active));
    let active = active.count();
    let order = if browse.is_reversed { ", reversed" } else { "" };
    let right = Line::styled(format!("by {}{order}", browse.sort.name()), faint);
    let folder = text::escaped(&browse.folder.to_string_lossy()).into_owned();
    let name = number::shortened(&folder, width.saturating_sub(24).clamp(8, 50), symbols.gap);
    let mut left = Line::from(Span::styled(name, theme.strong(Role::Accent)));
    let runs = if browse.rows.len() == 1 { "run" } else { "runs" };
    let mut facts = vec![(format!("{} {runs}", number::count(browse.rows.len())), faint)];
    if active > 0 {
        facts.push((format!("{active} training"), theme.style(Role::Good)));
    }
    if browse.shown.len() < browse.rows.len() {
        let text =
            format!("{} match `{}`", browse.shown.len(), text::escaped(browse.filter.text()));
        facts.push((text, theme.style(Role::Warning)));
    }
    if !browse.marked.is_empty() {
        facts.push((format!("{} marked", browse.marked.len()), theme.style(Role::Accent)));
    }
    for (fact, style) in facts {
        let fact = format!(" {} {fact}", symbols.dot);
        if left.width() + text::width(&fact) + right.width() + 2 > width {
            break;
        }
        left.push_span(Span::styled(fact, style));
    }
    (left, right)
}

/// Draws the list.
pub fn draw(browse: &Browse, frame: &mut Frame, area: Rect) {
    let stage = &browse.stage;
    let inside = bordered(stage, frame, area, "Runs", "", true);
    if browse.shown.is_empty() {
        let text = match (browse.is_loaded, browse.rows.is_empty()) {
            (false, _) => "reading the folder",
            (true, true) => "no runs here: `gan-tui` or `gan-tui train` makes one in runs/",
            (true, false) => "no run matches the filter; Esc clears it",
        };
        let line = Line::styled(text, stage.look.theme.style(Role::Faint));
        frame.render_widget(line, Rect { height: 1, ..inside });
        return;
    }
    let columns = columns(usize::from(inside.width));
    let used: usize = columns.iter().map(|column| column.width + 1).sum();
    let room = usize::from(inside.width).saturating_sub(MARKS + STATE + used);
    let longest = browse.rows.iter().map(|row| text::width(&row.name)).max().unwrap_or(0);
    let name = if longest + NOTES < room { longest.max(NAME) } else { room };
    let widths = (name, room - name);
    titles(browse, frame, Rect { height: 1, ..inside }, &columns, widths);
    let list = list(stage, area);
    for (y, place) in (list.top()..list.bottom()).zip(browse.top..browse.shown.len()) {
        let row = &browse.rows[browse.shown[place]];
        let line = Rect { x: inside.x, y, width: inside.width, height: 1 };
        draw_row(browse, frame, line, row, place == browse.at, &columns, widths);
    }
    if details(stage) > 0 {
        let below = Rect { y: list.bottom(), height: details(stage), ..inside };
        draw_details(browse, frame, below);
    }
}

/// Returns the columns that there is room for, beside a name of some length.
fn columns(width: usize) -> Vec<&'static Column> {
    let mut room = width.saturating_sub(MARKS + STATE + NAME);
    let mut ranked: Vec<usize> = (0..COLUMNS.len()).collect();
    ranked.sort_by_key(|&at| COLUMNS[at].rank);
    let mut kept: Vec<usize> = ranked
        .into_iter()
        .take_while(|&at| {
            let fits = COLUMNS[at].width < room;
            room = room.saturating_sub(COLUMNS[at].width + 1);
            fits
        })
        .collect();
    kept.sort_unstable();
    kept.into_iter().map(|at| &COLUMNS[at]).collect()
}

/// Pads or cuts a text to so many cells.
fn fitted(stage: &Stage, text: &str, width: usize, is_number: bool) -> String {
    let gap = symbols::of(stage.look.capabilities.script).gap;
    let text = number::shortened(text, width, gap);
    let air = " ".repeat(width.saturating_sub(text::width(&text)));
    if is_number { air + &text } else { text + &air }
}

fn titles(
    browse: &Browse,
    frame: &mut Frame,
    area: Rect,
    columns: &[&Column],
    (name, notes): (usize, usize),
) {
    let stage = &browse.stage;
    let mut text = format!("{:MARKS$}{}", "", fitted(stage, "run", name, false));
    text.push_str(&fitted(stage, " state", STATE, false));
    for column in columns {
        text.push(' ');
        text.push_str(&fitted(stage, column.title, column.width, column.is_number));
    }
    if notes > 0 {
        text.push_str(" notes");
    }
    frame.render_widget(Line::styled(text, stage.look.theme.style(Role::Faint)), area);
}

fn draw_row(
    browse: &Browse,
    frame: &mut Frame,
    area: Rect,
    row: &Row,
    is_selected: bool,
    columns: &[&Column],
    (name, notes): (usize, usize),
) {
    let stage = &browse.stage;
    let theme = &stage.look.theme;
    let symbols = symbols::of(stage.look.capabilities.script);
    let mark = if browse.marked.contains(&row.path) { symbols.mark } else { " " };
    let pointer = if is_selected { symbols.pointer } else { " " };
    let mut line = Line::from(vec![
        Span::raw(pointer),
        Span::styled(format!("{mark} "), theme.strong(Role::Accent)),
        Span::raw(fitted(stage, &row.name, name, false)),
    ]);
    let faint = theme.style(Role::Faint);
    let Some(facts) = &row.facts else {
        line.push_span(Span::styled(
            fitted(stage, &format!(" {}", symbols.gap), STATE, false),
            faint,
        ));
        return frame.render_widget(selected(stage, line, is_selected), area);
    };
    let (role, word) = state(facts);
    let word = fitted(stage, &format!(" {} {word}", symbols.mark), STATE, false);
    line.push_span(Span::styled(word, theme.style(role)));
    let mut curve = None;
    for column in columns {
        let text = fitted(stage, &(column.cell)(stage, facts), column.width, column.is_number);
        line.push_span(Span::raw(" "));
        if column.rank == 5 {
            curve = Some(area.x + line.width() as u16);
        }
        line.push_span(Span::raw(text));
    }
    if notes > 1 {
        line.push_span(Span::raw(" "));
        line.extend(noted(stage, facts, notes - 1));
    }
    frame.render_widget(selected(stage, line, is_selected), area);
    if let Some(x) = curve {
        let style = if is_selected { theme.selected() } else { theme.style(Role::Generator) };
        draw_curve(frame, Rect { x, width: CURVE as u16, ..area }, facts, symbols, style);
    }
}

/// Tags and note, as far as there is room.
fn noted(stage: &Stage, facts: &Facts, width: usize) -> [Span<'static>; 2] {
    let theme = &stage.look.theme;
    let gap = symbols::of(stage.look.capabilities.script).gap;
    let tags: String = facts.notes.tags.iter().map(|tag| format!("#{tag} ")).collect();
    let tags = number::shortened(&tags, width, gap);
    let room = width.saturating_sub(text::width(&tags));
    let note = number::shortened(&facts.notes.note, room, gap);
    [Span::styled(tags, theme.strong(Role::Accent)), Span::raw(note)]
}

fn selected<'a>(stage: &Stage, line: Line<'a>, is_selected: bool) -> Line<'a> {
    if is_selected { line.style(stage.look.theme.selected()) } else { line }
}

fn draw_curve(
    frame: &mut Frame,
    area: Rect,
    facts: &Facts,
    symbols: &symbols::Symbols,
    style: Style,
) {
    let values: Vec<Option<f32>> =
        facts.curve.iter().map(|value| value.is_finite().then_some(*value)).collect();
    let known = || values.iter().flatten().copied();
    let range = (known().fold(f32::MAX, f32::min), known().fold(f32::MIN, f32::max));
    bars(frame.buffer_mut(), area, &values, range, symbols, style);
}

/// The state in a word, and how good that is.
fn state(facts: &Facts) -> (Role, &'static str) {
    let role = match &facts.state {
        RunState::Running | RunState::Preparing(_) => Role::Good,
        RunState::Ended(Outcome::Finished) => Role::Accent,
        RunState::Ended(Outcome::Failed(_)) => Role::Bad,
        RunState::Paused | RunState::Interrupted => Role::Warning,
        RunState::Ended(Outcome::Stopped) | RunState::Unknown => Role::Faint,
    };
    let word = match facts.state {
        RunState::Running => "training",
        _ => facts.state.name(),
    };
    (role, word)
}

/// The path, and what somebody or the program has to say of the run.
fn draw_details(browse: &Browse, frame: &mut Frame, area: Rect) {
    let Some(row) = browse.current() else { return };
    let stage = &browse.stage;
    let theme = &stage.look.theme;
    let symbols = symbols::of(stage.look.capabilities.script);
    let width = usize::from(area.width);
    let path = number::shortened(&row.path.to_string_lossy(), width, symbols.gap);
    frame.render_widget(Line::styled(path, theme.style(Role::Faint)), Rect { height: 1, ..area });
    let Some(facts) = &row.facts else { return };
    let failed = match &facts.state {
        RunState::Ended(Outcome::Failed(reason)) => Some(reason.clone()),
        _ => None,
    };
    let trouble = failed.or(facts.problem.clone()).or(facts.notes.problem.clone());
    let line = if let Some(trouble) = trouble {
        Line::styled(text::escaped(&trouble).into_owned(), theme.style(Role::Bad))
    } else if facts.notes.note.is_empty() && facts.notes.tags.is_empty() {
        Line::styled("n writes a note, T tags", theme.style(Role::Faint))
    } else {
        Line::from(noted(stage, facts, width).to_vec())
    };
    frame.render_widget(line, Rect { y: area.y + 1, height: 1, ..area });
}
