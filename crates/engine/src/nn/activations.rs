//! What flows between blocks: numbers, their shape, and their place on dfdx's tape.

use std::sync::Arc;

use dfdx::{
    shapes::{Rank0, Shape},
    tensor::{
        Cpu, CpuError, Gradients, NoneTape, OwnedTape, PutTape, SplitTape, Tape, Tensor,
        TensorFromVec, Trace,
    },
};

use super::Buffer;

/// A batch of maps or rows, the first dimension of `S` being the batch.
///
/// dfdx keeps a tensor's numbers to itself and hands out copies, and allocates gradients of a
/// tensor's size filled with zeros, one thread at a time. So between blocks the numbers travel
/// beside their `node`, a tensor of a single number that has the identity and the tape: they are
/// shared instead of copied, and the node's gradient vector is replaced by the true one.
#[derive(Debug, Clone)]
pub struct Activations<S: Shape, T = NoneTape> {
    values: Arc<Buffer>,
    shape: S,
    node: Tensor<Rank0, f32, Cpu, T>,
}

impl<S: Shape> Activations<S> {
    /// Activations of these numbers, row-major.
    ///
    /// # Errors
    /// Where there are not as many numbers as the shape says.
    pub fn new(device: &Cpu, values: impl Into<Buffer>, shape: S) -> Result<Self, CpuError> {
        Self::sharing(device, Arc::new(values.into()), shape)
    }

    /// Activations of numbers that somebody else keeps as well.
    ///
    /// # Errors
    /// Where there are not as many numbers as the shape says.
    pub fn sharing(device: &Cpu, values: Arc<Buffer>, shape: S) -> Result<Self, CpuError> {
        if values.len() != shape.num_elements() {
            return Err(CpuError::WrongNumElements);
        }
        Ok(Self { values, shape, node: device.try_tensor_from_vec(vec![0.0], ())? })
    }

    /// With a tape that notes what happens from here on.
    pub fn traced(&self) -> Activations<S, OwnedTape<f32, Cpu>> {
        Activations {
            values: self.values.clone(),
            shape: self.shape,
            node: self.node.leaky_trace(),
        }
    }
}

impl<S: Shape, T: Tape<f32, Cpu>> Activations<S, T> {
    pub fn shape(&self) -> S {
        self.shape
    }

    /// How many images or rows.
    pub fn batch(&self) -> usize {
        self.shape.concrete()[0]
    }

    /// The numbers, row-major.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The numbers, to be kept.
    pub fn share(&self) -> Arc<Buffer> {
        self.values.clone()
    }

    /// The numbers as a vector of their own.
    pub fn into_vec(self) -> Vec<f32> {
        match Arc::try_unwrap(self.values) {
            Ok(values) => values.into_vec(),
            Err(shared) => shared.to_vec(),
        }
    }

    /// The gradient's place in a backward pass.
    pub fn ghost(&self) -> Ghost {
        Ghost(self.node.retaped())
    }

    /// The same numbers in another shape.
    ///
    /// # Errors
    /// Where there are not as many numbers as the shape says.
    pub fn reshaped<R: Shape>(self, shape: R) -> Result<Activations<R, T>, CpuError> {
        if self.values.len() != shape.num_elements() {
            return Err(CpuError::WrongNumElements);
        }
        Ok(Activations { values: self.values, shape, node: self.node })
    }

    /// Without the tape, and the tape.
    pub fn split_tape(self) -> (Activations<S>, T) {
        let (node, tape) = self.node.split_tape();
        (Activations { values: self.values, shape: self.shape, node }, tape)
    }
}

impl<S: Shape> Activations<S> {
    pub fn put_tape<T: Tape<f32, Cpu>>(self, tape: T) -> Activations<S, T> {
        Activations { values: self.values, shape: self.shape, node: self.node.put_tape(tape) }
    }

    /// The device the node lives on.
    pub fn device(&self) -> Cpu {
        self.node.device().clone()
    }
}

/// Where the gradient of some activations is kept during a backward pass.
#[derive(Debug, Clone)]
pub struct Ghost(Tensor<Rank0, f32, Cpu>);

impl Ghost {
    /// Takes the gradient; a single zero where nobody has given one.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn take(&self, gradients: &mut Gradients<f32, Cpu>) -> Result<Buffer, CpuError> {
        Ok(std::mem::take(&mut **gradients.get_or_alloc_mut(&self.0)?).into())
    }

    /// Gives the gradient, or adds it to what another reader of the same activations has given.
    ///
    /// # Errors
    /// Where memory runs out.
    pub fn give(
        &self,
        gradients: &mut Gradients<f32, Cpu>,
        values: Buffer,
    ) -> Result<(), CpuError> {
        let sum = &mut **gradients.get_or_alloc_mut(&self.0)?;
        if sum.len() == values.len() {
            sum.iter_mut().zip(values.iter()).for_each(|(sum, value)| *sum += value);
        } else {
            *sum = values.into_vec();
        }
        Ok(())
    }
}
