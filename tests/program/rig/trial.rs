//! One trial: a command with a fault, and the judgement of what it did.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use gan_tui_core::{files, files::atomic, image::png, preset::Preset};
use gan_tui_store::run::{Manifest, checkpoint};
use gan_tui_testing::{EINTR, Effect, Fault, Faults, PATIENCE, Sandbox, signal};
use serde_json::Value;

use super::scene::{OLD, Stage};

/// How long the fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For one call.
    Once,
    /// Until the command has met it.
    Lifted,
    /// For ever: the command is told to stop.
    Stopped,
}

pub struct Trial<'a> {
    pub stage: &'a Stage,
    pub fault: Fault,
    pub kind: Kind,
}

pub enum Verdict {
    /// It met the fault, and did all that it should.
    Struck,
    /// It made fewer such calls than when they were recorded, and did all that it should.
    Missed,
}

impl Trial<'_> {
    pub fn label(&self) -> String {
        let Fault { calls, path, first, effect, .. } = &self.fault;
        let (scene, call) = (self.stage.scene.name, calls.trim_end_matches(','));
        format!("{scene}: {call} {path} #{first} {effect:?} {:?}", self.kind)
    }

    /// Whether the process did not come to its own end.
    fn is_cut_off(&self) -> bool {
        self.fault.effect == Effect::Kill || self.kind == Kind::Stopped
    }
}

/// How the command ended.
struct End {
    status: ExitStatus,
    stderr: String,
    /// The calls that the fault struck.
    struck: String,
}

/// Makes a trial.
///
/// # Errors
/// Returns what the command did wrong.
pub fn make(library: Faults, trial: &Trial) -> Result<Verdict, String> {
    let sandbox = trial.stage.copy();
    let end = run(library, trial, &sandbox)?;
    let said = &end.stderr;
    judge_end(trial, &end).map_err(|what| format!("{what}: {} {said:?}", end.status))?;
    check_whole(trial, &sandbox).map_err(|what| format!("{what}, after {said:?}"))?;
    if !end.status.success() {
        finish(trial, &sandbox).map_err(|what| format!("{what}, after {said:?}"))?;
    }
    check_results(trial, &sandbox).map_err(|what| format!("{what}, after {said:?}"))?;
    Ok(if end.struck.is_empty() { Verdict::Missed } else { Verdict::Struck })
}

fn run(library: Faults, trial: &Trial, sandbox: &Sandbox) -> Result<End, String> {
    let notes = Sandbox::in_memory();
    let [stderr, log, lifted] = ["stderr", "log", "lifted"].map(|name| notes.join(name));
    let root = sandbox.path().to_str().unwrap();
    let fault = Fault { path: format!("{root}/{}", trial.fault.path), ..trial.fault.clone() };
    let command = trial.stage.command(sandbox, trial.stage.scene.arguments);
    let mut command = library.until(library.log(library.inject(command, &fault), &log), &lifted);
    command.stdout(Stdio::null()).stderr(File::create(&stderr).unwrap());
    let mut child = command.spawn().unwrap();
    let is_struck = || fs::metadata(&log).is_ok_and(|found| found.len() > 0);
    let is_met = || {
        is_struck()
            && (fault.effect == Effect::Wait
                || fs::read_to_string(&stderr).is_ok_and(|text| text.contains("suspended")))
    };
    if trial.kind != Kind::Once {
        wait_for(&mut child, is_met);
    }
    match trial.kind {
        Kind::Once => {}
        Kind::Lifted => fs::write(&lifted, "").unwrap(),
        // Twice, as an impatient person does.
        Kind::Stopped => {
            for _ in 0..2 {
                if child.try_wait().unwrap().is_none() {
                    signal(child.id(), "TERM");
                    thread::sleep(Duration::from_millis(100));
                }
            }
        }
    }
    let status = wait_for(&mut child, || false);
    let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let (stderr, struck) = (text(&stderr), text(&log));
    match status {
        Some(status) => Ok(End { status, stderr, struck }),
        None => {
            child.kill().unwrap();
            child.wait().unwrap();
            Err(format!("it hangs, after {stderr:?}"))
        }
    }
}

