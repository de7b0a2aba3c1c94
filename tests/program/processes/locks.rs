//! Who may write a run directory: file systems without locks, and runs that begin together.

use std::{
    collections::BTreeSet,
    fs,
    process::{Output, Stdio},
};

use gan_tui_testing::{
    Connection, EACCES, EINTR, EINVAL, EIO, ENOLCK, ENOSYS, EOPNOTSUPP, Effect, Fault, Faults,
    Sandbox, Terminal, need, wait,
};

const SHORT: &str = "iterations: 4, frame_every: 4, checkpoint_every: 2";

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_file_system_without_locks_trains_with_a_warning() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(SHORT);
    for (error, reason) in [
        (ENOLCK, "no locks available"),
        (EOPNOTSUPP, "operation not supported"),
        (ENOSYS, "function not implemented"),
        (EINVAL, "invalid argument"),
    ] {
        let run = format!("run-{error}");
        let command = sandbox.command(&sandbox.training(&run, &["--iterations", "2"]));
        let output = failing.on(command, "flock,", "/.lock", error).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        let warning =
            format!("warning: cannot lock {run}/.lock: {reason}; the run is not protected");
        let said = errors(&output);
        assert!(said.starts_with(&warning) && said.lines().count() == 1, "{said}");
        // The same when it is resumed, also by a process in the background.
        for words in [
            &["resume", &run, "--headless", "--quiet", "--iterations", "3"][..],
            &["resume", &run, "--detach", "--quiet", "--iterations", "4"],
        ] {
            let command = failing.on(sandbox.command(words), "flock,", "/.lock", error);
            let output = { command }.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{words:?}: {}", errors(&output));
            assert!(errors(&output).starts_with(&warning), "{words:?}: {}", errors(&output));
        }
    }
}

/// Without locks, it is the process that answers at the run's socket which tells.
#[test]
fn a_run_without_a_lock_is_not_taken_from_a_process_of_this_machine() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(super::LONG);
    let at = |words: &[&str]| failing.on(sandbox.command(words), "flock,", "/.lock", ENOLCK);
    assert!(at(&sandbox.training("run", &["--detach"])).output().unwrap().status.success());
    let link = Connection::attach(&sandbox);
    let refused = format!("error: run is being written by process {}\n", link.hello["process"]);
    for words in [
        &["resume", "run", "--headless"][..],
        &["resume", "run", "--detach"],
        &sandbox.training("run", &["--resume-auto"]),
        &["runs", "remove", "run", "--yes"],
    ] {
        let output = at(words).output().unwrap();
        assert_eq!(
            (output.status.code(), errors(&output)),
            (Some(1), refused.clone()),
            "{words:?}"
        );
    }
    let lock = fs::read_to_string(sandbox.join("run/.lock")).unwrap();
    assert!(lock.starts_with(&link.hello["process"].to_string()), "{lock}");
    link.stop();
    wait("the end", || at(&["runs", "remove", "run", "--yes"]).output().unwrap().status.success());
}

#[test]
fn other_errors_of_a_lock_are_errors_and_leave_nothing() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(SHORT);
    for error in [EIO, EACCES] {
        let command = sandbox.command(&sandbox.training("run", &[]));
        let output = failing.on(command, "flock,", "/.lock", error).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
        assert!(errors(&output).starts_with("error: cannot lock run/.lock: "), "{output:?}");
        assert!(!sandbox.join("run").exists());
    }
}

#[test]
fn an_interrupted_lock_is_taken_again() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(SHORT);
    let command = sandbox.command(&sandbox.training("run", &[]));
    let fault = Fault {
        calls: "flock,".into(),
        path: "*/.lock".into(),
        first: 1,
        times: Some(3),
        effect: Effect::Error(EINTR),
    };
    let output = failing.inject(command, &fault).output().unwrap();
    assert_eq!((output.status.code(), errors(&output).as_str()), (Some(0), ""));
    // One that is always interrupted is given up.
    let command = sandbox.command(&sandbox.training("never", &[]));
    let output = failing.on(command, "flock,", "/.lock", EINTR).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
}

#[test]
fn the_monitor_shows_that_there_are_no_locks() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(super::LONG);
    let command = failing.on(sandbox.command(&[]), "flock,", "/.lock", ENOLCK);
    let environment: Vec<(&str, &str)> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)))
        .filter(|(name, _)| name.starts_with("FAULTS_") || *name == "LD_PRELOAD")
        .collect();
    let words = ["--preset", "small.ron", "--data", "shapes", "--out", "run"];
    let mut terminal = Terminal::start_with(&sandbox, &words, &environment);
    // Large enough for the log.
    terminal.resize(160, 60);
    terminal.wait_iteration("training", |now| now > 0);
    terminal.shows("cannot lock run/.lock: no locks");
    terminal.press("qy");
    assert_eq!(terminal.end(), 0);
}

/// Also with a file in the way that has the first name.
#[test]
fn sixteen_runs_begin_in_one_second() {
    let sandbox = Sandbox::new(SHORT);
    let start = || {
        sandbox
            .command(&["train", "--preset", "small.ron", "--data", "shapes", "--threads", "1"])
            .args(["--iterations", "2", "--quiet"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..16).map(|_| start()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), errors(&output).as_str()), (Some(0), ""));
    }
    let runs: BTreeSet<String> = fs::read_dir(sandbox.join("runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(runs.len(), 16, "{runs:?}");
    for run in runs {
        assert_eq!(sandbox.manifest(&format!("runs/{run}"))["state"], "finished", "{run}");
    }
}
