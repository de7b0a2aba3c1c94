//! The frames of a run: which there are, some of them in memory, and which is shown.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use gan_tui_core::event::Frame;

/// Frames in memory at most, 50 KB each; the others are read from the run's files when they are
/// shown.
const KEPT: usize = 192;
/// Time between two frames of playing.
const BEAT: Duration = Duration::from_millis(120);

/// The frames of a run.
#[derive(Debug, Clone, Default)]
pub struct FrameTimeline {
    /// Every iteration that has a frame, rising.
    iterations: Vec<u64>,
    kept: BTreeMap<u64, Arc<Frame>>,
    /// Number of the frame shown; none is live, which is the newest.
    at: Option<usize>,
    /// When the next frame of playing is due.
    playing: Option<Duration>,
    /// The frame that is being read.
    reading: Option<u64>,
    /// One that could not be read.
    missing: Option<u64>,
}

impl FrameTimeline {
    /// Adds frames that the run's files have, in rising order; each is read when it is to be shown.
    pub fn recall(&mut self, iterations: &[u64]) {
        let last = self.iterations.last().copied();
        self.iterations.extend(
            iterations.iter().filter(|&&iteration| last.is_none_or(|last| iteration > last)),
        );
    }

    /// Shows the frame of an iteration, or the one before it.
    pub fn place(&mut self, iteration: u64) {
        let after = self.iterations.partition_point(|&found| found <= iteration);
        self.at = (after < self.iterations.len()).then(|| after.saturating_sub(1));
        self.missing = None;
    }

    /// Adds the next frame.
    pub fn push(&mut self, frame: Arc<Frame>) {
        if self.iterations.last().is_none_or(|&last| frame.iteration > last) {
            self.iterations.push(frame.iteration);
        }
        self.keep(frame);
    }

    /// Takes a frame that was read from a file, or word that it could not be.
    pub fn read(&mut self, iteration: u64, frame: Option<Arc<Frame>>) {
        if self.reading == Some(iteration) {
            self.reading = None;
        }
        match frame {
            Some(frame) => self.keep(frame),
            None => self.missing = Some(iteration),
        }
    }

    fn keep(&mut self, frame: Arc<Frame>) {
        self.kept.insert(frame.iteration, frame);
        if self.kept.len() <= KEPT {
            return;
        }
        let (shown, newest) = (self.wanted(), self.iterations.last().copied());
        let mut odd = false;
        self.kept.retain(|&iteration, _| {
            odd = !odd;
            odd || Some(iteration) == shown || Some(iteration) == newest
        });
    }

    /// The iteration to be shown.
    fn wanted(&self) -> Option<u64> {
        self.iterations.get(self.at?).copied()
    }

    /// Returns the frame to show: the one at the position, or until that is read, the nearest one
    /// before it in memory.
    pub fn shown(&self) -> Option<&Arc<Frame>> {
        let newest = || self.kept.last_key_value().map(|(_, frame)| frame);
        match self.wanted() {
            None => newest(),
            Some(wanted) => self
                .kept
                .range(..=wanted)
                .next_back()
                .map(|(_, frame)| frame)
                .or_else(|| self.kept.values().next()),
        }
    }

    /// Returns the frame that has to be read for the present position; each is requested once.
    pub fn request(&mut self) -> Option<u64> {
        let wanted = self
            .wanted()
            .filter(|wanted| !self.kept.contains_key(wanted) && self.missing != Some(*wanted))?;
        if self.reading.is_some() {
            return None;
        }
        self.reading = Some(wanted);
        Some(wanted)
    }

    /// Whether the newest frame is shown, and will be.
    pub fn is_live(&self) -> bool {
        self.at.is_none()
    }

    /// Whether it plays.
    pub fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Number of the frame shown, from 0, and how many there are.
    pub fn position(&self) -> (usize, usize) {
        let last = self.iterations.len().saturating_sub(1);
        (self.at.unwrap_or(last), self.iterations.len())
    }

    /// Returns the iterations of the first and the last frame.
    pub fn span(&self) -> Option<(u64, u64)> {
        Some((*self.iterations.first()?, *self.iterations.last()?))
    }

