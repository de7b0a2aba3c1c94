//! What a message does to the state: no clock, no file, no terminal.

use std::{path::PathBuf, time::Duration};

use crate::{
    keymap::{Action, Context, Key},
    panels::{
        self, Losses, Samples,
        component::{Panel, Travel},
    },
    state::{
        app::{App, Next, Notice, Overlay, Run, SPINNER_STEP, Seat},
        gallery::View,
        health,
        history::Window,
        message::{Effect, Export, Message, Mouse, Seek, Signal},
        number,
        panel::PanelId,
    },
};
use gan_tui_core::event::{Command, Event, Outcome, RunState};
use ratatui::layout::Position;

mod presets;

use presets::{choose_preset, preset_changed, reload, select_preset, toggle_weights};

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(8);
/// Iterations between two looks at the run's health.
const EXAMINE: u64 = 25;
/// Sizes of pictures: from as many as can just be made out to a single one on any screen.
const ZOOM: std::ops::RangeInclusive<i32> = -3..=6;

/// Takes a message in; what only the session can do is given back.
pub fn update(app: &mut App, message: Message) -> Option<Effect> {
    let effect = take_in(app, message);
    effect.or_else(|| wish(app))
}

/// Pictures that are wanted and not there.
fn wish(app: &mut App) -> Option<Effect> {
    if let Some(iteration) = app.run.film.request() {
        return Some(Effect::ReadFrame(iteration));
    }
    if app.can_draw() {
        app.gallery.request().map(|drawing| Effect::Tell(Command::Draw(drawing)))
    } else {
        None
    }
}

fn take_in(app: &mut App, message: Message) -> Option<Effect> {
    match message {
        Message::Tick(now) => {
            tick(app, now);
            return None;
        }
        Message::Key(key) if typed(app, key) => return None,
        Message::Key(key) => {
            let action = app.keys.action(app.context(), key)?;
            app.changed = true;
            return act(app, action);
        }
        _ => app.changed = true,
    }
    match message {
        Message::Event(event) => return hear(app, event),
        Message::Past(past) => {
            app.run.recall(*past);
            app.gallery.grow_stale();
            examine(app);
        }
        Message::Note(text) => note(app, text),
        Message::Resized(width, height) => app.size = (width, height),
        Message::Lost(outcome) => return end(app, outcome),
        Message::Opened(number, directory) => open(app, number, directory),
        Message::NotOpened(reason) => {
            app.run.state = RunState::Ended(Outcome::Failed(reason));
            app.next = None;
        }
        Message::PresetChanged(changed) => preset_changed(app, changed),
        Message::Exporting(export, share) => {
            notify(app, format!("exporting {}: {}", export.name(), number::percent(share)), false);
        }
        Message::Exported(result) => exported(app, result),
        Message::FrameRead(iteration, frame) => {
            if frame.is_none() {
                notify(
                    app,
                    format!("the frame of iteration {} cannot be read", number::count(iteration)),
                    true,
                );
            }
            app.run.film.read(iteration, frame);
        }
        Message::Mouse(mouse, x, y) => return point(app, mouse, x, y),
        Message::Signal(signal) => return obey(app, signal),
        Message::SaveNow if !app.run.has_ended() => return Some(Effect::Tell(Command::Save)),
        Message::SaveNow | Message::Tick(_) | Message::Key(_) => {}
    }
    None
}

fn tick(app: &mut App, now: Duration) {
    let spins = app.is_waiting()
        && now.as_millis() / SPINNER_STEP.as_millis()
            != app.now.as_millis() / SPINNER_STEP.as_millis();
    app.now = now;
    app.changed |= spins | app.run.film.tick(now) | app.gallery.tick(now);
    if app.notice.as_ref().is_some_and(|notice| notice.until <= now) {
        app.notice = None;
        app.changed = true;
    }
}

