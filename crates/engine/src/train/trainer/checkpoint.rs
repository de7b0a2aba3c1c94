//! Snapshots of a GAN in training: what a checkpoint holds, and the names of its tensors.

use super::{DISCRIMINATOR, GENERATOR, Trainer};
use crate::{
    model::{self, LoadError, Tensors},
    train::{
        augment::AdaptiveShare,
        classes,
        optimizer::{self, Adam, AdamMoments},
    },
};
use gan_tui_core::{
    event::{NamedTensor, Snapshot},
    preset::{Preset, average_name},
    text::escaped,
};

/// The prefix of the generator's averaged weights.
const EMA: &str = "average";
/// The prefix of those of a further average, before its decay rate.
const MORE_AVERAGES: &str = "average-";
/// The prefix of the state of spectral norm.
const SPECTRAL_NORM: &str = "spectral";

/// A snapshot does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("the checkpoint is of the architecture {found}, expected {expected}")]
    Model { expected: String, found: String },
    #[error("the checkpoint is of the classes {found}, expected {expected}")]
    Classes { expected: String, found: String },
    #[error("{0}")]
    Tensor(#[from] LoadError),
}

impl Trainer {
    /// Returns everything that is needed to resume after `iteration`.
    pub fn snapshot(&self, iteration: u64) -> Snapshot {
        let gan = &self.gan;
        let mut tensors = network_tensors(GENERATOR, &*gan.generator);
        tensors.extend(network_tensors(DISCRIMINATOR, &*gan.discriminator));
        if let Some(ema) = &gan.ema {
            tensors.extend(network_tensors(EMA, &**ema));
        }
        for (decay, average) in &gan.more_averages {
            tensors.extend(network_tensors(&average_prefix(*decay), &**average));
        }
        tensors.extend(moment_tensors(GENERATOR, gan.generator_optimizer.moments()));
        tensors.extend(moment_tensors(DISCRIMINATOR, gan.discriminator_optimizer.moments()));
        for tensor in gan.spectral_norm.iter().flat_map(|spectral_norm| spectral_norm.tensors()) {
            tensors
                .push(NamedTensor { name: format!("{SPECTRAL_NORM}.{}", tensor.name), ..tensor });
        }
        tensors.extend(gan.adaptive_share.iter().map(AdaptiveShare::tensor));
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Snapshot {
            iteration,
            seed: self.preset.seed,
            model: self.preset.model.name().into(),
            latent: self.preset.latent,
            classes: classes::recorded(self.preset.model, &self.classes),
            preset: self.preset.recorded(),
            generator_steps: gan.generator_optimizer.steps,
            discriminator_steps: gan.discriminator_optimizer.steps,
            tensors,
        }
    }

    /// Restores what [`Trainer::snapshot`] returned.
    ///
    /// # Errors
    /// Returns an error if the snapshot is of another architecture: which tensor is missing or has
    /// another shape.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let (model, latent) = (self.preset.model.name(), self.preset.latent);
        let (expected, found) =
            (architecture(model, latent), architecture(&snapshot.model, snapshot.latent));
        if expected != found {
            return Err(RestoreError::Model { expected, found });
        }
        let classes = classes::restored(self.preset.model, &snapshot.classes);
        if classes != self.classes {
            let listed = |classes: &[String]| match classes {
                [] => "none".into(),
                classes => escaped(&classes.join(", ")).into_owned(),
            };
            let (expected, found) = (listed(&self.classes), listed(&classes));
            return Err(RestoreError::Classes { expected, found });
        }
        let gan = &mut self.gan;
        load_network(&mut *gan.generator, GENERATOR, snapshot)?;
        load_network(&mut *gan.discriminator, DISCRIMINATOR, snapshot)?;
        if let Some(ema) = &mut gan.ema {
            // If the run had no averages until now, they start as a copy of the weights.
            load_generator(&mut **ema, snapshot)?;
        }
        for (decay, average) in &mut gan.more_averages {
            let prefix = average_prefix(*decay);
            match has(snapshot, &prefix) {
                true => load_network(&mut **average, &prefix, snapshot)?,
                false => load_generator(&mut **average, snapshot)?,
            }
        }
        if let Some(spectral_norm) = &mut gan.spectral_norm {
            spectral_norm
                .restore(|name| find(snapshot, &format!("{SPECTRAL_NORM}.{name}")))
                .map_err(|error| error.within(SPECTRAL_NORM))?;
        }
        if let Some(share) = &mut gan.adaptive_share {
            share.restore(|name| find(snapshot, name))?;
        }
        let steps = (snapshot.generator_steps, snapshot.discriminator_steps);
        restore_optimizer(&mut gan.generator_optimizer, GENERATOR, steps.0, snapshot)?;
        restore_optimizer(&mut gan.discriminator_optimizer, DISCRIMINATOR, steps.1, snapshot)?;
        Ok(())
    }
}

