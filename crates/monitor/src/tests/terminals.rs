//! What the terminal tells: a pasted text, the width of characters, its background.

use super::screen;
use crate::{
    fixture::{MODERN, opened, press, told_digits, trained},
    keyboard::action::Context,
    state::{app::App, message::Message},
    terminal::capability::Script,
    theme::Palette,
    update::update,
};

fn paste(app: &mut App, text: &str) {
    let before = app.overlay;
    assert_eq!(update(app, Message::Paste(text.into())), None, "{text:?}");
    assert_eq!(app.overlay, before);
}

#[test]
fn a_pasted_text_does_nothing_that_its_characters_would() {
    let mut app = trained(MODERN, 40);
    paste(&mut app, "cd runs && ls -la\nqyd\u{3}\u{1b}");
    assert!(screen(&mut app, 80, 24).contains("pasted text: ignored"));
    assert!(!app.run.wants_pause && app.next.is_none() && app.signal.is_none());
    for key in ["q", "p", "E", "L", "?"] {
        press(&mut app, key);
        paste(&mut app, "yes\nyq");
        assert!(app.next.is_none(), "{key}");
        press(&mut app, "esc");
    }
}

#[test]
fn of_a_pasted_text_a_number_takes_the_digits() {
    let mut app = told_digits(MODERN, 40);
    press(&mut app, "#");
    assert_eq!(app.context(), Context::Number);
    update(&mut app, Message::Paste("on 2026-01-02,\n\u{1b}[A at 03:04 h".into()));
    assert_eq!(app.gallery.number().to_string(), "202601020304");
    update(&mut app, Message::Paste("1234567890".into()));
    assert_eq!(app.gallery.number().to_string(), "2026010203041234", "as many as there may be");
    assert_eq!(app.context(), Context::Number, "it is still typed");
}

#[test]
fn characters_that_are_too_wide_are_told_once_and_replaced() {
    let mut app = trained(MODERN, 40);
    assert!(!screen(&mut app, 120, 40).is_ascii());
    update(&mut app, Message::WideCharacters);
    let shown = screen(&mut app, 120, 40);
    assert!(shown.is_ascii() && shown.contains("ASCII is used"), "{shown}");
    assert_eq!(app.look.capabilities.script, Script::Ascii);
    press(&mut app, "b");
    assert!(screen(&mut app, 120, 40).is_ascii());
}

#[test]
fn the_background_chooses_the_theme_unless_a_person_did() {
    let mut app = opened(MODERN);
    (app.look.follows_background, app.look.theme.palette) = (true, Palette::Neutral);
    update(&mut app, Message::Background { is_light: true });
    assert_eq!(app.look.theme.palette, Palette::Light);
    // Another answer is not one to this question.
    update(&mut app, Message::Background { is_light: false });
    assert_eq!(app.look.theme.palette, Palette::Light);
    let mut app = opened(MODERN);
    app.look.follows_background = true;
    press(&mut app, "t");
    let chosen = app.look.theme.palette;
    update(&mut app, Message::Background { is_light: true });
    assert_eq!(app.look.theme.palette, chosen);
}
