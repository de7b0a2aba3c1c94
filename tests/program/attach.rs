//! Runs that are left, come back to, looked at by several, and played again.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use gan_tui_testing::{
    Connection, OtherUser, Sandbox, Sshd, Terminal, need, needs, program, recorded, signal, socket,
    wait,
};
use serde_json::json;

const LONG: &str = "iterations: 100000, frame_every: 5, checkpoint_every: 20, keep_checkpoints: 2";

/// The same run as far as another went, by a process that nobody looks at.
fn assert_as_if_alone(sandbox: &Sandbox, run: &str) {
    let manifest = sandbox.manifest(run);
    assert_eq!(manifest["state"], "stopped");
    let saved = manifest["saved"].as_u64().unwrap();
    sandbox.train("alone", &["--iterations", &saved.to_string()]);
    let newest = format!("checkpoints/{saved:08}.safetensors");
    let (found, expected) = (recorded(&sandbox.join(run)), recorded(&sandbox.join("alone")));
    assert!(found[&newest] == expected[&newest], "the checkpoint has the same bytes");
    assert!(found["metrics.jsonl"] == expected["metrics.jsonl"], "and the metrics");
    let frames = |files: &std::collections::BTreeMap<String, Vec<u8>>| {
        files
            .iter()
            .filter(|(name, _)| name.starts_with("frames"))
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect::<Vec<_>>()
    };
    assert!(frames(&found) == frames(&expected), "and the frames");
}

#[test]
fn a_stopped_client_holds_up_neither_the_run_nor_another_client() {
    let sandbox = Sandbox::new(LONG);
    let said = sandbox.stdout(&[
        "train",
        "--preset",
        "small.ron",
        "--data",
        "shapes",
        "--out",
        "run",
        "--detach",
    ]);
    assert!(
        said.contains("continues in the background, process ")
            && said.ends_with("reattach: gan-tui attach run\n"),
        "{said}"
    );
    let mut live = Terminal::start(&sandbox, &["attach"]);
    let mut stopped = Terminal::start(&sandbox, &["attach", "run"]);
    for client in [&live, &stopped] {
        client.wait("the run", |text| text.contains("training") && client.iteration() > 0);
    }
    let process = stopped.process();
    signal(process, "STOP");
    let before = live.iteration();
    // Ten frames are more than the buffer of the stopped client's socket holds.
    live.wait_iteration("ten frames on the live client", |now| now >= before + 50);
    // Every control of the live one works meanwhile.
    live.press(" ");
    live.shows("paused");
    live.press("w");
    live.press("ss");
    live.shows("Sorted by output");
    let paused = sandbox.iteration("run");
    assert!(paused >= before + 50, "the run went on past the stopped client");
    live.press(" ");
    live.wait_iteration("ten frames more", |now| now > paused + 50);
    let now = live.iteration();
    signal(process, "CONT");
    stopped.wait_iteration("the stopped client catching up", |then| then >= now);
    stopped.press("d");
    assert_eq!(stopped.end(), 0);
    assert!(stopped.text().contains("to watch it again: gan-tui attach run"), "{}", stopped.text());
    live.press("q");
    live.shows("Quit?");
    live.press("y");
    assert_eq!(live.end(), 0);
    wait("the end", || sandbox.manifest("run")["state"] == "stopped");
    assert_as_if_alone(&sandbox, "run");
}

