//! `run.json`: what a run is and how far it came.

use std::path::Path;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{RunError, paths};
use gan_tui_core::{
    event::{DatasetInfo, Outcome, RunState, Started, first_revision},
    files::atomic,
    preset::Preset,
};

/// The format of the run directory that this program writes; older ones are read, newer ones
/// refused.
pub const FORMAT_VERSION: u32 = 1;
/// No manifest of ours comes near this many bytes.
const MOST_BYTES: u64 = 1 << 20;

/// The content of `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format_version: u32,
    pub program_version: String,
    /// Name of the preset; the whole of it is in `preset.ron`.
    pub preset: String,
    pub model: String,
    pub seed: u64,
    /// How many the run was to have.
    pub iterations: u64,
    /// Known once the dataset is loaded.
    pub threads: Option<usize>,
    /// What decided the number of threads: an option, an environment variable, the machine.
    #[serde(default)]
    pub threads_from: Option<String>,
    /// Which kernels run: `avx512`, `avx2` or `portable`.
    pub kernel_path: Option<String>,
    /// The revision of their arithmetic; none in runs of before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_revision: Option<u32>,
    pub dataset: Option<DatasetInfo>,
    /// The classes that the networks are conditioned on, in the order of their labels; none if they
    /// are not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// RFC 3339, UTC.
    pub start_time: String,
    /// When the run ended, if it did.
    pub end_time: Option<String>,
    pub(super) state: RecordedState,
    /// Why it failed.
    pub(super) reason: Option<String>,
    /// The last iteration that was recorded when this was written: `metrics.jsonl` may have more.
    pub last_iteration: u64,
    /// The newest checkpoint.
    #[serde(default)]
    pub saved: Option<u64>,
    /// The checkpoint at which the run ended last, where that is not on schedule: it goes once a
    /// newer one is safe.
    #[serde(default)]
    pub interim: Option<u64>,
    /// The last iteration, where that was scored only because the run ended there: the score goes
    /// if the run is extended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_score: Option<u64>,
    /// The run that this one is a branch of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branched_from: Option<Origin>,
    /// Every time the run went on from a checkpoint.
    #[serde(default)]
    pub resumed: Vec<Resumption>,
}

/// [`Outcome`] as `run.json` has it, the reason in a field of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RecordedState {
    /// It has not ended; whether a process still works at it is told by the lock alone.
    Running,
    Finished,
    Stopped,
    Failed,
}

/// One time that a run went on, with what may differ from how it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// The iteration of the checkpoint.
    pub iteration: u64,
    pub time: String,
    pub program_version: String,
    pub threads: Option<usize>,
    #[serde(default)]
    pub threads_from: Option<String>,
    pub kernel_path: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_revision: Option<u32>,
    /// The iterations between two frames from here on, if that was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame_every: Option<u64>,
}

/// Where a branch comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The run directory, as it was then.
    pub run: String,
    /// The checkpoint.
    pub iteration: u64,
}

