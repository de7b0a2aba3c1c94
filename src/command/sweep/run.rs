//! Runs a task of a sweep in this process, or all of them, each in a process of its own.

use std::{
    env, fs, io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex},
};

use anyhow::{Context as _, anyhow, ensure};
use rustix::process::{Pid, kill_process};

use crate::{
    cli::{
        EndOptions, ExecOptions, HeadlessOptions, OnHangup, RunOptions, SettingOptions,
        SweepRunOptions, TrainOptions,
        report::{self, Exit, Usage},
    },
    command::train,
};
use gan_tui_core::{
    files::{self, atomic, reason},
    signals::{self, Request, Signal},
    sweep::{self, Sweep},
    sync::lock_unpoisoned,
    text::shown,
};

/// Variables in which schedulers tell a task its number, and the number of the first.
const VARIABLES: [(&str, usize); 8] = [
    ("SLURM_ARRAY_TASK_ID", 0),
    ("HQ_TASK_ID", 0),
    ("PBS_ARRAY_INDEX", 0),
    ("PBS_ARRAYID", 0),
    ("JOB_COMPLETION_INDEX", 0),
    ("SGE_TASK_ID", 1),
    ("LSB_JOBINDEX", 1),
    ("PARALLEL_SEQ", 1),
];

/// Runs what the options ask for.
///
/// # Errors
/// Returns an error if the file is no sweep, the folder belongs to another, there is no such task,
/// or a run fails.
pub fn run(options: &SweepRunOptions) -> anyhow::Result<Exit> {
    let sweep = Sweep::read(&options.file)?;
    let task = match options.task {
        Some(number) => Some((number, "--task".to_owned())),
        None => scheduled(|name| env::var(name).ok()),
    };
    keep_copy(&sweep, &options.out)?;
    match task {
        Some((number, from)) => one(&sweep, number, &from, options),
        None => all(&sweep, options),
    }
}

/// Returns the number that a scheduler gives this task, and the variable that says so.
fn scheduled(variable: impl Fn(&str) -> Option<String>) -> Option<(usize, String)> {
    VARIABLES.iter().find_map(|(name, first)| {
        // Some set it to a word outside of an array.
        let number: usize = variable(name)?.trim().parse().ok()?;
        Some((number.checked_sub(*first)?, (*name).to_owned()))
    })
}

/// Keeps a copy of the sweep's file with its runs, for `status` and for those who look later.
///
/// # Errors
/// Returns an error if the folder cannot be written, or holds another sweep.
pub(super) fn keep_copy(sweep: &Sweep, out: &Path) -> anyhow::Result<()> {
    let path = out.join(sweep::FILE);
    let cannot = |error: io::Error| anyhow!("cannot write {}: {}", shown(&path), reason(&error));
    files::create_folders(out).map_err(cannot)?;
    if !files::exists(&path).map_err(cannot)? {
        return atomic::write(&path, sweep.text().as_bytes()).map_err(cannot);
    }
    let found = Sweep::of_folder(out)?;
    ensure!(
        found.tasks() == sweep.tasks(),
        "{} holds another sweep: expected the tasks in {}; another --out starts a new one",
        shown(out),
        shown(&path)
    );
    Ok(())
}

/// Runs a task, or continues it, or finds it complete.
fn one(
    sweep: &Sweep,
    number: usize,
    from: &str,
    options: &SweepRunOptions,
) -> anyhow::Result<Exit> {
    let count = sweep.tasks().len();
    let Some(task) = sweep.tasks().get(number) else {
        let expected = format!("{from}: expected a task from 0 to {}, found {number}", count - 1);
        return Err(Usage(expected).into());
    };
    train::run(&TrainOptions {
        run: RunOptions {
            preset: Some(sweep.base().to_owned()),
            data: options.data.clone(),
            settings: SettingOptions { set: task.settings.clone() },
            threads: options.threads,
            out: Some(task.dir(&options.out)),
            ..RunOptions::default()
        },
        headless: HeadlessOptions {
            quiet: options.quiet,
            json: false,
            on_hangup: OnHangup::Continue,
            end: EndOptions::default(),
            exec: ExecOptions::default(),
        },
        detach: false,
        resume_auto: true,
        restart: false,
    })
}

