//! The last lines: why a run failed, what has just happened, else the keys.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use super::{health, symbols::key_name, widgets::symbols};
use crate::{
    keyboard::{
        action::{Action, Context, Hint, When},
        key::Key,
    },
    state::{
        app::{App, Changed, Overlay, RunSource},
        health::Finding,
        number,
    },
    theme::Role,
};
use gan_tui_core::event::{Digits, Outcome, RunState};

/// Returns the lines that the footer takes on a screen of this width; `is_told` is whether a panel
/// says how the run is doing.
pub fn height(app: &App, width: u16, is_told: bool) -> u16 {
    let lines = reason(app).map_or(0, |reason| {
        reason.chars().count().div_ceil(usize::from(width.saturating_sub(2)).max(1)).min(4)
    });
    1 + lines as u16 + u16::from(trouble(app, is_told).is_some())
}

pub fn draw(frame: &mut Frame, area: Rect, app: &App, is_told: bool) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let theme = &app.look.theme;
    if let Some(reason) = reason(app) {
        let below = 1 + u16::from(trouble(app, is_told).is_some());
        let above = Rect { height: area.height.saturating_sub(below), ..area };
        frame.render_widget(
            Paragraph::new(reason).style(theme.style(Role::Bad)).wrap(Wrap { trim: true }),
            above,
        );
    }
    if let Some(finding) = trouble(app, is_told) {
        let line = health::in_a_line(finding, app, usize::from(area.width));
        frame.render_widget(line, Rect { y: area.bottom().saturating_sub(2), height: 1, ..area });
    }
    let last = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    // How much goes down a line that is slow, where there is room for it.
    let is_remote = app.look.capabilities.remote && area.width >= 60;
    let rate = if is_remote { number::bytes_a_second(app.sending) } else { String::new() };
    let rate = Line::styled(rate, theme.style(Role::Faint));
    let changed = app.changed_preset.filter(|changed| !changed.is_seen);
    let is_typing = app.overlay == Some(Overlay::Number);
    let line = match &app.notice {
        _ if is_typing => typing(app, area.width),
        Some(notice) => {
            let role = if notice.is_error { Role::Warning } else { Role::Good };
            Line::styled(
                number::shortened(&notice.text, usize::from(area.width), symbols(app).gap),
                theme.style(role),
            )
        }
        None if changed.is_some() => changed_preset(app, changed, usize::from(area.width)),
        None if rate.width() == 0 => hints(app, area.width),
        None => hints(app, area.width.saturating_sub(rate.width() as u16 + 2)),
    };
    if !is_typing && app.notice.is_none() && changed.is_none() {
        frame.render_widget(
            &rate,
            Rect {
                x: last.right().saturating_sub(rate.width() as u16),
                width: rate.width() as u16,
                ..last
            },
        );
    }
    frame.render_widget(line, last);
}

/// `number 2026_  Enter keep  Esc back  Backspace take back`, as many keys as there is room for.
fn typing(app: &App, width: u16) -> Line<'static> {
    let theme = &app.look.theme;
    let number = app.gallery.number();
    let mut line = Line::from(vec![
        Span::styled("number ", theme.strong(Role::Accent)),
        Span::styled(number.to_string(), Modifier::BOLD),
        Span::styled(
            if number.len() < Digits::MOST { "_  " } else { " full  " },
            theme.style(Role::Faint),
        ),
    ]);
    for (action, word) in
        [(Action::Confirm, "keep"), (Action::Cancel, "back"), (Action::Erase, "delete")]
    {
        let Some(key) = app.keys.keys(Context::Number, action).first().map(Key::to_string) else {
            continue;
        };
        if line.width() + key.len() + 1 + word.len() > usize::from(width) {
            break;
        }
        line.push_span(Span::styled(key, theme.strong(Role::Accent)));
        line.push_span(Span::styled(format!(" {word}  "), theme.style(Role::Faint)));
    }
    line
}

/// The worst finding, if it is trouble and no panel says so.
fn trouble(app: &App, is_told: bool) -> Option<&Finding> {
    app.run.health.iter().find(|finding| finding.is_trouble() && !is_told)
}

/// Why the run failed, or why it waits.
fn reason(app: &App) -> Option<String> {
    match &app.run.state {
        RunState::Ended(Outcome::Failed(reason)) => Some(format!("The run failed: {reason}")),
        _ => app.run.trouble.clone(),
    }
}

/// Asks what to do about a preset whose file has changed.
fn changed_preset(app: &App, changed: Option<Changed>, width: usize) -> Line<'static> {
    let name = changed
        .and_then(|changed| app.presets.get(changed.number))
        .map_or("preset", |preset| &preset.name);
    let key = app
        .keys
        .key(Action::Reload)
        .map_or_else(String::new, |key| format!(": {key} for a new run of it"));
    let text =
        number::shortened(&format!("the file of {name} has changed{key}"), width, symbols(app).gap);
    Line::styled(text, app.look.theme.strong(Role::Warning))
}

/// The keys of the hints that apply, those of the lowest ranks, as many as there is room for.
fn hints(app: &App, width: u16) -> Line<'static> {
    let theme = &app.look.theme;
    let mut hints: Vec<(Action, &Hint)> = Action::ROWS
        .iter()
        .flat_map(|(make_action, spec)| spec.hints.iter().map(|hint| (make_action(1), hint)))
        .filter(|(action, hint)| applies(hint.when, app) && app.offers(*action))
        .collect();
    hints.sort_by_key(|(_, hint)| hint.rank);
    let mut line = Line::default();
    for (action, hint) in hints {
        let Some(key) = app.keys.key(action) else { continue };
        let name = key.to_string();
        let name = key_name(app.look.capabilities.script, &name).to_owned();
        let hint = [
            Span::styled(name, theme.strong(Role::Accent)),
            Span::styled(format!(" {}  ", hint.word), theme.style(Role::Faint)),
        ];
        let wider = hint.iter().map(Span::width).sum::<usize>();
        // The spaces after the last hint may be cut off.
        if line.width() + wider > usize::from(width) + 2 {
            break;
        }
        line.extend(hint);
    }
    line
}

fn applies(when: When, app: &App) -> bool {
    match when {
        When::Always => true,
        When::PauseOff => !app.run.wants_pause && !app.run.has_ended(),
        When::PauseOn => app.run.wants_pause && !app.run.has_ended(),
        When::InReplay => matches!(app.source, RunSource::Replay { .. }),
        When::ReplayEnded => matches!(app.source, RunSource::Replay { .. }) && app.run.has_ended(),
        When::PanelsShared => !app.enlarged,
        When::PanelEnlarged => app.enlarged,
    }
}
