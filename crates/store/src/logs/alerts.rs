//! What a person should hear of a run that nobody looks at: a loss that has exploded, a generator
//! that has collapsed, a program that logs nothing any more.

use super::{LogRun, Picture};
use gan_tui_core::{image::ImageBatch, text::grouped};

/// Points of a track that are its present, and those that are its past at least.
const PRESENT: usize = 8;
const PAST: usize = 24;
/// A loss that is so many times its usual size, and at least so large, has exploded.
const TIMES: f64 = 50.0;
const LARGE: f64 = 20.0;
/// A program that has logged nothing for so many times its usual interval has stalled, but never
/// before so many seconds.
const SILENT: f64 = 10.0;
const PATIENCE: f64 = 30.0;

/// Samples whose pixels vary less, of 255, are nearly equal. MNIST's digits vary by 60.
pub const EQUAL: f32 = 15.0;
/// A generator that has made fewer steps draws nothing but grey.
pub const BEGUN: u64 = 200;

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AlertKind {
    Exploded,
    Collapsed,
    Stalled,
}

impl AlertKind {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exploded => "exploded",
            Self::Collapsed => "collapsed",
            Self::Stalled => "stalled",
        }
    }
}

/// Something that a person should hear of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub kind: AlertKind,
    /// In a line.
    pub reason: String,
}

/// Returns whether a tag is that of a loss.
fn is_loss(tag: &str) -> bool {
    let tag = tag.to_lowercase();
    tag.contains("loss") || tag.ends_with("/d") || tag.ends_with("/g")
}

/// Returns what is to be said of a run's losses.
pub fn of_losses(run: &LogRun) -> Option<Alert> {
    let losses = run.tags().filter(|tag| is_loss(tag));
    losses.into_iter().find_map(|tag| {
        let track = run.track(tag)?;
        let alert = |reason: String| Alert { kind: AlertKind::Exploded, reason };
        if let (Some(step), true) =
            (track.first_bad(), track.last().is_some_and(|(_, value)| !value.is_finite()))
        {
            let step = grouped(step);
            return Some(alert(format!("{tag} is no finite number since step {step}")));
        }
        let (recent, count) = track.recent(PRESENT)?;
        let usual = track.usual(PRESENT)?.abs();
        let has_past = count == PRESENT && track.is_longer_than(PRESENT + PAST);
        (has_past && recent.abs() > LARGE && recent.abs() > TIMES * usual.max(1e-6))
            .then(|| alert(format!("{tag} is {recent:.1}, where {usual:.2} was usual")))
    })
}

/// The mean over all pixels of the standard deviation over the pictures, 0 to 127.5: how much
/// samples differ from each other.
pub fn spread(images: &ImageBatch) -> f32 {
    let (count, pixels) = (images.len() as f32, images.shape().values());
    if count < 2.0 {
        return 0.0;
    }
    let (mut sums, mut squares) = (vec![0.0f32; pixels], vec![0.0f32; pixels]);
    for picture in images.pixels.chunks_exact(pixels) {
        for ((sum, square), &pixel) in sums.iter_mut().zip(&mut squares).zip(picture) {
            let pixel = f32::from(pixel);
            *sum += pixel;
            *square += pixel * pixel;
        }
    }
    let deviation =
        |(sum, square): (&f32, &f32)| (square / count - (sum / count).powi(2)).max(0.0).sqrt();
    sums.iter().zip(&squares).map(deviation).sum::<f32>() / pixels as f32
}

/// Returns what is to be said of the pictures of a step, if they are several.
pub fn of_pictures(pictures: &Picture, step: i64) -> Option<Alert> {
    let Picture::Many(images) = pictures else { return None };
    let spread = spread(images);
    (images.len() >= 4 && step >= BEGUN as i64 && spread < EQUAL).then(|| Alert {
        kind: AlertKind::Collapsed,
        reason: format!("samples are nearly identical: pixels vary by {spread:.1} of 255"),
    })
}

/// When news of a run came, to tell when there should have been some.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    /// Seconds of the newest news, by the clock of whoever reads.
    last: Option<f64>,
    /// The usual time between two: of the newest few, the longest but one.
    intervals: Vec<f64>,
}

impl Pulse {
    /// Notes that news came.
    pub fn beat(&mut self, now: f64) {
        if let Some(last) = self.last {
            if self.intervals.len() == 16 {
                self.intervals.remove(0);
            }
            self.intervals.push(now - last);
        }
        self.last = Some(now);
    }

    /// Returns for how long there was no news, where that is too long; `None` before anything is
    /// known of the usual.
    pub fn stalled(&self, now: f64) -> Option<Alert> {
        let mut known = self.intervals.clone();
        known.sort_by(f64::total_cmp);
        let usual = known.get(known.len().checked_sub(2)?).copied()?;
        let silent = now - self.last?;
        (silent > PATIENCE.max(SILENT * usual)).then(|| Alert {
            kind: AlertKind::Stalled,
            reason: format!("nothing new for {silent:.0} s, where {usual:.0} s were usual"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{Content, Entry, Item, Kind};

    fn run(values: impl Iterator<Item = f64>) -> LogRun {
        let mut run = LogRun::new("run".into(), "run".into(), Kind::Events, 10);
        for (step, value) in values.enumerate() {
            let (step, time) = (step as i64, step as f64);
            let content = Content::Number(value);
            let entry = Entry { tag: "loss/g".into(), step, time, source: 0, content };
            run.take(Item::Entry(entry));
        }
        run
    }

    #[test]
    fn a_loss_explodes_when_it_leaves_its_usual_size_or_is_no_number() {
        let usual = || (0..100).map(|step| 0.5 + 0.1 * f64::from(step % 7));
        assert_eq!(of_losses(&run(usual())), None);
        let far = of_losses(&run(usual().chain([900.0; 8])));
        assert_eq!(far.map(|alert| alert.kind), Some(AlertKind::Exploded));
        let nan = of_losses(&run(usual().chain([f64::NAN; 2])));
        let reason = nan.map(|alert| alert.reason);
        assert_eq!(reason.as_deref(), Some("loss/g is no finite number since step 100"));
        assert_eq!(of_losses(&run(usual().chain([f64::NAN, 0.5]))), None, "it has recovered");
        assert_eq!(of_losses(&run([1000.0; 20].into_iter())), None, "it was always so");
    }

    #[test]
    fn samples_that_are_nearly_identical_have_collapsed() {
        let batch = |differ: u8| {
            let pixels = (0..8u8).flat_map(|image| vec![100 + image * differ; 64]).collect();
            Picture::Many(ImageBatch::grey(8, 8, pixels))
        };
        assert_eq!(of_pictures(&batch(12), 500), None);
        let alert = of_pictures(&batch(2), 500).map(|alert| alert.kind);
        assert_eq!(alert, Some(AlertKind::Collapsed));
        assert_eq!(of_pictures(&batch(2), 100), None, "it has hardly begun");
    }

    #[test]
    fn a_run_stalls_after_ten_times_its_usual_interval() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.stalled(1e9), None);
        for beat in 0..10 {
            pulse.beat(f64::from(beat) * 5.0);
        }
        assert_eq!(pulse.stalled(45.0 + 49.0), None);
        let stalled = pulse.stalled(45.0 + 51.0).map(|alert| alert.reason);
        assert_eq!(stalled.as_deref(), Some("nothing new for 51 s, where 5 s were usual"));
        pulse.beat(100.0);
        assert_eq!(pulse.stalled(101.0), None);
    }
}
