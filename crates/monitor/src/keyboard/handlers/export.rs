//! Exports, and the path of the last one.

use crate::state::{
    app::{App, Overlay},
    message::{Effect, Export},
};
use gan_tui_core::text::shown;

/// Exports the frame shown.
pub fn frame(app: &mut App) -> Option<Effect> {
    export(app, Export::Pictures)
}

/// Lists everything that can be exported.
pub fn choose(app: &mut App) -> Option<Effect> {
    app.overlay = Some(Overlay::Exports { selected: 0 });
    None
}

/// Exports something, if there is anything to export.
pub fn export(app: &mut App, export: Export) -> Option<Effect> {
    if export.needs_pictures() && app.run.frame().is_none() {
        app.notify("nothing to export before the first frame".into(), true);
        return None;
    }
    Some(Effect::Export(export))
}

/// Copies the path of the last export.
pub fn copy_path(app: &mut App) -> Option<Effect> {
    let Some(path) = app.exported.clone() else {
        app.notify("nothing to copy: nothing exported yet".into(), true);
        return None;
    };
    app.notify(format!("copied {}", shown(&path)), false);
    Some(Effect::Copy(path.to_string_lossy().into_owned()))
}
