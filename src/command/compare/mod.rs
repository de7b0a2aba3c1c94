//! `gan-tui compare`: several runs beside each other, in the monitor or in a file.

mod files;
mod summary;

use std::path::PathBuf;

use anyhow::bail;

use super::watch;
use crate::{
    cli::{
        CompareOptions, ScreenOptions,
        output::{can_write, print_json, print_written},
        report::{self, Exit},
        terminal,
    },
    session::watching::Watched,
};
use gan_tui_core::{files as disk, text::shown};
use gan_tui_store::logs::{Found, Kind, MOST_RUNS, discover};

/// Shows runs beside each other until a person leaves; or prints what they come to, or writes it.
///
/// # Errors
/// Returns an error if a run is not there or cannot be read, there is no terminal and nothing else
/// was asked for, or a file cannot be written.
pub fn run(options: &CompareOptions) -> anyhow::Result<Exit> {
    let named = match &options.sweep {
        Some(folder) => vec![folder.clone()],
        None => options.runs.clone(),
    };
    let found = runs(&named, options.sweep.is_some())?;
    if let Some(out) = &options.out {
        can_write(out)?;
        let bytes = files::encode(out, &found, options.by.axis())?;
        disk::atomic::write(out, &bytes).map_err(|error| {
            anyhow::anyhow!("cannot write {}: {}", shown(out), disk::reason(&error))
        })?;
        let runs = if found.len() == 1 { "run" } else { "runs" };
        print_written(out, format!("{}: {} {runs}\n", shown(out), found.len()))?;
        return Ok(Exit::DONE);
    }
    if options.json {
        print_json(&summary::of(&found)?)?;
        return Ok(Exit::DONE);
    }
    if !terminal::is_interactive() {
        bail!("the monitor needs a terminal on standard input and output; use --json or --out");
    }
    show(found, named, &options.screen)
}

/// Shows runs that a person chose elsewhere.
///
/// # Errors
/// Returns an error if one of them cannot be shown.
pub fn show_chosen(chosen: &[PathBuf], screen: &ScreenOptions) -> anyhow::Result<Exit> {
    show(runs(chosen, false)?, Vec::new(), screen)
}

fn show(found: Vec<Found>, named: Vec<PathBuf>, screen: &ScreenOptions) -> anyhow::Result<Exit> {
    let title = match &named[..] {
        [folder] if found.len() > 1 => format!("compare {}", shown(folder)),
        _ => "compare".into(),
    };
    // New runs are expected in folders, not beside runs that were chosen one by one.
    let folders = named.into_iter().filter(|path| found.iter().all(|run| run.path != *path));
    let folders: Vec<PathBuf> = if found.len() > 1 { folders.collect() } else { Vec::new() };
    watch::show(&title, Watched { found, named: folders, exec: None }, screen)
}

/// Returns the runs that are named, at least one.
fn runs(named: &[PathBuf], is_sweep: bool) -> anyhow::Result<Vec<Found>> {
    let mut found = discover(named)?;
    // A folder in which nothing is logged is nothing to compare.
    if let [only] = &found[..]
        && only.kind == Kind::Empty
    {
        let hint = if is_sweep { "; `gan-tui sweep run` makes them" } else { "" };
        bail!("no runs in {}{hint}", shown(&only.path));
    }
    found.retain(|run| run.kind != Kind::Empty);
    if found.len() > MOST_RUNS {
        report::warn(&format!(
            "{} runs: the first {MOST_RUNS} are compared; name them one by one to choose others",
            found.len()
        ));
        found.truncate(MOST_RUNS);
    }
    shorten_names(&mut found);
    Ok(found)
}

/// Leaves out the folders that all names begin with.
fn shorten_names(found: &mut [Found]) {
    let first = found.first().map_or(String::new(), |run| run.name.clone());
    let Some((folder, _)) = first.rsplit_once('/') else { return };
    let folder = format!("{folder}/");
    if found.len() > 1 && found.iter().all(|run| run.name.starts_with(&folder)) {
        for run in found {
            run.name = run.name[folder.len()..].to_owned();
        }
    }
}
