//! What the list shows, and what keys do to it.

use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::{
    fixture::MODERN,
    views::{self, View},
};
use gan_tui_core::event::Outcome;

fn facts(number: u64) -> Facts {
    let state = match number % 4 {
        0 => RunState::Running,
        1 => RunState::Ended(Outcome::Finished),
        2 => RunState::Ended(Outcome::Failed("the disk is full".into())),
        _ => RunState::Interrupted,
    };
    Facts {
        state,
        preset: Some(if number.is_multiple_of(2) { "fast" } else { "digits" }.into()),
        iteration: 100 * number,
        iterations: Some(3000),
        score: (!number.is_multiple_of(3)).then_some(20.0 - number as f32),
        started: Some(1_000_000 + 3600 * number as i64),
        bytes: 1234 * (number + 1),
        curve: (0..12).map(|at| ((at * number) % 7) as f32).collect(),
        notes: Notes::default(),
        problem: None,
    }
}

/// A list of runs of which everything is known.
fn list(count: u64) -> Browse {
    let mut list = Browse::new(Path::new("runs"), MODERN);
    list.stage.tick(std::time::Duration::ZERO, 1_000_000 + 3600 * 40);
    let path = |number: u64| PathBuf::from(format!("runs/run-{number:04}"));
    list.hear(News::Runs((0..count).map(path).collect()));
    list.hear(News::Facts((0..count).map(|number| (path(number), facts(number))).collect()));
    list
}

fn press(list: &mut Browse, keys: &str) -> Option<Step<Browse>> {
    let mut last = None;
    for key in keys.split(' ') {
        last = views::press(list, key.parse().expect("a key"));
    }
    last
}

fn screen(list: &mut Browse, width: u16, height: u16) -> String {
    list.stage.size = (width, height);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| drop(views::draw(list, frame)));
    let buffer = terminal.backend().buffer().clone();
    let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| row(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn selected(list: &Browse) -> String {
    list.current().map_or_else(String::new, |row| row.name.clone())
}

#[test]
fn the_list_at_three_sizes() {
    let mut list = list(40);
    press(&mut list, "Down space");
    list.rows[36].facts = Some(Facts {
        notes: Notes::default().with_note("sharper with noise").with_tags("good"),
        ..facts(36)
    });
    for (width, height) in [(160, 20), (80, 14), (40, 10)] {
        insta::assert_snapshot!(format!("list_{width}x{height}"), screen(&mut list, width, height));
    }
}

#[test]
fn what_is_selected_stays_so_while_the_list_is_sorted_and_filtered() {
    let mut list = list(40);
    assert_eq!(selected(&list), "run-0039", "the newest run is first");
    press(&mut list, "Down Down");
    assert_eq!(selected(&list), "run-0037");
    press(&mut list, "s");
    assert_eq!((list.sort, selected(&list).as_str(), list.at), (Sort::Name, "run-0037", 37));
    press(&mut list, "S");
    assert_eq!((selected(&list).as_str(), list.at), ("run-0037", 2));
    press(&mut list, "/ F A I L Enter");
    assert_eq!(list.shown.len(), 10);
    assert!(screen(&mut list, 100, 20).contains("10 match `FAIL`"));
    press(&mut list, "/ x Esc");
    assert_eq!(list.shown.len(), 10, "the filter is what it was before");
    press(&mut list, "Esc");
    assert_eq!(list.shown.len(), 40);
    press(&mut list, "G");
    assert_eq!(selected(&list), "run-0000");
    list.is_reversed = false;
    for sort in [Sort::State, Sort::Score] {
        list.sort = sort;
        list.arrange();
    }
    let first = &list.rows[list.shown[0]];
    assert_eq!(first.facts.as_ref().and_then(|facts| facts.score), Some(-18.0), "less is better");
}

#[test]
fn runs_are_opened_compared_copied_and_marked() {
    let mut list = list(40);
    let Some(Step::Leave(Some(Exit::Open(path)))) = press(&mut list, "Enter") else {
        panic!("not opened")
    };
    assert_eq!(path, Path::new("runs/run-0039"));
    assert!(matches!(press(&mut list, "Y"), Some(Step::Copy(path)) if path.ends_with("run-0039")));
    press(&mut list, "space Down space");
    let Some(Step::Leave(Some(Exit::Compare(runs)))) = press(&mut list, "=") else {
        panic!("not compared")
    };
    assert_eq!(runs, [Path::new("runs/run-0037"), Path::new("runs/run-0039")]);
    press(&mut list, "u");
    assert!(list.marked.is_empty());
}

#[test]
fn notes_and_tags_are_written_and_found() {
    let mut list = list(10);
    let Some(Step::Ask(Request::Note(path, notes))) = press(&mut list, "T b e s t Enter") else {
        panic!("not written")
    };
    assert_eq!(
        (path.as_path(), &notes.tags[..]),
        (Path::new("runs/run-0009"), &["best".into()][..])
    );
    press(&mut list, "n s h a r p Enter");
    for filter in ["# b e s t", "s h a r p"] {
        press(&mut list, &format!("/ Ctrl-U {filter} Enter"));
        assert_eq!(list.shown.len(), 1, "{filter}");
    }
    assert!(screen(&mut list, 100, 20).contains("#best sharp"));
}

#[test]
fn stopping_and_removing_ask_first_and_read_only_forbids_them() {
    let mut list = list(10);
    assert!(press(&mut list, "x").is_none());
    assert!(list.stage.notice.as_ref().is_some_and(|notice| notice.is_error), "it has ended");
    press(&mut list, "D");
    assert!(screen(&mut list, 80, 20).contains("Remove run-0009 for good (12 kB)?"));
    assert!(press(&mut list, "n").is_none());
    let asked = press(&mut list, "D y");
    assert!(matches!(asked, Some(Step::Ask(Request::Remove(runs))) if runs.len() == 1));
    press(&mut list, "Down");
    assert!(press(&mut list, "D").is_none() && list.stage.front.is_none(), "it trains");
    let asked = press(&mut list, "x y");
    assert!(matches!(asked, Some(Step::Ask(Request::Stop(run))) if run.ends_with("run-0008")));
    list.stage.read_only = true;
    for key in ["x", "D", "n", "T"] {
        press(&mut list, key);
        assert!(list.stage.front.is_none(), "{key}");
    }
}

#[test]
fn thousands_of_runs_come_and_go() {
    let mut list = list(3000);
    assert_eq!(list.shown.len(), 3000);
    press(&mut list, "G PgUp PgDn");
    assert_eq!(selected(&list), "run-0000");
    let visible = list.visible();
    assert!(matches!(list.wish(), Some(Request::Visible(runs)) if runs.len() == visible));
    assert!(list.wish().is_none(), "asked once");
    list.hear(News::Runs(Vec::new()));
    assert!(press(&mut list, "Enter").is_none() && press(&mut list, "D").is_none());
    assert!(screen(&mut list, 80, 14).contains("no runs here"));
}

#[test]
fn names_have_no_effect_on_a_terminal() {
    let mut list = Browse::new(Path::new("runs"), MODERN);
    list.hear(News::Runs(vec!["runs/\x1b[31mred".into()]));
    let text = screen(&mut list, 80, 14);
    assert!(text.contains("\\x1b[31mred") && !text.contains('\x1b'), "{text}");
}

#[test]
fn every_key_has_one_meaning_and_is_documented() {
    views::keys::check(KEYS, "browse.md");
}
