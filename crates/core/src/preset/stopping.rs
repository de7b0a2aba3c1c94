//! When a run ends before its last iteration: at a score or a loss, or when scores get no better.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Preset, error::PresetError, value::Unranged};
use crate::{
    event::{Metrics, Series},
    range::FloatRange,
};

/// A score or a loss at which a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum StopAt {
    /// The run does all its iterations.
    #[default]
    Never,
    /// A distance from real images of at most this.
    Score(#[serde(deserialize_with = "read_score")] f32),
    /// A discriminator loss of at most this in an iteration.
    DiscriminatorLoss(#[serde(deserialize_with = "read_loss")] f32),
    /// A generator loss of at most this in an iteration.
    GeneratorLoss(#[serde(deserialize_with = "read_loss")] f32),
}

const SCORES: FloatRange = FloatRange::above(0.0).up_to(1e6);
const LOSSES: FloatRange = FloatRange::from(-1e6).up_to(1e6);

fn read_score<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    SCORES.read("Score", from)
}

fn read_loss<'de, D: Deserializer<'de>>(from: D) -> Result<f32, D::Error> {
    LOSSES.read("the loss", from)
}

impl Unranged for StopAt {
    fn alternatives() -> Vec<String> {
        ["Never", "Score(number)", "DiscriminatorLoss(number)", "GeneratorLoss(number)"]
            .map(String::from)
            .into()
    }

    fn to_ron(&self) -> String {
        match self {
            Self::Never => "Never".into(),
            Self::Score(score) => format!("Score({score:?})"),
            Self::DiscriminatorLoss(loss) => format!("DiscriminatorLoss({loss:?})"),
            Self::GeneratorLoss(loss) => format!("GeneratorLoss({loss:?})"),
        }
    }

    fn check(&self, field: &str) -> Result<(), PresetError> {
        let (good, range) = match self {
            Self::Never => return Ok(()),
            Self::Score(score) => (SCORES.accepts(*score), SCORES),
            Self::DiscriminatorLoss(loss) | Self::GeneratorLoss(loss) => {
                (LOSSES.accepts(*loss), LOSSES)
            }
        };
        PresetError::unless(good, field, range, self.to_ron())
    }
}

/// Whether a run is to end, by the metrics of its iterations. It is a function of these alone, so
/// that a resumed run ends where it would have ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EarlyStop {
    at: StopAt,
    /// Scores without a better one after which the run ends; 0 is never.
    patience: u64,
    best: Option<f32>,
    /// The iteration of the best score.
    best_at: u64,
    since_best: u64,
    reason: Option<String>,
}

impl EarlyStop {
    /// Returns the rule of a preset, before the first iteration.
    pub fn of(preset: &Preset) -> Self {
        Self { at: preset.stop_at, patience: preset.patience, ..Self::default() }
    }

    /// Returns whether it can only be decided by scores.
    pub fn needs_scores(&self) -> bool {
        self.patience > 0 || matches!(self.at, StopAt::Score(_))
    }

    /// Returns whether a loss of this iteration ends the run, which a score cannot change.
    pub fn is_met_by_losses(&self, metrics: &Metrics) -> bool {
        self.loss(metrics).is_some()
    }

    fn loss(&self, metrics: &Metrics) -> Option<String> {
        let (series, most) = match self.at {
            StopAt::DiscriminatorLoss(most) => (Series::D_LOSS, most),
            StopAt::GeneratorLoss(most) => (Series::G_LOSS, most),
            StopAt::Never | StopAt::Score(_) => return None,
        };
        let loss = metrics.get(series).filter(|loss| *loss <= most)?;
        let (label, iteration) = (series.label(), metrics.iteration);
        Some(format!("{label} {loss:.4} at iteration {iteration}, stop_at is {most}"))
    }

