//! Samples, fitted to the room there is, and where in the run they are from.

mod bar;
mod fit;
mod rows;
mod shown;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

use super::{
    component::{Height, Panel, Region},
    header,
    widgets::{bordered, symbols},
};
use crate::{
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
use gan_tui_core::event::Drawing;
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
        let fitted = fit(app, &shown.images, area);
        fitted.map_or_else(Vec::new, |fitted| fitted.pictures(area, app, &shown.images))
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
    let count = if some < all { format!("{some} of {all}") } else { String::new() };
    let iteration = format!("iteration {}", number::count(shown.iteration));
    let title = title(
        &name(app),
        [iteration, shown.note.clone(), count],
        usize::from(area.width.saturating_sub(6)),
        dot,
    );
    bordered(frame, area, app, Some(PanelId::SAMPLES), &title, &made_of(app));
    fitted.draw(frame, inside, app, &shown.images);
    if let Some(area) = bar {
        bar::draw(frame, area, app);
    }
    Some(inside)
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

/// What the pictures are made of.
fn made_of(app: &App) -> String {
    match app.look.pixels() {
        Some(protocol) => format!("{} pixels", protocol.name()),
        None => format!("{} {}", app.look.glyphs, app.look.colors),
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
fn title(name: &str, facts: [String; 3], room: usize, dot: &str) -> String {
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
    fit(app, &shown.images, area)?.draw(frame, area, app, &shown.images);
    Some(area)
}

/// Says why there are no pictures yet.
fn nothing_yet(frame: &mut Frame, area: Rect, app: &App) {
    let text = match () {
        () if app.gallery.view == View::Number && app.gallery.number().is_empty() => {
            "type a number".into()
        }
        () if app.run.has_ended() && !app.can_draw() => "no images: the run has ended".into(),
        () if app.run.frame().is_some() => format!("drawing{}", symbols(app).gap),
        () => format!("{}{}", header::state(app).1, symbols(app).gap),
    };
    let line = Rect { y: area.y + area.height / 2, height: 1.min(area.height), ..area };
    frame.render_widget(Line::styled(text, app.look.theme.style(Role::Faint)).centered(), line);
}
