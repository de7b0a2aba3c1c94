//! The list of presets for a new run: what each is for and how long it takes here, what to expect of
//! the selected one, and how it differs from the present run's.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use super::{item, open};
use crate::{
    keyboard::action::{Action, Context},
    panels::widgets::{picture, symbols},
    state::{app::App, number},
    theme::Role,
};
use gan_tui_core::{preset::Preset, text};
use gan_tui_store::art::{self, Mosaic, Room};

/// The most columns of the box.
const WIDTH: u16 = 100;
/// Columns of the numbers and names in the list, and of the times.
const NAME: usize = 20;
const TIME: usize = 11;
/// Rows that the details of a preset take, the table of differences among them.
const DETAILS: u16 = 15;
/// The narrowest box in which there are pictures beside the details.
const WITH_SAMPLE: u16 = 84;
/// Columns of the pictures.
const SAMPLE: u16 = 32;
/// Columns of a field's name, and of a value at least.
const FIELD: usize = 28;
const VALUE: usize = 20;

/// Draws the list of presets, and how the selected one differs. Returns the area of its box.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, selected: usize, keep: bool) -> Rect {
    let can_keep = app.presets.get(selected).is_some_and(|preset| app.can_keep_weights(preset));
    let start = if keep { "start with current weights" } else { "start fresh" };
    let start = [(Action::Confirm, Context::List, start)];
    let weights =
        [(Action::More, Context::List, if keep { "fresh weights" } else { "current weights" })];
    let back = [(Action::Cancel, Context::List, "back")];
    let hints = [&start[..], if can_keep { &weights } else { &[] }, &back].concat();
    let rows = (app.presets.len() as u16 + DETAILS + 4).min(area.height);
    let (place, inside) = open(frame, area, app, "Start a new run", (WIDTH, rows), &hints);
    let listed = (app.presets.len() as u16 + 1)
        .min(inside.height.saturating_sub(DETAILS - 4).max(3))
        .min(inside.height);
    let [list, details] =
        Layout::vertical([Constraint::Length(listed), Constraint::Fill(1)]).areas(inside);
    draw_list(frame, list, app, selected);
    let Some(preset) = app.presets.get(selected) else { return place };
    let sample = app.prospects.get(selected).and_then(|prospect| prospect.sample.as_ref());
    let [details, pictures] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(if sample.is_some() && details.width + 4 >= WITH_SAMPLE {
            SAMPLE
        } else {
            0
        }),
    ])
    .areas(details);
    let lines = about(app, preset, selected, keep && can_keep, details);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), details);
    if let Some((images, origin)) = sample.filter(|_| pictures.width > 0 && pictures.height > 2) {
        let room =
            Room { width: usize::from(pictures.width), height: usize::from(pictures.height - 1) };
        let side = images.width.max(images.height);
        if let Some(mosaic) = Mosaic::fit(images.len(), side, room, app.look.glyphs, 0) {
            let canvas = art::draw(images, mosaic, app.look.glyphs, app.look.colors);
            let above = Rect { height: mosaic.rows as u16 * mosaic.height() as u16, ..pictures };
            picture(frame.buffer_mut(), above.intersection(pictures), &canvas);
            let below = Rect { y: above.bottom(), height: 1, ..pictures }.intersection(pictures);
            let style = app.look.theme.style(Role::Faint);
            frame.render_widget(Line::styled(origin.as_str(), style).centered(), below);
        }
    }
    place
}

