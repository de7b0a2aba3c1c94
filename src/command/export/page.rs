//! A run as a page: `gan-tui report`, and `gan-tui export --out NAME.html`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::bail;

use super::generator;
use crate::{
    cli::{
        ExportOptions, ReportOptions,
        output::{can_write, print_written, size},
        report::{self, Exit},
    },
    session::{replay::drawings::Drawings, signals},
};
use gan_tui_core::{
    event::{Drawing, Pictures},
    text::shown,
};
use gan_tui_store::{export::page, run::Run};

/// Returns whether a path asks for a page.
pub fn is_page(out: &Path) -> bool {
    let extension = out.extension().unwrap_or_default().to_ascii_lowercase();
    extension == "html" || extension == "htm"
}

/// Writes the page of a run that `export` asks for.
///
/// # Errors
/// As [`report`], and if an option has no effect.
pub fn export(options: &ExportOptions, out: &Path) -> anyhow::Result<Exit> {
    if let Some(option) = generator::option_without_effect(options) {
        bail!("{option} has no effect on a page");
    }
    write(&options.run, out, !options.without_training_images, options.quiet)
}

/// Writes the page of a run.
///
/// # Errors
/// Returns an error if there is no such run, a file of it cannot be read, or the page cannot be
/// written.
pub fn report(options: &ReportOptions) -> anyhow::Result<Exit> {
    let out = match &options.out {
        Some(out) if !is_page(out) => {
            bail!("{}: expected the file extension .html", shown(out))
        }
        Some(out) => out.clone(),
        None => PathBuf::from(format!("{}.html", Run::open(&options.run)?.name())),
    };
    write(&options.run, &out, !options.without_training_images, options.quiet)
}

fn write(run: &Path, out: &Path, with_training_images: bool, quiet: bool) -> anyhow::Result<Exit> {
    let run = Run::open(run)?;
    can_write(out)?;
    let writing = signals::end_between_writes()?;
    run.warnings().iter().for_each(|warning| report::warn(warning));
    // A run that has no checkpoint yet has no live images.
    let generator = match run.checkpoints() {
        [] => None,
        _ => Some(generator::read(run.dir())?),
    };
    let pairs = match with_training_images && generator.is_some() {
        true => pairs(&run),
        false => None,
    };
    let page = page::page(&run, generator.as_ref().map(|(data, ..)| data), pairs.as_deref())?;
    signals::write_uninterrupted(&writing, &[(out, &page.bytes)])?;
    page.warnings.iter().for_each(|warning| report::warn(warning));
    if !quiet {
        let size = size(page.bytes.len() as u64);
        print_written(out, format!("{}: page of {}, {size}\n", shown(out), run.name()))?;
    }
    Ok(Exit::DONE)
}

/// Generated images and the nearest training images, by the run's last checkpoint. Data that are not
/// there any more leave the page without them.
fn pairs(run: &Run) -> Option<Arc<Pictures>> {
    let draw = |preset| {
        Drawings::default()
            .draw(run, preset, u64::MAX, Drawing::Nearest { turn: 0 })
            .map_err(|error| report::warn(&format!("without the nearest training images: {error}")))
    };
    draw(run.preset()?).ok()
}
