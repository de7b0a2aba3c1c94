//! Runs commands one after another in a thread of its own, each with a time limit.

use std::{
    collections::VecDeque,
    io::{self, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use gan_tui_core::{sync::lock_unpoisoned, text::escaped};
use gan_tui_store::run::paths;
use rustix::process::{Pid, Signal, kill_process_group};

use super::notice::{Kind, Notice};

/// A command that takes longer is ended.
const LIMIT: Duration = Duration::from_secs(300);
/// Time between two looks whether a command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the last words of a command that has ended are waited for: a process that it started
/// may hold its stderr open.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// No more of what a command prints to stderr is kept.
const MOST_KEPT: usize = 4096;

/// Told of a command that failed.
pub type Report = Box<dyn Fn(&str) + Send>;

/// The thread that runs commands. What waits is one notice of each kind of each run, the newest.
#[derive(Clone)]
pub(super) struct Runner(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(Arc<Path>, Notice)>,
    is_running: bool,
}

impl Runner {
    /// # Errors
    /// Returns an error if the system gives no thread.
    pub(super) fn start(command: &str, report: Report) -> io::Result<Self> {
        let runner = Self(Arc::default());
        let (received, command) = (runner.clone(), command.to_owned());
        thread::Builder::new()
            .name("exec".into())
            .spawn(move || received.run_all(&command, &report))?;
        Ok(runner)
    }

    /// Runs the command for a notice of the run at an absolute path, soon; never waits.
    pub(super) fn run(&self, dir: &Arc<Path>, notice: Notice) {
        let mut queue = lock_unpoisoned(&self.0.queue);
        queue.waiting.retain(|(other, waiting)| other != dir || waiting.kind != notice.kind);
        queue.waiting.push_back((dir.clone(), notice));
        self.0.changed.notify_all();
    }

    pub(super) fn wait(&self) {
        let mut queue = lock_unpoisoned(&self.0.queue);
        while queue.is_running || !queue.waiting.is_empty() {
            queue = self.0.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn next(&self) -> (Arc<Path>, Notice) {
        let mut queue = lock_unpoisoned(&self.0.queue);
        queue.is_running = false;
        self.0.changed.notify_all();
        loop {
            if let Some(next) = queue.waiting.pop_front() {
                queue.is_running = true;
                return next;
            }
            queue = self.0.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn run_all(&self, command: &str, report: &Report) {
        loop {
            let (dir, notice) = self.next();
            if let Err(reason) = run(command, &dir, &notice, LIMIT) {
                let kind = notice.kind.name();
                report(&format!("--exec at {kind}: {reason}; the run is not affected"));
            }
        }
    }
}

/// Runs a command to its end.
///
/// # Errors
/// Returns the reason if it cannot be started, fails, or takes too long.
fn run(command: &str, dir: &Path, notice: &Notice, limit: Duration) -> Result<(), String> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).envs(variables(dir, notice));
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // A group of its own: neither Ctrl-C nor the time limit leaves a part of it behind.
    let mut child = shell.process_group(0).spawn().map_err(|error| error.to_string())?;
    let (words, heard) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        let listen = move || drop(words.send(last_words(stderr)));
        let _ = thread::Builder::new().name("exec stderr".into()).spawn(listen);
    }
    let Some(status) = wait(&mut child, limit).map_err(|error| error.to_string())? else {
        return Err(format!("ended after {} s, its time limit", limit.as_secs()));
    };
    if status.success() {
        return Ok(());
    }
    let words = heard.recv_timeout(LAST_WORDS).unwrap_or_default();
    let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = if last.is_empty() { "" } else { ": " };
    Err(format!("{status}{separator}{}", escaped(last.trim())))
}

/// Waits for a command's end; one that takes too long is killed (`None`).
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= limit {
            if let Some(group) = Pid::from_raw(child.id() as i32) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Reads all that a command prints, so that it is not held up, and returns the end of it.
fn last_words(mut stderr: impl Read) -> String {
    let (mut kept, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(MOST_KEPT);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// What the command is told.
fn variables(dir: &Path, notice: &Notice) -> Vec<(&'static str, PathBuf)> {
    let mut variables = vec![
        ("GAN_TUI_EVENT", notice.kind.name().into()),
        ("GAN_TUI_EVENT_RUN", dir.to_path_buf()),
        ("GAN_TUI_EVENT_ITERATION", notice.iteration.to_string().into()),
    ];
    if let Some(score) = notice.score {
        variables.push(("GAN_TUI_EVENT_SCORE", score.to_string().into()));
    }
    if let Some(outcome) = notice.outcome {
        variables.push(("GAN_TUI_EVENT_STATE", outcome.into()));
    }
    if let Some(reason) = &notice.reason {
        // A variable holds no zero byte.
        variables.push(("GAN_TUI_EVENT_REASON", reason.replace('\0', " ").into()));
    }
    if notice.kind == Kind::Best {
        variables.push(("GAN_TUI_EVENT_CHECKPOINT", paths::best(dir)));
    }
    variables
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]

    use super::*;

    fn notice(kind: Kind) -> Notice {
        let reason = Some("why".into());
        Notice { kind, iteration: 7, score: Some(2.5), outcome: None, reason }
    }

    fn run_in(folder: &Path, command: &str, limit: Duration) -> Result<(), String> {
        run(&format!("cd '{}' && {command}", folder.display()), folder, &notice(Kind::Best), limit)
    }

    #[test]
    fn a_command_is_told_what_happened_and_what_is_wrong_with_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        run_in(folder.path(), "env | grep ^GAN_TUI_EVENT | sort > told", LIMIT).unwrap();
        let told = std::fs::read_to_string(folder.path().join("told")).unwrap();
        let dir = folder.path().display();
        assert_eq!(
            told,
            format!(
                "GAN_TUI_EVENT=best\nGAN_TUI_EVENT_CHECKPOINT={dir}/checkpoints/best.safetensors\n\
                 GAN_TUI_EVENT_ITERATION=7\nGAN_TUI_EVENT_REASON=why\nGAN_TUI_EVENT_RUN={dir}\n\
                 GAN_TUI_EVENT_SCORE=2.5\n"
            )
        );
        assert_eq!(
            run_in(folder.path(), "echo no room >&2; exit 3", LIMIT).unwrap_err(),
            "exit status: 3: no room"
        );
        let slow = run_in(folder.path(), "sleep 600 & sleep 600", Duration::from_millis(30));
        assert_eq!(slow.unwrap_err(), "ended after 0 s, its time limit");
    }

    #[test]
    fn of_what_waits_only_the_newest_of_each_kind_of_a_run_is_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("told");
        let command = format!(
            "until [ -e '{0}/go' ]; do sleep 0.01; done; echo $GAN_TUI_EVENT \
             $GAN_TUI_EVENT_ITERATION >> '{0}/told'",
            folder.path().display()
        );
        let runner = Runner::start(&command, Box::new(|_| {})).unwrap();
        let dir: Arc<Path> = folder.path().into();
        runner.run(&dir, notice(Kind::Stall));
        while !lock_unpoisoned(&runner.0.queue).is_running {
            thread::sleep(LOOK_EVERY);
        }
        for iteration in 1..100 {
            runner.run(&dir, Notice { iteration, ..notice(Kind::Best) });
        }
        runner.run(&Path::new("/other").into(), notice(Kind::Best));
        runner.run(&dir, notice(Kind::End));
        std::fs::write(folder.path().join("go"), "").unwrap();
        runner.wait();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "stall 7\nbest 99\nbest 7\nend 7\n");
    }
}
