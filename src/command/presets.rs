//! `gan-tui presets`: which there are, what one says, whether a file is a good one.

use std::fmt::Write;

use super::{
    Status,
    output::{Align, grouped, print, table},
    report,
};
use crate::{
    cli::PresetsCommand,
    model::Layer,
    preset::{Preset, library},
    train::training,
};

/// Runs one of the subcommands.
///
/// # Errors
/// Where a preset is not found or not good, or stdout cannot be written.
pub fn run(command: Option<&PresetsCommand>) -> anyhow::Result<Status> {
    match command.unwrap_or(&PresetsCommand::List) {
        PresetsCommand::List => list(),
        PresetsCommand::Show { preset } => show(preset),
        PresetsCommand::Check { files } => check(files),
    }
}

fn list() -> anyhow::Result<Status> {
    let mut rows = Vec::new();
    for built_in in library::BUILT_IN {
        let preset = Preset::find(built_in.name)?;
        rows.push([preset.name, preset.description]);
    }
    print(table([Align::Left, Align::Left], &rows))?;
    Ok(Status::DONE)
}

/// The file as it is, so that it can be saved and edited, and the networks it describes in comments below.
fn show(name_or_file: &str) -> anyhow::Result<Status> {
    let source = library::source(name_or_file)?;
    let model = training::build(&source.read()?).map_err(anyhow::Error::msg)?;
    let networks = networks(&model.layers());
    print(format!("{}\n\n{networks}", source.text.trim_end()))?;
    Ok(Status::DONE)
}

/// The layers as a table in comments, with a sum for each network.
fn networks(layers: &[Layer]) -> String {
    let mut rows = vec![["layer", "output", "parameters", "trainable"].map(str::to_owned)];
    for layer in layers {
        let output: Vec<String> = layer.output.iter().map(usize::to_string).collect();
        let [parameters, trainable] = [layer.parameters, layer.trainable].map(|count| grouped(count as u64));
        rows.push([format!("{}.{}", layer.network, layer.name), output.join(" x "), parameters, trainable]);
    }
    let mut text = String::from("// The networks of this preset:\n//\n");
    for line in table([Align::Left, Align::Right, Align::Right, Align::Right], &rows).lines() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "//   {line}");
    }
    text.push_str("//\n");
    for network in ["generator", "discriminator"] {
        let sum = |count: fn(&Layer) -> usize| layers.iter().filter(|layer| layer.network == network).map(count).sum::<usize>() as u64;
        let (parameters, trainable) = (grouped(sum(|layer| layer.parameters)), grouped(sum(|layer| layer.trainable)));
        let _ = writeln!(text, "// {network}: {parameters} parameters, of them {trainable} trainable");
    }
    text
}

/// Looks at every file before it ends, so that one run finds all that is wrong.
fn check(files: &[String]) -> anyhow::Result<Status> {
    let mut status = Status::DONE;
    for file in files {
        match Preset::find(file) {
            Ok(preset) => print(format!("{file}: good, preset {}\n", preset.name))?,
            Err(error) => {
                report::tell(&error.to_string());
                status = Status::BAD;
            }
        }
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::preset::Model;

    #[test]
    fn every_latent_that_a_preset_may_ask_for_has_a_model() {
        for &latent in Model::Dcgan.latents() {
            let preset = Preset { latent, ..Preset::default() };
            assert!(training::build(&preset).is_ok(), "{latent}");
        }
    }

    #[test]
    fn the_reference_has_its_parameters() {
        let text = networks(&training::build(&Preset::default()).unwrap().layers());
        assert!(text.contains("// generator: 726,401 parameters, of them 726,209 trainable\n"), "{text}");
        assert!(text.contains("// discriminator: 393,729 parameters, of them 392,833 trainable\n"), "{text}");
        assert!(text.lines().all(|line| line.starts_with("//")), "{text}");
    }
}
