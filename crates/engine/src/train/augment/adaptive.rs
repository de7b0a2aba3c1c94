//! Augmentation that adapts to how well the discriminator knows the real images.

use crate::nn::LoadError;
use gan_tui_core::{event::NamedTensor, preset::Preset};

/// The name of the share in checkpoints.
const NAME: &str = "augment.share";
/// Real images after which the share can have gone from 0 to 1.
const IMAGES: f32 = 100_000.0;
/// How much of an iteration's mean sign goes into the running mean.
const NEWEST: f32 = 0.05;

/// The share of images that are augmented, raised while the discriminator tells real images more
/// surely than is wanted, and lowered while it does less so (Karras et al. 2020, "Training generative
/// adversarial networks with limited data").
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaptiveShare {
    target: f32,
    share: f32,
    /// Running mean of the sign of the logits on real images.
    sign: f32,
}

impl AdaptiveShare {
    /// Returns `None` if the preset's share is fixed.
    pub fn of(preset: &Preset) -> Option<Self> {
        let target = preset.augment_target;
        (target > 0.0).then_some(Self { target, share: 0.0, sign: 0.0 })
    }

    /// Returns the share of the next iteration.
    pub fn share(&self) -> f32 {
        self.share
    }

    /// Takes the logits of the real images of an iteration.
    pub fn observe(&mut self, real: &[f32]) {
        let count = real.len().max(1) as f32;
        let sign = real.iter().map(|logit| logit.signum()).sum::<f32>() / count;
        self.sign += NEWEST * (sign - self.sign);
        let step = count / IMAGES * (self.sign - self.target).signum();
        self.share = (self.share + step).clamp(0.0, 1.0);
    }

    /// Returns what a checkpoint keeps: share and mean sign, (2).
    pub fn tensor(&self) -> NamedTensor {
        NamedTensor { name: NAME.into(), shape: vec![2], data: vec![self.share, self.sign] }
    }

    /// Restores what [`AdaptiveShare::tensor`] returned; a checkpoint without it leaves the start.
    ///
    /// # Errors
    /// Returns an error if the tensor has another shape.
    pub fn restore<'a>(
        &mut self,
        find: impl Fn(&str) -> Option<(&'a [usize], &'a [f32])>,
    ) -> Result<(), LoadError> {
        match find(NAME) {
            Some((_, &[share, sign])) => (self.share, self.sign) = (share, sign),
            Some((shape, _)) => {
                return Err(LoadError::Shape {
                    name: NAME.into(),
                    expected: vec![2],
                    found: shape.to_vec(),
                });
            }
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_share_goes_up_while_real_images_are_told_surely() {
        let preset = Preset { augment_target: 0.6, ..Preset::default() };
        let mut share = AdaptiveShare::of(&preset).unwrap();
        (0..1_000).for_each(|_| share.observe(&[3.0; 64]));
        assert!((0.5..0.65).contains(&share.share()), "{share:?}");
        let kept = share.tensor();
        let find = |name: &str| (name == kept.name).then_some((&kept.shape[..], &kept.data[..]));
        let mut restored = AdaptiveShare::of(&preset).unwrap();
        restored.restore(find).unwrap();
        assert_eq!(restored, share);
        (0..3_000).for_each(|_| share.observe(&[3.0, -3.0]));
        assert!(share.share() < 0.6, "{share:?}");
        assert!(restored.restore(|_| Some((&[1], &[1.0]))).is_err());
        assert_eq!(AdaptiveShare::of(&Preset::default()), None);
    }
}
