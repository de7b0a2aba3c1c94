//! What runs beside each other look like, and what keys do.

use std::path::Path;

use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::{
    fixture::MODERN,
    terminal::{painter::Graphics, pixels::Protocol},
    views::{self, Step, View},
};
use gan_tui_core::{
    event::RunState,
    image::{Image, ImageBatch},
    preset::Preset,
};
use gan_tui_store::logs::{Content, Entry, Item, Kind, Own, alerts::AlertKind};

fn entry(tag: &str, step: i64, content: Content) -> Item {
    let (tag, time) = (tag.into(), step as f64 / 10.0);
    Item::Entry(Entry { tag, step, time, source: 0, content })
}

fn place(name: &str, step: i64) -> Place {
    Place::Frame(Path::new(&format!("{name}/{step}.png")).into())
}

/// A run of ours with losses and a picture every hundred steps.
fn own(name: &str, seed: u64, batch: usize) -> LogRun {
    let mut run = LogRun::new(name.into(), format!("runs/{name}").into(), Kind::Own, 100);
    let preset = Preset { seed, batch, ..Preset::default() };
    let (state, iterations) = (RunState::Running, Some(3000));
    run.own = Some(Own { preset: Some(preset), state, iterations });
    for step in 1..=1000 {
        let wave = (step as f64 / 60.0 + seed as f64).sin() * 0.1;
        let level = 0.4 + batch as f64 / 100.0;
        run.take(entry("d_loss", step, Content::Number(level + wave)));
        run.take(entry("g_loss", step, Content::Number(1.0 + level - wave)));
        run.take(entry("d_accuracy", step, Content::Number(0.7 - wave)));
        if step % 100 == 0 {
            run.take(entry("samples", step, Content::Picture(place(name, step))));
        }
    }
    run
}

fn view(runs: Vec<LogRun>) -> Compare {
    let logs = Logs::default();
    *logs.lock() = runs;
    let mut view = Compare::new("compare", logs, MODERN);
    view.hear(News::Loaded);
    view
}

/// Six runs: two settings, three seeds.
fn six() -> Compare {
    let run = |at: u64| own(&format!("run{}", at + 1), at % 3, if at < 3 { 32 } else { 64 });
    view((0..6).map(run).collect())
}

/// Gives the view the pictures that it asks for.
fn load(view: &mut Compare) -> Vec<Place> {
    let Some(Request::Pictures(places)) = view.wish() else { return Vec::new() };
    for place in &places {
        let shade = |at: usize| ((at * 31) % 256) as u8;
        let pixels = (0..64 * 28 * 28).map(shade).collect();
        let picture = Picture::Many(ImageBatch::grey(28, 28, pixels));
        view.hear(News::Picture(place.clone(), Ok(Arc::new(picture))));
    }
    places
}

fn press(view: &mut Compare, keys: &str) -> Option<Step<Compare>> {
    let mut last = None;
    for key in keys.split(' ') {
        last = views::press(view, key.parse().expect("a key"));
    }
    last
}

fn screen(view: &mut Compare, width: u16, height: u16) -> String {
    view.stage.size = (width, height);
    load(view);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| drop(views::draw(view, frame)));
    let buffer = terminal.backend().buffer().clone();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn six_runs_at_three_sizes() {
    let mut view = six();
    press(&mut view, "g");
    for (width, height) in [(160, 45), (80, 24), (40, 12)] {
        insta::assert_snapshot!(format!("six_{width}x{height}"), screen(&mut view, width, height));
    }
}

