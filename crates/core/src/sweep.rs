//! A grid of presets as numbered tasks: one base, and fields with the values that each takes.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use ron::value::RawValue;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::{
    files,
    preset::{Plan, Preset, PresetError, Setting},
    text::shown,
};

/// The copy of a sweep's file in the folder of its runs.
pub const FILE: &str = "sweep.ron";
/// No sweep comes near this many bytes.
const MOST_BYTES: u64 = 1 << 20;
/// Tasks of a sweep.
const MOST_TASKS: usize = 10_000;

/// A sweep, as its file describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The preset that tasks differ from, by name or file.
    base: String,
    tasks: Vec<Task>,
    /// The file, as it was read.
    text: String,
}

/// A task of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// From 0.
    pub number: usize,
    /// The fields that are varied, the seed last if there are several.
    pub settings: Vec<Setting>,
}

/// Why there is no sweep.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error("cannot read {}: {reason}", shown(path))]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}:{line}:{column}: {reason}", shown(path))]
    Text { path: PathBuf, line: usize, column: usize, reason: String },
    #[error("{}: {reason}", shown(path))]
    Content { path: PathBuf, reason: String },
    #[error("{}: task {number}: {error}", shown(path))]
    Task { path: PathBuf, number: usize, error: PresetError },
}

/// The file of a sweep.
#[derive(Deserialize)]
#[serde(rename = "Sweep", deny_unknown_fields)]
struct SweepFile {
    base: String,
    #[serde(default)]
    seeds: Vec<u64>,
    #[serde(default)]
    vary: Varied,
}

/// Fields and their values, in the order of the file.
#[derive(Default)]
struct Varied(Vec<(String, Vec<Box<RawValue>>)>);

impl<'de> Deserialize<'de> for Varied {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Varied;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields and lists of values, such as {\"batch\": [32, 64]}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Varied, A::Error> {
                let mut found = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    found.push(entry);
                }
                Ok(Varied(found))
            }
        }
        from.deserialize_map(Fields)
    }
}

impl Sweep {
    /// Reads the file of a sweep and checks the preset of every task.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or is no sweep: the place, and what was expected;
    /// or if a task breaks a rule of presets: which task and field.
    pub fn read(path: &Path) -> Result<Self, SweepError> {
        let sweep = Self::read_unchecked(path)?;
        let base = sweep.base_preset().map_err(|error| SweepError::Content {
            path: path.into(),
            reason: format!("base: {error}"),
        })?;
        for task in &sweep.tasks {
            let planned = base.clone().with_settings(&task.settings).and_then(Plan::try_from);
            planned.map_err(|error| SweepError::Task {
                path: path.into(),
                number: task.number,
                error,
            })?;
        }
        Ok(sweep)
    }

    /// Reads the copy in the folder of a sweep's runs; the base need not be there any more.
    ///
    /// # Errors
    /// As [`Sweep::read`], but for presets.
    pub fn of_folder(folder: &Path) -> Result<Self, SweepError> {
        Self::read_unchecked(&folder.join(FILE))
    }

    fn read_unchecked(path: &Path) -> Result<Self, SweepError> {
        let unreadable = |reason| SweepError::Unreadable { path: path.into(), reason };
        let bytes = files::read(path, MOST_BYTES)
            .and_then(|bytes| bytes.ok_or_else(files::not_found))
            .map_err(|error| unreadable(files::reason(&error)))?;
        let text = files::text::decode(bytes).map_err(unreadable)?;
        let file: SweepFile = ron::from_str(&text).map_err(|error| SweepError::Text {
            path: path.into(),
            line: error.span.start.line,
            column: error.span.start.col,
            reason: error.code.to_string(),
        })?;
        let wrong = |reason| SweepError::Content { path: path.into(), reason };
        let tasks = tasks(&file).map_err(wrong)?;
        Ok(Self { base: beside(path, file.base), tasks, text })
    }

    /// Returns the preset that tasks differ from, by name or file.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the tasks in the order of their numbers.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Returns the file's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the preset that tasks differ from.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn base_preset(&self) -> Result<Preset, PresetError> {
        Preset::find(&self.base)
    }
}

impl Task {
    /// Returns the directory of the task's run in the folder of a sweep's runs.
    pub fn dir(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{:04}", self.number))
    }

    /// Returns what is varied in a line.
    pub fn label(&self) -> String {
        let settings: Vec<String> = self.settings.iter().map(Setting::to_string).collect();
        settings.join(" ")
    }
}

/// Returns a preset's file that is named relative to the sweep's as a path that can be opened.
fn beside(path: &Path, base: String) -> String {
    let file = Path::new(&base);
    let is_file = file.extension().is_some_and(|extension| extension == "ron");
    match path.parent().filter(|_| is_file && file.is_relative()) {
        Some(folder) => folder.join(file).to_string_lossy().into_owned(),
        None => base,
    }
}

