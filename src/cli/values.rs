//! What the values of options may be, and what is said of others.

use gan_tui_core::range::IntRange;
use gan_tui_store::export::gif;

/// A screen that nobody can follow is of no use.
pub(super) const FPS: IntRange = IntRange::new(1..=60);

/// From a slow modem to more than any terminal reads.
pub(super) const RATE: IntRange = IntRange::new(1..=1_000_000);

/// A benchmark of an hour measures no better than one of a minute.
pub(super) const ITERATIONS: IntRange = IntRange::new(1..=100_000);

pub(super) const GIF_FPS: IntRange = IntRange::new(1..=gif::MOST_FPS as u64);
pub(super) const SCALE: IntRange = IntRange::new(1..=32);

/// What fits in memory; larger sets are drawn with several seeds.
pub const COUNT: IntRange = IntRange::new(1..=1_000_000);

/// Fewer say nothing about a distance between 64 features.
pub(super) const SCORED: IntRange = IntRange::new(100..=1_000_000);

/// Images from one latent to the next.
pub(super) const STEPS: IntRange = IntRange::new(2..=10_000);

/// More threads than any machine that this is for has cores.
pub(super) const THREADS: IntRange = IntRange::new(1..=1024);

pub(super) fn whole(rule: &IntRange, text: &str) -> Result<usize, String> {
    rule.parse(text).map(|value| value as usize)
}

pub(super) fn frequency(rule: &IntRange, text: &str) -> Result<u32, String> {
    rule.parse(text).map(|value| value as u32)
}

pub(super) fn bounded(text: &str, least: f32, most: f32) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}"))
}

pub(super) fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed: &f64| (0.01..=10_000.0).contains(speed));
    speed.ok_or_else(|| "expected a number from 0.01 to 10000".into())
}

pub(super) fn minutes(text: &str) -> Result<f64, String> {
    const YEAR: f64 = 525_600.0;
    let minutes = text.parse().ok().filter(|&minutes: &f64| minutes > 0.0 && minutes <= YEAR);
    minutes.ok_or_else(|| format!("expected a number above 0 and up to {YEAR}"))
}
