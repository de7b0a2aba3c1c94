//! Shapes of batches: maps and rows.

use dfdx::shapes::{Const, Shape};

/// A batch of square maps: (batch, height, width, channels).
pub type Maps<const SIDE: usize, const C: usize> = (usize, Const<SIDE>, Const<SIDE>, Const<C>);
/// A batch of rows: (batch, features).
pub type Rows<const N: usize> = (usize, Const<N>);

/// A shape whose first dimension is the batch.
pub trait BatchShape: Shape {
    /// Numbers of one map or row.
    const SIZE: usize;

    /// The shape of `batch` of them.
    fn of(batch: usize) -> Self;

    /// The dimensions of one of them.
    fn dimensions() -> Vec<usize> {
        Self::of(1).concrete().into_iter().skip(1).collect()
    }
}

impl<const SIDE: usize, const C: usize> BatchShape for Maps<SIDE, C> {
    const SIZE: usize = SIDE * SIDE * C;

    fn of(batch: usize) -> Self {
        (batch, Const, Const, Const)
    }
}

impl<const N: usize> BatchShape for Rows<N> {
    const SIZE: usize = N;

    fn of(batch: usize) -> Self {
        (batch, Const)
    }
}

/// The shape of `batch` maps.
pub fn maps<const SIDE: usize, const C: usize>(batch: usize) -> Maps<SIDE, C> {
    Maps::of(batch)
}

/// The shape of `batch` rows.
pub fn rows<const N: usize>(batch: usize) -> Rows<N> {
    Rows::of(batch)
}