    /// Takes the metrics of an iteration.
    pub fn observe(&mut self, metrics: &Metrics) {
        let by_score = metrics.score.as_ref().and_then(|score| {
            let (distance, iteration) = (score.distance(), metrics.iteration);
            if distance.is_finite() && self.best.is_none_or(|best| distance < best) {
                (self.best, self.best_at, self.since_best) = (Some(distance), iteration, 0);
            } else {
                self.since_best += 1;
            }
            match self.at {
                StopAt::Score(most) if distance <= most => Some(format!(
                    "distance {distance:.2} at iteration {iteration}, stop_at is {most}"
                )),
                _ if self.patience > 0 && self.since_best >= self.patience => Some(format!(
                    "{} scores without a better one than that of iteration {}, the patience",
                    self.since_best, self.best_at
                )),
                _ => None,
            }
        });
        self.reason = by_score.or_else(|| self.loss(metrics)).or(self.reason.take());
    }

    /// Returns why the run is to end, if it is.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::event::{Neighbours, PictureScore, Score};

    fn row(iteration: u64, distance: Option<f32>) -> Metrics {
        let neighbours = Neighbours { precision: 0.5, recall: 0.5, density: 0.5, coverage: 0.5 };
        let score = |sliced_wasserstein| {
            let real = neighbours;
            let score =
                PictureScore { samples: 9, sliced_wasserstein, floor: 1.0, neighbours, real };
            Box::new(Score::Pictures(score))
        };
        let losses = [(Series::D_LOSS, 0.5), (Series::G_LOSS, 4.0 - iteration as f32)];
        let mut row = Metrics::new(iteration, 1.0, 1.0).with(losses);
        row.score = distance.map(score);
        row
    }

    /// The iteration after which a run of these distances ends.
    fn end(stop_at: StopAt, patience: u64, distances: &[Option<f32>]) -> Option<u64> {
        let mut early = EarlyStop::of(&Preset { stop_at, patience, ..Preset::default() });
        (1..).zip(distances).find_map(|(iteration, &distance)| {
            early.observe(&row(iteration, distance));
            early.reason().map(|_| iteration)
        })
    }

    #[test]
    fn a_run_ends_at_its_score_its_loss_or_when_scores_get_no_better() {
        let scores = [9.0, 8.0, 8.0, f32::NAN, 7.5, 7.9, 8.9].map(Some);
        assert_eq!(end(StopAt::Never, 0, &scores), None);
        assert_eq!(end(StopAt::Score(7.9), 0, &scores), Some(5));
        assert_eq!(end(StopAt::Score(1.0), 0, &scores), None);
        assert_eq!(
            end(StopAt::Never, 2, &scores),
            Some(4),
            "neither an equal one nor NaN is better"
        );
        assert_eq!(end(StopAt::Never, 3, &scores), None);
        assert_eq!(end(StopAt::GeneratorLoss(1.0), 0, &[None; 7]), Some(3));
        assert_eq!(end(StopAt::DiscriminatorLoss(0.4), 0, &[None; 7]), None);
        let mut early = EarlyStop::of(&Preset { patience: 1, ..Preset::default() });
        (1..3).for_each(|iteration| early.observe(&row(iteration, Some(5.0))));
        early.observe(&row(3, None));
        let reason = "1 scores without a better one than that of iteration 1, the patience";
        assert_eq!(early.reason(), Some(reason), "it stays met");
    }

    #[test]
    fn what_a_run_ends_at_is_read_and_checked() {
        let read = |text: &str| {
            Preset::parse(&format!("(stop_at: {text})"), "x")
                .map(|preset| preset.stop_at)
                .map_err(|error| error.to_string())
        };
        for stop_at in [StopAt::Never, StopAt::Score(2.5), StopAt::GeneratorLoss(-1.0)] {
            assert_eq!(read(&stop_at.to_ron()), Ok(stop_at));
        }
        assert_eq!(
            read("Score(0)").unwrap_err(),
            "x:1:17: Score: expected a number above 0 and up to 1000000, found 0"
        );
        assert!(read("Scroe(1)").unwrap_err().contains("unknown value `Scroe`"));
        assert!(StopAt::Score(f32::NAN).check("stop_at").is_err());
        assert!(!Preset::default().recorded().contains("stop_at"));
    }
}
