//! Where a run goes.

use std::path::{Path, PathBuf};

use gan_tui_store::run;

/// The directory asked for, else a new one under `runs`.
pub fn of(out: Option<&Path>, preset: &str) -> PathBuf {
    out.map_or_else(|| run::unique_run_dir(Path::new(run::paths::RUNS), preset), Path::to_path_buf)
}
