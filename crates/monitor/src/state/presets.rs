//! The presets of runs to come: one whose file has changed, and which can keep the weights.

use super::app::{App, Changed, Seat};
use gan_tui_core::preset::Preset;

/// Takes in what a preset's file says now. Nothing happens until somebody asks for it.
pub fn preset_changed(app: &mut App, changed: Result<(usize, Box<Preset>), String>) {
    let (number, preset) = match changed {
        Ok(changed) => changed,
        Err(reason) => return app.notify(reason, true),
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

impl App {
    /// Whether a run of this preset can begin with the present weights: the networks are the same.
    pub fn can_keep_weights(&self, preset: &Preset) -> bool {
        // What a checkpoint holds depends on these.
        let networks = |preset: &Preset| {
            (preset.model, preset.latent, preset.norm, preset.spectral_norm, preset.average > 0.0)
        };
        self.seat != Seat::Elsewhere
            && networks(preset) == networks(&self.run.preset)
            && self.run.iteration() > 0
    }
}
