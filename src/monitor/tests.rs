//! Screens as a person reads them, and what keys do to them.

use std::path::PathBuf;

use insta::assert_snapshot;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Color};

use super::{
    app::App,
    capability::{Capabilities, Script},
    fixture::{MODERN, frame, hear, opened, press, started, tick, trained},
    message::{Effect, Message, Signal},
    update::update,
    view,
};
use crate::{
    art::{Colors, Glyphs},
    event::{Command, Event, Outcome, Preparing},
};

/// The screen at a size, as text.
fn screen(app: &mut App, width: u16, height: u16) -> String {
    let buffer = cells(app, width, height);
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn cells(app: &mut App, width: u16, height: u16) -> Buffer {
    update(app, Message::Resized(width, height));
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| view::draw(frame, app));
    terminal.backend().buffer().clone()
}

#[test]
fn training_at_80x24() {
    assert_snapshot!(screen(&mut trained(MODERN, 1240), 80, 24));
}

#[test]
fn training_at_120x40() {
    assert_snapshot!(screen(&mut trained(MODERN, 1240), 120, 40));
}

#[test]
fn training_at_200x60() {
    assert_snapshot!(screen(&mut trained(MODERN, 1240), 200, 60));
}

#[test]
fn training_at_40x12() {
    assert_snapshot!(screen(&mut trained(MODERN, 1240), 40, 12));
}

#[test]
fn too_small() {
    assert_snapshot!(screen(&mut trained(MODERN, 1240), 30, 8));
}

#[test]
fn in_ascii_without_colour() {
    let plain = Capabilities { script: Script::Ascii, glyphs: Glyphs::Ascii, colors: Colors::None, remote: false };
    let mut app = trained(plain, 300);
    let shown = screen(&mut app, 80, 24);
    assert!(shown.is_ascii(), "{shown}");
    assert!(cells(&mut app, 80, 24).content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert_snapshot!(shown);
}

#[test]
fn nothing_but_the_console_has_on_a_console() {
    let console = Capabilities { script: Script::Console, glyphs: Glyphs::Half, colors: Colors::Named, remote: false };
    let mut app = trained(console, 300);
    press(&mut app, "?");
    let strange: String = screen(&mut app, 120, 40).chars().filter(|char| !char.is_ascii() && !"─│┌┐└┘▀▄█░▒▓·■".contains(*char)).collect();
    assert_eq!(strange, "");
}

#[test]
fn the_first_screen_says_what_is_going_on() {
    let mut app = opened(MODERN);
    assert!(screen(&mut app, 80, 24).contains("starting"));
    hear(&mut app, Event::Preparing(Preparing { what: "drawing the embedded digits".into(), done: 20_400, total: 60_000 }));
    assert_snapshot!(screen(&mut app, 80, 24));
    hear(&mut app, started());
    assert!(screen(&mut app, 80, 24).contains("first iteration"));
    hear(&mut app, frame(0));
    assert!(screen(&mut app, 80, 24).contains("Fixed latents · iteration 0"));
}

#[test]
fn questions_lists_and_help_stand_in_front() {
    let mut app = trained(MODERN, 300);
    press(&mut app, "q");
    assert_snapshot!("question", screen(&mut app, 80, 24));
    press(&mut app, "esc");
    press(&mut app, "p");
    press(&mut app, "down");
    assert_snapshot!("presets", screen(&mut app, 80, 24));
    press(&mut app, "q");
    press(&mut app, "?");
    assert_snapshot!("help", screen(&mut app, 80, 24));
    update(&mut app, Message::Resized(60, 14));
    press(&mut app, "end");
    assert!(screen(&mut app, 60, 14).contains("no, back"));
    press(&mut app, "home");
    assert!(screen(&mut app, 60, 14).contains("Keys"));
}

#[test]
fn a_failed_run_says_why_and_stays() {
    let mut app = trained(MODERN, 300);
    let reason = "the discriminator's loss is NaN at iteration 301; the last good checkpoint is of iteration 0 (runs/dcgan-20260102-030405/checkpoints)";
    assert_eq!(hear(&mut app, Event::Ended(Outcome::Failed(reason.into()))), None);
    assert_snapshot!(screen(&mut app, 80, 24));
    assert_eq!(press(&mut app, "q"), Some(Effect::Leave), "there is nothing to ask about");
}

#[test]
fn colours_play_their_parts() {
    let mut app = trained(MODERN, 1240);
    let buffer = cells(&mut app, 80, 24);
    let find = |text: &str| {
        let lines: Vec<String> = (0..24).map(|y| (0..80).map(|x| buffer[(x, y)].symbol()).collect()).collect();
        let y = lines.iter().position(|line| line.contains(text)).expect(text);
        let x = lines[y].split(text).next().expect(text).chars().count();
        buffer[(x as u16, y as u16)].fg
    };
    assert_eq!(find("discriminator loss"), Color::Indexed(74));
    assert_eq!(find("generator loss"), Color::Indexed(172));
    let picture = &buffer[(60, 12)];
    assert!(matches!(picture.bg, Color::Indexed(16 | 231..=255)), "{picture:?}");
    press(&mut app, "c");
    assert!(cells(&mut app, 80, 24).content.iter().all(|cell| !matches!(cell.fg, Color::Indexed(_) | Color::Rgb(..))), "16 colours alone");
}

#[test]
fn space_pauses_and_goes_on() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, " "), Some(Effect::Tell(Command::Pause)));
    assert!(screen(&mut app, 80, 24).contains("pausing after this iteration"));
    hear(&mut app, Event::Paused(true));
    assert!(screen(&mut app, 80, 24).contains("● paused"));
    assert_eq!(press(&mut app, " "), Some(Effect::Tell(Command::Resume)));
    hear(&mut app, Event::Paused(false));
    assert!(screen(&mut app, 80, 24).contains("● training"));
}

