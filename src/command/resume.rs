//! `gan-tui resume`: continues from a run's last checkpoint, or from an older one in a new
//! directory.

use anyhow::{Context, ensure};

use crate::{
    cli::{
        ResumeOptions, RunOptions,
        report::{self, Exit},
        terminal,
    },
    session::{
        background::{self, DetachOptions},
        headless, monitored,
        resume::{self, LockSource, Takeover},
    },
};
use gan_tui_core::preset::{Plan, Preset};
use gan_tui_store::run::Run;

/// Continues a run as if it had never been interrupted, and for more iterations if the command line
/// asks for them.
///
/// # Errors
/// Returns an error if there is no such run, nothing is left to do, another process works at it, or
/// it cannot be resumed.
pub fn run(options: &ResumeOptions) -> anyhow::Result<Exit> {
    let is_behind = !terminal::is_foreground();
    let headless = options.headless || options.detach || terminal::is_dumb() || is_behind;
    if is_behind && !options.headless && !options.detach {
        report::note("not in the foreground of the terminal: training without the monitor");
    }
    ensure!(
        headless || terminal::is_interactive(),
        "the monitor needs a terminal on standard input and output; --headless does without"
    );
    let lock = lock_source(options)?;
    let mut notes = Vec::new();
    let mut run = Run::open(&options.run)?;
    if let Some(out) = &options.out {
        let set = &options.settings.set;
        run = resume::branch(&run, options.from, options.iterations, set, out, &mut notes)?;
    }
    notes.extend(resume::damage_notes(&run));
    let plan = match &options.preset_text {
        Some(text) => Plan::try_from(Preset::parse(text, "--preset-text")?)?,
        None => resume::plan(&run, options.iterations, &options.settings.set, &mut notes)?,
    };
    let new =
        RunOptions { threads: options.threads, minutes: options.minutes, ..RunOptions::default() };
    let without = resume::without_checkpoints(options.restart);
    let must_be_lost = options.restart && !options.background;
    let takeover = Takeover { lock, without, must_be_lost };
    let mut prepared = resume::prepare(&run, plan.clone(), &new, takeover, notes)?;
    prepared.job.paused = options.paused;
    if options.background {
        let notify = options.without.end.notify.zip(options.notify_terminal.clone());
        let callback = background::report_to_host(notify, prepared.recorder.dir());
        return headless::run_in_background(prepared, &options.without, callback);
    }
    if options.detach {
        let detached = DetachOptions {
            restart: options.restart,
            ..DetachOptions::new(options.threads, &options.without)
        };
        return headless::detach(prepared, detached, &options.without);
    }
    if headless {
        return headless::run(prepared, &options.without);
    }
    monitored::run_session(plan, new, &options.screen, options.without.clone(), Some(prepared))
}

/// Returns where the run's lock comes from; a successor leaves the terminal before it reads the
/// run.
fn lock_source(options: &ResumeOptions) -> anyhow::Result<LockSource> {
    if !options.background {
        return Ok(LockSource::Free);
    }
    let lock = background::daemonize().context("cannot leave the terminal")?;
    Ok(if options.is_new { LockSource::InheritedNew(lock) } else { LockSource::Inherited(lock) })
}
