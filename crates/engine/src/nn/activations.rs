//! What flows between blocks: numbers, their shape, and the tape of operations behind them.

use std::sync::{Arc, Mutex, PoisonError};

use dfdx::{
    shapes::Shape,
    tensor::{Cpu, CpuError, NoneTape, OwnedTape, Tape},
};

use super::{
    Buffer,
    numbers::{InputGradient, Numbers, Source},
};

/// A batch of maps or rows, the first dimension of `S` being the batch.
///
/// Weights are dfdx's tensors, activations are not: a tensor hands out only copies of its numbers,
/// and its gradient is allocated by one thread and filled with zeros. Blocks share the numbers of
/// activations instead, and pass their gradient through a [`GradSlot`]. The shape in the type and
/// the tape are dfdx's.
#[derive(Debug, Clone)]
pub struct Activations<S: Shape, T = NoneTape> {
    numbers: Arc<Numbers>,
    shape: S,
    gradient: GradSlot,
    tape: T,
}

impl<S: Shape> Activations<S> {
    /// Activations of these numbers, row-major.
    ///
    /// # Errors
    /// Returns an error if their number is not that of the shape.
    pub fn new(values: impl Into<Buffer>, shape: S) -> Result<Self, CpuError> {
        Self::sharing(Arc::new(Numbers::from(values.into())), shape)
    }

    /// Activations of numbers that have another owner too.
    ///
    /// # Errors
    /// Returns an error if their number is not that of the shape.
    pub(super) fn sharing(numbers: Arc<Numbers>, shape: S) -> Result<Self, CpuError> {
        if numbers.len() != shape.num_elements() {
            return Err(CpuError::WrongNumElements);
        }
        Ok(Self { numbers, shape, gradient: GradSlot::default(), tape: NoneTape })
    }

    /// The same activations, numbers and gradient shared, with a new tape that records the
    /// operations from here on.
    pub fn traced(&self) -> Activations<S, OwnedTape<f32, Cpu>> {
        self.clone().put_tape(OwnedTape::default())
    }

    /// Attaches the tape that [`Activations::split_tape`] returned.
    pub fn put_tape<T: Tape<f32, Cpu>>(self, tape: T) -> Activations<S, T> {
        let Self { numbers, shape, gradient, tape: NoneTape } = self;
        Activations { numbers, shape, gradient, tape }
    }
}

impl<S: Shape, T: Tape<f32, Cpu>> Activations<S, T> {
    pub fn shape(&self) -> S {
        self.shape
    }

    /// Number of images or rows.
    pub fn batch(&self) -> usize {
        self.shape.concrete()[0]
    }

    /// The numbers, row-major.
    pub fn values(&self) -> &[f32] {
        self.numbers.whole()
    }

    /// The numbers as a block reads them.
    pub(super) fn source(&self) -> Source<'_> {
        self.numbers.source()
    }

    /// Another owner of the numbers.
    pub(super) fn share(&self) -> Arc<Numbers> {
        self.numbers.clone()
    }

    /// Returns the numbers, copied only if they have another owner.
    pub fn into_vec(self) -> Vec<f32> {
        match Arc::try_unwrap(self.numbers) {
            Ok(numbers) => numbers.into_whole().into_vec(),
            Err(shared) => shared.whole().to_vec(),
        }
    }

    /// The gradient of these activations.
    pub fn gradient(&self) -> GradSlot {
        self.gradient.clone()
    }

    /// The same numbers in another shape.
    ///
    /// # Errors
    /// Returns an error if their number is not that of the shape.
    pub fn reshaped<R: Shape>(self, shape: R) -> Result<Activations<R, T>, CpuError> {
        if self.numbers.len() != shape.num_elements() {
            return Err(CpuError::WrongNumElements);
        }
        let Self { numbers, gradient, tape, .. } = self;
        Ok(Activations { numbers, shape, gradient, tape })
    }

    /// Returns the activations without their tape, and the tape.
    pub fn split_tape(self) -> (Activations<S>, T) {
        let Self { numbers, shape, gradient, tape } = self;
        (Activations { numbers, shape, gradient, tape: NoneTape }, tape)
    }
}

/// The gradient of some activations during a backward pass: the operations that read them add to
/// it, the operation that made them takes it. It is empty until the first adds.
#[derive(Debug, Clone, Default)]
pub struct GradSlot(Arc<Mutex<Option<InputGradient>>>);

impl GradSlot {
    /// Takes the sum out; empty if nothing was added. Of activations whose norm a block left to its
    /// reader, it is what that has made of it: blocks themselves take it with the norm's sums.
    pub fn take(&self) -> Buffer {
        self.take_gradient().values
    }

    /// Adds a reader's share, as long as the activations.
    pub fn accumulate(&self, gradient: Buffer) {
        self.add(gradient.into());
    }

    /// The sum as blocks hand it to each other.
    pub(super) fn take_gradient(&self) -> InputGradient {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }

    pub(super) fn add(&self, gradient: InputGradient) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(sum) => sum.add(&gradient),
            empty => *empty = Some(gradient),
        }
    }
}
