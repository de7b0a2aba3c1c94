//! How a run is doing, in plain words with the reason.

use crate::{
    state::{history::History, number},
    theme::Role,
};
use gan_tui_core::{
    event::{Metrics, Series},
    preset::Objective,
};
pub use gan_tui_store::logs::alerts::{BEGUN, EQUAL, spread};

/// Iterations between two looks at the health of a run.
pub const EXAMINE: u64 = 25;
/// Iterations looked at.
pub const NEAR: usize = 200;
/// The discriminator is ahead where it is right so often.
const AHEAD: f32 = 0.85;
/// The discriminator has won where it is right so often, at so low a loss.
const ACCURACY: f32 = 0.99;
const LOST: f32 = 0.05;
/// A loss beyond this has exploded, where it has a scale: in cross-entropy, the probability of the
/// right answer is below 1e-8.
const EXPLODED: f32 = 20.0;
/// Losses that move by less have stopped.
pub const STILL: f32 = 1e-4;

/// Something that is known about a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// How good that is.
    pub role: Role,
    /// In a few words.
    pub title: String,
    pub reason: String,
}

impl Finding {
    fn new(role: Role, title: &str, reason: String) -> Self {
        Self { role, title: title.into(), reason }
    }

    /// Whether a person should look.
    pub fn is_trouble(&self) -> bool {
        matches!(self.role, Role::Warning | Role::Bad)
    }
}

/// What there is to say, the worst first; at least one thing once training has begun.
pub fn examine(history: &History, spread: Option<f32>, objective: Objective) -> Vec<Finding> {
    let recent = history.newest(NEAR);
    let Some(last) = recent.last() else { return Vec::new() };
    let spread = spread.filter(|_| last.iteration >= BEGUN);
    let findings: Vec<Finding> =
        [exploded(&recent, objective), won(&recent, objective), collapsed(spread), still(&recent)]
            .into_iter()
            .flatten()
            .collect();
    if !findings.is_empty() {
        return findings;
    }
    if recent.len() < NEAR {
        let reason = format!("judged from iteration {NEAR} on");
        return vec![Finding::new(Role::Faint, "too early to tell", reason)];
    }
    vec![balance(&recent, spread, objective, is_improving(history))]
}

/// Whether the newest score is the best.
fn is_improving(history: &History) -> bool {
    let (latest, best) = (history.scores().latest(), history.scores().best());
    latest.zip(best).is_some_and(|((latest, _), (best, _))| *latest == best)
}

/// What there is to say where nothing is wrong.
fn balance(
    recent: &[&Metrics],
    spread: Option<f32>,
    objective: Objective,
    is_improving: bool,
) -> Finding {
    let right = mean(recent, Series::D_ACCURACY);
    let accuracy = number::percent(right);
    let mut reason = if objective.accuracy_is_of_pairs() {
        format!("the real image scores higher in {accuracy} of the pairs")
    } else {
        format!("the discriminator is right about {accuracy}")
    };
    // A critic that is right is no trouble, however often.
    let is_ahead = objective.discriminator_loss_has_scale() && right >= AHEAD;
    if is_ahead {
        let limit = number::percent(ACCURACY);
        reason.push_str(&format!(" (trouble from {limit} on, if its loss is below {LOST})"));
    }
    if let Some(spread) = spread {
        reason.push_str(&format!("; samples differ (pixel spread {spread:.0}/255)"));
    }
    match (is_ahead, is_improving) {
        (false, _) => Finding::new(Role::Good, "in balance", reason),
        (true, true) => {
            Finding::new(Role::Good, "discriminator ahead, images still improving", reason)
        }
        (true, false) => Finding::new(Role::Accent, "discriminator ahead", reason),
    }
}