#[test]
fn a_monitor_is_left_and_come_back_to() {
    let sandbox = Sandbox::new(LONG);
    let mut first =
        Terminal::start(&sandbox, &["--preset", "small.ron", "--data", "shapes", "--out", "run"]);
    first.wait_iteration("training", |now| now >= 3);
    let mut witness = Connection::attach(&sandbox);
    let owner = witness.hello["process"].clone();
    assert_eq!(owner, first.process());
    first.press(" ");
    first.shows("paused");
    first.press("d");
    assert_eq!(first.end(), 0);
    assert!(
        first.text().contains("waits, paused, in the background, process "),
        "{}",
        first.text()
    );
    witness.report("handed_over");
    drop(first);
    // Paused as it was left.
    let mut second = Terminal::start(&sandbox, &["attach", "run"]);
    second.shows("paused");
    assert_ne!(Connection::attach(&sandbox).hello["process"], owner);
    let waiting = sandbox.iteration("run");
    second.press(" ");
    second.wait_iteration("training", |now| now > waiting + 2);
    second.press("\x03");
    second.shows("Quit?");
    second.press("y");
    assert_eq!(second.end(), 0);
    wait("the end", || sandbox.manifest("run")["state"] == "stopped");
    assert_as_if_alone(&sandbox, "run");
    let error = sandbox.run(&["attach", "run"]);
    assert!(String::from_utf8(error.stderr).unwrap().contains("the monitor needs a terminal"));
    let mut third = Terminal::start(&sandbox, &["attach", "run"]);
    assert_eq!(third.end(), 1);
    third.shows("run is not running (stopped); resume it with `gan-tui resume run`");
}

/// Whoever starts a run may have files and pipes open that others wait for: they are not held for
/// as long as the run goes on.
#[test]
fn a_run_in_the_background_holds_nothing_that_its_starter_had_open() {
    let sandbox = Sandbox::new(LONG);
    let starter = "exec 7>held; exec \"$@\"";
    let words = sandbox.training("run", &["--detach"]);
    let started = sandbox
        .program("sh")
        .args(["-c", starter, "sh"])
        .arg(program())
        .args(words)
        .status()
        .unwrap();
    assert!(started.success());
    let held = sandbox.join("held").canonicalize().unwrap();
    let mut link = Connection::attach(&sandbox);
    let process = link.hello["process"].as_u64().unwrap();
    let open = |process: u64| -> Vec<std::path::PathBuf> {
        let files = fs::read_dir(format!("/proc/{process}/fd")).unwrap();
        // One may be closed between its being listed and looked at.
        files.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect()
    };
    let files = open(process);
    assert!(files.iter().any(|file| file.ends_with("run/log.txt")), "{files:?}");
    assert!(!files.contains(&held), "{files:?}");
    link.report("metrics");
    link.stop();
    // A twin without the program between shows that the file would have been there.
    let mut twin =
        sandbox.program("sh").args(["-c", "exec 7>held; exec sleep 100"]).spawn().unwrap();
    wait("the twin's file", || open(twin.id().into()).contains(&held));
    twin.kill().unwrap();
    twin.wait().unwrap();
}

#[test]
fn the_protocol_is_held_to() {
    let sandbox = Sandbox::new(LONG);
    sandbox.train("run", &["--detach"]);
    let mut link = Connection::attach(&sandbox);
    assert_eq!(
        (&link.hello["gan-tui"], link.hello["run"].as_str().unwrap().ends_with("/run")),
        (&json!(1), true)
    );
    assert_eq!(link.report("started")["dataset"]["count"], 64);
    let first = link.report("metrics")["iteration"].as_u64().unwrap();
    assert_eq!(link.report("metrics")["iteration"], first + 1);
    for (words, reason) in [
        (json!("dance"), "expected a command"),
        (
            json!({ "learning_rates": { "generator": -1, "discriminator": 0.1 } }),
            "expected learning rates above 0",
        ),
        (json!([[[[[[]]]]]]), "expected a command"),
    ] {
        link.send(&words);
        let refusal = link.refusal();
        assert!(refusal.contains(reason), "{refusal}");
    }
    link.send(&json!("pause"));
    assert_eq!(link.report("paused"), true);
    link.send(&json!({ "draw": { "fresh": { "turn": 3 } } }));
    let pictures = link.report("pictures");
    assert_eq!(pictures["verdicts"].as_array().unwrap().len(), 64);

    let mut reader = Connection::open(&sandbox, &json!({ "gan-tui": 1, "read_only": true }));
    assert_eq!(reader.report("paused"), true, "who comes late is told how it stands");
    reader.send(&json!("resume"));
    assert_eq!(reader.refusal(), "it is only looked at");
    reader.send(&json!({ "draw": "fixed" }));
    reader.report("pictures");
    assert_eq!(
        Connection::open(&sandbox, &json!({ "gan-tui": 2 })).refusal(),
        "expected protocol 1, found 2"
    );
    let mut endless = Connection::attach(&sandbox);
    endless.send(&json!("x".repeat(5000)));
    while endless.read().is_some() {}
    let many: Vec<Connection> = (0..16).map(|_| Connection::attach(&sandbox)).collect();
    assert!(Connection::attach(&sandbox).refusal().contains("16 monitors are already attached"));
    drop(many);
    link.stop();
}

