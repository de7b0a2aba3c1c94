//! `gan-tui replay`: the monitor on a run's files.

use crate::{
    cli::{ReplayOptions, output::print, report::Exit, terminal},
    session::{
        directory, plain,
        replay::{Player, Start},
    },
};
use gan_tui_core::{preset::Plan, text::shown};
use gan_tui_monitor::{self as monitor, Limits, Outbox, RunHandle, RunSource};
use gan_tui_store::run::Run;

/// Plays a run: a finished one, a damaged one as far as it can be read, or one that grows. On a
/// terminal that cannot move its cursor it is printed in lines.
///
/// # Errors
/// Returns an error if there is no terminal or no such run.
pub fn run(options: &ReplayOptions) -> anyhow::Result<Exit> {
    let run = Run::view(&options.run)?;
    if plain::is_needed() {
        let plan = directory::plan(run.dir())?;
        plain::replay(&run, plan.preset(), options.from.unwrap_or(0))?;
        return Ok(Exit::DONE);
    }
    terminal::require()?;
    let plan = directory::plan(run.dir())?;
    let directory = run.dir().to_path_buf();
    let start = Start { iteration: options.from.unwrap_or(0), speed: options.speed };
    let mut run = Some(run);
    let open = move |plan: &Plan, outbox: Outbox| {
        let run = run.take().ok_or("it is being played already")?;
        let directory = run.dir().to_path_buf();
        let player = Player::play(run, plan.preset().clone(), start, outbox)
            .map_err(|error| error.to_string())?;
        Ok(RunHandle { source: Box::new(player), directory, limit: None })
    };
    let summary = monitor::run(monitor::Options {
        plan,
        presets: Vec::new(),
        capabilities: options.screen.look.capabilities(),
        limits: Limits { fps: options.screen.fps, rate: options.screen.rate },
        read_only: true,
        prospects: None,
        watcher: None,
        on_end: None,
        source: RunSource::Replay { speed: options.speed },
        open: Box::new(open),
    })?;
    print(format!("{}\n", shown(&directory)))?;
    Ok(Exit(summary.status()))
}
