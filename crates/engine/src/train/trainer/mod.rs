//! A model in training: networks built from a preset, and what the worker asks of them.

use dfdx::tensor::CpuError;

use crate::{
    dataset::{Dataset, PIXELS},
    model::{self, CLASSES, Layer, LoadError, Tensors},
    train::{
        augment::DiscriminatorAugment,
        initialise::initialise,
        networks,
        optimizer::{self, Adam},
        profiler::{Phase, Profiler},
        random::{self, Stream},
        step::{Batch, Gan, LearningRateFactor, Losses},
    },
};
use gan_tui_core::{
    event::{LearningRates, NamedTensor, Snapshot},
    image::from_byte,
    preset::Preset,
};

/// A model in training. Iterations count from 1.
pub struct Trainer {
    gan: Gan,
    preset: Preset,
}

/// A snapshot does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("the checkpoint is of the architecture {found}, expected {expected}")]
    Model { expected: String, found: String },
    #[error("{0}")]
    Tensor(#[from] LoadError),
}

/// Builds the preset's networks, their weights drawn from the preset's seed.
///
/// # Errors
/// The latent length, where the architecture is not built for it.
pub fn build(preset: &Preset) -> Result<Trainer, String> {
    let mut generator = networks::generator(preset.model, preset.latent)?;
    let mut discriminator = networks::discriminator(preset.model, preset.norm, preset.dropout);
    initialise(&mut *generator, preset.seed, Stream::Generator);
    initialise(&mut *discriminator, preset.seed, Stream::Discriminator);
    Ok(Trainer { gan: Gan::new(preset, generator, discriminator)?, preset: preset.clone() })
}

impl Trainer {
    /// One iteration on images and latents that are a function of (seed, iteration).
    ///
    /// # Errors
    /// Where memory runs out, or a conditional model is given images without labels.
    pub fn step(
        &mut self,
        iteration: u64,
        dataset: &dyn Dataset,
        profiler: &mut Profiler,
    ) -> Result<Losses, CpuError> {
        for turn in 1..self.preset.discriminator_steps as u64 {
            let batch = self.batch(iteration, turn, dataset);
            profiler.record(Phase::Data);
            self.gan.discriminator_step(batch, profiler)?;
        }
        let batch = self.batch(iteration, 0, dataset);
        profiler.record(Phase::Data);
        self.gan.step(batch, profiler)
    }

    /// What update `turn` of an iteration is given.
    fn batch(&self, iteration: u64, turn: u64, dataset: &dyn Dataset) -> Batch {
        let (seed, count, step) =
            (self.preset.seed, self.preset.batch, random::step(iteration, turn));
        let indices = random::indices(seed, Stream::Batch, step, count, dataset.len());
        let mut real = Vec::with_capacity(count * PIXELS);
        for &index in &indices {
            real.extend(dataset.image(index).iter().map(|&byte| from_byte(byte)));
        }
        let (real_labels, fake_labels) = if self.preset.model.is_conditional() {
            let labels = indices.iter().filter_map(|&index| dataset.label(index)).collect();
            let asked = random::indices(seed, Stream::Labels, step, count, CLASSES);
            (labels, asked.into_iter().map(|label| label as u8).collect())
        } else {
            (Vec::new(), Vec::new())
        };
        let wrong_labels = if self.preset.wrong_labels {
            let away = random::indices(seed, Stream::WrongLabels, step, count, CLASSES - 1);
            real_labels
                .iter()
                .zip(away)
                .map(|(&label, away): (&u8, _)| ((usize::from(label) + 1 + away) % CLASSES) as u8)
                .collect()
        } else {
            Vec::new()
        };
        Batch {
            real,
            latents: random::normal(seed, Stream::Latents, step, count * self.preset.latent),
            dropout: random::bits(seed, Stream::Dropout, step),
            real_labels,
            fake_labels,
            wrong_labels,
            augment: DiscriminatorAugment::of(&self.preset, iteration),
            rate: LearningRateFactor(self.preset.schedule.factor(iteration)),
            turn,
        }
    }

