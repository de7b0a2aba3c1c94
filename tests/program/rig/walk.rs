//! From the record of a command's calls to the trials.

use std::path::Path;

use gan_tui_core::files::atomic::is_temporary;
use gan_tui_testing::{EACCES, EDQUOT, EINTR, EIO, ENOLCK, ENOSPC, EROFS, ESTALE, Effect, Fault};

use super::{
    scene::Stage,
    trial::{Kind, Trial},
};

/// Calls with the pattern of their path and how often they came, in the order of the first ones.
#[derive(Default)]
pub struct Calls(Vec<(String, String, usize)>);

/// Reads a record, without what lies outside of the sandbox: the system's files are read by
/// libraries, which are not on trial.
pub fn calls(log: &str, sandbox: &Path) -> Calls {
    let mut calls: Vec<(String, String, usize)> = Vec::new();
    for line in log.lines() {
        let (call, path) = line.split_once('\t').unwrap();
        let Ok(path) = Path::new(path).strip_prefix(sandbox) else { continue };
        let path = pattern(path.to_str().unwrap());
        match calls.iter_mut().find(|found| found.0 == call && found.1 == path) {
            Some(found) => found.2 += 1,
            None => calls.push((call.into(), path, 1)),
        }
    }
    Calls(calls)
}

/// A path with a pattern for what differs from run to run and from iteration to iteration.
fn pattern(path: &str) -> String {
    let part = |part: &str| match part {
        _ if is_temporary(part) => ".*.tmp".into(),
        _ if part.ends_with(".sock") => "*.sock".into(),
        _ => iteration_pattern(part),
    };
    let parts: Vec<String> = path.split('/').filter(|part| *part != ".").map(part).collect();
    parts.join("/")
}

/// `00000004.png` as `[0-9]*.png`.
fn iteration_pattern(name: &str) -> String {
    match name.trim_start_matches(|c: char| c.is_ascii_digit()) {
        rest if rest.len() < name.len() => format!("[0-9]*{rest}"),
        name => name.into(),
    }
}

/// Whether a call changes what is on disk.
fn changes(call: &str) -> bool {
    ["write", "sync", "rename", "link", "mkdir", "unlink", "rmdir", "truncate"].contains(&call)
}

/// The errors that a call can have, and the other ways in which it can go.
fn effects(call: &str) -> Vec<Effect> {
    let errors: &[i32] = match call {
        "open" => &[EACCES, EIO, ESTALE, ENOSPC, EDQUOT, EROFS, EINTR],
        "opendir" | "readdir" | "stat" | "realpath" => &[EACCES, EIO, ESTALE],
        "read" => &[EIO, ESTALE, EINTR],
        "write" => &[EIO, ESTALE, ENOSPC, EDQUOT, EINTR],
        "sync" => &[EIO, ESTALE, ENOSPC, EDQUOT, EINTR],
        "truncate" => &[EIO, ESTALE, ENOSPC, EINTR],
        "rename" | "link" | "mkdir" => &[EACCES, EIO, ESTALE, ENOSPC, EDQUOT, EROFS],
        "flock" => &[ENOLCK, EIO, ESTALE, EINTR],
        _ => &[EACCES, EIO, ESTALE, EROFS],
    };
    let errors = errors.iter().map(|&error| Effect::Error(error));
    let short = ["read", "write"].contains(&call).then_some(Effect::Short);
    errors.chain(short).chain(changes(call).then_some(Effect::Kill)).collect()
}

/// Which of the calls on a path are struck: the first two and the last one, but all of those on
/// temporary files, which become different files.
fn places(path: &str, count: usize) -> Vec<usize> {
    if path.ends_with(".tmp") {
        return (1..=count).collect();
    }
    let mut places = vec![1, 2.min(count), count];
    places.dedup();
    places
}

/// Every trial of all stages, in an order that is always the same.
pub fn trials(stages: &[Stage]) -> Vec<Trial<'_>> {
    let mut trials = Vec::new();
    for stage in stages {
        let calls = &stage.calls.0;
        for (call, path, count) in calls.iter().filter(|call| (stage.scene.concerns)(&call.1)) {
            let places = places(path, *count);
            let fault = |first, effect| Fault {
                calls: format!("{call},"),
                path: path.clone(),
                first,
                times: Some(1),
                effect,
            };
            let once = |fault| Trial { stage, fault, kind: Kind::Once };
            for effect in effects(call) {
                trials.extend(places.iter().map(|&place| once(fault(place, effect))));
            }
            if stage.scene.trains && changes(call) && path.contains('/') {
                let lasting = |effect, kind| {
                    let fault = Fault { times: None, ..fault(*count, effect) };
                    Trial { stage, fault, kind }
                };
                for effect in [Effect::Error(EIO), Effect::Error(ENOSPC), Effect::Wait] {
                    trials.push(lasting(effect, Kind::Lifted));
                    trials.push(lasting(effect, Kind::Stopped));
                }
            }
        }
    }
    trials
}
