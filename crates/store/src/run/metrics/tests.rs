#![allow(clippy::unwrap_used)]

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use gan_tui_core::event::{Metrics, Series};
use proptest::prelude::*;

use super::*;
use crate::run::paths;

pub(super) fn row(iteration: u64) -> Metrics {
    Metrics::new(iteration, 12.25, 0.5).with([
        (Series::D_LOSS, 0.1 * iteration as f32),
        (Series::D_LOSS_REAL, 0.3),
        (Series::D_LOSS_FAKE, 0.7),
        (Series::G_LOSS, 1.0 / 3.0),
        (Series::D_ACCURACY, 0.5),
        (Series::D_REAL, 0.6),
        (Series::D_FAKE, 0.4),
    ])
}

fn written(rows: impl IntoIterator<Item = u64>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = MetricsWriter::open(folder.path(), 0).unwrap();
    for iteration in rows {
        writer.push(&row(iteration)).unwrap();
    }
    writer.sync().unwrap();
    folder
}

fn append(folder: &Path, bytes: &[u8]) {
    File::options()
        .append(true)
        .open(folder.join(paths::METRICS))
        .unwrap()
        .write_all(bytes)
        .unwrap();
}

fn iterations(log: &MetricsLog) -> Vec<u64> {
    log.rows.iter().map(|row| row.iteration).collect()
}

#[test]
fn a_line_has_exactly_these_fields() {
    let folder = written([1]);
    let text = fs::read_to_string(folder.path().join(paths::METRICS)).unwrap();
    assert_eq!(
        text,
        "{\"iteration\":1,\"d_loss\":0.1,\"d_loss_real\":0.3,\"d_loss_fake\":0.7,\"g_loss\":0.33333334,\"d_accuracy\":0.5,\
         \"d_real\":0.6,\"d_fake\":0.4,\"step_ms\":12.25,\"elapsed_s\":0.5}\n"
    );
}

#[test]
fn rows_are_read_as_they_were_written() {
    let folder = written(1..=50);
    let log = MetricsLog::read(folder.path()).unwrap();
    assert_eq!(log.rows, (1..=50).map(row).collect::<Vec<_>>());
    assert_eq!(log.warning(false), None);
    assert_eq!(last_row(folder.path()).unwrap(), Some(row(50)));
    assert_eq!(last_row(&folder.path().join("missing")).unwrap(), None);
}

#[test]
fn an_iteration_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = MetricsWriter::open(folder.path(), 0).unwrap();
    for iteration in [1, 1, 2, 2, 1] {
        writer.push(&row(iteration)).unwrap();
    }
    drop(writer);
    assert_eq!(iterations(&MetricsLog::read(folder.path()).unwrap()), [1, 2]);
}

#[test]
fn numbers_that_json_lacks_are_null_and_read_as_nan() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = MetricsWriter::open(folder.path(), 0).unwrap();
    writer
        .push(&row(1).with([(Series::G_LOSS, f32::NAN), (Series::D_LOSS, f32::INFINITY)]))
        .unwrap();
    drop(writer);
    let text = fs::read_to_string(folder.path().join(paths::METRICS)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(json["g_loss"].is_null() && json["d_loss"].is_null());
    let log = MetricsLog::read(folder.path()).unwrap();
    assert!(
        log.rows[0].value(Series::G_LOSS).is_nan() && log.rows[0].value(Series::D_LOSS).is_nan()
    );
    assert_eq!(log.rows[0].value(Series::D_REAL), 0.6);
}

#[test]
fn a_torn_last_line_waits_for_its_rest() {
    let folder = written([1, 2]);
    append(folder.path(), b"{\"iteration\":3,\"d_lo");
    let mut log = MetricsLog::read(folder.path()).unwrap();
    assert_eq!((iterations(&log), log.torn), (vec![1, 2], true));
    assert_eq!(log.warning(true), None);
    assert_eq!(
        log.warning(false).unwrap(),
        "metrics.jsonl: the last line is incomplete and was skipped"
    );
    let rest = serde_json::to_string(&row(3)).unwrap();
    append(folder.path(), &rest.as_bytes()[20..]);
    append(folder.path(), b"\n");
    log.refresh(folder.path()).unwrap();
    assert_eq!((iterations(&log), log.torn), (vec![1, 2, 3], false));
}

#[test]
fn unreadable_lines_are_left_out_and_told() {
    let folder = written([1]);
    append(folder.path(), b"\xff\xfe\n{}\n");
    let mut writer = MetricsWriter::open(folder.path(), 1).unwrap();
    writer.push(&row(2)).unwrap();
    drop(writer);
    let log = MetricsLog::read(folder.path()).unwrap();
    assert_eq!(iterations(&log), [1, 2]);
    assert_eq!(
        log.warning(true).unwrap(),
        "metrics.jsonl: 2 lines are unreadable and were skipped, the first is line 2"
    );
}