    /// Images of latents (n, latent), inference mode: (n, 28, 28) in [-1, 1]. `labels` (n) are the
    /// digits to draw, where the model is conditional.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn generate(&self, latents: &[f32], labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.gan.generate(latents, labels)
    }

    /// How probable the discriminator holds it that images (n, 28, 28) are real, inference mode:
    /// (n).
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn realness(&self, images: Vec<f32>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        self.gan.realness(images, labels)
    }

    /// Whether digits can be asked for.
    pub fn is_conditional(&self) -> bool {
        self.preset.model.is_conditional()
    }

    /// The learning rates of the next iteration, before the schedule's factor.
    pub fn learning_rates(&self) -> LearningRates {
        let (generator, discriminator) =
            (&self.gan.generator_optimizer.settings, &self.gan.discriminator_optimizer.settings);
        LearningRates {
            generator: generator.learning_rate,
            discriminator: discriminator.learning_rate,
        }
    }

    /// Changes the learning rates from the next iteration on.
    pub fn set_learning_rates(&mut self, rates: LearningRates) {
        self.gan.generator_optimizer.settings.learning_rate = rates.generator;
        self.gan.discriminator_optimizer.settings.learning_rate = rates.discriminator;
    }

    /// Everything that is needed to go on after `iteration`.
    pub fn snapshot(&self, iteration: u64) -> Snapshot {
        let mut tensors = Vec::new();
        let mut keep = |name: String, shape: Vec<usize>, data: Vec<f32>| {
            tensors.push(NamedTensor { name, shape, data })
        };
        for (prefix, network) in self.networks() {
            for (tensor, data) in model::named(network) {
                keep(format!("{prefix}.{}", tensor.name), tensor.shape, data);
            }
        }
        let moments = [
            (GENERATOR, self.gan.generator_optimizer.moments()),
            (DISCRIMINATOR, self.gan.discriminator_optimizer.moments()),
        ];
        for (network, moments) in moments {
            for moment in moments {
                keep(
                    moment_name(network, optimizer::FIRST, &moment.name),
                    moment.shape.clone(),
                    moment.first.clone(),
                );
                keep(
                    moment_name(network, optimizer::SECOND, &moment.name),
                    moment.shape.clone(),
                    moment.second.clone(),
                );
            }
        }
        for tensor in
            self.gan.spectral_norm.iter().flat_map(|spectral_norm| spectral_norm.tensors())
        {
            keep(format!("{SPECTRAL}.{}", tensor.name), tensor.shape, tensor.data);
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Snapshot {
            iteration,
            seed: self.preset.seed,
            model: self.preset.model.name().into(),
            latent: self.preset.latent,
            preset: self.preset.recorded(),
            generator_steps: self.gan.generator_optimizer.steps,
            discriminator_steps: self.gan.discriminator_optimizer.steps,
            tensors,
        }
    }

    /// The networks with their names in checkpoints.
    fn networks(&self) -> Vec<(&'static str, &dyn Tensors)> {
        let gan = &self.gan;
        let mut networks: Vec<(_, &dyn Tensors)> =
            vec![(GENERATOR, &*gan.generator), (DISCRIMINATOR, &*gan.discriminator)];
        if let Some(ema) = &gan.ema {
            networks.push((EMA, &**ema));
        }
        networks
    }

    /// The inverse of [`Trainer::snapshot`].
    ///
    /// # Errors
    /// Where the snapshot is of another architecture: which tensor is missing or misshapen.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<(), RestoreError> {
        let (model, latent) = (self.preset.model.name(), self.preset.latent);
        let (expected, found) =
            (architecture(model, latent), architecture(&snapshot.model, snapshot.latent));
        if expected != found {
            return Err(RestoreError::Model { expected, found });
        }
        let gan = &mut self.gan;
        load_network(&mut *gan.generator, GENERATOR, snapshot)?;
        load_network(&mut *gan.discriminator, DISCRIMINATOR, snapshot)?;
        if let Some(ema) = &mut gan.ema {
            // A run that kept no averages begins them where its weights are.
            let from = if has_ema(snapshot) { EMA } else { GENERATOR };
            load_network(&mut **ema, from, snapshot)?;
        }
        if let Some(spectral_norm) = &mut gan.spectral_norm {
            let found = spectral_norm.restore(|name| find(snapshot, &format!("{SPECTRAL}.{name}")));
            found.map_err(|error| error.within(SPECTRAL))?;
        }
        restore_optimizer(
            &mut gan.generator_optimizer,
            GENERATOR,
            snapshot.generator_steps,
            snapshot,
        )?;
        restore_optimizer(
            &mut gan.discriminator_optimizer,
            DISCRIMINATOR,
            snapshot.discriminator_steps,
            snapshot,
        )?;
        Ok(())
    }

    /// The layers of the generator, then those of the discriminator.
    pub fn layers(&self) -> Vec<Layer> {
        let (generator, discriminator) = (&self.gan.generator, &self.gan.discriminator);
        let mut layers = generator.layers(GENERATOR);
        layers.extend(discriminator.layers(DISCRIMINATOR));
        layers
    }
}

