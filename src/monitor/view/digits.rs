//! The fixed latents' pictures, fitted to the room there is.

use ratatui::{Frame, layout::Rect, text::Line};

use super::{
    header,
    widgets::{panel, picture, symbols},
};
use crate::{
    art::{self, Mosaic, Room},
    monitor::{app::App, number, theme::Role},
};

/// In a panel of its own, with what is seen in the title.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let dot = symbols(app).dot;
    let Some(shown) = &app.run.frame else {
        let inside = panel(frame, area, app, "Fixed latents", "");
        return nothing_yet(frame, inside, app);
    };
    // Of the panel, two columns and two rows are its border; pictures need no air around them.
    let room = Room { width: usize::from(area.width.saturating_sub(2)), height: usize::from(area.height.saturating_sub(2)) };
    let Some(mosaic) = fit(app, room) else { return };
    let (some, all) = (mosaic.shown(shown.images.len()), shown.images.len());
    let count = if some < all { format!(" {dot} {some} of {all}") } else { String::new() };
    let title = format!("Fixed latents {dot} iteration {}{count}", number::count(shown.iteration));
    panel(frame, area, app, &title, &format!("{} {}", app.look.glyphs, app.look.colors));
    let inside = Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 };
    picture(frame.buffer_mut(), inside, &art::draw(&shown.images, mosaic, app.look.glyphs, app.look.colors));
}

/// Without a border.
pub fn draw_bare(frame: &mut Frame, area: Rect, app: &App) {
    let Some(shown) = &app.run.frame else { return nothing_yet(frame, area, app) };
    if let Some(mosaic) = fit(app, Room { width: usize::from(area.width), height: usize::from(area.height) }) {
        picture(frame.buffer_mut(), area, &art::draw(&shown.images, mosaic, app.look.glyphs, app.look.colors));
    }
}

fn fit(app: &App, room: Room) -> Option<Mosaic> {
    let images = &app.run.frame.as_ref()?.images;
    Mosaic::fit(images.len(), images.width.max(images.height), room, app.look.glyphs, app.look.zoom)
}

/// What is waited for.
fn nothing_yet(frame: &mut Frame, area: Rect, app: &App) {
    let text = if app.run.has_ended() { "no pictures".into() } else { format!("{}{}", header::state(app).1, symbols(app).gap) };
    let line = Rect { y: area.y + area.height / 2, height: 1.min(area.height), ..area };
    frame.render_widget(Line::styled(text, app.look.theme.style(Role::Faint)).centered(), line);
}
