//! What a preset must keep: the ranges of its fields, and rules across fields.

use super::{
    Conditioning, LabelUse, Norm, Preset, PresetError, Schedule, StopAt, value::Unranged as _,
};
use crate::names::alternatives;

/// Checks every rule, those of single fields first.
///
/// # Errors
/// Returns the first field that breaks a rule, expected and found.
pub(super) fn check(preset: &Preset) -> Result<(), PresetError> {
    for field in Preset::FIELDS {
        (field.check)(preset, field.name)?;
    }
    check_latent(preset)?;
    check_objective(preset)?;
    check_labels(preset)?;
    check_wrong_labels(preset)?;
    check_label_smoothing(preset)?;
    check_norm(preset)?;
    check_gradient_penalty(preset)?;
    check_augmentation(preset)?;
    check_averages(preset)?;
    check_stopping(preset)?;
    check_schedule(preset.schedule)
}

fn check_objective(preset: &Preset) -> Result<(), PresetError> {
    let (objective, name) = (preset.objective, preset.objective.name());
    if objective.weight_clip().is_some() && preset.spectral_norm {
        let expected =
            format!("false with the objective {name}, which bounds the weights by clipping them");
        return Err(PresetError::value("spectral_norm", expected, true));
    }
    if objective.needs_pairs() && !preset.reuse_fakes {
        let expected = format!(
            "true with the objective {name}, which compares real and generated images in one update"
        );
        return Err(PresetError::value("reuse_fakes", expected, false));
    }
    Ok(())
}

fn check_labels(preset: &Preset) -> Result<(), PresetError> {
    if preset.labels == LabelUse::Auto || preset.model.conditioning() == Conditioning::ByData {
        return Ok(());
    }
    let always = match preset.model.conditioning() {
        Conditioning::Required => "always",
        _ => "never",
    };
    let expected =
        format!("Auto with the model {:?}, which {always} uses the classes", preset.model);
    Err(PresetError::value("labels", expected, preset.labels.to_ron()))
}

fn check_wrong_labels(preset: &Preset) -> Result<(), PresetError> {
    if !preset.wrong_labels {
        return Ok(());
    }
    let expected = if preset.model.conditioning() == Conditioning::Never {
        "false with a model that is not class-conditional".into()
    } else if preset.labels == LabelUse::Ignored {
        "false where labels are ignored".into()
    } else if preset.objective.needs_pairs() {
        let name = preset.objective.name();
        format!("false with the objective {name}, which has no loss of a single image")
    } else if !preset.reuse_fakes {
        "false without reuse_fakes, which trains the discriminator in one joint update".into()
    } else {
        return Ok(());
    };
    Err(PresetError::value("wrong_labels", expected, true))
}

fn check_label_smoothing(preset: &Preset) -> Result<(), PresetError> {
    if preset.label_smoothing == 0.0 || preset.objective.has_labels() {
        return Ok(());
    }
    let expected = format!("0 with the objective {}, which has no labels", preset.objective.name());
    Err(PresetError::value("label_smoothing", expected, preset.label_smoothing))
}

fn check_norm(preset: &Preset) -> Result<(), PresetError> {
    if preset.norm == Norm::Batch || preset.model.info().has_discriminator_norm {
        return Ok(());
    }
    let expected = format!(
        "Batch with the model {:?}, whose discriminator has no normalisation",
        preset.model
    );
    Err(PresetError::value("norm", expected, "Off"))
}

fn check_gradient_penalty(preset: &Preset) -> Result<(), PresetError> {
    if !preset.gradient_penalty.is_active() {
        return Ok(());
    }
    if !preset.reuse_fakes {
        let expected = "true with gradient_penalty, which belongs to one joint update";
        return Err(PresetError::value("reuse_fakes", expected, false));
    }
    let expected = "0 with gradient_penalty: dropout would change the logits more than the noise";
    PresetError::unless(preset.dropout == 0.0, "dropout", expected, preset.dropout)
}

fn check_augmentation(preset: &Preset) -> Result<(), PresetError> {
    let is_any = preset.shift > 0 || [preset.rotate, preset.zoom, preset.cutout] != [0.0; 3];
    if preset.augment_target > 0.0 && !is_any {
        let expected = "0 without shift, rotate, zoom or cutout";
        return Err(PresetError::value("augment_target", expected, preset.augment_target));
    }
    if preset.augment_target > 0.0 && preset.augment_share != 1.0 {
        let expected = "1 with augment_target, which adapts it";
        return Err(PresetError::value("augment_share", expected, preset.augment_share));
    }
    Ok(())
}

fn check_averages(preset: &Preset) -> Result<(), PresetError> {
    let more = &preset.more_averages;
    if more.decays().is_empty() {
        return Ok(());
    }
    let expected = "above 0 with more_averages, which are beside it";
    PresetError::unless(preset.average > 0.0, "average", expected, preset.average)?;
    let is_other = !more.decays().contains(&preset.average);
    let expected = "other decay rates than average";
    PresetError::unless(is_other, "more_averages", expected, more.to_ron())
}

fn check_stopping(preset: &Preset) -> Result<(), PresetError> {
    let expected = "0 without scores (score_every is 0)";
    match preset.stop_at {
        _ if preset.score_every > 0 => Ok(()),
        StopAt::Score(_) => {
            let expected = "Never, or a loss, without scores (score_every is 0)";
            Err(PresetError::value("stop_at", expected, preset.stop_at.to_ron()))
        }
        _ => PresetError::unless(preset.patience == 0, "patience", expected, preset.patience),
    }
}

fn check_schedule(schedule: Schedule) -> Result<(), PresetError> {
    match schedule {
        Schedule::Linear { from, until } | Schedule::Cosine { from, until } if from >= until => {
            Err(PresetError::value(
                "schedule",
                "`from` before `until`",
                format!("from {from} until {until}"),
            ))
        }
        _ => Ok(()),
    }
}

fn check_latent(preset: &Preset) -> Result<(), PresetError> {
    let known = preset.model.info().latents;
    if known.contains(&preset.latent) {
        return Ok(());
    }
    let expected = format!("{} for model {:?}", alternatives(known), preset.model);
    Err(PresetError::value("latent", expected, preset.latent))
}