#[test]
fn a_run_goes_on_when_its_terminal_goes_away() {
    let sandbox = Sandbox::new(LONG);
    let mut terminal =
        Terminal::start(&sandbox, &["--preset", "small.ron", "--data", "shapes", "--out", "run"]);
    terminal.wait_iteration("training", |now| now >= 2);
    terminal.hang_up();
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then + 5);
    assert!(!terminal.has_ended(), "in the same process");
    let mut link = Connection::attach(&sandbox);
    assert_eq!(link.hello["process"], terminal.process());
    link.report("metrics");
    link.stop();
    assert_eq!(terminal.end(), 0);
    assert!(
        fs::read_to_string(sandbox.join("run/log.txt")).unwrap().contains("terminal disconnected")
    );
    assert_as_if_alone(&sandbox, "run");

    let words =
        ["--preset", "small.ron", "--data", "shapes", "--out", "ends", "--on-hangup", "stop"];
    let mut terminal = Terminal::start(&sandbox, &words);
    terminal.wait_iteration("training", |now| now >= 2);
    terminal.hang_up();
    assert_eq!(terminal.end(), 129);
    let manifest = sandbox.manifest("ends");
    assert_eq!(manifest["state"], "stopped");
    assert!(manifest["saved"].as_u64().unwrap() >= 2);
}

#[test]
fn a_closed_ssh_session_leaves_the_run_to_be_attached_to() {
    let sandbox = Sandbox::new(LONG);
    let sshd = need!(Sshd::start(&sandbox));
    let here = sandbox.path().display();
    let words = "--preset small.ron --data shapes --out run";
    let command = format!(
        "cd {here} && stty rows 30 cols 100 && exec env HOME={here} XDG_STATE_HOME={here} \
         TERM=xterm-256color LANG=C.UTF-8 {} {words}",
        program().display()
    );
    let mut session = sshd.session(&sandbox, &command);
    wait("training over SSH", || {
        assert!(session.try_wait().unwrap().is_none(), "the session ended by itself");
        sandbox.iteration("run") >= 2
    });
    // The laptop is closed.
    session.kill().unwrap();
    session.wait().unwrap();
    let then = sandbox.iteration("run");
    wait("more iterations", || sandbox.iteration("run") > then + 5);
    let mut back = Terminal::start(&sandbox, &["attach"]);
    back.wait("the run", |text| text.contains("training") && back.iteration() > then);
    back.press("qy");
    assert_eq!(back.end(), 0);
    wait("the end", || sandbox.manifest("run")["state"] == "stopped");
    assert!(
        fs::read_to_string(sandbox.join("run/log.txt")).unwrap().contains("terminal disconnected")
    );
}

