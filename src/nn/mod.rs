//! Layers: one a file, shapes in the types.
