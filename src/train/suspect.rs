//! Where numbers went wrong: the first layer that holds one that is not finite.

use super::training::{DISCRIMINATOR, GENERATOR, Training};
use crate::event::{NamedTensor, Snapshot};

/// The layer at which a loss stopped being a number, in words, if the networks' tensors tell.
///
/// Weights that are not finite show where an update went wrong; running statistics that are not show where a forward pass did, since a batch norm takes
/// them from what it is given. The networks are looked at in the order in which the loss is computed.
pub(super) fn layer(model: &dyn Training, loss: &str) -> Option<String> {
    let networks: &[&str] = if loss == "d_loss_real" { &[DISCRIMINATOR] } else { &[GENERATOR, DISCRIMINATOR] };
    let snapshot = model.snapshot(0);
    let layers = model.layers();
    networks.iter().find_map(|network| {
        let own = layers.iter().filter(|layer| layer.network == *network);
        own.into_iter().find_map(|layer| {
            let prefix = format!("{network}.{}.", layer.name);
            let mut tensors = snapshot.tensors.iter().filter(|tensor| tensor.name.starts_with(&prefix));
            tensors.find_map(|tensor| Some(format!("the first layer with such numbers is {network}.{} ({})", layer.name, bad(tensor)?)))
        })
    })
}

/// The first tensor of a snapshot that holds a number that is not finite, in words.
pub(super) fn tensor(snapshot: &Snapshot) -> Option<String> {
    snapshot.tensors.iter().find_map(bad)
}

fn bad(tensor: &NamedTensor) -> Option<String> {
    let bad = tensor.data.iter().filter(|number| !number.is_finite()).count();
    (bad > 0).then(|| format!("{} holds {bad} of {} numbers that are not finite", tensor.name, tensor.data.len()))
}
