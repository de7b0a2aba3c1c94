//! Takes a run back to its checkpoint: what was recorded after it makes room, and is put aside
//! until the resumed run has saved once.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use super::{RunError, checkpoint, event_file, metrics, paths};
use gan_tui_core::files;

/// How a run is taken back. Every step can be done again after an error, and a process killed
/// between two leaves a run that can be resumed.
#[derive(Debug)]
pub(super) struct Rewind {
    /// The iteration of the checkpoint; 0 where there is none.
    iteration: u64,
    /// Whether there is a checkpoint; without one, all frames are drawn again.
    from_checkpoint: bool,
    /// Files whose content is wrong and whose place is needed, newer checkpoints among them.
    damaged: Vec<PathBuf>,
    /// Whether training continues: then a score that was only due because the run ended is undone.
    extends: bool,
    /// The iteration of such a score.
    final_score: Option<u64>,
    /// Where everything goes, if the run is to begin again without its old files.
    restart: Option<PathBuf>,
}

impl Rewind {
    /// Back to the checkpoint of an iteration, or to the beginning. `damaged` are files that are
    /// replaced for their content is wrong.
    pub(super) fn to(checkpoint: Option<u64>, damaged: Vec<PathBuf>) -> Self {
        Self {
            iteration: checkpoint.unwrap_or(0),
            from_checkpoint: checkpoint.is_some(),
            damaged,
            extends: false,
            final_score: None,
            restart: None,
        }
    }

    /// The same for a run that is trained further, whose end was scored after this iteration if it
    /// was: the score goes, and the networks that were best before are the best again.
    pub(super) fn extending(self, final_score: Option<u64>) -> Self {
        Self { extends: true, final_score, ..self }
    }

    /// Whether the run is trained further.
    pub(super) fn extends(&self) -> bool {
        self.extends
    }

    /// To the beginning, with all that is there put aside.
    ///
    /// # Errors
    /// Returns an error if it cannot be told where that can go.
    pub(super) fn restart(dir: &Path) -> Result<Self, RunError> {
        Ok(Self { restart: Some(paths::before_restart(dir)?), ..Self::to(None, Vec::new()) })
    }

    /// Checks that all that [`Self::set_aside_replaced`] and [`Self::cut`] will rename or
    /// replace lets that be done. Returns the folders that will be written into, some of them
    /// several times.
    ///
    /// # Errors
    /// Returns an error that names what prevents it.
    pub(super) fn check(&self, dir: &Path, cuts_metrics: bool) -> Result<Vec<PathBuf>, RunError> {
        let mut folders = Vec::new();
        for path in &self.damaged {
            paths::damaged(path)?;
            check_movable(path)?;
        }
        if self.restart.is_some() {
            check_restart(dir, &mut folders)?;
        } else {
            self.check_frames(dir, &mut folders)?;
            let aside = self.aside(dir, paths::METRICS);
            metrics::last_row_of(&aside)?;
            if cuts_metrics {
                check_writable(&aside, &mut folders)?;
                check_writable(&dir.join(paths::METRICS), &mut folders)?;
            }
            check_writable(&dir.join(paths::EVENTS), &mut folders)?;
            if self.extends {
                check_movable(&paths::best_on_schedule(dir))?;
                check_movable(&paths::best(dir))?;
            }
        }
        for path in [paths::PRESET, paths::MANIFEST].map(|name| dir.join(name)) {
            if !self.damaged.contains(&path) {
                check_writable(&path, &mut folders)?;
            }
        }
        Ok(folders)
    }

    /// Checks that the frames that are cut can be moved to where they go.
    fn check_frames(&self, dir: &Path, folders: &mut Vec<PathBuf>) -> Result<(), RunError> {
        let aside = self.aside(dir, paths::FRAMES);
        let is_there = match files::metadata(&aside).map_err(RunError::io("read", &aside))? {
            Some(found) if !found.is_dir() => {
                let (expected, found) = ("a folder, or nothing".into(), "something else".into());
                return Err(RunError::Mismatch { path: aside, expected, found });
            }
            found => found.is_some(),
        };
        let frames = self.frames(dir)?;
        if is_there && !frames.is_empty() {
            folders.push(aside.clone());
        }
        for frame in &frames {
            // What is no picture's file is not the run's to move, and one that is may have to be
            // copied.
            files::open(frame).map_err(RunError::io("read", frame))?;
            check_movable(frame)?;
            if let Some(name) = frame.file_name()
                && is_there
            {
                let to = aside.join(name);
                files::open(&to).map_err(RunError::io("read", &to))?;
                check_movable(&to)?;
            }
        }
        Ok(())
    }

    /// Where what is cut goes.
    fn aside(&self, dir: &Path, name: &str) -> PathBuf {
        paths::before(dir, name, self.iteration)
    }

    /// The frames that are cut.
    fn frames(&self, dir: &Path) -> Result<Vec<PathBuf>, RunError> {
        let frames = paths::iterations(&dir.join(paths::FRAMES), "png")?.into_iter();
        Ok(frames
            .filter(|&frame| frame > self.iteration || !self.from_checkpoint)
            .map(|frame| paths::frame(dir, frame))
            .collect())
    }

