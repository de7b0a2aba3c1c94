//! Signals, terminals and pipes that take nothing, and what a run leaves when it is told to end.

use std::{
    fs,
    io::{PipeWriter, Write},
    os::fd::AsFd,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use gan_tui_testing::{
    Answers, Effect, Fault, Faults, Sandbox, Terminal, need, needs, program, signal, wait,
};

const LONG: &str = "iterations: 10000000, frame_every: 1000, checkpoint_every: 1000000";

/// Waits until a run trains.
fn wait_for_training(sandbox: &Sandbox, run: &str, child: &mut Child) {
    wait("training", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        sandbox.iteration(run) > 0
    });
}

/// Asserts that a run was saved where it ended.
#[track_caller]
fn assert_saved(sandbox: &Sandbox, run: &str) {
    let manifest = sandbox.manifest(run);
    assert_eq!(manifest["state"], "stopped");
    assert_eq!(manifest["saved"], manifest["last_iteration"]);
    assert!(manifest["saved"].as_u64().unwrap() > 0);
}

fn log(sandbox: &Sandbox, run: &str) -> String {
    fs::read_to_string(sandbox.join(run).join("log.txt")).unwrap()
}

#[test]
fn every_signal_that_would_end_the_process_saves_the_run() {
    let sandbox = Sandbox::new(LONG);
    for (name, status) in [
        ("QUIT", 131),
        ("ALRM", 142),
        ("XCPU", 152),
        ("VTALRM", 154),
        ("PROF", 155),
        ("IO", 157),
        ("RTMIN", 162),
        ("ABRT", 134),
        ("BUS", 135),
        ("SYS", 159),
    ] {
        let mut child = sandbox.start_training(name, &[]);
        wait_for_training(&sandbox, name, &mut child);
        signal(child.id(), name);
        assert_eq!(child.wait().unwrap().code(), Some(status), "SIG{name}");
        assert_saved(&sandbox, name);
        let log = log(&sandbox, name);
        assert!(log.contains(&format!("asked to stop by SIG{name}")) || name == "RTMIN", "{log}");
    }
}

#[test]
fn a_limit_of_processor_time_saves_the_run() {
    let sandbox = Sandbox::new(LONG);
    let command = format!(
        "ulimit -St 2; exec {} train -q --preset small.ron --data shapes --out run",
        program().display()
    );
    let output = sandbox.program("bash").args(["-c", &command]).output();
    let status = need!(output.map_err(|_| needs::Missing::new("bash"))).status;
    assert_eq!(status.code(), Some(152));
    assert_saved(&sandbox, "run");
}

#[test]
fn a_batch_systems_warning_saves_and_training_continues() {
    let sandbox = Sandbox::new(LONG);
    let mut child = sandbox.start_training("run", &[]);
    wait_for_training(&sandbox, "run", &mut child);
    signal(child.id(), "USR2");
    wait("a checkpoint", || sandbox.manifest("run")["saved"].as_u64().is_some());
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then);
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_saved(&sandbox, "run");
}

/// A pipe that takes nothing more and that nobody reads.
fn full_pipe() -> (std::io::PipeReader, PipeWriter) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let flags = rustix::fs::fcntl_getfl(writer.as_fd()).unwrap();
    rustix::fs::fcntl_setfl(writer.as_fd(), flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    while writer.write(b"x").is_ok() {}
    rustix::fs::fcntl_setfl(writer.as_fd(), flags).unwrap();
    (reader, writer)
}

#[test]
fn a_full_pipe_holds_up_neither_training_nor_a_stop() {
    let sandbox = Sandbox::new(LONG);
    let (_reader, writer) = full_pipe();
    let words = ["train", "--preset", "small.ron", "--data", "shapes", "--out", "run"];
    let mut child =
        sandbox.command(&words).stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    wait_for_training(&sandbox, "run", &mut child);
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then);
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_saved(&sandbox, "run");
}

#[test]
fn a_stopped_terminal_holds_up_neither_training_nor_a_stop() {
    let sandbox = Sandbox::new(LONG);
    let words = ["train", "--preset", "small.ron", "--data", "shapes", "--out", "run"];
    let mut terminal = Terminal::start(&sandbox, &words);
    wait("training", || sandbox.iteration("run") > 0);
    // Ctrl-S.
    terminal.press("\x13");
    thread::sleep(Duration::from_millis(300));
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then);
    signal(terminal.process(), "TERM");
    assert_eq!(terminal.end(), 143);
    assert_saved(&sandbox, "run");
}

