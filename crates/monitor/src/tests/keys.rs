//! Every key of the key map does what the help says of it.

use super::{answer, screen};
use crate::{
    fixture::{MODERN, hear, press, told_digits, trained},
    keyboard::{
        action::{Action, Context},
        key::Key,
        keymap::KeyMap,
    },
    panels::{self, symbols},
    state::{
        app::{App, Changed, Overlay, RunSource},
        gallery::View,
        message::{Effect, Export, Message, Seek},
    },
    terminal::capability::Script,
    theme::Palette,
    update::update,
};
use gan_tui_core::{
    event::{Command, Event, Outcome, RunState},
    preset::Model,
};
use gan_tui_store::art::{Colors, Glyphs};

const CONTEXTS: [Context; 5] =
    [Context::Always, Context::Main, Context::List, Context::Question, Context::Number];

/// A monitor of a run that trains, at a size with all panels.
fn monitor() -> App {
    let mut app = trained(MODERN, 1240);
    update(&mut app, Message::Resized(120, 40));
    app
}

/// The same with something in front.
fn with(overlay: Overlay) -> App {
    App { overlay: Some(overlay), ..monitor() }
}

fn hit(app: &mut App, key: Key) -> Option<Effect> {
    update(app, Message::Key(key))
}

#[test]
fn every_key_does_what_the_help_says() {
    let map = KeyMap::default();
    let mut walked = 0;
    for context in CONTEXTS {
        for (action, keys) in map.actions(context) {
            assert!(!action.spec().help.is_empty());
            for key in keys {
                check(context, action, key);
                walked += 1;
            }
        }
    }
    assert!(walked > 70, "{walked}");
}

/// All of the help's lines name keys of the map, and every key is there.
#[test]
fn the_help_has_every_key() {
    let mut app = monitor();
    press(&mut app, "?");
    let mut shown = String::new();
    for _ in 0..200 {
        shown.push_str(&screen(&mut app, 120, 20));
        press(&mut app, "down");
    }
    let map = KeyMap::default();
    for context in CONTEXTS {
        for (action, keys) in map.actions(context) {
            let names = match action {
                Action::Preset(_) => "1 to 9".into(),
                _ => {
                    let names = keys
                        .iter()
                        .map(|key| symbols::key_name(Script::Unicode, &key.to_string()).to_owned());
                    names.collect::<Vec<_>>().join("/")
                }
            };
            // Only a replay has a speed, and only a file that has changed is read again.
            if matches!(action, Action::Slower | Action::Faster | Action::Reload) {
                continue;
            }
            assert!(
                shown.contains(&names) && shown.contains(action.spec().help),
                "{names}: {action:?}"
            );
        }
    }
}

#[test]
fn read_only_disables_the_keys_that_change_the_run() {
    let run = App { read_only: true, ..trained(MODERN, 40) };
    for context in [Context::Always, Context::Main] {
        for (action, keys) in run.keys.actions(context) {
            for key in keys {
                let mut app = run.clone();
                let effect = hit(&mut app, key);
                let notice = app.notice.map_or_else(String::new, |notice| notice.text);
                // A run of this process is changed by detaching, one elsewhere is not.
                let changes_run = action.spec().changes_run || action == Action::Detach;
                assert_eq!(
                    notice.starts_with("not available: read-only"),
                    changes_run,
                    "{key}: {notice}"
                );
                let is_harmless = match &effect {
                    Some(Effect::Tell(command)) => matches!(command, Command::Draw(_)),
                    Some(Effect::HandOver | Effect::Open { .. }) => false,
                    _ => true,
                };
                assert!(is_harmless, "{key}: {effect:?}");
            }
        }
    }
}

fn check(context: Context, action: Action, key: Key) {
    match context {
        Context::List | Context::Question => in_front(action, key),
        Context::Number => while_typing(action, key),
        Context::Main | Context::Always => on_the_panels(action, key),
    }
}