/// A line for each preset, `4 fast  For a minute: …  4m 31s`, and below them how many there is no room
/// for.
fn draw_list(frame: &mut Frame, area: Rect, app: &App, selected: usize) {
    let visible = usize::from(area.height).saturating_sub(1).max(1);
    let first = (selected + 1).saturating_sub(visible);
    let left_out = [(first, "above"), (app.presets.len().saturating_sub(first + visible), "below")];
    let left_out: Vec<String> = left_out
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, place)| format!("{count} more {place}"))
        .collect();
    if area.height > 1 {
        let below = Rect { y: area.bottom() - 1, height: 1, ..area };
        let style = app.look.theme.style(Role::Faint);
        frame.render_widget(Line::styled(format!("  {}", left_out.join(", ")), style), below);
    }
    let gap = symbols(app).gap;
    for (row, (number, preset)) in
        app.presets.iter().enumerate().skip(first).take(visible).enumerate()
    {
        let digit = if number < 9 { format!("{} ", number + 1) } else { "  ".into() };
        let is_present = *preset == app.run.preset;
        let time = if is_present { "this run".into() } else { app.estimate(number).words() };
        let name = number::shortened(&preset.name, NAME - 3, gap);
        // Two columns are the pointer, and one is air at the end.
        let room = usize::from(area.width).saturating_sub(NAME + TIME + 3);
        let description = if room < 12 {
            String::new()
        } else {
            format!("{:room$}", cut(&preset.description, room.saturating_sub(1), gap))
        };
        let text = format!("{:NAME$}{description}{time:>TIME$}", format!("{digit}{name}"));
        let line = Rect { y: area.y + row as u16, height: 1, ..area };
        frame.render_widget(item(app, &text, number == selected), line);
    }
}

/// The beginning of a text that is longer than the room.
fn cut(text: &str, room: usize, gap: &str) -> String {
    let text = text::escaped(text);
    if text::width(&text) <= room {
        return text.into_owned();
    }
    format!(
        "{}{gap}",
        text::cut(&text, room.saturating_sub(gap.len())).trim_end_matches('\u{2026}')
    )
}

/// What becomes of the present run, what the preset is, what to expect of it, and the differences;
/// what there is room for.
fn about(app: &App, preset: &Preset, number: usize, keep: bool, area: Rect) -> Vec<Line<'static>> {
    let theme = &app.look.theme;
    let faint = theme.style(Role::Faint);
    let weights = match keep {
        true => format!("with the weights of iteration {}", number::count(app.run.iteration())),
        false if app.can_keep_weights(preset) => "with fresh weights".into(),
        false => "with fresh weights: the networks differ".into(),
    };
    let end = if app.run.has_ended() { "" } else { "; the present run is saved and ends" };
    let mut lines = vec![
        Line::styled(
            format!("starts {weights}{end}"),
            if keep { theme.strong(Role::Accent) } else { faint },
        ),
        Line::styled(
            format!("{}: {}", preset.name, text::escaped(&preset.description)),
            theme.strong(Role::Accent),
        ),
    ];
    let expect = app.prospects.get(number).and_then(|prospect| prospect.expect);
    lines.extend(expect.map(Line::raw));
    if *preset != app.run.preset {
        lines.push(Line::styled(app.estimate(number).sentence(), faint));
    }
    let width = usize::from(area.width).max(1);
    let taken: usize = lines.iter().map(|line| line.width().div_ceil(width).max(1)).sum();
    let room = usize::from(area.height).saturating_sub(taken + 1);
    let differences = differences(&app.run.preset, preset, faint, symbols(app).gap, width);
    // The head alone says nothing.
    if room >= differences.len().min(3) {
        let left_out = differences.len().saturating_sub(room);
        let kept = differences.len() - if left_out > 0 { left_out + 1 } else { 0 };
        lines.push(Line::default());
        lines.extend(differences.into_iter().take(kept));
        if left_out > 0 {
            lines.push(Line::styled(format!("and {} more", left_out + 1), faint));
        }
    }
    lines
}

/// A table of the fields that differ: name, value now, value then.
fn differences(
    now: &Preset,
    then: &Preset,
    faint: Style,
    gap: &str,
    width: usize,
) -> Vec<Line<'static>> {
    let differing = now.differences(then);
    let differing: Vec<_> = differing
        .iter()
        .filter(|difference| !matches!(difference.field.as_str(), "name" | "description"))
        .collect();
    if differing.is_empty() {
        return vec![Line::styled("the same parameters as the present run", faint)];
    }
    let column = (width.saturating_sub(FIELD) / 2).max(VALUE);
    let head = format!("{:FIELD$}{:column$}{}", "field", "now", "new");
    let mut lines = vec![Line::styled(head, faint)];
    for difference in differing {
        let value = |at: usize| number::shortened(&difference.values[at], column - 1, gap);
        lines.push(Line::from(vec![
            Span::styled(format!("{:FIELD$}", difference.field), faint),
            Span::raw(format!("{:column$}{}", value(0), value(1))),
        ]));
    }
    lines
}