/// Returns every combination: the first field varies slowest, the seed fastest.
fn tasks(file: &SweepFile) -> Result<Vec<Task>, String> {
    let mut combinations: Vec<Vec<Setting>> = vec![Vec::new()];
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for (field, values) in &file.vary.0 {
        if fields.iter().any(|(known, _)| known == field) {
            return Err(format!("vary: {field} is there twice"));
        }
        fields.push((field.clone(), values.iter().map(|value| value.get_ron().into()).collect()));
    }
    if !file.seeds.is_empty() {
        if fields.iter().any(|(field, _)| field == "seed") {
            return Err("seed is varied, and there are seeds: expected one of both".into());
        }
        fields.push(("seed".into(), file.seeds.iter().map(u64::to_string).collect()));
    }
    for (field, values) in fields {
        if values.is_empty() {
            return Err(format!("vary: expected values of {field}, found none"));
        }
        let count = combinations.len().saturating_mul(values.len());
        if count > MOST_TASKS {
            return Err(format!("expected up to {MOST_TASKS} tasks, found {count} or more"));
        }
        let settings = values.iter().map(|value| format!("{field}={value}").parse::<Setting>());
        let settings: Vec<Setting> = settings
            .collect::<Result<_, _>>()
            .map_err(|error| format!("vary: {field}: {error}"))?;
        let with = |combination: &Vec<Setting>, setting: &Setting| {
            [&combination[..], std::slice::from_ref(setting)].concat()
        };
        combinations = combinations
            .iter()
            .flat_map(|combination| settings.iter().map(|setting| with(combination, setting)))
            .collect();
    }
    let numbered = combinations.into_iter().enumerate();
    Ok(numbered.map(|(number, settings)| Task { number, settings }).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]

    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<Sweep, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sweep.ron");
        fs::write(folder.path().join("mine.ron"), "(batch: 8)").unwrap();
        fs::write(&path, text).unwrap();
        let place = format!("{}/", folder.path().display());
        Sweep::read(&path).map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn tasks_are_every_combination_in_the_order_of_the_file() {
        let sweep = read(
            "(base: \"mine.ron\", seeds: [1, 2], vary: {
                \"objective\": [Hinge, Wasserstein(clip: 0.01)],
                \"generator.learning_rate\": [1e-3, 5e-4], // two
            })",
        )
        .unwrap();
        let labels: Vec<String> = sweep.tasks().iter().map(Task::label).collect();
        assert_eq!(labels.len(), 8);
        assert_eq!(labels[0], "objective=Hinge generator.learning_rate=1e-3 seed=1");
        assert_eq!(labels[1], "objective=Hinge generator.learning_rate=1e-3 seed=2");
        assert_eq!(labels[2], "objective=Hinge generator.learning_rate=5e-4 seed=1");
        assert_eq!(
            labels[7],
            "objective=Wasserstein(clip: 0.01) generator.learning_rate=5e-4 seed=2"
        );
        assert_eq!(sweep.tasks()[7].dir(Path::new("out")), Path::new("out/0007"));
        assert_eq!(sweep.base_preset().map_err(|_| ()).map(|preset| preset.batch), Err(()));
        assert_eq!(read("(base: \"fast\")").unwrap().tasks().len(), 1, "the base alone");
    }

    #[test]
    fn what_is_no_sweep_is_told_by_place_task_and_field() {
        let error = |text: &str| read(text).unwrap_err();
        assert_eq!(
            error("(base: \"fast\", vary: {\"batch\": [32, 0]})"),
            "sweep.ron: task 1: --set batch=0: batch: expected a whole number from 1 to 1024, \
             found 0"
        );
        assert!(error("(base: \"fats\")").ends_with("did you mean `fast`?"));
        assert!(error("(bse: \"fast\")").starts_with("sweep.ron:1:"));
        assert!(error("(base: \"fast\", vary: {\"batch\": 3})").starts_with("sweep.ron:1:"));
        assert!(error("(base: \"fast\", vary: {\"batch\": []})").contains("found none"));
        let twice = "(base: \"fast\", vary: {\"batch\": [1], \"batch\": [2]})";
        assert!(error(twice).ends_with("batch is there twice"));
        let seeds = "(base: \"fast\", seeds: [1], vary: {\"seed\": [2]})";
        assert!(error(seeds).ends_with("expected one of both"));
        let many: Vec<String> = (0..200).map(|number| number.to_string()).collect();
        let many = many.join(", ");
        let many =
            format!("(base: \"fast\", seeds: [{many}], vary: {{\"frame_every\": [{many}]}})");
        assert!(error(&many).contains("expected up to 10000 tasks, found 40000"));
    }
}
