//! `--json`: what came of a run, as one line that a program reads.

use std::path::Path;

use serde::{Serialize, Serializer};

use crate::cli::output;
use gan_tui_core::event::{Metrics, Outcome, RunState, Score, Series};
use gan_tui_store::run::{Run, paths};

/// What came of a run.
#[derive(Serialize)]
struct RunResult {
    /// The run directory.
    run: String,
    /// `finished`, `stopped` or `failed`.
    state: &'static str,
    /// Why, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The last iteration.
    iteration: u64,
    /// Every series of the last iteration.
    losses: Losses,
    scores: Scores,
    /// Training time.
    seconds: f64,
}

/// Series by name.
struct Losses(Vec<(Series, f32)>);

impl Serialize for Losses {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(series, value)| (series.name(), value)))
    }
}

/// The scores of a run, if it was scored.
#[derive(Serialize)]
struct Scores {
    last: Option<ScoreOf>,
    best: Option<ScoreOf>,
}

/// A score, and the distance in it by which runs are compared.
#[derive(Clone, Serialize)]
struct ScoreOf {
    iteration: u64,
    distance: f32,
    #[serde(flatten)]
    score: Score,
}

/// Prints what came of the run in a directory; nothing if it never began, which its error says.
///
/// # Errors
/// Returns an error if the run cannot be read, or standard output not be written.
pub fn print(dir: &Path) -> anyhow::Result<()> {
    if !paths::is_run(dir)? {
        return Ok(());
    }
    let run = Run::at(dir)?;
    output::print(format!("{}\n", serde_json::to_string(&RunResult::of(&run))?))
}

impl RunResult {
    fn of(run: &Run) -> Self {
        let rows = run.metrics();
        let last = rows.last();
        let reason = match run.state() {
            RunState::Ended(Outcome::Failed(reason)) => Some(reason.clone()),
            _ => None,
        };
        let values = last.map(Metrics::values).unwrap_or_default();
        Self {
            run: run.dir().to_string_lossy().into_owned(),
            state: run.state().name(),
            reason,
            iteration: run.last_iteration(),
            losses: Losses(values.to_vec()),
            scores: Scores::of(rows),
            seconds: last.map_or(0.0, |row| row.elapsed_s),
        }
    }
}

impl Scores {
    fn of(rows: &[Metrics]) -> Self {
        let scored = || {
            rows.iter().filter_map(|row| {
                let score = **row.score.as_ref()?;
                Some(ScoreOf { iteration: row.iteration, distance: score.distance(), score })
            })
        };
        let finite = scored().filter(|of| of.distance.is_finite());
        // The first of equal ones: its networks are those that were kept.
        let best = finite.reduce(|best, of| if of.distance < best.distance { of } else { best });
        Self { last: scored().next_back(), best }
    }
}
