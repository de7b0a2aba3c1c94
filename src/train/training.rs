//! A model in training, whatever its type: the one `match` from a plan to concrete networks, and what the worker asks of them.

use std::collections::BTreeMap;

use dfdx::{
    nn::tensor_collection::TensorCollection,
    tensor::{Cpu, CpuError},
};

use super::{
    initialise::initialise,
    laps::{Laps, Part},
    optimizer::{self, Adam},
    random::{self, Stream},
    step::{Batch, Gan, Losses},
};
use crate::{
    dataset::{Dataset, PIXELS},
    event::{LearningRates, NamedTensor, Snapshot},
    image::from_byte,
    model::{self, Discriminate, Generate, Layer, LoadError, dcgan, mlp},
    nn,
    preset::{Model, Preset},
};

/// A model in training. Iterations count from 1.
pub trait Training: Send + Sync {
    /// One iteration on images and latents that are a function of (seed, iteration).
    ///
    /// # Errors
    /// Where memory runs out.
    fn step(&mut self, iteration: u64, dataset: &dyn Dataset, laps: &mut Laps) -> Result<Losses, CpuError>;

    /// Images of latents (n, latent), inference mode: (n, 28, 28) in [-1, 1].
    ///
    /// # Errors
    /// Where memory runs out.
    fn generate(&self, latents: Vec<f32>) -> Result<Vec<f32>, CpuError>;

    /// How probable the discriminator holds it that images (n, 28, 28) are real, inference mode: (n).
    ///
    /// # Errors
    /// Where memory runs out.
    fn verdicts(&self, images: Vec<f32>) -> Result<Vec<f32>, CpuError>;

    /// The learning rates of the next iteration.
    fn learning_rates(&self) -> LearningRates;

    /// Changes the learning rates from the next iteration on.
    fn set_learning_rates(&mut self, rates: LearningRates);

    /// Everything that is needed to go on after `iteration`.
    fn snapshot(&self, iteration: u64) -> Snapshot;

    /// The inverse of [`Training::snapshot`].
    ///
    /// # Errors
    /// Where the snapshot is of another architecture: which tensor is missing or misshapen.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError>;

    /// The layers of the generator, then those of the discriminator.
    fn layers(&self) -> Vec<Layer>;
}

/// A snapshot does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("the checkpoint is of the architecture {found}, expected {expected}")]
    Model { expected: String, found: String },
    #[error("{0}")]
    Tensor(#[from] LoadError),
}

/// Builds the preset's networks, their weights drawn from the preset's seed. The only place where an architecture's name becomes a type.
///
/// # Errors
/// The latent length, where the architecture is not built for it.
pub fn build(preset: &Preset) -> Result<Box<dyn Training>, String> {
    match (preset.model, preset.latent) {
        (Model::Dcgan, 64) => Ok(new::<64, dcgan::ReferenceGenerator<64>, dcgan::ReferenceDiscriminator>(preset)),
        (Model::Dcgan, 100) => Ok(new::<100, dcgan::ReferenceGenerator<100>, dcgan::ReferenceDiscriminator>(preset)),
        (Model::DcganSmall, 64) => Ok(new::<64, dcgan::SmallGenerator<64>, dcgan::SmallDiscriminator>(preset)),
        (Model::DcganSmall, 100) => Ok(new::<100, dcgan::SmallGenerator<100>, dcgan::SmallDiscriminator>(preset)),
        (Model::Mlp, 64) => Ok(new::<64, mlp::Generator<64>, mlp::Discriminator>(preset)),
        (Model::Mlp, 100) => Ok(new::<100, mlp::Generator<100>, mlp::Discriminator>(preset)),
        (model, latent) => Err(format!("{} is not built for latents of length {latent}", model.name())),
    }
}

fn new<const L: usize, G: Generate<L>, D: Discriminate>(preset: &Preset) -> Box<dyn Training> {
    let device = nn::device();
    let (mut generator, mut discriminator) = (G::zeros(&device), D::zeros(&device, preset.dropout));
    initialise(&mut generator, preset.seed, Stream::Generator);
    initialise(&mut discriminator, preset.seed, Stream::Discriminator);
    let optimizers = (Adam::new(&generator, preset.generator), Adam::new(&discriminator, preset.discriminator));
    Box::new(Typed::<L, G, D> { gan: Gan::new(generator, discriminator, optimizers.0, optimizers.1), preset: preset.clone() })
}

/// A model in training whose types are known.
struct Typed<const L: usize, G, D> {
    gan: Gan<L, G, D>,
    preset: Preset,
}