fn in_front(action: Action, key: Key) {
    let selected = |app: &App| match app.overlay {
        Some(Overlay::Exports { selected }) => selected,
        _ => panic!("{key}: {:?}", app.overlay),
    };
    let mut app = with(Overlay::Exports { selected: 3 });
    let question = || with(Overlay::Quit);
    match action {
        Action::Up | Action::Down | Action::First | Action::Last => {
            hit(&mut app, key);
            let expected = match action {
                Action::Up => 2,
                Action::Down => 4,
                Action::First => 0,
                _ => Export::ALL.len() - 1,
            };
            assert_eq!(selected(&app), expected, "{key}");
        }
        Action::Less | Action::More => {
            press(&mut app, "esc");
            press(&mut app, "L");
            let before = app.run.rates;
            hit(&mut app, key);
            let Some(Overlay::Rates { rates, .. }) = app.overlay else { panic!("{key}") };
            let factor = if action == Action::Less { 0.5 } else { 2.0 };
            assert!((rates.generator / before.generator - factor).abs() < 1e-3, "{key}");
        }
        Action::Confirm if app.keys.action(Context::List, key) == Some(action) => {
            assert_eq!(hit(&mut app, key), Some(Effect::Export(Export::ALL[3])), "{key}");
            assert_eq!(app.overlay, None);
            assert_eq!(hit(&mut question(), key), Some(Effect::Tell(Command::Stop)), "{key}");
        }
        Action::Confirm => {
            assert_eq!(hit(&mut question(), key), Some(Effect::Tell(Command::Stop)), "{key}")
        }
        Action::Cancel => {
            let mut app =
                if app.keys.action(Context::List, key) == Some(action) { app } else { question() };
            assert_eq!((hit(&mut app, key), app.overlay), (None, None), "{key}");
        }
        Action::Detach => assert_eq!(hit(&mut question(), key), Some(Effect::HandOver), "{key}"),
        other => panic!("{other:?} in a list"),
    }
}

/// A number of one digit, its pictures asked for.
fn while_typing(action: Action, key: Key) {
    let mut app = told_digits(MODERN, 40);
    press(&mut app, "#");
    press(&mut app, "7");
    hit(&mut app, key);
    match action {
        Action::Erase => assert!(
            app.gallery.number().is_empty() && app.overlay == Some(Overlay::Number),
            "{key}"
        ),
        Action::Confirm => {
            assert_eq!((app.gallery.view, app.overlay), (View::Number, None), "{key}")
        }
        Action::Cancel => assert_eq!((app.gallery.view, app.overlay), (View::Fixed, None), "{key}"),
        other => panic!("{other:?} while a number is typed"),
    }
}

/// The iteration of the frame shown.
fn frame_of(app: &App) -> u64 {
    app.run.frame().map_or(0, |frame| frame.iteration)
}