#[test]
fn seeds_are_grouped_into_a_mean_and_a_range() {
    let mut view = six();
    let text = screen(&mut view, 160, 45);
    assert!(text.contains("run1 (3 seeds)") && text.contains("run4 (3 seeds)"), "{text}");
    let runs = view.logs.lock().clone();
    let lines = view.lines(&runs);
    assert_eq!(lines.iter().map(|line| line.runs.len()).collect::<Vec<_>>(), [3, 3]);
    let points = charts::columns(&view, &runs, &lines[0], "d_loss", (1.0, 1000.0), 50);
    let point = points[20].expect("a value");
    assert!(point.low < point.value && point.value < point.high, "{point:?}");
    press(&mut view, "g");
    assert_eq!(view.lines(&runs).len(), 6);
    let points = charts::columns(&view, &runs, &view.lines(&runs)[0], "d_loss", (1.0, 1000.0), 50);
    let point = points[20].expect("a value");
    assert_eq!((point.low, point.high), (point.value, point.value), "of one run the line alone");
}

#[test]
fn one_slider_moves_all_pictures_and_values() {
    let mut view = six();
    view.stage.size = (160, 45);
    assert!(load(&mut view).iter().all(|place| format!("{place:?}").contains("1000.png")));
    press(&mut view, "Left");
    assert_eq!(view.slider, Some(900.0));
    assert!(load(&mut view).iter().all(|place| format!("{place:?}").contains("900.png")));
    assert!(screen(&mut view, 160, 45).contains("looking back at step 900"));
    press(&mut view, "Home Left");
    assert_eq!(view.slider, Some(100.0));
    press(&mut view, "] Right");
    assert_eq!(view.slider, None, "the newest, and those to come");
    press(&mut view, "x Left");
    assert_eq!((view.axis, view.slider), (Axis::Images, Some(900.0 * 64.0)));
    press(&mut view, "x Left");
    assert_eq!((view.axis, view.slider), (Axis::Time, Some(89.9)));
}

#[test]
fn runs_are_hidden_pinned_highlighted_and_filtered() {
    let mut view = six();
    press(&mut view, "g Tab Tab Down space");
    assert_eq!((view.focus, view.hidden.len()), (Panel::Runs, 1));
    assert!(screen(&mut view, 160, 45).contains("1 hidden"));
    press(&mut view, "a Down p");
    assert!(view.hidden.is_empty());
    let first = |view: &Compare| view.lines(&view.logs.lock().clone())[0].name.clone();
    assert_eq!(first(&view), "run3", "a pinned run is first");
    press(&mut view, "h");
    assert!(view.is_highlighted);
    press(&mut view, "/ r u n 5 Enter");
    assert_eq!((first(&view).as_str(), view.lines(&view.logs.lock().clone()).len()), ("run5", 1));
    let tags = charts::tags(&view, &view.logs.lock());
    assert_eq!(tags.len(), 3, "a word about runs hides no series");
    press(&mut view, "/ Ctrl-U l o s s Enter");
    assert_eq!(charts::tags(&view, &view.logs.lock()), ["d_loss", "g_loss"]);
    press(&mut view, "Esc");
    assert_eq!(charts::tags(&view, &view.logs.lock()).len(), 3);
    press(&mut view, "Shift-Tab Shift-Tab Down Down p");
    assert_eq!(charts::tags(&view, &view.logs.lock())[0], "d_accuracy", "a pinned chart is first");
}

#[test]
fn every_panel_is_enlarged_and_every_key_leaves_a_screen() {
    let mut view = six();
    view.logs.lock()[0].take(entry("notes", 5, Content::Text("line one\nline\x1b[31m two".into())));
    assert!(screen(&mut view, 160, 45).contains("line\\x1b[31m two"));
    for _ in 0..4 {
        press(&mut view, "Tab Enter");
        let text = screen(&mut view, 100, 30);
        assert_eq!(text.matches('╭').count(), 1, "{text}");
        press(&mut view, "Esc");
    }
    for row in KEYS {
        for key in row.keys.split(' ') {
            press(&mut view, key);
            for size in [(160, 45), (90, 30), (40, 10)] {
                screen(&mut view, size.0, size.1);
            }
            press(&mut view, "Esc");
        }
    }
}

