//! How many pictures an area shows, how large, and in which order.

use ratatui::{Frame, layout::Rect, text::Line};

use super::{
    super::widgets::{self, draw_mosaic, pictures_of, symbols},
    rows,
    shown::pick,
};
use crate::{
    state::{app::App, gallery::View, number},
    terminal::pixels::Picture,
    theme::Role,
};
use gan_tui_core::image::ImageBatch;
use gan_tui_store::art::Mosaic;

/// One mosaic, two side by side, or a row for each class.
pub enum Fitted {
    One(Mosaic),
    Two(Mosaic),
    Rows(rows::Rows),
}

impl Fitted {
    pub fn shown(&self, images: &ImageBatch) -> usize {
        match self {
            Self::One(mosaic) => mosaic.shown(images.len()),
            Self::Two(mosaic) => 2 * mosaic.shown(images.len() / 2),
            Self::Rows(rows) => rows.shown(),
        }
    }

    /// Returns the part of an area that pictures are in.
    pub fn part(&self, area: Rect) -> Rect {
        match self {
            Self::Two(_) => {
                let below = halves(area).0;
                Rect { y: below.y, height: below.height, ..area }
            }
            Self::One(_) | Self::Rows(_) => area,
        }
    }

    pub fn draw(&self, frame: &mut Frame, area: Rect, app: &App, images: &ImageBatch) {
        let look = &app.look;
        match self {
            Self::Rows(rows) => rows.draw(frame, area, app, images, &app.run.classes()),
            Self::One(mosaic) => draw_mosaic(frame.buffer_mut(), area, look, *mosaic, images),
            Self::Two(mosaic) => {
                let half = images.len() / 2;
                let (left, right) = halves(area);
                for (area, first) in [(left, 0), (right, half)] {
                    let part = pick(images, first..first + half);
                    draw_mosaic(frame.buffer_mut(), area, look, *mosaic, &part);
                }
                heads(frame, area, app);
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

impl Fitted {
    /// Every picture that is drawn, with its cells.
    pub fn pictures(&self, area: Rect, app: &App, images: &ImageBatch) -> Vec<Picture> {
        let look = &app.look;
        match self {
            Self::One(mosaic) => pictures_of(area, look, *mosaic, images, 0..images.len()),
            Self::Two(mosaic) => {
                let half = images.len() / 2;
                let (left, right) = halves(area);
                let mut pictures = pictures_of(left, look, *mosaic, images, 0..half);
                pictures.extend(pictures_of(right, look, *mosaic, images, half..2 * half));
                pictures
            }
            Self::Rows(rows) => {
                let classes = app.run.classes().len().max(1);
                let each = images.len() / classes;
                let places = rows.places(area).take(classes).enumerate();
                let pictures = places.flat_map(|(class, (_, place))| {
                    pictures_of(
                        place,
                        look,
                        rows.mosaic(),
                        images,
                        class * each..(class + 1) * each,
                    )
                });
                pictures.collect()
            }
        }
    }
}

/// Rows from which on both halves have a heading.
const WITH_HEADS: u16 = 6;

/// Left and right of a line in the middle, below their headings.
fn halves(area: Rect) -> (Rect, Rect) {
    let head = u16::from(area.height >= WITH_HEADS);
    let below = Rect { y: area.y + head, height: area.height - head, ..area };
    let width = area.width.saturating_sub(1) / 2;
    (Rect { width, ..below }, Rect { x: area.x + width + 1, width, ..below })
}

/// Says over both halves what is below, and what the discriminator makes of it.
fn heads(frame: &mut Frame, area: Rect, app: &App) {
    let (left, right) = halves(area);
    let Some(pictures) = app.gallery.pictures().filter(|_| left.y > area.y) else { return };
    let names = match app.gallery.view {
        View::Nearest => ["generated", "nearest training image"],
        _ => ["real", "generated"],
    };
    let halves = pictures.verdicts.chunks(pictures.verdicts.len().div_ceil(2).max(1));
    for ((half, name), verdicts) in [left, right].into_iter().zip(names).zip(halves) {
        let mean = verdicts.iter().sum::<f32>() / verdicts.len().max(1) as f32;
        let text = format!("{name} {} D {}", symbols(app).dot, number::value(mean));
        let line = Line::styled(text, app.look.theme.style(Role::Faint)).centered();
        frame.render_widget(line, Rect { y: area.y, height: 1, ..half });
    }
}

/// Returns how the images are shown in an area; `None` if there is no room for one.
pub fn fit(app: &App, images: &ImageBatch, area: Rect) -> Option<Fitted> {
    let side = images.width.max(images.height);
    let mosaic = |count, area| widgets::mosaic(&app.look, app.look.zoom, count, images, area);
    if matches!(app.gallery.view, View::RealVsFake | View::Nearest) {
        return mosaic(images.len() / 2, halves(area).0).map(Fitted::Two);
    }
    if app.gallery.view == View::Digits {
        let rows = rows::Rows::fit(
            images.len(),
            &app.run.classes(),
            side,
            area,
            app.look.glyphs,
            app.look.zoom,
        );
        return rows.map(Fitted::Rows);
    }
    // Of a number every digit is shown.
    if app.gallery.view == View::Number {
        return rows::number(images.len(), side, area, app.look.glyphs).map(Fitted::One);
    }
    mosaic(images.len(), area).map(Fitted::One)
}