/// What the run tells.
fn hear(app: &mut App, event: Event) -> Option<Effect> {
    let run = &mut app.run;
    match event {
        Event::Preparing(preparing) => run.state = RunState::Preparing(Some(preparing)),
        Event::Started(started) => {
            let dataset = &started.dataset;
            run.journal.note(
                started.iteration,
                format!(
                    "training on {}, {} images",
                    dataset.name,
                    number::count(dataset.count as u64)
                ),
            );
            run.started = Some(*started);
            run.state = RunState::Running;
        }
        Event::Metrics(metrics) => {
            run.history.push(&metrics);
            if metrics.iteration.is_multiple_of(EXAMINE) {
                examine(app);
            }
        }
        Event::Frame(frame) => {
            run.spread = Some(health::spread(&frame.images));
            run.film.push(frame);
            app.gallery.grow_stale();
            examine(app);
        }
        Event::Saving(iteration) => run.saving = Some(iteration),
        Event::Saved(iteration) => {
            run.journal.note(iteration, "saved");
            (run.saving, run.saved) = (None, Some(iteration));
        }
        // Networks that are kept beside the checkpoints, which a run does not go on from.
        Event::Best(iteration) => run.journal.note(iteration, "the best by score so far"),
        Event::Changed(change) => {
            run.rates.apply(&change);
            run.journal.note(
                change.iteration,
                format!("{} from {} to {}", change.field, change.old, change.new),
            );
        }
        Event::Pictures(pictures) => app.gallery.take(pictures),
        Event::Paused(paused) => {
            run.state = if paused { RunState::Paused } else { RunState::Running };
            // Another one who looks on may have asked for it.
            run.wants_pause = paused;
            run.journal.note(run.iteration(), if paused { "paused" } else { "going on" });
        }
        Event::Storage(storage) => {
            let stalled = Option::<String>::from(storage);
            run.journal.note(
                run.iteration(),
                stalled.clone().unwrap_or_else(|| "what could not be saved is saved".into()),
            );
            run.trouble = stalled;
        }
        Event::HandedOver => note(app, "another process goes on with the run".into()),
        Event::Ended(outcome) => return end(app, outcome),
    }
    None
}

/// Looks at the run's health, and notes what is new.
fn examine(app: &mut App) {
    let run = &mut app.run;
    let found = health::examine(run);
    for finding in found.iter().filter(|finding| finding.is_trouble()) {
        if !run.health.iter().any(|known| known.title == finding.title) {
            run.journal.note(run.iteration(), format!("{}: {}", finding.title, finding.reason));
        }
    }
    run.health = found;
}

/// Something worth knowing about the run.
fn note(app: &mut App, text: String) {
    app.run.journal.note(app.run.iteration(), text.clone());
    notify(app, text, false);
}

fn end(app: &mut App, outcome: Outcome) -> Option<Effect> {
    app.run.saving = None;
    app.run.trouble = None;
    app.gallery.give_up();
    if !app.run.has_ended() {
        let text = match &outcome {
            Outcome::Finished => "finished".into(),
            Outcome::Stopped => "stopped".into(),
            Outcome::Failed(reason) => format!("failed: {reason}"),
        };
        app.run.journal.note(app.run.iteration(), text);
        app.run.state = RunState::Ended(outcome);
    }
    follow(app)
}

/// What was to come once the run had ended.
fn follow(app: &mut App) -> Option<Effect> {
    match app.next? {
        Next::Detach if app.run.state != RunState::Ended(Outcome::Stopped) => {
            app.next = None;
            notify(app, "the run has ended by itself".into(), false);
            None
        }
        Next::Detach => Some(Effect::Leave),
        Next::Leave => Some(Effect::Leave),
        Next::Open { number, keep } => Some(Effect::Open { number, keep }),
    }
}

/// Ends the run, if it goes on, and then does what comes next.
fn after_the_run(app: &mut App, next: Next) -> Option<Effect> {
    app.next = Some(next);
    app.overlay = None;
    if app.run.has_ended() { follow(app) } else { Some(Effect::Tell(Command::Stop)) }
}

fn open(app: &mut App, number: usize, directory: PathBuf) {
    if let Some(preset) = app.presets.get(number) {
        app.changed_preset = app.changed_preset.filter(|changed| changed.number != number);
        app.run = Run::new(preset.clone(), directory, app.run.limit);
        app.gallery = app.gallery.renewed(preset.model.is_conditional());
        app.log_scroll = 0;
    }
    app.next = None;
}

