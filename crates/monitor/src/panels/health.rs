//! How the run is doing: what was found wrong, and how it was scored.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use super::{
    component::{Panel, Region},
    score,
    widgets::{bordered, symbols},
};
use crate::{
    state::{
        app::App,
        health::{self, Finding},
        number,
        panel::PanelId,
    },
    theme::Role,
};
use gan_tui_core::text;

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
        let (findings, scored) = (findings(app), score::lines(app));
        let rows = |line: &Line| line.width().div_ceil(usize::from(inside.width).max(1)) as u16;
        let full = findings.iter().map(rows).sum::<u16>();
        // Findings are cut before the last line of the scores; if there is room, an empty line
        // separates both.
        let room = (scored.len() as u16).min(inside.height.saturating_sub(4).max(1));
        let air = u16::from(full + room < inside.height);
        let above = (full + air).min(inside.height.saturating_sub(room));
        let [top, middle, below] = Layout::vertical([
            Constraint::Length(above),
            Constraint::Length(room),
            Constraint::Fill(1),
        ])
        .areas(inside);
        frame.render_widget(Paragraph::new(findings).wrap(Wrap { trim: true }), top);
        for (y, text) in (middle.top()..middle.bottom()).zip(scored) {
            frame.render_widget(Line::raw(text), Rect { y, height: 1, ..middle });
        }
        if app.enlarged && below.height > 3 {
            let rows =
                rules(frame, Rect { y: below.y + 1, height: below.height - 1, ..below }, app);
            let used = rows + 2;
            if below.height > used + 8 && app.run.history.scores().latest().is_some() {
                let chart =
                    Rect { y: below.y + used, height: (below.height - used).min(20), ..below };
                return score::draw(frame, chart, app);
            }
        }
        Vec::new()
    }
}

fn findings(app: &App) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for finding in &app.run.health {
        lines.push(Line::styled(
            format!("{}{}", mark(finding), finding.title),
            app.look.theme.strong(finding.role),
        ));
        lines.push(Line::raw(finding.reason.clone()));
    }
    if lines.is_empty() {
        let text = format!("how the run is doing will be here, from iteration {}", health::NEAR);
        lines.push(Line::styled(text, app.look.theme.style(Role::Faint)));
    }
    lines
}

/// Draws what is looked at: its present value, and where trouble begins. Returns the rows drawn.
fn rules(frame: &mut Frame, area: Rect, app: &App) -> u16 {
    let rules = health::rules(&app.run.history, app.run.spread, app.run.preset.objective);
    if rules.is_empty() {
        return 0;
    }
    let head = format!("last {} iterations", health::NEAR);
    let head = [head, "now".into(), "a problem if".into()];
    let rows = std::iter::once(head).chain(rules);
    let mut drawn = 0;
    for (y, [name, now, limit]) in (area.top()..area.bottom()).zip(rows) {
        let text = format!("{name:<32}{now:<20}{limit}");
        let line = if y == area.top() {
            Line::styled(text, app.look.theme.style(Role::Faint))
        } else {
            Line::raw(text)
        };
        frame.render_widget(line, Rect { y, height: 1, ..area });
        drawn += 1;
    }
    drawn
}

/// A finding in one line of this width.
pub fn in_a_line(finding: &Finding, app: &App, width: usize) -> Line<'static> {
    let title = format!("{}{}", mark(finding), finding.title);
    let reason = format!(": {}", finding.reason);
    let room = width.saturating_sub(text::width(&title));
    Line::from(vec![
        Span::styled(title, app.look.theme.strong(finding.role)),
        Span::raw(number::cut(&reason, room, symbols(app).gap)),
    ])
}
