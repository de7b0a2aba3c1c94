//! Walks over a network's tensors: listing, reading and filling them by name.

use std::convert::Infallible;

use dfdx::{
    nn::tensor_collection::{
        RecursiveWalker, TensorCollection, TensorOptions, TensorVisitor, ViewTensorMut, ViewTensorName, ViewTensorRef,
    },
    shapes::{HasShape, Shape},
    tensor::{Cpu, CpuError, Gradients, Tensor},
};

use crate::nn::to_vec;

/// A tensor's name within its network, such as `conv1.kernel`, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedShape {
    pub name: String,
    pub shape: Vec<usize>,
    /// Whether gradients move it; running statistics follow the batches instead.
    pub trained: bool,
}

/// A tensor that a network needs was not given as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("tensor {name} is missing")]
    Missing { name: String },
    #[error("tensor {name}: expected shape {expected:?}, found {found:?}")]
    Shape { name: String, expected: Vec<usize>, found: Vec<usize> },
}

impl LoadError {
    /// The same error, the tensor's name told with its network's.
    pub fn within(self, prefix: &str) -> Self {
        match self {
            Self::Missing { name } => Self::Missing { name: format!("{prefix}.{name}") },
            Self::Shape { name, expected, found } => Self::Shape { name: format!("{prefix}.{name}"), expected, found },
        }
    }
}

/// Every tensor's name, shape and numbers, in the network's order.
pub fn named<M: TensorCollection<f32, Cpu>>(network: &M) -> Vec<(NamedShape, Vec<f32>)> {
    struct Reader(Vec<(NamedShape, Vec<f32>)>);
    impl TensorVisitor<f32, Cpu> for Reader {
        type Viewer = (ViewTensorRef, ViewTensorName);
        type Err = Infallible;
        type E2 = f32;
        type D2 = Cpu;

        fn visit<S: Shape>(
            &mut self,
            options: TensorOptions<S, f32, Cpu>,
            (tensor, name): (&Tensor<S, f32, Cpu>, String),
        ) -> Result<Option<Tensor<S, f32, Cpu>>, Infallible> {
            let shape = tensor.shape().concrete().into();
            self.0.push((NamedShape { name, shape, trained: options.do_gradient_update }, to_vec(tensor)));
            Ok(None)
        }
    }
    let mut reader = Reader(Vec::new());
    let Ok(_) = M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut reader });
    reader.0
}

/// Every tensor's name and shape, in the network's order.
pub fn shapes<M: TensorCollection<f32, Cpu>>(network: &M) -> Vec<NamedShape> {
    named(network).into_iter().map(|(shape, _)| shape).collect()
}

/// The gradient of every trained tensor, in the network's order; zeros where there is none.
pub fn gradients<M: TensorCollection<f32, Cpu>>(
    network: &M,
    gradients: &mut Gradients<f32, Cpu>,
) -> Result<Vec<(NamedShape, Vec<f32>)>, CpuError> {
    struct Reader<'a>(&'a mut Gradients<f32, Cpu>, Vec<(NamedShape, Vec<f32>)>);
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
            if options.do_gradient_update {
                let gradient = self.0.get_or_alloc_mut(tensor)?.to_vec();
                self.1.push((NamedShape { name, shape: tensor.shape().concrete().into(), trained: true }, gradient));
            }
            Ok(None)
        }
    }
    let mut reader = Reader(gradients, Vec::new());
    M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut reader })?;
    Ok(reader.1)
}

/// Lets `change` rewrite every tensor's numbers.
pub fn visit_mut<M: TensorCollection<f32, Cpu>>(network: &mut M, change: &mut dyn FnMut(&NamedShape, &mut [f32])) {
    // One walker for all changes: each walker is compiled for every layer of every architecture.
    struct Writer<'a>(&'a mut dyn FnMut(&NamedShape, &mut [f32]));
    impl TensorVisitor<f32, Cpu> for Writer<'_> {
        type Viewer = (ViewTensorMut, ViewTensorName);
        type Err = Infallible;
        type E2 = f32;
        type D2 = Cpu;

        fn visit<S: Shape>(
            &mut self,
            options: TensorOptions<S, f32, Cpu>,
            (tensor, name): (&mut Tensor<S, f32, Cpu>, String),
        ) -> Result<Option<Tensor<S, f32, Cpu>>, Infallible> {
            let shape = tensor.shape().concrete().into();
            let mut values = to_vec(tensor);
            (self.0)(&NamedShape { name, shape, trained: options.do_gradient_update }, &mut values);
            tensor.copy_from(&values);
            Ok(None)
        }
    }
    let Ok(_) = M::iter_tensors(&mut RecursiveWalker { m: (network, String::new()), f: &mut Writer(change) });
}

/// Fills every tensor from `find`, which gives shape and numbers by name. Nothing is changed where one is missing or misshapen.
///
/// # Errors
/// The first tensor that is missing or of another shape.
pub fn load<'a, M: TensorCollection<f32, Cpu>>(
    network: &mut M,
    find: impl Fn(&str) -> Option<(&'a [usize], &'a [f32])>,
) -> Result<(), LoadError> {
    for NamedShape { name, shape: expected, .. } in shapes(network) {
        match find(&name) {
            None => return Err(LoadError::Missing { name }),
            Some((found, _)) if found != expected => return Err(LoadError::Shape { name, expected, found: found.to_vec() }),
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
