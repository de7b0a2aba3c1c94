//! Samples, fitted to the room there is, and where in the run they are from.

use std::borrow::Cow;

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    header, rows,
    widgets::{panel, picture, symbols},
};
use crate::{
    state::{app::App, gallery::View, number, panel::Panel},
    theme::Role,
};
use gan_tui_core::{event::Drawing, image::ImageBatch};
use gan_tui_store::art::{self, Mosaic, Room};

/// Pictures, and the iteration they are of.
pub struct Shown<'a> {
    pub iteration: u64,
    pub images: Cow<'a, ImageBatch>,
    /// What can be said about them.
    note: String,
}

/// What the chosen view shows.
pub fn shown(app: &App) -> Option<Shown<'_>> {
    let gallery = &app.gallery;
    if gallery.view.is_of_film() {
        let frame = app.run.frame()?;
        let (iteration, count) = (frame.iteration, frame.images.len());
        if gallery.view == View::Fixed || count == 0 {
            return Some(Shown {
                iteration,
                images: Cow::Borrowed(&frame.images),
                note: String::new(),
            });
        }
        let selected = gallery.selected.min(count - 1);
        let images = Cow::Owned(pick(&frame.images, [selected]));
        return Some(Shown {
            iteration,
            images,
            note: format!("number {} of {count}", selected + 1),
        });
    }
    let pictures = gallery.pictures()?;
    let (iteration, images, verdicts) = (pictures.iteration, &pictures.images, &pictures.verdicts);
    let mean = |verdicts: &[f32]| {
        number::value(verdicts.iter().sum::<f32>() / verdicts.len().max(1) as f32)
    };
    let (images, note) = match gallery.view {
        View::Walk => {
            let step = gallery.step().min(images.len().saturating_sub(1));
            let verdict = verdicts.get(step).copied().unwrap_or(f32::NAN);
            (Cow::Owned(pick(images, [step])), format!("D {}", number::value(verdict)))
        }
        View::Sorted => {
            let mut order: Vec<usize> = (0..images.len()).collect();
            order.sort_by(|&a, &b| verdicts[b].total_cmp(&verdicts[a]));
            let ends = order
                .first()
                .zip(order.last())
                .map(|(&best, &worst)| (verdicts[best], verdicts[worst]));
            let note = ends.map_or_else(String::new, |(best, worst)| {
                format!("D {} to {}", number::value(best), number::value(worst))
            });
            (Cow::Owned(pick(images, order)), note)
        }
        View::Beside => {
            let (real, fake) = verdicts.split_at(verdicts.len() / 2);
            (Cow::Borrowed(images), format!("D {} | {}", mean(real), mean(fake)))
        }
        View::Fresh | View::Fixed | View::One | View::Digits | View::Number => {
            (Cow::Borrowed(images), format!("D {}", mean(verdicts)))
        }
    };
    Some(Shown { iteration, images, note })
}

pub fn pick(images: &ImageBatch, order: impl IntoIterator<Item = usize>) -> ImageBatch {
    let pixels = order.into_iter().flat_map(|at| images.picture(at)).copied().collect();
    ImageBatch::grey(images.width, images.height, pixels)
}

/// In a panel of its own, with what is seen in the title and the film below.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    let dot = symbols(app).dot;
    let Some(shown) = shown(app) else {
        let inside = panel(frame, area, app, Some(Panel::Digits), &name(app), "");
        nothing_yet(frame, inside, app);
        return None;
    };
    let bar = film_bar(app, area);
    // Of the panel, two columns and two rows are its border; pictures need no air around them.
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2 + u16::from(bar.is_some())),
    };
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
    panel(
        frame,
        area,
        app,
        Some(Panel::Digits),
        &title,
        &format!("{} {}", app.look.glyphs, app.look.colors),
    );
    fitted.draw(frame, inside, app, &shown.images);
    if let Some(bar) = bar {
        draw_film_bar(frame, bar, app);
    }
    Some(inside)
}