fn exported(app: &mut App, result: Result<Vec<PathBuf>, String>) {
    match result {
        Ok(files) => {
            // All lie side by side and differ in their ending alone.
            let endings: Vec<_> = files
                .iter()
                .filter_map(|file| file.extension())
                .map(|ending| ending.to_string_lossy())
                .collect();
            let stem = files
                .first()
                .map(|file| file.with_extension("").display().to_string())
                .unwrap_or_default();
            app.exported = files.first().cloned();
            let name = if endings.len() == 1 {
                endings.join("")
            } else {
                format!("{{{}}}", endings.join(","))
            };
            let copy = app
                .keys
                .key(Action::CopyPath)
                .map_or_else(String::new, |key| format!("  ({key} copies the path)"));
            app.run.journal.note(app.run.iteration(), format!("exported {stem}.{name}"));
            notify(app, format!("exported {stem}.{name}{copy}"), false);
        }
        Err(reason) => notify(app, format!("not exported: {reason}"), true),
    }
}

fn notify(app: &mut App, text: String, is_error: bool) {
    app.notice = Some(Notice { text, is_error, until: app.now + NOTICE });
}

/// The system asks to end: saved first, and at once when it asks again.
fn obey(app: &mut App, signal: Signal) -> Option<Effect> {
    if signal == Signal::Hangup && app.seat == (Seat::Here { stop_on_hangup: false }) {
        return Some(if app.run.has_ended() { Effect::Leave } else { Effect::LetGo });
    }
    // That the terminal is gone is heard more than once: from the system, and by reading and
    // writing.
    if signal == Signal::Hangup && app.signal == Some(signal) {
        return None;
    }
    if app.signal.replace(signal).is_some() {
        return Some(Effect::Abandon);
    }
    if !matches!(app.seat, Seat::Here { .. }) {
        return Some(Effect::Leave);
    }
    after_the_run(app, Next::Leave)
}

/// What keys do to a run that is played; `None` where they do what they always do.
fn play(app: &mut App, action: Action) -> Option<Option<Effect>> {
    let Seat::Replay { speed } = app.seat else { return None };
    let seek = |seek| Some(Some(Effect::Seek(seek)));
    match action {
        Action::Back | Action::Forward | Action::BackFar | Action::ForwardFar | Action::Start
            if app.focus == Losses::ID =>
        {
            None
        }
        Action::Back => seek(Seek::Frames(-1)),
        Action::Forward => seek(Seek::Frames(1)),
        Action::BackFar => seek(Seek::Frames(-10)),
        Action::ForwardFar => seek(Seek::Frames(10)),
        Action::Start => seek(Seek::Start),
        Action::Live => {
            live(app);
            seek(Seek::End)
        }
        Action::Play | Action::TogglePause if app.run.has_ended() => seek(Seek::Start),
        Action::Play | Action::TogglePause => {
            app.run.wants_pause = !app.run.wants_pause;
            Some(Some(Effect::Tell(if app.run.wants_pause {
                Command::Pause
            } else {
                Command::Resume
            })))
        }
        Action::Step => Some(Some(Effect::Tell(Command::Step))),
        Action::Slower | Action::Faster => {
            let speed = (speed * if action == Action::Faster { 2.0 } else { 0.5 })
                .clamp(1.0 / 64.0, 4096.0);
            app.seat = Seat::Replay { speed };
            seek(Seek::Speed(speed))
        }
        _ => None,
    }
}

