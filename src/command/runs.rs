//! `gan-tui runs`: the runs there are, a line each, and the way to be rid of one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    cli::{
        RunsCommand, RunsOptions,
        output::{Align, grouped, print, print_json, size, table},
        report::{self, Exit},
        terminal,
    },
    session::{
        resume,
        socket::{self, Discovery, protocol::Hello},
    },
};
use gan_tui_core::{
    event::RunState,
    files,
    text::{self, shown},
};
use gan_tui_store::run::{self, Listing, Removal, Run, log, paths};

/// Columns that are left out where a terminal has no room, the first first: process, size, losses.
const SPARE: [usize; 4] = [7, 6, 4, 5];

/// Lists the runs in a folder, the newest last, and those that train elsewhere on this machine; or
/// removes some.
///
/// # Errors
/// Returns an error if the folder cannot be read, or a run cannot be removed.
pub fn run(options: &RunsOptions) -> anyhow::Result<Exit> {
    match &options.command {
        Some(RunsCommand::Remove { runs, yes }) => remove(runs, *yes),
        None => list(&options.dir, options.json),
    }
}

/// Lists the runs in a folder, the newest last, and those that train elsewhere on this machine.
///
/// # Errors
/// Returns an error if the folder is not there or cannot be read.
pub fn list(folder: &Path, as_json: bool) -> anyhow::Result<Exit> {
    check_is_there(folder)?;
    // Sockets that nobody listens at any more are cleared away on the way.
    let Discovery { runs: found, problems } = socket::discover();
    for problem in problems {
        report::warn(&format!("{problem}; runs elsewhere on this machine may be missing here"));
    }
    let mut runs = run::list(folder)?;
    let there: Vec<PathBuf> =
        runs.iter().filter_map(|run| fs::canonicalize(&run.path).ok()).collect();
    let elsewhere =
        found.iter().map(|found| PathBuf::from(&found.run)).filter(|path| !there.contains(path));
    runs.extend(elsewhere.map(|path| listing(&path)));
    for problem in runs.iter().filter_map(|run| run.problem.as_ref()) {
        report::warn(problem);
    }
    if as_json {
        let values: Vec<Value> = runs.iter().map(|run| object(run, &found)).collect();
        print_json(&values)?;
    } else if runs.is_empty() {
        print(format!("no runs in {}\n", shown(folder)))?;
    } else {
        let mut rows = vec![
            ["run", "state", "preset", "iteration", "d_loss", "g_loss", "size", "process", "since"]
                .map(str::to_owned),
        ];
        rows.extend(runs.iter().map(row));
        let [left, right] = [Align::Left, Align::Right];
        let alignment = [left, left, left, right, right, right, right, left, left];
        let is_too_wide = |rows: &[[String; 9]]| {
            let widest = table(alignment, rows).lines().map(text::width).max();
            terminal::columns().is_some_and(|columns| widest > Some(usize::from(columns)))
        };
        for column in SPARE {
            if is_too_wide(&rows) {
                rows.iter_mut().for_each(|row| row[column].clear());
            }
        }
        print(table(alignment, &rows))?;
        print(runs.iter().filter_map(log_line).collect::<String>())?;
    }
    Ok(Exit::DONE)
}

/// Refuses a folder that is not there, but for the usual one, which the first run makes.
///
/// # Errors
/// Returns an error if it is not there, or that cannot be told.
pub fn check_is_there(folder: &Path) -> anyhow::Result<()> {
    let read = || format!("cannot read {}", shown(folder));
    if folder != Path::new(paths::RUNS) && !files::exists(folder).with_context(read)? {
        bail!("{}: no such folder", read());
    }
    Ok(())
}

/// Returns what is known of a run that trains elsewhere on this machine: its process may have lost
/// its directory.
fn listing(path: &Path) -> Listing {
    let mut run = Listing::of(path);
    if !files::is_folder(path).unwrap_or(true) {
        run.state = RunState::Running;
        run.problem = Some(format!(
            "{} was removed while the run trains: nothing more of it can be saved",
            shown(path)
        ));
    }
    run
}

/// Returns a line about a run in whose log something should be read.
fn log_line(run: &Listing) -> Option<String> {
    let path = log::path(&run.path);
    run.log.text().map(|text| format!("{}: {text}\n", shown(&path)))
}

