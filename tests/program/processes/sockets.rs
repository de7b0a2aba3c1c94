//! Where a run is reached: its socket removed, home folders without room for it, and machines whose
//! names change or are alike.

use std::{
    fs,
    os::unix::{fs::FileTypeExt, net::UnixListener},
    path::Path,
    process::Command,
};

use gan_tui_testing::{
    Connection, EACCES, Faults, Sandbox, Terminal, need, needs, program, signal, socket, wait,
};
use serde_json::{Value, json};

use super::LONG;

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

#[test]
fn a_socket_that_was_removed_is_made_again() {
    let sandbox = Sandbox::new(LONG);
    let mut child = sandbox.start_training("run", &[]);
    let mut stays = Connection::attach(&sandbox);
    stays.report("metrics");
    let path = socket(&sandbox).unwrap();
    // Asked for by a signal.
    fs::remove_file(&path).unwrap();
    signal(child.id(), "USR1");
    wait("a new socket", || is_socket(&path));
    Connection::attach(&sandbox).report("metrics");
    // Another file in its place, and its name gone.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "something else").unwrap();
    fs::remove_file(path.with_extension("run")).unwrap();
    signal(child.id(), "USR1");
    wait("a socket in place of the file", || is_socket(&path));
    assert!(path.with_extension("run").exists());
    Connection::attach(&sandbox).report("metrics");
    // By itself, with the folder.
    fs::remove_dir_all(sandbox.join("gan-tui")).unwrap();
    wait("a new folder", || is_socket(&path));
    assert!(sandbox.stdout(&["runs", ".", "--json"]).contains("\"attachable\": true"));
    stays.report("metrics");
    stays.stop();
    assert!(child.wait().unwrap().success());
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0, "nothing is left");
}

/// A socket at which nobody listens may be that of another machine with the same name.
#[test]
fn a_silent_socket_is_removed_only_where_its_run_has_no_process() {
    let sandbox = Sandbox::new(LONG);
    let mut child = sandbox.start_training("run", &[]);
    Connection::attach(&sandbox).report("metrics");
    let folder = socket(&sandbox).unwrap().parent().unwrap().to_path_buf();
    let silent = |name: &str, run: Option<&str>| {
        let path = folder.join(name).with_extension("sock");
        drop(UnixListener::bind(&path).unwrap());
        if let Some(run) = run {
            let run = fs::canonicalize(sandbox.path()).unwrap().join(run);
            fs::write(path.with_extension("run"), run.as_os_str().as_encoded_bytes()).unwrap();
        }
        path
    };
    let (live, gone) = (silent("1111111111111111", Some("run")), silent("2222", Some("gone")));
    let unnamed = silent("3333333333333333", None);
    sandbox.stdout(&["runs"]);
    assert!(is_socket(&live) && is_socket(&unnamed) && !gone.exists());
    assert!(!gone.with_extension("run").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    sandbox.stdout(&["runs"]);
    assert!(!live.exists() && is_socket(&unnamed));
}

/// Returns the arguments for `unshare` that run gan-tui on a machine of another name.
fn named<'a>(host: &'a str, words: &[&'a str], program: &'a str) -> Vec<&'a str> {
    let script = "hostname \"$0\" && exec \"$@\"";
    [&["--uts", "sh", "-c", script, host, program], words].concat()
}

/// Asks for the right to give the machine another name for a process.
fn host_names() -> Result<(), needs::Missing> {
    needs::root()?;
    needs::programs(&["unshare", "hostname"])?;
    let tried = Command::new("unshare").args(["--uts", "hostname", "tried"]).output().unwrap();
    if tried.status.success() { Ok(()) } else { Err(needs::Missing::new("unshare --uts")) }
}