fn act(app: &mut App, action: Action) -> Option<Effect> {
    if let Some(effect) = play(app, action) {
        return effect;
    }
    match action {
        Action::Slower | Action::Faster => {
            notify(app, "only a replay can be played slower or faster".into(), true)
        }
        Action::Quit => return quit(app),
        Action::Interrupt
            if app.overlay == Some(Overlay::Quit) || app.next == Some(Next::Leave) =>
        {
            return Some(Effect::Abandon);
        }
        Action::Interrupt => return quit(app),
        Action::Detach => return detach(app),
        Action::TogglePause => return toggle_pause(app),
        Action::ChoosePreset => choose_preset(app),
        Action::Export => return export(app, Export::Pictures),
        Action::ExportChoices => app.overlay = Some(Overlay::Exports { selected: 0 }),
        Action::CopyPath => return copy(app),
        Action::Step => return step(app),
        Action::Save => return save(app),
        Action::LearningRates => change_rates(app),
        Action::Reload => reload(app),
        Action::Preset(number) => {
            choose_preset(app);
            select_preset(app, usize::from(number).saturating_sub(1));
        }
        Action::NextView => {
            app.gallery.show(app.gallery.view.next(app.run.preset.model.is_conditional()))
        }
        Action::Shuffle => shuffle(app),
        Action::Number => begin_number(app),
        Action::Erase => app.gallery.write(app.gallery.number().shorter()),
        Action::Back => travel(app, Travel::By(-1)),
        Action::Forward => travel(app, Travel::By(1)),
        Action::BackFar => travel(app, Travel::By(-10)),
        Action::ForwardFar => travel(app, Travel::By(10)),
        Action::Start => travel(app, Travel::ToStart),
        Action::Live => live(app),
        Action::Play => app.run.film.toggle_play(app.now),
        Action::ScrollUp => scroll(app, -1),
        Action::ScrollDown => scroll(app, 1),
        Action::LogScale => app.look.chart.log = !app.look.chart.log,
        Action::Smooth => app.look.chart.smooth_more(),
        Action::NextPanel => focus(app, 1),
        Action::PreviousPanel => focus(app, -1),
        Action::Enlarge => app.enlarged = true,
        Action::Restore => restore(app),
        Action::Suspend => return Some(Effect::Suspend),
        Action::Redraw => return Some(Effect::Redraw),
        Action::Less | Action::More if matches!(app.overlay, Some(Overlay::Presets { .. })) => {
            toggle_weights(app)
        }
        Action::Less => adjust(app, 0.5),
        Action::More => adjust(app, 2.0),
        Action::CycleGlyphs => cycle_glyphs(app),
        Action::CycleColors => {
            app.look.colors = app.look.colors.next();
            app.look.theme = app.look.theme.with(app.look.colors);
            notify(app, format!("colours: {}", app.look.colors), false);
        }
        Action::CycleTheme => {
            app.look.theme.palette = app.look.theme.palette.next();
            notify(app, format!("theme: {}", app.look.theme.palette.name()), false);
        }
        Action::CycleWindow => {
            app.look.window = match app.look.window {
                Window::All => Window::Last(1000),
                Window::Last(1000) => Window::Last(200),
                Window::Last(_) => Window::All,
            }
        }
        Action::Larger => zoom(app, 1),
        Action::Smaller => zoom(app, -1),
        Action::Help => app.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Up | Action::Down | Action::First | Action::Last => move_by(app, action),
        Action::Confirm => return confirm(app),
        Action::Cancel => {
            if app.overlay.take() == Some(Overlay::Number) {
                app.gallery.end_number(false);
            }
        }
    }
    None
}

/// Asks, unless there is nothing to lose.
fn quit(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() {
        return after_the_run(app, Next::Leave);
    }
    if !matches!(app.seat, Seat::Here { .. }) && app.read_only {
        return Some(Effect::Leave);
    }
    app.overlay = Some(Overlay::Quit);
    None
}

/// Leaves the run to itself.
fn detach(app: &mut App) -> Option<Effect> {
    if !matches!(app.seat, Seat::Here { .. }) || app.run.has_ended() {
        return Some(Effect::Leave);
    }
    if app.next.is_some() || refused(app) {
        return None;
    }
    app.next = Some(Next::Detach);
    Some(Effect::HandOver)
}

fn toggle_pause(app: &mut App) -> Option<Effect> {
    if app.run.has_ended() || app.next.is_some() {
        return None;
    }
    if refused(app) {
        return None;
    }
    app.run.wants_pause = !app.run.wants_pause;
    Some(Effect::Tell(if app.run.wants_pause { Command::Pause } else { Command::Resume }))
}

