//! What stands in front of the panels: a question, a list, the help.

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
use gan_tui_core::{event::LearningRates, preset::Preset};

/// The overlay, if there is one; tells its place.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    Some(match app.overlay {
        None | Some(Overlay::Number) => return None,
        Some(Overlay::Quit) => quit(frame, area, app),
        Some(Overlay::Presets { selected, keep }) => presets(frame, area, app, selected, keep),
        Some(Overlay::Help { scroll }) => help(frame, area, app, scroll),
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
    let (iteration, directory) =
        (number::count(app.run.iteration()), app.run.directory.display().to_string());
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
        .map_or_else(String::new, |key| format!(" {key} leaves it to go on."));
    let lines = vec![
        Line::raw(format!("The run is saved at iteration {iteration} and ends.{leave}")),
        Line::raw(files),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), inside);
    place
}

fn presets(frame: &mut Frame, area: Rect, app: &App, selected: usize, keep: bool) -> Rect {
    let can_keep = app.presets.get(selected).is_some_and(|preset| app.can_keep_weights(preset));
    let start = [(Action::Confirm, Context::List, "start")];
    let weights =
        [(Action::More, Context::List, if keep { "new weights" } else { "keep weights" })];
    let back = [(Action::Cancel, Context::List, "back")];
    let hints = [&start[..], if can_keep { &weights } else { &[] }, &back].concat();
    let rows = app.presets.len() as u16 + 17;
    let (place, inside) =
        open(frame, area, app, "Start a new run", (76, rows.min(area.height)), &hints);
    let list = Rect {
        height: (app.presets.len() as u16 + 1)
            .min(inside.height.saturating_sub(10).max(3))
            .min(inside.height),
        ..inside
    };
    let about = inside.height - list.height;
    let visible = usize::from(list.height.saturating_sub(1)).max(1);
    let first = (selected + 1).saturating_sub(visible);
    for (row, (number, preset)) in
        app.presets.iter().enumerate().skip(first).take(visible).enumerate()
    {
        let line = Rect { y: list.y + row as u16, height: 1, ..list };
        let present = if *preset == app.run.preset { " (running)" } else { "" };
        let digit = if number < 9 { format!("{} ", number + 1) } else { "  ".into() };
        frame.render_widget(
            item(app, &format!("{digit}{}{present}", preset.name), number == selected),
            line,
        );
    }
    if let Some(preset) = app.presets.get(selected) {
        let text = Rect { y: list.bottom(), height: about, ..inside };
        let faint = app.look.theme.style(Role::Faint);
        let (otherwise, same) = compared(&app.run.preset, preset);
        let mut lines = vec![Line::raw(preset.description.clone())];
        let weights = match keep {
            true => format!(
                "begins with the weights of iteration {}",
                number::count(app.run.iteration())
            ),
            false if can_keep => "begins with new weights".into(),
            false => "begins with new weights: the networks are others".into(),
        };
        lines.push(Line::styled(
            weights,
            app.look.theme.strong(if keep { Role::Accent } else { Role::Faint }),
        ));
        lines.extend(otherwise.into_iter().map(Line::raw));
        lines.push(Line::styled(same, faint));
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), text);
    }
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
            "from the next iteration on; recorded in changes.jsonl",
            app.look.theme.style(Role::Faint),
        );
        let room = Rect { y: inside.y + 3, height: inside.height - 3, ..inside };
        frame.render_widget(Paragraph::new(note).wrap(Wrap { trim: true }), room);
    }
    place
}

/// What is otherwise in the other preset, a line each; then everything that is the same, in one.
fn compared(now: &Preset, then: &Preset) -> (Vec<String>, String) {
    let (mut otherwise, mut same) = (Vec::new(), Vec::new());
    for ((name, now), (_, then)) in fields(now).into_iter().zip(fields(then)) {
        if now == then {
            same.push(format!("{name} {now}"));
        } else {
            otherwise.push(format!("{name}: {now} now, {then} then"));
        }
    }
    if otherwise.is_empty() {
        otherwise.push("the same parameters as the present run".into());
    }
    (otherwise, format!("as now: {}", same.join(", ")))
}

