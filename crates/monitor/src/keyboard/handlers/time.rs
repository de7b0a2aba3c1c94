//! Back and forward: through the frames, the chart, the samples, the log.

use crate::{
    panels::{
        self, Samples,
        component::{Panel as _, Travel},
    },
    state::{app::App, message::Effect},
};

/// Moves along the time axis of the panel in focus, or through the frames if it has none.
pub fn travel(app: &mut App, to: Travel) -> Option<Effect> {
    if !panels::focused(app).travel(app, to) {
        match to {
            Travel::By(by) => app.run.timeline.go(by),
            Travel::ToStart => app.run.timeline.first(),
        }
    }
    None
}

/// Returns to the newest frame, row and log entry.
pub fn live(app: &mut App) -> Option<Effect> {
    app.look.chart.cursor = None;
    app.run.timeline.live();
    app.log_scroll = 0;
    None
}

/// Plays the frames so far, or stops.
pub fn play(app: &mut App) -> Option<Effect> {
    app.run.timeline.toggle_play(app.now);
    None
}

/// Says that a run which is training has no speed to choose.
pub fn refuse_speed(app: &mut App) -> Option<Effect> {
    app.notify("only a replay has a speed".into(), true);
    None
}

/// Scrolls the panel in focus, or the samples if it has nothing to scroll.
pub fn scroll(app: &mut App, by: i64) -> Option<Effect> {
    if !panels::focused(app).scroll(app, by) {
        Samples.scroll(app, by);
    }
    None
}
