//! `gan-tui watch`: the monitor on what any program logs.

use std::path::Path;

use anyhow::Context;

use super::{attach, replay};
use crate::{
    cli::{
        AttachOptions, EndOptions, ReplayOptions, ScreenOptions, WatchOptions,
        report::{self, Exit},
        terminal,
    },
    session::{
        signals, socket,
        watching::{self, Exec, Watched},
    },
};
use gan_tui_core::text::shown;
use gan_tui_monitor::{
    self as monitor, Limits, ViewOptions,
    compare::{Compare, Logs},
};
use gan_tui_store::logs::{Found, Kind, discover};

/// Shows what programs log until a person leaves. A run of ours is opened as `attach` and `replay`
/// do, unless a command is to be run at its alerts.
///
/// # Errors
/// Returns an error if something that is named is not there or is not read, or there is no
/// terminal.
pub fn run(options: &WatchOptions) -> anyhow::Result<Exit> {
    let found = discover(&options.paths)?;
    terminal::require()?;
    let exec = options.exec.as_deref();
    if let ([Found { path, kind: Kind::Own, .. }], None) = (&found[..], exec) {
        return open(path, &options.screen);
    }
    let named: Vec<String> = options.paths.iter().map(|path| shown(path)).collect();
    let title = format!("watch {}", named.join(" "));
    let exec = exec.map(Exec::start).transpose().context("cannot start the thread of --exec")?;
    show(&title, Watched { found, named: options.paths.clone(), exec }, &options.screen)
}

/// Attaches to a run of ours that trains, or replays it from its end.
///
/// # Errors
/// Returns an error if it cannot be shown.
pub fn open(path: &Path, screen: &ScreenOptions) -> anyhow::Result<Exit> {
    let screen = screen.clone();
    if socket::answering(path).is_some() {
        let run = Some(path.to_path_buf());
        return attach::run(&AttachOptions { run, end: EndOptions::default(), screen });
    }
    let from = Some(u64::MAX);
    replay::run(&ReplayOptions { run: path.to_path_buf(), speed: 1.0, from, screen })
}

/// Shows runs beside each other. `title` is what the first line says.
///
/// # Errors
/// Returns an error if the terminal cannot be written to.
pub fn show(title: &str, watched: Watched, screen: &ScreenOptions) -> anyhow::Result<Exit> {
    let capabilities = screen.look.capabilities();
    let logs = Logs::default();
    let view = Compare::new(title, logs.clone(), capabilities);
    let options = ViewOptions {
        capabilities,
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
    };
    let commands = watched.exec.as_ref().map(Exec::waiter);
    let left = monitor::view(view, options, |news| watching::start(watched, logs, news))?;
    if let Some(signal) = left.signal {
        return Ok(Exit(signal.status()));
    }
    if let Some(commands) = commands {
        // From here on, a signal ends the program.
        let _writing = signals::end_between_writes()?;
        commands.wait();
    }
    Ok(Exit::DONE)
}

/// Warns of what a person should know of how runs were read.
pub fn warn_of(problems: &[String], name: &str) {
    problems.iter().for_each(|problem| report::warn(&format!("{name}: {problem}")));
}
