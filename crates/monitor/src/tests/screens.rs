//! What the screen shows at which size, and what stands in front of it.

use std::path::PathBuf;

use insta::assert_snapshot;
use ratatui::style::Color;

use super::{cells, pictures, screen};
use crate::{
    fixture::{MODERN, frame, hear, opened, press, started, tick, trained},
    state::message::{Effect, Export, Message},
    terminal::capability::{Capabilities, Script},
    update::update,
};
use gan_tui_core::event::{Command, Event, Outcome, Preparing};
use gan_tui_store::art::{Colors, Glyphs};

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
    let plain = Capabilities {
        script: Script::Ascii,
        glyphs: Glyphs::Ascii,
        colors: Colors::None,
        ..MODERN
    };
    let mut app = trained(plain, 300);
    let shown = screen(&mut app, 80, 24);
    assert!(shown.is_ascii(), "{shown}");
    assert!(
        cells(&mut app, 80, 24)
            .content
            .iter()
            .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
    );
    assert_snapshot!(shown);
}

#[test]
fn nothing_but_the_console_has_on_a_console() {
    let console = Capabilities {
        script: Script::Console,
        glyphs: Glyphs::Half,
        colors: Colors::Named,
        ..MODERN
    };
    let mut app = trained(console, 300);
    press(&mut app, "?");
    let strange: String = screen(&mut app, 120, 40)
        .chars()
        .filter(|char| !char.is_ascii() && !"─│┌┐└┘▀▄█░▒▓·■".contains(*char))
        .collect();
    assert_eq!(strange, "");
}

#[test]
fn the_first_screen_says_what_is_going_on() {
    let mut app = opened(MODERN);
    assert!(screen(&mut app, 80, 24).contains("starting"));
    hear(
        &mut app,
        Event::Preparing(Preparing {
            what: "drawing the synthetic digits".into(),
            done: 20_400,
            total: 60_000,
        }),
    );
    assert_snapshot!(screen(&mut app, 80, 24));
    hear(&mut app, started());
    assert!(screen(&mut app, 80, 24).contains("first iteration"));
    hear(&mut app, frame(0));
    assert!(screen(&mut app, 80, 24).contains("Fixed latents · 12 of 64 · iteration 0"));
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
    assert!(screen(&mut app, 60, 14).contains("cancel"));
    press(&mut app, "home");
    assert!(screen(&mut app, 60, 14).contains("Run the training"));
}

#[test]
fn a_failed_run_says_why_and_stays() {
    let mut app = trained(MODERN, 300);
    let reason = "the discriminator's loss is NaN at iteration 301; the last good \
                  checkpoint is of iteration 0 (runs/dcgan-20260102-030405/checkpoints)";
    assert_eq!(hear(&mut app, Event::Ended(Outcome::Failed(reason.into()))), None);
    assert_snapshot!(screen(&mut app, 80, 24));
    assert_eq!(press(&mut app, "q"), Some(Effect::Leave), "there is nothing to ask about");
}

#[test]
fn an_export_is_told_for_a_while() {
    let mut app = opened(MODERN);
    assert_eq!(press(&mut app, "e"), None);
    assert!(screen(&mut app, 80, 24).contains("nothing to export before"));
    hear(&mut app, frame(0));
    assert_eq!(press(&mut app, "e"), Some(Effect::Export(Export::Pictures)));
    let files = ["png", "txt", "ans"]
        .map(|ending| PathBuf::from(format!("runs/x/exports/00000000.{ending}")));
    update(&mut app, Message::Exporting(Export::Gif, 0.456));
    assert!(screen(&mut app, 80, 24).contains("run so far, GIF of the frames: 46%"));
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
fn nothing_changes_the_screen_but_news() {
    let mut app = trained(MODERN, 40);
    app.changed = false;
    tick(&mut app, 3.0);
    press(&mut app, "!");
    assert!(!app.changed, "neither time nor a key without meaning");
    hear(&mut app, frame(60));
    assert!(app.changed);
}

#[test]
fn panels_are_focused_enlarged_and_put_back() {
    let mut app = trained(MODERN, 1240);
    screen(&mut app, 120, 40);
    let usual = screen(&mut app, 120, 40);
    for name in ["health", "log", "losses", "digits"] {
        press(&mut app, "tab");
        press(&mut app, "z");
        assert_snapshot!(format!("enlarged_{name}"), screen(&mut app, 120, 40));
        press(&mut app, "esc");
    }
    assert_eq!(screen(&mut app, 120, 40), usual, "all the way round");
    // What the screen has no room for is reached from another enlarged panel, and left for one that
    // is seen.
    screen(&mut app, 80, 24);
    press(&mut app, "z");
    press(&mut app, "tab");
    assert_snapshot!("enlarged_run", screen(&mut app, 80, 24));
    press(&mut app, "esc");
    assert_eq!(app.focus, crate::state::panel::PanelId::SAMPLES);
}

#[test]
fn choices_of_exports_and_presets_by_digit() {
    let mut app = trained(MODERN, 40);
    press(&mut app, "E");
    assert_snapshot!("exports", screen(&mut app, 80, 24));
    press(&mut app, "end");
    assert_eq!(press(&mut app, "enter"), Some(Effect::Export(Export::ScreenSvg)));
    assert_eq!(press(&mut app, "Y"), None, "nothing was exported yet");
    update(&mut app, Message::Exported(Ok(vec![PathBuf::from("runs/x/exports/screen.svg")])));
    assert_eq!(press(&mut app, "Y"), Some(Effect::Copy("runs/x/exports/screen.svg".into())));
    press(&mut app, "2");
    assert_eq!(app.overlay, Some(crate::state::app::Overlay::Presets { selected: 1, keep: false }));
    press(&mut app, "esc");
    press(&mut app, "9");
    assert!(app.overlay.is_none() && screen(&mut app, 80, 24).contains("there is no preset 9"));
}

#[test]
fn no_size_and_no_key_is_trouble() {
    let keys = [
        "q", "esc", "p", "j", "k", "?", "G", "g", "esc", "b", "c", "x", "+", "+", "-", " ", "e",
        "s", "tab", "z", "y", "left", "S", "r", "n", "L", "l", "esc", "E", "j", "f", "s", "end",
        "t", "esc", "[", "tab", "up", "home", "w", "1", "esc",
    ];
    for capabilities in [
        MODERN,
        Capabilities {
            script: Script::Ascii,
            glyphs: Glyphs::Ascii,
            colors: Colors::None,
            remote: true,
            ..MODERN
        },
    ] {
        let mut apps = [opened(capabilities), trained(capabilities, 1), trained(capabilities, 70)];
        for (step, key) in keys.iter().cycle().take(420).enumerate() {
            for app in &mut apps {
                let effect = press(app, key);
                if let Some(Effect::Tell(Command::Draw(drawing))) = effect {
                    hear(app, pictures(drawing));
                }
                tick(app, step as f64 * 0.2);
                let (width, height) = (1 + (step * 37 % 211) as u16, 1 + (step * 17 % 67) as u16);
                cells(app, width, height);
            }
        }
    }
}