#[test]
fn quitting_asks_then_stops_then_leaves() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "q"), None);
    assert_eq!(press(&mut app, "n"), None);
    assert_eq!(app.overlay, None);
    press(&mut app, "q");
    assert_eq!(press(&mut app, "y"), Some(Effect::Tell(Command::Stop)));
    assert!(screen(&mut app, 80, 24).contains("stopping after this iteration"));
    update(&mut app, Message::Saving(40));
    assert!(screen(&mut app, 80, 24).contains("saving iteration 40"));
    update(&mut app, Message::Saved(40));
    assert_eq!(hear(&mut app, Event::Ended(Outcome::Stopped)), Some(Effect::Leave));
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "^c"), None);
    assert_eq!(press(&mut app, "^c"), Some(Effect::Abandon));
    let mut app = trained(MODERN, 40);
    assert_eq!(update(&mut app, Message::Signal(Signal::Terminate)), Some(Effect::Tell(Command::Stop)));
    assert_eq!(update(&mut app, Message::Signal(Signal::Terminate)), Some(Effect::Abandon));
}

#[test]
fn another_preset_waits_for_the_present_run() {
    let mut app = trained(MODERN, 40);
    press(&mut app, "p");
    press(&mut app, "j");
    assert_eq!(press(&mut app, "enter"), Some(Effect::Tell(Command::Stop)));
    assert_eq!(press(&mut app, "p"), None);
    assert_eq!(app.overlay, None, "one change at a time");
    assert_eq!(hear(&mut app, Event::Ended(Outcome::Stopped)), Some(Effect::Open(1)));
    update(&mut app, Message::Opened(1, PathBuf::from("runs/quick-1")));
    assert_eq!((app.run.preset.name.as_str(), app.run.iteration(), app.next), ("quick", 0, None));
    update(&mut app, Message::NotOpened("runs/quick-1: permission denied".into()));
    assert!(screen(&mut app, 80, 24).contains("The run failed: runs/quick-1: permission denied"));
    press(&mut app, "p");
    assert_eq!(press(&mut app, "enter"), Some(Effect::Open(1)), "nothing is left to wait for");
}

#[test]
fn an_export_is_told_for_a_while() {
    let mut app = opened(MODERN);
    assert_eq!(press(&mut app, "e"), None);
    assert!(screen(&mut app, 80, 24).contains("nothing to export yet"));
    hear(&mut app, frame(0));
    assert_eq!(press(&mut app, "e"), Some(Effect::Export));
    let files = ["png", "txt", "ans"].map(|ending| PathBuf::from(format!("runs/x/exports/00000000.{ending}")));
    update(&mut app, Message::Exported(Ok(files.into())));
    assert!(screen(&mut app, 80, 24).contains("exported runs/x/exports/00000000.{png,txt,ans}"));
    tick(&mut app, 60.0);
    assert!(!screen(&mut app, 80, 24).contains("exported"));
}

#[test]
fn glyphs_are_cycled_among_what_the_terminal_shows() {
    let mut app = trained(MODERN, 40);
    let mut seen = Vec::new();
    for _ in Glyphs::ALL {
        seen.push(app.look.glyphs);
        press(&mut app, "b");
    }
    assert_eq!((seen.len(), app.look.glyphs), (Glyphs::ALL.len(), Glyphs::Quadrant));
    app.look.capabilities.script = Script::Console;
    press(&mut app, "b");
    press(&mut app, "b");
    assert!(matches!(app.look.glyphs, Glyphs::Half | Glyphs::Ascii));
}

#[test]
fn losses_can_be_of_the_end_alone() {
    let mut app = trained(MODERN, 1240);
    press(&mut app, "x");
    assert!(screen(&mut app, 80, 24).contains("last 1,000"));
    press(&mut app, "x");
    let near = screen(&mut app, 80, 24);
    assert!(near.contains("last 200"));
    press(&mut app, "x");
    let whole = screen(&mut app, 80, 24);
    assert!(!whole.contains("last") && whole.lines().nth(5) != near.lines().nth(5));
}

#[test]
fn nothing_changes_the_screen_but_news() {
    let mut app = trained(MODERN, 40);
    app.changed = false;
    tick(&mut app, 3.0);
    press(&mut app, "x");
    assert!(!app.changed, "neither time nor a key without meaning");
    hear(&mut app, frame(60));
    assert!(app.changed);
}

#[test]
fn no_size_and_no_key_is_trouble() {
    let keys = ["q", "esc", "p", "j", "k", "?", "G", "g", "esc", "b", "c", "x", "+", "+", "-", " ", "e"];
    for capabilities in [MODERN, Capabilities { script: Script::Ascii, glyphs: Glyphs::Ascii, colors: Colors::None, remote: true }] {
        let mut apps = [opened(capabilities), trained(capabilities, 1), trained(capabilities, 70)];
        for (step, key) in keys.iter().cycle().take(160).enumerate() {
            for app in &mut apps {
                press(app, key);
                let (width, height) = (1 + (step * 37 % 211) as u16, 1 + (step * 17 % 67) as u16);
                cells(app, width, height);
            }
        }
    }
}
