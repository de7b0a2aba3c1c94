//! A question, a list or the help, drawn in front of the panels.

mod help;
mod presets;

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::{Clear, Paragraph, Wrap},
};

use super::widgets::{bordered, middle, symbols};
use crate::{
    keyboard::{
        action::{Action, Context},
        key::Key,
    },
    state::{
        app::{App, Overlay},
        message::Export,
        number,
    },
    theme::Role,
};
use gan_tui_core::{event::LearningRates, text::shown};
pub use help::lowest as lowest_help;

/// Draws the overlay, if there is one. Returns its area.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
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
        let hint = [
            Span::styled(named(&keys[..most.min(keys.len())]), app.look.theme.strong(Role::Accent)),
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

fn named(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

fn quit(frame: &mut Frame, area: Rect, app: &App) -> Rect {
    let hints =
        [(Action::Confirm, Context::Question, "quit"), (Action::Cancel, Context::Question, "stay")];
    let (place, inside) = open(frame, area, app, "Quit?", (62, 7), &hints);
    let (iteration, directory) = (number::count(app.run.iteration()), shown(&app.run.directory));
    let files = format!(
        "Files: {}",
        number::shortened(
            &directory,
            usize::from(inside.width).saturating_sub(7),
            symbols(app).gap
        )
    );
    let leave = app
        .keys
        .key(Action::Detach)
        .map_or_else(String::new, |key| format!(" {key} detaches instead."));
    let lines = vec![
        Line::raw(format!("The run will be saved at iteration {iteration} and stopped.{leave}")),
        Line::raw(files),
    ];
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
    let (place, inside) =
        open(frame, area, app, "Export", (46, Export::ALL.len() as u16 + 4), &hints);
    let visible = usize::from(inside.height).max(1);
    let first = (selected + 1).saturating_sub(visible);
    for (row, (number, export)) in
        Export::ALL.iter().enumerate().skip(first).take(visible).enumerate()
    {
        let line = Rect { y: inside.y + row as u16, height: 1, ..inside };
        frame.render_widget(item(app, export.name(), number == selected), line);
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
