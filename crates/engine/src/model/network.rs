//! Networks: a tuple of blocks and the names of its layers.

use dfdx::{
    nn::{Module, ModuleMut},
    tensor::{Cpu, CpuError, OwnedTape},
};

use super::{DISCRIMINATOR, Discriminate, GENERATOR, Generate, Images, Layer, Traced, conditional};
use crate::nn::{
    Activations, BatchShape as _, Block, Describe, Maps, Mode, NamedShape, Rows, Tensors, Visit,
    VisitMut, WithMode, maps, rows, shapes,
};
use gan_tui_kernels::profile;

/// Blocks `B` from rows of `L` numbers to images of `SIDE` x `SIDE` x `C` in [-1, 1].
#[derive(Debug, Clone)]
pub struct Generator<const L: usize, const SIDE: usize, const C: usize, B>(Named<B>);

/// Blocks `B` from images of `SIDE` x `SIDE` x `C` to `O` logits: one, or one and one more for each
/// class, of which [`conditional::logit`] makes one.
#[derive(Debug, Clone)]
pub struct Discriminator<const SIDE: usize, const C: usize, const O: usize, B>(Named<B>);

impl<const L: usize, const SIDE: usize, const C: usize, B: Block> Generator<L, SIDE, C, B> {
    /// A generator whose layers have these names, in the order of computation.
    pub fn new(blocks: B, names: &'static [&'static str]) -> Self {
        Self(Named::new(blocks, names))
    }
}

impl<const SIDE: usize, const C: usize, const O: usize, B: Block> Discriminator<SIDE, C, O, B> {
    /// A discriminator whose layers have these names, in the order of computation.
    pub fn new(blocks: B, names: &'static [&'static str]) -> Self {
        Self(Named::new(blocks, names))
    }
}

impl<const L: usize, const SIDE: usize, const C: usize, B> Generate for Generator<L, SIDE, C, B>
where
    B: Block + Describe + Send + Sync,
    B: Module<Activations<Rows<L>>, Output = Activations<Maps<SIDE, C>>, Error = CpuError>,
    B: ModuleMut<
            WithMode<Rows<L>, OwnedTape<f32, Cpu>>,
            Output = WithMode<Maps<SIDE, C>, OwnedTape<f32, Cpu>>,
            Error = CpuError,
        >,
{
    fn infer(&self, rows: Vec<f32>) -> Result<Vec<f32>, CpuError> {
        profile::network(GENERATOR);
        Ok(self.0.blocks.try_forward(rows_of(rows)?)?.into_vec())
    }

    fn forward_train(&mut self, rows: Vec<f32>) -> Result<Traced<Images>, CpuError> {
        profile::network(GENERATOR);
        // Generators have no dropout.
        let mode = Mode::Training { dropout: 0 };
        let (images, _) = self.0.blocks.try_forward_mut((rows_of(rows)?.traced(), mode))?;
        let batch = images.batch();
        images.reshaped((batch, SIDE, SIDE, C))
    }

    fn layers(&self, network: &'static str) -> Vec<Layer> {
        self.0.table(network)
    }

    fn describe(&self) -> Vec<gan_tui_core::generator::Layer> {
        let mut layers = self.0.blocks.describe();
        let mut names = self.0.names.iter();
        for layer in &mut layers {
            layer.name = names.next().copied().unwrap_or_default().into();
            if let Some(norm) = &mut layer.norm {
                norm.name = names.next().copied().unwrap_or_default().into();
            }
        }
        layers
    }
}

impl<const SIDE: usize, const C: usize, const O: usize, B> Discriminate
    for Discriminator<SIDE, C, O, B>
