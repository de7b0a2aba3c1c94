//! What the process in the background is told by the one that starts it, and what a hand-over that
//! fails leaves behind.

use std::{fs, process::Output};

use gan_tui_testing::{Connection, Sandbox, Terminal, program, signal, wait};

use super::LONG;

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A terminal in which gan-tui is started, and which stays open after it.
fn shell(sandbox: &Sandbox, words: &str) -> Terminal {
    let script = format!("{} {words}; exec sleep 600", program().display());
    Terminal::start_program(sandbox, "sh", &["-c", &script], &[])
}

/// The process that the terminal says continues in the background.
fn background(terminal: &Terminal) -> u32 {
    let text = terminal.wait("the process in the background", |text| text.contains("reattach:"));
    let after = text.split("background, process ").nth(1).unwrap();
    after.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn the_end_of_a_run_in_the_background_is_announced_where_it_was_started() {
    let sandbox = Sandbox::new(LONG);
    let begin = "train --preset small.ron --data shapes --out run --detach";
    for (words, expected) in [
        (
            format!("{begin} --notify=osc9 --on-hangup stop"),
            "\x1b]9;gan-tui: run stopped\x1b\\\x07",
        ),
        (
            "resume run --detach --notify=osc777 --on-hangup stop --quiet; echo reattach: background, process 0".into(),
            "\x1b]777;notify;gan-tui;run stopped\x1b\\\x07",
        ),
    ] {
        let terminal = shell(&sandbox, &words);
        background(&terminal);
        let process = Connection::attach(&sandbox).hello["process"].as_u64().unwrap();
        signal(process as u32, "HUP");
        wait("the notification", || terminal.written().contains(expected));
        wait("the end", || sandbox.manifest("run")["state"] == "stopped");
        wait("its process", || !std::path::Path::new(&format!("/proc/{process}")).exists());
    }
    // Without these options, the run outlives the signal, and says nothing.
    let terminal = shell(&sandbox, "resume run --detach");
    let process = background(&terminal);
    let mut link = Connection::attach(&sandbox);
    signal(process, "HUP");
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then + 50);
    link.report("metrics");
    link.stop();
    wait("its process", || !std::path::Path::new(&format!("/proc/{process}")).exists());
    assert!(!terminal.written().contains('\x07'));
}

#[test]
fn a_monitor_that_is_left_hands_its_options_on() {
    let sandbox = Sandbox::new(LONG);
    let mut terminal = shell(
        &sandbox,
        "--preset small.ron --data shapes --out run --notify --on-hangup stop --threads 2",
    );
    terminal.wait_iteration("training", |now| now > 0);
    terminal.press("d");
    let process = background(&terminal);
    let before = terminal.written().matches('\x07').count();
    signal(process, "HUP");
    wait("the bell", || terminal.written().matches('\x07').count() > before);
    wait("the end", || sandbox.manifest("run")["state"] == "stopped");
    let part = sandbox.manifest("run")["resumed"][0].clone();
    assert_eq!((&part["threads"], &part["threads_from"]), (&2.into(), &"--threads".into()));
}

/// The limit of a resumed run counts what was trained before; that of the next run does not.
#[test]
fn every_run_of_a_monitor_has_a_limit_of_its_own() {
    let sandbox = Sandbox::new(LONG);
    sandbox.train("run", &["--iterations", "50"]);
    let log = fs::read_to_string(sandbox.join("run/metrics.jsonl")).unwrap();
    let mut rows: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    rows.last_mut().unwrap()["elapsed_s"] = 36_000.into();
    let log: String = rows.iter().map(|row| format!("{row}\n")).collect();
    fs::write(sandbox.join("run/metrics.jsonl"), log).unwrap();

    let mut terminal =
        Terminal::start(&sandbox, &["resume", "run", "--iterations", "100000", "--minutes", "10"]);
    terminal.wait_iteration("training", |now| now > 50);
    let limit = || Connection::attach(&sandbox).hello["limit_s"].as_f64().unwrap();
    assert_eq!(limit(), 36_600.0);
    terminal.press("p");
    terminal.shows("Start a new run");
    terminal.press("\r");
    wait("the next run", || sandbox.join("runs").exists());
    terminal.wait("its first iterations", |text| {
        text.contains("● training") && (1..50).contains(&terminal.iteration())
    });
    terminal.press("d");
    assert_eq!(terminal.end(), 0);
    // Of the time that was left, no more than ten minutes.
    let limit = limit();
    assert!(limit > 0.0 && limit < 601.0, "{limit}");
    Connection::attach(&sandbox).stop();
}

#[test]
fn a_hand_over_that_is_refused_leaves_no_lock() {
    let sandbox = Sandbox::new("iterations: 4, frame_every: 4, checkpoint_every: 2");
    sandbox.train("run", &[]);
    let resume = ["resume", "run", "--iterations", "8", "--detach"];
    let names = || {
        let mut names: Vec<_> = fs::read_dir(sandbox.join("run"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "log.txt")
            .collect();
        names.sort();
        names
    };
    // An old run that was copied without its lock, and its images gone.
    fs::remove_file(sandbox.join("run/.lock")).unwrap();
    let before = names();
    fs::rename(sandbox.join("shapes"), sandbox.join("away")).unwrap();
    sandbox.assert_error_contains(&resume, "shapes");
    assert_eq!(names(), before);
    // A process that does not even begin.
    let mut command = sandbox.command(&resume);
    let log = sandbox.join("run/log.txt");
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let output = command.output().unwrap();
    assert!(errors(&output).contains("log.txt"), "{output:?}");
    assert_eq!(names(), before);
    fs::remove_dir(&log).unwrap();
    // And a new run leaves nothing at all.
    fs::create_dir(sandbox.join("shapes")).unwrap();
    sandbox.assert_error_contains(&sandbox.training("new", &["--detach"]), "shapes");
    assert!(!sandbox.join("new").exists());
}

#[test]
fn a_restart_in_the_background_needs_no_preset_of_the_run() {
    let sandbox = Sandbox::new("iterations: 4, frame_every: 4, checkpoint_every: 2");
    sandbox.train("run", &[]);
    fs::write(sandbox.join("run/preset.ron"), "(batch: ").unwrap();
    fs::remove_dir_all(sandbox.join("run/checkpoints")).unwrap();
    let output = sandbox.run(&sandbox.training("run", &["--restart", "--detach"]));
    assert!(output.status.success(), "{}", errors(&output));
    wait("the end", || sandbox.manifest("run")["state"] == "finished");
    assert!(sandbox.join("run/before-restart-1/preset.ron").exists());
    assert!(fs::read_to_string(sandbox.join("run/preset.ron")).unwrap().contains("small"));
}

#[test]
fn a_damaged_file_is_told_once() {
    let sandbox = Sandbox::new("iterations: 4, frame_every: 4, checkpoint_every: 2");
    sandbox.train("run", &[]);
    for (file, words) in [
        ("run.json", &["--headless", "--quiet"][..]),
        ("run.json", &["--detach", "--quiet"]),
        ("preset.ron", &["--headless", "--quiet"]),
    ] {
        sandbox.copy_folder("run", "copy");
        fs::write(sandbox.join("copy").join(file), "{").unwrap();
        let words = [&["resume", "copy", "--iterations", "6"], words].concat();
        let output = sandbox.run(&words);
        assert!(output.status.success(), "{}", errors(&output));
        let said = errors(&output);
        assert!(said.contains(file) && said.lines().count() == 1, "{words:?}: {said}");
        wait("the end", || sandbox.run(&["runs", "remove", "copy", "--yes"]).status.success());
    }
}