/// Fills a generator from a snapshot: with the averaged weights if it has any, else the trained
/// ones.
///
/// # Errors
/// Returns the full name of the first tensor that is missing or has another shape.
pub fn load_generator(generator: &mut dyn Tensors, snapshot: &Snapshot) -> Result<(), LoadError> {
    load_network(generator, if has(snapshot, EMA) { EMA } else { GENERATOR }, snapshot)
}

/// The name by which the weights without averaging are asked for.
const TRAINED: &str = "none";

/// Returns the names of the averages that a snapshot keeps, the one that draws images first, and
/// last that of the weights without averaging. An average is called by its decay rate.
pub fn averages(snapshot: &Snapshot) -> Vec<String> {
    let recorded = Preset::from_recorded(&snapshot.preset, snapshot.iteration.max(1));
    let main = match recorded {
        Ok(preset) if preset.average > 0.0 => average_name(preset.average),
        _ => EMA.into(),
    };
    let mut names = Vec::from_iter(has(snapshot, EMA).then_some(main));
    let prefixes = snapshot.tensors.iter().filter_map(|tensor| {
        let name = tensor.name.strip_prefix(MORE_AVERAGES)?;
        // A decay rate has a dot itself.
        name.match_indices('.').nth(1).map(|(end, _)| name[..end].to_owned())
    });
    for name in prefixes {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.push(TRAINED.into());
    names
}

/// Fills a generator with the weights of the average of this name, one of [`averages`].
///
/// # Errors
/// Returns the full name of the first tensor that is missing or has another shape.
pub fn load_average(
    generator: &mut dyn Tensors,
    snapshot: &Snapshot,
    name: &str,
) -> Result<(), LoadError> {
    let more = format!("{MORE_AVERAGES}{name}");
    if name == TRAINED {
        load_network(generator, GENERATOR, snapshot)
    } else if has(snapshot, &more) {
        load_network(generator, &more, snapshot)
    } else {
        load_network(generator, EMA, snapshot)
    }
}

fn average_prefix(decay: f32) -> String {
    format!("{MORE_AVERAGES}{}", average_name(decay))
}

/// Whether a snapshot has a network of this name.
fn has(snapshot: &Snapshot, prefix: &str) -> bool {
    let of = |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'));
    snapshot.tensors.iter().any(|tensor| of(&tensor.name))
}

fn load_network(
    network: &mut dyn Tensors,
    prefix: &str,
    snapshot: &Snapshot,
) -> Result<(), LoadError> {
    model::load(network, |name| find(snapshot, &format!("{prefix}.{name}")))
        .map_err(|error| error.within(prefix))
}

fn restore_optimizer(
    optimizer: &mut Adam,
    network: &str,
    steps: u64,
    snapshot: &Snapshot,
) -> Result<(), LoadError> {
    let found = optimizer
        .restore(steps, |which, tensor| find(snapshot, &moment_name(network, which, tensor)));
    found.map_err(|error| error.within(&format!("optimizer.{network}")))
}

fn network_tensors(prefix: &str, network: &dyn Tensors) -> Vec<NamedTensor> {
    let named = model::named(network).into_iter();
    named
        .map(|(tensor, data)| NamedTensor {
            name: format!("{prefix}.{}", tensor.name),
            shape: tensor.shape,
            data,
        })
        .collect()
}

fn moment_tensors(network: &str, moments: &[AdamMoments]) -> Vec<NamedTensor> {
    let tensors = moments.iter().flat_map(|moments| {
        [(optimizer::FIRST, &moments.first), (optimizer::SECOND, &moments.second)].map(
            |(which, data)| NamedTensor {
                name: moment_name(network, which, &moments.name),
                shape: moments.shape.clone(),
                data: data.clone(),
            },
        )
    });
    tensors.collect()
}

fn moment_name(network: &str, which: &str, tensor: &str) -> String {
    format!("optimizer.{network}.{which}.{tensor}")
}

fn architecture(model: &str, latent: usize) -> String {
    format!("{model} with latents of length {latent}")
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Option<(&'a [usize], &'a [f32])> {
    snapshot.tensor(name).map(|tensor| (&tensor.shape[..], &tensor.data[..]))
}