    /// The iteration that training continues after.
    pub(super) fn iteration(&self) -> u64 {
        self.iteration
    }

    /// Makes room for the files that say what the run is, and for checkpoints.
    ///
    /// # Errors
    /// Returns an error if a file cannot be moved, or if a newer checkpoint has appeared since they
    /// were looked at.
    pub(super) fn set_aside_replaced(&mut self, dir: &Path) -> Result<(), RunError> {
        if self.restart.is_none() {
            self.check_newest(dir)?;
        }
        while let Some(path) = self.damaged.last() {
            let to = paths::damaged(path)?;
            match fs::rename(path, &to) {
                // A try before this one has done it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                moved => moved.map_err(RunError::io("rename", path))?,
            }
            self.damaged.pop();
        }
        if let Some(aside) = &self.restart {
            set_aside_all(dir, aside)?;
            self.restart = None;
        }
        Ok(())
    }

    fn check_newest(&self, dir: &Path) -> Result<(), RunError> {
        let checkpoints = paths::iterations(&dir.join(paths::CHECKPOINTS), "safetensors")?;
        let newer = checkpoints
            .into_iter()
            .filter(|&checkpoint| checkpoint > self.iteration || !self.from_checkpoint);
        match newer
            .map(|checkpoint| paths::checkpoint(dir, checkpoint))
            .find(|path| !self.damaged.contains(path))
        {
            Some(path) => Err(RunError::Mismatch {
                path,
                expected: format!(
                    "no checkpoint after iteration {}, as when the run was checked",
                    self.iteration
                ),
                found: "one that was not there".into(),
            }),
            None => Ok(()),
        }
    }

    /// Cuts metrics and frames back.
    ///
    /// # Errors
    /// Returns an error if something cannot be read, written or moved.
    pub(super) fn cut(&self, dir: &Path) -> Result<(), RunError> {
        let aside = self.aside(dir, paths::METRICS);
        metrics::truncate(dir, self.iteration, self.final_score, &aside)?;
        // It holds nothing that metrics and frames do not hold, so none of it is put aside.
        let checkpoint = self.from_checkpoint.then_some(self.iteration);
        event_file::copy_cut(dir, dir, checkpoint, self.final_score)?;
        if self.extends {
            restore_best(dir, self.final_score)?;
        }
        let cut = self.frames(dir)?;
        if !cut.is_empty() {
            let aside = self.aside(dir, paths::FRAMES);
            files::create_folders(&aside).map_err(RunError::io("create", &aside))?;
            for path in cut {
                move_into(&path, &aside)?;
            }
        }
        Ok(())
    }
}

/// Keeps the networks that have scored best on schedule, before those of the last iteration take
/// their place.
///
/// # Errors
/// Returns an error if they cannot be copied.
pub(super) fn keep_best(dir: &Path) -> Result<(), RunError> {
    let (best, kept) = (paths::best(dir), paths::best_on_schedule(dir));
    // A try before this one may have got as far as that.
    if files::exists(&kept).map_err(RunError::io("read", &kept))? {
        return Ok(());
    }
    match files::read(&best, u64::MAX).map_err(RunError::io("read", &best))? {
        Some(bytes) => files::atomic::write(&kept, &bytes).map_err(RunError::io("write", &kept)),
        None => Ok(()),
    }
}

/// Undoes [`keep_best`], and what came after it. Without networks that had scored before, those of
/// the last iteration are removed.
fn restore_best(dir: &Path, final_score: Option<u64>) -> Result<(), RunError> {
    let (best, kept) = (paths::best(dir), paths::best_on_schedule(dir));
    if files::exists(&kept).map_err(RunError::io("read", &kept))? {
        return fs::rename(&kept, &best).map_err(RunError::io("rename", &kept));
    }
    if final_score.is_none() || !files::exists(&best).map_err(RunError::io("read", &best))? {
        return Ok(());
    }
    match checkpoint::load(&best) {
        Ok(found) if Some(found.iteration) == final_score => {
            files::remove(&best).map_err(RunError::io("remove", &best))
        }
        Err(error) if error.is_storage() => Err(error),
        _ => Ok(()),
    }
}

/// Checks that all that a run has recorded can be moved into a folder of its own.
fn check_restart(dir: &Path, folders: &mut Vec<PathBuf>) -> Result<(), RunError> {
    for folder in [paths::FRAMES, paths::CHECKPOINTS].map(|name| dir.join(name)) {
        for entry in
            files::entries(&folder).map_err(RunError::io("read", &folder))?.unwrap_or_default()
        {
            let path = entry.path();
            check_movable(&path)?;
            let is_folder = entry.file_type().map_err(RunError::io("read", &path))?.is_dir();
            if !is_folder && is_on_another_disk(&folder, dir)? {
                files::open(&path).map_err(RunError::io("read", &path))?;
            }
        }
    }
    for path in set_aside(dir)? {
        check_movable(&path)?;
        // A folder that gets another parent must itself be writable.
        if files::is_folder(&path).map_err(RunError::io("read", &path))? {
            folders.push(path);
        }
    }
    for path in [paths::CHANGES, paths::METRICS, paths::EVENTS].map(|name| dir.join(name)) {
        check_movable(&path)?;
    }
    Ok(())
}

