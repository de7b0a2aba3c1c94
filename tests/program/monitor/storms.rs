//! Random keys, resizing, suspending, terminals that close and terminals within terminals: the run
//! is what it would have been without.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use gan_tui_testing::{Sandbox, Terminal, Tmux, need, needs, program, signal};

use super::{SMALL_PRESET, quit, wait_for_training, watching};

const SEED: u64 = 20_260_101;

/// A sandbox and a monitor in it, training into `watched`.
fn watched() -> (Sandbox, Terminal) {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let terminal = Terminal::start(&sandbox, &watching("10000000", "watched"));
    wait_for_training(&terminal);
    (sandbox, terminal)
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

/// Asserts that a run of as many iterations without a monitor ends in a checkpoint of the same
/// bytes.
#[track_caller]
fn assert_same_as_unwatched(sandbox: &Sandbox) {
    let (iterations, watched) = newest(&sandbox.join("watched"));
    assert!(iterations > 0, "it got somewhere");
    let count = iterations.to_string();
    sandbox.stdout(&[&["train", "--quiet"], &watching(&count, "unwatched")[..]].concat());
    let (end, unwatched) = newest(&sandbox.join("unwatched"));
    assert_eq!(iterations, end);
    assert!(
        fs::read(watched).unwrap() == fs::read(unwatched).unwrap(),
        "the monitor changed what was trained"
    );
}

/// Escape, in the form of terminals that leave no doubt about what follows.
const ESCAPE: &str = "\x1b[27u";

/// Something a person might press. What would change the training or end the program is opened and
/// cancelled.
fn keys(random: &mut Random) -> String {
    const KEYS: &str = "  nweEbctx+-=ssfhljkgG[]rySz\t?YR#é\x0c\x00\x7f0";
    const SEQUENCES: [&str; 24] = [
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
        "\x1b[1;5C",
    ];
    const CANCELLED: [&str; 10] = ["q", "p", "L", "\x03", "1", "2", "3", "9", "E", "?"];
    match random.below(40) {
        0..36 => {
            let mut all: Vec<String> = KEYS.chars().map(String::from).collect();
            all.extend(SEQUENCES.map(String::from));
            all.swap_remove(random.below(all.len()))
        }
        36 => format!("{ESCAPE}\r"),
        _ => {
            let moves: String = (0..random.below(4))
                .map(|_| ["j", "k", "h", "l", "g", "G"][random.below(6)])
                .collect();
            format!(
                "{ESCAPE}{}{}{ESCAPE}",
                CANCELLED[random.below(CANCELLED.len())],
                if random.below(2) == 0 { &moves } else { "" }
            )
        }
    }
}

#[test]
fn ten_thousand_random_keys_and_sizes_change_nothing_that_is_trained() {
    let (sandbox, mut terminal) = watched();
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
            !terminal.has_ended(),
            "it ended after {pressed} keys with seed {SEED}:\n{}",
            terminal.text()
        );
    }
    terminal.resize(100, 30);
    terminal.press(ESCAPE);
    terminal.press(&format!("{ESCAPE}G\x0c"));
    terminal
        .wait("the monitor as it was", |text| text.contains("small") && text.contains("iteration"));
    assert!(!terminal.written().contains("panicked"));
    quit(terminal);
    assert_same_as_unwatched(&sandbox);
}

#[test]
fn a_closed_terminal_is_survived_with_the_run_saved() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let words = [&watching("10000000", "watched")[..], &["--on-hangup", "stop"]].concat();
    let mut terminal = Terminal::start(&sandbox, &words);
    wait_for_training(&terminal);
    terminal.close();
    assert_eq!(terminal.end(), 129);
    assert_same_as_unwatched(&sandbox);
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_comes_back() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let shell = ["--norc", "--noprofile", "-i"];
    let mut terminal = Terminal::start_program(&sandbox, "bash", &shell, &[("PS1", "ready> ")]);
    terminal.shows("ready>");
    let words = watching("10000000", "watched").join(" ");
    terminal.press(&format!("{} {words}\n", program().display()));
    wait_for_training(&terminal);
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
    terminal.shows("Quit?");
    terminal.press("y");
    terminal.wait("the summary on the normal screen", |text| {
        text.contains("files in watched") && text.contains("resume watched")
    });
    terminal.press("exit\n");
    assert_eq!(terminal.end(), 0);
    assert_same_as_unwatched(&sandbox);
}

#[test]
fn tmux_is_a_terminal_too() {
    need!(needs::program("tmux"));
    let sandbox = Sandbox::new(SMALL_PRESET);
    let words = watching("10000000", "watched").join(" ");
    let program = program();
    let command = format!("{} {words}; echo status $?; exec sleep 1000", program.display());
    let tmux = Tmux::start(&sandbox, &command);
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
        // tmux takes Escape and a key that follows at once for one key.
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
    assert_same_as_unwatched(&sandbox);
}

/// A terminal that nobody reads must not keep a run from being saved.
#[test]
fn a_terminal_that_is_not_read_holds_up_nothing() {
    let (sandbox, mut terminal) = watched();
    terminal.stop_reading();
    // More screens than the terminal's buffer holds.
    for _ in 0..50 {
        terminal.press("\x0c");
    }
    thread::sleep(Duration::from_millis(500));
    signal(terminal.process(), "TERM");
    assert_eq!(terminal.end(), 143);
    assert_same_as_unwatched(&sandbox);
}