/// What is looked at, with the present value and from where on it is trouble: a line each.
pub fn rules(history: &History, spread: Option<f32>, objective: Objective) -> Vec<[String; 3]> {
    let recent = history.newest(NEAR);
    if recent.is_empty() {
        return Vec::new();
    }
    let right = mean(&recent, Series::D_ACCURACY);
    let loss = mean(&recent, Series::D_LOSS);
    let extreme = |series: Series| {
        let sizes = recent.iter().map(|metrics| metrics.value(series).abs());
        number::value(sizes.fold(0.0, f32::max))
    };
    let most = |has_scale: bool| {
        if has_scale { format!("above {EXPLODED}") } else { "not finite".into() }
    };
    let mut rules = Vec::new();
    if objective.discriminator_loss_has_scale() {
        let limit = format!("above {}, loss below {LOST}", number::percent(ACCURACY));
        let now = format!("{}, loss {}", number::percent(right), number::value(loss));
        rules.push(["discriminator accuracy".into(), now, limit]);
    }
    rules.push([
        "pixel spread of the samples".into(),
        spread.map_or_else(|| "-".into(), |spread| format!("{spread:.0}/255")),
        format!("below {EQUAL:.0}/255"),
    ]);
    rules.push([
        "largest discriminator loss".into(),
        extreme(Series::D_LOSS),
        most(objective.discriminator_loss_has_scale()),
    ]);
    rules.push([
        "largest generator loss".into(),
        extreme(Series::G_LOSS),
        most(objective.generator_loss_has_scale()),
    ]);
    let moved = range(&recent, Series::D_LOSS).max(range(&recent, Series::G_LOSS));
    rules.push(["range of the losses".into(), number::value(moved), format!("below {STILL}")]);
    rules
}

fn range(recent: &[&Metrics], series: Series) -> f32 {
    let values = || recent.iter().map(|metrics| metrics.value(series));
    values().fold(f32::MIN, f32::max) - values().fold(f32::MAX, f32::min)
}

fn mean(metrics: &[&Metrics], series: Series) -> f32 {
    metrics.iter().map(|metrics| metrics.value(series)).sum::<f32>() / metrics.len().max(1) as f32
}

fn won(recent: &[&Metrics], objective: Objective) -> Option<Finding> {
    // A critic's loss is the farther below zero the better it is; that ends the other's learning in
    // no way.
    if !objective.discriminator_loss_has_scale() {
        return None;
    }
    let (accuracy, loss) = (mean(recent, Series::D_ACCURACY), mean(recent, Series::D_LOSS));
    let count = recent.len();
    (count == NEAR && accuracy >= ACCURACY && loss < LOST).then(|| {
        let (accuracy, loss) = (number::percent(accuracy), number::value(loss));
        let reason = format!("accuracy {accuracy}, loss {loss} over {count} iterations");
        Finding::new(Role::Warning, "discriminator too strong", reason)
    })
}

fn collapsed(spread: Option<f32>) -> Option<Finding> {
    let spread = spread.filter(|spread| *spread < EQUAL)?;
    let reason = format!(
        "samples are nearly identical: pixels vary by {spread:.1} of 255 (mean standard \
         deviation), below {EQUAL:.0}"
    );
    Some(Finding::new(Role::Bad, "mode collapse", reason))
}

fn exploded(recent: &[&Metrics], objective: Objective) -> Option<Finding> {
    let losses = [
        (Series::D_LOSS, "discriminator", objective.discriminator_loss_has_scale()),
        (Series::G_LOSS, "generator", objective.generator_loss_has_scale()),
    ];
    losses.into_iter().find_map(|(series, name, has_scale)| {
        let most = if has_scale { EXPLODED } else { f32::MAX };
        let is_far = |value: f32| value.is_nan() || value.abs() > most;
        let far = recent.iter().rev().find(|metrics| metrics.get(series).is_some_and(is_far))?;
        let reason = format!(
            "the {name}'s loss was {} at iteration {}",
            number::value(far.value(series)),
            number::count(far.iteration)
        );
        Some(Finding::new(Role::Bad, "diverging loss", reason))
    })
}

