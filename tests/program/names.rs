//! Folders whose names would have an effect on a terminal or a shell, files with the longest names,
//! and presets that are called as their files.

use std::{fs, process::Output};

use gan_tui_testing::{Sandbox, Terminal};

/// Sets a terminal's title, and is two words.
const HOSTILE: &str = "\x1b]0;x\x07 b";
/// How it is shown, and how a shell reads it.
const SHOWN: &str = r"\x1b]0;x\x07 b";
const QUOTED: &str = r"$'\033]0;x\007 b'";

/// A sandbox whose images are in a folder with the hostile name.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("frame_every: 2, checkpoint_every: 2");
    fs::create_dir(sandbox.join("data")).unwrap();
    fs::rename(sandbox.join("shapes"), sandbox.join("data").join(HOSTILE)).unwrap();
    sandbox
}

/// Runs the program, which must print nothing but text, and returns all that it printed.
#[track_caller]
fn printed(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let Output { stdout, stderr, .. } = sandbox.run(arguments);
    let printed = String::from_utf8([stdout, stderr].concat()).unwrap();
    let is_raw = |letter: char| letter.is_control() && letter != '\n';
    assert!(!printed.contains(is_raw), "{arguments:?}: {printed:?}");
    printed
}

fn training<'a>(data: &'a str, iterations: &'a str) -> Vec<&'a str> {
    vec![
        "train",
        "--preset",
        "small.ron",
        "--data",
        data,
        "--iterations",
        iterations,
        "--out",
        HOSTILE,
    ]
}

#[test]
fn names_have_no_effect_on_a_terminal_and_commands_can_be_pasted() {
    let sandbox = sandbox();
    let data = format!("data/{HOSTILE}");
    let shows = |arguments: &[&str], part: &str| {
        let printed = printed(&sandbox, arguments);
        assert!(printed.contains(part), "{arguments:?}: {printed}");
    };
    shows(&training(&data, "4"), &format!("run {SHOWN}"));
    shows(&training(&data, "4"), &format!("resume it with `gan-tui resume {QUOTED}`"));
    shows(&["runs"], "no runs");
    shows(&["runs", "."], SHOWN);
    shows(&["resume", HOSTILE, "--headless"], &format!("run {SHOWN} is complete"));
    shows(&["export", HOSTILE], &format!("{SHOWN}.gif: GIF"));
    shows(&["export", HOSTILE, "--out", "none/x.gif"], "no such folder");
    shows(&["sample", HOSTILE, "--out", &format!("{HOSTILE}.png")], &format!("{SHOWN}.png: "));
    shows(&["sample", &format!("{HOSTILE}x")], &format!("{SHOWN}x"));
    shows(&["score", &format!("{HOSTILE}.png")], &format!("{SHOWN}.png: expected a run"));
    shows(&["data", "check", &data], SHOWN);
    shows(&["data", "check", HOSTILE], SHOWN);
    shows(&["presets", "check", HOSTILE], SHOWN);
    shows(&["train", HOSTILE], "unexpected argument");
    let runs: serde_json::Value =
        serde_json::from_str(&sandbox.stdout(&["runs", ".", "--json"])).unwrap();
    assert_eq!(runs[0]["path"].as_str(), Some(&*format!("./{HOSTILE}")), "JSON is exact");
    // What is printed is what a shell takes.
    let detached = printed(
        &sandbox,
        &[&training(&data, "100000")[..], &["--resume-auto", "--detach"]].concat(),
    );
    let attach = detached.lines().find_map(|line| line.strip_prefix("reattach: gan-tui ")).unwrap();
    let script = format!("printf '%s\\n' {attach}");
    let words = sandbox.program("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(words.stdout).unwrap(), format!("attach\n{HOSTILE}\n"));
}

#[test]
fn the_monitor_sends_no_name_as_it_is() {
    let sandbox = sandbox();
    let data = format!("data/{HOSTILE}");
    printed(&sandbox, &training(&data, "4"));
    let mut terminal = Terminal::start(&sandbox, &["replay", HOSTILE, "--from", "4"]);
    terminal.shows(SHOWN);
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    let written = terminal.written();
    assert!(!written.contains(HOSTILE) && !written.contains("\x1b]0;x"), "{written:?}");
}

#[test]
fn a_preset_is_called_as_its_file() {
    let sandbox = Sandbox::new("");
    let dcgan = sandbox.only_stdout(&["presets", "show", "mlp"]);
    sandbox.write("gan-tui/presets/lr5.ron", &dcgan);
    // As an editor on Windows saves it.
    sandbox.write("other/lr6.ron", format!("\u{feff}{}", dcgan.replace('\n', "\r\n")));
    let list = sandbox.only_stdout(&["presets"]);
    assert!(list.lines().any(|line| line.starts_with("lr5  ")), "{list}");
    assert_eq!(
        sandbox.only_stdout(&["presets", "check", "other/lr6.ron"]),
        "other/lr6.ron: valid (preset lr6)\n"
    );
    for (preset, name) in [("lr5", "lr5"), ("other/lr6.ron", "lr6")] {
        let said = sandbox.only_stdout(&[
            "train",
            "--preset",
            preset,
            "--data",
            "shapes",
            "--iterations",
            "1",
            "--batch",
            "2",
        ]);
        assert!(said.starts_with(&format!("preset {name}: ")), "{said}");
        let runs = sandbox.only_stdout(&["runs"]);
        let run = runs.lines().find(|line| line.starts_with(&format!("runs/{name}-"))).unwrap();
        assert!(run.contains(&format!("  {name}  ")), "{runs}");
        let folder = run.split("  ").next().unwrap();
        let recorded = format!("{folder}/preset.ron");
        assert!(sandbox.only_stdout(&["presets", "check", &recorded]).contains(name));
    }
}

#[test]
fn the_longest_names_can_be_written() {
    let sandbox = Sandbox::new("frame_every: 2");
    sandbox.train("run", &["--iterations", "2"]);
    for name in [format!("{}.gif", "x".repeat(251)), format!("{}.csv", "y".repeat(240))] {
        sandbox.stdout(&["export", "run", "--out", &name]);
        assert!(sandbox.join(&name).is_file());
    }
    let hidden = fs::read_dir(sandbox.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(hidden.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
}
