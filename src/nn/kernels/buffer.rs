//! Large buffers that are kept from step to step.
//!
//! A step takes the same sizes again and again. A fresh vector would have to be filled with zeros first, by one thread; a used one is
//! taken as it was left, for a pass that writes every number.

use std::{
    collections::HashMap,
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

/// Floats kept at most, over all sizes: 256 MB.
const KEPT: usize = 64 << 20;

/// Used vectors by their length.
#[derive(Default)]
struct Store {
    by_length: HashMap<usize, Vec<Vec<f32>>>,
    floats: usize,
}

static STORE: Mutex<Option<Store>> = Mutex::new(None);

fn with_store<T>(work: impl FnOnce(&mut Store) -> T) -> T {
    // A store is whole between any two operations, so one that a panic was seen with is as good as any.
    work(STORE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// A vector that goes back to the store when it is dropped.
#[derive(Debug, Default)]
pub struct Buffer(Vec<f32>);

impl Buffer {
    /// `length` floats of no particular value.
    pub fn stale(length: usize) -> Self {
        let used = with_store(|store| {
            let used = store.by_length.get_mut(&length).and_then(Vec::pop);
            store.floats -= used.as_ref().map_or(0, Vec::len);
            used
        });
        Self(used.unwrap_or_else(|| vec![0.0; length]))
    }

    /// `length` zeros.
    pub fn zeros(length: usize) -> Self {
        let mut buffer = Self::stale(length);
        buffer.fill(0.0);
        buffer
    }

    /// The vector itself; it does not go back.
    pub fn into_vec(mut self) -> Vec<f32> {
        std::mem::take(&mut self.0)
    }
}

impl From<Vec<f32>> for Buffer {
    fn from(values: Vec<f32>) -> Self {
        Self(values)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let used = std::mem::take(&mut self.0);
        if used.is_empty() {
            return;
        }
        with_store(|store| {
            if store.floats + used.len() <= KEPT {
                store.floats += used.len();
                store.by_length.entry(used.len()).or_default().push(used);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
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
        let again = Buffer::stale(LENGTH);
        assert_eq!((again.as_ptr(), again[7], again.len()), (place, 3.0, LENGTH));
        assert!(Buffer::stale(LENGTH).iter().all(|&x| x == 0.0), "a second one is new");
        assert!(Buffer::from(again.into_vec()).len() == LENGTH);
    }
}
