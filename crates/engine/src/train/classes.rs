//! Which classes of a dataset the networks of a run are conditioned on.

use gan_tui_core::{
    preset::{Conditioning, LabelUse, MOST_CLASSES, Model, Preset},
    text::escaped,
};
use gan_tui_data::Dataset;

use crate::model::DIGITS;

/// Returns the names of the ten digits.
fn digits() -> Vec<String> {
    (0..DIGITS).map(|digit| digit.to_string()).collect()
}

/// Returns the classes of a run whose checkpoint records these: none stands for the ten digits if
/// the model is always conditional.
pub fn restored(model: Model, recorded: &[String]) -> Vec<String> {
    match model.conditioning() {
        Conditioning::Never => Vec::new(),
        Conditioning::Required if recorded.is_empty() => digits(),
        Conditioning::Required | Conditioning::ByData => recorded.to_vec(),
    }
}

/// Returns what a checkpoint records of a run's classes, the inverse of [`restored`].
pub fn recorded(model: Model, classes: &[String]) -> Vec<String> {
    if model.is_conditional() && classes == digits() { Vec::new() } else { classes.to_vec() }
}

/// Returns the classes of a dataset that a new run's networks are conditioned on, and a note if
/// they are conditioned on none although the dataset has labels.
///
/// # Errors
/// Returns an error if the preset needs labels and the dataset has none, or too many classes.
pub fn of_dataset(
    preset: &Preset,
    dataset: &dyn Dataset,
) -> Result<(Vec<String>, Option<String>), String> {
    let (model, classes) = (preset.model, dataset.classes());
    let name = escaped(&dataset.info().name).into_owned();
    let fewest = if preset.wrong_labels { 2 } else { 1 };
    match (model.conditioning(), preset.labels) {
        (Conditioning::Never, _) | (Conditioning::ByData, LabelUse::Ignored) => {
            Ok((Vec::new(), None))
        }
        (Conditioning::ByData, LabelUse::Auto) => match classes.len() {
            0 | 1 => Ok((Vec::new(), None)),
            2..=MOST_CLASSES => Ok((classes.to_vec(), None)),
            many => {
                let note = format!(
                    "{name} has {many} classes and {} takes up to {MOST_CLASSES}: trained without \
                     them",
                    model.name()
                );
                Ok((Vec::new(), Some(note)))
            }
        },
        (Conditioning::Required, _) | (Conditioning::ByData, LabelUse::Required) => {
            let (model, most) = (model.name(), model.conditioning().room());
            match classes.len() {
                0 => Err(format!(
                    "{model} is class-conditional and needs labels, but {name} has none; choose \
                     another dataset or an unconditional model"
                )),
                few if few < fewest => Err(format!(
                    "wrong_labels needs {fewest} classes to choose from, but {name} has {few}"
                )),
                many if many > most => {
                    Err(format!("{model} takes up to {most} classes, but {name} has {many}"))
                }
                _ => Ok((classes.to_vec(), None)),
            }
        }
    }
}

