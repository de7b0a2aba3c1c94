//! Comparison of run directories.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Map, Value};

/// Returns what must be equal however often a run was interrupted, by name: checkpoints, frames,
/// and metrics without their times.
pub fn recorded(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for folder in ["frames", "checkpoints"] {
        for entry in fs::read_dir(run.join(folder)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    let mut rows = String::new();
    for line in fs::read_to_string(run.join("metrics.jsonl")).unwrap().lines() {
        let mut row: Map<String, Value> = serde_json::from_str(line).unwrap();
        row.remove("step_ms");
        row.remove("elapsed_s");
        rows += &format!("{row:?}\n");
    }
    found.insert("metrics.jsonl".into(), rows.into_bytes());
    found
}

/// Asserts that two run directories hold the same checkpoints, frames and metrics.
#[track_caller]
pub fn assert_same(found: &Path, expected: &Path) {
    let (found, expected) = (recorded(found), recorded(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

/// Returns the iteration of a run directory's newest frame.
pub fn newest_frame(run: &Path) -> Option<u64> {
    let names = fs::read_dir(run.join("frames"))
        .ok()?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".png")?.parse().ok()).max()
}
