//! Presets are read, refused, recorded and written.

#![allow(clippy::unwrap_used)]

use super::*;

fn refused(text: &str) -> String {
    Preset::parse(text, "mine.ron").unwrap_err().to_string()
}

#[test]
fn an_empty_preset_is_the_reference() {
    let preset = Preset::parse("()", "mine.ron").unwrap();
    assert_eq!(preset, Preset::default());
    assert_eq!(
        Preset::parse("Preset(\n)", "mine.ron").unwrap(),
        preset,
        "the struct's name may stand there"
    );
    assert!(Plan::try_from(preset).is_ok());
}

#[test]
fn every_field_is_read() {
    let text = r#"(
        name: "a-1", description: "An experiment.", model: Dcgan, latent: 100,
        data: Folder("my images"), fit: Cover, invert: Never, strict: true,
        held_back: Fraction(0.25), reader: 1, batch: 7, iterations: 8, seed: 18446744073709551615, dropout: 0,
        generator: (learning_rate: 1e-3, beta1: 0.25, beta2: 0.5, epsilon: 1e-8),
        discriminator: (learning_rate: 1), objective: Wasserstein(clip: 0.02), label_smoothing: 0.1,
        discriminator_steps: 2, reuse_fakes: true, wrong_labels: true,
        labels: Ignored, norm: Off,
        spectral_norm: false, average: 0.99, more_averages: [0.5],
        gradient_penalty: (real: 1, generated: 2.5, deviation: 0.25, fraction: 0.5),
        instance_noise: (deviation: 0.5, until: 70), shift: 3, rotate: 10, zoom: 0.25, cutout: 0.5,
        augment_share: 0.75, augment_target: 0,
        schedule: Cosine(from: 10, until: 20), score_every: 0, stop_at: GeneratorLoss(0.5),
        patience: 12, frame_every: 9, tensorboard: true,
        checkpoint_every: 10, keep_checkpoints: 11)"#;
    let adam = Adam { learning_rate: 1e-3, beta1: 0.25, beta2: 0.5, epsilon: 1e-8 };
    let expected = Preset {
        name: "a-1".into(),
        description: "An experiment.".into(),
        model: Model::Dcgan,
        latent: 100,
        data: Data::Folder("my images".into()),
        fit: Fit::Cover,
        invert: Invert::Never,
        strict: true,
        held_back: HeldBack::Fraction(0.25),
        reader: 1,
        batch: 7,
        iterations: 8,
        seed: u64::MAX,
        dropout: 0.0,
        generator: adam,
        discriminator: Adam { learning_rate: 1.0, ..Adam::default() },
        objective: Objective::Wasserstein { clip: 0.02 },
        label_smoothing: 0.1,
        discriminator_steps: 2,
        reuse_fakes: true,
        wrong_labels: true,
        labels: LabelUse::Ignored,
        norm: Norm::Off,
        spectral_norm: false,
        average: 0.99,
        more_averages: ron::from_str("[0.5]").unwrap(),
        gradient_penalty: GradientPenalty {
            real: 1.0,
            generated: 2.5,
            deviation: 0.25,
            fraction: 0.5,
        },
        instance_noise: InstanceNoise { deviation: 0.5, until: 70 },
        shift: 3,
        rotate: 10.0,
        zoom: 0.25,
        cutout: 0.5,
        augment_share: 0.75,
        augment_target: 0.0,
        schedule: Schedule::Cosine { from: 10, until: 20 },
        score_every: 0,
        stop_at: StopAt::GeneratorLoss(0.5),
        patience: 12,
        frame_every: 9,
        tensorboard: true,
        checkpoint_every: 10,
        keep_checkpoints: 11,
    };
    assert_eq!(Preset::parse(text, "mine.ron").unwrap(), expected);
    assert_eq!(
        Preset::parse(&expected.to_ron(), "again").unwrap(),
        expected,
        "{}",
        expected.to_ron()
    );
}

#[test]
fn what_a_checkpoint_keeps_reads_back() {
    let preset = Preset {
        seed: u64::MAX,
        dropout: 0.1,
        data: Data::Folder("/home/me/shapes".into()),
        ..Preset::default()
    };
    let recorded = preset.recorded();
    assert!(!recorded.contains("/home"), "{recorded}");
    assert_eq!(
        Preset { iterations: 7, ..preset.clone() }.recorded(),
        recorded,
        "it does not tell how long the run is"
    );
    let expected = Preset { data: Data::Folder("shapes".into()), iterations: 40, ..preset };
    assert_eq!(Preset::from_recorded(&recorded, 40).unwrap(), expected);
    assert!(Preset::from_recorded("{\"batch\": 0}", 40).is_err());
    assert!(Preset::from_recorded("{", 40).is_err());
}

