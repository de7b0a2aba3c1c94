//! The first and the last line of a view, and what is in front of it.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
    widgets::{Clear, Paragraph, Wrap},
};

use super::{
    View, keys,
    stage::{Front, Stage},
};
use crate::{
    panels::{
        symbols,
        widgets::{ends, middle},
    },
    state::number,
    terminal::painter::Graphics,
    theme::Role,
};
use gan_tui_core::text;

/// The smallest screen that can be used.
const SMALLEST: (u16, u16) = (40, 10);
/// Columns of the box with the help, and of the keys in it.
const HELP: u16 = 72;
const KEYS: usize = 16;

/// Returns the area between the first line and the last.
pub fn body(stage: &Stage) -> Rect {
    let (width, height) = stage.size;
    Rect { x: 0, y: 1, width, height: height.saturating_sub(2) }
}

/// Draws a view with its first and last line, and what is in front.
pub fn draw<V: View>(view: &V, frame: &mut Frame) -> Graphics {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text =
            format!("needs {}x{}, has {}x{}", SMALLEST.0, SMALLEST.1, area.width, area.height);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return Graphics::default();
    }
    let inside = Rect { x: area.x + 1, width: area.width - 2, height: 1, ..area };
    let (left, right) = view.header(usize::from(inside.width));
    ends(frame, inside, left, right);
    let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let graphics = view.draw(frame, body);
    footer(view, frame, Rect { y: area.bottom() - 1, ..inside });
    let front = match &view.stage().front {
        None | Some(Front::Prompt(_)) => None,
        Some(Front::Help { scroll }) => Some(help(view, frame, area, *scroll)),
        Some(Front::Question(question)) => Some(ask(view.stage(), frame, area, question)),
    };
    Graphics { front, ..graphics }
}

/// What is typed, else what has just happened, else the keys.
fn footer<V: View>(view: &V, frame: &mut Frame, area: Rect) {
    let stage = view.stage();
    let theme = &stage.look.theme;
    let symbols = symbols::of(stage.look.capabilities.script);
    let width = usize::from(area.width);
    let line = match (&stage.front, &stage.notice) {
        (Some(Front::Prompt(prompt)), _) => {
            let room = width.saturating_sub(prompt.label.len() + 2);
            // The end of a long text is what is being typed.
            let text = text::escaped(&prompt.text);
            let skip = text.chars().count().saturating_sub(room);
            Line::from(vec![
                Span::styled(format!("{} ", prompt.label), theme.strong(Role::Accent)),
                Span::styled(text.chars().skip(skip).collect::<String>(), Modifier::BOLD),
                Span::styled("_", theme.style(Role::Faint)),
            ])
        }
        (_, Some(notice)) => {
            let role = if notice.is_error { Role::Warning } else { Role::Good };
            Line::styled(number::shortened(&notice.text, width, symbols.gap), theme.style(role))
        }
        _ => hints(view, width),
    };
    frame.render_widget(line, area);
}

fn hints<V: View>(view: &V, width: usize) -> Line<'static> {
    let theme = &view.stage().look.theme;
    let read_only = view.stage().read_only;
    let own = view.keys().iter().filter(|row| !(read_only && row.changes));
    let own = own.filter_map(|row| Some((row.keys, row.hint?)));
    let common = keys::COMMON.iter().filter_map(|row| Some((row.keys, row.hint?)));
    // Whoever knows how to leave and where the help is knows the rest.
    let mut all: Vec<(&str, &str)> = common.chain(own).collect();
    let last = 2.min(all.len());
    all.rotate_left(last);
    let words = |(keys, word): &(&'static str, &'static str)| {
        let script = view.stage().look.capabilities.script;
        let key = symbols::key_name(script, keys.split(' ').next().unwrap_or_default());
        [
            Span::styled(key.to_owned(), theme.strong(Role::Accent)),
            Span::styled(format!(" {word}  "), theme.style(Role::Faint)),
        ]
    };
    let last = all.split_off(all.len().saturating_sub(2));
    let last: Vec<Span> = last.iter().flat_map(words).collect();
    let reserved: usize = last.iter().map(Span::width).sum();
    let mut line = Line::default();
    for hint in all.iter().map(words) {
        let wider: usize = hint.iter().map(Span::width).sum();
        if line.width() + wider + reserved > width + 2 {
            break;
        }
        line.extend(hint);
    }
    line.extend(last);
    line
}

/// A cleared box in the middle with a border and a title. Returns its area and the one inside.
fn open(
    stage: &Stage,
    frame: &mut Frame,
    area: Rect,
    title: &str,
    size: (u16, u16),
) -> (Rect, Rect) {
    let place = middle(area, size.0, size.1);
    frame.render_widget(Clear, place);
    (place, bordered(stage, frame, place, title, "", false))
}

/// Draws a border with a title, and something at its other end. Returns the area inside.
pub fn bordered(
    stage: &Stage,
    frame: &mut Frame,
    area: Rect,
    title: &str,
    aside: &str,
    is_focused: bool,
) -> Rect {
    crate::panels::widgets::framed(frame, area, &stage.look, is_focused, title, aside)
}

fn help<V: View>(view: &V, frame: &mut Frame, area: Rect, scroll: u16) -> Rect {
    let stage = view.stage();
    let theme = &stage.look.theme;
    let own = view.keys().iter().map(|row| (row.keys, row.help));
    let common = keys::COMMON.iter().map(|row| (row.keys, row.help));
    let room = usize::from(HELP.min(area.width)).saturating_sub(4 + KEYS);
    let mut lines = Vec::new();
    for (keys, about) in own.chain(common).chain(keys::ALWAYS) {
        let mut about = textwrap::wrap(about, room.max(8)).into_iter();
        lines.push(Line::from(vec![
            Span::styled(format!("{keys:KEYS$}"), theme.strong(Role::Generator)),
            Span::raw(about.next().unwrap_or_default().into_owned()),
        ]));
        lines.extend(about.map(|more| Line::raw(format!("{:KEYS$}{more}", ""))));
    }
    let height = (lines.len() as u16 + 4).min(area.height);
    let (place, inside) = open(stage, frame, area, "Help", (HELP, height));
    let rows = inside.height.saturating_sub(2);
    let scroll = scroll.min((lines.len() as u16).saturating_sub(rows));
    let more = if lines.len() as u16 > rows { "   Down Up scroll" } else { "" };
    let last = Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside };
    frame.render_widget(Line::styled(format!("Esc back{more}"), theme.style(Role::Faint)), last);
    let text = Paragraph::new(lines).scroll((scroll, 0));
    frame.render_widget(text, Rect { height: rows, ..inside });
    place
}

fn ask(stage: &Stage, frame: &mut Frame, area: Rect, question: &str) -> Rect {
    let theme = &stage.look.theme;
    let width = 64.min(area.width);
    let lines = textwrap::wrap(question, usize::from(width).saturating_sub(4).max(8));
    let height = (lines.len() as u16 + 4).min(area.height);
    let lines: Vec<Line> = lines.iter().map(|line| Line::raw(line.to_string())).collect();
    let (place, inside) = open(stage, frame, area, "Sure?", (width, height));
    frame.render_widget(
        Paragraph::new(lines),
        Rect { height: inside.height.saturating_sub(2), ..inside },
    );
    let keys = Line::from(vec![
        Span::styled("y", theme.strong(Role::Accent)),
        Span::raw(" yes   "),
        Span::styled("n", theme.strong(Role::Accent)),
        Span::raw(" no"),
    ]);
    frame.render_widget(keys, Rect { y: inside.bottom().saturating_sub(1), height: 1, ..inside });
    place
}
