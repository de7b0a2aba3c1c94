//! From the options of a run to its plan.

use std::{path, time::Duration};

use anyhow::{Context, anyhow, bail};

use super::{RunOptions, report};
use gan_tui_core::{
    files,
    names::hint,
    preset::{
        Data, Plan, Preset, PresetError,
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
            (None, None) => library::DEFAULT,
        };
        let preset = Preset::find(name)?;
        let plan = self.changed(preset, data)?;
        self.reading.check(plan.preset())?;
        Ok(plan)
    }

    /// Returns what to say of a plan whose preset was chosen by the data.
    pub fn note_of_choice(&self, plan: &Plan) -> Option<String> {
        let preset = plan.preset();
        let is_chosen = self.preset.is_none() && preset.name == FOR_COLOUR;
        is_chosen.then(|| {
            format!(
                "the data are pictures in colour: preset {FOR_COLOUR} ({}); --preset chooses \
                 another",
                preset.model.name()
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

/// The preset for pictures in colour.
const FOR_COLOUR: &str = "faces";

/// Returns the name of the preset for some data: that for colour if most of a few pictures have
/// some.
///
/// # Errors
/// Returns an error if the data cannot be read.
pub fn preset_for(data: &Data) -> anyhow::Result<&'static str> {
    let looks = matches!(data, Data::Folder(_) | Data::Faces);
    let is_colour = looks && gan_tui_data::kind(data)?.is_colour;
    Ok(if is_colour { FOR_COLOUR } else { library::DEFAULT })
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