impl<const L: usize, G: Generate<L>, D: Discriminate> Training for Typed<L, G, D> {
    fn step(&mut self, iteration: u64, dataset: &dyn Dataset, laps: &mut Laps) -> Result<Losses, CpuError> {
        let (seed, count) = (self.preset.seed, self.preset.batch);
        let mut real = Vec::with_capacity(count * PIXELS);
        for index in random::indices(seed, Stream::Batch, iteration, count, dataset.len()) {
            real.extend(dataset.image(index).iter().map(|&byte| from_byte(byte)));
        }
        let latents = random::normal(seed, Stream::Latents, iteration, count * L);
        let dropout = random::bits(seed, Stream::Dropout, iteration);
        laps.lap(Part::Data);
        self.gan.step(Batch { real, latents, dropout }, laps)
    }

    fn generate(&self, latents: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        self.gan.generate(latents)
    }

    fn verdicts(&self, images: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        self.gan.verdicts(images)
    }

    fn learning_rates(&self) -> LearningRates {
        let (generator, discriminator) = (&self.gan.generator_optimizer.settings, &self.gan.discriminator_optimizer.settings);
        LearningRates { generator: generator.learning_rate, discriminator: discriminator.learning_rate }
    }

    fn set_learning_rates(&mut self, rates: LearningRates) {
        self.gan.generator_optimizer.settings.learning_rate = rates.generator;
        self.gan.discriminator_optimizer.settings.learning_rate = rates.discriminator;
    }

    fn snapshot(&self, iteration: u64) -> Snapshot {
        let mut tensors = BTreeMap::new();
        let mut keep = |name: String, shape: Vec<usize>, data: Vec<f32>| {
            tensors.insert(name.clone(), NamedTensor { name, shape, data });
        };
        for (tensor, data) in model::named(&self.gan.generator) {
            keep(format!("{GENERATOR}.{}", tensor.name), tensor.shape, data);
        }
        for (tensor, data) in model::named(&self.gan.discriminator) {
            keep(format!("{DISCRIMINATOR}.{}", tensor.name), tensor.shape, data);
        }
        let moments = [(GENERATOR, self.gan.generator_optimizer.moments()), (DISCRIMINATOR, self.gan.discriminator_optimizer.moments())];
        for (network, moments) in moments {
            for moment in moments {
                keep(moment_name(network, optimizer::FIRST, &moment.name), moment.shape.clone(), moment.first.clone());
                keep(moment_name(network, optimizer::SECOND, &moment.name), moment.shape.clone(), moment.second.clone());
            }
        }
        Snapshot {
            iteration,
            seed: self.preset.seed,
            model: self.preset.model.name().into(),
            latent: L,
            preset: self.preset.recorded(),
            generator_steps: self.gan.generator_optimizer.steps,
            discriminator_steps: self.gan.discriminator_optimizer.steps,
            tensors: tensors.into_values().collect(),
        }
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let (expected, found) = (architecture(self.preset.model.name(), L), architecture(&snapshot.model, snapshot.latent));
        if expected != found {
            return Err(RestoreError::Model { expected, found });
        }
        load_network(&mut self.gan.generator, GENERATOR, snapshot)?;
        load_network(&mut self.gan.discriminator, DISCRIMINATOR, snapshot)?;
        restore_optimizer(&mut self.gan.generator_optimizer, GENERATOR, snapshot.generator_steps, snapshot)?;
        restore_optimizer(&mut self.gan.discriminator_optimizer, DISCRIMINATOR, snapshot.discriminator_steps, snapshot)?;
        Ok(())
    }

    fn layers(&self) -> Vec<Layer> {
        let mut layers = model::summary(GENERATOR, G::layers(), &model::shapes(&self.gan.generator));
        layers.extend(model::summary(DISCRIMINATOR, D::layers(), &model::shapes(&self.gan.discriminator)));
        layers
    }
}

/// The networks' names in checkpoints.
pub const GENERATOR: &str = "generator";
pub const DISCRIMINATOR: &str = "discriminator";

fn architecture(model: &str, latent: usize) -> String {
    format!("{model} with latents of length {latent}")
}

