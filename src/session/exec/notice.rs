//! What of a run's events is worth a command, and what the command is told.

use std::collections::VecDeque;

use gan_tui_core::{
    event::{Event, Metrics, Outcome, Series, Storage},
    preset::Preset,
};
use gan_tui_monitor::health;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The run has finished, or was stopped.
    End,
    /// The run could not continue.
    Failure,
    /// No score before was as good; the networks are saved.
    Best,
    /// The storage takes nothing, or the losses do not move; a watched run logs nothing any more.
    Stall,
    /// The samples are nearly identical.
    Collapse,
    /// A loss of a watched run is NaN, infinite, or far from its usual size.
    Explosion,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Failure => "failure",
            Self::Best => "best",
            Self::Stall => "stall",
            Self::Collapse => "collapse",
            Self::Explosion => "explosion",
        }
    }
}

/// What a command is told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    pub(super) kind: Kind,
    pub(super) iteration: u64,
    /// The distance of the last score, if there was one.
    pub(super) score: Option<f32>,
    /// `finished`, `stopped` or `failed` at the end.
    pub(super) outcome: Option<&'static str>,
    /// Why, in a line.
    pub(super) reason: Option<String>,
}

/// Looks at a run's events. What lasts is told once, when it begins.
pub(super) struct Notices {
    preset: Preset,
    iteration: u64,
    score: Option<f32>,
    /// The losses of the last iterations.
    losses: VecDeque<[f32; 2]>,
    is_stuck: bool,
    is_collapsed: bool,
    is_stalled: bool,
}

impl Notices {
    pub(super) fn new(preset: &Preset) -> Self {
        Self {
            preset: preset.clone(),
            iteration: 0,
            score: None,
            losses: VecDeque::with_capacity(health::NEAR),
            is_stuck: false,
            is_collapsed: false,
            is_stalled: false,
        }
    }

    /// Returns what is to be told after an event.
    pub(super) fn after(&mut self, event: &Event) -> Option<Notice> {
        match event {
            Event::Started(started) => {
                self.iteration = started.iteration;
                None
            }
            Event::Metrics(metrics) => self.metrics(metrics),
            Event::Frame(frame) => {
                let spread = health::spread(&frame.images);
                let is_now = frame.iteration >= health::BEGUN && spread < health::EQUAL;
                let was = std::mem::replace(&mut self.is_collapsed, is_now);
                let begins = is_now && !was;
                begins.then(|| {
                    let reason =
                        format!("samples are nearly identical: pixels vary by {spread:.1}");
                    self.notice(Kind::Collapse, Some(reason))
                })
            }
            Event::Best(_) => Some(self.notice(Kind::Best, None)),
            Event::Storage(Storage::Stalled(reason)) => {
                let begins = !std::mem::replace(&mut self.is_stalled, true);
                begins.then(|| self.notice(Kind::Stall, Some(reason.clone())))
            }
            Event::Storage(Storage::Recovered) => {
                self.is_stalled = false;
                None
            }
            Event::Ended(outcome) => {
                let (kind, reason) = match outcome {
                    Outcome::Failed(reason) => (Kind::Failure, Some(reason.clone())),
                    Outcome::Finished | Outcome::Stopped => (Kind::End, None),
                };
                let notice = self.notice(kind, reason);
                Some(Notice { outcome: Some(outcome.name()), ..notice })
            }
            _ => None,
        }
    }

    fn metrics(&mut self, metrics: &Metrics) -> Option<Notice> {
        self.iteration = metrics.iteration;
        self.score = metrics.score.as_ref().map(|score| score.distance()).or(self.score);
        if self.losses.len() == health::NEAR {
            self.losses.pop_front();
        }
        self.losses.push_back([Series::D_LOSS, Series::G_LOSS].map(|of| metrics.value(of)));
        // Looked at as often as a frame is, which is soon enough and costs nothing.
        if !metrics.iteration.is_multiple_of(self.preset.frame_every) {
            return None;
        }
        let is_now = self.losses.len() == health::NEAR && self.range() < health::STILL;
        let was = std::mem::replace(&mut self.is_stuck, is_now);
        let begins = is_now && !was;
        begins.then(|| {
            let reason = format!(
                "both losses changed by less than {} over the last {} iterations",
                health::STILL,
                health::NEAR
            );
            self.notice(Kind::Stall, Some(reason))
        })
    }

    /// The larger of the ranges of both losses.
    fn range(&self) -> f32 {
        let of = |network: usize| {
            let values = || self.losses.iter().map(|losses| losses[network]);
            values().fold(f32::MIN, f32::max) - values().fold(f32::MAX, f32::min)
        };
        of(0).max(of(1))
    }

    fn notice(&self, kind: Kind, reason: Option<String>) -> Notice {
        let (iteration, score) = (self.iteration, self.score);
        Notice { kind, iteration, score, outcome: None, reason }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gan_tui_core::{event::Frame, image::ImageBatch};

    use super::*;

    fn kinds(events: impl IntoIterator<Item = Event>) -> Vec<&'static str> {
        let mut notices = Notices::new(&Preset::default());
        events
            .into_iter()
            .filter_map(|event| notices.after(&event))
            .map(|notice| notice.kind.name())
            .collect()
    }

    fn row(iteration: u64, loss: f32) -> Event {
        let losses = [(Series::D_LOSS, loss), (Series::G_LOSS, loss)];
        Event::Metrics(Metrics::new(iteration, 1.0, 1.0).with(losses))
    }

    fn frame(iteration: u64, shade: u8) -> Event {
        let images = ImageBatch::grey(1, 1, vec![0, shade]);
        Event::Frame(Arc::new(Frame { iteration, images }))
    }

    #[test]
    fn what_lasts_is_told_once_and_again_when_it_comes_back() {
        let still = (1..=600).map(|iteration| row(iteration, 0.5));
        let moving = (601..=900).map(|iteration| row(iteration, iteration as f32));
        let again = (901..=1200).map(|iteration| row(iteration, 0.5));
        assert_eq!(kinds(still.chain(moving).chain(again)), ["stall", "stall"]);
        let frames = [(0, 0), (200, 0), (220, 1), (240, 200), (260, 0)];
        let frames = frames.map(|(iteration, shade)| frame(iteration, shade));
        assert_eq!(kinds(frames), ["collapse", "collapse"], "not before training has begun");
        let full = || Event::Storage(Storage::Stalled("full".into()));
        let storage = [full(), full(), Event::Storage(Storage::Recovered), full()];
        assert_eq!(kinds(storage), ["stall", "stall"]);
    }

    #[test]
    fn an_end_and_a_failure_are_told_apart() {
        let mut notices = Notices::new(&Preset::default());
        notices.after(&row(7, 0.5));
        let failed = notices.after(&Event::Ended(Outcome::Failed("disk gone".into())));
        let expected = Notice {
            kind: Kind::Failure,
            iteration: 7,
            score: None,
            outcome: Some("failed"),
            reason: Some("disk gone".into()),
        };
        assert_eq!(failed, Some(expected));
        assert_eq!(kinds([Event::Best(3), Event::Ended(Outcome::Stopped)]), ["best", "end"]);
    }
}