fn is_on_another_disk(folder: &Path, dir: &Path) -> Result<bool, RunError> {
    let device = |path: &Path| {
        fs::metadata(path).map(|found| found.dev()).map_err(RunError::io("read", path))
    };
    Ok(device(folder)? != device(dir)?)
}

fn check_movable(path: &Path) -> Result<(), RunError> {
    files::check_replaceable(path).map_err(RunError::io("rename", path))
}

/// Checks that a file can be rewritten where it is, which is elsewhere if it is a link.
fn check_writable(path: &Path, folders: &mut Vec<PathBuf>) -> Result<(), RunError> {
    if !files::exists(path).map_err(RunError::io("read", path))? {
        return Ok(());
    }
    let whole = fs::canonicalize(path).map_err(RunError::io("read", path))?;
    files::check_replaceable(&whole).map_err(RunError::io("write", path))?;
    folders.extend(whole.parent().map(Path::to_path_buf));
    Ok(())
}

/// Removes what was cut for this resumption and earlier ones.
///
/// # Errors
/// Returns an error if it cannot be listed or removed.
pub(super) fn remove_set_aside(dir: &Path) -> Result<(), RunError> {
    for path in set_aside(dir)? {
        if !files::is_folder(&path).map_err(RunError::io("read", &path))? {
            files::remove(&path).map_err(RunError::io("remove", &path))?;
            continue;
        }
        for frame in paths::iterations(&path, "png")? {
            let frame = paths::frame_in(&path, frame);
            files::remove(&frame).map_err(RunError::io("remove", &frame))?;
        }
        // It stays if there is something else in it.
        let _ = fs::remove_dir(&path);
    }
    Ok(())
}

/// What was cut and is still there.
///
/// # Errors
/// Returns an error if it cannot be listed.
pub(super) fn set_aside(dir: &Path) -> Result<Vec<PathBuf>, RunError> {
    let entries = files::entries(dir).map_err(RunError::io("read", dir))?.unwrap_or_default();
    Ok(entries.iter().filter(|entry| paths::is_cut(entry)).map(|entry| entry.path()).collect())
}

/// Moves all that a run has recorded into a folder of its own. The lock and the log are the running
/// process's, exports a person's.
fn set_aside_all(dir: &Path, aside: &Path) -> Result<(), RunError> {
    files::create_folders(aside).map_err(RunError::io("create", aside))?;
    for path in set_aside(dir)? {
        move_into(&path, aside)?;
    }
    for folder in [paths::FRAMES, paths::CHECKPOINTS] {
        let (from, to) = (dir.join(folder), aside.join(folder));
        let entries =
            files::entries(&from).map_err(RunError::io("read", &from))?.unwrap_or_default();
        if !entries.is_empty() {
            files::create_folders(&to).map_err(RunError::io("create", &to))?;
        }
        for entry in entries {
            // Folders in it are not the run's.
            let is_folder =
                entry.file_type().map_err(RunError::io("read", &entry.path()))?.is_dir();
            if !is_folder {
                move_into(&entry.path(), &to)?;
            }
        }
    }
    for name in [paths::CHANGES, paths::METRICS, paths::EVENTS] {
        let path = dir.join(name);
        if files::exists(&path).map_err(RunError::io("read", &path))? {
            move_into(&path, aside)?;
        }
    }
    // What says that there is a run stays until others take its place: a process killed before
    // leaves a run that has lost its checkpoints, as it was.
    for name in [paths::MANIFEST, paths::PRESET] {
        let (path, to) = (dir.join(name), aside.join(name));
        if let Some(bytes) = files::read(&path, u64::MAX).map_err(RunError::io("read", &path))? {
            files::atomic::write(&to, &bytes).map_err(RunError::io("write", &to))?;
        }
    }
    Ok(())
}

/// Moves a file or folder into a folder, which may be on another disk where a folder of the run is
/// a link.
fn move_into(path: &Path, folder: &Path) -> Result<(), RunError> {
    let Some(name) = path.file_name() else { return Ok(()) };
    let to = folder.join(name);
    match fs::rename(path, &to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            let bytes =
                files::read(path, u64::MAX).and_then(|bytes| bytes.ok_or_else(files::not_found));
            let bytes = bytes.map_err(RunError::io("read", path))?;
            files::atomic::write(&to, &bytes).map_err(RunError::io("write", &to))?;
            fs::remove_file(path).map_err(RunError::io("remove", path))
        }
        // A try before this one has done it.
        Err(error)
            if error.kind() == io::ErrorKind::NotFound && files::exists(&to).unwrap_or(false) =>
        {
            Ok(())
        }
        moved => moved.map_err(RunError::io("rename", path)),
    }
}
