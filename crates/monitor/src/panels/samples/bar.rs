//! The bar below the pictures, which shows where in the run they are from.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::super::widgets::symbols;
use crate::{
    state::app::{App, RunSource},
    theme::Role,
};

/// Returns the bar's area within the panel; `None` while the newest frame is shown or if there is
/// no room.
pub fn area(app: &App, panel: Rect) -> Option<Rect> {
    let wanted = !app.run.timeline.is_live()
        && app.gallery.view.is_of_timeline()
        && panel.height >= 6
        && panel.width >= 24;
    wanted.then(|| Rect {
        x: panel.x + 2,
        y: panel.bottom() - 2,
        width: panel.width - 4,
        height: 1,
    })
}

/// Returns the share of the bar's length at a position of the panel, 0 to 1; `None` if the bar is
/// not there.
pub fn share_at(app: &App, panel: Rect, at: Position) -> Option<f64> {
    let bar = area(app, panel).filter(|bar| bar.contains(at))?;
    Some(f64::from(at.x - bar.x) / f64::from(bar.width.saturating_sub(1).max(1)))
}

/// `history: frame 62 of 499  ----o---------`
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let timeline = &app.run.timeline;
    let (at, count) = timeline.position();
    if timeline.span().is_none() {
        return;
    }
    let symbols = symbols(app);
    let is_replay = matches!(app.source, RunSource::Replay { .. });
    let style = match is_replay {
        true => app.look.theme.style(Role::Faint),
        false => app.look.theme.strong(Role::Warning),
    };
    let state = match timeline.is_playing() {
        true => "playing: ",
        false if is_replay => "",
        false => "history: ",
    };
    let text = format!("{state}frame {} of {count}  ", at + 1);
    let start = text.len() as u16;
    let width = area.width.saturating_sub(start);
    let knob = (f64::from(width.saturating_sub(1)) * at as f64
        / count.saturating_sub(1).max(1) as f64)
        .round() as usize;
    let mut line = Line::from(Span::styled(text, style));
    if width > 4 {
        line.push_span(Span::styled(
            symbols.progress.0.repeat(knob),
            app.look.theme.style(Role::Accent),
        ));
        line.push_span(Span::styled(symbols.mark, app.look.theme.strong(Role::Accent)));
        line.push_span(Span::styled(
            symbols.progress.1.repeat(usize::from(width) - knob - 1),
            app.look.theme.style(Role::Border),
        ));
    }
    frame.render_widget(line, area);
}
