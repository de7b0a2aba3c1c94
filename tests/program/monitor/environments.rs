//! Terminals that show less than most: each gets a screen it can show.

use gan_tui_testing::{Sandbox, Terminal, program};

use super::{SMALL_PRESET, watching};

/// Returns a terminal in which training has begun, and what it shows.
fn training(environment: &[(&str, &str)]) -> (Terminal, String, Sandbox) {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let terminal = Terminal::start_with(&sandbox, &watching("10000000", "first"), environment);
    let text = terminal.wait("training", |text| {
        text.contains("training") && text.contains(" left") && text.contains("iteration 50")
    });
    (terminal, text, sandbox)
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
    let (terminal, text, _sandbox) = training(&[("NO_COLOR", "1")]);
    assert!(text.contains('░') || text.contains('▒') || text.contains('▓'), "{text}");
    for codes in attributes(&terminal.written()) {
        assert!(
            codes.split(';').all(|code| ["", "0", "1", "7", "39", "49"].contains(&code)),
            "{codes}"
        );
    }
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let (_terminal, text, _sandbox) = training(&[("LANG", "C")]);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains('@') || text.contains('#') || text.contains('%'), "{text}");
}

#[test]
fn the_linux_console_gets_what_its_font_has() {
    let (terminal, text, _sandbox) = training(&[("TERM", "linux")]);
    let strange: String =
        text.chars().filter(|char| !char.is_ascii() && !"─│┌┐└┘▀▄█░▒▓·■".contains(*char)).collect();
    assert_eq!(strange, "");
    let written = terminal.written();
    assert!(!written.contains("\x1b]"), "no titles, which it would print");
    assert!(
        attributes(&written).iter().all(|codes| !codes.contains("38;") && !codes.contains("48;")),
        "16 colours alone"
    );
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let environment = [("TERM", "dumb")];
    let mut terminal = Terminal::start_with(&sandbox, &watching("3", "first"), &environment);
    assert_eq!(terminal.end(), 0);
    let text = terminal.wait("its lines", |text| text.contains("finished"));
    assert!(!terminal.written().contains('\x1b'), "{text}");
}

#[test]
fn output_that_goes_to_a_pipe_is_told_of() {
    let sandbox = Sandbox::empty();
    let command = format!("{} --data synthetic | cat; echo end", program().display());
    let mut terminal = Terminal::start_program(&sandbox, "sh", &["-c", &command], &[]);
    let text = terminal.wait("the reason", |text| text.contains("end"));
    assert!(
        text.contains("the monitor needs a terminal on standard input and output")
            && text.contains("gan-tui train"),
        "{text}"
    );
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.written().contains("\x1b[?1049h"));
    assert!(!sandbox.join("runs").exists(), "no run was begun");
}
