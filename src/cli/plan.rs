//! From the options of a run to its plan, and from a plan to the job of a worker.

use std::{path, sync::Arc, time::Duration};

use anyhow::{Context, anyhow, bail};

use super::{RunOptions, report};
use gan_tui_core::{
    files,
    names::hint,
    preset::{
        Data, Plan, Preset, PresetError,
        library::{self, Library},
    },
};
use gan_tui_engine::{dataset, train::worker::Job};

impl RunOptions {
    /// The preset named, or the default one, with what the command line changes, checked.
    ///
    /// # Errors
    /// Where there is no such preset, it is not a good one, or the data named is neither a dataset
    /// nor a folder.
    pub fn plan(&self) -> anyhow::Result<Plan> {
        let preset = Preset::find(self.preset.as_deref().unwrap_or(library::DEFAULT))?;
        let data = self.data.as_deref().map(data).transpose()?;
        Ok(self.changed(preset, data)?)
    }

    /// The plans to choose from beside `plan`, the first: the presets with a name, changed in the
    /// same way. One of the user's that is no good is told of and left out.
    ///
    /// # Errors
    /// Where the data named is neither a dataset nor a folder.
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
        Plan::try_from(preset)
    }

    /// What a worker needs to run a plan from its beginning.
    pub fn job(&self, plan: Plan) -> Job {
        let data = plan.preset().data.clone();
        Job {
            plan,
            load: Box::new(move |tell| {
                dataset::load(&data, tell).map_err(|error| error.to_string())
            }),
            threads: self.threads.count(),
            resume: None,
            changes: Vec::new(),
            time_limit: self.time_limit(),
            paused: false,
            waited: Arc::default(),
        }
    }

    /// How long to train, where that is limited.
    pub fn time_limit(&self) -> Option<Duration> {
        self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0))
    }
}

/// A dataset by name, or the folder of that path. Kept absolute, so that the run can go on from
/// anywhere.
fn data(word: &str) -> anyhow::Result<Data> {
    let data = dataset(word)?;
    let Data::Folder(folder) = data else { return Ok(data) };
    let folder = path::absolute(&folder)
        .with_context(|| format!("cannot tell where {} is", folder.display()))?;
    Ok(Data::Folder(folder))
}

/// A dataset by name, or the folder of that path.
///
/// # Errors
/// Returns an error if there is neither, with the name that may have been meant, or if that cannot
/// be told.
pub fn dataset(word: &str) -> anyhow::Result<Data> {
    let Ok(data) = word.parse::<Data>();
    if let Data::Folder(folder) = &data
        && !files::exists(folder).map_err(|error| {
            anyhow!("cannot read {}: {}", folder.display(), files::reason(&error))
        })?
    {
        bail!(
            "no dataset and no folder named `{word}`; {}",
            hint(word, Data::NAMED.iter().map(|(name, _)| *name))
        );
    }
    Ok(data)
}
