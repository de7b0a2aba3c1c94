//! Presets as text, made from the declarations of their fields: `docs/presets.md`, and a preset as
//! a commented file.

use std::fmt::{Display, Write};

use super::{Adam, Data, Model, Preset, declare::Field, value::Unranged};
use crate::{names::alternatives, objective::Objective};

/// Returns the preset as RON, every field written out with a comment.
pub(super) fn ron(preset: &Preset) -> String {
    let mut text = String::from("(\n");
    for field in Preset::FIELDS {
        let about: Vec<&str> = field.about.iter().map(|line| line.trim()).collect();
        comment(&mut text, &about.join(" "));
        comment(&mut text, &format!("Values: {}.", alternatives(&(field.alternatives)())));
        let _ = writeln!(text, "    {}: {},\n", field.name, (field.value)(preset));
    }
    text.pop();
    text.push_str(")\n");
    text
}

/// Adds a comment in lines that no terminal of 90 columns breaks.
fn comment(text: &mut String, words: &str) {
    const START: &str = "    //";
    const WIDTH: usize = 90;
    let mut line = String::from(START);
    for word in words.split(' ') {
        if line.len() > START.len() && line.chars().count() + word.chars().count() >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            line.truncate(START.len());
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

/// Returns the documentation of all fields as Markdown: the content of `docs/presets.md`.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    let preset = Preset::default();
    out.push_str("\n## Fields\n\n");
    table(&mut out, Preset::FIELDS, &preset);
    out.push_str("\n## Fields of `generator` and `discriminator`\n\n");
    out.push_str("Adam, as in algorithm 1 of Kingma and Ba, 2015.\n\n");
    table(&mut out, Adam::FIELDS, &preset.generator);
    out.push_str("\n## Values of `model`\n\n| value | is | latent |\n|---|---|---|\n");
    for model in Model::ALL {
        let info = model.info();
        row(&mut out, &[&format!("`{model:?}`"), &info.about, &alternatives(info.latents)]);
    }
    out.push_str("\n## Values of `objective`\n\n");
    out.push_str("| value | is | `label_smoothing` |\n|---|---|---|\n");
    for objective in Objective::ALL {
        let smoothing = if objective.has_labels() { "yes" } else { "no" };
        row(&mut out, &[&format!("`{}`", objective.to_ron()), &objective.about(), &smoothing]);
    }
    out.push_str("\n## Values of `data`\n\n| value | is | with `--data` |\n|---|---|---|\n");
    for (word, data) in Data::NAMED {
        row(&mut out, &[&format!("`{data:?}`"), &data.about(), &format!("`{word}`")]);
    }
    let folder = Data::Folder(Default::default());
    row(&mut out, &[&"`Folder(\"path\")`", &folder.about(), &"the path"]);
    out
}

const HEAD: &str = "# Presets: every field

This page is what `gan-tui presets fields` prints; a test holds the two together.

A preset is a [RON](https://docs.rs/ron) file: `(field: value, ...)`, with `//` comments and
trailing commas. Every field may be left out and then has its default. `gan-tui presets show NAME`
prints a complete commented file to start from, `gan-tui presets check FILE` tells what is wrong
with one, and `gan-tui presets diff A B` what two differ in.

A preset is found by the name of a file in `~/.config/gan-tui/presets/`
(`$XDG_CONFIG_HOME/gan-tui/presets/` where that is set) without its `.ron`, then by the name of one
that is built in, then by the path of a file.

A preset in a file is called by the file's name without its `.ron`, in lists, in the monitor and in
`gan-tui runs`; its field `name` is ignored. Characters that a name cannot have become `-`. The
field counts where there is no such name: in the `preset.ron` of a run, and on standard input.
";

fn table<T>(out: &mut String, fields: &[Field<T>], defaults: &T) {
    out.push_str("| field | type | unit | range | default | is |\n|---|---|---|---|---|---|\n");
    for field in fields {
        let default = if (field.parts)(defaults).is_empty() {
            format!("`{}`", (field.value)(defaults))
        } else {
            "their defaults".into()
        };
        let about: Vec<&str> = field.about.iter().map(|line| line.trim()).collect();
        row(
            out,
            &[
                &format!("`{}`", field.name),
                &field.kind,
                &field.unit,
                &alternatives(&(field.alternatives)()),
                &default,
                &about.join(" "),
            ],
        );
    }
}

fn row(out: &mut String, cells: &[&dyn Display]) {
    for cell in cells {
        // Writing to a string cannot fail.
        let _ = write!(out, "| {} ", cell.to_string().replace('|', "\\|"));
    }
    out.push_str("|\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            folder in "\\PC{1,20}",
            seed: u64,
            epsilon: f32,
            dropout in 0.0f32..1.0,
            description in "[ -~äß\"\\\\]{0,40}",
        ) {
            prop_assume!(Adam::DECLARED.epsilon.range.accepts(epsilon));
            let generator = Adam { epsilon, ..Adam::default() };
            let data = Data::Folder(folder.into());
            let preset =
                Preset { data, seed, dropout, generator, description, ..Preset::default() };
            prop_assert_eq!(Preset::parse(&preset.to_ron(), "written").unwrap(), preset);
        }
    }

    /// What serde reads is what is listed here: the error for an unknown field has the list.
    #[test]
    fn no_field_is_missing() {
        let known = |text: &str| {
            let error = ron::from_str::<Preset>(text).unwrap_err().code;
            let ron::Error::NoSuchStructField { expected, .. } = error else {
                unreachable!("{error}")
            };
            expected.to_vec()
        };
        let preset: Vec<_> = Preset::FIELDS.iter().map(|field| field.name).collect();
        let adam: Vec<_> = Adam::FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(known("(x: 1)"), preset);
        assert_eq!(known("(generator: (x: 1))"), adam);
    }

    #[test]
    fn the_documentation_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/presets.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        let command = "cargo run -- presets fields > docs/presets.md";
        assert!(written == markdown(), "docs/presets.md is out of date: `{command}` updates it");
    }
}
