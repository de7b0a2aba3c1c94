//! Finds the first layer with a number that is not finite.

use crate::train::trainer::{DISCRIMINATOR, GENERATOR, Trainer};
use gan_tui_core::event::{NamedTensor, Snapshot};
use gan_tui_kernels::pointwise;

/// Describes the layer at which a loss stopped being finite.
///
/// Weights that are not finite show where an update went wrong; running statistics that are not
/// show where a forward pass did, as a batch norm computes them from its input. The networks are
/// searched in the order in which the loss is computed. If all numbers are finite, a sum has
/// overflowed, and the tensor with the largest number is named.
pub(super) fn first_nonfinite_layer(trainer: &Trainer, loss: &str) -> String {
    let networks: &[&str] =
        if loss == "d_loss_real" { &[DISCRIMINATOR] } else { &[GENERATOR, DISCRIMINATOR] };
    let snapshot = trainer.snapshot(0);
    let layers = trainer.layers();
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
                    describe_nonfinite(tensor)?
                ))
            })
        })
    });
    found.unwrap_or_else(|| largest(&snapshot, networks))
}

/// Describes the tensor of the networks with the largest number.
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

/// Describes the first tensor of a snapshot that holds a number that is not finite.
pub(super) fn first_nonfinite_tensor(snapshot: &Snapshot) -> Option<String> {
    snapshot.tensors.iter().find_map(describe_nonfinite)
}

fn describe_nonfinite(tensor: &NamedTensor) -> Option<String> {
    let count = pointwise::count_nonfinite(&tensor.data);
    (count > 0).then(|| {
        format!(
            "{} holds {count} of {} numbers that are not finite",
            tensor.name,
            tensor.data.len()
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::train::{profiler::Profiler, trainer::build};
    use gan_tui_core::preset::{Model, Preset};
    use gan_tui_data::synthetic;

    /// What is said of a model whose tensor was filled with a number, after the iteration that this
    /// spoils.
    fn said(model: Model, tensor: &str, number: f32) -> (String, String) {
        let mut trainer = build(&Preset { model, batch: 2, ..Preset::default() }, &[]).unwrap();
        let mut snapshot = trainer.snapshot(0);
        let spoilt = snapshot.tensors.iter_mut().find(|found| found.name == tensor).unwrap();
        spoilt.data.fill(number);
        trainer.restore(&snapshot).unwrap();
        let losses = trainer
            .step(1, &synthetic::dataset(1, 10, &mut |_| {}), &mut Profiler::start())
            .unwrap();
        let (loss, _) = losses.first_nonfinite().unwrap();
        (loss.into(), first_nonfinite_layer(&trainer, loss))
    }

    #[test]
    fn the_layer_is_named_where_numbers_went_wrong() {
        let (loss, place) = said(Model::DcganSmall, "discriminator.conv3.kernel", f32::NAN);
        assert_eq!(loss, "d_loss_real");
        assert!(
            place.starts_with(
                "the first layer with such numbers is discriminator.conv3 \
                 (discriminator.conv3.kernel holds "
            ),
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
            "no layer holds such numbers yet; the largest, 3.0e38, is in \
             discriminator.dense2.kernel"
        );
    }
}
