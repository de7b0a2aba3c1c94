//! How far the tasks of a sweep are.

use std::path::Path;

use serde::Serialize;

use crate::cli::{
    output::{Align, grouped, print as print_text, print_json, table},
    report::{self, Exit},
};
use gan_tui_core::sweep::{Sweep, Task};
use gan_tui_store::run::{Run, paths};

/// How far a task is, for a program to read.
#[derive(Serialize)]
struct Row {
    task: usize,
    settings: Vec<String>,
    /// `waiting` before its run began.
    state: String,
    iteration: u64,
    iterations: Option<u64>,
    /// The least distance so far, and where.
    best: Option<f32>,
    best_iteration: Option<u64>,
}

impl Row {
    fn of(task: &Task, folder: &Path) -> anyhow::Result<Self> {
        let dir = task.dir(folder);
        let mut row = Self {
            task: task.number,
            settings: task.settings.iter().map(ToString::to_string).collect(),
            state: "waiting".into(),
            iteration: 0,
            iterations: None,
            best: None,
            best_iteration: None,
        };
        if !paths::is_run(&dir)? {
            return Ok(row);
        }
        let run = Run::at(&dir)?;
        row.state = run.state().name().into();
        row.iteration = run.last_iteration();
        row.iterations = run.preset().map(|preset| preset.iterations);
        let scored = run
            .metrics()
            .iter()
            .filter_map(|of| Some((of.score.as_ref()?.distance(), of.iteration)));
        let best = scored.filter(|(distance, _)| distance.is_finite());
        let best = best.min_by(|a, b| a.0.total_cmp(&b.0));
        (row.best, row.best_iteration) = best.unzip();
        Ok(row)
    }
}

/// Prints a line for each task.
///
/// # Errors
/// Returns an error if the folder holds no sweep.
pub fn print(folder: &Path, json: bool) -> anyhow::Result<Exit> {
    let sweep = Sweep::of_folder(folder)?;
    let (mut rows, mut status) = (Vec::new(), Exit::DONE);
    for task in sweep.tasks() {
        match Row::of(task, folder) {
            Ok(row) => rows.push(row),
            Err(error) => {
                report::error(&format!("task {}: {error:#}", task.number));
                status = Exit::BAD;
            }
        }
    }
    if json { print_json(&rows) } else { print_text(text(&rows)) }?;
    Ok(status)
}

fn text(rows: &[Row]) -> String {
    let head = ["task", "state", "iteration", "best", "at", "settings"].map(str::to_owned);
    let line = |row: &Row| {
        let of = row.iterations.map_or_else(String::new, |of| format!(" / {}", grouped(of)));
        [
            row.task.to_string(),
            row.state.clone(),
            format!("{}{of}", grouped(row.iteration)),
            row.best.map_or_else(|| "-".into(), |best| format!("{best:.2}")),
            row.best_iteration.map_or_else(|| "-".into(), grouped),
            row.settings.join(" "),
        ]
    };
    let lines: Vec<_> = [head].into_iter().chain(rows.iter().map(line)).collect();
    let finished = rows.iter().filter(|row| row.state == "finished").count();
    let columns =
        [Align::Right, Align::Left, Align::Right, Align::Right, Align::Right, Align::Left];
    format!("{}\n{finished} of {} tasks finished\n", table(columns, &lines), rows.len())
}
