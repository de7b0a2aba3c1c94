//! Choosing the preset of a new run.

use crate::state::{
    app::{App, Changed, Overlay},
    message::Effect,
};

/// Opens the list, the present preset selected.
pub fn choose(app: &mut App) -> Option<Effect> {
    if app.next.is_some() {
        return None;
    }
    if app.presets.is_empty() {
        app.notify("no other preset to choose".into(), true);
        return None;
    }
    let selected =
        app.presets.iter().position(|preset| preset.name == app.run.preset.name).unwrap_or(0);
    app.overlay = Some(Overlay::Presets { selected, keep: false });
    None
}

/// Opens the list with the preset of this number, from 1, selected.
pub fn choose_numbered(app: &mut App, number: u8) -> Option<Effect> {
    choose(app);
    select(app, usize::from(number).saturating_sub(1));
    None
}

/// Shows the preset whose file has changed, ready to be started.
pub fn reload(app: &mut App) -> Option<Effect> {
    match app.changed_preset {
        None => app.notify("the preset file has not changed".into(), true),
        Some(changed) => {
            choose(app);
            select(app, changed.number);
            if app.overlay.is_some() {
                app.changed_preset = Some(Changed { is_seen: true, ..changed });
            }
        }
    }
    None
}

/// Selects a preset of the list by its position.
fn select(app: &mut App, number: usize) {
    if !matches!(app.overlay, Some(Overlay::Presets { .. })) {
        return;
    }
    if number < app.presets.len() {
        app.overlay = Some(Overlay::Presets { selected: number, keep: false });
    } else {
        app.overlay = None;
        app.notify(format!("there is no preset {}", number + 1), true);
    }
}
