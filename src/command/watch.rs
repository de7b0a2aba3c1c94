//! `gan-tui watch`: the monitor on what any program logs.

use std::path::{Path, PathBuf};

use super::{attach, replay};
use crate::{
    cli::{
        AttachOptions, EndOptions, ReplayOptions, ScreenOptions, WatchOptions,
        report::{self, Exit},
        terminal,
    },
    session::{socket, watching},
};
use gan_tui_core::text::shown;
use gan_tui_monitor::{
    self as monitor, Limits, ViewOptions,
    compare::{Compare, Logs},
};
use gan_tui_store::logs::{Found, Kind, discover};

/// Shows what programs log until a person leaves. A run of ours is opened as `attach` and `replay`
/// do.
///
/// # Errors
/// Returns an error if there is no terminal, or something that is named is not there or is not
/// read.
pub fn run(options: &WatchOptions) -> anyhow::Result<Exit> {
    terminal::require()?;
    let found = discover(&options.paths)?;
    if let [Found { path, kind: Kind::Own, .. }] = &found[..] {
        return open(path, &options.screen);
    }
    let named: Vec<String> = options.paths.iter().map(|path| shown(path)).collect();
    show(&format!("watch {}", named.join(" ")), found, options.paths.clone(), &options.screen)
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

/// Shows runs beside each other. `title` is what the first line says; more runs are searched for
/// in `named`.
///
/// # Errors
/// Returns an error if the terminal cannot be written to.
pub fn show(
    title: &str,
    found: Vec<Found>,
    named: Vec<PathBuf>,
    screen: &ScreenOptions,
) -> anyhow::Result<Exit> {
    let capabilities = screen.look.capabilities();
    let logs = Logs::default();
    let view = Compare::new(title, logs.clone(), capabilities);
    let options = ViewOptions {
        capabilities,
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
    };
    let left = monitor::view(view, options, |news| watching::start(found, named, logs, news))?;
    Ok(left.signal.map_or(Exit::DONE, |signal| Exit(signal.status())))
}

/// Warns of what a person should know of how runs were read.
pub fn warn_of(problems: &[String], name: &str) {
    problems.iter().for_each(|problem| report::warn(&format!("{name}: {problem}")));
}