#[test]
fn a_terminal_is_given_back_at_every_signal() {
    let sandbox = Sandbox::new(LONG);
    for (name, status) in
        [("QUIT", 131), ("ALRM", 142), ("USR2", 0), ("XCPU", 152), ("PROF", 155), ("RTMIN", 162)]
    {
        let words = ["--preset", "small.ron", "--data", "shapes", "--out", name];
        let mut terminal = Terminal::start(&sandbox, &words);
        terminal.wait_iteration("training", |iteration| iteration > 0);
        signal(terminal.process(), name);
        if name == "USR2" {
            wait("a checkpoint", || sandbox.manifest(name)["saved"].as_u64().is_some());
            let then = terminal.iteration();
            terminal.wait_iteration("more iterations", |iteration| iteration > then);
            signal(terminal.process(), "TERM");
            assert_eq!(terminal.end(), 143);
        } else {
            assert_eq!(terminal.end(), status, "SIG{name}");
        }
        terminal.assert_restored();
        assert_saved(&sandbox, name);
    }
}

#[test]
fn what_is_not_in_the_foreground_trains_without_the_monitor() {
    need!(needs::program("timeout"));
    let sandbox = Sandbox::new("iterations: 3");
    let words = "--preset small.ron --data shapes --out";
    let gan_tui = program();
    let script = format!(
        "timeout 100 {0} {words} first; echo first $?; set -m; {0} {words} second & wait; echo \
         second $?",
        gan_tui.display()
    );
    let mut terminal = Terminal::start_program(&sandbox, "bash", &["-c", &script], &[]);
    let text = terminal.wait("both ends", |text| text.contains("second 0"));
    assert!(text.contains("first 0"), "{text}");
    assert_eq!(text.matches("not in the foreground of the terminal").count(), 2, "{text}");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.written().contains("\x1b[?1049h"), "the terminal is left alone");
    for run in ["first", "second"] {
        assert_eq!(sandbox.manifest(run)["state"], "finished");
    }
}

#[test]
fn a_monitor_that_was_stopped_takes_the_terminal_again_and_only_in_the_foreground() {
    let sandbox = Sandbox::new(LONG);
    // Its answers would be the shell's input where the monitor is stopped before it reads them.
    let silent = Answers { silent: true, ..Answers::default() };
    let shell = ["--norc", "--noprofile", "-i"];
    let mut terminal = Terminal::start_answering(&sandbox, "bash", &shell, &[], silent);
    let words = "--preset small.ron --data shapes --out run";
    terminal.press(&format!("PS1='shell> '; {} {words}\n", program().display()));
    terminal.wait_iteration("training", |iteration| iteration > 0);
    let process = process_of(&sandbox, "run");
    let shell_after = |terminal: &mut Terminal, command: &str| {
        let before = terminal.written().len();
        if command == "STOP" || command == "TSTP" {
            signal(process, command);
        } else {
            terminal.press(&format!("{command}\n"));
        }
        terminal.wait(&format!("the shell after {command}"), |_| {
            terminal.written()[before..].contains("shell> ")
        });
    };

    // Stopped as nobody can prevent: the shell's text is on the screen meanwhile.
    shell_after(&mut terminal, "STOP");
    shell_after(&mut terminal, "echo some text on the screen");
    terminal.press("fg\n");
    let then = sandbox.iteration("run");
    terminal.wait_iteration("the monitor again", |iteration| iteration > then);
    terminal.wait("nothing else", |text| !text.contains("some text"));
    terminal.press("?");
    terminal.shows("Help");
    terminal.press("\x1b");
    terminal.wait("keys are heard", |text| !text.contains("Help"));

    // Continued in the background, it trains and leaves the terminal alone.
    shell_after(&mut terminal, "STOP");
    shell_after(&mut terminal, "bg");
    let then = sandbox.iteration("run");
    wait("training", || sandbox.iteration("run") > then + 1);
    // A frame that was half written when the monitor was stopped is written to its end by now.
    let before = terminal.written().len();
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(terminal.written().len(), before, "{:?}", &terminal.written()[before..]);
    terminal.press("fg\n");
    let then = sandbox.iteration("run");
    terminal.wait_iteration("the monitor again", |iteration| iteration > then);

    // Stopped politely, by another process: the terminal is given back first.
    shell_after(&mut terminal, "TSTP");
    let written = terminal.written();
    assert!(written.rfind("\x1b[?1049l") > written.rfind("\x1b[?1049h"));
    terminal.press("fg\n");
    let then = sandbox.iteration("run");
    terminal.wait_iteration("the monitor again", |iteration| iteration > then);
    terminal.press("q");
    terminal.shows("Quit?");
    terminal.press("y");
    terminal.wait("the end", |text| text.contains("stopped at iteration"));
    terminal.press("exit\n");
    terminal.end();
    assert_saved(&sandbox, "run");
}

