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

pub struct Log;

impl Log {
    pub const ID: PanelId = PanelId("Log");
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
            let iteration = format!("{:>9}  ", number::count(entry.iteration));
            let room = usize::from(inside.width).saturating_sub(iteration.len());
            let line = Line::from(vec![
                Span::styled(iteration, app.look.theme.style(Role::Faint)),
                Span::raw(number::shortened(&entry.text, room, symbols(app).gap)),
            ]);
            frame.render_widget(line, Rect { y: inside.y + row as u16, height: 1, ..inside });
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
