//! Numbers that are typed and drawn.

use insta::assert_snapshot;

use super::{answer, pictures, screen};
use crate::{
    fixture::{MODERN, frame, hear, press, told_digits, trained},
    state::message::Effect,
};
use gan_tui_core::event::{Command, Drawing, Event, Outcome};

#[test]
fn a_number_is_typed_and_seen() {
    let mut app = told_digits(MODERN, 40);
    assert_eq!(press(&mut app, "#"), None);
    assert!(screen(&mut app, 80, 24).contains("type a number"));
    let drawn = press(&mut app, "2");
    assert!(
        matches!(drawn, Some(Effect::Tell(Command::Draw(Drawing::Number { .. })))),
        "{drawn:?}"
    );
    assert_eq!(press(&mut app, "7"), None, "one is still to come");
    let Some(Effect::Tell(Command::Draw(first))) = drawn else { return };
    let next = hear(&mut app, pictures(first));
    assert!(screen(&mut app, 80, 24).contains("Number 2 "), "what has come is shown");
    answer(&mut app, next);
    assert_snapshot!("a_number_is_typed", screen(&mut app, 80, 24));
    assert_snapshot!("a_number_is_typed_at_40x12", screen(&mut app, 40, 12));
    let again = hear(&mut app, frame(60));
    assert!(
        matches!(again, Some(Effect::Tell(Command::Draw(Drawing::Number { .. })))),
        "drawn anew as training goes on"
    );
    answer(&mut app, again);
    let shorter = press(&mut app, "backspace");
    answer(&mut app, shorter);
    assert!(screen(&mut app, 80, 24).contains("Number 2 "));
    for _ in 0..20 {
        let more = press(&mut app, "0");
        answer(&mut app, more);
    }
    assert_eq!(app.gallery.number().to_string(), "2000000000000000");
    assert!(screen(&mut app, 80, 24).contains("2000000000000000 full"));
    press(&mut app, "enter");
    assert_eq!(app.overlay, None);
    assert!(screen(&mut app, 80, 24).contains("Number 2000000000000000"), "it stays");
    press(&mut app, "1");
    assert!(
        matches!(app.overlay, Some(crate::state::app::Overlay::Presets { .. })),
        "digits mean presets again"
    );
}

#[test]
fn a_number_can_be_looked_at_where_nothing_may_be_changed_and_not_where_there_are_none() {
    let mut app = told_digits(MODERN, 40);
    app.read_only = true;
    press(&mut app, "#");
    assert!(matches!(press(&mut app, "4"), Some(Effect::Tell(Command::Draw(_)))));
    press(&mut app, "esc");
    assert_eq!(
        (app.overlay, app.gallery.view),
        (None, crate::state::gallery::View::Fixed),
        "what was shown comes back"
    );
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "#"), None);
    assert_eq!(app.overlay, None);
    assert!(
        screen(&mut app, 120, 40).contains("this preset cannot draw chosen digits; try `digits`")
    );
    let mut app = told_digits(MODERN, 40);
    hear(&mut app, Event::Ended(Outcome::Finished));
    press(&mut app, "#");
    assert!(screen(&mut app, 80, 24).contains("the run has ended"));
    app.source = crate::state::app::RunSource::Replay { speed: 1.0 };
    press(&mut app, "#");
    assert!(
        matches!(press(&mut app, "4"), Some(Effect::Tell(Command::Draw(_)))),
        "a run that is played back has its checkpoints"
    );
}