fn on_the_panels(action: Action, key: Key) {
    let mut app = monitor();
    match action {
        Action::Quit => {
            assert_eq!((hit(&mut app, key), app.overlay), (None, Some(Overlay::Quit)));
            hear(&mut app, Event::Ended(Outcome::Finished));
            app.overlay = None;
            assert_eq!(hit(&mut app, key), Some(Effect::Leave), "there is nothing to ask about");
        }
        Action::Interrupt => {
            assert_eq!((hit(&mut app, key), app.overlay), (None, Some(Overlay::Quit)));
            assert_eq!(hit(&mut app, key), Some(Effect::Abandon));
        }
        Action::Detach => assert_eq!(hit(&mut app, key), Some(Effect::HandOver)),
        Action::TogglePause => {
            assert_eq!(hit(&mut app, key), Some(Effect::Tell(Command::Pause)));
            hear(&mut app, Event::Paused(true));
            assert_eq!(hit(&mut app, key), Some(Effect::Tell(Command::Resume)));
        }
        Action::Step => {
            assert_eq!(hit(&mut app, key), None, "only while paused");
            app.run.state = RunState::Paused;
            assert_eq!(hit(&mut app, key), Some(Effect::Tell(Command::Step)));
        }
        Action::Slower | Action::Faster => {
            assert_eq!(hit(&mut app, key), None);
            assert!(screen(&mut app, 120, 40).contains("only a replay"), "{key}");
            app.source = RunSource::Replay { speed: 8.0 };
            let speed = if action == Action::Slower { 4.0 } else { 16.0 };
            assert_eq!(hit(&mut app, key), Some(Effect::Seek(Seek::Speed(speed))));
        }
        Action::Save => assert_eq!(hit(&mut app, key), Some(Effect::Tell(Command::Save))),
        Action::Suspend => assert_eq!(hit(&mut app, key), Some(Effect::Suspend)),
        Action::Redraw => assert_eq!(hit(&mut app, key), Some(Effect::Redraw)),
        Action::Export => assert_eq!(hit(&mut app, key), Some(Effect::Export(Export::Pictures))),
        Action::CopyPath => {
            app.exported = Some("a.png".into());
            assert_eq!(hit(&mut app, key), Some(Effect::Copy("a.png".into())));
        }
        Action::ExportChoices
        | Action::LearningRates
        | Action::Help
        | Action::ChoosePreset
        | Action::Preset(_)
        | Action::Reload => {
            opens(&mut app, action, key);
        }
        Action::CycleGlyphs
        | Action::CycleColors
        | Action::CycleTheme
        | Action::Paper
        | Action::LogScale
        | Action::Smooth
        | Action::CycleWindow
        | Action::CycleAxis => {
            changes_the_look(&mut app, action, key);
        }
        Action::Larger | Action::Smaller => {
            hit(&mut app, key);
            assert_eq!(app.look.zoom, if action == Action::Larger { 1 } else { -1 });
        }
        Action::NextView => {
            for view in View::ALL.into_iter().filter(|view| !view.asks_for_digits()) {
                assert_eq!(app.gallery.view, view);
                let effect = hit(&mut app, key);
                answer(&mut app, effect);
            }
            assert_eq!(app.gallery.view, View::Fixed, "round and round");
        }
        Action::Number => {
            assert_eq!(
                (hit(&mut app, key), app.overlay),
                (None, None),
                "these networks know no digits"
            );
            assert!(screen(&mut app, 120, 40).contains("this preset cannot draw chosen digits"));
            app.run.preset.model = Model::DcganDigits;
            assert_eq!(
                (hit(&mut app, key), app.overlay, app.gallery.view),
                (None, Some(Overlay::Number), View::Number)
            );
        }
        Action::Shuffle => {
            let first = hit(&mut app, key);
            assert!(matches!(first, Some(Effect::Tell(Command::Draw(_)))));
            answer(&mut app, first.clone());
            let second = hit(&mut app, key);
            assert!(matches!(second, Some(Effect::Tell(Command::Draw(_)))) && second != first);
        }
        Action::NextPanel | Action::PreviousPanel => {
            let before = app.focus;
            hit(&mut app, key);
            assert_ne!(app.focus, before);
            press(&mut app, "tab");
            if action == Action::PreviousPanel {
                assert_eq!(app.focus, before, "there and back");
            }
        }
        Action::Enlarge => {
            hit(&mut app, key);
            assert!(app.enlarged && !screen(&mut app, 120, 40).contains("Training"));
        }
        Action::Restore => {
            app.enlarged = true;
            hit(&mut app, key);
            assert!(!app.enlarged);
        }
        Action::Up
        | Action::Down
        | Action::First
        | Action::Last
        | Action::Confirm
        | Action::Cancel
        | Action::Less
        | Action::More
        | Action::Erase => {
            panic!("{action:?} is of lists");
        }
        _ => moves(&mut app, action, key),
    }
}

