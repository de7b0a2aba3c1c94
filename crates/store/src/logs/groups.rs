//! Which runs differ only in their seed, and in what the others differ.

use gan_tui_core::preset::Preset;

/// A run as groups see it: its name, and its preset if it is one of ours.
pub type Named<'a> = (&'a str, Option<&'a Preset>);

/// Returns groups of runs that differ only in their seed, by their places; a run that is like no
/// other is a group of its own.
pub fn by_seed(runs: &[Named]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for place in 0..runs.len() {
        let is_like = |group: &&mut Vec<usize>| are_seeds(runs[group[0]], runs[place]);
        match groups.iter_mut().find(is_like) {
            Some(group) => group.push(place),
            None => groups.push(vec![place]),
        }
    }
    groups
}

/// Returns whether two runs differ only in their seed: by their presets, else by their names.
fn are_seeds(a: Named, b: Named) -> bool {
    match (a.1, b.1) {
        (Some(a), Some(b)) => {
            let differences = without_names(a).differences(&without_names(b));
            let others = differences
                .iter()
                .any(|difference| difference.field != "seed" && !difference.recording_only);
            a.seed != b.seed && !others
        }
        (None, None) => {
            let has_seed = without_seed(a.0) != a.0;
            has_seed && a.0 != b.0 && without_seed(a.0) == without_seed(b.0)
        }
        _ => false,
    }
}

fn without_names(preset: &Preset) -> Preset {
    Preset { name: String::new(), description: String::new(), ..preset.clone() }
}

/// Returns a name without its `seed1`, `seed=1` or `seed_1`.
pub fn without_seed(name: &str) -> String {
    let Some(at) = name.to_ascii_lowercase().rfind("seed") else { return name.into() };
    let rest = name[at + 4..].trim_start_matches(['=', '-', '_']);
    let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    if after.len() == rest.len() {
        return name.into();
    }
    let before = name[..at].trim_end_matches(['-', '_', '/', ' ', ',', '.']);
    format!("{before}{after}")
}

/// Returns the fields in which the presets of the runs differ, each with the value of every run;
/// `-` of a run without a preset.
pub fn differing(runs: &[Named]) -> Vec<(String, Vec<String>)> {
    let presets: Vec<Option<&Preset>> = runs.iter().map(|(_, preset)| *preset).collect();
    let Some(first) = presets.iter().flatten().next() else { return Vec::new() };
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for (place, other) in presets.iter().enumerate() {
        let Some(other) = other else { continue };
        for difference in first.differences(other) {
            let is_name = difference.field == "description" || difference.field == "name";
            if is_name || difference.recording_only {
                continue;
            }
            let [own, value] = difference.values;
            let known = fields.iter().position(|(field, _)| *field == difference.field);
            let known = known.unwrap_or_else(|| {
                // Until they are found to differ, all have the first one's value.
                let of = |preset: &Option<&Preset>| preset.map_or("-".into(), |_| own.clone());
                fields.push((difference.field, presets.iter().map(of).collect()));
                fields.len() - 1
            });
            fields[known].1[place] = value;
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_taken_out_of_names() {
        for (name, expected) in [
            ("lr1e-3_seed1", "lr1e-3"),
            ("a/seed=12/x", "a/x"),
            ("Seed-3", ""),
            ("seedling", "seedling"),
            ("run", "run"),
        ] {
            assert_eq!(without_seed(name), expected);
        }
    }

    #[test]
    fn runs_that_differ_only_in_their_seed_are_grouped() {
        let preset = |seed, batch| Preset { seed, batch, ..Preset::default() };
        let presets = [preset(1, 32), preset(2, 32), preset(1, 64), preset(2, 64), preset(1, 32)];
        let names = ["a", "b", "c", "d", "e"];
        let mut runs: Vec<Named> =
            names.iter().zip(&presets).map(|(name, preset)| (*name, Some(preset))).collect();
        assert_eq!(
            by_seed(&runs),
            [vec![0, 1], vec![2, 3], vec![4]],
            "the same seed twice is none"
        );
        let expected = [
            ("batch".to_owned(), ["32", "32", "64", "64", "32"].map(String::from).to_vec()),
            ("seed".into(), ["1", "2", "1", "2", "1"].map(String::from).to_vec()),
        ];
        let mut found = differing(&runs);
        found.sort();
        assert_eq!(found, expected);
        runs = vec![("x_seed1", None), ("y", None), ("x_seed2", None)];
        assert_eq!(by_seed(&runs), [vec![0, 2], vec![1]]);
        assert!(differing(&runs).is_empty());
    }
}