#[test]
fn another_user_gets_in_nowhere() {
    need!(needs::program("perl"));
    let sandbox = Sandbox::new(LONG);
    let user = need!(OtherUser::of(&sandbox));
    sandbox.train("run", &["--detach"]);
    let mut link = Connection::attach(&sandbox);
    let allow = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
    };
    // The folder above is open, as a home folder on a shared machine may be.
    let nobody = |program: &str, words: &[&str]| user.program(program, words).output().unwrap();
    assert!(nobody("cat", &["small.ron"]).status.success(), "what is open can be read");
    for secret in ["run/run.json", "run/preset.ron", "run/metrics.jsonl"] {
        assert!(!nobody("cat", &[secret]).status.success(), "{secret}");
    }
    let socket = socket(&sandbox).unwrap();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    let path = socket.display().to_string();
    let connect =
        "my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die $!; print scalar <$socket>";
    assert!(
        !nobody("perl", &["-MIO::Socket::UNIX", "-e", connect, &path]).status.success(),
        "the socket cannot be reached"
    );
    // Even where its owner has opened every door to the socket, the run looks at who asks.
    for door in [socket.parent().unwrap().parent().unwrap(), socket.parent().unwrap()] {
        allow(door, 0o755);
    }
    allow(&socket, 0o666);
    let answer = nobody("perl", &["-MIO::Socket::UNIX", "-e", connect, &path]);
    let (said, failed) =
        (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
    assert_eq!(said.trim(), r#"{"refused":"it is another user's"}"#, "{failed}");
    // Reading is the owner's to give.
    allow(&sandbox.join("run"), 0o755);
    assert!(nobody("cat", &["run/run.json"]).status.success());
    link.report("metrics");
    link.stop();
}

#[test]
fn a_run_is_played_from_its_files() {
    let sandbox = Sandbox::new("iterations: 24, frame_every: 3, checkpoint_every: 8");
    sandbox.train("run", &[]);
    let mut terminal = Terminal::start(&sandbox, &["replay", "run", "--speed", "4"]);
    terminal.shows("replay ×4");
    terminal.shows("finished");
    assert_eq!(terminal.iteration(), 24);
    terminal.press("\x1b[D");
    terminal.shows("paused");
    terminal.wait_iteration("one frame back, where it stays", |now| now == 21);
    terminal.press(" ");
    terminal.shows("finished");
    terminal.press("\x1b[H");
    terminal.shows("replay ×4");
    terminal.press(" ");
    terminal.shows("paused");
    terminal.press("\x1b[H");
    terminal.wait_iteration("the beginning", |now| now == 0);
    terminal.press("\x1b[C\x1b[C\x1b[C\x1b[C");
    terminal.wait_iteration("four frames on", |now| now == 9);
    terminal.press("\x1b[D");
    terminal.wait_iteration("one back", |now| now == 6);
    terminal.press("sss");
    terminal.shows("Fresh samples · checkpoint 8, ahead of the replay");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);

    // Copied from elsewhere by halves, and damaged.
    sandbox.copy_folder("run", "copy");
    for name in ["run.json", "preset.ron", "frames/00000009.png"] {
        fs::write(sandbox.join("copy").join(name), "garbage").unwrap();
    }
    fs::remove_dir_all(sandbox.join("copy/checkpoints")).unwrap();
    let log = fs::read_to_string(sandbox.join("copy/metrics.jsonl")).unwrap();
    fs::write(
        sandbox.join("copy/metrics.jsonl"),
        log.replacen("{\"iteration\":5,", "#", 1) + "{\"iter",
    )
    .unwrap();
    let before = listing(&sandbox.join("copy"));
    let mut terminal = Terminal::start(&sandbox, &["replay", "copy", "--speed", "1000"]);
    terminal.shows("stopped");
    assert_eq!(terminal.iteration(), 24);
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(listing(&sandbox.join("copy")), before, "nothing is written there");

    // One that grows is followed.
    sandbox.train("grows", &["--iterations", "100000", "--detach"]);
    let mut terminal = Terminal::start(&sandbox, &["replay", "grows", "--speed", "100"]);
    terminal.wait_iteration("the first iterations", |now| now > 0);
    let then = terminal.iteration();
    terminal.wait_iteration("later ones", |now| now > then + 3);
    Connection::attach(&sandbox).stop();
    terminal.shows("stopped");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

fn listing(folder: &Path) -> String {
    let output =
        Command::new("ls").args(["-lR", "--time-style=full-iso"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
