//! The README's table of keys, made from the table of actions.
//!
//! `GAN_TUI_UPDATE_DOCS=1 cargo test -p gan-tui-monitor readme` rewrites it.

use std::{env, fs};

use super::action::{Action, ActionSpec, Group};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
/// The lines before and after the table.
const MARKERS: (&str, &str) =
    ("<!-- keys: made by crates/monitor/src/keyboard/readme.rs -->\n", "<!-- end of keys -->\n");

/// The rows in order, with what their keys do.
const ROWS: [(Group, &str); 16] = [
    (
        Group::Ending,
        "ends the run (asks first), with a checkpoint saved; a second Ctrl-C leaves at once",
    ),
    (
        Group::Detaching,
        "leaves the monitor; the run goes on in the background, and `gan-tui attach` comes back to \
         it",
    ),
    (Group::Training, "pauses and goes on; one iteration while paused; saves a checkpoint now"),
    (
        Group::Presets,
        "chooses another preset: tells what is otherwise in it; the present run is ended and kept, \
         a new one starts, with new weights or (right) with the present ones where the networks \
         are the same",
    ),
    (
        Group::Reloading,
        "a new run of the preset whose file has changed meanwhile; the monitor tells when it has",
    ),
    (
        Group::Samples,
        "other ways to look at samples: the fixed latents, one of them, sorted by the \
         discriminator's verdict, fresh ones (`f` draws others), a walk between latents, real \
         beside generated, and, where the networks are told the digits, a row for each digit",
    ),
    (
        Group::Numbers,
        "types a number and shows it drawn, as it is typed and as training goes on; where the \
         networks are told the digits",
    ),
    (
        Group::Time,
        "back through the run while it trains; `r` plays it, End returns to what is live; with the \
         losses in focus, a cursor that reads off values; `<` and `>` a replay's speed",
    ),
    (Group::Scrolling, "with one sample shown, which one; with the log in focus, through it"),
    (Group::Panels, "focuses a panel, enlarges it, puts it back"),
    (Group::Charts, "how much of the run the charts show, logarithmic scale, smoothing"),
    (
        Group::Rates,
        "changes the learning rates (written to `changes.jsonl`, and repeated by `resume`)",
    ),
    (
        Group::Exporting,
        "exports the frame shown as PNG, text and ANSI, and says where; a list of what else can be \
         exported: SVG, one sample, the run so far as GIF or asciicast, the whole screen as text \
         or SVG; copies the path, over SSH too (OSC 52)",
    ),
    (
        Group::Pictures,
        "characters and colours of pictures, the theme, fewer and larger or more and smaller \
         pictures",
    ),
    (Group::System, "suspends all until `fg`; draws the screen anew"),
    (Group::KeyList, "lists all keys"),
];

fn table() -> String {
    let row = |(group, text): (Group, &str)| {
        let keys = Action::ROWS.iter().filter(|(_, spec)| spec.group == group);
        let keys: Vec<String> = keys.map(|(_, spec)| keys_of(spec)).collect();
        format!("| {} | {text} |\n", keys.join(", "))
    };
    format!("| key | does |\n|---|---|\n{}", ROWS.map(row).concat())
}

/// The names of an action's keys: `Home or g`, and `1 to 9` for one whose keys are numbered.
fn keys_of(spec: &ActionSpec) -> String {
    let names = spec.keys.iter().flat_map(|(_, names)| names.split(' '));
    let quoted = |name: &str| match name.chars().count() {
        1 => format!("`{name}`"),
        _ => name.into(),
    };
    let names: Vec<String> = names.map(quoted).collect();
    match &names[..] {
        [first, _, .., last] => format!("{first} to {last}"),
        names => names.join(" or "),
    }
}

#[test]
fn the_readme_has_every_key() {
    let readme = fs::read_to_string(README).expect("the README can be read");
    let (before, rest) = readme.split_once(MARKERS.0).expect("the table's first marker");
    let (found, after) = rest.split_once(MARKERS.1).expect("the table's last marker");
    let wanted = table();
    if env::var_os("GAN_TUI_UPDATE_DOCS").is_some() {
        let text = [before, MARKERS.0, &wanted, MARKERS.1, after].concat();
        return fs::write(README, text).expect("the README can be written");
    }
    assert!(
        found == wanted,
        "{README}: the table of keys is another one than the actions'; `GAN_TUI_UPDATE_DOCS=1 \
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
