//! Back and forward: through the frames, the chart, the samples, the log.

use crate::state::{app::App, gallery::View, message::Effect, panel::Panel};

/// Steps of the chart's cursor over its width.
const CURSOR_STEPS: f64 = 60.0;

/// Moves through the frames, or the chart's cursor if the losses are in focus.
pub fn travel(app: &mut App, by: i64) -> Option<Effect> {
    if app.focus == Panel::Losses {
        move_cursor(app, by);
    } else {
        app.run.film.go(by);
    }
    None
}

/// Moves the chart's cursor.
pub fn move_cursor(app: &mut App, by: i64) {
    app.look.chart.move_cursor(by as f64 / CURSOR_STEPS);
}

/// Moves to the first frame, or the chart's cursor to its left end.
pub fn start(app: &mut App) -> Option<Effect> {
    if app.focus == Panel::Losses {
        app.look.chart.cursor = Some(0.0);
    } else {
        app.run.film.first();
    }
    None
}

/// Returns to the newest frame, row and log entry.
pub fn live(app: &mut App) -> Option<Effect> {
    app.look.chart.cursor = None;
    app.run.film.live();
    app.log_scroll = 0;
    None
}

/// Plays the frames so far, or stops.
pub fn play(app: &mut App) -> Option<Effect> {
    app.run.film.toggle_play(app.now);
    None
}

/// Says that a run which is training has no speed to choose.
pub fn refuse_speed(app: &mut App) -> Option<Effect> {
    app.notify("only a replay can be played slower or faster".into(), true);
    None
}

/// Moves through the samples if one is shown large, through the log if that is in focus.
pub fn scroll(app: &mut App, by: i64) -> Option<Effect> {
    let moved = |at: usize, last: usize| (at as i64 + by).clamp(0, last as i64) as usize;
    if app.focus == Panel::Log {
        app.log_scroll =
            moved(app.log_scroll, app.run.journal.newest_first().count().saturating_sub(1));
    } else if app.gallery.view == View::One {
        let last = app.run.frame().map_or(0, |frame| frame.images.len().saturating_sub(1));
        app.gallery.selected = moved(app.gallery.selected, last);
    }
    None
}