/// Every parameter with its name, but for what a preset is called.
fn fields(preset: &Preset) -> Vec<(String, String)> {
    fn flatten(name: &str, value: &serde_json::Value, into: &mut Vec<(String, String)>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (field, value) in fields {
                    let field = field.replace('_', " ");
                    flatten(
                        &if name.is_empty() { field } else { format!("{name}'s {field}") },
                        value,
                        into,
                    );
                }
            }
            serde_json::Value::String(text) => into.push((name.into(), text.clone())),
            // Rates are single numbers of 32 bits, and read as such.
            serde_json::Value::Number(number) if number.is_f64() => {
                into.push((name.into(), (number.as_f64().unwrap_or(f64::NAN) as f32).to_string()));
            }
            value => into.push((name.into(), value.to_string())),
        }
    }
    let mut out = Vec::new();
    flatten("", &serde_json::to_value(preset).unwrap_or_default(), &mut out);
    out.retain(|(name, _)| name != "name" && name != "description");
    out
}

/// Columns of the help's box, and those of its keys.
const HELP: (u16, usize) = (64, 14);

/// The keys with what they do, straight from the key map; what they do goes on in the next line
/// where a screen is narrow.
fn help_lines(app: &App) -> Vec<Line<'static>> {
    let room = usize::from(app.size.0.min(HELP.0)).saturating_sub(4 + HELP.1);
    let theme = &app.look.theme;
    let mut lines = Vec::new();
    for (title, context) in [
        ("Keys", Context::Main),
        ("Anywhere", Context::Always),
        ("In lists", Context::List),
        ("In questions", Context::Question),
        ("While a number is typed", Context::Number),
    ] {
        lines.push(Line::styled(title, theme.strong(Role::Accent)));
        for (action, keys) in app.keys.actions(context) {
            let keys =
                Span::styled(format!("  {:<12}", named(&keys)), theme.strong(Role::Generator));
            let mut about = wrapped(action.spec().help, room).into_iter();
            lines.push(Line::from(vec![keys, Span::raw(about.next().unwrap_or_default())]));
            lines.extend(
                about.map(|more| Line::raw(format!("{:indent$}{more}", "", indent = HELP.1))),
            );
        }
    }
    lines
}

/// Words in lines of at most `width` characters, as far as the words themselves are no longer.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                *line = format!("{line} {word}")
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

/// Rows of the help's box on a screen of `height` rows; four of them are border and keys.
fn help_height(lines: usize, height: u16) -> u16 {
    (lines as u16 + 4).min(height)
}

/// How far down the help can go.
pub fn lowest_help(app: &App) -> u16 {
    let lines = help_lines(app).len();
    (lines as u16).saturating_sub(help_height(lines, app.size.1).saturating_sub(4))
}

fn help(frame: &mut Frame, area: Rect, app: &App, scroll: u16) -> Rect {
    let lines = help_lines(app);
    let hints = [
        (Action::Up, Context::List, "up"),
        (Action::Down, Context::List, "down"),
        (Action::Cancel, Context::List, "back"),
    ];
    // Where there is more than is seen, the title says where this is.
    let (count, rows) =
        (lines.len() as u16, help_height(lines.len(), area.height).saturating_sub(4));
    let top = scroll.min(count.saturating_sub(rows));
    let title = if rows < count {
        format!("Help, lines {} to {} of {count}", top + 1, top + rows)
    } else {
        "Help".into()
    };
    let (place, inside) =
        open(frame, area, app, &title, (HELP.0, help_height(lines.len(), area.height)), &hints);
    let lowest = (lines.len() as u16).saturating_sub(inside.height);
    frame.render_widget(Paragraph::new(lines).scroll((scroll.min(lowest), 0)), inside);
    place
}
