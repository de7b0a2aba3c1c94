//! From the options of a run to its plan.

use std::{path, time::Duration};

use anyhow::{Context, anyhow, bail};

use super::{RunOptions, report};
use gan_tui_core::{
    files,
    names::hint,
    preset::{
        Conditioning, Data, Plan, Preset, PresetError,
        library::{self, Library},
    },
    text::shown,
};

impl RunOptions {
    /// Returns the preset named, or else the one for the data, with what the command line changes,
    /// checked.
    ///
    /// # Errors
    /// Returns an error if there is no such preset, it breaks a rule, the data named is neither a
    /// dataset nor a folder, or cannot be read.
    pub fn plan(&self) -> anyhow::Result<Plan> {
        let data = self.data.as_deref().map(data).transpose()?;
        let name = match (&self.preset, &data) {
            (Some(name), _) => name,
            (None, Some(data)) => preset_for(data)?,
            (None, None) => preset_for(&Data::Auto)?,
        };
        let preset = Preset::find(name)?;
        let plan = self.changed(preset, data)?;
        self.reading.check(plan.preset())?;
        Ok(plan)
    }

    /// Returns the plan of another preset, with what the command line changes, checked.
    ///
    /// # Errors
    /// Returns an error if it breaks a rule, or the data named is neither a dataset nor a folder.
    pub fn plan_of(&self, preset: &Preset) -> anyhow::Result<Plan> {
        let data = self.data.as_deref().map(data).transpose()?;
        let plan = self.changed(preset.clone(), data)?;
        self.reading.check(plan.preset())?;
        Ok(plan)
    }

    /// Returns for what kind of data a plan's preset was chosen; `None` if a person chose it.
    pub fn reason_of_choice(&self, plan: &Plan) -> Option<&'static str> {
        let chosen = CHOICES.iter().find(|choice| choice.preset == plan.preset().name);
        chosen.filter(|_| self.preset.is_none()).map(|choice| choice.data)
    }

    /// Returns what to say of a plan whose preset was chosen by the data.
    pub fn note_of_choice(&self, plan: &Plan) -> Option<String> {
        let (name, model) = (&plan.preset().name, plan.preset().model.name());
        self.reason_of_choice(plan).map(|data| {
            format!(
                "the data are {data}: preset {name} ({model}); --preset chooses another, such as \
                 the baseline {}",
                library::DEFAULT
            )
        })
    }

    /// Returns the plans to choose from in addition to `plan`, the first: the presets with a name,
    /// changed in the same way. One of the user's that breaks a rule is warned of and left out.
    ///
    /// # Errors
    /// Returns an error if the data named is neither a dataset nor a folder.
    pub fn choices(&self, plan: &Plan) -> anyhow::Result<Vec<Plan>> {
        let data = self.data.as_deref().map(data).transpose()?;
        let mut plans = Vec::new();
        let all = Library::of_the_user().all().unwrap_or_else(|error| {
            report::warn(&error.to_string());
            Library::built_in()
        });
        for named in all {
            match named
                .source()
                .and_then(|source| source.read())
                .and_then(|preset| self.changed(preset, data.clone()))
            {
                Ok(plan) => plans.push(plan),
                // What was set suits another model.
                Err(_) if !self.settings.set.is_empty() => {}
                Err(error) => report::warn(&error.to_string()),
            }
        }
        if !plans.contains(plan) {
            plans.insert(0, plan.clone());
        }
        Ok(plans)
    }

    fn changed(&self, mut preset: Preset, data: Option<Data>) -> Result<Plan, PresetError> {
        preset.data = data.unwrap_or(preset.data);
        preset.iterations = self.iterations.unwrap_or(preset.iterations);
        preset.batch = self.batch.unwrap_or(preset.batch);
        preset.seed = self.seed.unwrap_or(preset.seed);
        preset.tensorboard |= self.tensorboard;
        self.reading.apply(&mut preset);
        Plan::try_from(preset.with_settings(&self.settings.set)?)
    }

    /// Returns how long to train, if that is limited.
    pub fn time_limit(&self) -> Option<Duration> {
        self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0))
    }
}

/// A preset that is chosen by the data.
struct Choice {
    data: &'static str,
    preset: &'static str,
}

const COLOUR: usize = 0;
const LABELLED: usize = 1;
const UNLABELLED: usize = 2;
const CHOICES: [Choice; 3] = [
    Choice { data: "pictures in colour", preset: "faces" },
    Choice { data: "labelled images", preset: "fast" },
    Choice { data: "images without usable labels", preset: "fast-unlabelled" },
];

/// Returns the name of the preset for some data: that for colour if most of a few pictures have
/// some; else by whether there are labels that class-conditional networks have room for.
///
/// # Errors
/// Returns an error if the data cannot be read.
pub fn preset_for(data: &Data) -> anyhow::Result<&'static str> {
    let kind = gan_tui_data::kind(data)?;
    if kind.looked_at == 0 {
        // What reads all of it says what is missing.
        gan_tui_data::load(&gan_tui_data::DatasetRequest::plain(data.clone()), &mut |_| {})?;
    }
    let choice = match kind.classes {
        _ if kind.is_colour => COLOUR,
        Some(classes) if (2..=Conditioning::Required.room()).contains(&classes) => LABELLED,
        _ => UNLABELLED,
    };
    Ok(CHOICES[choice].preset)
}

/// Returns a dataset by name, or the folder of that path; absolute, so that the run can be resumed
/// from anywhere.
fn data(word: &str) -> anyhow::Result<Data> {
    let data = dataset(word)?;
    let Data::Folder(folder) = data else { return Ok(data) };
    let folder = path::absolute(&folder)
        .with_context(|| format!("cannot tell where {} is", shown(&folder)))?;
    Ok(Data::Folder(folder))
}

/// Returns a dataset by name, or the folder of that path.
///
/// # Errors
/// Returns an error if there is neither, with the name that may have been meant, or if the folder
/// cannot be read.
pub fn dataset(word: &str) -> anyhow::Result<Data> {
    let Ok(data) = word.parse::<Data>();
    if let Data::Folder(folder) = &data
        && !files::exists(folder)
            .map_err(|error| anyhow!("cannot read {}: {}", shown(folder), files::reason(&error)))?
    {
        bail!(
            "no dataset, folder or archive named `{word}`; {}",
            hint(word, Data::NAMED.iter().map(|(name, _)| *name))
        );
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use gan_tui_core::image::{Image, png};

    #[test]
    fn labels_and_colour_choose_the_preset() {
        let folder = tempfile::tempdir().unwrap();
        let chosen = |classes: usize| {
            let data = folder.path().join(classes.to_string());
            for class in 0..classes {
                let sub_folder = data.join(format!("class {class}"));
                std::fs::create_dir_all(&sub_folder).unwrap();
                let png = png::encode(&Image::filled(28, 28, 9)).unwrap();
                std::fs::write(sub_folder.join("1.png"), png).unwrap();
            }
            preset_for(&Data::Folder(data)).unwrap()
        };
        assert_eq!([2, 10, 11].map(chosen), ["fast", "fast", "fast-unlabelled"]);
        assert_eq!(preset_for(&Data::Synthetic).unwrap(), "fast");
        assert_eq!(preset_for(&Data::Faces).unwrap(), "faces");
        for choice in CHOICES {
            Plan::try_from(Preset::find(choice.preset).unwrap()).unwrap();
        }
    }
}
