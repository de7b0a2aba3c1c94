//! Which checkpoints stay: the newest on the preset's schedule, and what was saved between them.

use gan_tui_core::preset::Preset;

/// The checkpoints that may go now that the one of `newest` is safe.
///
/// The last `keep_checkpoints` of those on schedule stay, and so does what a person or a signal
/// asked for, until it is older than all of these. Where the run ended off schedule and went on
/// (`interim`), that checkpoint has served its purpose: what stays is what an uninterrupted run
/// would have left.
pub(super) fn outdated(
    saved: &[u64],
    preset: &Preset,
    newest: u64,
    interim: Option<u64>,
) -> Vec<u64> {
    let every = preset.checkpoint_every.max(1);
    let counts =
        |iteration: &&u64| iteration.is_multiple_of(every) || **iteration == preset.iterations;
    let scheduled: Vec<u64> = saved.iter().filter(counts).copied().collect();
    let first = scheduled.len().saturating_sub(preset.keep_checkpoints.max(1));
    let oldest = scheduled.get(first).copied().unwrap_or(0);
    let goes = |iteration: &u64| {
        *iteration != newest
            && (*iteration < oldest || (Some(*iteration) == interim && *iteration < newest))
    };
    saved.iter().copied().filter(goes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_on_schedule_stay_and_the_last_always() {
        let preset = Preset {
            iterations: 45,
            checkpoint_every: 10,
            keep_checkpoints: 2,
            ..Preset::default()
        };
        let outdated =
            |saved: &[u64], newest, interim| super::outdated(saved, &preset, newest, interim);
        assert_eq!(outdated(&[10], 10, None), [0; 0]);
        assert_eq!(outdated(&[10, 20, 30], 30, None), [10]);
        assert_eq!(outdated(&[30, 40, 45], 45, None), [30], "the end counts as one on schedule");
        assert_eq!(
            outdated(&[10, 17, 20], 20, None),
            [0; 0],
            "what was asked for displaces nothing"
        );
        assert_eq!(outdated(&[10, 17, 20, 30], 30, None), [10, 17]);
        assert_eq!(outdated(&[20, 30, 37], 37, None), [0; 0], "and is never the first to go");
        assert_eq!(outdated(&[10, 17, 20], 20, Some(17)), [17], "where the run was interrupted");
        assert_eq!(outdated(&[10, 17], 17, Some(17)), [0; 0], "not before a newer one is safe");
    }
}
