//! What happened in the run, the newest first.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    component::{Panel, Region},
    widgets::{bordered, symbols},
};
use crate::{
    state::{app::App, message::Effect, number, panel::PanelId},
    theme::Role,
};

/// Columns from which on there is room for the training time.
const WITH_TIME: u16 = 48;

pub struct Log;

impl Log {
    pub const ID: PanelId = PanelId("Log");
}

/// An entry in so many columns: its end is cut off, but of one that names a file, which is most
/// telling at its end, the middle.
fn shortened(entry: &str, room: usize, gap: &str) -> String {
    if entry.contains('/') {
        return number::shortened(entry, room, gap);
    }
    number::cut(entry, room, gap)
}

impl Panel for Log {
    fn id(&self) -> PanelId {
        Self::ID
    }

    fn region(&self) -> Region {
        Region::Below
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        let inside = bordered(frame, area, app, Some(Self::ID), Self::ID.0, "");
        let entries = app.run.journal.newest_first().skip(app.log_scroll);
        for (row, entry) in entries.take(usize::from(inside.height)).enumerate() {
            let iteration = format!("{:>9}", number::count(entry.iteration));
            let time = format!("{:>9}  ", number::duration(entry.elapsed));
            let time = if inside.width >= WITH_TIME { time } else { "  ".into() };
            let room = usize::from(inside.width).saturating_sub(iteration.len() + time.len());
            let line = Line::from(vec![
                Span::styled(format!("{iteration}{time}"), app.look.theme.style(Role::Faint)),
                Span::raw(shortened(&entry.text, room, symbols(app).gap)),
            ]);
            frame.render_widget(line, Rect { y: inside.y + row as u16, height: 1, ..inside });
        }
        if app.run.journal.newest_first().next().is_none() {
            let text = "what happens in the run will be here";
            frame.render_widget(Line::styled(text, app.look.theme.style(Role::Faint)), inside);
        }
        Vec::new()
    }

    fn wheel(&self, app: &mut App, by: i64) -> Option<Effect> {
        app.focus = Self::ID;
        self.scroll(app, by);
        None
    }

    fn scroll(&self, app: &mut App, by: i64) -> bool {
        let last = app.run.journal.newest_first().count().saturating_sub(1);
        app.log_scroll = app.log_scroll.saturating_add_signed(by as isize).min(last);
        true
    }
}
