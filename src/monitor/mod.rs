//! The terminal program: state, messages, keys, views, and the session that holds them together.
