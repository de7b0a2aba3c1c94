//! Large buffers that are recycled from step to step.
//!
//! Every step needs buffers of the same lengths. A new vector would first be filled with zeros, by
//! one thread; a recycled one keeps its old numbers, for a pass that overwrites all of them.

use std::{
    collections::BTreeMap,
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

/// Vectors of one length.
#[derive(Default)]
struct Shelf {
    used: Vec<Vec<f32>>,
    /// How many are in use now, and the most that ever were: no more are kept, even if vectors that
    /// were not taken from here are dropped here.
    out: usize,
    most: usize,
}

/// Shelves by length.
static STORE: Mutex<BTreeMap<usize, Shelf>> = Mutex::new(BTreeMap::new());

fn with_shelf<T>(length: usize, work: impl FnOnce(&mut Shelf) -> T) -> T {
    // No operation on a shelf can panic halfway, so a poisoned lock guards valid shelves.
    work(STORE.lock().unwrap_or_else(PoisonError::into_inner).entry(length).or_default())
}

/// A vector that returns to its shelf when it is dropped.
#[derive(Debug, Default)]
pub struct Buffer {
    values: Vec<f32>,
    /// Whether it was taken from a shelf.
    borrowed: bool,
}

impl Buffer {
    /// `length` initialised floats of arbitrary values: a buffer that was dropped, if there is one
    /// of this length.
    pub fn uninit_recycled(length: usize) -> Self {
        let used = with_shelf(length, |shelf| {
            shelf.out += 1;
            shelf.most = shelf.most.max(shelf.out);
            shelf.used.pop()
        });
        Self { values: used.unwrap_or_else(|| vec![0.0; length]), borrowed: true }
    }

    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        let mut buffer = Self::uninit_recycled(length);
        buffer.fill(0.0);
        buffer
    }

    /// Returns the vector, which no longer returns to its shelf.
    pub fn into_vec(mut self) -> Vec<f32> {
        if std::mem::take(&mut self.borrowed) {
            with_shelf(self.values.len(), |shelf| shelf.out -= 1);
        }
        std::mem::take(&mut self.values)
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Self { values, borrowed: false }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        if values.is_empty() && !self.borrowed {
            return;
        }
        with_shelf(values.len(), |shelf| {
            shelf.out -= usize::from(self.borrowed);
            if shelf.used.len() < shelf.most {
                shelf.used.push(values);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }
}

/// Copies a short row. The usual lengths are constants, for which registers are moved; a call of the
/// system's function would take longer than that.
#[inline]
pub(crate) fn copy_short(from: &[f32], to: &mut [f32]) {
    fn whole<const LENGTH: usize>(from: &[f32], to: &mut [f32]) {
        if let (Some(from), Some(to)) = (from.first_chunk::<LENGTH>(), to.first_chunk_mut()) {
            *to = *from;
        }
    }
    assert_eq!(from.len(), to.len());
    match from.len() {
        8 => whole::<8>(from, to),
        16 => whole::<16>(from, to),
        32 => whole::<32>(from, to),
        64 => whole::<64>(from, to),
        _ => to.copy_from_slice(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_was_dropped_is_taken_again() {
        const LENGTH: usize = 123_457;
        let place = {
            let mut buffer = Buffer::zeros(LENGTH);
            buffer[7] = 3.0;
            buffer.as_ptr()
        };
        let again = Buffer::uninit_recycled(LENGTH);
        assert_eq!((again.as_ptr(), again[7], again.len()), (place, 3.0, LENGTH));
        assert!(Buffer::uninit_recycled(LENGTH).iter().all(|&x| x == 0.0), "a second one is new");
        assert!(Buffer::from(again.into_vec()).len() == LENGTH);
    }

    #[test]
    fn no_more_are_kept_than_were_ever_out() {
        const LENGTH: usize = 123_461;
        let two = [Buffer::uninit_recycled(LENGTH), Buffer::uninit_recycled(LENGTH)];
        drop(two);
        for _ in 0..9 {
            drop(Buffer::from(vec![0.0; LENGTH]));
        }
        assert_eq!(with_shelf(LENGTH, |shelf| (shelf.used.len(), shelf.out)), (2, 0));
    }
}
