//! Screens as a person reads them, and what keys do to them.

mod keys;
mod looks;

use std::{path::PathBuf, sync::Arc};

use insta::assert_snapshot;
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, style::Color};

use crate::{
    fixture::{MODERN, frame, hear, opened, press, started, tick, told_digits, trained},
    panels,
    state::{
        app::App,
        message::{Effect, Export, Message, Mouse, Signal},
    },
    terminal::capability::{Capabilities, Script},
    update::update,
};
use gan_tui_core::{
    event::{Change, Command, Drawing, Event, LearningRates, Outcome, Pictures, Preparing, Series},
    preset::Preset,
};
use gan_tui_store::art::{Colors, Glyphs};

/// The screen at a size, as text.
fn screen(app: &mut App, width: u16, height: u16) -> String {
    let buffer = cells(app, width, height);
    let row =
        |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn cells(app: &mut App, width: u16, height: u16) -> Buffer {
    update(app, Message::Resized(width, height));
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| {
        panels::draw(frame, app);
    });
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
    let plain = Capabilities {
        script: Script::Ascii,
        glyphs: Glyphs::Ascii,
        colors: Colors::None,
        titles: true,
        remote: false,
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
        titles: true,
        remote: false,
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
            what: "drawing the embedded digits".into(),
            done: 20_400,
            total: 60_000,
        }),
    );
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
    update(&mut app, Message::Opened(1, PathBuf::from("runs/quick-1")));
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
    assert!(screen(&mut app, 80, 24).contains("begins with new weights"));
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
    assert!(screen(&mut app, 80, 24).contains("the networks are others"));
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
        assert!(screen(&mut app, 80, 24).contains("the networks are others"));
    }
}

#[test]
fn the_best_by_score_is_no_checkpoint_to_go_on_from() {
    let mut app = trained(MODERN, 40);
    let saved = app.run.saved;
    update(&mut app, Message::Event(Event::Best(40)));
    assert_eq!(app.run.saved, saved);
    assert!(screen(&mut app, 120, 40).contains("the best by score so far"));
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
    update(&mut app, Message::Opened(2, "runs/mine-1".into()));
    assert_eq!((app.run.preset.batch, app.changed_preset), (8, None));
    update(&mut app, Message::PresetChanged(Ok((2, Box::new(changed)))));
    assert_eq!(app.changed_preset, None, "it says what the run does");
    update(&mut app, Message::PresetChanged(Err("mine.ron:2:3: batch: expected a number".into())));
    assert!(screen(&mut app, 80, 24).contains("mine.ron:2:3: batch"));
}

#[test]
fn an_export_is_told_for_a_while() {
    let mut app = opened(MODERN);
    assert_eq!(press(&mut app, "e"), None);
    assert!(screen(&mut app, 80, 24).contains("nothing to export yet"));
    hear(&mut app, frame(0));
    assert_eq!(press(&mut app, "e"), Some(Effect::Export(Export::Pictures)));
    let files = ["png", "txt", "ans"]
        .map(|ending| PathBuf::from(format!("runs/x/exports/00000000.{ending}")));
    update(&mut app, Message::Exporting(Export::Gif, 0.456));
    assert!(screen(&mut app, 80, 24).contains("exporting the run so far as GIF: 46%"));
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
    press(&mut app, "!");
    assert!(!app.changed, "neither time nor a key without meaning");
    hear(&mut app, frame(60));
    assert!(app.changed);
}

