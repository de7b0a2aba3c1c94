//! Named architectures, each a type.
