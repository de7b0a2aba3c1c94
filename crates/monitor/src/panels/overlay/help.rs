//! The help: every key that does something now, grouped by what one wants to do, made from the key
//! map.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{named, open};
use crate::{
    keyboard::{
        action::{Action, Context, Group},
        key::Key,
    },
    state::app::App,
    theme::Role,
};

/// Columns of one column of keys with its air, those of the keys in it, and those between two.
const COLUMN: u16 = 56;
const KEYS: usize = 14;
const AIR: u16 = 3;

/// What one wants to do, and the groups of actions that do it.
const TASKS: [(&str, &[Group]); 7] = [
    (
        "Run the training",
        &[
            Group::Training,
            Group::Rates,
            Group::Presets,
            Group::Reloading,
            Group::Detaching,
            Group::Ending,
        ],
    ),
    ("Look at samples", &[Group::Samples, Group::Numbers]),
    ("Go back in time", &[Group::Time]),
    ("Read the charts", &[Group::Charts]),
    ("Arrange the panels", &[Group::Panels, Group::Scrolling]),
    ("Take something out", &[Group::Exporting]),
    ("Change the look", &[Group::Pictures, Group::System, Group::KeyList]),
];
/// The keys of what stands in front of the panels.
const IN_FRONT: [(&str, Context); 3] = [
    ("In lists", Context::List),
    ("In questions", Context::Question),
    ("While typing a number", Context::Number),
];

/// Returns how many columns of keys there is room for.
fn columns(app: &App) -> u16 {
    if app.size.0 >= 2 * COLUMN + AIR + 4 { 2 } else { 1 }
}

/// A heading with its keys, whose descriptions are wrapped on narrow screens.
type Section = Vec<Line<'static>>;

fn section(app: &App, title: &str, actions: Vec<(Action, Vec<Key>)>) -> Section {
    let room = usize::from(COLUMN.min(app.size.0.saturating_sub(4))).saturating_sub(KEYS);
    let wrap = textwrap::Options::new(room)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let theme = &app.look.theme;
    let mut lines = vec![Line::styled(title.to_owned(), theme.strong(Role::Accent))];
    for (action, keys) in actions.into_iter().filter(|(action, _)| app.offers(*action)) {
        let names = match action {
            // One line is enough for all presets.
            Action::Preset(1) => "1 to 9".into(),
            Action::Preset(_) => continue,
            _ => named(app, &keys),
        };
        let keys = Span::styled(format!("  {names:<12}"), theme.strong(Role::Generator));
        let mut about = textwrap::wrap(action.spec().help, &wrap).into_iter();
        let first = about.next().unwrap_or_default().into_owned();
        lines.push(Line::from(vec![keys, Span::raw(first)]));
        lines.extend(about.map(|more| Line::raw(format!("{:KEYS$}{more}", ""))));
    }
    lines
}

/// Returns the keys with their descriptions, in one column or in two.
fn lines(app: &App) -> Vec<Section> {
    let here = [Context::Always, Context::Main];
    let all: Vec<_> = here.iter().flat_map(|&context| app.keys.actions(context)).collect();
    let of = |groups: &[Group]| {
        let order = |action: Action| groups.iter().position(|group| *group == action.spec().group);
        let mut own: Vec<_> =
            all.iter().filter(|(action, _)| order(*action).is_some()).cloned().collect();
        own.sort_by_key(|(action, _)| order(*action));
        own
    };
    let tasks = TASKS.iter().map(|(title, groups)| section(app, title, of(groups)));
    let in_front =
        IN_FRONT.iter().map(|(title, context)| section(app, title, app.keys.actions(*context)));
    let sections: Vec<Section> =
        tasks.chain(in_front).filter(|section| section.len() > 1).collect();
    let total: usize = sections.iter().map(|section| section.len() + 1).sum();
    let mut columns: Vec<Section> = vec![Vec::new(); usize::from(columns(app))];
    let (mut at, each) = (0, total.div_ceil(columns.len()));
    for section in sections {
        if at + 1 < columns.len() && columns[at].len() + section.len() / 2 > each {
            at += 1;
        }
        if !columns[at].is_empty() {
            columns[at].push(Line::default());
        }
        columns[at].extend(section);
    }
    columns
}

/// Rows of the help's box on a screen of `height` rows; four of them are border and keys.
fn height_of(lines: usize, height: u16) -> u16 {
    (lines as u16 + 4).min(height)
}

fn longest(columns: &[Section]) -> usize {
    columns.iter().map(Vec::len).max().unwrap_or(0)
}

/// How far down the help can go.
pub fn lowest(app: &App) -> u16 {
    let lines = longest(&lines(app));
    (lines as u16).saturating_sub(height_of(lines, app.size.1).saturating_sub(4))
}

/// Draws the keys and what they do. Returns the area of its box.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, scroll: u16) -> Rect {
    let columns = lines(app);
    let hints = [
        (Action::Up, Context::List, "up"),
        (Action::Down, Context::List, "down"),
        (Action::Cancel, Context::List, "back"),
    ];
    // Where there is more than is seen, the title says where this is.
    let count = longest(&columns);
    let height = height_of(count, area.height);
    let (count, rows) = (count as u16, height.saturating_sub(4));
    let top = scroll.min(count.saturating_sub(rows));
    let title = if rows < count {
        format!("Help, lines {} to {} of {count}", top + 1, top + rows)
    } else {
        "Help".into()
    };
    let width = columns.len() as u16 * (COLUMN + AIR) - AIR + 4;
    let (place, inside) = open(frame, area, app, &title, (width, height), &hints);
    let lowest = count.saturating_sub(inside.height);
    for (at, lines) in columns.into_iter().enumerate() {
        let left = at as u16 * (COLUMN + AIR);
        let column = Rect {
            x: inside.x + left,
            width: COLUMN.min(inside.width.saturating_sub(left)),
            ..inside
        };
        frame.render_widget(Paragraph::new(lines).scroll((scroll.min(lowest), 0)), column);
    }
    place
}
