//! Charts, their cursor, scores, findings and looking back in time.

use insta::assert_snapshot;

use super::screen;
use crate::{
    HistoryChunk,
    fixture::{MODERN, frame, hear, opened, press, scored, tick, told_digits, trained},
    panels,
    state::{
        app::{App, RunSource},
        message::Message,
    },
    terminal::capability::Script,
    terminal::input::MouseAction,
    update::update,
};
use gan_tui_core::event::{Event, Metrics, Series};
use gan_tui_store::art::Glyphs;

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
    assert!(shown.contains("log, smoothed 15") && shown.contains("at 1,199"), "{shown}");
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
    assert!(shown.contains("iteration 20 ") && shown.contains("history: frame 2 of 64"), "{shown}");
    press(&mut app, "r");
    tick(&mut app, 1.0);
    tick(&mut app, 1.2);
    let shown = screen(&mut app, 80, 24);
    assert!(shown.contains("playing") && shown.contains("iteration 60 "), "{shown}");
    press(&mut app, "end");
    assert!(screen(&mut app, 80, 24).contains("iteration 1,260"));
    // The mouse seeks on the bar, which stands in the panel's last row but one.
    press(&mut app, "left");
    update(&mut app, Message::Mouse(MouseAction::Press, 40, 21));
    assert!(screen(&mut app, 80, 24).contains("history") && app.run.timeline.position().0 < 63);
    update(&mut app, Message::Mouse(MouseAction::Press, 3, 5));
    assert_eq!(app.focus, panels::Training::ID);
}

#[test]
fn trouble_is_told_in_words() {
    let mut app = trained(MODERN, 300);
    for iteration in 301..=600 {
        hear(
            &mut app,
            Event::Metrics(
                crate::fixture::metrics(iteration)
                    .with([(Series::D_ACCURACY, 1.0), (Series::D_LOSS, 0.001)]),
            ),
        );
    }
    assert_snapshot!("trouble", screen(&mut app, 80, 24));
    assert!(
        app.run
            .journal
            .newest_first()
            .any(|entry| entry.text.starts_with("discriminator too strong: accuracy"))
    );
}

#[test]
fn series_under_other_names_have_a_chart_of_their_own() {
    let mut app = trained(MODERN, 300);
    let penalty = Series::named("gradient_penalty").expect("a name");
    let norm = Series::named("weight_norm").expect("a name");
    for iteration in 301..=600 {
        let more = [(penalty, 0.25), (norm, 7.5)];
        hear(&mut app, Event::Metrics(crate::fixture::metrics(iteration).with(more)));
    }
    let shown = screen(&mut app, 200, 60);
    assert!(shown.contains("gradient_penalty") && shown.contains("weight_norm"), "{shown}");
    (app.focus, app.enlarged) = (panels::Training::ID, true);
    let shown = screen(&mut app, 120, 40);
    assert!(shown.contains("1 gradient_penalty 0.250  2 weight_norm 7.500"), "{shown}");
    assert!(shown.contains("D discriminator loss") && shown.contains("a accuracy"), "{shown}");
    let chart: Vec<&str> = shown.lines().skip_while(|line| !line.contains("1 grad")).collect();
    let ends = |end: &str| chart.iter().any(|line| line.ends_with(end));
    assert!(ends("2 │") && ends("1 │"), "its lines are drawn: {shown}");
    let small = screen(&mut app, 60, 20);
    assert!(!small.contains("gradient_penalty"), "charts that have no room are left out: {small}");
    app.enlarged = false;
    assert!(screen(&mut app, 40, 12).contains("D(G(z))"));
}

