//! How the run is doing: what was found wrong, and how it was scored.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use super::{
    component::{Panel, Region},
    score,
    widgets::bordered,
};
use crate::{
    state::{app::App, health::Finding, panel::PanelId},
    theme::Role,
};

/// A word that says how good it is, for those who see no colours.
fn mark(finding: &Finding) -> &'static str {
    match finding.role {
        Role::Bad => "!! ",
        Role::Warning => "! ",
        _ => "",
    }
}

pub struct Health;

impl Health {
    pub const ID: PanelId = PanelId("Health");
}

impl Panel for Health {
    fn id(&self) -> PanelId {
        Self::ID
    }

    fn region(&self) -> Region {
        Region::Below
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        let inside = bordered(frame, area, app, Some(Self::ID), Self::ID.0, "");
        let mut lines = Vec::new();
        for finding in &app.run.health {
            lines.push(Line::styled(
                format!("{}{}", mark(finding), finding.title),
                app.look.theme.strong(finding.role),
            ));
            lines.push(Line::raw(finding.reason.clone()));
        }
        if lines.is_empty() {
            lines.push(Line::styled("no data yet", app.look.theme.style(Role::Faint)));
        }
        let scored = score::lines(app);
        let room = usize::from(inside.height.saturating_sub(4))
            .clamp(1, scored.len().max(1))
            .min(scored.len()) as u16;
        // Findings are cut before the last line of the scores; if there is room, an empty line
        // separates both.
        let above = lines
            .iter()
            .map(|line| line.width().div_ceil(usize::from(inside.width).max(1)) as u16)
            .sum::<u16>()
            + 1;
        let above = above.min(inside.height.saturating_sub(room));
        for (row, text) in (0..room).zip(scored) {
            frame.render_widget(
                Line::raw(text),
                Rect { y: inside.y + above + row, height: 1, ..inside }.intersection(inside),
            );
        }
        let above = if room > 0 { Rect { height: above, ..inside } } else { inside };
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), above);
        Vec::new()
    }
}

/// The worst finding in one line, if there is trouble.
pub fn trouble(app: &App) -> Option<Line<'static>> {
    let finding = app.run.health.iter().find(|finding| finding.is_trouble())?;
    let theme = &app.look.theme;
    Some(Line::from(vec![
        Span::styled(format!("{}{}", mark(finding), finding.title), theme.strong(finding.role)),
        Span::raw(format!(": {}", finding.reason)),
    ]))
}
