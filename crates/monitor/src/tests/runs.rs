//! How a run is paused, changed, ended, left and followed by another.

use std::time::Duration;

use insta::assert_snapshot;

use super::screen;
use crate::{
    fixture::{MODERN, hear, press, trained},
    state::{
        message::{Effect, Message},
        prospect::Prospect,
    },
    update::update,
};
use gan_tui_core::{
    event::{Change, Command, Event, LearningRates, Outcome},
    image::ImageBatch,
    preset::Preset,
    signals::Signal,
};

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
    update(&mut app, Message::Event(Event::Saving(40)));
    assert!(screen(&mut app, 80, 24).contains("saving iteration 40"));
    update(&mut app, Message::Event(Event::Saved(40)));
    assert_eq!(hear(&mut app, Event::Ended(Outcome::Stopped)), Some(Effect::Leave));
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "^c"), None);
    assert_eq!(press(&mut app, "^c"), Some(Effect::Abandon));
    let mut app = trained(MODERN, 40);
    assert_eq!(
        update(&mut app, Message::Signal(Signal::Terminate)),
        Some(Effect::Tell(Command::Stop))
    );
    assert_eq!(update(&mut app, Message::Signal(Signal::Terminate)), Some(Effect::Abandon));
}

#[test]
fn a_terminal_that_is_gone_is_told_of_more_than_once() {
    let mut app = trained(MODERN, 40);
    app.source = crate::state::app::RunSource::Local { stop_on_hangup: true };
    assert_eq!(
        update(&mut app, Message::Signal(Signal::Hangup)),
        Some(Effect::Tell(Command::Stop))
    );
    assert_eq!(update(&mut app, Message::Signal(Signal::Hangup)), None, "that is no impatience");
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
    assert_eq!(
        hear(&mut app, Event::Ended(Outcome::Stopped)),
        Some(Effect::Open { number: 1, keep: false })
    );
    app.run.limit = Some(Duration::from_secs(600));
    let limit = Some(Duration::from_secs(60));
    update(&mut app, Message::Opened { number: 1, directory: "runs/quick-1".into(), limit });
    assert_eq!(app.run.limit, limit, "its own, not that of the run before");
    assert_eq!((app.run.preset.name.as_str(), app.run.iteration(), app.next), ("quick", 0, None));
    update(&mut app, Message::NotOpened("runs/quick-1: permission denied".into()));
    assert!(screen(&mut app, 80, 24).contains("The run failed: runs/quick-1: permission denied"));
    press(&mut app, "p");
    assert_eq!(
        press(&mut app, "enter"),
        Some(Effect::Open { number: 1, keep: false }),
        "nothing is left to wait for"
    );
}

#[test]
fn a_new_run_keeps_the_weights_where_the_networks_are_the_same() {
    let mut app = trained(MODERN, 40);
    press(&mut app, "2");
    assert!(screen(&mut app, 80, 24).contains("starts with fresh weights"));
    press(&mut app, "right");
    assert_snapshot!("presets_with_the_weights", screen(&mut app, 80, 24));
    assert_eq!(press(&mut app, "enter"), Some(Effect::Tell(Command::Stop)));
    assert_eq!(
        hear(&mut app, Event::Ended(Outcome::Stopped)),
        Some(Effect::Open { number: 1, keep: true })
    );

    let mut app = trained(MODERN, 40);
    app.presets[1].model = gan_tui_core::preset::Model::Mlp;
    press(&mut app, "2");
    press(&mut app, "right");
    assert!(screen(&mut app, 80, 24).contains("the networks differ"));
    press(&mut app, "enter");
    assert_eq!(app.next, Some(crate::state::app::Next::Open { number: 1, keep: false }));

    // Of the same model, but with other tensors in its checkpoints.
    let others: [fn(&mut Preset); 3] = [
        |preset| preset.norm = gan_tui_core::preset::Norm::Off,
        |preset| preset.spectral_norm = true,
        |preset| preset.average = 0.9,
    ];
    for change in others {
        let mut app = trained(MODERN, 40);
        change(&mut app.presets[1]);
        press(&mut app, "2");
        press(&mut app, "right");
        assert!(screen(&mut app, 80, 24).contains("the networks differ"));
    }
}