impl Manifest {
    /// That of a run which begins now.
    pub(super) fn new(preset: &Preset) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").into(),
            preset: preset.name.clone(),
            model: preset.model.name().into(),
            seed: preset.seed,
            iterations: preset.iterations,
            threads: None,
            threads_from: None,
            kernel_path: None,
            kernel_revision: None,
            dataset: None,
            classes: Vec::new(),
            start_time: now(),
            end_time: None,
            state: RecordedState::Running,
            reason: None,
            last_iteration: 0,
            saved: None,
            interim: None,
            final_score: None,
            branched_from: None,
            resumed: Vec::new(),
        }
    }

    /// The run goes on from a checkpoint.
    pub(super) fn resume(&mut self, preset: &Preset, iteration: u64) {
        self.format_version = FORMAT_VERSION;
        self.preset.clone_from(&preset.name);
        self.iterations = preset.iterations;
        self.state = RecordedState::Running;
        self.reason = None;
        self.end_time = None;
        self.last_iteration = iteration;
        self.resumed.push(Resumption {
            iteration,
            time: now(),
            program_version: env!("CARGO_PKG_VERSION").into(),
            threads: None,
            threads_from: None,
            kernel_path: None,
            kernel_revision: None,
            frame_every: None,
        });
    }

    /// Frames are recorded at another interval since the run was resumed last.
    pub(super) fn change_frame_every(&mut self, frame_every: u64) {
        if let Some(resumption) = self.resumed.last_mut() {
            resumption.frame_every = Some(frame_every);
        }
    }

    /// Returns the iteration at which the interval of the frames was changed last; 0 if it never
    /// was.
    pub(super) fn frames_changed_at(&self) -> u64 {
        let changes = self.resumed.iter().filter(|resumption| resumption.frame_every.is_some());
        changes.map(|resumption| resumption.iteration).max().unwrap_or(0)
    }

    /// Everything is loaded.
    pub(super) fn started(&mut self, started: &Started) {
        self.dataset = Some(started.dataset.clone());
        self.classes.clone_from(&started.classes);
        let (threads, threads_from) = match self.resumed.last_mut() {
            Some(part) => (&mut part.threads, &mut part.threads_from),
            None => (&mut self.threads, &mut self.threads_from),
        };
        *threads = Some(started.threads);
        *threads_from = started.threads_from.clone();
        let (kernels, revision) = match self.resumed.last_mut() {
            Some(part) => (&mut part.kernel_path, &mut part.kernel_revision),
            None => (&mut self.kernel_path, &mut self.kernel_revision),
        };
        *kernels = Some(started.kernels.clone());
        *revision = Some(started.kernel_revision);
    }

    /// How the run stands, if no process works at it.
    pub fn state(&self) -> RunState {
        match self.state {
            RecordedState::Running => RunState::Interrupted,
            RecordedState::Finished => RunState::Ended(Outcome::Finished),
            RecordedState::Stopped => RunState::Ended(Outcome::Stopped),
            RecordedState::Failed => {
                RunState::Ended(Outcome::Failed(self.reason.clone().unwrap_or_default()))
            }
        }
    }

    /// The run is over.
    pub(super) fn ended(&mut self, outcome: &Outcome) {
        (self.state, self.reason) = match outcome {
            Outcome::Finished => (RecordedState::Finished, None),
            Outcome::Stopped => (RecordedState::Stopped, None),
            Outcome::Failed(reason) => (RecordedState::Failed, Some(reason.clone())),
        };
        self.end_time = Some(now());
    }

    /// The last iteration that this says was saved, or was recorded when the run ended; `None`
    /// where it says nothing of either.
    pub(super) fn last_saved(&self) -> Option<u64> {
        let resumed = self.resumed.iter().map(|resumption| resumption.iteration);
        let branched = self.branched_from.iter().map(|origin| origin.iteration);
        let told = [self.last_iteration]
            .into_iter()
            .chain(resumed)
            .chain(branched)
            .filter(|&iteration| iteration > 0);
        self.saved.into_iter().chain(told).max()
    }

    /// The number of threads that computed last.
    pub fn last_threads(&self) -> Option<usize> {
        self.resumed.iter().rev().find_map(|resumption| resumption.threads).or(self.threads)
    }

    /// The kernels that ran last, and the revision of their arithmetic.
    pub fn last_kernels(&self) -> Option<(&str, u32)> {
        let first = (self.kernel_path.as_deref(), self.kernel_revision);
        let resumed = self.resumed.iter().rev();
        let all = resumed.map(|part| (part.kernel_path.as_deref(), part.kernel_revision));
        all.chain([first])
            .find_map(|(kernels, revision)| Some((kernels?, revision.unwrap_or(first_revision()))))
    }

    /// Reads `run.json` of a run directory.
    ///
    /// # Errors
    /// Returns an error if it is missing, no JSON, lacks a field, or of a newer format.
    pub fn read(dir: &Path) -> Result<Self, RunError> {
        let path = dir.join(paths::MANIFEST);
        let text = super::small_text(&path, MOST_BYTES)?;
        let version: ManifestVersion = serde_json::from_str(&text)
            .map_err(|error| RunError::damaged(&path, error.to_string()))?;
        if version.format_version > FORMAT_VERSION {
            let expected = format!("format_version up to {FORMAT_VERSION}");
            return Err(RunError::Mismatch {
                path,
                expected,
                found: format!("{}, written by a newer gan-tui", version.format_version),
            });
        }
        serde_json::from_str(&text).map_err(|error| RunError::damaged(&path, error.to_string()))
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), RunError> {
        let path = dir.join(paths::MANIFEST);
        let mut text = serde_json::to_vec_pretty(self)
            .map_err(|error| RunError::damaged(&path, error.to_string()))?;
        text.push(b'\n');
        atomic::write(&path, &text).map_err(RunError::io("write", &path))
    }
}

/// Read first, so that a newer format is named before its fields are missed.
#[derive(Deserialize)]
struct ManifestVersion {
    format_version: u32,
}

/// This moment to the second, RFC 3339, UTC.
pub(super) fn now() -> String {
    let now = OffsetDateTime::now_utc();
    now.replace_nanosecond(0).unwrap_or(now).format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::fs;

    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(&Preset::default());
        manifest.resume(&Preset::default(), 20);
        manifest.ended(&Outcome::Failed("d_loss is NaN".into()));
        manifest.write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        assert_eq!(
            (manifest.state, manifest.reason.as_deref()),
            (RecordedState::Failed, Some("d_loss is NaN"))
        );
    }

    #[test]
    fn a_manifest_saved_by_an_editor_on_windows_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(paths::MANIFEST);
        let manifest = Manifest::new(&Preset::default());
        manifest.write(folder.path()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest);
        fs::write(&path, text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>())
            .unwrap();
        let error = Manifest::read(folder.path()).unwrap_err();
        assert!(error.is_damage() && error.to_string().ends_with("found UTF-16 (big-endian)"));
    }

    #[test]
    fn times_are_rfc_3339_in_utc() {
        let now = now();
        assert!(
            OffsetDateTime::parse(&now, &Rfc3339).is_ok() && now.ends_with('Z') && now.len() == 20,
            "{now}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |text: &str| {
            fs::write(folder.path().join(paths::MANIFEST), text).unwrap();
            Manifest::read(folder.path()).unwrap_err().to_string()
        };
        assert!(refused("{\"format_version\": 1,").contains("run.json: EOF while parsing"));
        assert!(refused("{\"format_version\": 1}").contains("missing field `program_version`"));
        assert!(
            refused("{\"format_version\": 2}")
                .ends_with("expected format_version up to 1, found 2, written by a newer gan-tui")
        );
        assert!(refused("[]").contains("run.json: invalid length"));
    }
}
