//! Samples, fitted to the room there is, and where in the run they are from.

mod bar;
mod fit;
mod rows;
mod shown;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    component::{Height, Panel, Region},
    header,
    widgets::{bordered, symbols},
};
use crate::{
    keyboard::action::Action,
    state::{
        app::{App, RunSource},
        gallery::View,
        message::{Effect, Seek},
        number,
        panel::PanelId,
    },
    terminal::pixels::Picture,
    theme::Role,
};
use fit::fit;
use gan_tui_core::{event::Drawing, preset::library};
#[cfg(test)]
pub use shown::arranged;
pub use shown::shown;

pub struct Samples;

impl Panel for Samples {
    fn id(&self) -> PanelId {
        PanelId::SAMPLES
    }

    fn region(&self) -> Region {
        Region::Right
    }

    fn compact_height(&self) -> Option<Height> {
        Some(Height::AtLeast(0))
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        draw(frame, area, app).into_iter().collect()
    }

    fn draw_compact(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        draw_bare(frame, area, app).into_iter().collect()
    }

    fn pictures(&self, area: Rect, app: &App, is_compact: bool) -> Vec<Picture> {
        let Some(shown) = shown(app) else { return Vec::new() };
        let area = if is_compact { area } else { inside(area, app) };
        let Some(fitted) = fit(app, &shown.images, area) else { return Vec::new() };
        let arranged = shown::arranged(app, &shown.images, fitted.shown(&shown.images));
        fitted.pictures(area, app, arranged.as_ref().unwrap_or(&shown.images))
    }

    fn click(&self, app: &mut App, area: Rect, at: Position, is_drag: bool) -> Option<Effect> {
        match bar::share_at(app, area, at) {
            Some(share) if is_replay(app) => return Some(Effect::Seek(Seek::Share(share))),
            Some(share) => app.run.timeline.seek(share),
            None if is_drag => {}
            None => app.focus = self.id(),
        }
        None
    }

    fn wheel(&self, app: &mut App, by: i64) -> Option<Effect> {
        if is_replay(app) {
            return Some(Effect::Seek(Seek::Frames(by)));
        }
        app.run.timeline.go(by);
        None
    }

    fn scroll(&self, app: &mut App, by: i64) -> bool {
        let is_one = app.gallery.view == View::One;
        if is_one {
            let last = app.run.frame().map_or(0, |frame| frame.images.len().saturating_sub(1));
            let selected = app.gallery.selected.saturating_add_signed(by as isize);
            app.gallery.selected = selected.min(last);
        }
        is_one
    }
}

fn is_replay(app: &App) -> bool {
    matches!(app.source, RunSource::Replay { .. })
}

/// Draws with a border, the view's name in the title and the timeline's bar below.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    let dot = symbols(app).dot;
    let Some(shown) = shown(app) else {
        let inside = bordered(frame, area, app, Some(PanelId::SAMPLES), &name(app), "");
        nothing_yet(frame, inside, app);
        return None;
    };
    let (bar, inside) = (bar::area(app, area), inside(area, app));
    let fitted = fit(app, &shown.images, inside)?;
    let (some, all) = (fitted.shown(&shown.images), shown.images.len());
    let count = match app.gallery.view {
        _ if some == all => String::new(),
        View::Sorted => format!("{some} of {all}, both ends"),
        _ => format!("{some} of {all}"),
    };
    let arranged = shown::arranged(app, &shown.images, some);
    let images = arranged.as_ref().unwrap_or(&shown.images);
    // In a replay, images that only networks can draw may be of a later checkpoint.
    let at = number::count(shown.iteration);
    let (ahead, iteration) = match shown.iteration > app.run.iteration() && is_replay(app) {
        true => (format!("checkpoint {at}, ahead of the replay"), String::new()),
        false => (String::new(), format!("iteration {at}")),
    };
    let title = title(
        &name(app),
        [ahead, shown.note.clone(), count, iteration],
        usize::from(area.width.saturating_sub(6)),
        dot,
    );
    bordered(frame, area, app, Some(PanelId::SAMPLES), &title, "");
    fitted.draw(frame, inside, app, images);
    if let Some(area) = bar {
        bar::draw(frame, area, app);
    }
    Some(fitted.part(inside))
}

