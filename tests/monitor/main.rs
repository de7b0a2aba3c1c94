//! The real program in a pseudo-terminal: what a person sees and does, and how the terminal is
//! left.
#![allow(clippy::unwrap_used, clippy::print_stderr)]
#![cfg(unix)]

mod environments;
mod presets;
mod storms;
mod terminal;

use std::path::Path;

use terminal::Terminal;

const SMALL: [&str; 10] = [
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
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("the preset before the first iteration", |text| text.contains("quick"));
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press(" ");
    terminal.wait("the pause", |text| text.contains("paused"));
    terminal.press("e");
    terminal.wait("where the frame went", |text| text.contains("exports"));
    let mut endings: Vec<_> = std::fs::read_dir(folder.path().join("first/exports"))
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
    assert!(kept(&folder.path().join("first")), "the first run ended with a checkpoint");
    let second = folder.path().join("runs").read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(kept(&second), "and so did the second");
}

#[test]
fn sigterm_saves_and_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    let id = terminal.child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(terminal.end(), 143);
    terminal.assert_restored();
    assert!(folder.path().join("first/checkpoints").read_dir().unwrap().next().is_some());
}

#[test]
fn ctrl_c_twice_leaves_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(folder.path(), &SMALL);
    terminal.wait("training", |text| text.contains("training") && text.contains("iteration"));
    terminal.press("\x03");
    terminal.wait("the question", |text| text.to_lowercase().contains("quit"));
    terminal.press("\x03");
    assert_eq!(terminal.end(), 130);
    terminal.assert_restored();
}