fn still(recent: &[&Metrics]) -> Option<Finding> {
    let most = range(recent, Series::D_LOSS).max(range(recent, Series::G_LOSS));
    (recent.len() == NEAR && most < STILL).then(|| {
        let reason = format!("both changed by less than {STILL} over the last {NEAR} iterations");
        Finding::new(Role::Warning, "losses are stuck", reason)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fixture;
    use gan_tui_core::image::{ImageBatch, ImageShape};

    fn run(count: u64, spread: Option<f32>, change: impl Fn(&mut Metrics)) -> Vec<Finding> {
        let mut run = fixture::opened(fixture::MODERN).run;
        run.spread = spread;
        for iteration in 1..=count {
            let mut metrics = fixture::metrics(iteration);
            change(&mut metrics);
            run.history.push(&metrics);
        }
        examine(&run.history, run.spread, run.preset.objective)
    }

    fn titles(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.title.as_str()).collect()
    }

    #[test]
    fn every_state_has_its_words() {
        assert!(run(0, None, |_| ()).is_empty());
        assert_eq!(titles(&run(50, Some(0.0), |_| ())), ["too early to tell"]);
        let good = run(300, Some(60.0), |_| ());
        assert_eq!(titles(&good), ["in balance"]);
        assert!(
            !good[0].is_trouble() && good[0].reason.contains("pixel spread 60/255"),
            "{good:?}"
        );
        let ahead = run(300, Some(60.0), |metrics| metrics.set(Series::D_ACCURACY, 0.95));
        assert_eq!(titles(&ahead), ["discriminator ahead"]);
        assert!(ahead[0].reason.contains("about 95% (trouble from 99% on"), "{ahead:?}");
        let won = run(300, Some(60.0), |metrics| {
            metrics.set(Series::D_ACCURACY, 1.0);
            metrics.set(Series::D_LOSS, 0.002);
        });
        assert_eq!(titles(&won), ["discriminator too strong"]);
        assert!(won[0].reason.starts_with("accuracy 100%, loss 0.002 over 200 iterations"));
        let collapsed = run(300, Some(3.0), |_| ());
        assert_eq!(titles(&collapsed), ["mode collapse"]);
        assert!(collapsed[0].reason.contains("3.0 of 255 (mean standard deviation)"));
        let exploded = run(300, None, |metrics| {
            let value = if metrics.iteration == 290 { f32::NAN } else { 1.0 };
            metrics.set(Series::G_LOSS, value);
        });
        assert_eq!(exploded[0].reason, "the generator's loss was NaN at iteration 290");
        let still = run(300, None, |metrics| {
            metrics.set(Series::D_LOSS, 0.7);
            metrics.set(Series::G_LOSS, 0.7);
        });
        assert_eq!(titles(&still), ["losses are stuck"]);
    }

    #[test]
    fn a_critics_losses_are_no_trouble() {
        let findings = |objective, change: fn(&mut Metrics)| {
            let mut run = fixture::opened(fixture::MODERN).run;
            run.preset.objective = objective;
            for iteration in 1..=300 {
                let mut metrics = fixture::metrics(iteration);
                change(&mut metrics);
                run.history.push(&metrics);
            }
            examine(&run.history, run.spread, run.preset.objective)
        };
        let far = |metrics: &mut Metrics| {
            metrics.set(Series::D_ACCURACY, 1.0);
            metrics.set(Series::D_LOSS, -30.0 - metrics.iteration as f32);
            metrics.set(Series::G_LOSS, 40.0);
        };
        assert_eq!(titles(&findings(Objective::Wasserstein { clip: 0.01 }, far)), ["in balance"]);
        assert_eq!(titles(&findings(Objective::CrossEntropy, far))[0], "diverging loss");
        let infinite = |metrics: &mut Metrics| metrics.set(Series::G_LOSS, f32::INFINITY);
        assert_eq!(
            titles(&findings(Objective::Wasserstein { clip: 0.01 }, infinite))[0],
            "diverging loss"
        );
        let logits =
            |metrics: &mut Metrics| metrics.set(Series::G_LOSS, 25.0 + metrics.iteration as f32);
        assert_eq!(titles(&findings(Objective::Hinge, logits)), ["in balance"]);
        assert_eq!(
            titles(&findings(Objective::Hinge, |metrics| metrics.set(Series::D_LOSS, 25.0)))[0],
            "diverging loss"
        );
        assert!(findings(Objective::Relativistic, |_| ())[0].reason.contains("% of the pairs"));
    }

    #[test]
    fn spread_is_the_mean_deviation_of_a_pixel() {
        assert_eq!(spread(&ImageBatch::grey(2, 1, vec![0, 50, 100, 50])), 25.0);
        assert_eq!(spread(&ImageBatch::grey(2, 1, vec![9, 50])), 0.0);
        assert_eq!(spread(&ImageBatch::grey(1, 1, vec![7; 64])), 0.0);
        let rgb = ImageShape { height: 1, width: 1, channels: 3 };
        let colours = ImageBatch::new(rgb, vec![0, 9, 9, 100, 9, 9]);
        assert!((spread(&colours) - 50.0 / 3.0).abs() < 1e-4, "each channel counts by itself");
    }
}