/// Where the pictures are: of the panel, two columns and two rows are its border, and pictures need
/// no air around them.
fn inside(area: Rect, app: &App) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2 + u16::from(bar::area(app, area).is_some())),
    }
}

/// What the view is called; of a number, which one is shown.
fn name(app: &App) -> String {
    let name = match app.gallery.view {
        View::Digits if !app.run.draws_digits() => "Class by class",
        view => view.name(),
    };
    match app.gallery.pictures().map(|pictures| pictures.drawing) {
        Some(Drawing::Number { digits, .. }) => format!("{name} {digits}"),
        _ => name.into(),
    }
}

/// A name and as many facts, the most important first, as there is room for.
fn title(name: &str, facts: [String; 4], room: usize, dot: &str) -> String {
    let mut title = name.to_owned();
    for fact in facts.iter().filter(|fact| !fact.is_empty()) {
        let longer = format!("{title} {dot} {fact}");
        if longer.chars().count() <= room {
            title = longer;
        }
    }
    title
}

/// Draws without a border.
pub fn draw_bare(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    let Some(shown) = shown(app) else {
        nothing_yet(frame, area, app);
        return None;
    };
    let fitted = fit(app, &shown.images, area)?;
    let arranged = shown::arranged(app, &shown.images, fitted.shown(&shown.images));
    fitted.draw(frame, area, app, arranged.as_ref().unwrap_or(&shown.images));
    Some(fitted.part(area))
}

/// Says why there are no pictures yet; at the start also what will be here, and the first keys.
fn nothing_yet(frame: &mut Frame, area: Rect, app: &App) {
    let theme = &app.look.theme;
    let text = match () {
        () if app.gallery.view == View::Number && app.gallery.number().is_empty() => {
            "type a number".into()
        }
        () if app.run.has_ended() && !app.can_draw() => "no images: the run has ended".into(),
        () if app.run.frame().is_some() => format!("drawing{}", symbols(app).gap),
        () => format!("{}{}", header::state(app).1, symbols(app).gap),
    };
    let mut lines = vec![Line::styled(text, theme.style(Role::Faint))];
    if app.run.frame().is_none() && !app.run.has_ended() {
        lines.push(Line::default());
        for words in textwrap::wrap(WILL_BE_HERE, usize::from(area.width).saturating_sub(2).max(1))
        {
            lines.push(Line::raw(words.into_owned()));
        }
        lines.push(Line::default());
        lines.extend(first_keys(app));
    }
    // Where there is no room for all, the state alone is enough.
    if lines.len() > usize::from(area.height) {
        lines.truncate(1);
    }
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
    for (y, line) in (top..area.bottom()).zip(lines) {
        frame.render_widget(line.centered(), Rect { y, height: 1, ..area });
    }
}

/// What the panel shows from the first frame on.
const WILL_BE_HERE: &str =
    "What the generator makes of 64 latents will be here, from noise to pictures.";

/// The keys to begin with, a line each.
fn first_keys(app: &App) -> Vec<Line<'static>> {
    let baseline = format!("other presets, such as the baseline {}", library::DEFAULT);
    let keys = [
        (Action::ChoosePreset, baseline),
        (Action::NextView, "other views of the samples".into()),
        (Action::Help, "all keys".into()),
    ];
    let widest = keys.iter().map(|(_, words)| words.len()).max().unwrap_or(0);
    let line = |(action, words): (Action, String)| {
        let key = app.keys.key(action)?;
        Some(Line::from(vec![
            Span::styled(format!("{key:>2}"), app.look.theme.strong(Role::Accent)),
            Span::raw(format!("  {words:widest$}")),
        ]))
    };
    keys.into_iter().filter_map(line).collect()
}
