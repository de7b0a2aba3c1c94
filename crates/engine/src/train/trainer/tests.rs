//! Parameter counts, and that what is trained depends on the preset alone, bit for bit.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::train::sampling::TrainedGenerator;
use gan_tui_core::{
    event::Snapshot,
    preset::{GradientPenalty, InstanceNoise, MNIST_SHAPE, Model, Norm, Objective, Schedule},
};
use gan_tui_data::noise::noise;

fn preset(batch: usize) -> Preset {
    Preset { batch, ..Preset::default() }
}

fn train(
    preset: &Preset,
    iterations: std::ops::RangeInclusive<u64>,
    threads: usize,
    from: Option<&Snapshot>,
) -> Snapshot {
    train_on(&[], preset, iterations, threads, from)
}

fn train_on(
    classes: &[String],
    preset: &Preset,
    iterations: std::ops::RangeInclusive<u64>,
    threads: usize,
    from: Option<&Snapshot>,
) -> Snapshot {
    let mut trainer = build(preset, classes).unwrap();
    if let Some(snapshot) = from {
        trainer.restore(snapshot).unwrap();
    }
    let last = *iterations.end();
    let pool = crate::train::pool(threads).unwrap();
    let noise = noise(preset.model.image(), 20);
    for iteration in iterations {
        pool.install(|| trainer.step(iteration, &noise, &mut Profiler::start())).unwrap();
    }
    trainer.snapshot(last)
}

#[test]
fn images_do_not_depend_on_how_many_are_asked_for() {
    let classes: Vec<String> = ["a", "b", "c"].map(Into::into).into();
    let preset = Preset { model: Model::DcganSmall, batch: 2, latent: 64, ..Preset::default() };
    for classes in [&classes[..], &[]] {
        let trainer = build(&preset, classes).unwrap();
        let (count, latent) = (70, preset.latent);
        let latents = random::normal(1, Stream::Samples, 0, count * latent);
        let labels: Vec<u8> = (0..count).map(|index| index as u8 % 3).collect();
        let labels = if classes.is_empty() { &[] } else { &labels[..] };
        let all = trainer.generate(&latents, labels).unwrap();
        let realness = trainer.realness(all.clone(), labels).unwrap();
        let (last, size) = (count - 1, trainer.image_shape().values());
        let label = labels.get(last..).unwrap_or_default();
        let image = trainer.generate(&latents[last * latent..], label).unwrap();
        assert_eq!((all.len(), realness.len()), (count * size, count));
        assert_eq!(all[last * size..], image);
        assert_eq!(realness[last..], trainer.realness(image, label).unwrap());
    }
}

#[test]
fn parameters_are_the_references() {
    let layers = build(&preset(1), &[]).unwrap().layers();
    let count = |network: &str| {
        let own = layers.iter().filter(|layer| layer.network == network);
        own.fold((0, 0), |(all, trained), layer| {
            (all + layer.parameters, trained + layer.trainable)
        })
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
fn colour_networks_have_the_sizes_their_files_say() {
    let outputs = |model| {
        let preset = Preset { model, latent: 64, ..Preset::default() };
        let layers = build(&preset, &[]).unwrap().layers();
        let of = |network: &'static str| {
            let own = layers.iter().filter(move |layer| layer.network == network);
            let maps = own.filter(|layer| !layer.name.starts_with("norm"));
            maps.map(|layer| layer.output.clone()).collect::<Vec<_>>()
        };
        (of(GENERATOR), of(DISCRIMINATOR))
    };
    let (generator, discriminator) = outputs(Model::Colour32);
    assert_eq!(
        generator,
        [[4, 4, 128], [8, 8, 64], [16, 16, 32], [32, 32, 16], [32, 32, 3]].map(Vec::from)
    );
    assert_eq!(
        discriminator[..4],
        [[16, 16, 16], [8, 8, 32], [4, 4, 64], [4, 4, 128]].map(Vec::from)
    );
    let (generator, discriminator) = outputs(Model::Colour64);
    assert_eq!(generator.last(), Some(&vec![64, 64, 3]));
    assert_eq!(discriminator[0], [32, 32, 16]);
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
            let before = build(&preset, &[]).unwrap().snapshot(0);
            let after = train(&preset, 1..=2, 2, None);
            let moved = before
                .tensors
                .iter()
                .zip(&after.tensors)
                .filter(|(before, after)| before.data != after.data)
                .count();
            assert_eq!(moved, after.tensors.len(), "{} {latent}: every tensor moves", model.name());
            let sampler = crate::train::sampling::TrainedGenerator::new(&after, 2).unwrap();
            assert_eq!(
                sampler
                    .draw(&sampler.rows(&sampler.latents(1, 3, None), &sampler.labels(3)))
                    .unwrap()
                    .len(),
                3
            );
        }
    }
}

#[test]
fn colour_networks_are_conditioned_on_their_classes() {
    let classes: Vec<String> = (0..10).map(|class| format!("kind {class}")).collect();
    let preset = Preset {
        model: Model::Colour32,
        latent: 64,
        batch: 4,
        reuse_fakes: true,
        wrong_labels: true,
        ..Preset::default()
    };
    let whole = train_on(&classes, &preset, 1..=3, 2, None);
    assert_eq!(whole.classes, classes);
    let part = train_on(&classes, &preset, 1..=2, 1, None);
    assert!(whole == train_on(&classes, &preset, 3..=3, 2, Some(&part)));
    let sampler = crate::train::sampling::TrainedGenerator::new(&whole, 2).unwrap();
    let rows = |labels: &[u8]| sampler.rows(&sampler.latents(1, 1, None).repeat(2), labels);
    let images = sampler.draw(&rows(&[0, 9])).unwrap();
    assert_ne!(images.picture(0), images.picture(1), "the class makes a difference");

    let error = build(&preset, &[]).unwrap().restore(&whole).unwrap_err().to_string();
    assert!(error.starts_with("the checkpoint is of the classes kind 0, kind 1,"), "{error}");
    assert!(error.ends_with("expected none"), "{error}");
}

