//! What terminals do that is not in the books: they answer late or never, paste, send keys in the
//! form that another program left on, and claim sizes that no screen has.

use std::{fs, thread, time::Duration};

use gan_tui_testing::{Answers, Sandbox, Terminal, need, needs, program, signal};

use super::{SMALL_PRESET, quit, wait_for_training, watching};

const SILENT: Answers =
    Answers { silent: true, delay: Duration::ZERO, background: None, is_wide: false, pixels: None };

/// A monitor of a run without an end, in a terminal with these answers.
fn watched(answers: Answers, more: &[&str]) -> (Sandbox, Terminal) {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let words = [&watching("10000000", "watched")[..], more].concat();
    let terminal = Terminal::start_answering(&sandbox, program(), &words, &[], answers);
    wait_for_training(&terminal);
    (sandbox, terminal)
}

/// Opens the help and closes it by Escape alone, several times.
#[track_caller]
fn assert_escape_is_heard(terminal: &mut Terminal) {
    for _ in 0..7 {
        terminal.press("?");
        terminal.wait("the help", |text| text.contains("Help"));
        terminal.press("\x1b");
        terminal.wait("the help closed, without another key", |text| !text.contains("Help"));
    }
}

#[test]
fn escape_alone_is_heard_while_training_runs_whatever_the_terminal_answers() {
    let late = Answers { delay: Duration::from_secs(1), ..Answers::default() };
    for answers in [SILENT, Answers::default(), late] {
        let (_sandbox, mut terminal) = watched(answers, &[]);
        assert_escape_is_heard(&mut terminal);
        quit(terminal);
    }
}

#[test]
fn escape_alone_is_heard_in_a_replay_whatever_the_terminal_answers() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    sandbox.train("run", &["--iterations", "200"]);
    for answers in [SILENT, Answers::default()] {
        let words = ["replay", "run", "--speed", "0.01"];
        let mut terminal = Terminal::start_answering(&sandbox, program(), &words, &[], answers);
        terminal.wait("the replay", |text| text.contains("replay") && text.contains("iteration"));
        assert_escape_is_heard(&mut terminal);
        terminal.press("q");
        assert_eq!(terminal.end(), 0);
        terminal.assert_restored();
    }
}

#[test]
fn a_pasted_text_is_no_keys() {
    let (sandbox, mut terminal) = watched(Answers::default(), &[]);
    let line = "cd runs && ls -la";
    for parts in [
        &["\x1b[200~cd runs && ls -la\rqy\x1b[201~"][..],
        // In parts, with an end that looks like keys.
        &["\x1b[200~cd runs && ls -la\r\x03", "q\x1b[", "Ay\x1b[20", "1~"],
        // Without its end, which is not waited for forever.
        &["\x1b[200~cd runs && ls -la"],
        // From a terminal that marks nothing.
        &[line],
        &["cd runs && ls -la\r"],
    ] {
        for part in parts {
            terminal.press(part);
            thread::sleep(Duration::from_millis(20));
        }
        terminal.wait("that it is ignored", |text| text.contains("pasted text: ignored"));
        // What comes right behind it may be a part of it. After that, a key is heard.
        thread::sleep(Duration::from_millis(100));
        terminal.press("c");
        terminal.shows("colours: ");
        terminal.shows("● training");
    }
    assert!(!terminal.has_ended());
    assert!(terminal.written().contains("\x1b[?2004h"));
    terminal.press("q");
    terminal.shows("Quit?");
    terminal.press("\x1b[200~yes\x1b[201~");
    terminal.shows("pasted text: ignored");
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let written = terminal.written();
    assert!(written.rfind("\x1b[?2004l") > written.rfind("\x1b[?2004h"));
    assert!(sandbox.join("watched").is_dir());
}

