//! The plan of a run directory that is to be shown.

use std::path::Path;

use anyhow::Context;

use gan_tui_core::{
    preset::{Plan, Preset},
    text::shown,
};
use gan_tui_store::run::Run;

/// Returns the run's plan; if its preset's file is damaged, the default one with its name.
///
/// # Errors
/// Returns an error if the file breaks a rule.
pub fn plan(directory: &Path) -> anyhow::Result<Plan> {
    let run = Run::view(directory)?;
    let preset = run.preset().cloned().unwrap_or_else(|| {
        let name = run.manifest().map_or_else(|| run.name(), |manifest| manifest.preset.clone());
        let iterations = run
            .manifest()
            .map_or_else(|| run.last_iteration(), |manifest| manifest.iterations)
            .max(1);
        Preset { name, iterations, ..Preset::default() }
    });
    Plan::try_from(preset).with_context(|| shown(&directory.join("preset.ron")))
}
