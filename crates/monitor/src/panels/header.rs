//! The two lines at the top: which run, its state and its progress.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    layout, training,
    widgets::{ends, symbols},
};
use crate::{
    state::{
        app::{App, Next, RunSource, SPINNER_STEP},
        gallery::View,
        number,
    },
    theme::Role,
};
use gan_tui_core::{
    event::{Outcome, RunState},
    text,
};

/// Two lines.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let row = |y| Rect { y: area.y + y, height: 1, ..area };
    let state = state_line(app);
    ends(
        frame,
        row(0),
        title(app, usize::from(area.width).saturating_sub(state.width() + 2)),
        state,
    );
    progress(frame, row(1), app);
}

/// Names take no more cells than this.
const LONGEST: usize = 40;

/// The preset, whether it may only be looked at, then as many facts on the dataset as there is room
/// for.
fn title(app: &App, width: usize) -> Line<'static> {
    let theme = &app.look.theme;
    let name = number::shortened(&app.run.preset.name, width.min(LONGEST), symbols(app).gap);
    let mut line = Line::from(Span::styled(name, theme.strong(Role::Accent)));
    let dataset = app.run.started.as_ref().map(|started| &started.dataset);
    // Where panels have no title, the modes are told here.
    let modes = (layout::is_compact(app) && !app.enlarged).then(|| {
        let view = app.gallery.view;
        let view = (view != View::Fixed).then(|| view.name().to_lowercase());
        let modes = [Some(training::aside(app)), view].into_iter().flatten();
        modes.filter(|mode| !mode.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let facts = [
        modes.filter(|modes| !modes.is_empty()),
        app.read_only.then(|| "read only".into()),
        dataset.map(|dataset| number::shortened(&dataset.name, LONGEST, symbols(app).gap)),
        dataset.map(|dataset| format!("{} images", number::count(dataset.count as u64))),
    ];
    for fact in facts.into_iter().flatten() {
        let fact = Span::styled(format!(" {} {fact}", symbols(app).dot), theme.style(Role::Faint));
        if line.width() + fact.width() > width {
            break;
        }
        line.push_span(fact);
    }
    line
}

/// What the terminal's tab is called: which run, how far, and what it is doing. Changes with every
/// percent.
pub fn tab(app: &App) -> String {
    let share = number::percent((app.run.share() as f32 * 100.0).floor() / 100.0);
    let (_, state) = state(app);
    let state = if app.is_waiting() { "" } else { &state };
    let name = text::escaped(&app.run.preset.name);
    format!("gan-tui {name} {share} {state}").trim_end().to_owned()
}

fn state_line(app: &App) -> Line<'static> {
    let symbols = symbols(app);
    let (role, words) = state(app);
    let mark = if app.is_waiting() {
        symbols.spinner
            [(app.now.as_millis() / SPINNER_STEP.as_millis()) as usize % symbols.spinner.len()]
    } else {
        symbols.mark
    };
    Line::from(vec![
        Span::styled(format!("{mark} "), app.look.theme.style(role)),
        Span::styled(words, app.look.theme.strong(role)),
    ])
}

/// What the run is doing, in words, and how good that is.
pub fn state(app: &App) -> (Role, String) {
    let run = &app.run;
    match (&run.state, run.saving, app.next) {
        (RunState::Ended(Outcome::Finished), ..) => (Role::Good, "finished".into()),
        (RunState::Ended(Outcome::Stopped), ..) => (Role::Warning, "stopped".into()),
        (RunState::Ended(Outcome::Failed(_)), ..) => (Role::Bad, "failed".into()),
        _ if run.trouble.is_some() => (Role::Bad, "waiting for storage".into()),
        (_, Some(iteration), _) => {
            (Role::Accent, format!("saving iteration {}", number::count(iteration)))
        }
        (_, None, Some(Next::Detach)) => (Role::Warning, "detaching after this iteration".into()),
        (_, None, Some(Next::Leave | Next::Open { .. })) => {
            (Role::Warning, "stopping after this iteration".into())
        }
        (RunState::Preparing(None), ..) => (Role::Accent, "starting".into()),
        (RunState::Preparing(Some(preparing)), ..) if preparing.total > 0 => {
            let share = preparing.done as f32 / preparing.total as f32;
            (Role::Accent, format!("{} {}", preparing.what, number::percent(share)))
        }
        (RunState::Preparing(Some(preparing)), ..) => (Role::Accent, preparing.what.clone()),
        (RunState::Paused, ..) if !run.wants_pause => (Role::Warning, "resuming".into()),
        (RunState::Paused, ..) => (Role::Warning, "paused".into()),
        (RunState::Running, ..) if run.wants_pause => {
            (Role::Warning, "pausing after this iteration".into())
        }
        (RunState::Running, ..) if speed(app).is_some() => {
            (Role::Good, format!("replay{}", speed(app).unwrap_or_default()))
        }
        (RunState::Running, ..) if run.history.latest().is_none() => {
            (Role::Good, "first iteration".into())
        }
        (RunState::Running, ..) => (Role::Good, "training".into()),
        (RunState::Interrupted | RunState::Unknown, ..) => (Role::Warning, run.state.name().into()),
    }
}

/// How fast a replay is played, where that is not as fast as it was.
fn speed(app: &App) -> Option<String> {
    let times = symbols(app).times;
    match app.source {
        RunSource::Replay { speed: 1.0 } => Some(String::new()),
        RunSource::Replay { speed } if speed > 1.0 => Some(format!(" {times}{speed:.0}")),
        RunSource::Replay { speed } => Some(format!(" {times}1/{:.0}", 1.0 / speed)),
        _ => None,
    }
}

/// `iteration 1,240 / 10,000  12%  ━━━━━─────────  38.2/s  3m 49s left`: where there is no room for
/// all, first the rate goes, then the time.
fn progress(frame: &mut Frame, area: Rect, app: &App) {
    let run = &app.run;
    let theme = &app.look.theme;
    let narrow = area.width < 60;
    let (done, of) = (number::count(run.iteration()), number::count(run.last_iteration()));
    let left = if narrow { format!("{done}/{of}") } else { format!("iteration {done} / {of}") };
    let share = number::percent((run.share() as f32 * 100.0).floor() / 100.0);
    let left =
        Line::from(vec![Span::styled(left, Modifier::BOLD), Span::raw(format!("  {share:>3}"))]);
    let room = usize::from(area.width).saturating_sub(left.width() + 2);
    let right = pace(app).into_iter().find(|pace| pace.len() <= room).unwrap_or_default();
    let bar_start = left.width() as u16 + 2;
    let bar_width = area.width.saturating_sub(bar_start + right.len() as u16 + 2);
    if bar_width >= 6 {
        let symbols = symbols(app);
        let full = (f64::from(bar_width) * run.share()).round() as usize;
        let bar = Line::from(vec![
            Span::styled(symbols.progress.0.repeat(full), theme.style(Role::Accent)),
            Span::styled(
                symbols.progress.1.repeat(usize::from(bar_width) - full),
                theme.style(Role::Border),
            ),
        ]);
        frame.render_widget(bar, Rect { x: area.x + bar_start, width: bar_width, ..area });
    }
    ends(frame, area, left, Line::raw(right));
}

/// Returns the rate, and the time left, or taken once the run has ended; then the time alone.
fn pace(app: &App) -> Vec<String> {
    let run = &app.run;
    let Some(rate) = run.history.rate() else { return Vec::new() };
    let time = match &run.state {
        RunState::Ended(_) => format!("took {}", number::duration(run.elapsed())),
        _ => run.left().map_or_else(String::new, |left| format!("{} left", number::duration(left))),
    };
    vec![format!("{}  {time}", number::rate(rate)), time]
}