/// Waits until a process has ended, or something else is the case; `None` where it has not ended.
fn wait_for(child: &mut Child, mut or: impl FnMut() -> bool) -> Option<ExitStatus> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if or() {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

/// Status and message.
fn judge_end(trial: &Trial, end: &End) -> Result<(), String> {
    if end.stderr.contains("panicked") {
        return Err("it panics".into());
    }
    let is_struck = !end.struck.is_empty();
    let is_well = match (end.status.code(), end.status.signal()) {
        (None, Some(9)) => is_struck && trial.fault.effect == Effect::Kill,
        (None, Some(15)) | (Some(143), _) => trial.kind == Kind::Stopped,
        (Some(0), _) => true,
        (Some(1), _) => is_struck && !must_succeed(trial.fault.effect),
        _ => false,
    };
    if !is_well {
        return Err("it ends otherwise than it should".into());
    }
    match (end.status.code(), trial.fault.effect) {
        (Some(1), Effect::Error(error)) => check_message(trial, end, error),
        _ => Ok(()),
    }
}

/// A call that was interrupted is made again, and one that came short goes on.
fn must_succeed(effect: Effect) -> bool {
    matches!(effect, Effect::Error(EINTR) | Effect::Short | Effect::Wait)
}

/// An error names the file, or where it is a temporary one another of its folder, and the reason.
fn check_message(trial: &Trial, end: &End, error: i32) -> Result<(), String> {
    let reason = files::reason(&io::Error::from_raw_os_error(error));
    let path = Path::new(end.struck.lines().next().unwrap().split_once('\t').unwrap().1);
    let name = path.file_name().and_then(OsStr::to_str).unwrap();
    let folder = path.parent().and_then(Path::file_name).and_then(OsStr::to_str).unwrap();
    let lines: Vec<&str> = end.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    let [line] = lines[..] else {
        return Err(format!("expected one error, found {}", lines.len()));
    };
    if !line.contains(&reason) {
        return Err(format!("the error does not say {reason:?}"));
    }
    let becomes = trial.stage.scene.files.iter().filter(|_| atomic::is_temporary(name));
    if [name, folder].iter().chain(becomes).any(|name| line.contains(name)) {
        Ok(())
    } else {
        Err(format!("the error names neither {name:?} nor its folder"))
    }
}

/// Every file is whole, and none is left over.
fn check_whole(trial: &Trial, sandbox: &Sandbox) -> Result<(), String> {
    let mut all = Vec::new();
    collect(sandbox.path(), &mut all);
    for path in all {
        let name = path.file_name().and_then(OsStr::to_str).unwrap();
        if atomic::is_temporary(name) {
            let may_stay = trial.is_cut_off() || trial.fault.calls == "unlink,";
            if !may_stay {
                return Err(format!("{} is left over", path.display()));
            }
            continue;
        }
        check_file(trial, &path, name).map_err(|what| format!("{}: {what}", path.display()))?;
    }
    for file in trial.stage.scene.files {
        let path = sandbox.join(file);
        let found = fs::read(&path).unwrap_or_default();
        if !(found.is_empty() && !path.exists()
            || found == OLD
            || found == trial.stage.expected[*file])
        {
            return Err(format!("{file} is neither as before nor whole"));
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

fn check_file(trial: &Trial, path: &Path, name: &str) -> Result<(), String> {
    let bytes = || fs::read(path).map_err(|error| error.to_string());
    if name.contains(".damaged") {
        return Err("nothing of it was damaged".into());
    }
    match path.extension().and_then(OsStr::to_str) {
        Some("safetensors") => {
            checkpoint::load(path).map_err(|error| error.to_string())?;
        }
        Some("png") => {
            png::decode(&bytes()?).map_err(|error| error.to_string())?;
        }
        Some("ron") => {
            let text = String::from_utf8(bytes()?).unwrap();
            Preset::parse(&text, name).map_err(|error| error.to_string())?;
        }
        _ if name == "run.json" => {
            Manifest::read(path.parent().unwrap()).map_err(|error| error.to_string())?;
        }
        _ if name.starts_with("metrics.jsonl") => {
            let text = String::from_utf8(bytes()?).map_err(|error| error.to_string())?;
            // The rest of a line that a killed process did not finish is cut by the next one.
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            if whole < text.len() && !trial.is_cut_off() {
                return Err(format!("the last line is {:?}", &text[whole..]));
            }
            for line in text[..whole].lines() {
                serde_json::from_str::<Value>(line).map_err(|error| format!("{line}: {error}"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What a person does next, when nothing fails any more.
fn finish(trial: &Trial, sandbox: &Sandbox) -> Result<(), String> {
    let scene = trial.stage.scene;
    let again = |arguments| -> Result<(bool, String), String> {
        let mut command: Command = trial.stage.command(sandbox, arguments);
        let output = command.output().map_err(|error| error.to_string())?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    match again(scene.again)? {
        (true, _) => Ok(()),
        (false, said) if said.contains("already contains a run") && !scene.or_else.is_empty() => {
            match again(scene.or_else)? {
                (true, _) => Ok(()),
                // It was killed after its end, on the way out: nothing is left to be done.
                (false, said) if said.contains("is complete (") => Ok(()),
                (false, said) => Err(format!("afterwards {:?} says {said:?}", scene.or_else)),
            }
        }
        (false, said) => Err(format!("afterwards {:?} says {said:?}", scene.again)),
    }
}

/// The same files as of a command that nothing disturbed.
fn check_results(trial: &Trial, sandbox: &Sandbox) -> Result<(), String> {
    let mut found = trial.stage.results(sandbox);
    let expected = &trial.stage.expected;
    if ["unlink,", "opendir,", "readdir,"].contains(&trial.fault.calls.as_str()) {
        // An old checkpoint that could not be found or removed may still be there.
        found.retain(|name, _| expected.contains_key(name));
    }
    if !found.keys().eq(expected.keys()) {
        return Err(format!("found {:?}, expected {:?}", found.keys(), expected.keys()));
    }
    match expected.iter().find(|(name, bytes)| found[*name] != **bytes) {
        Some((name, _)) => Err(format!("{name} differs")),
        None => Ok(()),
    }
}
