//! The convolutional GAN: the reference at full width, and the same at other widths.
//!
//! Widths are const parameters: the generator has `A`, `B`, `C` channels at 7x7, 14x14 and 28x28,
//! the discriminator `A`, `B`, `C`, `D` at 14x14, 8x8 and twice 4x4. The reference is 128, 64, 32
//! and 32, 64, 128, 256.
//!
//! Conditional networks are the same with one change each: the generator's input is the latent and,
//! behind it, the class as ten numbers of which one is 1 (Mirza and Osindero 2014); the
//! discriminator's last layer has a logit for the image alone and one for each class, and the
//! verdict is the sum of the first and the class's (the projection of Miyato and Koyama 2018, on
//! the features before they are pooled).

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
use crate::nn::{
    Activations, BatchNorm, Buffer, ConvBlock, Logit, Maps, Mode, NoNorm, Norms, Projection, Rows,
    ToGrey, UpsampleBlock, WithNorm, rows,
};

/// Latent (`L`) to image (28, 28, 1). `F` is 49 times `A`.
#[derive(Debug, Clone)]
pub struct Generator<const L: usize, const F: usize, const A: usize, const B: usize, const C: usize>
{
    pub project: Projection<L, F, 7, A>,
    pub block1: UpsampleBlock<A, B, 7, 14, BatchNorm<B>>,
    pub block2: UpsampleBlock<B, C, 14, 28, BatchNorm<C>>,
    pub to_grey: ToGrey<C, 28>,
}

/// Image (28, 28, 1) to `O` logits: one, or one and one more for each class. `F` is 16 times `D`;
/// `N` is the norm of the later blocks.
#[derive(Debug, Clone)]
pub struct Discriminator<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
> {
    pub block1: ConvBlock<1, A, 28, 14, 2, NoNorm>,
    /// Its 7x7 output lies in an 8x8 map: one row of zeros below, one column right.
    pub block2: ConvBlock<A, B, 14, 8, 2, N::Of<B>>,
    pub block3: ConvBlock<B, C, 8, 4, 2, N::Of<C>>,
    pub block4: ConvBlock<C, D, 4, 4, 1, N::Of<D>>,
    pub logit: Logit<4, D, F, O>,
}

/// The reference's generator for latents of length `L`.
pub type ReferenceGenerator<const L: usize> = Generator<L, 6272, 128, 64, 32>;
/// The reference's discriminator.
pub type ReferenceDiscriminator<const O: usize = 1, N = WithNorm> =
    Discriminator<32, 64, 128, 256, 4096, O, N>;

/// Half of the reference's channels.
pub type SmallGenerator<const L: usize> = Generator<L, 3136, 64, 32, 16>;
/// Half of the reference's channels.
pub type SmallDiscriminator<const O: usize = 1, N = WithNorm> =
    Discriminator<16, 32, 64, 128, 2048, O, N>;

impl<const L: usize, const F: usize, const A: usize, const B: usize, const C: usize>
    TensorCollection<f32, Cpu> for Generator<L, F, A, B, C>
{
    /// Networks stay on this device; only their tensors are walked over.
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("dense", |s| &s.project.dense, |s| &mut s.project.dense),
                Self::module("conv1", |s| &s.block1.conv, |s| &mut s.block1.conv),
                Self::module("norm1", |s| &s.block1.norm, |s| &mut s.block1.norm),
                Self::module("conv2", |s| &s.block2.conv, |s| &mut s.block2.conv),
                Self::module("norm2", |s| &s.block2.norm, |s| &mut s.block2.norm),
                Self::module("conv3", |s| &s.to_grey.conv, |s| &mut s.to_grey.conv),
            ),
            |_| (),
        )
    }
}

impl<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
> TensorCollection<f32, Cpu> for Discriminator<A, B, C, D, F, O, N>
{
    /// Networks stay on this device; only their tensors are walked over.
    type To<E2: Dtype, D2: Device<E2>> = ();

    fn iter_tensors<V: ModuleVisitor<Self, f32, Cpu>>(
        visitor: &mut V,
    ) -> Result<Option<()>, V::Err> {
        visitor.visit_fields(
            (
                (
                    Self::module("conv1", |s| &s.block1.conv, |s| &mut s.block1.conv),
                    Self::module("conv2", |s| &s.block2.conv, |s| &mut s.block2.conv),
                    Self::module("norm2", |s| &s.block2.norm, |s| &mut s.block2.norm),
                    Self::module("conv3", |s| &s.block3.conv, |s| &mut s.block3.conv),
                ),
                Self::module("norm3", |s| &s.block3.norm, |s| &mut s.block3.norm),
                Self::module("conv4", |s| &s.block4.conv, |s| &mut s.block4.conv),
                Self::module("norm4", |s| &s.block4.norm, |s| &mut s.block4.norm),
                Self::module("dense", |s| &s.logit.dense, |s| &mut s.logit.dense),
            ),
            |_| (),
        )
    }
}