/// kitty's protocol and xterm's modifyOtherKeys, left on by another program.
#[test]
fn keys_in_other_forms_are_heard_once() {
    let (_sandbox, mut terminal) = watched(Answers::default(), &[]);
    terminal.press("\x1b[32;1:1u\x1b[32;1:3u");
    terminal.shows("paused");
    terminal.press("\x1b[32;129:1u\x1b[32;129:3u");
    terminal.shows("● training");
    terminal.press("\x1b[101;1:3u\x1b[101:69;2:1u");
    terminal.shows("Export");
    terminal.press("\x1b[27;1:1u\x1b[27;1:3u");
    terminal.wait("the list closed", |text| !text.contains("Export"));
    terminal.press("\x1b[27;5;99~");
    terminal.shows("Quit?");
    terminal.press("\x1b[121;1:1u");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
    let written = terminal.written();
    for sequence in ["\x1b[>0u", "\x1b[>4;0m", "\x1b[?1003l", "\x1b[?1004l", "\x1b[?1l", "\x1b[r"] {
        assert!(written.contains(sequence), "{sequence:?}");
    }
    assert!(written.rfind("\x1b[<u") > written.rfind("\x1b[>0u"));
}

/// Runs gan-tui with a standard output that never blocks, which another program made so.
const UNBLOCKED: &str = "use Fcntl; fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK) \
    or die; exec { $ARGV[0] } @ARGV or die";

#[test]
fn a_terminal_that_does_not_block_is_waited_for() {
    need!(needs::program("perl"));
    let sandbox = Sandbox::new(SMALL_PRESET);
    let program = program();
    let words = watching("10000000", "watched");
    let words =
        [&["-e", UNBLOCKED, program.to_str().unwrap()], &words[..], &["--color", "truecolor"]]
            .concat();
    let mut terminal = Terminal::start_program(&sandbox, "perl", &words, &[]);
    wait_for_training(&terminal);
    terminal.read_slowly(Duration::from_millis(10));
    terminal.resize(300, 100);
    for _ in 0..3 {
        terminal.press("\x0c");
        thread::sleep(Duration::from_millis(100));
    }
    terminal.press("?");
    terminal.shows("Help");
    terminal.press("\x1b[27u");
    terminal.wait("the help closed", |text| !text.contains("Help"));
    terminal.read_slowly(Duration::ZERO);
    assert!(!terminal.has_ended());
    quit(terminal);
}

