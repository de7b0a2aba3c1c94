//! Every field of a preset with its type, unit, range, default and meaning: what `presets show`
//! comments with and `docs/presets.md` lists.

use std::fmt::{Display, Write};

use super::{
    Adam, Data, InstanceNoise, Model, Norm, Objective, Preset, Schedule,
    fields::{self, Real, Text, Whole},
    print::{quoted, real},
};

/// What is to be known about one field.
pub struct Field<T> {
    pub name: &'static str,
    /// One line: what it is.
    pub about: &'static str,
    /// As RON has it.
    pub kind: &'static str,
    /// What its number counts, where it has one.
    pub unit: &'static str,
    pub range: Range,
    /// The value as it stands in a file.
    pub value: fn(&T) -> String,
}

/// What a field may hold.
pub enum Range {
    Text(&'static Text),
    Whole(&'static Whole),
    Real(&'static Real),
    /// One of these, made from the code that reads them.
    OneOf(fn() -> Vec<String>),
    /// The fields of [`ADAM`].
    Adam,
}

/// The fields of a preset, in the order in which they are written.
pub const FIELDS: [Field<Preset>; 26] = [
    Field {
        name: "name",
        about: "One word, as --preset takes it.",
        kind: "text",
        unit: "",
        range: Range::Text(&fields::NAME),
        value: |preset| quoted(&preset.name),
    },
    Field {
        name: "description",
        about: "One sentence.",
        kind: "text",
        unit: "",
        range: Range::Text(&fields::DESCRIPTION),
        value: |preset| quoted(&preset.description),
    },
    Field {
        name: "model",
        about: "The architecture.",
        kind: "name",
        unit: "",
        range: Range::OneOf(models),
        value: |preset| format!("{:?}", preset.model),
    },
    Field {
        name: "latent",
        about: "Length of a latent.",
        kind: "whole number",
        unit: "numbers",
        range: Range::OneOf(latents),
        value: |preset| preset.latent.to_string(),
    },
    Field {
        name: "data",
        about: "The images to learn from.",
        kind: "name",
        unit: "",
        range: Range::OneOf(datasets),
        value: |preset| data(&preset.data),
    },
    Field {
        name: "batch",
        about: "Images in a batch.",
        kind: "whole number",
        unit: "images",
        range: Range::Whole(&fields::BATCH),
        value: |preset| preset.batch.to_string(),
    },
    Field {
        name: "iterations",
        about: "Iterations of a whole run.",
        kind: "whole number",
        unit: "iterations",
        range: Range::Whole(&fields::ITERATIONS),
        value: |preset| preset.iterations.to_string(),
    },
    Field {
        name: "seed",
        about: "Everything random is a function of the seed.",
        kind: "whole number",
        unit: "",
        range: Range::Whole(&fields::SEED),
        value: |preset| preset.seed.to_string(),
    },
    Field {
        name: "dropout",
        about: "Dropout rate of the discriminator's blocks; 0 switches it off.",
        kind: "number",
        unit: "share",
        range: Range::Real(&fields::DROPOUT),
        value: |preset| real(preset.dropout),
    },
    Field {
        name: "generator",
        about: "Adam of the generator.",
        kind: "fields",
        unit: "",
        range: Range::Adam,
        value: |preset| adam(&preset.generator),
    },
    Field {
        name: "discriminator",
        about: "Adam of the discriminator.",
        kind: "fields",
        unit: "",
        range: Range::Adam,
        value: |preset| adam(&preset.discriminator),
    },
    Field {
        name: "objective",
        about: "What the two networks are told to make small.",
        kind: "name",
        unit: "",
        range: Range::OneOf(objectives),
        value: |preset| objective(preset.objective),
    },
    Field {
        name: "label_smoothing",
        about: "How much less than 1 the label of real images is; with CrossEntropy or LeastSquares.",
        kind: "number",
        unit: "",
        range: Range::Real(&fields::LABEL_SMOOTHING),
        value: |preset| real(preset.label_smoothing),
    },
    Field {
        name: "discriminator_steps",
        about: "Discriminator updates in an iteration.",
        kind: "whole number",
        unit: "updates",
        range: Range::Whole(&fields::DISCRIMINATOR_STEPS),
        value: |preset| preset.discriminator_steps.to_string(),
    },
    Field {
        name: "reuse_fakes",
        about: "Whether one pass of the generator serves both networks, and real images and fakes make one discriminator update.",
        kind: "true or false",
        unit: "",
        range: Range::OneOf(truths),
        value: |preset| preset.reuse_fakes.to_string(),
    },
    Field {
        name: "wrong_labels",
        about: "Whether the discriminator sees real images under wrong labels too, as what it is to tell from real ones; with reuse_fakes, in a model that is told the digit.",
        kind: "true or false",
        unit: "",
        range: Range::OneOf(truths),
        value: |preset| preset.wrong_labels.to_string(),
    },
    Field {
        name: "norm",
        about: "Norm in the discriminator's later convolutions: batch norm, or off.",
        kind: "name",
        unit: "",
        range: Range::OneOf(norms),
        value: |preset| format!("{:?}", preset.norm),
    },
    Field {
        name: "spectral_norm",
        about: "Whether the discriminator's kernels are divided by their largest singular value.",
        kind: "true or false",
        unit: "",
        range: Range::OneOf(truths),
        value: |preset| preset.spectral_norm.to_string(),
    },
    Field {
        name: "average",
        about: "Share that averaged generator weights, which images are then drawn with, keep at each iteration; 0 keeps none.",
        kind: "number",
        unit: "share",
        range: Range::Real(&fields::AVERAGE),
        value: |preset| real(preset.average),
    },
    Field {
        name: "instance_noise",
        about: "Noise on all images that the discriminator sees: its deviation, which goes down to 0 at iteration until.",
        kind: "fields",
        unit: "",
        range: Range::OneOf(noises),
        value: |preset| noise(preset.instance_noise),
    },
    Field {
        name: "shift",
        about: "How far the images that the discriminator sees are moved at most, each way.",
        kind: "whole number",
        unit: "pixels",
        range: Range::Whole(&fields::SHIFT),
        value: |preset| preset.shift.to_string(),
    },
    Field {
        name: "schedule",
        about: "How the learning rates go down.",
        kind: "name",
        unit: "iterations",
        range: Range::OneOf(schedules),
        value: |preset| schedule(preset.schedule),
    },
    Field {
        name: "score_every",
        about: "Iterations between two scores of the digits, where MNIST or the embedded digits are learned; 0 scores none.",
        kind: "whole number",
        unit: "iterations",
        range: Range::Whole(&fields::SCORE_EVERY),
        value: |preset| preset.score_every.to_string(),
    },
    Field {
        name: "frame_every",
        about: "Iterations between two frames of the fixed latents.",
        kind: "whole number",
        unit: "iterations",
        range: Range::Whole(&fields::FRAME_EVERY),
        value: |preset| preset.frame_every.to_string(),
    },
    Field {
        name: "checkpoint_every",
        about: "Iterations between two checkpoints.",
        kind: "whole number",
        unit: "iterations",
        range: Range::Whole(&fields::CHECKPOINT_EVERY),
        value: |preset| preset.checkpoint_every.to_string(),
    },
    Field {
        name: "keep_checkpoints",
        about: "How many of the newest checkpoints stay.",
        kind: "whole number",
        unit: "checkpoints",
        range: Range::Whole(&fields::KEEP_CHECKPOINTS),
        value: |preset| preset.keep_checkpoints.to_string(),
    },
];

/// The fields within `generator` and `discriminator`.
pub const ADAM: [Field<Adam>; 4] = [
    Field {
        name: "learning_rate",
        about: "Size of a step.",
        kind: "number",
        unit: "",
        range: Range::Real(&fields::LEARNING_RATE),
        value: |adam| real(adam.learning_rate),
    },
    Field {
        name: "beta1",
        about: "Share that the running mean of the gradients keeps at each step.",
        kind: "number",
        unit: "share",
        range: Range::Real(&fields::BETA1),
        value: |adam| real(adam.beta1),
    },
    Field {
        name: "beta2",
        about: "Share that the running mean of their squares keeps at each step.",
        kind: "number",
        unit: "share",
        range: Range::Real(&fields::BETA2),
        value: |adam| real(adam.beta2),
    },
    Field {
        name: "epsilon",
        about: "Added to the square root that a step is divided by.",
        kind: "number",
        unit: "",
        range: Range::Real(&fields::EPSILON),
        value: |adam| real(adam.epsilon),
    },
];

/// The whole reference as Markdown: what `docs/presets.md` is.
pub fn markdown() -> String {
    let mut out = String::from(HEAD);
    let preset = Preset::default();
    out.push_str("\n## Fields\n\n");
    table(&mut out, &FIELDS, &preset);
    out.push_str("\n## Fields of `generator` and `discriminator`\n\nAdam, as in algorithm 1 of Kingma and Ba, 2015.\n\n");
    table(&mut out, &ADAM, &preset.generator);
    out.push_str("\n## Values of `model`\n\n| value | is | latent |\n|---|---|---|\n");
    for &model in Model::ALL {
        row(
            &mut out,
            &[&format!("`{model:?}`"), &model.info().about, &alternatives(model.info().latents)],
        );
    }
    out.push_str("\n## Values of `data`\n\n| value | is | with `--data` |\n|---|---|---|\n");
    for (word, data) in Data::NAMED {
        row(&mut out, &[&format!("`{data:?}`"), &data.about(), &format!("`{word}`")]);
    }
    row(&mut out, &[&"`Folder(\"path\")`", &Data::Folder(Default::default()).about(), &"the path"]);
    out
}

const HEAD: &str = "# Presets: every field

This page is what `gan-tui presets fields` prints; a test holds the two together.

A preset is a [RON](https://docs.rs/ron) file: `(field: value, ...)`, with `//` comments and trailing commas. Every field may be left out and then has its
default. `gan-tui presets show NAME` prints a complete commented file to start from, `gan-tui presets check FILE` tells what is wrong with one, and
`gan-tui presets diff A B` what two differ in.

A preset is found by the name of a file in `~/.config/gan-tui/presets/` (`$XDG_CONFIG_HOME/gan-tui/presets/` where that is set) without its `.ron`, then by the
name of one that is built in, then by the path of a file.
";

fn table<T>(out: &mut String, fields: &[Field<T>], defaults: &T) {
    out.push_str("| field | type | unit | range | default | is |\n|---|---|---|---|---|---|\n");
    for field in fields {
        let default = if matches!(field.range, Range::Adam) {
            "their defaults".into()
        } else {
            format!("`{}`", (field.value)(defaults))
        };
        row(
            out,
            &[
                &format!("`{}`", field.name),
                &field.kind,
                &field.unit,
                &field.range,
                &default,
                &field.about,
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

impl Display for Range {
    /// What is expected.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(rule) => rule.fmt(f),
            Self::Whole(rule) => rule.fmt(f),
            Self::Real(rule) => rule.fmt(f),
            Self::OneOf(values) => f.write_str(&alternatives(&values())),
            Self::Adam => f.write_str("the fields below"),
        }
    }
}

/// The values of a field of a preset whose values have names, as they are written.
pub(super) fn names_of(field: &str) -> Option<Vec<String>> {
    FIELDS.iter().find(|known| known.name == field && known.kind == "name").and_then(|known| {
        match known.range {
            Range::OneOf(values) => Some(values()),
            _ => None,
        }
    })
}

fn models() -> Vec<String> {
    Model::ALL.iter().map(|model| format!("{model:?}")).collect()
}

/// The lengths that each model is built for.
fn latents() -> Vec<String> {
    let of = |model: Model| format!("{} for {model:?}", alternatives(model.info().latents));
    let same = Model::ALL.iter().all(|model| model.info().latents == Model::ALL[0].info().latents);
    vec![if same {
        format!("{}, with every model", alternatives(Model::ALL[0].info().latents))
    } else {
        Model::ALL.iter().copied().map(of).collect::<Vec<_>>().join(", ")
    }]
}

fn datasets() -> Vec<String> {
    Data::NAMED
        .iter()
        .map(|(_, data)| format!("{data:?}"))
        .chain(["Folder(\"path\")".into()])
        .collect()
}

fn objectives() -> Vec<String> {
    let wasserstein = format!("Wasserstein(clip: {})", fields::CLIP);
    ["CrossEntropy", "LeastSquares", "Hinge", &wasserstein, "Relativistic"]
        .map(String::from)
        .to_vec()
}

fn norms() -> Vec<String> {
    [Norm::Batch, Norm::Off].map(|norm| format!("{norm:?}")).to_vec()
}

fn schedules() -> Vec<String> {
    [
        "Constant",
        "Linear(from: iteration, until: iteration)",
        "Cosine(from: iteration, until: iteration)",
    ]
    .map(String::from)
    .to_vec()
}

pub(super) fn truths() -> Vec<String> {
    ["true", "false"].map(String::from).to_vec()
}

pub(super) fn noises() -> Vec<String> {
    vec![format!("(deviation: {}, until: {})", fields::DEVIATION, fields::UNTIL)]
}

/// `a, b or c`.
pub(super) fn alternatives(values: &[impl Display]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

fn objective(objective: Objective) -> String {
    match objective {
        Objective::Wasserstein { clip } => format!("Wasserstein(clip: {})", real(clip)),
        other => other.name().into(),
    }
}

fn noise(noise: InstanceNoise) -> String {
    format!("(deviation: {}, until: {})", real(noise.deviation), noise.until)
}

fn schedule(schedule: Schedule) -> String {
    match schedule {
        Schedule::Constant => "Constant".into(),
        Schedule::Linear { from, until } => format!("Linear(from: {from}, until: {until})"),
        Schedule::Cosine { from, until } => format!("Cosine(from: {from}, until: {until})"),
    }
}

fn adam(adam: &Adam) -> String {
    let lines: String = ADAM
        .iter()
        .map(|field| format!("        {}: {},\n", field.name, (field.value)(adam)))
        .collect();
    format!("(\n{lines}    )")
}

fn data(data: &Data) -> String {
    match data {
        Data::Folder(path) => format!("Folder({})", quoted(&path.to_string_lossy())),
        named => format!("{named:?}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// What serde reads is what is listed here: a field that it knows and the table does not is
    /// told by the error for an unknown one.
    #[test]
    fn no_field_is_missing() {
        let known = |text: &str| {
            let error = ron::from_str::<Preset>(text).unwrap_err().code;
            let ron::Error::NoSuchStructField { expected, .. } = error else {
                unreachable!("{error}")
            };
            expected.to_vec()
        };
        assert_eq!(known("(x: 1)"), FIELDS.map(|field| field.name));
        assert_eq!(known("(generator: (x: 1))"), ADAM.map(|field| field.name));
    }

    #[test]
    fn the_documentation_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/presets.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == markdown(),
            "docs/presets.md is out of date: `cargo run -- presets fields > docs/presets.md` writes it anew"
        );
    }
}
