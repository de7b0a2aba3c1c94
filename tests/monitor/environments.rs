//! Terminals that show less than most: each gets a screen it can show.

use portable_pty::CommandBuilder;

use super::{storms, terminal::Terminal};

/// What the screen shows once it trains.
fn training(environment: &[(&str, &str)]) -> (Terminal, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = storms::small(folder.path());
    arguments.extend(["--iterations", "10000000", "--out", "first"].map(String::from));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let terminal = Terminal::within(folder.path(), &arguments, environment);
    let text = terminal.wait("training", |text| {
        text.contains("training") && text.contains(" left") && text.contains("iteration 50")
    });
    (terminal, text, folder)
}

/// The parameters of every sequence that sets colours and attributes.
fn attributes(raw: &str) -> Vec<String> {
    let sequences = raw.split("\x1b[").skip(1);
    sequences
        .filter_map(|sequence| sequence.split_once('m'))
        .filter(|(codes, _)| codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'))
        .map(|(codes, _)| codes.to_owned())
        .collect()
}

#[test]
fn no_color_has_none_and_digits_all_the_same() {
    let (terminal, text, _folder) = training(&[("NO_COLOR", "1")]);
    assert!(text.contains('░') || text.contains('▒') || text.contains('▓'), "{text}");
    for codes in attributes(&terminal.raw_text()) {
        assert!(
            codes.split(';').all(|code| ["", "0", "1", "7", "39", "49"].contains(&code)),
            "{codes}"
        );
    }
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let (_terminal, text, _folder) = training(&[("LANG", "C")]);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains('@') || text.contains('#') || text.contains('%'), "{text}");
}

#[test]
fn the_linux_console_gets_what_its_font_has() {
    let (terminal, text, _folder) = training(&[("TERM", "linux")]);
    let strange: String =
        text.chars().filter(|char| !char.is_ascii() && !"─│┌┐└┘▀▄█░▒▓·■".contains(*char)).collect();
    assert_eq!(strange, "");
    let raw = terminal.raw_text();
    assert!(!raw.contains("\x1b]"), "no titles, which it would print");
    assert!(
        attributes(&raw).iter().all(|codes| !codes.contains("38;") && !codes.contains("48;")),
        "16 colours alone"
    );
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = storms::small(folder.path());
    arguments.extend(["--iterations", "3", "--out", "first"].map(String::from));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut terminal = Terminal::within(folder.path(), &arguments, &[("TERM", "dumb")]);
    assert_eq!(terminal.end(), 0);
    let text = terminal.wait("its lines", |text| text.contains("finished"));
    assert!(!terminal.raw_text().contains('\x1b'), "{text}");
}

#[test]
fn output_that_goes_to_a_pipe_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = CommandBuilder::new("sh");
    shell.args([
        "-c",
        &format!("{} --data synthetic | cat; echo end", env!("CARGO_BIN_EXE_gan-tui")),
    ]);
    let mut terminal = Terminal::run(folder.path(), shell, &[]);
    let text = terminal.wait("the reason", |text| text.contains("end"));
    assert!(
        text.contains("the monitor needs a terminal on standard input and output")
            && text.contains("gan-tui train"),
        "{text}"
    );
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.raw_text().contains("\x1b[?1049h"));
    assert!(!folder.path().join("runs").exists(), "no run was begun");
}
