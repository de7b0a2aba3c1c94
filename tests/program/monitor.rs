//! The real program in a pseudo-terminal: what a person sees and does, and how the terminal is
//! left.

mod browse;
mod environments;
mod presets;
mod storms;
mod terminals;

use std::path::Path;

use gan_tui_testing::{Sandbox, Terminal, signal};

/// A preset with which a run starts at once.
const SMALL_PRESET: &str = "frame_every: 50, checkpoint_every: 1000000";

/// The arguments that watch a run of the small preset, to be written into `out`.
fn watching<'a>(iterations: &'a str, out: &'a str) -> Vec<&'a str> {
    let small = ["--preset", "small.ron", "--data", "shapes", "--threads", "1", "--seed", "3"];
    [&small[..], &["--iterations", iterations, "--out", out]].concat()
}

/// Waits until the monitor shows that training has begun and how long it will take.
#[track_caller]
fn wait_for_training(terminal: &Terminal) -> String {
    terminal.wait("training", |text| text.contains("● training") && text.contains(" left"))
}

/// Quits as a person does.
#[track_caller]
fn quit(mut terminal: Terminal) {
    terminal.press("q");
    terminal.shows("Quit?");
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}

const QUICK: [&str; 10] = [
    "--preset",
    "quick",
    "--data",
    "synthetic",
    "--batch",
    "2",
    "--iterations",
    "100000",
    "--out",
    "first",
];

#[test]
fn a_person_watches_pauses_exports_switches_and_quits() {
    let sandbox = Sandbox::empty();
    let mut terminal = Terminal::start(&sandbox, &QUICK);
    terminal.wait("the preset before the first iteration", |text| text.contains("quick"));
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press(" ");
    terminal.wait("the pause", |text| text.contains("paused"));
    terminal.press("e");
    terminal.wait("where the frame went", |text| text.contains("exports"));
    let mut endings: Vec<_> = std::fs::read_dir(sandbox.join("first/exports"))
        .unwrap()
        .map(|entry| entry.unwrap().path().extension().unwrap().to_string_lossy().into_owned())
        .collect();
    endings.sort();
    assert_eq!(endings, ["ans", "png", "txt"]);
    terminal.resize(80, 24);
    terminal.press(" ");
    terminal.wait("training again, on the smaller screen", |text| {
        text.contains("training") && text.lines().count() <= 24
    });
    // The presets are listed with the reference first.
    terminal.press("p");
    terminal.wait("the list of presets", |text| text.contains("dcgan") && text.contains("quick"));
    terminal.press("gk\r");
    terminal.wait("a run of the other preset", |text| {
        text.contains("dcgan ·") && text.contains("training")
    });
    terminal.press("q");
    terminal.wait("the question", |text| text.to_lowercase().contains("quit"));
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let kept = |run: &Path| {
        run.join("checkpoints").read_dir().is_ok_and(|mut files| files.next().is_some())
    };
    assert!(kept(&sandbox.join("first")), "the first run ended with a checkpoint");
    let second = sandbox.join("runs").read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(kept(&second), "and so did the second");
}

#[test]
fn sigterm_saves_and_gives_the_terminal_back() {
    let sandbox = Sandbox::empty();
    let mut terminal = Terminal::start(&sandbox, &QUICK);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    signal(terminal.process(), "TERM");
    assert_eq!(terminal.end(), 143);
    terminal.assert_restored();
    assert!(sandbox.join("first/checkpoints").read_dir().unwrap().next().is_some());
}

#[test]
fn ctrl_c_twice_leaves_at_once() {
    let sandbox = Sandbox::empty();
    let mut terminal = Terminal::start(&sandbox, &QUICK);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press("\x03");
    terminal.wait("the question", |text| text.to_lowercase().contains("quit"));
    terminal.press("\x03");
    assert_eq!(terminal.end(), 130);
    terminal.assert_restored();
}
