//! Exponential moving average (EMA) of a network's weights.

use dfdx::tensor::CpuError;
use rayon::prelude::*;

use super::optimizer::PIECE;
use crate::model::Tensors;
use gan_tui_kernels::{
    parallel::Parallel as _,
    profile::{self, Part},
};

/// Moves every tensor of `ema` towards that of `network`, running statistics included:
/// `ema = decay * ema + (1 - decay) * network` (Yazıcı et al. 2019, "The unusual effectiveness of
/// averaging in GAN training").
///
/// The decay is limited to `(1 + step) / (10 + step)`, where `step` counts the optimiser's steps,
/// so that the initial weights do not dominate the average at the start.
///
/// # Errors
/// Returns an error if the two networks differ in architecture, or memory runs out.
pub fn update(
    ema: &mut dyn Tensors,
    network: &dyn Tensors,
    decay: f32,
    step: u64,
) -> Result<(), CpuError> {
    let decay = decay.min((1.0 + step as f32) / (10.0 + step as f32));
    profile::part(Part::Average);
    let mut newest = Vec::new();
    network.walk(&mut |_, tensor| {
        newest.push(tensor.read());
        Ok(())
    })?;
    let mut newest = newest.into_iter();
    ema.walk_mut(&mut |_, tensor| {
        let newest = newest.next().ok_or(CpuError::WrongNumElements)?;
        let mut values = tensor.read();
        profile::count(Part::Average, 0, &[7 * values.len()]);
        values.par_chunks_mut(PIECE).zip(newest.par_chunks(PIECE)).run(|(values, newest)| {
            values
                .iter_mut()
                .zip(newest)
                .for_each(|(value, new)| *value = decay * *value + (1.0 - decay) * new);
        });
        tensor.write(values)
    })?;
    profile::leave();
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{model, train::networks};
    use gan_tui_core::preset::Model;

    #[test]
    fn the_average_approaches_every_tensor() {
        let (mut ema, mut network) = (
            networks::generator(Model::DcganSmall, 64, false).unwrap(),
            networks::generator(Model::DcganSmall, 64, false).unwrap(),
        );
        model::visit_mut(&mut *network, &mut |_, values| values.fill(1.0));
        update(&mut *ema, &*network, 0.9, 1_000_000).unwrap();
        update(&mut *ema, &*network, 0.9, 1_000_001).unwrap();
        assert!(
            model::named(&*ema)
                .iter()
                .all(|(_, values)| values.iter().all(|value| (value - 0.19).abs() < 1e-6))
        );
        update(&mut *ema, &*network, 0.999, 0).unwrap();
        assert!(
            model::named(&*ema)
                .iter()
                .all(|(_, values)| values.iter().all(|value| (value - 0.919).abs() < 1e-6))
        );
    }
}
