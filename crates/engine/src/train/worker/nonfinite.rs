//! Where numbers went wrong: the first layer that holds one that is not finite.

use crate::train::trainer::{DISCRIMINATOR, GENERATOR, Trainer};
use gan_tui_core::event::{NamedTensor, Snapshot};

/// The layer at which a loss stopped being a number, in words.
///
/// Weights that are not finite show where an update went wrong; running statistics that are not
/// show where a forward pass did, since a batch norm takes them from what it is given. The networks
/// are looked at in the order in which the loss is computed. Where all of these are finite, it is
/// the sums that were not, and the layer with the largest weights is named.
pub(super) fn first_nonfinite_layer(model: &Trainer, loss: &str) -> String {
    let networks: &[&str] =
        if loss == "d_loss_real" { &[DISCRIMINATOR] } else { &[GENERATOR, DISCRIMINATOR] };
    let snapshot = model.snapshot(0);
    let layers = model.layers();
    let found = networks.iter().find_map(|network| {
        let own = layers.iter().filter(|layer| layer.network == *network);
        own.into_iter().find_map(|layer| {
            let prefix = format!("{network}.{}.", layer.name);
            let mut tensors =
                snapshot.tensors.iter().filter(|tensor| tensor.name.starts_with(&prefix));
            tensors.find_map(|tensor| {
                Some(format!(
                    "the first layer with such numbers is {network}.{} ({})",
                    layer.name,
                    bad(tensor)?
                ))
            })
        })
    });
    found.unwrap_or_else(|| largest(&snapshot, networks))
}

/// The tensor of the networks with the largest number, in words.
fn largest(snapshot: &Snapshot, networks: &[&str]) -> String {
    let own = snapshot.tensors.iter().filter(|tensor| {
        networks.iter().any(|network| tensor.name.starts_with(&format!("{network}.")))
    });
    let sizes = own.map(|tensor| {
        (tensor.data.iter().fold(0f32, |most, number| most.max(number.abs())), &tensor.name)
    });
    match sizes.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((size, name)) => {
            format!("no layer holds such numbers yet; the largest, {size:.1e}, is in {name}")
        }
        None => "no layer is left to look at".into(),
    }
}

/// The first tensor of a snapshot that holds a number that is not finite, in words.
pub(super) fn first_nonfinite_tensor(snapshot: &Snapshot) -> Option<String> {
    snapshot.tensors.iter().find_map(bad)
}

fn bad(tensor: &NamedTensor) -> Option<String> {
    let bad = tensor.data.iter().filter(|number| !number.is_finite()).count();
    (bad > 0).then(|| {
        format!("{} holds {bad} of {} numbers that are not finite", tensor.name, tensor.data.len())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        dataset::synthetic,
        train::{profiler::Profiler, trainer::build},
    };
    use gan_tui_core::preset::{Model, Preset};

    /// What is said of a model whose tensor was filled with a number, after the iteration that this
    /// spoils.
    fn said(model: Model, tensor: &str, number: f32) -> (String, String) {
        let mut training = build(&Preset { model, batch: 2, ..Preset::default() }).unwrap();
        let mut snapshot = training.snapshot(0);
        let spoilt = snapshot.tensors.iter_mut().find(|found| found.name == tensor).unwrap();
        spoilt.data.fill(number);
        training.restore(&snapshot).unwrap();
        let losses = training
            .step(1, &synthetic::dataset(1, 10, &mut |_| {}), &mut Profiler::start())
            .unwrap();
        let (loss, _) = losses.first_nonfinite().unwrap();
        (loss.into(), first_nonfinite_layer(&training, loss))
    }

    #[test]
    fn the_layer_is_named_where_numbers_went_wrong() {
        let (loss, place) = said(Model::DcganSmall, "discriminator.conv3.kernel", f32::NAN);
        assert_eq!(loss, "d_loss_real");
        assert!(
            place.starts_with("the first layer with such numbers is discriminator.conv3 (discriminator.conv3.kernel holds "),
            "{place}"
        );
        let (_, place) = said(Model::DcganSmall, "discriminator.conv2.kernel", 3e38);
        assert!(
            place.contains("discriminator.norm2"),
            "a batch norm sees what it is given: {place}"
        );
        let (loss, place) = said(Model::Mlp, "generator.dense2.kernel", f32::INFINITY);
        assert_eq!(loss, "d_loss_fake");
        assert!(place.contains("generator.dense2"), "{place}");
        let (_, place) = said(Model::Mlp, "discriminator.dense2.kernel", 3e38);
        assert_eq!(
            place,
            "no layer holds such numbers yet; the largest, 3.0e38, is in discriminator.dense2.kernel"
        );
    }
}
