//! The dense GAN: no convolutions, small and quick, and a measure of what convolutions are good
//! for.

use dfdx::{
    nn::{
        Module, ModuleMut,
        tensor_collection::{ModuleVisitor, TensorCollection},
    },
    shapes::Dtype,
    tensor::{Cpu, CpuError, Tape},
    tensor_ops::Device,
};

use super::{Discriminate, Generate, Images, Traced, rows_of};
use crate::nn::{Activations, DenseBlock, DenseToGrey, LEAKY_RELU, Mode, Rows};

/// Latent (`L`) to 128, 256, 512 features, leaky ReLU each, to an image (28, 28, 1).
#[derive(Debug, Clone)]
pub struct Generator<const L: usize> {
    pub block1: DenseBlock<L, 128>,
    pub block2: DenseBlock<128, 256>,
    pub block3: DenseBlock<256, 512>,
    pub to_grey: DenseToGrey<512, 784, 28>,
}

/// Image (28, 28, 1) to 512, 256 features, leaky ReLU and dropout each, to one logit.
#[derive(Debug, Clone)]
pub struct Discriminator {
    pub block1: DenseBlock<784, 512>,
    pub block2: DenseBlock<512, 256>,
    pub logit: DenseBlock<256, 1>,
}

impl<const L: usize> TensorCollection<f32, Cpu> for Generator<L> {
    /// Networks stay on this device; only their tensors are walked over.
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("dense1", |s| &s.block1.dense, |s| &mut s.block1.dense),
                Self::module("dense2", |s| &s.block2.dense, |s| &mut s.block2.dense),
                Self::module("dense3", |s| &s.block3.dense, |s| &mut s.block3.dense),
                Self::module("dense4", |s| &s.to_grey.dense, |s| &mut s.to_grey.dense),
            ),
            |_| (),
        )
    }
}

impl TensorCollection<f32, Cpu> for Discriminator {
    /// Networks stay on this device; only their tensors are walked over.
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("dense1", |s| &s.block1.dense, |s| &mut s.block1.dense),
                Self::module("dense2", |s| &s.block2.dense, |s| &mut s.block2.dense),
                Self::module("dense3", |s| &s.logit.dense, |s| &mut s.logit.dense),
            ),
            |_| (),
        )
    }
}

impl<const L: usize> Module<Activations<Rows<L>>> for Generator<L> {
    type Output = Activations<Images>;
    type Error = CpuError;

    fn try_forward(&self, latents: Activations<Rows<L>>) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward(latents)?;
        let x = self.block2.try_forward(x)?;
        let x = self.block3.try_forward(x)?;
        self.to_grey.try_forward(x)
    }
}

impl<const L: usize, T: Tape<f32, Cpu>> ModuleMut<(Activations<Rows<L>, T>, Mode)>
    for Generator<L>
{
    type Output = Activations<Images, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (latents, mode): (Activations<Rows<L>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward_mut((latents, mode))?;
        let x = self.block2.try_forward_mut((x, mode))?;
        let x = self.block3.try_forward_mut((x, mode))?;
        self.to_grey.try_forward_mut((x, mode))
    }
}

impl Module<Activations<Images>> for Discriminator {
    type Output = Activations<Rows<1>>;
    type Error = CpuError;

    fn try_forward(&self, images: Activations<Images>) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward(images)?;
        let x = self.block2.try_forward(x)?;
        self.logit.try_forward(x)
    }
}

impl<T: Tape<f32, Cpu>> ModuleMut<(Activations<Images, T>, Mode)> for Discriminator {
    type Output = Activations<Rows<1>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (images, mode): (Activations<Images, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward_mut((images, mode))?;
        let x = self.block2.try_forward_mut((x, mode))?;
        self.logit.try_forward_mut((x, mode))
    }
}

impl<const L: usize> Generator<L> {
    /// All tensors zero; the initialiser fills them.
    pub fn zeros(device: &Cpu) -> Self {
        Self {
            block1: DenseBlock::zeros(device, 0, LEAKY_RELU, 0.0),
            block2: DenseBlock::zeros(device, 1, LEAKY_RELU, 0.0),
            block3: DenseBlock::zeros(device, 2, LEAKY_RELU, 0.0),
            to_grey: DenseToGrey::zeros(device),
        }
    }
}

impl Discriminator {
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of both blocks.
    pub fn zeros(device: &Cpu, dropout: f32) -> Self {
        Self {
            block1: DenseBlock::zeros(device, 0, LEAKY_RELU, dropout),
            block2: DenseBlock::zeros(device, 1, LEAKY_RELU, dropout),
            logit: DenseBlock::zeros(device, 2, 1.0, 0.0),
        }
    }
}

impl<const L: usize> Generate for Generator<L> {
    fn inputs(&self) -> usize {
        L
    }

    fn infer(&self, rows: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        Ok(self.try_forward(rows_of(rows)?)?.into_vec())
    }

    fn train(&mut self, rows: Vec<f32>) -> Result<Traced<Images>, CpuError> {
        self.try_forward_mut((rows_of(rows)?.traced(), Mode::Training { dropout: 0 }))
    }

    fn layers(&self) -> Vec<(&'static str, Vec<usize>, usize)> {
        vec![
            ("dense1", vec![128], L * 128),
            ("dense2", vec![256], 128 * 256),
            ("dense3", vec![512], 256 * 512),
            ("dense4", vec![28, 28, 1], 512 * 784),
        ]
    }
}

impl Discriminate for Discriminator {
    fn infer(&self, images: Activations<Images>, _: &[u8]) -> Result<Vec<f32>, CpuError> {
        Ok(self.try_forward(images)?.into_vec())
    }

    fn judge(
        &mut self,
        images: Traced<Images>,
        _: &[u8],
        mode: Mode,
    ) -> Result<Traced<Rows<1>>, CpuError> {
        self.try_forward_mut((images, mode))
    }

    fn layers(&self) -> Vec<(&'static str, Vec<usize>, usize)> {
        vec![
            ("dense1", vec![512], 784 * 512),
            ("dense2", vec![256], 512 * 256),
            ("dense3", vec![1], 256),
        ]
    }
}