/// What all tasks share with the thread that hears signals.
#[derive(Default)]
struct Running {
    child: Option<u32>,
    /// The signal that asked for the end.
    ended: Option<Signal>,
}

/// Runs all tasks, one after another. A task that fails does not keep the others from running.
fn all(sweep: &Sweep, options: &SweepRunOptions) -> anyhow::Result<Exit> {
    let running = Arc::new(Mutex::new(Running::default()));
    let heard = running.clone();
    signals::listen(move |request| pass_on(request, &heard))
        .context("cannot listen for signals")?;
    let mut failed = Vec::new();
    for task in sweep.tasks() {
        let child = {
            let mut running = lock_unpoisoned(&running);
            if running.ended.is_some() {
                break;
            }
            let child = start(task.number, options)?;
            running.child = Some(child.id());
            child
        };
        let status = wait(child)?;
        lock_unpoisoned(&running).child = None;
        if !options.quiet && !status.success() {
            report::warn(&format!("task {} ({}): {status}", task.number, task.label()));
        }
        // Whatever is wrong with the command line is wrong for the others too.
        if status.code() == Some(2) {
            return Ok(Exit(2));
        }
        if !status.success() {
            failed.push(task.number.to_string());
        }
    }
    if let Some(signal) = lock_unpoisoned(&running).ended {
        return Ok(Exit(signal.status()));
    }
    ensure!(failed.is_empty(), "failed: task {}", failed.join(", "));
    Ok(Exit::DONE)
}

/// Passes a signal on to the task that runs.
fn pass_on(request: Request, running: &Mutex<Running>) {
    let mut running = lock_unpoisoned(running);
    let signal = match request {
        Request::End(Signal::Hangup) => return,
        Request::End(signal) => {
            running.ended.get_or_insert(signal);
            if running.child.is_none() {
                signals::exit(signal);
            }
            rustix::process::Signal::TERM
        }
        Request::Save => rustix::process::Signal::USR1,
        Request::Suspend | Request::Continued | Request::Resized => return,
    };
    if let Some(child) = running.child.and_then(|id| Pid::from_raw(id as i32)) {
        // One that has ended meanwhile needs none.
        let _ = kill_process(child, signal);
    }
}

fn start(task: usize, options: &SweepRunOptions) -> anyhow::Result<Child> {
    let mut command = Command::new(program());
    command.args(["sweep", "run"]).arg(&options.file).arg("--out").arg(&options.out);
    command.args(["--task", &task.to_string()]);
    if let Some(data) = &options.data {
        command.args(["--data", data]);
    }
    if let Some(threads) = options.threads.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    if options.quiet {
        command.arg("--quiet");
    }
    // A group of its own: Ctrl-C reaches it once, by this process.
    command.process_group(0).spawn().context("cannot start a task")
}

fn wait(mut child: Child) -> anyhow::Result<ExitStatus> {
    child.wait().context("cannot wait for a task")
}

/// Returns the path of this program; if its file was replaced meanwhile, that of the running one.
fn program() -> PathBuf {
    match env::current_exe() {
        Ok(path) if fs::exists(&path).unwrap_or(false) => path,
        _ => PathBuf::from("/proc/self/exe"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedulers_number_is_counted_from_zero() {
        let found = |name: &'static str, value: &'static str| {
            scheduled(|of| (of == name).then(|| value.to_owned())).map(|(number, _)| number)
        };
        assert_eq!(found("SLURM_ARRAY_TASK_ID", "7"), Some(7));
        assert_eq!(found("SGE_TASK_ID", "1"), Some(0));
        assert_eq!(found("SGE_TASK_ID", "undefined"), None);
        assert_eq!(found("PARALLEL_SEQ", "0"), None);
        assert_eq!(found("OTHER", "3"), None);
    }
}
