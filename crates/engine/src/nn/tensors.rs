//! Walks over a network's tensors: listing, reading and filling them by name.

use dfdx::{
    nn::tensor_collection::{
        RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut,
        ViewTensorName, ViewTensorRef,
    },
    shapes::{HasShape, Shape},
    tensor::{Cpu, CpuError, Gradients, Tensor, TensorFromVec},
};

use super::{Buffer, parameters::to_buffer};

/// A tensor's name within its network, such as `conv1.kernel`, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedShape {
    pub name: String,
    pub shape: Vec<usize>,
    /// Whether gradients move it; running statistics follow the batches instead.
    pub trained: bool,
}

/// A network's tensor is missing, or of another shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("tensor {name} is missing")]
    Missing { name: String },
    #[error("tensor {name}: expected shape {expected:?}, found {found:?}")]
    Shape { name: String, expected: Vec<usize>, found: Vec<usize> },
}

impl LoadError {
    /// The same error with the network's name before the tensor's.
    pub fn within(self, prefix: &str) -> Self {
        match self {
            Self::Missing { name } => Self::Missing { name: format!("{prefix}.{name}") },
            Self::Shape { name, expected, found } => {
                Self::Shape { name: format!("{prefix}.{name}"), expected, found }
            }
        }
    }
}

/// A tensor of a network, whatever its shape.
pub trait Parameter {
    /// A copy of the numbers, row-major.
    fn read(&self) -> Buffer;

    /// Replaces the numbers.
    ///
    /// # Errors
    /// Returns an error if `values` has another length.
    fn write(&mut self, values: Buffer) -> Result<(), CpuError>;

    /// Returns the gradient's vector, which may be taken; zeros if no backward pass wrote it.
    ///
    /// # Errors
    /// Returns an error if memory runs out.
    fn gradient<'a>(
        &self,
        gradients: &'a mut Gradients<f32, Cpu>,
    ) -> Result<&'a mut Vec<f32>, CpuError>;
}

impl<S: Shape> Parameter for Tensor<S, f32, Cpu> {
    fn read(&self) -> Buffer {
        to_buffer(self)
    }

    fn write(&mut self, values: Buffer) -> Result<(), CpuError> {
        // The vector is the tensor's from now on: nothing is copied.
        *self = self.device().try_tensor_from_vec(values.into_vec(), *self.shape())?;
        Ok(())
    }

    fn gradient<'a>(
        &self,
        gradients: &'a mut Gradients<f32, Cpu>,
    ) -> Result<&'a mut Vec<f32>, CpuError> {
        Ok(gradients.get_or_alloc_mut(self)?)
    }
}

/// Called with each tensor in turn.
pub type Visit<'a> = &'a mut dyn FnMut(&NamedShape, &dyn Parameter) -> Result<(), CpuError>;
/// Called with each tensor in turn, to write it.
pub type VisitMut<'a> = &'a mut dyn FnMut(&NamedShape, &mut dyn Parameter) -> Result<(), CpuError>;

/// Tensors with names: a dfdx collection or a network, behind two walks, one to read and one to
/// write. Every other function on tensors is made of these two, since each is compiled for every
/// layer of every architecture.
pub trait Tensors {
    /// Calls `visit` with every tensor, in the network's order.
    ///
    /// # Errors
    /// Returns the first error of `visit`.
    fn walk(&self, visit: Visit) -> Result<(), CpuError>;

    /// Calls `visit` with every tensor, to write it, in the network's order.
    ///
    /// # Errors
    /// Returns the first error of `visit`.
    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError>;
}

impl<M: TensorCollection<f32, Cpu>> Tensors for M {
    fn walk(&self, visit: Visit) -> Result<(), CpuError> {
        M::iter_tensors(&mut RecursiveWalker { m: (self, String::new()), f: &mut Reader(visit) })
            .map(|_| ())
    }

