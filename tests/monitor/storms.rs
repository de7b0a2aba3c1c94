//! Random keys, resizing, suspending, terminals that close and terminals within terminals: the run
//! is what it would have been without.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use portable_pty::CommandBuilder;

use super::terminal::{PATIENCE, Terminal};

const SEED: u64 = 20_260_101;

/// A small run on a few pictures, so that it begins at once.
pub fn small(folder: &Path) -> Vec<String> {
    let preset = "(name: \"small\", model: Mlp, latent: 64, batch: 2, frame_every: 50, checkpoint_every: 1000000)";
    fs::write(folder.join("small.ron"), preset).unwrap();
    fs::create_dir(folder.join("pictures")).unwrap();
    let count = 200u32;
    let header = |magic: u32, sizes: &[u32]| {
        [magic].iter().chain(sizes).flat_map(|number| number.to_be_bytes()).collect::<Vec<u8>>()
    };
    let mut random = Random(7);
    let pixels: Vec<u8> = (0..count * 784).map(|_| random.below(256) as u8).collect();
    fs::write(
        folder.join("pictures/train-images-idx3-ubyte"),
        [header(2051, &[count, 28, 28]), pixels].concat(),
    )
    .unwrap();
    let labels = (0..count).map(|at| (at % 10) as u8).collect();
    fs::write(
        folder.join("pictures/train-labels-idx1-ubyte"),
        [header(2049, &[count]), labels].concat(),
    )
    .unwrap();
    ["--preset", "small.ron", "--data", "pictures", "--threads", "1", "--seed", "3"]
        .map(String::from)
        .into()
}

fn watched(folder: &Path) -> Terminal {
    let mut arguments = small(folder);
    arguments.extend(["--iterations", "10000000", "--out", "watched"].map(String::from));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let terminal = Terminal::start(folder, &arguments);
    terminal.wait("training", |text| text.contains("● training") && text.contains(" left"));
    terminal
}

/// Numbers that are the same every time (Knuth's linear congruential generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }
}

/// The newest checkpoint of a run and its iteration.
fn newest(run: &Path) -> (u64, PathBuf) {
    let mut files: Vec<PathBuf> =
        fs::read_dir(run.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let file = files.pop().unwrap();
    (file.file_stem().unwrap().to_str().unwrap().parse().unwrap(), file)
}

/// Trains as far without the monitor: the checkpoint has the same bytes.
fn assert_same_as_without(folder: &Path, watched: &str) {
    let (iterations, checkpoint) = newest(&folder.join(watched));
    assert!(iterations > 0, "it got somewhere");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gan-tui"));
    command.current_dir(folder).env("HOME", folder).arg("train");
    command.args([
        "--preset",
        "small.ron",
        "--data",
        "pictures",
        "--threads",
        "1",
        "--seed",
        "3",
        "--quiet",
    ]);
    command.args(["--iterations", &iterations.to_string(), "--out", "unwatched"]);
    assert!(command.status().unwrap().success());
    let (alone, other) = newest(&folder.join("unwatched"));
    assert_eq!(iterations, alone);
    assert!(
        fs::read(checkpoint).unwrap() == fs::read(other).unwrap(),
        "the monitor changed what was trained"
    );
}

/// Escape, as terminals tell it that leave no doubt about what follows.
const ESCAPE: &str = "\x1b[27u";

/// Something a person might press. What would change the training or end the sitting is opened and
/// given up again.
fn keys(random: &mut Random) -> String {
    const PLAIN: [&str; 62] = [
        " ",
        " ",
        "n",
        "w",
        "e",
        "E",
        "b",
        "c",
        "t",
        "x",
        "+",
        "-",
        "=",
        "s",
        "s",
        "f",
        "h",
        "l",
        "j",
        "k",
        "g",
        "G",
        "[",
        "]",
        "r",
        "y",
        "S",
        "z",
        "\t",
        "?",
        "Y",
        "R",
        "#",
        "é",
        "\x0c",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[H",
        "\x1b[F",
        "\x1b[5~",
        "\x1b[6~",
        "\x1b[Z",
        "\x1bOP",
        "\x1bx",
        ESCAPE,
        ESCAPE,
        "\x1b[<0;40;12M",
        "\x1b[<32;45;20M",
        "\x1b[<0;9;27m",
        "\x1b[<64;60;10M",
        "\x1b[<65;20;10M",
        "\x1b[M !!",
        "\x1b[9;9R",
        "\x1b[?62c",
        "\x1b]11;rgb:0/0/0\x07",
        "\x1b[99~",
        "\x00",
        "\x7f",
        "0",
        "\x1b[1;5C",
    ];
    const GIVEN_UP: [&str; 10] = ["q", "p", "L", "\x03", "1", "2", "3", "9", "E", "?"];
    match random.below(40) {
        0..36 => PLAIN[random.below(PLAIN.len())].into(),
        36 => format!("{ESCAPE}\r"),
        _ => {
            let moves: String = (0..random.below(4))
                .map(|_| ["j", "k", "h", "l", "g", "G"][random.below(6)])
                .collect();
            format!(
                "{ESCAPE}{}{}{ESCAPE}",
                GIVEN_UP[random.below(GIVEN_UP.len())],
                if random.below(2) == 0 { &moves } else { "" }
            )
        }
    }
}

#[test]
fn ten_thousand_random_keys_and_sizes_change_nothing_that_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = watched(folder.path());
    let mut random = Random(SEED);
    let mut pressed = 0;
    while pressed < 10_000 {
        let some: Vec<String> = (0..40).map(|_| keys(&mut random)).collect();
        pressed += some.len();
        terminal.press(&some.concat());
        if random.below(4) == 0 {
            terminal.resize(1 + random.below(210) as u16, 1 + random.below(65) as u16);
        }
        thread::sleep(Duration::from_millis(10));
        assert!(
            terminal.child.try_wait().unwrap().is_none(),
            "it ended after {pressed} keys with seed {SEED}:\n{}",
            terminal.text()
        );
    }
    terminal.resize(100, 30);
    terminal.press(ESCAPE);
    terminal.press(&format!("{ESCAPE}G\x0c"));
    terminal
        .wait("the monitor as it was", |text| text.contains("small") && text.contains("iteration"));
    terminal.press("q");
    terminal.wait("the question", |text| text.contains("Quit?"));
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    assert!(!terminal.raw_text().contains("panicked"));
    assert_same_as_without(folder.path(), "watched");
}

#[test]
fn a_closed_terminal_is_survived_with_the_run_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = small(folder.path());
    arguments.extend(
        ["--iterations", "10000000", "--out", "watched", "--on-hangup", "stop"].map(String::from),
    );
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut terminal = Terminal::start(folder.path(), &arguments);
    terminal.wait("training", |text| text.contains("● training") && text.contains(" left"));
    terminal.hang_up();
    assert_eq!(terminal.end(), 129);
    assert_same_as_without(folder.path(), "watched");
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = small(folder.path()).join(" ");
    let mut shell = CommandBuilder::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    let mut terminal = Terminal::run(folder.path(), shell, &[("PS1", "ready> ")]);
    terminal.wait("the shell", |text| text.contains("ready>"));
    terminal.press(&format!(
        "{} {arguments} --iterations 10000000 --out watched\n",
        env!("CARGO_BIN_EXE_gan-tui")
    ));
    terminal.wait("training", |text| text.contains("● training") && text.contains(" left"));
    for _ in 0..2 {
        terminal.press("\x1a");
        terminal
            .wait("the shell again", |text| text.contains("Stopped") && text.contains("ready>"));
        terminal.press("stty -a | grep -o ' icanon'; echo in$((40 + 2))\n");
        terminal
            .wait("a shell that works", |text| text.contains("in42") && text.contains("\n icanon"));
        terminal.press("fg\n");
        terminal
            .wait("training again", |text| text.contains("● training") && text.contains("quit"));
    }
    terminal.press("q");
    terminal.wait("the question", |text| text.contains("Quit?"));
    terminal.press("y");
    terminal.wait("the summary on the normal screen", |text| {
        text.contains("files in watched") && text.contains("resume watched")
    });
    terminal.press("exit\n");
    assert_eq!(terminal.end(), 0);
    assert_same_as_without(folder.path(), "watched");
}