/// What a worker would answer.
fn pictures(drawing: Drawing) -> Event {
    let Event::Frame(frame) = frame(40) else { unreachable!("a frame is a frame") };
    let mut verdicts: Vec<f32> = (0..80).map(|at| (at * 37 % 64) as f32 / 64.0).collect();
    let images = match drawing {
        Drawing::Walk { .. } => {
            gan_tui_core::image::ImageBatch::grey(28, 28, frame.images.pixels[..16 * 784].to_vec())
        }
        Drawing::Number { digits, .. } => gan_tui_core::image::ImageBatch::grey(
            28,
            28,
            frame.images.pixels[..digits.len() * 784].to_vec(),
        ),
        Drawing::Digits { .. } => gan_tui_core::image::ImageBatch::grey(
            28,
            28,
            frame.images.pixels.repeat(2)[..80 * 784].to_vec(),
        ),
        _ => frame.images.clone(),
    };
    verdicts.truncate(images.len());
    Event::Pictures(Arc::new(Pictures { iteration: 40, drawing, images, verdicts }))
}

/// Answers what the monitor asks the networks for.
fn answer(app: &mut App, effect: Option<Effect>) {
    if let Some(Effect::Tell(Command::Draw(drawing))) = effect {
        let next = hear(app, pictures(drawing));
        assert!(!matches!(next, Some(Effect::Tell(Command::Draw(_)))), "asked again at once");
    }
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
fn charts_are_read_off() {
    let mut app = trained(MODERN, 1240);
    screen(&mut app, 80, 24);
    press(&mut app, "tab");
    press(&mut app, "enter");
    assert!(screen(&mut app, 80, 24).contains("D discriminator loss"));
    for key in ["y", "S", "left", "left"] {
        press(&mut app, key);
    }
    let shown = screen(&mut app, 80, 24);
    assert!(shown.contains("log, smoothed 5") && shown.contains("at 1,199"), "{shown}");
    assert_snapshot!("chart_with_cursor", shown);
    press(&mut app, "end");
    assert!(!screen(&mut app, 80, 24).contains(" at "));
}

#[test]
fn the_run_is_looked_back_at_while_it_goes_on() {
    let mut app = trained(MODERN, 1240);
    press(&mut app, "home");
    assert_snapshot!("looking_back", screen(&mut app, 80, 24));
    press(&mut app, "right");
    hear(&mut app, frame(1260));
    let shown = screen(&mut app, 80, 24);
    assert!(shown.contains("iteration 20 ·") && shown.contains("looking back 2/64"), "{shown}");
    press(&mut app, "r");
    tick(&mut app, 1.0);
    tick(&mut app, 1.2);
    let shown = screen(&mut app, 80, 24);
    assert!(shown.contains("playing") && shown.contains("iteration 60 ·"), "{shown}");
    press(&mut app, "end");
    assert!(screen(&mut app, 80, 24).contains("iteration 1,260"));
    // The mouse seeks on the bar, which stands in the panel's last row but one.
    press(&mut app, "left");
    update(&mut app, Message::Mouse(Mouse::Press, 40, 21));
    assert!(
        screen(&mut app, 80, 24).contains("looking back") && app.run.timeline.position().0 < 63
    );
    update(&mut app, Message::Mouse(Mouse::Press, 3, 5));
    assert_eq!(app.focus, panels::Losses::ID);
}

#[test]
fn single_iterations_learning_rates_and_saving_are_told_to_the_run() {
    let mut app = trained(MODERN, 40);
    assert_eq!(press(&mut app, "n"), None);
    assert!(screen(&mut app, 80, 24).contains("while paused (space)"));
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
        assert!(screen(&mut app, 80, 24).contains("read only: the run is left as it is"), "{key}");
        app.notice = None;
    }
    assert!(screen(&mut app, 80, 24).contains("read only"), "the header says so all the time");
    // To look at other samples changes nothing that is trained.
    app.gallery.view = crate::state::gallery::View::Sorted;
    assert!(matches!(press(&mut app, "s"), Some(Effect::Tell(Command::Draw(_)))));
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
fn trouble_is_told_in_words() {
    let mut app = trained(MODERN, 300);
    for iteration in 301..=600 {
        hear(
            &mut app,
            Event::Metrics(
                super::fixture::metrics(iteration)
                    .with([(Series::D_ACCURACY, 1.0), (Series::D_LOSS, 0.001)]),
            ),
        );
    }
    assert_snapshot!("trouble", screen(&mut app, 80, 24));
    assert!(
        app.run
            .journal
            .newest_first()
            .any(|entry| entry.text.starts_with("the discriminator has won: accuracy"))
    );
}

#[test]
fn series_under_other_names_have_a_chart_of_their_own() {
    let mut app = trained(MODERN, 300);
    let penalty = Series::named("gradient_penalty").expect("a name");
    let norm = Series::named("weight_norm").expect("a name");
    for iteration in 301..=600 {
        let more = [(penalty, 0.25), (norm, 7.5)];
        hear(&mut app, Event::Metrics(super::fixture::metrics(iteration).with(more)));
    }
    let shown = screen(&mut app, 200, 60);
    assert!(shown.contains("gradient_penalty") && shown.contains("weight_norm"), "{shown}");
    (app.focus, app.enlarged) = (panels::Losses::ID, true);
    let shown = screen(&mut app, 120, 40);
    assert!(shown.contains("1 gradient_penalty 0.250  2 weight_norm 7.500"), "{shown}");
    assert!(shown.contains("D discriminator loss") && shown.contains("a accuracy"), "{shown}");
    let chart: Vec<&str> = shown.lines().skip_while(|line| !line.contains("1 grad")).collect();
    let ends = |end: &str| chart.iter().any(|line| line.ends_with(end));
    assert!(ends("⠒2 │") && ends("⠤1 │"), "its lines are drawn: {shown}");
    let small = screen(&mut app, 60, 20);
    assert!(!small.contains("gradient_penalty"), "charts that have no room are left out: {small}");
    app.enlarged = false;
    assert!(screen(&mut app, 40, 12).contains("D(G(z))"));
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
            titles: true,
            remote: true,
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

#[test]
fn what_was_scored_is_told_where_there_is_room() {
    let mut app = told_digits(MODERN, 1240);
    for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 12)] {
        assert_snapshot!(format!("scored_at_{width}x{height}"), screen(&mut app, width, height));
    }
    (app.focus, app.enlarged) = (panels::Losses::ID, true);
    assert_snapshot!("scored_enlarged", screen(&mut app, 120, 40));
    assert_snapshot!("scored_enlarged_at_80x24", screen(&mut app, 80, 24));
    app.look.chart.cursor = Some(0.4);
    assert!(screen(&mut app, 120, 40).contains(" at 497"));
    app.focus = panels::Health::ID;
    assert_snapshot!("scored_health", screen(&mut app, 80, 24));
    app.look.capabilities.script = Script::Ascii;
    app.look.glyphs = Glyphs::Ascii;
    app.focus = panels::Losses::ID;
    assert!(screen(&mut app, 120, 40).is_ascii());
    assert_snapshot!("scored_enlarged_in_ascii", screen(&mut app, 120, 40));
    let unscored = screen(&mut trained(MODERN, 1240), 200, 60);
    assert!(!unscored.contains("distance") && !unscored.contains("digits drawn"));
}

#[test]
fn a_run_that_was_scored_before_is_told_of_in_the_same_way() {
    let live = screen(&mut told_digits(MODERN, 400), 120, 40);
    let mut app = opened(MODERN);
    let metrics = (1..=400)
        .map(|at| {
            if at % 200 == 0 {
                super::fixture::scored(at, 9.5)
            } else {
                super::fixture::metrics(at)
            }
        })
        .collect();
    update(
        &mut app,
        Message::History(Box::new(super::HistoryChunk {
            metrics,
            ..super::HistoryChunk::default()
        })),
    );
    assert!(
        screen(&mut app, 120, 40).contains("distance 9.500 at 400, best 9.500 at 200")
            && live.contains("at 400, best"),
        "{live}"
    );
}

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
        screen(&mut app, 120, 40)
            .contains("presets whose model is told the digits, such as `digits`")
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