/// What the view is called; of a number, which one is shown.
fn name(app: &App) -> String {
    let name = app.gallery.view.name();
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

/// Without a border.
pub fn draw_bare(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    let Some(shown) = shown(app) else {
        nothing_yet(frame, area, app);
        return None;
    };
    fit(app, &shown.images, area)?.draw(frame, area, app, &shown.images);
    Some(area)
}

/// One mosaic, two side by side, or a row for each digit.
enum Fitted {
    One(Mosaic),
    Two(Mosaic),
    Rows(rows::Rows),
}

impl Fitted {
    fn shown(&self, images: &ImageBatch) -> usize {
        match self {
            Self::One(mosaic) => mosaic.shown(images.len()),
            Self::Two(mosaic) => 2 * mosaic.shown(images.len() / 2),
            Self::Rows(rows) => rows.shown(),
        }
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App, images: &ImageBatch) {
        let look = &app.look;
        match self {
            Self::Rows(rows) => rows.draw(frame, area, app, images),
            Self::One(mosaic) => picture(
                frame.buffer_mut(),
                area,
                &art::draw(images, *mosaic, look.glyphs, look.colors),
            ),
            Self::Two(mosaic) => {
                let half = images.len() / 2;
                let (left, right) = halves(area);
                for (area, first) in [(left, 0), (right, half)] {
                    let part = pick(images, first..first + half);
                    picture(
                        frame.buffer_mut(),
                        area,
                        &art::draw(&part, *mosaic, look.glyphs, look.colors),
                    );
                }
                let line = symbols(app).border.vertical_left;
                for y in area.top()..area.bottom() {
                    frame.buffer_mut()[(left.right(), y)]
                        .set_symbol(line)
                        .set_style(look.theme.style(Role::Border));
                }
            }
        }
    }
}

/// Left and right of a line in the middle.
fn halves(area: Rect) -> (Rect, Rect) {
    let width = area.width.saturating_sub(1) / 2;
    (Rect { width, ..area }, Rect { x: area.x + width + 1, width, ..area })
}

fn fit(app: &App, images: &ImageBatch, area: Rect) -> Option<Fitted> {
    let side = images.width.max(images.height);
    let room =
        |area: Rect| Room { width: usize::from(area.width), height: usize::from(area.height) };
    if app.gallery.view == View::Beside {
        return Mosaic::fit(
            images.len() / 2,
            side,
            room(halves(area).0),
            app.look.glyphs,
            app.look.zoom,
        )
        .map(Fitted::Two);
    }
    if app.gallery.view == View::Digits {
        return rows::Rows::fit(images.len(), side, area, app.look.glyphs, app.look.zoom)
            .map(Fitted::Rows);
    }
    // Of a number every digit is shown.
    if app.gallery.view == View::Number {
        return rows::number(images.len(), side, area, app.look.glyphs).map(Fitted::One);
    }
    Mosaic::fit(images.len(), side, room(area), app.look.glyphs, app.look.zoom).map(Fitted::One)
}

/// Where in its panel the film's bar stands: while the film is not live.
pub fn film_bar(app: &App, area: Rect) -> Option<Rect> {
    let wanted = !app.run.film.is_live()
        && app.gallery.view.is_of_film()
        && area.height >= 6
        && area.width >= 24;
    wanted.then(|| Rect { x: area.x + 2, y: area.bottom() - 2, width: area.width - 4, height: 1 })
}

/// `looking back 62/499  ----o---------  9,980`
fn draw_film_bar(frame: &mut Frame, area: Rect, app: &App) {
    let film = &app.run.film;
    let (at, count) = film.position();
    let Some((_, last)) = film.span() else { return };
    let symbols = symbols(app);
    let state = if film.is_playing() { "playing" } else { "looking back" };
    let text = format!("{state} {}/{count}  ", at + 1);
    let start = text.len() as u16;
    let end = format!("  {}", number::count(last));
    let width = area.width.saturating_sub(start + end.len() as u16);
    let knob = (f64::from(width.saturating_sub(1)) * at as f64
        / count.saturating_sub(1).max(1) as f64)
        .round() as usize;
    let mut line = Line::from(Span::styled(text, app.look.theme.strong(Role::Warning)));
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
        line.push_span(Span::styled(end, app.look.theme.style(Role::Faint)));
    }
    frame.render_widget(line, area);
}

/// What is waited for.
fn nothing_yet(frame: &mut Frame, area: Rect, app: &App) {
    let text = match () {
        () if app.gallery.view == View::Number && app.gallery.number().is_empty() => {
            "type a number".into()
        }
        () if app.run.has_ended() && !app.can_draw() => "no pictures: the run has ended".into(),
        () if app.run.frame().is_some() => format!("drawing{}", symbols(app).gap),
        () => format!("{}{}", header::state(app).1, symbols(app).gap),
    };
    let line = Rect { y: area.y + area.height / 2, height: 1.min(area.height), ..area };
    frame.render_widget(Line::styled(text, app.look.theme.style(Role::Faint)).centered(), line);
}