#[test]
fn what_was_scored_is_told_where_there_is_room() {
    let mut app = told_digits(MODERN, 1240);
    for (width, height) in [(80, 24), (120, 40), (200, 60), (60, 12)] {
        assert_snapshot!(format!("scored_at_{width}x{height}"), screen(&mut app, width, height));
    }
    (app.focus, app.enlarged) = (panels::Training::ID, true);
    assert_snapshot!("scored_enlarged", screen(&mut app, 120, 40));
    assert_snapshot!("scored_enlarged_at_80x24", screen(&mut app, 80, 24));
    app.look.chart.cursor = Some(0.4);
    assert!(screen(&mut app, 120, 40).contains(" at 497"));
    app.focus = panels::Health::ID;
    assert_snapshot!("scored_health", screen(&mut app, 80, 24));
    app.look.capabilities.script = Script::Ascii;
    app.look.glyphs = Glyphs::Ascii;
    app.focus = panels::Training::ID;
    assert!(screen(&mut app, 120, 40).is_ascii());
    assert_snapshot!("scored_enlarged_in_ascii", screen(&mut app, 120, 40));
    let unscored = screen(&mut trained(MODERN, 1240), 200, 60);
    assert!(!unscored.contains("distance") && !unscored.contains("generated digits"));
}

#[test]
fn a_run_that_was_scored_before_is_told_of_in_the_same_way() {
    let live = screen(&mut told_digits(MODERN, 400), 120, 40);
    let mut app = opened(MODERN);
    let metrics = (1..=400)
        .map(|at| {
            if at % 200 == 0 {
                crate::fixture::scored(at, 9.5)
            } else {
                crate::fixture::metrics(at)
            }
        })
        .collect();
    update(
        &mut app,
        Message::History(Box::new(crate::HistoryChunk {
            metrics,
            ..crate::HistoryChunk::default()
        })),
    );
    assert!(
        screen(&mut app, 120, 40).contains("distance 9.500, best 9.500 at 200")
            && live.contains("best so far (400)"),
        "{live}"
    );
}

/// A replay is played in chunks of any size, and is over where its record ends.
#[test]
fn a_record_tells_the_same_in_one_piece_and_in_many() {
    let played = |size: usize| {
        let mut app = opened(MODERN);
        app.source = RunSource::Replay { speed: 20.0 };
        let won = |at| {
            Metrics::new(at, 25.0, at as f64 * 0.025).with([
                (Series::D_LOSS, 0.01),
                (Series::G_LOSS, 6.0 + (at % 7) as f32 / 10.0),
                (Series::D_ACCURACY, if at < 300 { 0.8 } else { 1.0 }),
                (Series::D_REAL, 0.99),
                (Series::D_FAKE, 0.01),
            ])
        };
        let mut metrics: Vec<Metrics> = (1..=900).map(won).collect();
        for at in [300, 600, 900] {
            metrics[at - 1].score = scored(at as u64, 9.0).score;
        }
        for chunk in metrics.chunks(size) {
            let chunk = HistoryChunk {
                metrics: chunk.to_vec(),
                goal: Some(900),
                ..HistoryChunk::default()
            };
            update(&mut app, Message::History(Box::new(chunk)));
        }
        app
    };
    let noted = |app: &App| -> Vec<(u64, String)> {
        let entries = app.run.journal.newest_first();
        entries.map(|entry| (entry.iteration, entry.text.clone())).collect()
    };
    let mut whole = played(900);
    let iterations: Vec<u64> = noted(&whole).iter().map(|(iteration, _)| *iteration).collect();
    assert_eq!(iterations, [900, 600, 500, 300], "{:?}", noted(&whole));
    assert!(noted(&whole)[2].1.starts_with("discriminator too strong"));
    assert_eq!(noted(&whole), noted(&played(7)));
    let shown = screen(&mut whole, 80, 24);
    assert!(shown.contains("iteration 900 / 900") && shown.contains("100%"), "{shown}");
}

/// Of one iteration a column, the band is that of the iterations that the line is the mean of.
#[test]
fn a_band_of_few_iterations_is_in_one_piece() {
    let mut app = trained(MODERN, 60);
    press(&mut app, "tab");
    press(&mut app, "enter");
    let shown = screen(&mut app, 160, 45);
    let halves = |line: &str| line.matches(['▀', '▄']).count();
    let pieces = shown.lines().map(halves).sum::<usize>();
    press(&mut app, "S");
    press(&mut app, "S");
    press(&mut app, "S");
    let shown = screen(&mut app, 160, 45);
    assert!(shown.contains("not smoothed"), "{shown}");
    let alone = shown.lines().map(halves).sum::<usize>();
    assert!(alone < pieces, "{alone} of {pieces}");
}