fn cycle_glyphs(app: &mut App) {
    let look = &mut app.look;
    let mut glyphs = look.glyphs.next();
    while !look.capabilities.script.shows(glyphs) {
        glyphs = glyphs.next();
    }
    let text = if glyphs == look.glyphs {
        format!("glyphs: {glyphs}, all that this terminal shows")
    } else {
        format!("glyphs: {glyphs}")
    };
    look.glyphs = glyphs;
    notify(app, text, false);
}

fn zoom(app: &mut App, by: i32) {
    app.look.zoom = (app.look.zoom + by).clamp(*ZOOM.start(), *ZOOM.end());
}

fn move_by(app: &mut App, action: Action) {
    let lowest = panels::lowest_help(app);
    let last = app.presets.len().saturating_sub(1);
    match &mut app.overlay {
        Some(Overlay::Presets { selected, .. }) => *selected = moved(*selected, last, action),
        Some(Overlay::Help { scroll }) => {
            *scroll = match action {
                Action::Up => scroll.saturating_sub(1),
                Action::Down => (*scroll + 1).min(lowest),
                Action::First => 0,
                _ => lowest,
            }
        }
        Some(Overlay::Exports { selected }) => {
            *selected = moved(*selected, Export::ALL.len() - 1, action)
        }
        Some(Overlay::Rates { selected, .. }) => *selected = moved(*selected, 1, action),
        Some(Overlay::Quit | Overlay::Number) | None => {}
    }
}

fn moved(at: usize, last: usize, action: Action) -> usize {
    match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => (at + 1).min(last),
        Action::First => 0,
        _ => last,
    }
}

fn confirm(app: &mut App) -> Option<Effect> {
    match app.overlay.take()? {
        Overlay::Quit => after_the_run(app, Next::Leave),
        Overlay::Presets { selected: number, keep } => {
            let keep =
                keep && app.presets.get(number).is_some_and(|preset| app.can_keep_weights(preset));
            after_the_run(app, Next::Open { number, keep })
        }
        Overlay::Help { .. } => None,
        Overlay::Number => {
            app.gallery.end_number(true);
            None
        }
        Overlay::Exports { selected } => {
            export(app, Export::ALL[selected.min(Export::ALL.len() - 1)])
        }
        Overlay::Rates { rates, .. } if rates != app.run.rates => {
            Some(Effect::Tell(Command::LearningRates(rates)))
        }
        Overlay::Rates { .. } => None,
    }
}

/// Says so where the run may only be looked at.
fn refused(app: &mut App) -> bool {
    if app.read_only {
        notify(app, "read only: the run is left as it is".into(), true);
    }
    app.read_only
}

/// Whether the run can be told things; says so if not.
fn is_controllable(app: &mut App) -> bool {
    if refused(app) || app.next.is_some() {
        return false;
    }
    if app.run.has_ended() {
        notify(app, "the run has ended".into(), true);
    }
    !app.run.has_ended()
}

fn step(app: &mut App) -> Option<Effect> {
    if !is_controllable(app) {
        return None;
    }
    if app.run.state != RunState::Paused {
        let pause =
            app.keys.key(Action::TogglePause).map_or_else(String::new, |key| format!(" ({key})"));
        notify(app, format!("single iterations are done while paused{pause}"), true);
        return None;
    }
    app.gallery.grow_stale();
    Some(Effect::Tell(Command::Step))
}

fn save(app: &mut App) -> Option<Effect> {
    if !is_controllable(app) {
        return None;
    }
    notify(app, "a checkpoint is saved after this iteration".into(), false);
    Some(Effect::Tell(Command::Save))
}

fn change_rates(app: &mut App) {
    if is_controllable(app) {
        app.overlay = Some(Overlay::Rates { selected: 0, rates: app.run.rates });
    }
}

