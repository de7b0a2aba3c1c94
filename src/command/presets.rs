//! `gan-tui presets`: which there are, what one says, whether a file is a good one, what two differ
//! in, what there is to say.

use gan_tui_core::text;
use std::fmt::Write;

use serde::Serialize;

use crate::cli::{
    PresetsCommand,
    output::{Align, grouped, print, print_json, table},
    report::{self, Exit},
};
use gan_tui_core::preset::{
    Difference, Plan, Preset, Setting,
    library::{self, Library},
    reference,
};
use gan_tui_engine::{model::Layer, train::trainer};

/// Runs one of the subcommands.
///
/// # Errors
/// Returns an error if a preset is not found or breaks a rule, or standard output cannot be
/// written.
pub fn run(command: Option<&PresetsCommand>) -> anyhow::Result<Exit> {
    match command.unwrap_or(&PresetsCommand::List { json: false }) {
        PresetsCommand::List { json } => list(*json),
        PresetsCommand::Show { preset, settings } => show(preset, &settings.set),
        PresetsCommand::Check { files } => check(files),
        PresetsCommand::Diff { a, b } => diff(a, b),
        PresetsCommand::Fields => print(reference::markdown()).map(|()| Exit::DONE),
    }
}

/// A line of the list.
#[derive(Serialize)]
struct Row {
    name: String,
    description: String,
    /// The user's file; null where it is built in.
    file: Option<String>,
    /// Whether it is taken where none is named.
    default: bool,
}

/// Lists presets. One of the user's that breaks a rule is reported and left out.
fn list(json: bool) -> anyhow::Result<Exit> {
    let (mut rows, mut status) = (Vec::new(), Exit::DONE);
    let all = Library::of_the_user().all().unwrap_or_else(|error| {
        report::error(&error.to_string());
        status = Exit::BAD;
        Library::built_in()
    });
    for named in all {
        match named.source().and_then(|source| source.read()) {
            Ok(Preset { description, .. }) => {
                let (default, file) = (
                    named.name == library::DEFAULT,
                    named.file.map(|path| path.to_string_lossy().into_owned()),
                );
                rows.push(Row { name: named.name, description, file, default });
            }
            Err(error) => {
                report::error(&error.to_string());
                status = Exit::BAD;
            }
        }
    }
    if json {
        print_json(&rows)?;
    } else {
        let place = |row: &Row| {
            row.file
                .as_ref()
                .map_or_else(String::new, |file| format!("  ({})", text::escaped(file)))
        };
        let default = |row: &Row| if row.default { " (the baseline)" } else { "" };
        let lines: Vec<_> = rows
            .iter()
            .map(|row| {
                [row.name.clone(), format!("{}{}{}", row.description, default(row), place(row))]
            })
            .collect();
        print(table([Align::Left, Align::Left], &lines))?;
    }
    Ok(status)
}

/// A file that can be saved and edited, and the networks it describes in comments below.
fn show(name_or_file: &str, settings: &[Setting]) -> anyhow::Result<Exit> {
    let source = library::source(name_or_file)?;
    let preset = Plan::try_from(source.read()?.with_settings(settings)?)?.preset().clone();
    let model = trainer::build(&preset, &[]).map_err(anyhow::Error::msg)?;
    let networks = networks(&model.layers());
    let text = if settings.is_empty() { source.complete()? } else { preset.to_ron() };
    print(format!("{}\n\n{networks}", text.trim_end()))?;
    Ok(Exit::DONE)
}

