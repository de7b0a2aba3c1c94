//! `gan-tui browse`: the runs of a folder as a live list.

use super::{compare, runs, watch};
use crate::{
    cli::{
        BrowseOptions,
        report::{self, Exit},
        terminal,
    },
    session::browsing,
};
use gan_tui_monitor::{self as monitor, Browse, Limits, ViewOptions, browse};
use gan_tui_store::run;

/// Shows the runs of a folder until a person leaves; a run that is opened leads back to the list.
/// Without a terminal it prints what `runs` prints.
///
/// # Errors
/// Returns an error if the folder is not there or cannot be read, or the terminal cannot be written to.
pub fn run(options: &BrowseOptions) -> anyhow::Result<Exit> {
    if !terminal::is_interactive() || terminal::is_dumb() {
        return runs::list(&options.dir, false);
    }
    // What cannot be read is told before the terminal is taken.
    runs::check_is_there(&options.dir)?;
    run::directories(&options.dir)?;
    let screen = &options.screen;
    let capabilities = screen.look.capabilities();
    let shown = ViewOptions {
        capabilities,
        limits: Limits { fps: screen.fps, rate: screen.rate },
        read_only: screen.read_only,
    };
    let mut list = Browse::new(&options.dir, capabilities);
    loop {
        let left = monitor::view(list, shown, |news| browsing::start(&options.dir, news))?;
        list = left.view;
        if let Some(signal) = left.signal {
            return Ok(Exit(signal.status()));
        }
        let opened = match left.exit {
            None => return Ok(Exit::DONE),
            Some(browse::Exit::Open(path)) => watch::open(&path, screen),
            Some(browse::Exit::Compare(runs)) => compare::show_chosen(&runs, screen),
        };
        if let Err(error) = opened {
            list.notify(report::chain(&error), true);
        }
    }
}
