//! A running average of a network's weights.

use dfdx::tensor::CpuError;
use rayon::prelude::*;

use super::optimizer::PIECE;
use crate::model::Tensors;

/// Moves `average` towards `network`: every tensor, running statistics included, keeps a share of
/// itself (Yazıcı et al. 2019, "The unusual effectiveness of averaging in GAN training"). At first
/// it follows sooner, by the share `(1 + step) / (10 + step)` where that is less, so that the
/// initial weights are soon forgotten; `step` is how many steps the network has taken.
///
/// # Errors
/// Where the two are not of one architecture, or memory runs out.
pub fn follow(
    average: &mut dyn Tensors,
    network: &dyn Tensors,
    keep: f32,
    step: u64,
) -> Result<(), CpuError> {
    let keep = keep.min((1.0 + step as f32) / (10.0 + step as f32));
    let mut newest = Vec::new();
    network.walk(&mut |_, tensor| {
        newest.push(tensor.read());
        Ok(())
    })?;
    let mut newest = newest.into_iter();
    average.walk_mut(&mut |_, tensor| {
        let newest = newest.next().ok_or(CpuError::WrongNumElements)?;
        let mut values = tensor.read();
        values.par_chunks_mut(PIECE).zip(newest.par_chunks(PIECE)).for_each(|(values, newest)| {
            values
                .iter_mut()
                .zip(newest)
                .for_each(|(value, new)| *value = keep * *value + (1.0 - keep) * new);
        });
        tensor.write(values)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{model, train::networks};
    use gan_tui_core::preset::Model;

    #[test]
    fn an_average_follows_every_tensor() {
        let (mut average, mut network) = (
            networks::generator(Model::DcganSmall, 64).unwrap(),
            networks::generator(Model::DcganSmall, 64).unwrap(),
        );
        model::visit_mut(&mut *network, &mut |_, values| values.fill(1.0));
        follow(&mut *average, &*network, 0.9, 1_000_000).unwrap();
        follow(&mut *average, &*network, 0.9, 1_000_001).unwrap();
        assert!(
            model::named(&*average)
                .iter()
                .all(|(_, values)| values.iter().all(|value| (value - 0.19).abs() < 1e-6))
        );
        follow(&mut *average, &*network, 0.999, 0).unwrap();
        assert!(
            model::named(&*average)
                .iter()
                .all(|(_, values)| values.iter().all(|value| (value - 0.919).abs() < 1e-6))
        );
    }
}