#[test]
fn pictures_of_any_shape_are_drawn_and_few_are_kept() {
    let mut view = six();
    view.stage.size = (160, 45);
    let places = load(&mut view);
    let wide = Picture::One(Image::filled(530, 68, 200));
    view.hear(News::Picture(places[0].clone(), Ok(Arc::new(wide))));
    screen(&mut view, 160, 45);
    for step in 0..1000 {
        let picture = Picture::One(Image::filled(512, 512, 1));
        view.hear(News::Picture(place("other", step), Ok(Arc::new(picture))));
    }
    assert!(view.pictures.len() <= MOST_PICTURES && view.pictures.len() == view.recent.len());
    assert!(places.iter().all(|place| view.pictures.contains_key(&key(place))), "those on screen");
}

#[test]
fn pictures_are_pixels_where_the_terminal_has_them() {
    let mut view = six();
    view.stage.size = (160, 45);
    let places = load(&mut view);
    let wide = Picture::One(Image::filled(5300, 68, 200));
    view.hear(News::Picture(places[0].clone(), Ok(Arc::new(wide))));
    let drawn = |view: &Compare| {
        let mut graphics = Graphics::default();
        let mut terminal = Terminal::new(TestBackend::new(160, 45)).expect("a terminal");
        terminal.draw(|frame| graphics = views::draw(view, frame)).expect("drawn");
        graphics
    };
    assert_eq!(drawn(&view).pictures, [], "it has said nothing yet");
    view.stage.look.protocol = Some(Protocol::Kitty);
    let graphics = drawn(&view);
    // One of any shape, and five runs with many each.
    assert!(graphics.pictures.len() > 5 * 4, "{}", graphics.pictures.len());
    assert!(graphics.pictures.iter().all(|picture| {
        let is_within = |part: &Rect| part.intersection(picture.area) == picture.area;
        graphics.parts.iter().any(is_within)
    }));
    let wide = &graphics.pictures[0];
    assert!(wide.image.width < 5300, "a large one is made smaller first");
    assert_eq!(graphics.pictures[1].image.width, 28, "a small one is left as it is");
    press(&mut view, "b");
    assert_eq!(drawn(&view).pictures, [], "characters were asked for");
}

#[test]
fn a_run_of_a_group_is_called_by_what_tells_it_from_the_others() {
    let run = |rate: usize, seed: u64| own(&format!("b{rate}-seed{seed}"), seed, rate);
    let mut view = view(vec![run(32, 1), run(32, 2), run(64, 1), run(64, 2)]);
    let text = screen(&mut view, 160, 45);
    assert!(text.contains(" 1 seed1 ") && text.contains(" 2 seed2 "), "{text}");
    assert!(text.contains("b32 (2 seeds)") && text.contains(" batch "), "{text}");
    press(&mut view, "g");
    assert!(screen(&mut view, 160, 45).contains("2 b32-seed2"), "each run by itself");
}

#[test]
fn alerts_stand_at_the_top_and_go() {
    let mut view = six();
    let alert = Alert { kind: AlertKind::Exploded, reason: "g_loss is 900.0".into() };
    view.hear(News::Alert(2, Some(alert)));
    let text = screen(&mut view, 160, 45);
    assert!(
        text.lines().next().is_some_and(|line| line.contains("run3: exploded: g_loss is 900.0"))
    );
    view.hear(News::Alert(2, None));
    assert!(!screen(&mut view, 160, 45).contains("exploded"));
}

#[test]
fn nothing_yet_and_names_of_any_kind_are_no_trouble() {
    let mut view = view(vec![LogRun::new("x\x1b".into(), "x".into(), Kind::Events, 10)]);
    assert!(screen(&mut view, 80, 24).contains("nothing is logged there yet"));
    press(&mut view, "Left Right Home End Tab Down PgDn p space g Y");
    view.logs.lock()[0].take(entry("a/\x1b]0;x\x07", i64::MAX, Content::Number(f64::NAN)));
    view.hear(News::Changed);
    for size in [(160, 45), (80, 24), (40, 12)] {
        assert!(!screen(&mut view, size.0, size.1).contains('\x1b'));
    }
}

#[test]
fn every_key_has_one_meaning_and_is_documented() {
    views::keys::check(KEYS, "watch.md");
}