fn moment_name(network: &str, which: &str, tensor: &str) -> String {
    format!("optimizer.{network}.{which}.{tensor}")
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Option<(&'a [usize], &'a [f32])> {
    snapshot.tensor(name).map(|tensor| (&tensor.shape[..], &tensor.data[..]))
}

/// Fills a network from a snapshot's tensors of that prefix.
///
/// # Errors
/// The first tensor that is missing or of another shape, by its full name.
pub fn load_network<M: TensorCollection<f32, Cpu>>(network: &mut M, prefix: &str, snapshot: &Snapshot) -> Result<(), LoadError> {
    model::load(network, |name| find(snapshot, &format!("{prefix}.{name}"))).map_err(|error| error.within(prefix))
}

fn restore_optimizer<M: TensorCollection<f32, Cpu>>(
    optimizer: &mut Adam<M>,
    network: &str,
    steps: u64,
    snapshot: &Snapshot,
) -> Result<(), LoadError> {
    let found = optimizer.restore(steps, |which, tensor| find(snapshot, &moment_name(network, which, tensor)));
    found.map_err(|error| error.within(&format!("optimizer.{network}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::event::DatasetInfo;

    /// A few images of noise.
    struct Noise(Vec<u8>);

    impl Noise {
        fn new() -> Self {
            Self((0..20 * PIXELS).map(|index| ((index * 2_654_435_761) >> 7) as u8).collect())
        }
    }

    impl Dataset for Noise {
        fn info(&self) -> DatasetInfo {
            DatasetInfo { name: "noise".into(), count: self.len(), sha256: String::new() }
        }

        fn len(&self) -> usize {
            self.0.len() / PIXELS
        }

        fn image(&self, index: usize) -> &[u8] {
            &self.0[index * PIXELS..(index + 1) * PIXELS]
        }

        fn label(&self, _: usize) -> Option<u8> {
            None
        }
    }

    fn preset(batch: usize) -> Preset {
        Preset { batch, ..Preset::default() }
    }

    fn train(preset: &Preset, iterations: std::ops::RangeInclusive<u64>, threads: usize, from: Option<&Snapshot>) -> Snapshot {
        let mut training = build(preset).unwrap();
        if let Some(snapshot) = from {
            training.restore(snapshot).unwrap();
        }
        let last = *iterations.end();
        let pool = crate::train::pool(threads).unwrap();
        for iteration in iterations {
            pool.install(|| training.step(iteration, &Noise::new(), &mut Laps::start())).unwrap();
        }
        training.snapshot(last)
    }

    #[test]
    fn parameters_are_the_references() {
        let layers = build(&preset(1)).unwrap().layers();
        let count = |network: &str| {
            let own = layers.iter().filter(|layer| layer.network == network);
            own.fold((0, 0), |(all, trained), layer| (all + layer.parameters, trained + layer.trainable))
        };
        assert_eq!(count(GENERATOR), (726_401, 726_209));
        assert_eq!(count(DISCRIMINATOR), (393_729, 392_833));
        let rows: Vec<_> = layers.iter().map(|layer| (layer.name.as_str(), layer.parameters)).collect();
        let expected = [
            ("dense", 633_472),
            ("conv1", 73_792),
            ("norm1", 256),
            ("conv2", 18_464),
            ("norm2", 128),
            ("conv3", 289),
            ("conv1", 320),
            ("conv2", 18_496),
            ("norm2", 256),
            ("conv3", 73_856),
            ("norm3", 512),
            ("conv4", 295_168),
            ("norm4", 1_024),
            ("dense", 4_097),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        for batch in [1, 5] {
            let one = train(&preset(batch), 1..=3, 1, None);
            for threads in [2, 4] {
                assert!(one == train(&preset(batch), 1..=3, threads, None), "{threads} threads, batch {batch}");
            }
        }
    }

    #[test]
    fn every_architecture_trains_and_samples() {
        for model in Model::ALL {
            for &latent in model.latents() {
                let preset = Preset { model, latent, batch: 4, ..Preset::default() };
                let before = build(&preset).unwrap().snapshot(0);
                let after = train(&preset, 1..=2, 2, None);
                let moved = before.tensors.iter().zip(&after.tensors).filter(|(before, after)| before.data != after.data).count();
                assert_eq!(moved, after.tensors.len(), "{} {latent}: every tensor moves", model.name());
                let sampler = crate::train::sample::Sampler::new(&after, 2).unwrap();
                assert_eq!(sampler.draw(&sampler.latents(1, 3)).len(), 3);
            }
        }
    }

    #[test]
    fn a_restored_model_goes_on_bit_for_bit() {
        let whole = train(&preset(4), 1..=4, 2, None);
        let half = train(&preset(4), 1..=2, 2, None);
        assert!(whole == train(&preset(4), 3..=4, 1, Some(&half)));
    }

    #[test]
    fn a_snapshot_of_another_architecture_is_refused_by_name() {
        let mut training = build(&preset(1)).unwrap();
        let mut snapshot = training.snapshot(0);
        let error = |training: &mut Box<dyn Training>, snapshot: &Snapshot| training.restore(snapshot).unwrap_err().to_string();
        snapshot.tensors[3].shape.push(1);
        let name = snapshot.tensors[3].name.clone();
        assert!(error(&mut training, &snapshot).starts_with(&format!("tensor {name}: expected shape")));
        snapshot.tensors.remove(3);
        assert_eq!(error(&mut training, &snapshot), format!("tensor {name} is missing"));
        snapshot.latent = 64;
        let text = "the checkpoint is of the architecture dcgan with latents of length 64, expected dcgan with latents of length 100";
        assert_eq!(error(&mut training, &snapshot), text);
    }
}
