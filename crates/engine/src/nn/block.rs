//! The layers of blocks, and of tuples of blocks.

use super::{Tensors, convolution::MANY};

/// One or more layers computed as one operation, or a tuple of such blocks. A block is a dfdx
/// module too (`Module` and `ModuleMut`), and so is a tuple of blocks in which each takes what the
/// one before returns.
pub trait Block {
    /// The layers in the order of computation.
    fn layers(&self) -> Vec<BlockLayer<'_>>;

    /// The tensors of each layer, in the same order.
    fn layers_mut(&mut self) -> Vec<&mut dyn Tensors>;
}

/// A layer of a block.
pub struct BlockLayer<'a> {
    pub tensors: &'a dyn Tensors,
    /// Shape of its output for one map or row.
    pub output: Vec<usize>,
    pub multiply_adds: MultiplyAdds,
}

/// Multiply-adds of a layer's forward pass for one map or row, in the form it is computed in: in a
/// small batch, and in one of [`MANY`] or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultiplyAdds {
    pub few: usize,
    pub many: usize,
}

impl MultiplyAdds {
    /// As many in every batch.
    pub fn always(count: usize) -> Self {
        Self { few: count, many: count }
    }

    /// Those in a batch of so many maps or rows.
    pub fn of_batch(self, batch: usize) -> usize {
        if batch < MANY { self.few } else { self.many }
    }
}

macro_rules! tuple_of_blocks {
    ($($block:ident $place:tt),+) => {
        impl<$($block: Block),+> Block for ($($block,)+) {
            fn layers(&self) -> Vec<BlockLayer<'_>> {
                let mut layers = Vec::new();
                $(layers.extend(self.$place.layers());)+
                layers
            }

            fn layers_mut(&mut self) -> Vec<&mut dyn Tensors> {
                let mut layers = Vec::new();
                $(layers.extend(self.$place.layers_mut());)+
                layers
            }
        }
    };
}

tuple_of_blocks!(A 0, B 1);
tuple_of_blocks!(A 0, B 1, C 2);
tuple_of_blocks!(A 0, B 1, C 2, D 3);
tuple_of_blocks!(A 0, B 1, C 2, D 3, E 4);
tuple_of_blocks!(A 0, B 1, C 2, D 3, E 4, F 5);