impl<const L: usize, const F: usize, const A: usize, const B: usize, const C: usize>
    Module<Activations<Rows<L>>> for Generator<L, F, A, B, C>
{
    type Output = Activations<Maps<28, 1>>;
    type Error = CpuError;

    fn try_forward(&self, latents: Activations<Rows<L>>) -> Result<Self::Output, CpuError> {
        let x = self.project.try_forward(latents)?;
        let x = self.block1.try_forward(x)?;
        let x = self.block2.try_forward(x)?;
        self.to_grey.try_forward(x)
    }
}

impl<
    const L: usize,
    const F: usize,
    const A: usize,
    const B: usize,
    const C: usize,
    T: Tape<f32, Cpu>,
> ModuleMut<(Activations<Rows<L>, T>, Mode)> for Generator<L, F, A, B, C>
{
    type Output = Activations<Maps<28, 1>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (latents, mode): (Activations<Rows<L>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let x = self.project.try_forward_mut((latents, mode))?;
        let x = self.block1.try_forward_mut((x, mode))?;
        let x = self.block2.try_forward_mut((x, mode))?;
        self.to_grey.try_forward_mut((x, mode))
    }
}

impl<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
> Module<Activations<Maps<28, 1>>> for Discriminator<A, B, C, D, F, O, N>
{
    type Output = Activations<Rows<O>>;
    type Error = CpuError;

    fn try_forward(&self, images: Activations<Maps<28, 1>>) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward(images)?;
        let x = self.block2.try_forward(x)?;
        let x = self.block3.try_forward(x)?;
        let x = self.block4.try_forward(x)?;
        self.logit.try_forward(x)
    }
}

impl<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
    T: Tape<f32, Cpu>,
> ModuleMut<(Activations<Maps<28, 1>, T>, Mode)> for Discriminator<A, B, C, D, F, O, N>
{
    type Output = Activations<Rows<O>, T>;
    type Error = CpuError;

    fn try_forward_mut(
        &mut self,
        (images, mode): (Activations<Maps<28, 1>, T>, Mode),
    ) -> Result<Self::Output, CpuError> {
        let x = self.block1.try_forward_mut((images, mode))?;
        let x = self.block2.try_forward_mut((x, mode))?;
        let x = self.block3.try_forward_mut((x, mode))?;
        let x = self.block4.try_forward_mut((x, mode))?;
        self.logit.try_forward_mut((x, mode))
    }
}

impl<const L: usize, const F: usize, const A: usize, const B: usize, const C: usize>
    Generator<L, F, A, B, C>
{
    /// All tensors zero; the initialiser fills them.
    pub fn zeros(device: &Cpu) -> Self {
        Self {
            project: Projection::zeros(device),
            block1: UpsampleBlock::zeros(device),
            block2: UpsampleBlock::zeros(device),
            to_grey: ToGrey::zeros(device),
        }
    }
}

impl<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
> Discriminator<A, B, C, D, F, O, N>
{
    /// All tensors zero; the initialiser fills them. `dropout` is the rate of every block.
    pub fn zeros(device: &Cpu, dropout: f32) -> Self {
        Self {
            block1: ConvBlock::zeros(device, 0, dropout),
            block2: ConvBlock::zeros(device, 1, dropout),
            block3: ConvBlock::zeros(device, 2, dropout),
            block4: ConvBlock::zeros(device, 3, dropout),
            logit: Logit::zeros(device),
        }
    }
}

impl<const L: usize, const F: usize, const A: usize, const B: usize, const C: usize> Generate
    for Generator<L, F, A, B, C>
{
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
        let (small, large) = (vec![14, 14, B], vec![28, 28, C]);
        vec![
            ("dense", vec![7, 7, A], L * F),
            // By tiles: nine products for every pixel before upsampling.
            ("conv1", small.clone(), 7 * 7 * 9 * A * B),
            ("norm1", small, 0),
            ("conv2", large.clone(), 14 * 14 * 9 * B * C),
            ("norm2", large, 0),
            ("conv3", vec![28, 28, 1], 28 * 28 * 9 * C),
        ]
    }
}