fn row(run: &Listing) -> [String; 9] {
    let loss = |loss: Option<f32>| loss.map_or_else(|| "-".into(), |loss| format!("{loss:.3}"));
    let of =
        run.iterations.map_or_else(String::new, |iterations| format!("/{}", grouped(iterations)));
    let (process, since) = match &run.owner {
        Some(owner) => {
            let process = owner.process.map_or_else(|| "?".into(), |process| process.to_string());
            let host = owner
                .host
                .as_ref()
                .filter(|_| owner.is_elsewhere())
                .map_or_else(String::new, |host| format!(" on {host}"));
            (process + &host, run.since.as_deref().map(since).unwrap_or_default())
        }
        None => Default::default(),
    };
    [
        shown(&run.path),
        run.state.to_string(),
        run.preset.clone().unwrap_or_else(|| "-".into()),
        format!("{}{of}", grouped(run.iteration)),
        loss(run.d_loss),
        loss(run.g_loss),
        size(run.bytes),
        process,
        since,
    ]
}

/// A moment as a person says it on a terminal: `6 min ago`; elsewhere as it is.
fn since(moment: &str) -> String {
    let ago = OffsetDateTime::parse(moment, &Rfc3339)
        .ok()
        .filter(|_| terminal::columns().is_some())
        .map(|moment| (OffsetDateTime::now_utc() - moment).whole_minutes());
    match ago {
        None => moment.to_owned(),
        Some(..1) => "just now".into(),
        Some(minutes @ ..90) => format!("{minutes} min ago"),
        Some(minutes @ ..2880) => format!("{} h ago", (minutes + 30) / 60),
        Some(minutes) => format!("{} days ago", (minutes + 720) / 1440),
    }
}

fn object(run: &Listing, found: &[Hello]) -> Value {
    let owner = run.owner.as_ref();
    let whole = fs::canonicalize(&run.path).unwrap_or_else(|_| run.path.clone());
    json!({
        "path": run.path.to_string_lossy(),
        "name": run.name,
        "state": run.state.name(),
        "preset": run.preset,
        "iteration": run.iteration,
        "iterations": run.iterations,
        "start_time": run.start_time,
        "d_loss": run.d_loss,
        "g_loss": run.g_loss,
        "bytes": run.bytes,
        "process": owner.and_then(|owner| owner.process),
        "host": owner.and_then(|owner| owner.host.clone()),
        "since": owner.and(run.since.clone()),
        "log": { "warnings": run.log.warnings, "errors": run.log.errors },
        "problem": run.problem,
        "attachable": found.iter().any(|found| Path::new(&found.run) == whole),
    })
}

/// Removes runs, after a question.
fn remove(paths: &[PathBuf], yes: bool) -> anyhow::Result<Exit> {
    let runs = paths.iter().map(|path| Ok(Run::open(path)?)).collect::<anyhow::Result<Vec<_>>>()?;
    let listed: Vec<Listing> = runs.iter().map(|run| Listing::of(run.dir())).collect();
    // From here on, nobody can begin to work at them.
    let removals = runs
        .iter()
        .map(|run| {
            let removal = Removal::of(run)?;
            resume::check_alone(run.dir(), removal.is_unlocked())?;
            Ok(removal)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    for run in listed {
        let preset = run.preset.unwrap_or_else(|| "?".into());
        print(format!(
            "{}: {}, preset {preset}, iteration {}, {}\n",
            shown(&run.path),
            run.state,
            grouped(run.iteration),
            size(run.bytes)
        ))?;
    }
    if !yes && !is_agreed(removals.len())? {
        print("nothing was removed\n")?;
        return Ok(Exit::BAD);
    }
    for removal in removals {
        let dir = removal.dir().to_path_buf();
        let kept = removal.remove().with_context(|| format!("cannot remove {}", shown(&dir)))?;
        if !kept.is_empty() {
            let names: Vec<String> = kept.iter().map(|path| shown(path)).collect();
            report::warn(&format!(
                "{} stays: it holds what is not of the run: {}",
                shown(&dir),
                names.join(", ")
            ));
        }
    }
    Ok(Exit::DONE)
}

fn is_agreed(count: usize) -> anyhow::Result<bool> {
    if !terminal::is_interactive() {
        bail!("cannot ask for confirmation without a terminal; use --yes");
    }
    let what = if count == 1 { "this run".into() } else { format!("these {count} runs") };
    let answer = terminal::ask(&format!("remove {what} for good? [y/N] "))?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}
