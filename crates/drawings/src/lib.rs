//! The pictures that the program draws itself, to learn from without any files: digits and faces,
//! each a function of (seed, index), the same on every machine.
#![forbid(unsafe_code)]

pub mod digits;
pub mod faces;
