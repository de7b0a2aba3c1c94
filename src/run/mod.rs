//! The run directory: manifest, metrics log, frames, checkpoints; the recorder and the reader.