/// tmux with a server of its own, which ends with the test.
struct Tmux<'a>(&'a Path);

impl Tmux<'_> {
    fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        let output = command
            .arg("-S")
            .arg(self.0.join("tmux"))
            .args(arguments)
            .env("HOME", self.0)
            .env("LANG", "C.UTF-8")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn wait(&self, what: &str, shown: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let text = self.run(&["capture-pane", "-p"]);
            if shown(&text) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "never saw {what}:\n{text}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux<'_> {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn tmux_is_a_terminal_too() {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: there is no tmux here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = small(folder.path()).join(" ");
    let tmux = Tmux(folder.path());
    let program = format!(
        "{} {arguments} --iterations 10000000 --out watched; echo status $?; exec sleep 1000",
        env!("CARGO_BIN_EXE_gan-tui")
    );
    tmux.run(&[
        "-f",
        "/dev/null",
        "new-session",
        "-d",
        "-x",
        "100",
        "-y",
        "30",
        "-c",
        folder.path().to_str().unwrap(),
        &program,
    ]);
    tmux.wait("training", |text| text.contains("● training") && text.contains(" left"));
    let mut random = Random(SEED);
    for _ in 0..40 {
        let (columns, rows) =
            ((20 + random.below(180)).to_string(), (5 + random.below(55)).to_string());
        tmux.run(&["resize-window", "-x", &columns, "-y", &rows]);
        let key =
            ["s", "z", "Tab", "b", "c", "Left", "Right", "End", "?", "Escape"][random.below(10)];
        tmux.run(&["send-keys", key]);
    }
    tmux.run(&["resize-window", "-x", "100", "-y", "30"]);
    for key in ["Escape", "Escape", "End"] {
        tmux.run(&["send-keys", key]);
        thread::sleep(Duration::from_millis(200));
    }
    tmux.wait("a whole screen", |text| text.contains("small") && text.contains(" left"));
    assert!(
        tmux.run(&["display-message", "-p", "#{pane_title}"]).contains("gan-tui small"),
        "the title is set"
    );
    tmux.run(&["send-keys", "q"]);
    tmux.wait("the question", |text| text.contains("Quit?"));
    tmux.run(&["send-keys", "y"]);
    tmux.wait("the summary", |text| text.contains("resume watched") && text.contains("status 0"));
    assert_same_as_without(folder.path(), "watched");
}

/// A terminal that shows nothing any more must not keep a run from being saved.
#[test]
fn a_terminal_that_is_not_read_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = watched(folder.path());
    terminal.stop_reading();
    // Much to be shown, which nobody takes.
    for _ in 0..50 {
        terminal.press("\x0c");
    }
    thread::sleep(Duration::from_millis(500));
    let id = terminal.child.process_id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(terminal.end(), 143);
    assert_same_as_without(folder.path(), "watched");
}