#[test]
fn a_run_is_found_after_its_machine_was_renamed() {
    need!(host_names());
    let sandbox = Sandbox::new(LONG);
    let gan_tui = program().display().to_string();
    let long = "a-machine-with-a-very-long-name.cluster.example.org";
    for (before, after) in [(None, Some("renamed")), (Some(long), None), (Some(long), Some("b"))] {
        let command = |host: Option<&str>, words: &[&str]| match host {
            Some(host) => {
                let mut command = sandbox.program("unshare");
                command.args(named(host, words, &gan_tui));
                command
            }
            None => sandbox.command(words),
        };
        let started = command(before, &sandbox.training("run", &["--detach"])).output().unwrap();
        assert!(started.status.success(), "{started:?}");
        let process = Connection::attach(&sandbox).hello["process"].clone();
        let listed = command(after, &["runs", ".", "--json"]).output().unwrap();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        assert_eq!((&listed[0]["attachable"], &listed[0]["process"]), (&json!(true), &process));
        let table = command(after, &["runs", "."]).output().unwrap();
        let table = String::from_utf8(table.stdout).unwrap();
        assert!(!table.contains(" on "), "{table}");
        let refused = command(after, &["runs", "remove", "run", "--yes"]).output().unwrap();
        let refused = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused, format!("error: run is being written by process {process}\n"));
        let mut terminal = match after {
            Some(host) => {
                let words = named(host, &["attach", "run"], &gan_tui);
                Terminal::start_program(&sandbox, "unshare", &words, &[])
            }
            None => Terminal::start(&sandbox, &["attach", "run"]),
        };
        terminal.wait_iteration("the run", |now| now > 0);
        terminal.press("qy");
        assert_eq!(terminal.end(), 0);
        let remove = || command(after, &["runs", "remove", "run", "--yes"]).output().unwrap();
        wait("the end", || remove().status.success());
        assert!(!sandbox.join("run").exists());
    }
}

/// Folders for state in which nothing can be made.
#[test]
fn a_home_without_room_for_a_socket_has_another_place() {
    let sandbox = Sandbox::new(LONG);
    let file = sandbox.join("small.ron").display().to_string();
    for (home, state) in [("/proc", ""), ("relative", "/proc"), ("/nowhere/at/all", file.as_str())]
    {
        let environment = [("HOME", home), ("XDG_STATE_HOME", state)];
        let at = |words: &[&str]| {
            let mut command = sandbox.command(words);
            command.envs(environment);
            command
        };
        let output = at(&[&sandbox.training("run", &["--detach"])[..], &[]].concat());
        let output = { output }.output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{home}");
        let mut link = Connection::attach(&sandbox);
        link.report("metrics");
        let listed = at(&["runs", ".", "--json"]).output().unwrap();
        assert!(String::from_utf8(listed.stdout).unwrap().contains("\"attachable\": true"));
        let mut terminal = Terminal::start_with(&sandbox, &["attach"], &environment);
        terminal.wait_iteration("the run", |now| now > 0);
        terminal.press("d");
        assert_eq!(terminal.end(), 0);
        link.stop();
        let remove = || at(&["runs", "remove", "run", "--yes"]).output().unwrap();
        wait("the end", || remove().status.success());
    }
}

#[test]
fn it_is_told_that_nobody_can_attach() {
    let failing = need!(Faults::build());
    let sandbox = Sandbox::new(LONG);
    // Whatever is written into folders for sockets.
    let files = "/gan-tui*/.*.tmp";
    for words in [
        &["train", "--preset", "small.ron", "--data", "shapes", "--out", "run", "--detach"][..],
        &["resume", "run", "--detach"],
    ] {
        let command = failing.on(sandbox.command(words), "open,", files, EACCES);
        let output = { command }.output().unwrap();
        let (said, warned) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{warned}");
        let process = said.trim_end().rsplit(' ').next().unwrap();
        assert!(
            said.contains(&format!(
                "in the background, process {process}\nstop it: kill {process}"
            )) && !said.contains("attach"),
            "{said}"
        );
        let warning = warned.lines().find(|line| line.starts_with("warning: nobody can attach"));
        assert!(
            warning.is_some_and(|line| line.contains("no place for its socket: cannot write")),
            "{warned}"
        );
        wait("training", || sandbox.iteration("run") > 0);
        signal(process.parse().unwrap(), "TERM");
        wait("the end", || sandbox.manifest("run")["state"] == "stopped");
        let log = fs::read_to_string(sandbox.join("run/log.txt")).unwrap();
        assert!(log.contains("nobody can attach"), "{log}");
        wait("its process", || !Path::new(&format!("/proc/{process}")).exists());
    }
}
