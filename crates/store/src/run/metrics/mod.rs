//! `metrics.jsonl`: one JSON object an iteration, appended while training, read while it grows, cut
//! back for a resumed run.

mod lines;
mod log;
mod sample;
#[cfg(test)]
mod tests;
mod truncate;
mod writer;

pub use log::MetricsLog;
pub(crate) use log::for_each_row;
pub(super) use log::{last_row, last_row_of};
pub use sample::Sample;
pub(super) use truncate::{TruncatedLog, copy_truncated, truncate, truncated};
pub(super) use writer::MetricsWriter;