    fn walk_mut(&mut self, visit: VisitMut) -> Result<(), CpuError> {
        M::iter_tensors(&mut RecursiveWalker { m: (self, String::new()), f: &mut Writer(visit) })
            .map(|_| ())
    }
}

struct Reader<'a>(Visit<'a>);

impl TensorVisitor<f32, Cpu> for Reader<'_> {
    type Viewer = (ViewTensorRef, ViewTensorName);
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, f32, Cpu>,
        (tensor, name): (&Tensor<S, f32, Cpu>, String),
    ) -> Result<Option<Tensor<S, f32, Cpu>>, CpuError> {
        let shape = tensor.shape().concrete().into();
        (self.0)(&NamedShape { name, shape, trained: options.do_gradient_update }, tensor)?;
        Ok(None)
    }
}

struct Writer<'a>(VisitMut<'a>);

impl TensorVisitor<f32, Cpu> for Writer<'_> {
    type Viewer = (ViewTensorMut, ViewTensorName);
    type Err = CpuError;
    type E2 = f32;
    type D2 = Cpu;

    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, f32, Cpu>,
        (tensor, name): (&mut Tensor<S, f32, Cpu>, String),
    ) -> Result<Option<Tensor<S, f32, Cpu>>, CpuError> {
        let shape = tensor.shape().concrete().into();
        (self.0)(&NamedShape { name, shape, trained: options.do_gradient_update }, tensor)?;
        Ok(None)
    }
}

/// Returns every tensor's name, shape and numbers, in the network's order.
pub fn named(network: &dyn Tensors) -> Vec<(NamedShape, Vec<f32>)> {
    let mut found = Vec::new();
    // The visitor cannot fail.
    let _ = network.walk(&mut |shape, tensor| {
        found.push((shape.clone(), tensor.read().into_vec()));
        Ok(())
    });
    found
}

/// Returns every tensor's name and shape, in the network's order.
pub fn shapes(network: &dyn Tensors) -> Vec<NamedShape> {
    let mut found = Vec::new();
    // The visitor cannot fail.
    let _ = network.walk(&mut |shape, _| {
        found.push(shape.clone());
        Ok(())
    });
    found
}

/// Returns the gradient of every trained tensor, in the network's order; zeros if no backward pass
/// wrote one.
///
/// # Errors
/// Returns an error if memory runs out.
pub fn gradients(
    network: &dyn Tensors,
    gradients: &mut Gradients<f32, Cpu>,
) -> Result<Vec<(NamedShape, Vec<f32>)>, CpuError> {
    let mut found = Vec::new();
    network.walk(&mut |shape, tensor| {
        if shape.trained {
            found.push((shape.clone(), tensor.gradient(gradients)?.clone()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// Calls `change` to rewrite every tensor's numbers.
pub fn visit_mut(network: &mut dyn Tensors, change: &mut dyn FnMut(&NamedShape, &mut [f32])) {
    // The number of values that are written is that of those read: this cannot fail.
    let _ = network.walk_mut(&mut |shape, tensor| {
        let mut values = tensor.read();
        change(shape, &mut values);
        tensor.write(values)
    });
}

/// Fills every tensor from `find`, which returns shape and numbers by name.
///
/// # Errors
/// Returns the first tensor that is missing or of another shape; then nothing is changed.
pub fn load<'a>(
    network: &mut dyn Tensors,
    find: impl Fn(&str) -> Option<(&'a [usize], &'a [f32])>,
) -> Result<(), LoadError> {
    for NamedShape { name, shape: expected, .. } in shapes(network) {
        match find(&name) {
            None => return Err(LoadError::Missing { name }),
            Some((found, _)) if found != expected => {
                return Err(LoadError::Shape { name, expected, found: found.to_vec() });
            }
            Some(_) => {}
        }
    }
    visit_mut(network, &mut |tensor, values| {
        if let Some((_, found)) = find(&tensor.name) {
            values.copy_from_slice(found);
        }
    });
    Ok(())
}
