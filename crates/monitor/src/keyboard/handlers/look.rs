//! How things are drawn: characters, colours, charts, panels, the help.

use std::ops::RangeInclusive;

use crate::{
    panels,
    state::{
        app::{App, Overlay},
        history::Window,
        message::Effect,
        panel::PanelId,
    },
    theme::Palette,
};

/// Sizes of pictures: from as many as can just be made out to a single one on any screen.
const ZOOM: RangeInclusive<i32> = -3..=6;

/// Draws pictures with the next set of characters, or as pixels.
pub fn cycle_glyphs(app: &mut App) -> Option<Effect> {
    let text = app.look.next_pictures();
    app.notify(text, false);
    None
}

/// Draws grey images dark on light, or light on dark.
pub fn toggle_paper(app: &mut App) -> Option<Effect> {
    app.look.on_paper = !app.look.on_paper;
    None
}

/// Draws with the next number of colours.
pub fn cycle_colors(app: &mut App) -> Option<Effect> {
    app.look.colors = app.look.colors.next();
    app.look.theme = app.look.theme.with(app.look.colors);
    app.notify(format!("colours: {}", app.look.colors), false);
    None
}

/// Draws with ASCII alone from now on, because the terminal shows other characters too wide.
pub fn use_ascii(app: &mut App) {
    let look = &mut app.look;
    look.capabilities = look.capabilities.in_ascii();
    look.glyphs = look.capabilities.glyphs;
    let iteration = app.run.iteration();
    app.run.note(iteration, "ASCII is used: some characters are two cells wide in this terminal");
}

/// Chooses the theme that suits the terminal's background, unless a person chose one.
pub fn suit_background(app: &mut App, is_light: bool) {
    if std::mem::take(&mut app.look.follows_background) {
        app.look.theme.palette = Palette::on(is_light);
    }
}

/// Draws with the next theme.
pub fn cycle_theme(app: &mut App) -> Option<Effect> {
    app.look.follows_background = false;
    app.look.theme.palette = app.look.theme.palette.next();
    app.notify(format!("theme: {}", app.look.theme.palette.label()), false);
    None
}

/// Shows more or less of the run in the charts.
pub fn cycle_window(app: &mut App) -> Option<Effect> {
    app.look.window = match app.look.window {
        Window::All => Window::Last(1000),
        Window::Last(1000) => Window::Last(200),
        Window::Last(_) => Window::All,
    };
    None
}

/// Draws the charts along another horizontal axis.
pub fn cycle_axis(app: &mut App) -> Option<Effect> {
    app.look.chart.axis = app.look.chart.axis.next();
    None
}

/// Draws pictures larger, and fewer of them, or smaller.
pub fn zoom(app: &mut App, by: i32) -> Option<Effect> {
    app.look.zoom = (app.look.zoom + by).clamp(*ZOOM.start(), *ZOOM.end());
    None
}

/// Draws the losses on a logarithmic scale, or on a linear one.
pub fn toggle_log_scale(app: &mut App) -> Option<Effect> {
    app.look.chart.log = !app.look.chart.log;
    None
}

/// Smooths the charts more; after the most, not at all.
pub fn smooth_more(app: &mut App) -> Option<Effect> {
    app.look.chart.smooth_more();
    None
}

/// Moves the focus among the panels.
pub fn focus(app: &mut App, by: isize) -> Option<Effect> {
    let panels = panels::focusable(app);
    let at = panels.iter().position(|panel| *panel == app.focus).unwrap_or(0) as isize;
    if let Some(&panel) = panels.get((at + by).rem_euclid(panels.len().max(1) as isize) as usize) {
        app.focus = panel;
    }
    None
}

/// Gives the panel in focus the whole screen.
pub fn enlarge(app: &mut App) -> Option<Effect> {
    app.enlarged = true;
    None
}

/// Shows the panels side by side; a panel that is not among them loses the focus.
pub fn restore(app: &mut App) -> Option<Effect> {
    app.enlarged = false;
    if !panels::focusable(app).contains(&app.focus) {
        app.focus = PanelId::SAMPLES;
    }
    None
}

/// Opens the help.
pub fn help(app: &mut App) -> Option<Effect> {
    app.overlay = Some(Overlay::Help { scroll: 0 });
    None
}