impl<
    const A: usize,
    const B: usize,
    const C: usize,
    const D: usize,
    const F: usize,
    const O: usize,
    N: Norms,
> Discriminate for Discriminator<A, B, C, D, F, O, N>
{
    fn infer(&self, images: Activations<Images>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        Ok(verdict(self.try_forward(images)?, labels)?.into_vec())
    }

    fn judge(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
    ) -> Result<Traced<Rows<1>>, CpuError> {
        verdict(self.try_forward_mut((images, mode))?, labels)
    }

    fn layers(&self) -> Vec<(&'static str, Vec<usize>, usize)> {
        vec![
            ("conv1", vec![14, 14, A], 14 * 14 * 9 * A),
            ("conv2", vec![7, 7, B], 7 * 7 * 9 * A * B),
            ("norm2", vec![8, 8, B], 0),
            ("conv3", vec![4, 4, C], 4 * 4 * 9 * B * C),
            ("norm3", vec![4, 4, C], 0),
            // By tiles: sixteen products for each of four tiles.
            ("conv4", vec![4, 4, D], 4 * 16 * C * D),
            ("norm4", vec![4, 4, D], 0),
            ("dense", vec![O], F * O),
        ]
    }
}

/// From (n, `O`) to one logit each: the only one, or the first and that of the label's class
/// together. With several labels for an image, the images' first labels in a row, then their second
/// ones, it is (n * labels).
fn verdict<const O: usize, T: Tape<f32, Cpu>>(
    logits: Activations<Rows<O>, T>,
    labels: &[u8],
) -> Result<Activations<Rows<1>, T>, CpuError> {
    let count = logits.batch();
    if O == 1 {
        return logits.reshaped(rows(count));
    }
    if labels.is_empty()
        || !labels.len().is_multiple_of(count)
        || labels.iter().any(|&label| usize::from(label) + 1 >= O)
    {
        return Err(CpuError::WrongNumElements);
    }
    let (logits, mut tape) = logits.split_tape();
    let all = logits.values();
    let of = |(index, &label): (usize, &u8)| {
        all[index % count * O] + all[index % count * O + 1 + usize::from(label)]
    };
    let sums: Vec<f32> = labels.iter().enumerate().map(of).collect();
    let output = Activations::new(&logits.device(), sums, rows(labels.len()))?;
    if T::OWNS_TAPE {
        let (x, y, labels) = (logits.ghost(), output.ghost(), labels.to_vec());
        tape.add_backward_op(move |gradients| {
            let error = y.take(gradients)?;
            let mut all = Buffer::zeros(count * O);
            for ((index, &error), &label) in error.iter().enumerate().zip(&labels) {
                let all = &mut all[index % count * O..][..O];
                all[0] += error;
                all[1 + usize::from(label)] += error;
            }
            x.give(gradients, all)
        });
    }
    Ok(output.put_tape(tape))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use dfdx::{tensor::PutTape, tensor::TensorFromVec, tensor_ops::Backward};

    use super::*;

    #[test]
    fn a_verdict_is_the_images_and_its_classs_logit_together() {
        let logits =
            Activations::new(&Cpu::default(), vec![1.0, 10.0, 20.0, 2.0, 30.0, 40.0], rows::<3>(2))
                .unwrap();
        let sums = verdict(logits.traced(), &[1, 0]).unwrap();
        assert_eq!(sums.values(), [21.0, 32.0]);
        let (sums, mut tape) = sums.split_tape();
        let ghost = sums.ghost();
        tape.add_backward_op(move |gradients| ghost.give(gradients, vec![5.0, 7.0].into()));
        let mut gradients = Cpu::default().tensor_from_vec(vec![0.0], ()).put_tape(tape).backward();
        assert_eq!(
            logits.ghost().take(&mut gradients).unwrap()[..],
            [5.0, 0.0, 5.0, 7.0, 7.0, 0.0]
        );
        assert!(verdict(logits.clone(), &[1]).is_err(), "a label for each");
        assert_eq!(
            verdict(logits.clone(), &[1, 0, 0, 0]).unwrap().values(),
            [21.0, 32.0, 11.0, 32.0],
            "two labels for each"
        );
        assert!(verdict(logits, &[1, 2]).is_err(), "no such class");
    }
}
