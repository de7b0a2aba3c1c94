//! Runs beside each other in a file: every value as a table, or the curves as a chart.

use std::{fmt::Write, path::Path};

use anyhow::{anyhow, bail, ensure};

use crate::{cli::report, command::watch::warn_of};
use gan_tui_core::text::shown;
use gan_tui_store::{
    export::chart::{MetricsChart, RunCurve, RunsPanel},
    logs::{Axis, Exact, Feed, Found, LogRun, Stat, groups},
};

/// Panels of a chart at most.
const MOST_PANELS: usize = 12;
/// Tags of a run at most, and bytes read at once.
const MOST_TAGS: usize = 1024;
const BUDGET: usize = 4 << 20;

/// Returns the bytes of a file, whose ending says what it is to be.
///
/// # Errors
/// Returns an error if it is of no kind that is written, or a run cannot be read.
pub fn encode(out: &Path, found: &[Found], axis: Axis) -> anyhow::Result<Vec<u8>> {
    let ending = out.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "csv" => table(found).map(String::into_bytes),
        "svg" => Ok(chart(found, axis)?.svg(1).into_bytes()),
        "png" => Ok(chart(found, axis)?.png(1)?),
        _ => bail!("{}: expected a file that ends in .csv, .svg or .png", shown(out)),
    }
}

/// A row for each step of each run, a column for each series.
fn table(found: &[Found]) -> anyhow::Result<String> {
    let read = |run: &Found| Exact::read(run).map_err(|reason| anyhow!(reason));
    // The columns first: one run at a time is in memory.
    let mut tags: Vec<String> = Vec::new();
    for run in found {
        let exact = read(run)?;
        warn_of(&exact.problems, &run.name);
        for (tag, _) in &exact.tags {
            if !tags.iter().any(|known| **known == **tag) {
                tags.push(tag.to_string());
            }
        }
    }
    let mut out = String::from("run,seed,step,images,seconds");
    for tag in &tags {
        out += &format!(",{}", quoted(tag));
    }
    out.push('\n');
    for run in found {
        let exact = read(run)?;
        let preset = exact.own.as_ref().and_then(|own| own.preset.as_ref());
        let seed = preset.map_or_else(String::new, |preset| preset.seed.to_string());
        let batch = preset.map(|preset| preset.batch as i64);
        let places: Vec<Option<usize>> = tags
            .iter()
            .map(|tag| exact.tags.iter().position(|(known, _)| **known == **tag))
            .collect();
        let name = quoted(&run.name);
        let rows = exact.rows();
        let start = rows.values().map(|(time, _)| *time).fold(f64::INFINITY, f64::min);
        // Our own times are since the beginning already.
        let start = if exact.own.is_some() || !start.is_finite() { 0.0 } else { start };
        for (step, (time, values)) in rows {
            let images =
                batch.map_or_else(String::new, |batch| step.saturating_mul(batch).to_string());
            let seconds =
                if time.is_finite() { format!("{:.3}", time - start) } else { String::new() };
            // Writing to a string cannot fail.
            let _ = write!(out, "{name},{seed},{step},{images},{seconds}");
            for place in &places {
                match place.and_then(|place| values[place]) {
                    // A float of 32 bits is written in as few digits as tell it from all others.
                    Some(value) if f64::from(value as f32) == value => {
                        let _ = write!(out, ",{}", value as f32);
                    }
                    Some(value) => drop(write!(out, ",{value}")),
                    None => out.push(','),
                }
            }
            out.push('\n');
        }
    }
    Ok(out)
}

/// Returns a field of a CSV file, in quotes if it needs them.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.into()
    }
}

/// Reads a run as the monitor does, which takes bounded memory.
fn read(found: &Found) -> anyhow::Result<LogRun> {
    let mut feed = Feed::open(found);
    let mut run = LogRun::new(found.name.clone(), found.path.clone(), found.kind, MOST_TAGS);
    loop {
        let progress = feed.poll(BUDGET).map_err(|reason| anyhow!(reason))?;
        progress.items.into_iter().for_each(|item| run.take(item));
        if !progress.is_behind {
            break;
        }
    }
    run.own = feed.own();
    warn_of(&feed.problems(), &found.name);
    Ok(run)
}

/// A panel for each series, a curve for each run; runs that differ only in their seed are one, with
/// their mean and range.
fn chart(found: &[Found], axis: Axis) -> anyhow::Result<MetricsChart> {
    let runs: Vec<LogRun> = found.iter().map(read).collect::<anyhow::Result<_>>()?;
    let mut tags: Vec<String> = Vec::new();
    for tag in runs.iter().flat_map(LogRun::tags) {
        if !tags.iter().any(|known| **known == **tag) {
            tags.push(tag.to_string());
        }
    }
    tags.sort_by_key(|tag| !tag.to_lowercase().contains("loss"));
    let ends = runs.iter().filter_map(|run| run.span(axis));
    let ends = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    ensure!(ends.is_some() && !tags.is_empty(), "no numbers are logged there yet");
    if tags.len() > MOST_PANELS {
        let count = tags.len();
        report::warn(&format!("the chart has the first {MOST_PANELS} of {count} series"));
    }
    let named: Vec<groups::Named> = runs
        .iter()
        .map(|run| {
            let preset = run.own.as_ref().and_then(|own| own.preset.as_ref());
            (run.name.as_str(), preset)
        })
        .collect();
    let groups = groups::by_seed(&named);
    let ends = ends.unwrap_or((0.0, 1.0));
    let panel = |tag: String| {
        let curve = |group: &Vec<usize>| {
            let first = &runs[group[0]].name;
            let name = match group.len() {
                1 => first.clone(),
                count => format!("{} ({count} seeds)", groups::without_seed(first)),
            };
            RunCurve { name, points: points(&runs, group, &tag, ends, axis) }
        };
        let curves = groups.iter().map(curve).collect();
        RunsPanel { name: tag, curves }
    };
    let panels = tags.into_iter().take(MOST_PANELS).map(panel).collect();
    let name = match axis {
        Axis::Step => "step",
        Axis::Images => "images seen",
        Axis::Time => "seconds",
    };
    let title = match found {
        [only] => only.name.clone(),
        several => format!("{} runs", several.len()),
    };
    Ok(MetricsChart::of_runs(&title, name, ends, panels))
}

/// The points of a group: of one run as it is, of several their mean, least and greatest.
fn points(
    runs: &[LogRun],
    group: &[usize],
    tag: &str,
    ends: (f64, f64),
    axis: Axis,
) -> Vec<Option<Stat>> {
    let of = |&run: &usize| {
        let run = &runs[run];
        Some(run.track(tag)?.columns(ends, MetricsChart::COLUMNS, run.on_axis(axis)))
    };
    let mut all: Vec<Vec<Option<Stat>>> = group.iter().filter_map(of).collect();
    if all.len() == 1 {
        return all.remove(0);
    }
    let column = |column: usize| {
        let means: Vec<f64> =
            all.iter().filter_map(|points| points[column]).map(|stat| stat.mean).collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let min = means.iter().copied().fold(f64::INFINITY, f64::min);
        let max = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (!means.is_empty()).then_some(Stat { min, mean, max })
    };
    (0..MetricsChart::COLUMNS).map(column).collect()
}
