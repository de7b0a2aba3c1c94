//! `gan-tui attach`: the monitor on a run of another process.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    cli::{AttachOptions, output::print, report::Exit, terminal},
    session::{
        attached::Remote,
        directory, log, notify, plain,
        socket::{Address, Connection, Discovery, SocketError, discover, protocol::Hello},
    },
};
use gan_tui_core::{
    event::Outcome,
    preset::Plan,
    text::{escaped, quoted, shown},
};
use gan_tui_monitor::{self as monitor, HistoryChunk, Limits, Outbox, RunHandle, RunSource};
use gan_tui_store::run::Run;

/// Shows a run of another process until it ends or the user detaches.
///
/// # Errors
/// Returns an error if there is no terminal, no such run, no process works at it here, or it
/// refuses the connection.
pub fn run(options: &AttachOptions) -> anyhow::Result<Exit> {
    let in_lines = plain::is_needed();
    if !in_lines {
        terminal::require()?;
    }
    let directory = match &options.run {
        Some(path) => Run::view(path)?.dir().to_path_buf(),
        None => choose(discover())?,
    };
    let read_only = options.screen.read_only || in_lines;
    let address = Address::of(&directory)?;
    let (hello, connection, sender) = match Connection::open(&address, read_only) {
        Err(SocketError::Silent { .. }) => bail!("{}", silent(&directory)),
        opened => opened.with_context(|| format!("cannot attach to {}", shown(&directory)))?,
    };
    let run = Run::view(&directory)?;
    let limit = hello.limit_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    if in_lines {
        let plan = directory::plan(&directory)?;
        let outcome = plain::attach(&run, plan.preset(), address, limit, (connection, sender))?;
        return match outcome {
            Outcome::Failed(reason) => bail!(reason),
            Outcome::Finished | Outcome::Stopped => Ok(Exit::DONE),
        };
    }
    let mut link = Some((connection, sender));
    let open = move |_: &Plan, outbox: Outbox| {
        let (connection, sender) = link.take().ok_or("the run has ended")?;
        outbox.history(HistoryChunk::of(&run, u64::MAX));
        let remote = Remote::follow(
            run.dir(),
            address.clone(),
            read_only,
            connection,
            sender,
            Box::new(outbox),
        )
        .map_err(|error| error.to_string())?;
        Ok(RunHandle { source: Box::new(remote), directory: run.dir().to_path_buf(), limit })
    };
    let summary = monitor::run(monitor::Options {
        plan: directory::plan(&directory)?,
        presets: Vec::new(),
        capabilities: options.screen.look.capabilities(),
        limits: Limits { fps: options.screen.fps, rate: options.screen.rate },
        read_only,
        prospects: None,
        watcher: None,
        on_end: notify::on_end_hook(options.end.notify),
        source: RunSource::Remote,
        open: Box::new(open),
    })?;
    print(summary.to_string())?;
    log::point_to(&directory);
    match &summary.outcome {
        Some(Outcome::Failed(reason)) => bail!("{reason}"),
        _ => Ok(Exit(summary.status())),
    }
}

/// Returns the only run, or the one that the user chooses.
fn choose(found: Discovery) -> anyhow::Result<PathBuf> {
    if found.runs.is_empty()
        && let Some(problem) = found.problems.into_iter().next()
    {
        return Err(problem.into());
    }
    match &found.runs[..] {
        [] => bail!("no active runs on this machine; list a folder's runs with `gan-tui runs`"),
        [only] => Ok(PathBuf::from(&only.run)),
        several => {
            let line = |(number, found): (usize, &Hello)| {
                format!(
                    "{}  {}  since {}, process {}\n",
                    number + 1,
                    escaped(&found.run),
                    escaped(&found.since),
                    found.process
                )
            };
            print(several.iter().enumerate().map(line).collect::<String>())?;
            let answer = terminal::ask("which? ")?;
            let chosen =
                answer.parse::<usize>().ok().and_then(|number| several.get(number.wrapping_sub(1)));
            let chosen = chosen.with_context(|| {
                format!("expected a number from 1 to {}, found `{}`", several.len(), answer)
            })?;
            Ok(PathBuf::from(&chosen.run))
        }
    }
}

/// Returns why no process answers for a run.
fn silent(directory: &Path) -> String {
    let (shown, quoted) = (shown(directory), quoted(directory));
    let run = match Run::view(directory) {
        Ok(run) => run,
        Err(error) => return error.to_string(),
    };
    match run.owner() {
        Some(owner) if owner.is_elsewhere() => {
            format!(
                "{shown} is being written by {owner}; attach on that machine, or follow its files \
                from here with `gan-tui replay {quoted}`"
            )
        }
        Some(owner) => {
            format!("{shown} is being written by {owner}, which cannot be attached to")
        }
        None => format!(
            "{shown} is not running ({}); resume it with `gan-tui resume {quoted}` or view it with \
            `gan-tui replay {quoted}`",
            run.state()
        ),
    }
}
