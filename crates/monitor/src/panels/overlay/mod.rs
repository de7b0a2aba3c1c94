//! A question, a list or the help, drawn in front of the panels.

mod help;
mod presets;

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Clear, Paragraph, Wrap},
};

use super::{
    layout,
    symbols::key_name,
    widgets::{bordered, middle, symbols},
};
use crate::{
    keyboard::{
        action::{Action, Context},
        key::Key,
    },
    state::{
        app::{App, Overlay},
        message::Export,
        number,
        panel::PanelId,
    },
    theme::{Palette, Role},
};
use gan_tui_core::{event::LearningRates, text::shown};
pub use help::lowest as lowest_help;

/// Draws the overlay, if there is one. Returns its area.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    if !matches!(app.overlay, None | Some(Overlay::Number)) {
        dim(frame, area, app);
    }
    Some(match app.overlay {
        None | Some(Overlay::Number) => return None,
        Some(Overlay::Quit) => quit(frame, area, app),
        Some(Overlay::Presets { selected, keep }) => {
            presets::draw(frame, area, app, selected, keep)
        }
        Some(Overlay::Help { scroll }) => help::draw(frame, area, app, scroll),
        Some(Overlay::Exports { selected }) => exports(frame, area, app, selected),
        Some(Overlay::Rates { selected, rates }) => {
            learning_rates(frame, area, app, selected, rates)
        }
    })
}

/// Makes what is behind a box paler. Over a slow line that would be many bytes for little.
fn dim(frame: &mut Frame, area: Rect, app: &App) {
    if app.look.capabilities.remote || !app.look.theme.has_colours() {
        return;
    }
    let theme = &app.look.theme;
    let half = |color| half(color, theme.palette == Palette::Light);
    let (faint, bars) = (theme.style(Role::Border), theme.style(Role::Accent).fg);
    let panels = layout::places(app, area).panels;
    let samples = panels.iter().find(|(panel, _)| panel.id() == PanelId::SAMPLES);
    for position in area.positions() {
        let Some(cell) = frame.buffer_mut().cell_mut(position) else { continue };
        if cell.bg != Color::Reset && samples.is_some_and(|(_, area)| area.contains(position)) {
            let (ink, paper) = (half(cell.fg), half(cell.bg));
            cell.set_fg(ink).set_bg(paper);
            continue;
        }
        // Of charts the lines are left; bands are half blocks in pale colours.
        if matches!(cell.symbol(), "▀" | "▄") && Some(cell.fg) != bars {
            cell.set_symbol(" ");
        }
        cell.set_style(faint).set_bg(Color::Reset).modifier = Modifier::DIM;
    }
}

/// A colour of a picture, halfway to black or to white.
fn half(color: Color, is_light: bool) -> Color {
    let halfway = |part: u8, most: u8| if is_light { most - (most - part) / 2 } else { part / 2 };
    match color {
        Color::Rgb(red, green, blue) => {
            let [red, green, blue] = [red, green, blue].map(|part| halfway(part, 255));
            Color::Rgb(red, green, blue)
        }
        Color::Indexed(grey @ 232..) => Color::Indexed(232 + halfway(grey - 232, 23)),
        // A cube of six levels a colour.
        Color::Indexed(at @ 16..) => {
            let [red, green, blue] =
                [(at - 16) / 36, (at - 16) / 6 % 6, (at - 16) % 6].map(|part| halfway(part, 5));
            Color::Indexed(16 + 36 * red + 6 * green + blue)
        }
        other => other,
    }
}

/// A cleared box in the middle, with its keys in the last line, or in as many as they take; tells
/// its place and the room above the keys.
fn open(
    frame: &mut Frame,
    area: Rect,
    app: &App,
    title: &str,
    (width, height): (u16, u16),
    hints: &[(Action, Context, &str)],
) -> (Rect, Rect) {
    // A strip beside the box that holds nothing but parts of words looks like an error.
    let width = if area.width <= width.saturating_add(4) { area.width } else { width };
    // Of the width, four columns are border and air.
    let room = usize::from(width.min(area.width).saturating_sub(4));
    let mut lines = hinted(app, hints, usize::MAX, room);
    if lines.len() > 1 {
        // Where not all keys have room, one of each is enough.
        lines = hinted(app, hints, 1, room);
    }
    let count = lines.len() as u16;
    let area = middle(area, width, height + count.saturating_sub(1));
    frame.render_widget(Clear, area);
    let inside = bordered(frame, area, app, None, title, "");
    let top = inside.bottom().saturating_sub(count).max(inside.y);
    for (y, line) in (top..inside.bottom()).zip(lines) {
        frame.render_widget(line, Rect { y, height: 1, ..inside });
    }
    (area, Rect { height: inside.height.saturating_sub(count + 1), ..inside })
}

/// What can be done, each with at most so many of its keys, in lines that are no longer than
/// `room`.
fn hinted(
    app: &App,
    hints: &[(Action, Context, &str)],
    most: usize,
    room: usize,
) -> Vec<Line<'static>> {
    const AIR: &str = "   ";
    let mut lines = vec![Line::default()];
    for (action, context, word) in hints {
        let Some((_, keys)) =
            app.keys.actions(*context).into_iter().find(|(found, _)| found == action)
        else {
            continue;
        };
        let keys = named(app, &keys[..most.min(keys.len())]);
        let hint = [
            Span::styled(keys, app.look.theme.strong(Role::Accent)),
            Span::raw(format!(" {word}")),
        ];
        let width = hint.iter().map(Span::width).sum::<usize>();
        match lines.last_mut() {
            Some(line) if line.spans.is_empty() => line.extend(hint),
            Some(line) if line.width() + AIR.len() + width <= room => {
                line.push_span(Span::raw(AIR));
                line.extend(hint);
            }
            _ => lines.push(Line::from(hint.to_vec())),
        }
    }
    lines
}