/// The layers as a table in comments, with a sum for each network.
fn networks(layers: &[Layer]) -> String {
    let mut rows = vec![["layer", "output", "parameters", "trainable"].map(str::to_owned)];
    for layer in layers {
        let output: Vec<String> = layer.output.iter().map(usize::to_string).collect();
        let [parameters, trainable] =
            [layer.parameters, layer.trainable].map(|count| grouped(count as u64));
        rows.push([
            format!("{}.{}", layer.network, layer.name),
            output.join(" x "),
            parameters,
            trainable,
        ]);
    }
    let mut text = String::from("// The networks of this preset:\n//\n");
    for line in table([Align::Left, Align::Right, Align::Right, Align::Right], &rows).lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "//   {line}");
    }
    text.push_str("//\n");
    for network in ["generator", "discriminator"] {
        let sum = |count: fn(&Layer) -> usize| {
            layers.iter().filter(|layer| layer.network == network).map(count).sum::<usize>() as u64
        };
        let (parameters, trainable) =
            (grouped(sum(|layer| layer.parameters)), grouped(sum(|layer| layer.trainable)));
        let _ =
            writeln!(text, "// {network}: {parameters} parameters, of them {trainable} trainable");
    }
    text
}

/// Looks at every file before it ends, so that one run finds all that is wrong.
fn check(files: &[String]) -> anyhow::Result<Exit> {
    let mut status = Exit::DONE;
    for file in files {
        match Preset::find(file) {
            Ok(preset) => print(format!("{file}: valid (preset {})\n", preset.name))?,
            Err(error) => {
                report::error(&error.to_string());
                status = Exit::BAD;
            }
        }
    }
    Ok(status)
}

/// Every field in which two presets differ, but for their descriptions.
fn diff(a: &str, b: &str) -> anyhow::Result<Exit> {
    let written = |name: &str| library::source(name)?.read_as_written();
    let rows = differences(&written(a)?, &written(b)?);
    if rows.is_empty() {
        print(format!("{a} and {b} do not differ\n"))?;
        return Ok(Exit::DONE);
    }
    let mut lines = vec![["field".to_owned(), a.to_owned(), b.to_owned()]];
    lines.extend(rows);
    print(table([Align::Left; 3], &lines))?;
    Ok(Exit::DONE)
}

fn differences(a: &Preset, b: &Preset) -> Vec<[String; 3]> {
    let told = |difference: &Difference| difference.field != "description";
    let row = |Difference { field, values: [a, b], .. }| [field, a, b];
    a.differences(b).into_iter().filter(told).map(row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use gan_tui_core::preset::Model;

    #[test]
    fn every_latent_that_a_preset_may_ask_for_has_a_model() {
        for &model in Model::ALL {
            for &latent in model.info().latents {
                let preset = Preset { model, latent, ..Preset::default() };
                assert!(trainer::build(&preset, &[]).is_ok(), "{model:?} {latent}");
            }
        }
    }

    /// What the files of the built-in presets say of their networks is so.
    #[test]
    fn comments_tell_the_parameters_there_are() {
        for built_in in library::BUILT_IN {
            let layers = trainer::build(&built_in.read().unwrap(), &[]).unwrap().layers();
            for network in ["generator", "discriminator"] {
                let sum: usize = layers
                    .iter()
                    .filter(|layer| layer.network == network)
                    .map(|layer| layer.parameters)
                    .sum();
                assert!(
                    built_in.text.contains(&grouped(sum as u64)),
                    "{}: {network} has {sum} parameters",
                    built_in.name
                );
            }
        }
    }

    #[test]
    fn every_field_that_differs_is_told() {
        let a = Preset::default();
        let mut b = Preset {
            name: "b".into(),
            description: "other".into(),
            latent: 64,
            ..Preset::default()
        };
        b.discriminator.beta2 = 0.5;
        let rows: Vec<String> = differences(&a, &b).iter().map(|row| row.join(" ")).collect();
        assert_eq!(
            rows,
            ["name \"custom\" \"b\"", "latent 100 64", "discriminator.beta2 0.999 0.5"]
        );
        assert!(differences(&a, &a).is_empty());
    }

    #[test]
    fn the_reference_has_its_parameters() {
        let text = networks(&trainer::build(&Preset::default(), &[]).unwrap().layers());
        assert!(
            text.contains("// generator: 726,401 parameters, of them 726,209 trainable\n"),
            "{text}"
        );
        assert!(
            text.contains("// discriminator: 393,729 parameters, of them 392,833 trainable\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.starts_with("//")), "{text}");
    }
}