#[test]
fn a_restored_model_continues_bit_for_bit() {
    let whole = train(&preset(4), 1..=4, 2, None);
    let half = train(&preset(4), 1..=2, 2, None);
    assert!(whole == train(&preset(4), 3..=4, 1, Some(&half)));
}

/// Each addition alone, and those together that have a meaning together: trained in two parts,
/// on one thread and on two, it is the same to the last bit, and not what the reference is.
#[test]
fn every_addition_is_restored_bit_for_bit_and_changes_something() {
    let base = || Preset { model: Model::DcganSmall, latent: 64, batch: 4, ..Preset::default() };
    let plain = train(&base(), 1..=3, 1, None);
    let penalty = GradientPenalty { real: 1.0, generated: 2.0, ..GradientPenalty::default() };
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
        Preset::parse("(average: 0.5, more_averages: [0.9], latent: 64, model: DcganSmall)", "x")
            .unwrap(),
        Preset { instance_noise: InstanceNoise { deviation: 0.1, until: 10 }, ..base() },
        Preset { shift: 3, ..base() },
        Preset { rotate: 20.0, ..base() },
        Preset { zoom: 0.2, augment_share: 0.5, ..base() },
        Preset { cutout: 0.5, augment_target: 0.5, ..base() },
        Preset { schedule: Schedule::CosineToEnd { from: 0.0, until: 5 }, ..base() },
        Preset { gradient_penalty: penalty, reuse_fakes: true, dropout: 0.0, ..base() },
        Preset {
            model: Model::DcganSmallDigits,
            gradient_penalty: GradientPenalty { generated: 0.0, fraction: 0.5, ..penalty },
            reuse_fakes: true,
            wrong_labels: true,
            dropout: 0.0,
            ..base()
        },
        Preset { schedule: Schedule::Cosine { from: 0, until: 5 }, ..base() },
        Preset { model: Model::DcganSmallDigits, ..base() },
        Preset { model: Model::DcganSmallDigits, reuse_fakes: true, wrong_labels: true, ..base() },
        together,
    ];
    for preset in additions {
        gan_tui_core::preset::Plan::try_from(preset.clone()).unwrap();
        let whole = train(&preset, 1..=3, 2, None);
        assert!(whole.tensors != plain.tensors, "{preset:?}");
        let half = train(&preset, 1..=2, 1, None);
        assert!(whole == train(&preset, 3..=3, 1, Some(&half)), "{preset:?}");
        assert!(
            whole.tensors.iter().all(|tensor| tensor.data.iter().all(|number| number.is_finite())),
            "{preset:?}"
        );
    }
}

#[test]
fn several_averages_are_kept_and_asked_for_by_name() {
    let text = "(model: DcganSmall, latent: 64, batch: 4, average: 0.9, more_averages: [0.2])";
    let preset = Preset::parse(text, "mine.ron").unwrap();
    let snapshot = train(&preset, 1..=3, 1, None);
    assert_eq!(averages(&snapshot), ["0.9", "0.2", "none"]);
    let image = |average| {
        let sampler = TrainedGenerator::of_average(&snapshot, average, 1).unwrap();
        sampler.values(&sampler.rows(&sampler.latents(1, 1, None), &[])).unwrap()
    };
    assert_eq!(image(None), image(Some("0.9")));
    assert!(image(Some("0.2")) != image(None) && image(Some("none")) != image(None));
    assert!(image(Some("0.2")) != image(Some("none")));
    let error = TrainedGenerator::of_average(&snapshot, Some("0.99"), 1).err().unwrap();
    assert_eq!(error.to_string(), "--average: expected 0.9, 0.2 or none, found 0.99");
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
    let batch = build(&preset(true), &[]).unwrap().batch(1, 0, &noise(MNIST_SHAPE, 20));
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
    let preset =
        Preset { objective: Objective::Wasserstein { clip: 0.03 }, batch: 4, ..Preset::default() };
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
    let trainer = build(&preset, &[]).unwrap();
    let latents = random::normal(1, Stream::Fixed, 0, 64);
    let draw = |digit| trainer.generate(&latents, &[digit]).unwrap();
    assert_ne!(draw(3), draw(4));
    assert_eq!(draw(3), draw(3));
    assert!(trainer.generate(&latents, &[]).is_err(), "no digit was asked for");
}

#[test]
fn a_snapshot_of_another_architecture_is_refused_by_name() {
    let mut trainer = build(&preset(1), &[]).unwrap();
    let mut snapshot = trainer.snapshot(0);
    let error = |trainer: &mut Trainer, snapshot: &Snapshot| {
        trainer.restore(snapshot).unwrap_err().to_string()
    };
    snapshot.tensors[3].shape.push(1);
    let name = snapshot.tensors[3].name.clone();
    assert!(error(&mut trainer, &snapshot).starts_with(&format!("tensor {name}: expected shape")));
    snapshot.tensors.remove(3);
    assert_eq!(error(&mut trainer, &snapshot), format!("tensor {name} is missing"));
    snapshot.latent = 64;
    let text = "the checkpoint is of the architecture dcgan with latents of length 64, \
                expected dcgan with latents of length 100";
    assert_eq!(error(&mut trainer, &snapshot), text);
}
