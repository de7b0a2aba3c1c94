//! `gan-tui runs`: the runs there are, a line each.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    Status,
    output::{Align, grouped, print, size, table},
};
use crate::run::{self, Listing};

/// Lists the runs in a folder, the newest last.
///
/// # Errors
/// Where the folder cannot be read.
pub fn run(folder: &Path, as_json: bool) -> anyhow::Result<Status> {
    let runs = run::list(folder)?;
    if as_json {
        let values: Vec<Value> = runs.iter().map(object).collect();
        print(format!("{:#}\n", Value::Array(values)))?;
    } else if runs.is_empty() {
        print(format!("no runs in {}\n", folder.display()))?;
    } else {
        let mut rows = vec![["run", "state", "preset", "iteration", "d_loss", "g_loss", "size"].map(str::to_owned)];
        rows.extend(runs.iter().map(row));
        let [left, right] = [Align::Left, Align::Right];
        print(table([left, left, left, right, right, right, right], &rows))?;
    }
    Ok(Status::DONE)
}

fn row(run: &Listing) -> [String; 7] {
    let loss = |loss: Option<f32>| loss.map_or_else(|| "-".into(), |loss| format!("{loss:.3}"));
    let of = run.iterations.map_or_else(String::new, |iterations| format!("/{}", grouped(iterations)));
    [
        run.path.display().to_string(),
        run.status.to_string(),
        run.preset.clone().unwrap_or_else(|| "-".into()),
        format!("{}{of}", grouped(run.iteration)),
        loss(run.d_loss),
        loss(run.g_loss),
        size(run.bytes),
    ]
}

fn object(run: &Listing) -> Value {
    json!({
        "path": run.path.to_string_lossy(),
        "name": run.name,
        "state": run.status.name(),
        "preset": run.preset,
        "iteration": run.iteration,
        "iterations": run.iterations,
        "start_time": run.start_time,
        "d_loss": run.d_loss,
        "g_loss": run.g_loss,
        "bytes": run.bytes,
    })
}