fn named(app: &App, keys: &[Key]) -> String {
    let script = app.look.capabilities.script;
    let name = |key: &Key| key_name(script, &key.to_string()).to_owned();
    keys.iter().map(name).collect::<Vec<_>>().join("/")
}

fn quit(frame: &mut Frame, area: Rect, app: &App) -> Rect {
    let detach = [(Action::Detach, Context::Question, "train on in the background")];
    let can_detach = app.offers(Action::Detach) && !app.read_only;
    let hints = [
        &[(Action::Confirm, Context::Question, "save and stop")][..],
        if can_detach { &detach } else { &[] },
        &[(Action::Cancel, Context::Question, "stay")],
    ]
    .concat();
    let (place, inside) = open(frame, area, app, "Quit?", (72, 7), &hints);
    let (iteration, directory) = (number::count(app.run.iteration()), shown(&app.run.directory));
    let room = usize::from(inside.width).saturating_sub(7);
    let files = format!("Files: {}", number::shortened(&directory, room, symbols(app).gap));
    let lines =
        vec![Line::raw(format!("Save at iteration {iteration} and stop?")), Line::raw(files)];
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), inside);
    place
}

/// A line of a list, its pointer and colours by whether it is selected.
fn item(app: &App, text: &str, selected: bool) -> Line<'static> {
    let (pointer, style) = if selected {
        (symbols(app).pointer, app.look.theme.selected())
    } else {
        (" ", Style::default())
    };
    Line::styled(format!("{pointer} {text} "), style)
}

fn exports(frame: &mut Frame, area: Rect, app: &App, selected: usize) -> Rect {
    let hints =
        [(Action::Confirm, Context::List, "export"), (Action::Cancel, Context::List, "back")];
    // A row for each format and each group, an empty one, and where files go.
    let mut rows: Vec<(Option<usize>, String)> = Vec::new();
    for (number, export) in Export::ALL.iter().enumerate() {
        if rows.is_empty() || Export::ALL[number - 1].group() != export.group() {
            rows.push((None, export.group().into()));
        }
        rows.push((Some(number), export.name().into()));
    }
    let height = rows.len() as u16 + 6;
    let (place, inside) = open(frame, area, app, "Export", (60, height), &hints);
    let list = inside.height.saturating_sub(2).max(1);
    let at = rows.iter().position(|(number, _)| *number == Some(selected)).unwrap_or(0);
    let first = (at + 1).saturating_sub(usize::from(list));
    // What is above and below is told by the marks at the right.
    let hidden = [first > 0, first + usize::from(list) < rows.len()];
    for (row, (number, text)) in rows.iter().skip(first).take(usize::from(list)).enumerate() {
        let line = Rect { y: inside.y + row as u16, height: 1, ..inside };
        match number {
            Some(number) => frame.render_widget(item(app, text, *number == selected), line),
            None => frame.render_widget(
                Line::styled(text.as_str(), app.look.theme.strong(Role::Faint)),
                line,
            ),
        }
    }
    let (up, down) = symbols(app).trends;
    for (is_hidden, mark, y) in
        [(hidden[0], up, inside.y), (hidden[1], down, inside.y + list.saturating_sub(1))]
    {
        if is_hidden && inside.height > 0 {
            let style = app.look.theme.style(Role::Faint);
            frame.buffer_mut().set_string(inside.right().saturating_sub(1), y, mark, style);
        }
    }
    if inside.height > list {
        let folder = shown(&app.run.directory.join("exports"));
        let room = usize::from(inside.width).saturating_sub(5);
        let text = format!("into {}", number::shortened(&folder, room, symbols(app).gap));
        let below = Rect { y: inside.bottom() - 1, height: 1, ..inside };
        frame.render_widget(Line::styled(text, app.look.theme.style(Role::Faint)), below);
    }
    place
}

fn learning_rates(
    frame: &mut Frame,
    area: Rect,
    app: &App,
    selected: usize,
    rates: LearningRates,
) -> Rect {
    let hints = [
        (Action::Less, Context::List, "halve"),
        (Action::More, Context::List, "double"),
        (Action::Confirm, Context::List, "apply"),
        (Action::Cancel, Context::List, "back"),
    ];
    let (place, inside) = open(frame, area, app, "Learning rates", (72, 9), &hints);
    let now = app.run.rates;
    let rows = [
        ("generator", rates.generator, now.generator),
        ("discriminator", rates.discriminator, now.discriminator),
    ];
    for (row, (name, then, now)) in rows.into_iter().enumerate() {
        let line = Rect { y: inside.y + row as u16, height: 1.min(inside.height), ..inside };
        let text = if then == now {
            format!("{name:<14} {now}")
        } else {
            format!("{name:<14} {then}, now {now}")
        };
        frame.render_widget(item(app, &text, row == selected), line);
    }
    if inside.height > 3 {
        let note = Line::styled(
            "applied from the next iteration; recorded in changes.jsonl",
            app.look.theme.style(Role::Faint),
        );
        let room = Rect { y: inside.y + 3, height: inside.height - 3, ..inside };
        frame.render_widget(Paragraph::new(note).wrap(Wrap { trim: true }), room);
    }
    place
}