    /// Moves by this many frames, negative is back; past the end is live.
    pub fn go(&mut self, by: i64) {
        let (at, count) = self.position();
        self.playing = None;
        let to = (at as i64).saturating_add(by).max(0) as usize;
        self.at = (to + 1 < count).then_some(to);
        self.missing = None;
    }

    /// To the first frame.
    pub fn first(&mut self) {
        self.go(i64::MIN / 2);
    }

    /// Back to live.
    pub fn live(&mut self) {
        (self.at, self.playing) = (None, None);
    }

    /// To a share of the timeline, 0 to 1.
    pub fn seek(&mut self, share: f64) {
        let (at, count) = self.position();
        let to = (share.clamp(0.0, 1.0) * count.saturating_sub(1) as f64).round() as i64;
        self.go(to - at as i64);
    }

    /// Begins to play from where it is, from the start where it is live, or stops.
    pub fn toggle_play(&mut self, now: Duration) {
        if self.playing.take().is_some() || self.iterations.len() < 2 {
            return;
        }
        if self.at.is_none() {
            self.first();
        }
        self.playing = Some(now + BEAT);
    }

    /// When the next frame is due.
    pub fn due(&self) -> Option<Duration> {
        self.playing
    }

    /// Shows the next frame if it plays and the frame is due. Returns whether it did.
    pub fn tick(&mut self, now: Duration) -> bool {
        if self.playing.is_none_or(|due| now < due) {
            return false;
        }
        self.go(1);
        self.playing = (!self.is_live()).then(|| now + BEAT);
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use gan_tui_core::image::ImageBatch;

    fn frame(iteration: u64) -> Arc<Frame> {
        Arc::new(Frame { iteration, images: ImageBatch::grey(1, 1, vec![0]) })
    }

    fn timeline(count: u64) -> FrameTimeline {
        let mut timeline = FrameTimeline::default();
        (0..count).for_each(|number| timeline.push(frame(number * 20)));
        timeline
    }

    fn shown(timeline: &FrameTimeline) -> u64 {
        timeline.shown().unwrap().iteration
    }

    #[test]
    fn a_long_film_is_read_where_memory_does_not_have_it() {
        let mut timeline = timeline(5000);
        assert!(timeline.kept.len() <= KEPT);
        assert_eq!((shown(&timeline), timeline.request()), (99_980, None));
        let mut read = 0;
        for _ in 0..50 {
            timeline.go(-1);
            let wanted = timeline.wanted().unwrap();
            assert!(shown(&timeline) <= wanted);
            if let Some(iteration) = timeline.request() {
                assert_eq!((iteration, timeline.request()), (wanted, None), "asked once");
                timeline.read(iteration, Some(frame(iteration)));
                read += 1;
            }
            assert_eq!(shown(&timeline), wanted);
        }
        assert!(read > 10);
        timeline.first();
        timeline.go(1);
        let gone = timeline.request().unwrap();
        timeline.read(gone, None);
        assert_eq!(
            timeline.request(),
            None,
            "what cannot be read is not asked for again and again"
        );
        timeline.push(frame(200_000));
        assert_eq!(timeline.position(), (1, 5001), "going back is not disturbed by new frames");
        timeline.live();
        assert_eq!(shown(&timeline), 200_000);
    }

    #[test]
    fn playing_ends_live() {
        let mut timeline = timeline(4);
        timeline.toggle_play(Duration::ZERO);
        assert_eq!((shown(&timeline), timeline.tick(Duration::ZERO)), (0, false));
        let mut seen = vec![shown(&timeline)];
        for beat in 1..10 {
            if timeline.tick(BEAT * beat) {
                seen.push(shown(&timeline));
            }
        }
        assert_eq!(seen, [0, 20, 40, 60]);
        assert!(timeline.is_live() && !timeline.is_playing());
        timeline.seek(0.34);
        assert_eq!(shown(&timeline), 20);
        timeline.seek(7.0);
        assert!(timeline.is_live());
        let mut empty = FrameTimeline::default();
        empty.go(-3);
        empty.toggle_play(Duration::ZERO);
        empty.seek(0.5);
        assert!(empty.shown().is_none() && empty.is_live() && empty.request().is_none());
    }
}
