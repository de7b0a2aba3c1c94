//! `data list`: every dataset by name, what it is and where it was found.

use serde::Serialize;

use crate::{
    command::output::print,
    dataset::{known::PUBLISHED, source, synthetic},
};

#[derive(Serialize)]
struct Row {
    name: &'static str,
    about: &'static str,
    /// Null where it is not here; also for the embedded digits, which are part of the program.
    folder: Option<String>,
    available: bool,
    /// Whether `--data auto` takes it.
    auto: bool,
}

pub fn run(json: bool) -> anyhow::Result<()> {
    let rows = rows();
    if json {
        return print(format!("{}\n", serde_json::to_string_pretty(&rows)?));
    }
    let mut text = String::new();
    for row in rows {
        let place = match (&row.folder, row.available) {
            (Some(folder), _) => folder.clone(),
            (None, true) => "built in".into(),
            (None, false) => format!("not here; `gan-tui data fetch {}` gets it", row.name),
        };
        let auto = if row.auto { "  (auto)" } else { "" };
        text += &format!("{:<14} {:<28} {place}{auto}\n", row.name, row.about);
    }
    print(text)
}

fn rows() -> Vec<Row> {
    let mnist_is_here = source::find("mnist").is_some();
    let built_in = Row { name: synthetic::NAME, about: "the embedded digits", folder: None, available: true, auto: !mnist_is_here };
    let published = PUBLISHED.iter().map(|set| {
        let folder = source::find(set.name).map(|folder| folder.display().to_string());
        Row { name: set.name, about: set.about, available: folder.is_some(), folder, auto: set.name == "mnist" && mnist_is_here }
    });
    std::iter::once(built_in).chain(published).collect()
}