/// Checks that every image has a label of one of a run's classes.
///
/// # Errors
/// Returns the first image without, or that the classes are others than those the run began with.
pub fn check(dataset: &dyn Dataset, classes: &[String], model: Model) -> Result<(), String> {
    if classes.is_empty() {
        return Ok(());
    }
    let (model, name) = (model.name(), escaped(&dataset.info().name).into_owned());
    // A run on fewer classes than ten may have been recorded with the room for ten.
    let has = dataset.classes();
    if has.len() > classes.len() || (classes != digits() && has != classes) {
        let listed = |classes: &[String]| escaped(&classes.join(", ")).into_owned();
        return Err(format!(
            "{model} was trained on the classes {}; {name} has {}",
            listed(classes),
            if has.is_empty() { "none".to_owned() } else { listed(has) }
        ));
    }
    for index in 0..dataset.len() {
        match dataset.label(index) {
            Some(label) if usize::from(label) < classes.len() => {}
            Some(label) => {
                return Err(format!(
                    "{model} expects {} classes, 0 to {}; image {index} of {name} has the label \
                     {label}",
                    classes.len(),
                    classes.len() - 1
                ));
            }
            None => return Err(format!("{model} needs labels; image {index} of {name} has none")),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::preset::MNIST_SHAPE;
    use gan_tui_data::{InMemoryDataset, Labels};

    fn labelled(classes: usize) -> InMemoryDataset {
        let of: Vec<u8> = (0..classes as u8).collect();
        let names = (0..classes).map(|class| format!("kind {class}")).collect();
        let labels = Labels { of: if of.is_empty() { vec![0] } else { of }, classes: names };
        let pixels = vec![0; labels.of.len() * MNIST_SHAPE.values()];
        InMemoryDataset::new("x", MNIST_SHAPE, pixels, (classes > 0).then_some(labels))
    }

    fn preset(model: Model, labels: LabelUse) -> Preset {
        Preset { model, labels, ..Preset::default() }
    }

    #[test]
    fn colour_networks_take_the_classes_that_there_is_room_for() {
        let of = |classes, labels| {
            of_dataset(&preset(Model::Colour32, labels), &labelled(classes))
                .map(|(classes, note)| (classes.len(), note.is_some()))
        };
        assert_eq!(
            [0, 1, 2, 16, 17].map(|count| of(count, LabelUse::Auto)),
            [Ok((0, false)), Ok((0, false)), Ok((2, false)), Ok((16, false)), Ok((0, true)),]
        );
        assert_eq!(of(5, LabelUse::Ignored), Ok((0, false)));
        assert_eq!(of(5, LabelUse::Required), Ok((5, false)));
        assert_eq!(
            of(17, LabelUse::Required).unwrap_err(),
            "colour32 takes up to 16 classes, but x has 17"
        );
        assert!(of(0, LabelUse::Required).unwrap_err().contains("needs labels"));
    }

    #[test]
    fn the_models_of_digits_serve_up_to_ten_classes() {
        let of = |classes| {
            of_dataset(&preset(Model::DcganDigits, LabelUse::Auto), &labelled(classes))
                .map(|(classes, _)| classes.len())
        };
        assert_eq!(of(3), Ok(3));
        assert_eq!(of(11).unwrap_err(), "dcgan-digits takes up to 10 classes, but x has 11");
        let one = Preset {
            wrong_labels: true,
            reuse_fakes: true,
            ..preset(Model::DcganDigits, LabelUse::Auto)
        };
        assert!(of_dataset(&one, &labelled(1)).unwrap_err().starts_with("wrong_labels needs 2"));
    }

    #[test]
    fn ten_digits_are_not_recorded_where_they_go_without_saying() {
        let few = vec!["cat".to_owned(), "dog".to_owned()];
        for (model, classes, written) in [
            (Model::DcganDigits, digits(), 0),
            (Model::DcganDigits, few.clone(), 2),
            (Model::Colour32, digits(), 10),
            (Model::Colour32, Vec::new(), 0),
        ] {
            let kept = recorded(model, &classes);
            assert_eq!(kept.len(), written, "{model:?}");
            assert_eq!(restored(model, &kept), classes, "{model:?}");
        }
    }

    #[test]
    fn a_run_goes_on_with_the_classes_it_began_with() {
        let two = labelled(2);
        assert_eq!(check(&two, two.classes(), Model::Colour32), Ok(()));
        assert_eq!(check(&two, &digits(), Model::DcganDigits), Ok(()));
        let error = check(&labelled(3), two.classes(), Model::Colour32).unwrap_err();
        assert!(error.ends_with("kind 0, kind 1; x has kind 0, kind 1, kind 2"), "{error}");
        let error = check(&labelled(0), two.classes(), Model::Colour32).unwrap_err();
        assert!(error.ends_with("x has none"), "{error}");
    }
}
