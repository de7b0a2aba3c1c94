//! Which samples are shown, and the number that is typed.

use crate::state::{
    app::{App, Overlay},
    gallery::View,
    message::Effect,
    panel::PanelId,
};

/// Shows the next view of samples.
pub fn next_view(app: &mut App) -> Option<Effect> {
    app.gallery.show(app.gallery.view.next(app.run.is_conditional()));
    None
}

/// Draws fresh samples.
pub fn shuffle(app: &mut App) -> Option<Effect> {
    if app.gallery.view.is_of_timeline() || app.gallery.view == View::Sorted {
        app.gallery.show(View::Fresh);
    } else {
        app.gallery.shuffle();
    }
    None
}

/// Opens the line for a number, or says why none can be drawn.
pub fn begin_number(app: &mut App) -> Option<Effect> {
    if !app.run.is_conditional() {
        let text = "this preset cannot draw chosen digits; try `digits`";
        app.notify(text.into(), true);
        return None;
    }
    if !app.run.draws_digits() {
        app.notify("its classes are not digits: `s` has a row for each class".into(), true);
        return None;
    }
    if app.run.has_ended() && !app.can_draw() {
        app.notify("cannot generate numbers: the run has ended".into(), true);
        return None;
    }
    app.gallery.begin_number();
    app.focus = PanelId::SAMPLES;
    app.overlay = Some(Overlay::Number);
    None
}

/// Adds a digit to the number.
pub fn type_digit(app: &mut App, digit: u8) -> Option<Effect> {
    app.gallery.write(app.gallery.number().with(digit));
    None
}

/// Adds the digits of a text to the number.
pub fn paste_digits(app: &mut App, text: &str) -> Option<Effect> {
    let digits = text.chars().filter_map(|char| char.to_digit(10));
    let number = digits.fold(app.gallery.number(), |number, digit| number.with(digit as u8));
    app.gallery.write(number);
    None
}

/// Removes the number's last digit.
pub fn erase_digit(app: &mut App) -> Option<Effect> {
    app.gallery.write(app.gallery.number().shorter());
    None
}
