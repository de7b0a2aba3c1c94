//! The table of runs: what they differ in, and the last, least and greatest value of the selected
//! series.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{Compare, Panel, charts, lines::LineOf};
use crate::{
    panels::symbols,
    state::number,
    theme::Role,
    views::{draw::bordered, stage::Stage},
};
use gan_tui_core::text;
use gan_tui_store::logs::LogRun;

/// Columns of a number.
const NUMBER: usize = 9;
/// The most columns of a field's value.
const FIELD: usize = 14;
/// The least columns of a name.
const NAME: usize = 16;

/// Draws the table.
pub fn draw(compare: &Compare, frame: &mut Frame, area: Rect, runs: &[LogRun], lines: &[LineOf]) {
    let stage = &compare.stage;
    let theme = &stage.look.theme;
    let tags = charts::tags(compare, runs);
    let tag = tags.get(compare.chart.min(tags.len().saturating_sub(1)));
    let is_focused = compare.focus == Panel::Runs && stage.front.is_none();
    let hidden = lines.iter().filter(|line| compare.is_hidden(line)).count();
    let width = usize::from(area.width.saturating_sub(4));
    let gap = symbols::of(stage.look.capabilities.script).gap;
    let mut aside = tag.map_or_else(String::new, |tag| number::shortened(tag, width / 2, gap));
    if hidden > 0 {
        aside = format!("{hidden} hidden, {aside}");
    }
    let inside = bordered(stage, frame, area, "Runs", &aside, is_focused);
    let mut fields = compare.kinship.fields.clone();
    // What the name of a group leaves out need not be said of its first run.
    let is_grouped = lines.iter().any(|line| line.runs.len() > 1);
    fields.retain(|(field, _)| !(is_grouped && field == "seed"));
    let room = width.saturating_sub(2 + NAME + 3 * (NUMBER + 1));
    let fields = fitting(fields, room);
    let used: usize = fields.iter().map(|(width, ..)| width + 1).sum();
    let name = width.saturating_sub(4 + used + 3 * (NUMBER + 1));
    let mut titles = format!("{:4}{}", "", fitted(stage, "run", name, false));
    for (width, field, _) in &fields {
        titles += &format!(" {}", fitted(stage, field, *width, true));
    }
    let last = if compare.slider.is_some() { "here" } else { "last" };
    for title in [last, "least", "most"] {
        titles += &format!(" {title:>NUMBER$}");
    }
    frame.render_widget(
        Line::styled(titles, theme.style(Role::Faint)),
        Rect { height: 1.min(inside.height), ..inside },
    );
    let rows = usize::from(inside.height.saturating_sub(1));
    let selected = compare.line.min(lines.len().saturating_sub(1));
    let first = (selected + 1).saturating_sub(rows.max(1));
    for (row, (at, line)) in lines.iter().enumerate().skip(first).take(rows).enumerate() {
        let place = Rect { y: inside.y + 1 + row as u16, height: 1, ..inside };
        let cells = Cells { fields: &fields, name, tag };
        let drawn = draw_line(compare, runs, line, &cells);
        let is_selected = at == selected && (is_focused || compare.is_highlighted);
        let drawn = if is_selected { drawn.style(theme.selected()) } else { drawn };
        frame.render_widget(drawn, place);
    }
}

/// A field with the width of its column and the values of all runs.
type Field = (usize, String, Vec<String>);

/// Returns as many fields as there is room for.
fn fitting(fields: Vec<(String, Vec<String>)>, mut room: usize) -> Vec<Field> {
    let mut out = Vec::new();
    // A field within another is known by its own name, if no other has the same.
    let own = |field: &str| field.rsplit('.').next().unwrap_or_default().to_owned();
    let names: Vec<String> = fields.iter().map(|(field, _)| own(field)).collect();
    for (field, values) in fields {
        let is_alone = names.iter().filter(|name| **name == own(&field)).count() == 1;
        let field = if is_alone { own(&field) } else { field };
        let longest = values.iter().map(|value| text::width(value)).max().unwrap_or(0);
        let width = longest.max(text::width(&field)).min(FIELD);
        if width + 1 > room {
            break;
        }
        room -= width + 1;
        out.push((width, field, values));
    }
    out
}

struct Cells<'a> {
    fields: &'a [Field],
    name: usize,
    tag: Option<&'a String>,
}

fn draw_line(compare: &Compare, runs: &[LogRun], line: &LineOf, cells: &Cells) -> Line<'static> {
    let stage = &compare.stage;
    let theme = &stage.look.theme;
    let symbols = symbols::of(stage.look.capabilities.script);
    let is_hidden = compare.is_hidden(line);
    let style = if is_hidden { theme.style(Role::Border) } else { theme.style(line.role) };
    let is_pinned = line.runs.iter().any(|run| compare.pinned_runs.contains(run));
    let pin = if is_pinned { symbols.mark } else { " " };
    let alert = line.runs.iter().find_map(|run| compare.alerts.get(run));
    let name = match alert {
        Some(alert) => format!("{} {}", alert.kind.name(), line.name),
        None => line.name.clone(),
    };
    let mut out = Line::from(vec![
        Span::styled(format!("{pin}{} ", line.mark), style.add_modifier(Modifier::BOLD)),
        Span::raw(" "),
        Span::styled(fitted(stage, &name, cells.name, false), style),
    ]);
    let plain = if is_hidden { theme.style(Role::Border) } else { Style::new() };
    for (width, _, values) in cells.fields {
        let value = line.runs.first().and_then(|&run| values.get(run)).cloned();
        let value = fitted(stage, &value.unwrap_or_default(), *width, true);
        out.push_span(Span::styled(format!(" {value}"), plain));
    }
    let range = cells.tag.and_then(|tag| {
        let ranges = line.runs.iter().filter_map(|&run| runs.get(run)?.track(tag)?.range());
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    });
    let last = cells.tag.and_then(|tag| charts::value(compare, runs, line, tag));
    for value in [last, range.map(|range| range.0), range.map(|range| range.1)] {
        let value = value.map_or_else(|| "-".into(), |value| number::value(value as f32));
        out.push_span(Span::styled(format!(" {value:>NUMBER$}"), plain));
    }
    out
}

fn fitted(stage: &Stage, text: &str, width: usize, is_number: bool) -> String {
    let gap = symbols::of(stage.look.capabilities.script).gap;
    let text = number::shortened(text, width, gap);
    let air = " ".repeat(width.saturating_sub(text::width(&text)));
    if is_number { air + &text } else { text + &air }
}