/// What is recorded is part of a checkpoint's bytes.
#[test]
fn what_a_checkpoint_keeps_has_these_bytes() {
    let default = r#"{"name":"custom","description":"","model":"Dcgan","latent":100,"#.to_owned()
        + r#""data":"Auto","batch":32,"iterations":1,"seed":1,"dropout":0.25,"#
        + r#""generator":{"learning_rate":0.0002,"beta1":0.5,"beta2":0.999,"epsilon":1e-7},"#
        + r#""discriminator":{"learning_rate":0.0002,"beta1":0.5,"beta2":0.999,"#
        + r#""epsilon":1e-7},"frame_every":20,"checkpoint_every":500,"keep_checkpoints":3}"#;
    assert_eq!(Preset::default().recorded(), default);
    let text = "(label_smoothing: 0.1, discriminator_steps: 2, reuse_fakes: true,
        wrong_labels: true, norm: Off, spectral_norm: true, average: 0.99, shift: 3,
        objective: Wasserstein(clip: 0.02), instance_noise: (deviation: 0.5, until: 70),
        schedule: Cosine(from: 10, until: 20), score_every: 0)";
    let added = r#""objective":{"Wasserstein":{"clip":0.02}},"label_smoothing":0.1,"#.to_owned()
        + r#""discriminator_steps":2,"reuse_fakes":true,"wrong_labels":true,"norm":"Off","#
        + r#""spectral_norm":true,"average":0.99,"#
        + r#""instance_noise":{"deviation":0.5,"until":70},"shift":3,"#
        + r#""schedule":{"Cosine":{"from":10,"until":20}},"score_every":0,"frame_every""#;
    let expected = default.replace(r#""frame_every""#, &added);
    assert_eq!(Preset::parse(text, "mine.ron").unwrap().recorded(), expected);
}

#[test]
fn fields_that_are_the_references_are_not_recorded() {
    let recorded = Preset::default().recorded();
    assert!(!recorded.contains("objective") && !recorded.contains("score_every"), "{recorded}");
    let preset = Preset { objective: Objective::Hinge, average: 0.9, ..Preset::default() };
    assert_eq!(Preset::from_recorded(&preset.recorded(), preset.iterations).unwrap(), preset);
}

#[test]
fn what_has_no_meaning_together_is_refused_with_the_reason() {
    let refused = |text: &str, part: &str| {
        let error =
            Plan::try_from(Preset::parse(text, "mine.ron").unwrap()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refused(
        "(objective: Relativistic)",
        "reuse_fakes: expected true with the objective Relativistic",
    );
    refused(
        "(objective: Hinge, label_smoothing: 0.1)",
        "label_smoothing: expected 0 with the objective Hinge, which has no labels",
    );
    refused(
        "(objective: Wasserstein(clip: 0.1), spectral_norm: true)",
        "spectral_norm: expected false with the objective Wasserstein",
    );
    refused(
        "(reuse_fakes: true, wrong_labels: true)",
        "wrong_labels: expected false with a model that is not class-conditional",
    );
    refused(
        "(model: DcganDigits, wrong_labels: true)",
        "wrong_labels: expected false without reuse_fakes",
    );
    let together =
        "(model: DcganDigits, wrong_labels: true, reuse_fakes: true, objective: Relativistic)";
    refused(together, "wrong_labels: expected false with the objective Relativistic");
    refused("(gradient_penalty: (real: 1))", "reuse_fakes: expected true with gradient_penalty");
    refused(
        "(gradient_penalty: (generated: 1), reuse_fakes: true)",
        "dropout: expected 0 with gradient_penalty",
    );
    refused("(augment_target: 0.6)", "augment_target: expected 0 without shift, rotate, zoom");
    refused(
        "(augment_target: 0.6, rotate: 9, augment_share: 0.5)",
        "augment_share: expected 1 with augment_target",
    );
    refused("(model: Mlp, norm: Off)", "norm: expected Batch with the model Mlp");
    refused("(schedule: Linear(from: 9, until: 9))", "schedule: expected `from` before `until`");
}

#[test]
fn errors_name_line_column_field_expected_and_found() {
    assert_eq!(
        refused("(\n    batch: 0,\n)"),
        "mine.ron:2:12: batch: expected a whole number from 1 to 1024, found 0"
    );
    assert_eq!(
        refused("(batch: 1.5)"),
        "mine.ron:1:9: batch: expected a whole number from 1 to 1024, found 1.5"
    );
    assert_eq!(
        refused("(batch: \"32\")"),
        "mine.ron:1:9: batch: expected a whole number from 1 to 1024, found the string \"32\""
    );
    assert_eq!(
        refused("(dropout: 1.0)"),
        "mine.ron:1:11: dropout: expected a number from 0 and below 1, found 1"
    );
    assert_eq!(
        refused("(dropout: NaN)"),
        "mine.ron:1:11: dropout: expected a number from 0 and below 1, found NaN"
    );
    assert_eq!(
        refused("(generator: (learning_rate: 0))"),
        "mine.ron:1:29: learning_rate: expected a number above 0 and up to 1, found 0"
    );
}

#[test]
fn unknown_names_are_answered_with_the_nearest_known_one() {
    assert_eq!(refused("(bacth: 3)"), "mine.ron:1:2: unknown field `bacth`; did you mean `batch`?");
    assert_eq!(
        refused("(data: Mnits)"),
        "mine.ron:1:8: data: unknown value `Mnits`; did you mean `Mnist`?"
    );
    assert_eq!(
        refused("(generator: (momentum: 1))"),
        "mine.ron:1:14: unknown field `momentum`; \
         expected one of learning_rate, beta1, beta2, epsilon"
    );
}