#[test]
fn a_log_is_cut_back_and_goes_on() {
    let folder = written(1..=9);
    append(folder.path(), b"{\"iter");
    let mut reader = MetricsLog::read(folder.path()).unwrap();
    let all = fs::read(folder.path().join(paths::METRICS)).unwrap();
    let kept_5 = truncated(folder.path(), 5, None).unwrap();
    assert_eq!((kept_5.last, kept_5.best), (Some(row(5)), None));
    assert!(
        fs::read(folder.path().join(paths::METRICS)).unwrap() == all,
        "looking changes nothing"
    );
    let aside = paths::before(folder.path(), paths::METRICS, 5);
    truncate(folder.path(), 5, None, &aside).unwrap();
    assert!(fs::read(&aside).unwrap() == all, "what is cut is put aside");
    let mut writer = MetricsWriter::open(folder.path(), 5).unwrap();
    for iteration in 6..=20 {
        writer.push(&row(iteration)).unwrap();
    }
    drop(writer);
    let whole = written(1..=20);
    let bytes = |folder: &Path| fs::read(folder.join(paths::METRICS)).unwrap();
    assert_eq!(bytes(folder.path()), bytes(whole.path()));
    reader.refresh(folder.path()).unwrap();
    assert_eq!(iterations(&reader), (1..=20).collect::<Vec<_>>(), "a reader notices");
    truncate(folder.path(), 0, None, &aside).unwrap();
    assert!(
        fs::read(&aside).unwrap() == bytes(whole.path()),
        "what reaches further takes the place of an earlier cut"
    );
    append(folder.path(), &fs::read(written(1..=3).path().join(paths::METRICS)).unwrap());
    truncate(folder.path(), 0, None, &aside).unwrap();
    assert!(fs::read(&aside).unwrap() == bytes(whole.path()), "what does not leaves it");
    assert_eq!(truncated(folder.path(), 0, None).unwrap().last, None);
    reader.refresh(folder.path()).unwrap();
    assert!(reader.rows.is_empty());
}

#[test]
fn a_log_saved_by_an_editor_on_windows_is_read() {
    let folder = written(1..=3);
    let path = folder.path().join(paths::METRICS);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("\u{feff}{}\r\n", text.replace('\n', "\r\n"))).unwrap();
    let log = MetricsLog::read(folder.path()).unwrap();
    assert_eq!((log.rows.len(), log.warning(false)), (3, None));
    assert_eq!(truncated(folder.path(), 3, None).unwrap().last, Some(row(3)));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(&path, &utf16).unwrap();
    let found = "metrics.jsonl: expected text in UTF-8, found UTF-16 (little-endian)";
    assert_eq!(MetricsLog::read(folder.path()).unwrap().warning(false).unwrap(), found);
    assert!(truncated(folder.path(), 3, None).unwrap_err().to_string().ends_with(found));
    assert!(fs::read(&path).unwrap() == utf16, "nothing is cut");
}

#[test]
fn a_long_log_takes_bounded_memory_and_loses_no_extreme() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = Vec::new();
    let count = 300_000u64;
    for iteration in 1..=count {
        let (d_loss, g_loss) = match iteration {
            77_777 => ("99.5", "0.5"),
            150_001 => ("0.5", "null"),
            _ => ("0.5", "0.5"),
        };
        let row = format!(
            "{{\"iteration\":{iteration},\"d_loss\":{d_loss},\"g_loss\":{g_loss},\
             \"step_ms\":1.0,\"elapsed_s\":{iteration}}}\n"
        );
        text.extend_from_slice(row.as_bytes());
    }
    fs::write(folder.path().join(paths::METRICS), &text).unwrap();
    let mut log = MetricsLog::read(folder.path()).unwrap();
    let iterations = iterations(&log);
    assert!(iterations.len() <= 1 << 17 && iterations.is_sorted_by(|a, b| a < b));
    assert_eq!((iterations[0], *iterations.last().unwrap()), (1, count));
    assert!([77_777, 150_001].iter().all(|spike| iterations.contains(spike)));
    assert!((count - 8000..=count).all(|newest| iterations.binary_search(&newest).is_ok()));
    assert_eq!(log.warning(false), None);
    append(folder.path(), b"{\"iteration\":300001,\"step_ms\":1,\"elapsed_s\":1}\n");
    log.refresh(folder.path()).unwrap();
    assert_eq!(log.rows.last().unwrap().iteration, count + 1);
    let mut rows = 0;
    for_each_row(folder.path(), &mut |row| {
        rows += 1;
        assert_eq!(row.iteration, rows);
        Ok::<(), crate::run::RunError>(())
    })
    .unwrap();
    assert_eq!(rows, count + 1, "who needs them all reads them all");
}

#[test]
fn reading_can_be_ended() {
    let folder = written(1..=20_000);
    let mut log = MetricsLog::default();
    log.refresh_until(folder.path(), &mut |_| false).unwrap();
    let read = log.rows.len();
    assert!(0 < read && read < 20_000, "{read}");
    log.refresh(folder.path()).unwrap();
    assert_eq!(log.rows.len(), 20_000);
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(paths::METRICS), &bytes).unwrap();
        let log = MetricsLog::read(folder.path()).unwrap();
        prop_assert!(log.rows.len() + log.bad_lines <= bytes.len());
        // What looks like another encoding is left as it is.
        if let Err(error) = truncate(folder.path(), 10, None, &folder.path().join("aside")) {
            prop_assert!(error.is_damage() && error.to_string().contains("found UTF-16"));
            prop_assert!(fs::read(folder.path().join(paths::METRICS)).unwrap() == bytes);
        }
    }

    #[test]
    fn damage_costs_the_damaged_lines_alone(at in 0usize..2000, byte in any::<u8>()) {
        let folder = written(1..=20);
        let path = folder.path().join(paths::METRICS);
        let mut bytes = fs::read(&path).unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        fs::write(&path, &bytes).unwrap();
        let log = MetricsLog::read(folder.path()).unwrap();
        prop_assert!(log.rows.len() >= 18, "{} rows of 20", log.rows.len());
    }
}
