//! `data list`: every dataset by name, what it is and where it was found.

use serde::Serialize;

use crate::cli::output::{print, print_json};
use gan_tui_core::{dataset::KNOWN, text::escaped};
use gan_tui_data::{faces, places, synthetic};

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    /// Null where it is not here; also for what is part of the program.
    folder: Option<String>,
    available: bool,
    /// Whether `--data auto` takes it.
    auto: bool,
    /// Why its folder cannot be read, or it cannot be used.
    problem: Option<String>,
}

pub fn run(json: bool) -> anyhow::Result<()> {
    let rows = rows();
    if json {
        return print_json(&rows);
    }
    let mut text = String::new();
    for row in rows {
        let place = match (&row.folder, &row.problem, row.available) {
            (Some(folder), ..) => escaped(folder).into_owned(),
            (None, Some(problem), _) => escaped(problem).into_owned(),
            (None, None, true) => "built in".into(),
            (None, None, false) => format!("not here; `gan-tui data fetch {}` gets it", row.name),
        };
        let auto = if row.auto { "  (auto)" } else { "" };
        text += &format!("{:<14} {:<30} {place}{auto}\n", row.name, row.about);
    }
    print(text)
}

fn rows() -> Vec<Row> {
    let auto = places::find_auto();
    let built_in = [
        (synthetic::NAME, "the embedded digits", matches!(auto, Ok(None))),
        (faces::NAME, "the embedded faces, in colour", false),
    ];
    let built_in = built_in.map(|(name, about, auto)| Row {
        name,
        about,
        folder: None,
        available: true,
        auto,
        problem: None,
    });
    let published = KNOWN.iter().map(|set| {
        let is_auto = set.name == "mnist" && matches!(auto, Ok(Some(_)));
        let (folder, problem) = match (places::find(set.name), &auto) {
            (Ok(None), Err(error)) if set.name == "mnist" => (None, Some(error.to_string())),
            (Ok(folder), _) => (folder.map(|folder| folder.to_string_lossy().into_owned()), None),
            (Err(error), _) => (None, Some(error.to_string())),
        };
        Row {
            name: set.name,
            about: set.about,
            available: folder.is_some(),
            folder,
            auto: is_auto,
            problem,
        }
    });
    built_in.into_iter().chain(published).collect()
}
