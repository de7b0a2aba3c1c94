//! A new run from an older checkpoint of another one.

use std::{fs, path::Path};

use super::{Manifest, Recorder, Run, RunError, changes, checkpoint, manifest::Origin, metrics, paths};

impl Recorder {
    /// Copies a run up to a checkpoint into a new directory, which a run can go on from as the first one did from there. The first one stays as it is, and
    /// may be training. Tells what had to be left out.
    ///
    /// # Errors
    /// Where the run has no such checkpoint or it cannot be read, or `out` is there and not empty, or cannot be written.
    pub fn branch(run: &Run, iteration: u64, out: &Path) -> Result<Vec<String>, RunError> {
        super::recorder::check_empty(out)?;
        if !run.checkpoints().contains(&iteration) {
            return Err(RunError::NoSuchCheckpoint { path: run.dir().into(), iteration, there: listed(run.checkpoints()) });
        }
        let snapshot = run.checkpoint(iteration)?;
        super::recorder::make_folder(out)?;
        // The checkpoint comes last: without it, what is there is no run that could be gone on with by mistake.
        for folder in [paths::FRAMES, paths::CHECKPOINTS] {
            let folder = out.join(folder);
            fs::create_dir_all(&folder).map_err(RunError::io("create", &folder))?;
        }
        let preset = run.dir().join(paths::PRESET);
        copy(&preset, &out.join(paths::PRESET))?;
        let log = run.dir().join(paths::METRICS);
        if log.is_file() {
            copy(&log, &out.join(paths::METRICS))?;
            metrics::cut(out, iteration)?;
        }
        for change in changes::read(run.dir())?.iter().filter(|change| change.iteration < iteration) {
            changes::add(out, change)?;
        }
        for &frame in run.frames().iter().filter(|&&frame| frame <= iteration) {
            copy(&paths::frame(run.dir(), frame), &paths::frame(out, frame))?;
        }
        if let Some(manifest) = run.manifest() {
            let whole = fs::canonicalize(run.dir()).unwrap_or_else(|_| run.dir().into());
            let origin = Origin { run: whole.to_string_lossy().into_owned(), iteration };
            Manifest { branched_from: Some(origin), saved: Some(iteration), interim: None, ..manifest.clone() }.write(out)?;
        }
        let mut left_out = Vec::new();
        let best = paths::best(run.dir());
        if best.is_file() {
            match checkpoint::load(&best) {
                Ok(best) if best.iteration <= iteration => checkpoint::save(&paths::best(out), &best)?,
                Ok(_) => {}
                Err(error) => left_out.push(format!("what has scored best is left out: {error}")),
            }
        }
        checkpoint::save(&paths::checkpoint(out, iteration), &snapshot)?;
        Ok(left_out)
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), RunError> {
    let bytes = fs::read(from).map_err(RunError::io("read", from))?;
    super::atomic::write(to, &bytes).map_err(RunError::io("write", to))
}

fn listed(checkpoints: &[u64]) -> String {
    if checkpoints.is_empty() { "none".into() } else { checkpoints.iter().map(u64::to_string).collect::<Vec<_>>().join(", ") }
}