#[test]
fn a_preset_says_how_long_it_takes_here_and_what_to_expect() {
    let mut app = trained(MODERN, 240);
    press(&mut app, "2");
    assert!(screen(&mut app, 120, 40).contains("how long it takes here is not known yet"));
    let of = |gflop| Prospect { gflop: Some(gflop), ..Prospect::default() };
    let expect = Some("Digits that can be read.");
    let sample = Some((ImageBatch::grey(28, 28, vec![200; 16 * 784]), "its last run".into()));
    let quick = Prospect { expect, sample, ..of(1.0) };
    update(&mut app, Message::Prospects(vec![of(2.0), quick]));
    // 38.5 iterations a second of twice the operations: 2,000 of these take 26 seconds.
    let shown = screen(&mut app, 120, 40);
    for words in ["takes about 30s, judged by", "Digits that can be read.", "its last run"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    assert_snapshot!("presets_with_prospects", shown);
    app.prospects[1].measured_ms = Some(60.0);
    assert!(screen(&mut app, 120, 40).contains("takes 2m 00s, as its last run here"));
}

#[test]
fn the_best_by_score_is_no_checkpoint_to_go_on_from() {
    let mut app = trained(MODERN, 40);
    let saved = app.run.saved;
    update(&mut app, Message::Event(Event::Best(40)));
    assert_eq!(app.run.saved, saved);
    for (iteration, distance) in [(41, 15.05), (42, 16.0), (43, 12.5)] {
        hear(&mut app, Event::Metrics(crate::fixture::scored(iteration, distance)));
    }
    let shown = screen(&mut app, 120, 40);
    for line in [
        "41       1s  scored 15.05, best so far",
        "42       1s  scored 16.00 ",
        "scored 12.50, best",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}

#[test]
fn a_changed_preset_is_asked_about_and_starts_nothing_by_itself() {
    let mut app = trained(MODERN, 40);
    press(&mut app, "R");
    assert!(screen(&mut app, 80, 24).contains("has not changed"));
    app.notice = None;
    let changed = Preset { name: "mine".into(), batch: 8, ..app.run.preset.clone() };
    assert_eq!(update(&mut app, Message::PresetChanged(Ok((2, Box::new(changed.clone()))))), None);
    assert!(
        screen(&mut app, 80, 24).contains("the file of mine has changed: R for a new run of it")
    );
    assert_eq!(press(&mut app, "enter"), None, "a key that was on its way means what it meant");
    press(&mut app, "esc");
    press(&mut app, "R");
    assert_snapshot!("a_changed_preset", screen(&mut app, 80, 24));
    press(&mut app, "esc");
    assert!(!screen(&mut app, 80, 24).contains("has changed"), "it has been seen");
    press(&mut app, "R");
    press(&mut app, "enter");
    assert_eq!(
        hear(&mut app, Event::Ended(Outcome::Stopped)),
        Some(Effect::Open { number: 2, keep: false })
    );
    update(&mut app, Message::Opened { number: 2, directory: "runs/mine-1".into(), limit: None });
    assert_eq!((app.run.preset.batch, app.changed_preset), (8, None));
    update(&mut app, Message::PresetChanged(Ok((2, Box::new(changed)))));
    assert_eq!(app.changed_preset, None, "it says what the run does");
    update(&mut app, Message::PresetChanged(Err("mine.ron:2:3: batch: expected a number".into())));
    assert!(screen(&mut app, 80, 24).contains("mine.ron:2:3: batch"));
}

#[test]
fn single_iterations_learning_rates_and_saving_are_told_to_the_run() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "n"), None);
    assert!(screen(&mut app, 80, 24).contains("pause first (space), then n runs"));
    press(&mut app, " ");
    hear(&mut app, Event::Paused(true));
    assert_eq!(press(&mut app, "n"), Some(Effect::Tell(Command::Step)));
    assert_eq!(press(&mut app, "w"), Some(Effect::Tell(Command::Save)));
    press(&mut app, "L");
    press(&mut app, "right");
    assert_snapshot!("learning_rates", screen(&mut app, 80, 24));
    let rates = LearningRates { generator: 4e-4, discriminator: 2e-4 };
    assert_eq!(press(&mut app, "enter"), Some(Effect::Tell(Command::LearningRates(rates))));
    hear(
        &mut app,
        Event::Changed(Change {
            iteration: 40,
            field: "generator.learning_rate".into(),
            old: 2e-4,
            new: 4e-4,
        }),
    );
    assert_eq!(app.run.rates, rates);
    press(&mut app, "L");
    press(&mut app, "left");
    press(&mut app, "right");
    assert_eq!(press(&mut app, "enter"), None, "nothing has changed");
}

#[test]
fn a_run_that_is_only_looked_at_is_left_alone() {
    let mut app = trained(MODERN, 40);
    app.read_only = true;
    for key in [" ", "n", "w", "L", "p", "1"] {
        assert_eq!(press(&mut app, key), None, "{key}");
        assert_eq!(app.overlay, None, "{key}");
        assert!(screen(&mut app, 80, 24).contains("not available: read-only"), "{key}");
        app.notice = None;
    }
    assert!(screen(&mut app, 80, 24).contains("read only"), "the header says so all the time");
    // To look at other samples changes nothing that is trained.
    app.gallery.view = crate::state::gallery::View::Sorted;
    assert!(matches!(press(&mut app, "s"), Some(Effect::Tell(Command::Draw(_)))));
}
