//! What runs come to, as JSON: the last, least and greatest value of each series, and what the
//! runs differ in.

use anyhow::anyhow;
use serde_json::{Map, Value, json};

use crate::command::watch::warn_of;
use gan_tui_store::logs::{Exact, Found, groups};

/// A series of a run in a few numbers.
struct Summary {
    count: usize,
    last: (i64, f64),
    least: Option<(i64, f64)>,
    most: Option<(i64, f64)>,
}

/// Returns the object that is printed.
///
/// # Errors
/// Returns an error if a run cannot be read.
pub fn of(found: &[Found]) -> anyhow::Result<Value> {
    let mut presets = Vec::new();
    let mut series: Vec<Vec<(String, Summary)>> = Vec::new();
    let mut runs = Vec::new();
    for run in found {
        // One run at a time is in memory.
        let exact = Exact::read(run).map_err(|reason| anyhow!(reason))?;
        warn_of(&exact.problems, &run.name);
        let summaries: Vec<(String, Summary)> = exact
            .tags
            .iter()
            .filter_map(|(tag, _)| Some((tag.to_string(), summary(&exact, tag)?)))
            .collect();
        let own = exact.own.as_ref();
        let preset = own.and_then(|own| own.preset.clone());
        runs.push(json!({
            "path": run.path.to_string_lossy(),
            "name": run.name,
            "state": own.map(|own| own.state.name()),
            "preset": preset.as_ref().map(|preset| &preset.name),
            "seed": preset.as_ref().map(|preset| preset.seed),
            "series": summaries.iter().map(|(tag, of)| (tag.clone(), object(of)))
                .collect::<Map<String, Value>>(),
        }));
        presets.push(preset);
        series.push(summaries);
    }
    let named: Vec<groups::Named> = found
        .iter()
        .zip(&presets)
        .map(|(run, preset)| (run.name.as_str(), preset.as_ref()))
        .collect();
    let fields = groups::differing(&named);
    for (place, run) in runs.iter_mut().enumerate() {
        let of = |(field, values): &(String, Vec<String>)| {
            (field.clone(), Value::from(values[place].clone()))
        };
        run["differs"] = fields.iter().map(of).collect::<Map<String, Value>>().into();
    }
    let groups = groups::by_seed(&named);
    let groups: Vec<Value> = groups.iter().map(|group| of_group(group, found, &series)).collect();
    Ok(json!({ "runs": runs, "groups": groups }))
}

fn summary(exact: &Exact, tag: &str) -> Option<Summary> {
    let finite = || exact.numbers(tag).filter(|(_, _, value)| value.is_finite());
    let by_value = |a: &(i64, f64, f64), b: &(i64, f64, f64)| a.2.total_cmp(&b.2);
    let place = |(step, _, value): (i64, f64, f64)| (step, value);
    Some(Summary {
        count: exact.numbers(tag).count(),
        last: exact.numbers(tag).last().map(place)?,
        least: finite().min_by(by_value).map(place),
        most: finite().max_by(by_value).map(place),
    })
}

fn object(summary: &Summary) -> Value {
    let value = |(step, value): (i64, f64)| json!({ "step": step, "value": value });
    json!({
        "count": summary.count,
        "last": value(summary.last),
        "least": summary.least.map(value),
        "most": summary.most.map(value),
    })
}

/// Runs that differ only in their seed: over them the mean, the least and the greatest of the last
/// values.
fn of_group(group: &[usize], found: &[Found], series: &[Vec<(String, Summary)>]) -> Value {
    let mut tags: Vec<&str> = Vec::new();
    for (tag, _) in group.iter().flat_map(|&run| &series[run]) {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    let last = |tag: &str| {
        let values = group.iter().flat_map(|&run| &series[run]).filter(|(known, _)| known == tag);
        let values: Vec<f64> = values.map(|(_, summary)| summary.last.1).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        json!({ "mean": mean, "least": least, "most": most })
    };
    let first = group.first().map_or("", |&run| found[run].name.as_str());
    json!({
        "name": if group.len() > 1 { groups::without_seed(first) } else { first.into() },
        "runs": group,
        "last": tags.into_iter().map(|tag| (tag.to_owned(), last(tag)))
            .collect::<Map<String, Value>>(),
    })
}