#[test]
fn what_is_printed_waits_for_a_pipe_that_does_not_block() {
    need!(needs::program("perl"));
    let sandbox = Sandbox::empty();
    let whole = sandbox.stdout(&["presets", "fields"]);
    // The smallest pipe, of a page, so that there is no room from the beginning.
    let smallest = format!("fcntl(STDOUT, 1031, 4096); {UNBLOCKED}");
    let command =
        format!("perl -e '{smallest}' {} presets fields | (sleep 0.3; cat)", program().display());
    let output = sandbox.program("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(whole.len() > 4096 && String::from_utf8_lossy(&output.stdout) == whole);
}

#[test]
fn late_answers_are_not_left_to_the_next_program() {
    let sandbox = Sandbox::new(SMALL_PRESET);
    let words = watching("10000000", "watched").join(" ");
    // What is left is counted for a while, in raw mode.
    let command = format!(
        "{} {words}; stty raw -echo min 0 time 15; echo \"left: $(cat | wc -c)\"",
        program().display()
    );
    let late = Answers { delay: Duration::from_secs(1), ..Answers::default() };
    let mut terminal = Terminal::start_answering(&sandbox, "sh", &["-c", &command], &[], late);
    wait_for_training(&terminal);
    // Something to ask about to the end.
    terminal.press("\x0c");
    terminal.press("q");
    terminal.shows("Quit?");
    terminal.press("y");
    terminal.wait("the count", |text| text.contains("left: "));
    terminal.shows("left: 0");
    assert_eq!(terminal.end(), 0);
    assert!(!terminal.written().contains("^[["), "echoed");
}

/// The 256-colour codes of the generator's and the discriminator's text.
fn has_colours(terminal: &Terminal, colours: [u8; 2]) -> bool {
    let written = terminal.written();
    let sets = |colour: u8| {
        written.split("\x1b[").filter_map(|rest| rest.split_once('m')).any(|(codes, _)| {
            codes == format!("38;5;{colour}") || codes.ends_with(&format!(";38;5;{colour}"))
        })
    };
    colours.into_iter().any(sets)
}

const DARK: [u8; 2] = [69, 208];
const LIGHT: [u8; 2] = [26, 130];
const NEUTRAL: [u8; 2] = [68, 136];

#[test]
fn the_background_that_the_terminal_tells_chooses_the_colours() {
    for (background, colours) in [("rgb:ffff/ffff/ffff", LIGHT), ("rgb:1e1e/1e1e/1e1e", DARK)] {
        let answers = Answers { background: Some(background), ..Answers::default() };
        let (_sandbox, terminal) = watched(answers, &[]);
        terminal.wait(background, |_| has_colours(&terminal, colours));
        quit(terminal);
    }
}

#[test]
fn on_an_unknown_background_no_colour_is_for_a_dark_or_a_light_one() {
    let (_sandbox, terminal) = watched(SILENT, &[]);
    terminal.wait_iteration("more iterations", |iteration| iteration > 200);
    assert!(has_colours(&terminal, NEUTRAL));
    assert!(!has_colours(&terminal, DARK) && !has_colours(&terminal, LIGHT));
    quit(terminal);
    // The user's choice is not asked about.
    let sandbox = Sandbox::new(SMALL_PRESET);
    sandbox.write("gan-tui/config.ron", "(theme: Dark)");
    let answers = Answers { background: Some("rgb:ffff/ffff/ffff"), ..Answers::default() };
    let words = watching("10000000", "watched");
    let terminal = Terminal::start_answering(&sandbox, program(), &words, &[], answers);
    wait_for_training(&terminal);
    terminal.wait("the colours for a dark one", |_| has_colours(&terminal, DARK));
    assert!(!has_colours(&terminal, LIGHT));
    assert!(!terminal.written().contains("\x1b]11;"));
    quit(terminal);
}

#[test]
fn everything_is_ascii_where_it_is_asked_for_and_where_characters_are_too_wide() {
    let (_sandbox, terminal) = watched(Answers::default(), &[]);
    assert!(!terminal.text().is_ascii());
    quit(terminal);
    let wide = Answers { is_wide: true, ..Answers::default() };
    for (answers, more) in [(wide, &[][..]), (Answers::default(), &["--glyphs", "ascii"])] {
        let sandbox = Sandbox::new(SMALL_PRESET);
        let words = [&watching("10000000", "watched")[..], more].concat();
        let terminal = Terminal::start_answering(&sandbox, program(), &words, &[], answers);
        let text = terminal.wait("training in ASCII", |text| {
            text.is_ascii() && text.contains("* training") && text.contains("iteration 50")
        });
        assert!(text.contains('@') || text.contains('#') || text.contains('%'), "{text}");
        quit(terminal);
    }
    // A person's choice is believed.
    let (_sandbox, terminal) = watched(wide, &["--glyphs", "half"]);
    terminal.wait_iteration("more iterations", |iteration| iteration > 200);
    assert!(terminal.text().contains('▀') || terminal.text().contains('▄'));
    quit(terminal);
}

/// As kitty answers: its name, that it has its own protocol, and its attributes.
const KITTY: Answers = Answers {
    silent: false,
    delay: Duration::ZERO,
    background: None,
    is_wide: false,
    pixels: Some(("\x1bP>|kitty(0.35.2)\x1b\\\x1b_Gi=31;OK\x1b\\\x1b[6;16;8t", "\x1b[?62;c")),
};

/// The numbers of kitty's images that were sent, and of those taken away.
fn kitty_images(written: &str) -> (Vec<&str>, Vec<&str>) {
    let numbers = |command: &str| {
        let sent = written.split(command).skip(1);
        sent.filter_map(|rest| rest.split("i=").nth(1)?.split([',', ';', '\x1b']).next()).collect()
    };
    (numbers("_Ga=T,"), numbers("_Ga=d,"))
}

#[test]
fn images_are_pixels_where_the_terminal_has_them_and_are_gone_at_the_end() {
    for how in ["quit", "stop"] {
        let (_sandbox, mut terminal) = watched(KITTY, &[]);
        terminal.wait("images", |_| terminal.written().contains("\x1b_Ga=T,"));
        terminal.press("?");
        terminal.shows("Help");
        terminal.press("\x1b");
        terminal.wait("the help closed", |text| !text.contains("Help"));
        match how {
            "quit" => {
                terminal.press("q");
                terminal.shows("Quit?");
                terminal.press("y");
            }
            _ => signal(terminal.process(), "TERM"),
        }
        terminal.end();
        terminal.assert_restored();
        let written = terminal.written();
        let (sent, gone) = kitty_images(&written);
        assert!(sent.len() >= 10, "{} images", sent.len());
        let left: Vec<_> = sent.iter().filter(|id| !gone.contains(id)).collect();
        assert!(left.is_empty(), "{how}: {left:?} are left");
        assert!(written.rfind("_Ga=d") < written.rfind("\x1b[?1049l"), "on its own screen");
    }
    let (_sandbox, terminal) = watched(KITTY, &["--pictures", "blocks"]);
    terminal.wait_iteration("more iterations", |iteration| iteration > 200);
    assert!(!terminal.written().contains("\x1b_G") && !terminal.written().contains("\x1b[>q"));
    quit(terminal);
}

#[test]
fn images_reach_a_terminal_beyond_tmux_where_it_may_pass_them_on() {
    need!(needs::programs(&["tmux"]));
    for (passes, has_images) in [("on", true), ("off", false)] {
        let sandbox = Sandbox::new(SMALL_PRESET);
        let command =
            format!("{} {}", program().display(), watching("10000000", "watched").join(" "));
        sandbox.write("tmux.conf", format!("set -g allow-passthrough {passes}\n"));
        let words = ["-S", "tmux", "-f", "tmux.conf", "new-session", &command];
        let mut terminal = Terminal::start_answering(&sandbox, "tmux", &words, &[], KITTY);
        terminal.wait_iteration("training", |iteration| iteration > 100);
        if has_images {
            terminal.wait("images", |_| terminal.written().contains('\u{10EEEE}'));
        }
        assert_eq!(terminal.written().contains("\x1b_Ga=T,U=1,"), has_images);
        assert!(!terminal.text().contains("Gi=31"), "what is asked is not shown");
        terminal.press("q");
        terminal.shows("Quit?");
        terminal.press("y");
        terminal.end();
        let written = terminal.written();
        let (sent, gone) = kitty_images(&written);
        assert!(sent.iter().all(|id| gone.contains(id)), "some are left");
    }
}

/// What tells how much memory a process takes.
fn proc() -> Result<(), needs::Missing> {
    fs::metadata("/proc/self/status").map(drop).map_err(|_| needs::Missing::new("/proc"))
}

/// A process's largest memory so far, in kilobytes.
fn most_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_size_that_no_screen_has_takes_little_memory() {
    need!(proc());
    let (_sandbox, mut terminal) = watched(Answers::default(), &[]);
    let before = most_memory(terminal.process());
    for (columns, rows) in
        [(4096, 4096), (u16::MAX, u16::MAX), (1, 1), (0, 0), (u16::MAX, 1), (1, u16::MAX)]
    {
        terminal.claim_size(columns, rows);
        thread::sleep(Duration::from_millis(100));
    }
    terminal.claim_size(100, 30);
    terminal.press("\x0c");
    terminal.press("q");
    terminal.shows("Quit?");
    let more = most_memory(terminal.process()) - before;
    assert!(more < 300_000, "{more} kB more");
    terminal.press("y");
    assert_eq!(terminal.end(), 0);
    terminal.assert_restored();
}
