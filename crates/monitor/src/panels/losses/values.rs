//! Names, values and scales of the metrics, in every size they are drawn in.

use crate::{
    state::{
        app::App,
        history::{Channel, Window},
        number,
    },
    theme::Role,
};

/// A channel's name and the part its colour plays.
pub fn name(channel: Channel) -> (&'static str, Role) {
    match channel {
        Channel::DiscriminatorLoss => ("discriminator loss", Role::Discriminator),
        Channel::GeneratorLoss => ("generator loss", Role::Generator),
        Channel::Accuracy => ("accuracy", Role::Accuracy),
        Channel::Real => ("D(x)", Role::Real),
        Channel::Fake => ("D(G(z))", Role::Fake),
    }
}

/// A channel's present value in words.
pub fn present(app: &App, channel: Channel) -> String {
    said(channel, app.run.history.latest().map(|metrics| channel.of(metrics)))
}

/// A channel's value in words.
pub fn said(channel: Channel, value: Option<f32>) -> String {
    match value {
        None => "-".into(),
        Some(share) if channel == Channel::Accuracy => number::percent(share),
        Some(value) => number::value(value),
    }
}

/// Which iteration the cursor stands at: `at 1,199`.
pub fn cursor_place(app: &App) -> String {
    match (app.look.chart.cursor, app.run.history.span(app.look.window)) {
        (Some(share), Some((first, last))) => {
            format!("at {}", number::count(first + ((last - first) as f64 * share).round() as u64))
        }
        _ => String::new(),
    }
}

/// How the losses are drawn, as far as it is not the usual way, and over sparklines where the
/// cursor is.
pub fn aside(app: &App, has_legend: bool) -> String {
    let mut words = Vec::new();
    if !has_legend && app.look.chart.cursor.is_some() {
        words.push(cursor_place(app));
    }
    if let Window::Last(count) = app.look.window {
        words.push(format!("last {}", number::count(count)));
    }
    if app.look.chart.log {
        words.push("log".into());
    }
    if app.look.chart.smoothing() > 1 {
        words.push(format!("smoothed {}", app.look.chart.smoothing()));
    }
    words.join(", ")
}

/// The run, or its end, in `width` means, smoothed as far as that is wanted.
pub fn means(app: &App, channel: Channel, width: u16) -> Vec<Option<f32>> {
    let stats = app.run.history.columns(channel, app.look.window, usize::from(width));
    let means: Vec<Option<f32>> = stats.iter().map(|stat| stat.map(|stat| stat.mean())).collect();
    smoothed(&means, app.look.chart.smoothing())
}

/// Means over `width` neighbours.
pub fn smoothed(values: &[Option<f32>], width: usize) -> Vec<Option<f32>> {
    if width <= 1 {
        return values.to_vec();
    }
    let around = |at: usize| {
        let near = values[at.saturating_sub(width / 2)..(at + width / 2 + 1).min(values.len())]
            .iter()
            .flatten();
        let (sum, count) =
            near.fold((0.0f32, 0u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / count as f32)
    };
    (0..values.len()).map(around).collect()
}

/// Shares between 0 and 1; losses from 0, or the lowest shown where that is below, to the highest;
/// by the logarithm from the lowest above 0.
pub fn scale(app: &App, channel: Channel, values: &[Option<f32>]) -> (f32, f32) {
    let known = || values.iter().flatten().copied();
    match channel.is_share() {
        true => (0.0, 1.0),
        false if app.look.chart.log => {
            let (low, high) = (
                known().filter(|value| *value > 0.0).fold(f32::MAX, f32::min),
                known().fold(0.0, f32::max),
            );
            // The lowest stands a little above the ground.
            if low < high { (low / 1.1, high) } else { (0.0, high) }
        }
        false => (known().fold(0.0, f32::min), known().fold(0.0, f32::max)),
    }
}

/// Which of `count` columns stands at a share of the width.
pub fn at(share: f64, count: usize) -> usize {
    (share * count.saturating_sub(1) as f64).round() as usize
}
