//! The table of keys in docs/monitor.md, made from the table of actions.
//!
//! `GAN_TUI_UPDATE_DOCS=1 cargo test -p gan-tui-monitor readme` rewrites it.

use std::{env, fs};

use super::action::{Action, ActionSpec, Group};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/monitor.md");
/// The lines before and after the table.
const MARKERS: (&str, &str) =
    ("<!-- keys: made by crates/monitor/src/keyboard/readme.rs -->\n", "<!-- end of keys -->\n");

/// The rows in order, with what their keys do.
const ROWS: [(Group, &str); 16] = [
    (Group::Ending, "Save and quit, after confirmation; press Ctrl-C again to quit immediately"),
    (
        Group::Detaching,
        "Detach; training continues in the background. Reconnect with `gan-tui attach`",
    ),
    (Group::Training, "Pause or resume; run one iteration while paused; save a checkpoint"),
    (
        Group::Presets,
        "Compare presets and start another. The current run is stopped and kept; the new one gets \
         fresh weights or, if the architectures match, the current ones (right arrow)",
    ),
    (Group::Reloading, "Start a run of the preset file after it has changed"),
    (
        Group::Samples,
        "Cycle sample views: fixed latents, one of them, sorted by the discriminator's output, \
         fresh samples (`f` draws others), a walk between latents, real beside generated images, \
         generated ones beside the nearest image that was learned from, \
         and a row per digit (class-conditional models)",
    ),
    (Group::Numbers, "Type a number and watch it being generated (class-conditional models)"),
    (
        Group::Time,
        "Step through past frames; `r` plays, End returns to live. With the losses in focus, move \
         a cursor to read values. `<` and `>` change a replay's speed",
    ),
    (Group::Scrolling, "Select a sample, or scroll the log"),
    (Group::Panels, "Focus a panel, enlarge it, restore it"),
    (Group::Charts, "Range of the charts, their horizontal axis, logarithmic scale, smoothing"),
    (
        Group::Rates,
        "Change the learning rates (recorded in `changes.jsonl`, and repeated by `resume`)",
    ),
    (
        Group::Exporting,
        "Export the frame as PNG, text and ANSI; choose another format: SVG, one sample, the run \
         so far as GIF, asciicast, CSV or chart, the whole screen as text or SVG; copy the path, over SSH too \
         (OSC 52)",
    ),
    (
        Group::Pictures,
        "Characters and colours of images, theme, fewer and larger or more and smaller images",
    ),
    (Group::System, "Suspend until `fg`; redraw the screen"),
    (Group::KeyList, "List all keys"),
];

fn table() -> String {
    let row = |(group, text): (Group, &str)| {
        let keys = Action::ROWS.iter().filter(|(_, spec)| spec.group == group);
        let keys: Vec<String> = keys.map(|(_, spec)| keys_of(spec)).collect();
        format!("| {} | {text} |\n", keys.join(", "))
    };
    format!("| key | action |\n|---|---|\n{}", ROWS.map(row).concat())
}

/// The names of an action's keys: `Home or g`, and `1 to 9` for one whose keys are numbered.
fn keys_of(spec: &ActionSpec) -> String {
    let names = spec.keys.iter().flat_map(|(_, names)| names.split(' '));
    let quoted = |name: &str| match name.chars().count() {
        1 => format!("`{name}`"),
        _ => name.into(),
    };
    let mut names: Vec<String> = names.map(quoted).collect();
    names.dedup();
    match &names[..] {
        [first, _, .., last] => format!("{first} to {last}"),
        names => names.join(" or "),
    }
}

#[test]
fn the_page_has_every_key() {
    let page = fs::read_to_string(PAGE).expect("the page can be read");
    let (before, rest) = page.split_once(MARKERS.0).expect("the table's first marker");
    let (found, after) = rest.split_once(MARKERS.1).expect("the table's last marker");
    let wanted = table();
    if env::var_os("GAN_TUI_UPDATE_DOCS").is_some() {
        let text = [before, MARKERS.0, &wanted, MARKERS.1, after].concat();
        return fs::write(PAGE, text).expect("the page can be written");
    }
    assert!(
        found == wanted,
        "{PAGE}: the table of keys is another one than the actions'; `GAN_TUI_UPDATE_DOCS=1 \
         cargo test -p gan-tui-monitor readme` writes this one:\n\n{wanted}"
    );
}

#[test]
fn every_action_on_the_panels_is_in_a_row() {
    for (make_action, spec) in Action::ROWS {
        let has_row = ROWS.iter().any(|(group, _)| *group == spec.group);
        assert!(has_row || spec.group == Group::Lists, "{:?}", make_action(1));
    }
}
