//! An image or a run to the bytes of a file format.