/// The process that trains a run.
fn process_of(sandbox: &Sandbox, run: &str) -> u32 {
    let lock = fs::read_to_string(sandbox.join(run).join(".lock")).unwrap();
    lock.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_run_whose_directory_was_removed_ends_unless_somebody_looks_on() {
    let sandbox = Sandbox::new(LONG);
    let words = [&sandbox.training("run", &[])[..], &["--detach"]].concat();
    sandbox.stdout(&words);
    wait("training", || sandbox.iteration("run") > 0);
    let process = process_of(&sandbox, "run");
    fs::remove_dir_all(sandbox.join("run")).unwrap();
    let listed = sandbox.run(&["runs"]);
    let (rows, warning) =
        (String::from_utf8(listed.stdout).unwrap(), String::from_utf8(listed.stderr).unwrap());
    assert!(rows.contains("/run") && rows.contains("running"), "{rows}");
    assert!(warning.contains("/run was removed while the run trains"), "{warning}");
    wait("the end of the process", || !fs::exists(format!("/proc/{process}")).unwrap());
    assert_eq!(sandbox.stdout(&["runs"]), "no runs in runs\n");
}

#[test]
fn a_storage_that_does_not_answer_holds_up_no_stop() {
    let faults = need!(Faults::build());
    let sandbox = Sandbox::new("iterations: 10000000, frame_every: 1000, checkpoint_every: 5");
    // What is to be on disk before training continues is held up for good.
    let held_up = |run: &str, call: &str, path: &str| {
        let mut command = sandbox.command(&sandbox.training(run, &[]));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let fault = Fault {
            calls: call.into(),
            path: path.into(),
            first: 3,
            times: None,
            effect: Effect::Wait,
        };
        let mut child = faults.inject(command, &fault).spawn().unwrap();
        wait_for_training(&sandbox, run, &mut child);
        let mut then = 0;
        wait("training to be held up", || {
            // A busy machine may take a while for an iteration, and metrics wait half a second.
            thread::sleep(Duration::from_secs(2));
            std::mem::replace(&mut then, sandbox.iteration(run)) == then && then > 0
        });
        signal(child.id(), "TERM");
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains(&format!("stopped, though {run} does not answer: ")), "{errors}");
        let log = log(&sandbox, run);
        assert!(log.contains("error stopped, though"), "{log}");
    };
    thread::scope(|scope| {
        scope.spawn(|| held_up("checkpoint", "fsync,", "*/checkpoints/*"));
        scope.spawn(|| held_up("metrics", "write,", "*/metrics.jsonl"));
    });
}

#[test]
fn the_log_tells_what_happened() {
    let sandbox = Sandbox::new("iterations: 4, frame_every: 2");
    sandbox.train("run", &[]);
    let text = log(&sandbox, "run");
    let lines: Vec<&str> = text.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert!(
        lines[0].starts_with("start gan-tui ") && lines[0].contains("train --preset small.ron")
    );
    assert!(lines[1].starts_with("note process ") && lines[1].contains(" available"), "{text}");
    assert!(
        lines[2].starts_with("note trains from the beginning: data shapes, 64 images; ")
            && lines[2].ends_with(" kernels"),
        "{text}"
    );
    assert!(lines[3].starts_with("end finished after iteration 4, "), "{text}");

    fs::remove_file(sandbox.join("run/frames/00000002.png")).unwrap();
    sandbox.stdout(&["resume", "run", "--headless", "--quiet", "--iterations", "6"]);
    let text = log(&sandbox, "run");
    assert!(text.contains("warning frames: one frame is missing"), "{text}");
    assert!(text.contains("note trains continues from iteration 4"), "{text}");
    let listed = sandbox.stdout(&["runs", "."]);
    assert!(listed.ends_with("run/log.txt: 1 warning\n"), "{listed}");
    let json = sandbox.stdout(&["runs", ".", "--json"]);
    assert!(json.contains("\"warnings\": 1"), "{json}");
}

/// Ends with the process that it was started with.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_monitor_in_lines_shows_a_run_elsewhere_and_a_recorded_one() {
    let sandbox = Sandbox::new(LONG);
    let mut child = sandbox.start_training("run", &[]);
    wait_for_training(&sandbox, "run", &mut child);
    let child = Killed(child);
    let dumb = [("TERM", "dumb")];
    let mut terminal = Terminal::start_with(&sandbox, &["attach", "run"], &dumb);
    terminal.shows("d_loss");
    signal(child.0.id(), "TERM");
    terminal.shows("stopped after iteration");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.written().contains('\x1b'));
    let mut terminal = Terminal::start_with(&sandbox, &["replay", "run"], &dumb);
    let text = terminal.wait("its end", |text| text.contains("stopped at iteration"));
    assert!(text.contains("d_loss"), "{text}");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.written().contains('\x1b'));
}

#[test]
fn an_export_ends_at_a_signal_though_its_output_is_stuck() {
    let sandbox = Sandbox::new("iterations: 2, frame_every: 1");
    sandbox.train("run", &[]);
    let (_reader, writer) = full_pipe();
    let mut command: Command = sandbox.command(&["export", "run", "--out", "run.gif"]);
    let mut child = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    wait("the file", || sandbox.join("run.gif").exists());
    signal(child.id(), "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