/// The networks' names in checkpoints.
pub const GENERATOR: &str = "generator";
pub const DISCRIMINATOR: &str = "discriminator";
/// The generator's averaged weights.
pub const EMA: &str = "average";
/// What spectral norm keeps of the discriminator.
const SPECTRAL: &str = "spectral";

/// Whether a snapshot holds averaged weights.
pub fn has_ema(snapshot: &Snapshot) -> bool {
    let prefix = format!("{EMA}.");
    snapshot.tensors.iter().any(|tensor| tensor.name.starts_with(&prefix))
}

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
pub fn load_network(
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::{
        event::DatasetInfo,
        preset::{InstanceNoise, Model, Norm, Objective, Schedule},
    };

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

        fn label(&self, index: usize) -> Option<u8> {
            Some((index % 10) as u8)
        }
    }

    fn preset(batch: usize) -> Preset {
        Preset { batch, ..Preset::default() }
    }

    fn train(
        preset: &Preset,
        iterations: std::ops::RangeInclusive<u64>,
        threads: usize,
        from: Option<&Snapshot>,
    ) -> Snapshot {
        let mut training = build(preset).unwrap();
        if let Some(snapshot) = from {
            training.restore(snapshot).unwrap();
        }
        let last = *iterations.end();
        let pool = crate::train::pool(threads).unwrap();
        for iteration in iterations {
            pool.install(|| training.step(iteration, &Noise::new(), &mut Profiler::start()))
                .unwrap();
        }
        training.snapshot(last)
    }

    #[test]
    fn parameters_are_the_references() {
        let layers = build(&preset(1)).unwrap().layers();
        let count = |network: &str| {
            let own = layers.iter().filter(|layer| layer.network == network);
            own.fold((0, 0), |(all, trained), layer| {
                (all + layer.parameters, trained + layer.trainable)
            })
        };
        assert_eq!(count(GENERATOR), (726_401, 726_209));
        assert_eq!(count(DISCRIMINATOR), (393_729, 392_833));
        let rows: Vec<_> =
            layers.iter().map(|layer| (layer.name.as_str(), layer.parameters)).collect();
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
                assert!(
                    one == train(&preset(batch), 1..=3, threads, None),
                    "{threads} threads, batch {batch}"
                );
            }
        }
    }

    #[test]
    fn every_architecture_trains_and_samples() {
        for &model in Model::ALL {
            for &latent in model.info().latents {
                let preset = Preset { model, latent, batch: 4, ..Preset::default() };
                let before = build(&preset).unwrap().snapshot(0);
                let after = train(&preset, 1..=2, 2, None);
                let moved = before
                    .tensors
                    .iter()
                    .zip(&after.tensors)
                    .filter(|(before, after)| before.data != after.data)
                    .count();
                assert_eq!(
                    moved,
                    after.tensors.len(),
                    "{} {latent}: every tensor moves",
                    model.name()
                );
                let sampler = crate::train::sampling::TrainedGenerator::new(&after, 2).unwrap();
                assert_eq!(
                    sampler
                        .draw(&sampler.rows(&sampler.latents(1, 3, None), &sampler.labels(3)))
                        .len(),
                    3
                );
            }
        }
    }

    #[test]
    fn a_restored_model_goes_on_bit_for_bit() {
        let whole = train(&preset(4), 1..=4, 2, None);
        let half = train(&preset(4), 1..=2, 2, None);
        assert!(whole == train(&preset(4), 3..=4, 1, Some(&half)));
    }

    /// Each addition alone, and those together that have a meaning together: trained in two parts,
    /// on one thread and on two, it is the same to the last bit, and not what the reference is.
    #[test]
    fn every_addition_is_restored_bit_for_bit_and_changes_something() {
        let base =
            || Preset { model: Model::DcganSmall, latent: 64, batch: 4, ..Preset::default() };
        let plain = train(&base(), 1..=3, 1, None);
        let together = Preset {
            objective: Objective::Relativistic,
            reuse_fakes: true,
            discriminator_steps: 2,
            norm: Norm::Off,
            spectral_norm: true,
            average: 0.9,
            instance_noise: InstanceNoise { deviation: 0.1, until: 10 },
            shift: 2,
            schedule: Schedule::Linear { from: 1, until: 9 },
            ..base()
        };
        let additions = [
            Preset { objective: Objective::LeastSquares, ..base() },
            Preset { objective: Objective::Hinge, ..base() },
            Preset {
                objective: Objective::Wasserstein { clip: 0.05 },
                discriminator_steps: 3,
                ..base()
            },
            Preset { label_smoothing: 0.1, ..base() },
            Preset { reuse_fakes: true, ..base() },
            Preset { norm: Norm::Off, ..base() },
            Preset { spectral_norm: true, ..base() },
            Preset { average: 0.5, ..base() },
            Preset { instance_noise: InstanceNoise { deviation: 0.1, until: 10 }, ..base() },
            Preset { shift: 3, ..base() },
            Preset { schedule: Schedule::Cosine { from: 0, until: 5 }, ..base() },
            Preset { model: Model::DcganSmallDigits, ..base() },
            Preset {
                model: Model::DcganSmallDigits,
                reuse_fakes: true,
                wrong_labels: true,
                ..base()
            },
            together,
        ];
        for preset in additions {
            gan_tui_core::preset::Plan::try_from(preset.clone()).unwrap();
            let whole = train(&preset, 1..=3, 2, None);
            assert!(whole.tensors != plain.tensors, "{preset:?}");
            let half = train(&preset, 1..=2, 1, None);
            assert!(whole == train(&preset, 3..=3, 1, Some(&half)), "{preset:?}");
            assert!(
                whole
                    .tensors
                    .iter()
                    .all(|tensor| tensor.data.iter().all(|number| number.is_finite())),
                "{preset:?}"
            );
        }
    }

    #[test]
    fn wrong_labels_are_never_the_right_ones_and_change_what_is_learned() {
        let preset = |wrong_labels| Preset {
            model: Model::DcganSmallDigits,
            latent: 64,
            batch: 64,
            reuse_fakes: true,
            wrong_labels,
            ..Preset::default()
        };
        let batch = build(&preset(true)).unwrap().batch(1, 0, &Noise::new());
        assert_eq!(batch.wrong_labels.len(), 64);
        assert!(
            batch
                .real_labels
                .iter()
                .zip(&batch.wrong_labels)
                .all(|(right, wrong)| right != wrong && *wrong < 10)
        );
        assert!(
            train(&preset(true), 1..=1, 1, None).tensors
                != train(&preset(false), 1..=1, 1, None).tensors
        );
    }

    #[test]
    fn clipped_weights_are_within_their_bounds() {
        let preset = Preset {
            objective: Objective::Wasserstein { clip: 0.03 },
            batch: 4,
            ..Preset::default()
        };
        let after = train(&preset, 1..=2, 2, None);
        let kernels = after.tensors.iter().filter(|tensor| {
            tensor.name.starts_with("discriminator.") && tensor.name.ends_with("kernel")
        });
        assert!(kernels.flat_map(|tensor| &tensor.data).all(|weight| weight.abs() <= 0.03));
    }

    /// What a conditional generator draws is another picture for each digit.
    #[test]
    fn a_digit_can_be_asked_for() {
        let preset = Preset { model: Model::DcganSmallDigits, latent: 64, ..Preset::default() };
        let training = build(&preset).unwrap();
        let latents = random::normal(1, Stream::Fixed, 0, 64);
        let draw = |digit| training.generate(&latents, &[digit]).unwrap();
        assert_ne!(draw(3), draw(4));
        assert_eq!(draw(3), draw(3));
        assert!(training.generate(&latents, &[]).is_err(), "no digit was asked for");
    }

    #[test]
    fn a_snapshot_of_another_architecture_is_refused_by_name() {
        let mut training = build(&preset(1)).unwrap();
        let mut snapshot = training.snapshot(0);
        let error = |training: &mut Trainer, snapshot: &Snapshot| {
            training.restore(snapshot).unwrap_err().to_string()
        };
        snapshot.tensors[3].shape.push(1);
        let name = snapshot.tensors[3].name.clone();
        assert!(
            error(&mut training, &snapshot).starts_with(&format!("tensor {name}: expected shape"))
        );
        snapshot.tensors.remove(3);
        assert_eq!(error(&mut training, &snapshot), format!("tensor {name} is missing"));
        snapshot.latent = 64;
        let text = "the checkpoint is of the architecture dcgan with latents of length 64, expected dcgan with latents of length 100";
        assert_eq!(error(&mut training, &snapshot), text);
    }
}
