//! The help: every key with what it does, made from the key map.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{named, open};
use crate::{
    keyboard::action::{Action, Context},
    state::app::App,
    theme::Role,
};

/// Columns of the box, and those of the keys in it.
const WIDTH: u16 = 64;
const KEYS: usize = 14;

/// Returns the keys with their descriptions, which are wrapped on narrow screens.
fn lines(app: &App) -> Vec<Line<'static>> {
    let room = usize::from(app.size.0.min(WIDTH)).saturating_sub(4 + KEYS);
    let wrap = textwrap::Options::new(room)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let theme = &app.look.theme;
    let mut lines = Vec::new();
    for (title, context) in [
        ("Keys", Context::Main),
        ("Anywhere", Context::Always),
        ("In lists", Context::List),
        ("In questions", Context::Question),
        ("While typing a number", Context::Number),
    ] {
        lines.push(Line::styled(title, theme.strong(Role::Accent)));
        for (action, keys) in app.keys.actions(context) {
            let keys =
                Span::styled(format!("  {:<12}", named(&keys)), theme.strong(Role::Generator));
            let mut about = textwrap::wrap(action.spec().help, &wrap).into_iter();
            lines.push(Line::from(vec![keys, Span::raw(about.next().unwrap_or_default())]));
            lines.extend(about.map(|more| Line::raw(format!("{:KEYS$}{more}", ""))));
        }
    }
    lines
}

/// Rows of the help's box on a screen of `height` rows; four of them are border and keys.
fn height_of(lines: usize, height: u16) -> u16 {
    (lines as u16 + 4).min(height)
}

/// How far down the help can go.
pub fn lowest(app: &App) -> u16 {
    let lines = lines(app).len();
    (lines as u16).saturating_sub(height_of(lines, app.size.1).saturating_sub(4))
}

/// Draws the keys and what they do. Returns the area of its box.
pub fn draw(frame: &mut Frame, area: Rect, app: &App, scroll: u16) -> Rect {
    let lines = lines(app);
    let hints = [
        (Action::Up, Context::List, "up"),
        (Action::Down, Context::List, "down"),
        (Action::Cancel, Context::List, "back"),
    ];
    // Where there is more than is seen, the title says where this is.
    let (count, rows) = (lines.len() as u16, height_of(lines.len(), area.height).saturating_sub(4));
    let top = scroll.min(count.saturating_sub(rows));
    let title = if rows < count {
        format!("Help, lines {} to {} of {count}", top + 1, top + rows)
    } else {
        "Help".into()
    };
    let (place, inside) =
        open(frame, area, app, &title, (WIDTH, height_of(lines.len(), area.height)), &hints);
    let lowest = (lines.len() as u16).saturating_sub(inside.height);
    frame.render_widget(Paragraph::new(lines).scroll((scroll.min(lowest), 0)), inside);
    place
}
