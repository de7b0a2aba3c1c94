//! The list of runs in front of a run that trains.

use std::fs;

use gan_tui_testing::{Sandbox, Terminal};

use super::SMALL_PRESET;

#[test]
fn a_run_is_opened_noted_stopped_and_removed_from_the_list() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let out = "runs/first";
    let small = ["--preset", "small.ron", "--data", "shapes", "--threads", "1"];
    let train = [&["train"][..], &small, &["--iterations", "10000000", "--out", out, "--detach"]];
    sandbox.only_stdout(&train.concat());
    let run = sandbox.join(out);
    let mut terminal = Terminal::start(&sandbox, &["browse"]);
    terminal.wait("the run", |text| text.contains("first") && text.contains("training"));
    terminal.press("\r");
    terminal.wait("the monitor", |text| text.contains("iteration ") && text.contains("detach"));
    terminal.press("d");
    terminal.wait("the list again", |text| text.contains("by start"));
    // Text that comes at once is pasted, which only an open line takes.
    terminal.press("n");
    terminal.shows("note: _");
    for end in 1..="good".len() {
        terminal.press(&"good"[end - 1..end]);
        terminal.shows(&format!("note: {}_", &"good"[..end]));
    }
    terminal.press("\r");
    terminal.wait("the note", |_| {
        fs::read_to_string(run.join("notes.json")).is_ok_and(|notes| notes.contains("good"))
    });
    terminal.press("x");
    terminal.shows("Save first and stop it?");
    terminal.press("y");
    terminal.wait("the end of the run", |text| text.contains("stopped") && text.contains("saved"));
    terminal.wait("the state", |text| text.contains("● stopped"));
    let listed = sandbox.only_stdout(&["browse"]);
    assert!(listed.contains("runs/first  stopped"), "{listed}");
    terminal.press("D");
    terminal.shows("for good");
    terminal.press("y");
    terminal.shows("the run is removed");
    assert!(!run.exists());
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    sandbox.assert_error(&["browse", "small.ron"], 1, "cannot read small.ron: not a directory");
}
