//! Choosing another preset: the list, a file that has changed, weights that are kept.

use super::{notify, refused};
use crate::state::app::{App, Changed, Overlay};
use gan_tui_core::preset::Preset;

/// Opens the list, the present preset selected.
pub(super) fn choose_preset(app: &mut App) {
    if app.next.is_some() {
        return;
    }
    if refused(app) {
        return;
    }
    if app.presets.is_empty() {
        return notify(app, "there is no other preset to choose".into(), true);
    }
    let selected =
        app.presets.iter().position(|preset| preset.name == app.run.preset.name).unwrap_or(0);
    app.overlay = Some(Overlay::Presets { selected, keep: false });
}

/// The file of the preset says something else now. Nothing happens until somebody asks for it.
pub(super) fn preset_changed(app: &mut App, changed: Result<(usize, Box<Preset>), String>) {
    let (number, preset) = match changed {
        Ok(changed) => changed,
        Err(reason) => return notify(app, reason, true),
    };
    app.run
        .journal
        .note(app.run.iteration(), format!("the file of the preset {} has changed", preset.name));
    app.changed_preset = (*preset != app.run.preset).then_some(Changed { number, is_seen: false });
    match app.presets.get_mut(number) {
        Some(known) => *known = *preset,
        None => app.presets.push(*preset),
    }
}

/// Shows the preset whose file has changed, ready to be started.
pub(super) fn reload(app: &mut App) {
    match app.changed_preset {
        None => notify(app, "the file of the preset has not changed".into(), true),
        Some(changed) => {
            choose_preset(app);
            select_preset(app, changed.number);
            if app.overlay.is_some() {
                app.changed_preset = Some(Changed { is_seen: true, ..changed });
            }
        }
    }
}

/// Keeps the weights, or not.
pub(super) fn toggle_weights(app: &mut App) {
    let Some(Overlay::Presets { selected, keep }) = app.overlay else { return };
    let can = app.presets.get(selected).is_some_and(|preset| app.can_keep_weights(preset));
    app.overlay = Some(Overlay::Presets { selected, keep: can && !keep });
}

/// Selects a preset of the list by its place.
pub(super) fn select_preset(app: &mut App, number: usize) {
    if !matches!(app.overlay, Some(Overlay::Presets { .. })) {
        return;
    }
    if number < app.presets.len() {
        app.overlay = Some(Overlay::Presets { selected: number, keep: false });
    } else {
        app.overlay = None;
        notify(app, format!("there is no preset {}", number + 1), true);
    }
}