fn opens(app: &mut App, action: Action, key: Key) {
    if action == Action::Reload {
        app.changed_preset = Some(Changed { number: 1, is_seen: false });
    }
    assert_eq!(hit(app, key), None);
    let last = app.presets.len();
    match (action, app.overlay) {
        (Action::ExportChoices, Some(Overlay::Exports { .. })) => {}
        (Action::LearningRates, Some(Overlay::Rates { .. })) => {}
        (Action::Help, Some(Overlay::Help { .. })) => {}
        (Action::ChoosePreset, Some(Overlay::Presets { .. })) => {}
        (Action::Reload, Some(Overlay::Presets { selected: 1, .. })) => {
            assert_eq!(app.changed_preset, Some(Changed { number: 1, is_seen: true }));
        }
        (Action::Preset(number), Some(Overlay::Presets { selected, .. })) => {
            assert_eq!(selected + 1, usize::from(number))
        }
        (Action::Preset(number), None) => assert!(
            usize::from(number) > last && screen(app, 120, 40).contains("there is no preset")
        ),
        (_, other) => panic!("{action:?} opens {other:?}"),
    }
}

fn changes_the_look(app: &mut App, action: Action, key: Key) {
    let before = (app.look.clone(), screen(app, 120, 40));
    hit(app, key);
    let look = &app.look;
    match action {
        Action::CycleGlyphs => assert_eq!(look.glyphs, before.0.glyphs.next()),
        Action::CycleColors => assert_eq!(look.colors, before.0.colors.next()),
        Action::CycleTheme => assert_eq!(look.theme.palette, before.0.theme.palette.next()),
        Action::LogScale => assert!(look.chart.log),
        Action::Paper => assert!(look.on_paper),
        Action::Smooth => assert_eq!(look.chart.smoothing(), 15),
        Action::CycleAxis => assert_ne!(look.chart.axis, before.0.chart.axis),
        _ => assert_ne!(look.window, before.0.window),
    }
    assert_ne!(screen(app, 120, 40), before.1, "it is seen or told");
    let times = match action {
        Action::CycleGlyphs => Glyphs::ALL.len(),
        Action::CycleColors => Colors::ALL.len(),
        Action::CycleTheme => Palette::ALL.len(),
        Action::LogScale | Action::Paper => 2,
        Action::Smooth => 4,
        _ => 3,
    };
    (1..times).for_each(|_| {
        hit(app, key);
    });
    app.notice = None;
    assert_eq!(screen(app, 120, 40), before.1, "{action:?} comes round");
}

/// Through the timeline, the samples, the log, the chart.
fn moves(app: &mut App, action: Action, key: Key) {
    match action {
        Action::ScrollUp | Action::ScrollDown => {
            (app.gallery.view, app.gallery.selected) = (View::One, 5);
            hit(app, key);
            assert_eq!(app.gallery.selected, if action == Action::ScrollUp { 4 } else { 6 });
            (app.focus, app.log_scroll) = (panels::Log::ID, 1);
            (0..4).for_each(|iteration| app.run.note(iteration, "something"));
            hit(app, key);
            assert_eq!(app.log_scroll, if action == Action::ScrollUp { 0 } else { 2 });
        }
        Action::Play => {
            hit(app, key);
            assert!(app.run.timeline.is_playing() && frame_of(app) == 0, "from the start");
            hit(app, key);
            assert!(!app.run.timeline.is_playing());
        }
        _ => {
            app.run.timeline.go(-30);
            let before = frame_of(app);
            hit(app, key);
            let expected = match action {
                Action::Back => before - 20,
                Action::Forward => before + 20,
                Action::BackFar => before - 200,
                Action::ForwardFar => before + 200,
                Action::Start => 0,
                Action::Live => 1240,
                other => panic!("{other:?} is not checked"),
            };
            assert_eq!(frame_of(app), expected, "{key}");
            app.focus = panels::Training::ID;
            app.look.chart.cursor = Some(0.5);
            hit(app, key);
            let moved = app.look.chart.cursor.unwrap_or(1.0) - 0.5;
            assert_eq!(
                moved > 0.0,
                matches!(action, Action::Forward | Action::ForwardFar | Action::Live),
                "{key} moved by {moved}"
            );
        }
    }
}
