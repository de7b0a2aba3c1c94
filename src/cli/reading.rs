//! Options about how pictures of any kind become the images that a model learns from.

use anyhow::bail;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

use gan_tui_core::{
    image::RGB,
    preset::{Data, Fit, HeldBack, Invert, Model, NEWEST_READER, Preset, Reading},
};
use gan_tui_data::DatasetRequest;

/// As which model's images a dataset is read, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Args)]
pub struct DatasetOptions {
    /// Model whose images to convert to [default: the one that fits, 28x28 grey or 32x32 colour]
    #[arg(long, value_name = "MODEL", value_parser = model())]
    pub model: Option<Model>,
    #[command(flatten)]
    pub reading: ReadingOptions,
}

impl DatasetOptions {
    /// Returns the request for data.
    ///
    /// # Errors
    /// Returns an error if the data cannot be looked at, or an option has no effect on them.
    pub fn request(self, data: Data) -> anyhow::Result<DatasetRequest> {
        let mut preset = Preset { data: data.clone(), ..Preset::default() };
        preset.model = self.model.unwrap_or(preset.model);
        self.reading.check(&preset)?;
        self.reading.apply(&mut preset);
        let reading = Reading { reader: NEWEST_READER, ..preset.reading() };
        let shape = match self.model {
            Some(model) => model.image(),
            None => gan_tui_data::fitting(data.clone())?.shape,
        };
        Ok(DatasetRequest { data, shape, reading })
    }
}

/// Parses the name of a model as it is recorded.
fn model() -> impl TypedValueParser<Value = Model> {
    PossibleValuesParser::new(Model::ALL.iter().map(|model| model.name()))
        .try_map(|name| Model::named(&name).ok_or("unknown model"))
}

/// How the pictures of a folder or an archive are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Args)]
pub struct ReadingOptions {
    /// How to fit images of another size: contain adds bars, cover cuts the centre, stretch
    /// changes the aspect ratio
    #[arg(long, value_name = "HOW", value_parser = named(Fit::NAMED))]
    pub fit: Option<Fit>,
    /// Whether to exchange light and dark; auto does so for 28x28 grey images on a light
    /// background
    #[arg(long, value_name = "WHEN", value_parser = named(Invert::NAMED))]
    pub invert: Option<Invert>,
    /// Refuse the dataset if a single image cannot be read [default: pass over less than 1%]
    #[arg(long)]
    pub strict: bool,
    /// Images to keep from training, to compare samples with: a number, a fraction such as 0.1, or
    /// auto
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub held_back: Option<HeldBack>,
}

impl ReadingOptions {
    /// Puts what was given into a preset.
    pub fn apply(self, preset: &mut Preset) {
        preset.fit = self.fit.unwrap_or(preset.fit);
        preset.invert = self.invert.unwrap_or(preset.invert);
        preset.strict |= self.strict;
        preset.held_back = self.held_back.unwrap_or(preset.held_back);
    }

    /// Checks that each option that was given has an effect on the data of a preset.
    ///
    /// # Errors
    /// Returns an error that names one that has none.
    pub fn check(self, preset: &Preset) -> anyhow::Result<()> {
        if let Some(option) = self.without_effect_on(preset) {
            bail!(
                "{option} has no effect on --data {}; it is for a folder or an archive of images",
                preset.data
            );
        }
        Ok(())
    }

    fn without_effect_on(self, preset: &Preset) -> Option<&'static str> {
        let is_drawn = match preset.data {
            Data::Folder(_) => return None,
            Data::Auto => preset.model.image().channels == RGB,
            Data::Faces => true,
            _ => false,
        };
        let given = [
            ("--fit", self.fit.is_some()),
            ("--invert", self.invert.is_some()),
            ("--strict", self.strict),
            ("--held-back", self.held_back.is_some() && is_drawn),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
    }
}

/// Parses one of the values that have a name.
fn named<T: Copy + Send + Sync + 'static>(
    values: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let find = move |name: String| {
        values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    };
    PossibleValuesParser::new(values.iter().map(|(name, _)| *name))
        .try_map(move |name| find(name).ok_or("unknown value"))
}