where
    B: Block + Send + Sync,
    B: Module<Activations<Maps<SIDE, C>>, Output = Activations<Rows<O>>, Error = CpuError>,
    B: ModuleMut<
            WithMode<Maps<SIDE, C>, OwnedTape<f32, Cpu>>,
            Output = WithMode<Rows<O>, OwnedTape<f32, Cpu>>,
            Error = CpuError,
        >,
{
    fn images(&self, pixels: Vec<f32>) -> Result<Activations<Images>, CpuError> {
        let count = pixels.len() / Maps::<SIDE, C>::SIZE;
        Activations::new(pixels, (count, SIDE, SIDE, C))
    }

    fn infer(&self, images: Activations<Images>, labels: &[u8]) -> Result<Vec<f32>, CpuError> {
        profile::network(DISCRIMINATOR);
        let shape = maps::<SIDE, C>(images.batch());
        let logits = self.0.blocks.try_forward(images.reshaped(shape)?)?;
        Ok(conditional::logit(logits, labels)?.into_vec())
    }

    fn forward_train(
        &mut self,
        images: Traced<Images>,
        labels: &[u8],
        mode: Mode,
    ) -> Result<Traced<Rows<1>>, CpuError> {
        profile::network(DISCRIMINATOR);
        let shape = maps::<SIDE, C>(images.batch());
        let (logits, _) = self.0.blocks.try_forward_mut((images.reshaped(shape)?, mode))?;
        conditional::logit(logits, labels)
    }

    fn layers(&self, network: &'static str) -> Vec<Layer> {
        self.0.table(network)
    }
}

impl<const L: usize, const SIDE: usize, const C: usize, B: Block> Tensors
    for Generator<L, SIDE, C, B>
{
    fn walk(&self, visit: Visit) -> Result<(), CpuError> {
        self.0.walk(visit)
    }

    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError> {
        self.0.walk_mut(visit)
    }
}

impl<const SIDE: usize, const C: usize, const O: usize, B: Block> Tensors
    for Discriminator<SIDE, C, O, B>
{
    fn walk(&self, visit: Visit) -> Result<(), CpuError> {
        self.0.walk(visit)
    }

    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError> {
        self.0.walk_mut(visit)
    }
}

/// Rows of `L` numbers.
fn rows_of<const L: usize>(values: Vec<f32>) -> Result<Activations<Rows<L>>, CpuError> {
    let count = values.len() / L;
    Activations::new(values, rows(count))
}

/// Blocks whose layers have names. (A tuple of dfdx would number them instead.)
#[derive(Debug, Clone)]
pub(super) struct Named<B> {
    pub blocks: B,
    names: &'static [&'static str],
}

impl<B: Block> Named<B> {
    /// # Panics
    /// If there is not a name for each layer, a mistake in an architecture's file.
    pub fn new(blocks: B, names: &'static [&'static str]) -> Self {
        assert_eq!(blocks.layers().len(), names.len(), "a name for each layer: {names:?}");
        Self { blocks, names }
    }

    /// The layers that have tensors: a norm that is switched off is no layer.
    fn table(&self, network: &'static str) -> Vec<Layer> {
        let rows = self.names.iter().zip(self.blocks.layers()).map(|(&name, layer)| {
            let tensors = shapes(layer.tensors);
            let count = |tensor: &NamedShape| tensor.shape.iter().product::<usize>();
            Layer {
                network,
                name: name.into(),
                output: layer.output,
                parameters: tensors.iter().map(count).sum(),
                trainable: tensors.iter().filter(|tensor| tensor.trained).map(count).sum(),
                multiply_adds: layer.multiply_adds,
            }
        });
        rows.filter(|layer| layer.parameters > 0).collect()
    }
}

impl<B: Block> Tensors for Named<B> {
    fn walk(&self, visit: Visit) -> Result<(), CpuError> {
        for (name, layer) in self.names.iter().zip(self.blocks.layers()) {
            layer.tensors.walk(&mut |tensor, numbers| visit(&within(name, tensor), numbers))?;
        }
        Ok(())
    }

    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError> {
        for (name, layer) in self.names.iter().zip(self.blocks.layers_mut()) {
            layer.walk_mut(&mut |tensor, numbers| visit(&within(name, tensor), numbers))?;
        }
        Ok(())
    }
}

/// A layer's tensor as its network names it.
fn within(layer: &str, tensor: &NamedShape) -> NamedShape {
    NamedShape { name: format!("{layer}.{}", tensor.name), ..tensor.clone() }
}
