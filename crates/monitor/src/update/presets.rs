//! A preset whose file has changed.

use crate::state::app::{App, Changed};
use gan_tui_core::preset::Preset;

/// Handles a change of a preset's file. No run starts until one is asked for.
pub(super) fn preset_changed(app: &mut App, changed: Result<(usize, Box<Preset>), String>) {
    let (number, preset) = match changed {
        Ok(changed) => changed,
        Err(reason) => return app.notify(reason, true),
    };
    let iteration = app.run.iteration();
    app.run.note(iteration, format!("the file of the preset {} has changed", preset.name));
    app.changed_preset = (*preset != app.run.preset).then_some(Changed { number, is_seen: false });
    match app.presets.get_mut(number) {
        Some(known) => *known = *preset,
        None => app.presets.push(*preset),
    }
}
