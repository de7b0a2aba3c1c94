//! Where the time of an iteration goes, layer by layer.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use serde::Serialize;

use crate::{
    model::Layer,
    train::trainer::{DISCRIMINATOR, GENERATOR},
};
use gan_tui_kernels::profile::{Part, Spent, Sums};

/// Where the time of an iteration goes. All are means of the measured iterations, and the rows add
/// up to the whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    pub ms: f64,
    /// The share of the threads' time in which they had nothing to do.
    pub waiting_share: f64,
    pub rows: Vec<ProfileRow>,
}

/// What an iteration spends on one kind of work for one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProfileRow {
    /// None for what belongs to no layer.
    pub network: Option<&'static str>,
    pub layer: Option<String>,
    pub work: &'static str,
    pub ms: f64,
    /// The share of the iteration.
    pub share: f64,
    /// Floating-point operations, two for each multiply-add in the form the layer is computed in,
    /// in billions.
    pub gflop: f64,
    pub gflops: f64,
    /// The share of the machine's rate in a matrix product.
    pub matrix_share: f64,
    /// Numbers that are read and written, in millions of bytes: the arrays of a whole batch and the
    /// weights, without what stays in a core's cache.
    pub mb: f64,
    /// The share of the threads' time in which they had nothing to do.
    pub waiting_share: f64,
}

/// What a profile is computed from.
pub(super) struct Measured<'a> {
    pub sums: &'a Sums,
    /// Time of all iterations.
    pub whole: Duration,
    pub iterations: usize,
    pub threads: usize,
    pub matrix_gflops: f64,
}

impl Measured<'_> {
    /// Returns the profile of networks of these layers.
    pub fn profile(&self, layers: &[Layer]) -> Profile {
        let mut sums: BTreeMap<_, Spent> = BTreeMap::new();
        for (&(layer, part), &spent) in self.sums {
            // Other work comes last, then what belongs to no layer.
            let place = layer.map(|layer| (Reverse(layer.network == GENERATOR), layer));
            sums.insert((place.is_none(), place, part), spent);
        }
        // The time of an iteration outside of the step, so that nothing is left out.
        let recorded: Duration = sums.values().map(|spent| spent.wall).sum();
        let outside = self.whole.saturating_sub(recorded);
        let other = sums.entry((true, None, Part::Other)).or_default();
        other.wall += outside;
        other.busy += outside;
        let busy = sums.values().map(|spent| spent.busy).sum();
        let rows = sums.into_iter().map(|((_, place, part), spent)| {
            let layer = place.map(|(_, layer)| layer);
            let name = layer.and_then(|layer| name_of(layers, layer.network, layer.block));
            self.row(layer.map(|layer| layer.network), name, part, spent)
        });
        Profile {
            ms: self.ms(self.whole),
            waiting_share: self.waiting(self.whole, busy),
            rows: rows.collect(),
        }
    }

    fn row(
        &self,
        network: Option<&'static str>,
        layer: Option<String>,
        part: Part,
        spent: Spent,
    ) -> ProfileRow {
        let Spent { wall, busy, multiply_adds, floats } = spent;
        let ms = self.ms(wall);
        let gflop = 2e-9 * multiply_adds as f64 / self.iterations as f64;
        let gflops = if ms > 0.0 { gflop / (ms / 1e3) } else { 0.0 };
        ProfileRow {
            network,
            layer,
            work: part.name(),
            ms,
            share: wall.as_secs_f64() / self.whole.as_secs_f64().max(f64::MIN_POSITIVE),
            gflop,
            gflops,
            matrix_share: gflops / self.matrix_gflops,
            mb: 4e-6 * floats as f64 / self.iterations as f64,
            waiting_share: self.waiting(wall, busy),
        }
    }

    /// A time of all iterations as milliseconds of one.
    fn ms(&self, time: Duration) -> f64 {
        1e3 * time.as_secs_f64() / self.iterations as f64
    }

    fn waiting(&self, wall: Duration, busy: Duration) -> f64 {
        let all = self.threads as f64 * wall.as_secs_f64();
        if all > 0.0 { (1.0 - busy.as_secs_f64() / all).max(0.0) } else { 0.0 }
    }
}

/// Returns the name of a network's block: that of its layer with the product, of which each has
/// one.
fn name_of(layers: &[Layer], network: &str, block: usize) -> Option<String> {
    debug_assert!([GENERATOR, DISCRIMINATOR].contains(&network));
    let products =
        layers.iter().filter(|layer| layer.network == network && layer.multiply_adds.few > 0);
    products.map(|layer| layer.name.clone()).nth(block)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{BenchConfig, run};
    use crate::train::Threads;
    use gan_tui_core::preset::Preset;

    #[test]
    fn the_rows_are_the_layers_and_add_up_to_the_whole() {
        let mut preset = Preset::find("quick").unwrap();
        preset.batch = 8;
        let config = |profile| BenchConfig {
            preset: preset.clone(),
            iterations: 3,
            threads: Threads::choose(Some(2)).0,
            profile,
        };
        assert_eq!(run(&config(false), &mut |_, _| ()).unwrap().profile, None);
        let report = run(&config(true), &mut |_, _| ()).unwrap();
        let profile = report.profile.as_ref().unwrap();
        let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * y;
        assert!(near(profile.rows.iter().map(|row| row.ms).sum(), profile.ms), "{profile:?}");
        assert!(near(profile.rows.iter().map(|row| row.share).sum(), 1.0));
        // The arithmetic that was counted where it is done is that of the layers' sizes.
        let counted = profile.rows.iter().map(|row| row.gflop).sum();
        assert!(near(counted, report.gflop_per_iteration), "{counted}: {report:?}");
        let of = |network: &str, work: &str| {
            let rows = profile.rows.iter();
            rows.filter(|row| row.network == Some(network) && row.work == work)
                .map(|row| row.layer.clone().unwrap())
                .collect::<Vec<_>>()
        };
        let (generator, discriminator) = (
            ["dense", "conv1", "conv2", "conv3"].to_vec(),
            ["conv1", "conv2", "conv3", "conv4", "dense"].to_vec(),
        );
        for work in ["pack", "forward", "weight_gradient", "optimizer"] {
            assert_eq!(of("generator", work), generator, "{work}");
            assert_eq!(of("discriminator", work), discriminator, "{work}");
        }
        assert_eq!(of("generator", "input_gradient"), generator[1..], "latents have no gradient");
        let works: BTreeSet<_> = profile.rows.iter().map(|row| row.work).collect();
        assert!(works.contains("batch") && works.contains("other"), "{works:?}");
        let is_share = |share: f64| (0.0..=1.0).contains(&share);
        assert!(profile.rows.iter().all(|row| is_share(row.waiting_share)), "{profile:?}");
        assert!(profile.rows.iter().all(|row| row.gflop == 0.0 || row.mb > 0.0), "{profile:?}");
    }
}
