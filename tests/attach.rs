//! Runs that are left, come back to, looked at by several, and played again.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod support;

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{Place, essence, has, is_root, link::Link, signal, skip, terminal::Terminal, wait};

const LONG: &str = "iterations: 100000, frame_every: 5, checkpoint_every: 20, keep_checkpoints: 2";

/// The same run as far as another went, by a process that nobody looks at.
fn assert_as_if_alone(place: &Place, run: &str) {
    let manifest = place.manifest(run);
    assert_eq!(manifest["state"], "stopped");
    let saved = manifest["saved"].as_u64().unwrap();
    place.train("alone", &["--iterations", &saved.to_string()]);
    let newest = format!("checkpoints/{saved:08}.safetensors");
    let (found, expected) = (essence(&place.join(run)), essence(&place.join("alone")));
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
    let place = Place::new(LONG);
    let said = place.says(&[
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
        said.contains("goes on in the background, process ")
            && said.ends_with("come back: gan-tui attach run\n"),
        "{said}"
    );
    let mut live = Terminal::start(&place, &["attach"]);
    let mut stopped = Terminal::start(&place, &["attach", "run"]);
    for client in [&live, &stopped] {
        client
            .wait("the run", |client| client.text().contains("training") && client.iteration() > 0);
    }
    let process = stopped.process();
    signal(process, "STOP");
    let start = Instant::now();
    let before = live.iteration();
    live.wait("the live client going on", |live| live.iteration() >= before + 5);
    // Every control of the live one works meanwhile.
    live.press(" ");
    live.shows("paused");
    live.press("w");
    live.press("ss");
    live.shows("Sorted by verdict");
    thread::sleep(Duration::from_secs(8).saturating_sub(start.elapsed()));
    let paused = place.iteration("run");
    assert!(paused >= before + 5, "the run went on past the stopped client");
    live.press(" ");
    live.wait("going on", |live| live.iteration() > paused);
    thread::sleep(Duration::from_secs(10).saturating_sub(start.elapsed()));
    let now = live.iteration();
    signal(process, "CONT");
    stopped.wait("the stopped client catching up", |stopped| stopped.iteration() >= now);
    stopped.press("d");
    assert_eq!(stopped.end(), 0);
    assert!(stopped.text().contains("come back: gan-tui attach run"), "{}", stopped.text());
    live.press("q");
    live.shows("Quit?");
    live.press("y");
    assert_eq!(live.end(), 0);
    wait("the end", || place.manifest("run")["state"] == "stopped");
    assert_as_if_alone(&place, "run");
}

#[test]
fn a_monitor_is_left_and_come_back_to() {
    let place = Place::new(LONG);
    let mut first =
        Terminal::start(&place, &["--preset", "small.ron", "--data", "shapes", "--out", "run"]);
    first.wait("training", |first| first.iteration() >= 3);
    let mut witness = Link::attach(&place);
    let owner = witness.hello["process"].clone();
    assert_eq!(owner, first.process());
    first.press(" ");
    first.shows("paused");
    first.press("d");
    assert_eq!(first.end(), 0);
    assert!(first.text().contains("goes on in the background, process "), "{}", first.text());
    witness.report("handed_over");
    drop(first);
    // Paused as it was left.
    let mut second = Terminal::start(&place, &["attach", "run"]);
    second.shows("paused");
    assert_ne!(Link::attach(&place).hello["process"], owner);
    let waiting = place.iteration("run");
    second.press(" ");
    second.wait("training", |second| second.iteration() > waiting + 2);
    second.press("\x03");
    second.shows("Quit?");
    second.press("y");
    assert_eq!(second.end(), 0);
    wait("the end", || place.manifest("run")["state"] == "stopped");
    assert_as_if_alone(&place, "run");
    let error = place.run(&["attach", "run"]);
    assert!(String::from_utf8(error.stderr).unwrap().contains("the monitor needs a terminal"));
    let mut third = Terminal::start(&place, &["attach", "run"]);
    assert_eq!(third.end(), 1);
    third.shows("run is stopped: `gan-tui resume run` goes on with it");
}

/// Whoever starts a run may have files and pipes open that others wait for: they are not held for
/// as long as the run goes on.
#[test]
fn a_run_in_the_background_holds_nothing_that_its_starter_had_open() {
    let place = Place::new(LONG);
    let starter = "exec 7>held; exec \"$@\"";
    let words = place.training("run", &["--detach"]);
    let started = place
        .program("sh")
        .args(["-c", starter, "sh", env!("CARGO_BIN_EXE_gan-tui")])
        .args(words)
        .status()
        .unwrap();
    assert!(started.success());
    let held = place.join("held").canonicalize().unwrap();
    let mut link = Link::attach(&place);
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
    let mut twin = place.program("sh").args(["-c", "exec 7>held; exec sleep 100"]).spawn().unwrap();
    wait("the twin's file", || open(twin.id().into()).contains(&held));
    twin.kill().unwrap();
    twin.wait().unwrap();
}

#[test]
fn the_protocol_is_held_to() {
    let place = Place::new(LONG);
    place.train("run", &["--detach"]);
    let mut link = Link::attach(&place);
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

    let mut reader = Link::open(&place, &json!({ "gan-tui": 1, "read_only": true }));
    assert_eq!(reader.report("paused"), true, "who comes late is told how it stands");
    reader.send(&json!("resume"));
    assert_eq!(reader.refusal(), "it is only looked at");
    reader.send(&json!({ "draw": "fixed" }));
    reader.report("pictures");
    assert_eq!(
        Link::open(&place, &json!({ "gan-tui": 2 })).refusal(),
        "expected protocol 1, found 2"
    );
    let mut endless = Link::attach(&place);
    endless.send(&json!("x".repeat(5000)));
    while endless.next().is_some() {}
    let many: Vec<Link> = (0..16).map(|_| Link::attach(&place)).collect();
    assert!(Link::attach(&place).refusal().contains("16 look on already"));
    drop(many);
    link.stop();
}

#[test]
fn a_run_goes_on_when_its_terminal_goes_away() {
    let place = Place::new(LONG);
    let mut terminal =
        Terminal::start(&place, &["--preset", "small.ron", "--data", "shapes", "--out", "run"]);
    terminal.wait("training", |terminal| terminal.iteration() >= 2);
    terminal.close();
    let then = place.iteration("run");
    wait("more iterations", || place.iteration("run") > then + 5);
    assert!(!terminal.has_ended(), "in the same process");
    let mut link = Link::attach(&place);
    assert_eq!(link.hello["process"], terminal.process());
    link.report("metrics");
    link.stop();
    assert_eq!(terminal.end(), 0);
    assert!(
        fs::read_to_string(place.join("run/log.txt")).unwrap().contains("the terminal is gone")
    );
    assert_as_if_alone(&place, "run");

    let words =
        ["--preset", "small.ron", "--data", "shapes", "--out", "ends", "--on-hangup", "stop"];
    let mut terminal = Terminal::start(&place, &words);
    terminal.wait("training", |terminal| terminal.iteration() >= 2);
    terminal.close();
    assert_eq!(terminal.end(), 129);
    let manifest = place.manifest("ends");
    assert_eq!(manifest["state"], "stopped");
    assert!(manifest["saved"].as_u64().unwrap() >= 2);
}

/// An SSH server on loopback with keys of its own.
struct Sshd {
    child: Child,
    port: u16,
}

impl Sshd {
    fn start(place: &Place) -> Option<Self> {
        let sshd = ["/usr/sbin/sshd", "/usr/bin/sshd"]
            .into_iter()
            .find(|path| Path::new(path).exists())?;
        for key in ["host", "user"] {
            let made = place
                .program("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", key])
                .status();
            assert!(made.unwrap().success());
        }
        if is_root() {
            // Where no service has made it.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        fs::copy(place.join("user.pub"), place.join("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| place.join(name).display().to_string();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n",
            at("host"),
            at("authorized"),
            at("sshd.pid"),
        );
        fs::write(place.join("sshd_config"), config).unwrap();
        let child = Command::new(sshd)
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        Some(Self { child, port })
    }

    /// A session with a terminal, in which a command runs.
    fn session(&self, place: &Place, command: &str) -> Child {
        let user =
            String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        let port = self.port.to_string();
        let mut ssh = place.program("ssh");
        ssh.args(["-tt", "-F", "none", "-i", "user", "-p", &port]).args([
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
        ]);
        ssh.args(["-o", "UserKnownHostsFile=known", "-o", "LogLevel=ERROR"])
            .arg(format!("{}@127.0.0.1", user.trim()))
            .arg(command);
        ssh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_closed_ssh_session_leaves_the_run_to_be_attached_to() {
    let place = Place::new(LONG);
    if !has("ssh") {
        return skip("there is no ssh");
    }
    let Some(sshd) = Sshd::start(&place) else { return skip("there is no sshd") };
    let here = place.path().display();
    let words = "--preset small.ron --data shapes --out run";
    let command = format!(
        "cd {here} && stty rows 30 cols 100 && exec env HOME={here} XDG_STATE_HOME={here} TERM=xterm-256color LANG=C.UTF-8 {} {words}",
        env!("CARGO_BIN_EXE_gan-tui")
    );
    wait("a server that listens", || {
        std::net::TcpStream::connect(("127.0.0.1", sshd.port)).is_ok()
    });
    let mut session = sshd.session(&place, &command);
    wait("training over SSH", || {
        assert!(session.try_wait().unwrap().is_none(), "the session ended by itself");
        place.iteration("run") >= 2
    });
    // The laptop is closed.
    session.kill().unwrap();
    session.wait().unwrap();
    let then = place.iteration("run");
    wait("more iterations", || place.iteration("run") > then + 5);
    let mut back = Terminal::start(&place, &["attach"]);
    back.wait("the run", |back| back.text().contains("training") && back.iteration() > then);
    back.press("qy");
    assert_eq!(back.end(), 0);
    wait("the end", || place.manifest("run")["state"] == "stopped");
    assert!(
        fs::read_to_string(place.join("run/log.txt")).unwrap().contains("the terminal is gone")
    );
}

#[test]
fn another_user_gets_in_nowhere() {
    if !is_root() || !has("setpriv") || !has("perl") {
        return skip("this needs root, setpriv and perl");
    }
    let place = Place::new(LONG);
    place.train("run", &["--detach"]);
    let mut link = Link::attach(&place);
    let allow = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
    };
    // The folder above is open, as a home folder on a shared machine may be.
    allow(place.path(), 0o755);
    let nobody = |program: &str, words: &[&str]| {
        let mut command = place.program("setpriv");
        command
            .args(["--reuid=65534", "--regid=65534", "--clear-groups", program])
            .args(words)
            .output()
            .unwrap()
    };
    assert!(nobody("cat", &["small.ron"]).status.success(), "what is open can be read");
    for secret in ["run/run.json", "run/preset.ron", "run/metrics.jsonl"] {
        assert!(!nobody("cat", &[secret]).status.success(), "{secret}");
    }
    let socket = support::link::socket(&place).unwrap();
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
    allow(&place.join("run"), 0o755);
    assert!(nobody("cat", &["run/run.json"]).status.success());
    link.report("metrics");
    link.stop();
}

#[test]
fn a_run_is_played_from_its_files() {
    let place = Place::new("iterations: 24, frame_every: 3, checkpoint_every: 8");
    place.train("run", &[]);
    let mut terminal = Terminal::start(&place, &["replay", "run", "--speed", "4"]);
    terminal.shows("replay, 4 times as fast");
    terminal.shows("finished");
    assert_eq!(terminal.iteration(), 24);
    terminal.press("\x1b[H");
    terminal.shows("replay, 4 times as fast");
    terminal.press(" ");
    terminal.shows("paused");
    terminal.press("\x1b[H");
    terminal.wait("the beginning", |terminal| terminal.iteration() == 0);
    terminal.press("\x1b[C\x1b[C\x1b[C\x1b[C");
    terminal.wait("four frames on", |terminal| terminal.iteration() == 9);
    terminal.press("\x1b[D");
    terminal.wait("one back", |terminal| terminal.iteration() == 6);
    terminal.press("sss");
    terminal.shows("Fresh samples · iteration 8");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);

    // Copied from elsewhere by halves, and damaged.
    let copied = place.program("cp").args(["-r", "run", "copy"]).status().unwrap();
    assert!(copied.success());
    for name in ["run.json", "preset.ron", "frames/00000009.png"] {
        fs::write(place.join("copy").join(name), "garbage").unwrap();
    }
    fs::remove_dir_all(place.join("copy/checkpoints")).unwrap();
    let log = fs::read_to_string(place.join("copy/metrics.jsonl")).unwrap();
    fs::write(
        place.join("copy/metrics.jsonl"),
        log.replacen("{\"iteration\":5,", "#", 1) + "{\"iter",
    )
    .unwrap();
    let before = listing(&place.join("copy"));
    let mut terminal = Terminal::start(&place, &["replay", "copy", "--speed", "1000"]);
    terminal.shows("stopped");
    assert_eq!(terminal.iteration(), 24);
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert_eq!(listing(&place.join("copy")), before, "nothing is written there");

    // One that grows is followed.
    place.train("grows", &["--iterations", "100000", "--detach"]);
    let mut terminal = Terminal::start(&place, &["replay", "grows", "--speed", "100"]);
    terminal.wait("the first iterations", |terminal| terminal.iteration() > 0);
    let then = terminal.iteration();
    terminal.wait("later ones", |terminal| terminal.iteration() > then + 3);
    Link::attach(&place).stop();
    terminal.shows("stopped");
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
}

fn listing(folder: &Path) -> String {
    let output =
        Command::new("ls").args(["-lR", "--time-style=full-iso"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