/// Makes the selected learning rate larger or smaller by a factor.
fn adjust(app: &mut App, factor: f32) {
    if let Some(Overlay::Rates { selected, rates }) = &mut app.overlay {
        let rate = if *selected == 0 { &mut rates.generator } else { &mut rates.discriminator };
        // Two digits, so that halving and doubling comes back to round numbers.
        let scaled: f32 = format!("{:.1e}", *rate * factor).parse().unwrap_or(*rate);
        *rate = scaled.clamp(1e-7, 1.0);
    }
}

fn export(app: &mut App, export: Export) -> Option<Effect> {
    if export.needs_pictures() && app.run.frame().is_none() {
        notify(app, "nothing to export yet: the first frame is still to come".into(), true);
        return None;
    }
    Some(Effect::Export(export))
}

fn copy(app: &mut App) -> Option<Effect> {
    let Some(path) = app.exported.as_ref().map(|path| path.display().to_string()) else {
        notify(app, "nothing to copy yet: nothing was exported".into(), true);
        return None;
    };
    notify(app, format!("copied {path}"), false);
    Some(Effect::Copy(path))
}

fn shuffle(app: &mut App) {
    if app.gallery.view.is_of_film() || app.gallery.view == View::Sorted {
        app.gallery.show(View::Fresh);
    } else {
        app.gallery.shuffle();
    }
}

/// Opens the line for a number, or says why none can be drawn.
fn begin_number(app: &mut App) {
    if !app.run.preset.model.is_conditional() {
        return notify(
            app,
            "digits are drawn by presets whose model is told the digits, such as `digits`".into(),
            true,
        );
    }
    if app.run.has_ended() && !app.can_draw() {
        return notify(app, "no numbers are drawn: the run has ended".into(), true);
    }
    app.gallery.begin_number();
    app.focus = PanelId::SAMPLES;
    app.overlay = Some(Overlay::Number);
}

/// Adds a digit to the number that is typed, if one is typed and this is a digit.
fn typed(app: &mut App, key: Key) -> bool {
    let Some(digit) = key.digit().filter(|_| app.context() == Context::Number) else {
        return false;
    };
    let number = app.gallery.number();
    app.gallery.write(number.with(digit));
    app.changed = true;
    true
}

/// Moves through time: over the panel in focus, or through the frames.
fn travel(app: &mut App, to: Travel) {
    if panels::focused(app).travel(app, to) {
        return;
    }
    match to {
        Travel::By(by) => app.run.film.go(by),
        Travel::ToStart => app.run.film.first(),
    }
}

fn live(app: &mut App) {
    app.look.chart.cursor = None;
    app.run.film.live();
    app.log_scroll = 0;
}

/// Scrolls the panel in focus, or the samples.
fn scroll(app: &mut App, by: i64) {
    if !panels::focused(app).scroll(app, by) {
        Samples.scroll(app, by);
    }
}

/// Back among the others; a panel that is not among them loses the focus.
fn restore(app: &mut App) {
    app.enlarged = false;
    if !panels::focusable(app).contains(&app.focus) {
        app.focus = PanelId::SAMPLES;
    }
}

fn focus(app: &mut App, by: isize) {
    let panels = panels::focusable(app);
    let at = panels.iter().position(|panel| *panel == app.focus).unwrap_or(0) as isize;
    if let Some(&panel) = panels.get((at + by).rem_euclid(panels.len().max(1) as isize) as usize) {
        app.focus = panel;
    }
}

/// The mouse: a click focuses or seeks, the wheel scrolls what it is over.
fn point(app: &mut App, mouse: Mouse, x: u16, y: u16) -> Option<Effect> {
    if app.overlay.is_some() {
        match mouse {
            Mouse::ScrollUp => move_by(app, Action::Up),
            Mouse::ScrollDown => move_by(app, Action::Down),
            Mouse::Press | Mouse::Drag => {}
        }
        return None;
    }
    let position = Position { x, y };
    let (panel, area) = panels::at(app, position)?;
    match mouse {
        Mouse::Press => panel.click(app, area, position, false),
        Mouse::Drag => panel.click(app, area, position, true),
        Mouse::ScrollUp => panel.wheel(app, -1),
        Mouse::ScrollDown => panel.wheel(app, 1),
    }
}
