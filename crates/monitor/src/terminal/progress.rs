//! How far a run is, in the terminal's tab or in the task bar (ConEmu's OSC 9;4).

use gan_tui_core::event::{Outcome, RunState};

/// Shows none any more.
pub const NONE: &str = "\x1b]9;4;0\x07";

/// Returns whether the terminal is known to show progress, by its environment: others would take
/// the sequence for a notification.
pub fn is_shown(get: impl Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| get(name).is_some_and(|found| found == value);
    let number = |name: &str| get(name).and_then(|value| value.parse::<u32>().ok()).unwrap_or(0);
    let ghostty = || {
        let version = get("TERM_PROGRAM_VERSION").unwrap_or_default();
        let mut parts = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (1, 2)
    };
    if get("TMUX").is_some() || get("STY").is_some() {
        return false;
    }
    get("WT_SESSION").is_some()
        || is("ConEmuANSI", "ON")
        || is("TERM_PROGRAM", "mintty")
        || (is("TERM_PROGRAM", "ghostty") && ghostty())
        || number("VTE_VERSION") >= 8000
}

/// The progress of a run that has done a share of its work, 0 to 1.
pub fn sequence(state: &RunState, share: f64) -> String {
    let percent = (share.clamp(0.0, 1.0) * 100.0) as u32;
    match state {
        RunState::Preparing(_) => "\x1b]9;4;3\x07".into(),
        RunState::Running => format!("\x1b]9;4;1;{percent}\x07"),
        RunState::Paused => format!("\x1b]9;4;4;{percent}\x07"),
        RunState::Ended(Outcome::Failed(_)) => format!("\x1b]9;4;2;{percent}\x07"),
        RunState::Ended(_) | RunState::Interrupted | RunState::Unknown => NONE.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_shown_where_it_is_known_to_be_no_notification() {
        let shown = |variables: &[(&str, &str)]| {
            is_shown(|name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            })
        };
        for (variables, expected) in [
            (&[("WT_SESSION", "6f5a")][..], true),
            (&[("WT_SESSION", "6f5a"), ("TMUX", "/tmp/tmux,1,0")], false),
            (&[("ConEmuANSI", "ON")], true),
            (&[("TERM_PROGRAM", "ghostty"), ("TERM_PROGRAM_VERSION", "1.2.0")], true),
            (&[("TERM_PROGRAM", "ghostty"), ("TERM_PROGRAM_VERSION", "1.1.3-dev")], false),
            (&[("TERM_PROGRAM", "iTerm.app"), ("TERM_PROGRAM_VERSION", "3.5.0")], false),
            (&[("VTE_VERSION", "8001")], true),
            (&[("VTE_VERSION", "7006")], false),
            (&[], false),
        ] {
            assert_eq!(shown(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn states_have_their_numbers() {
        let shown = |state: &RunState| sequence(state, 0.419).replace(['\x1b', '\x07'], "");
        assert_eq!(shown(&RunState::Running), "]9;4;1;41");
        assert_eq!(shown(&RunState::Paused), "]9;4;4;41");
        assert_eq!(shown(&RunState::Preparing(None)), "]9;4;3");
        assert_eq!(shown(&RunState::Ended(Outcome::Failed("x".into()))), "]9;4;2;41");
        assert_eq!(shown(&RunState::Ended(Outcome::Finished)), "]9;4;0");
    }
}
