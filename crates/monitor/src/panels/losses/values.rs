//! Names, values and scales of the metrics, in every size they are drawn in.

use crate::{
    state::{app::App, history::Window, number},
    theme::Role,
};
use gan_tui_core::event::{Chart, Series, Unit};

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Is put at the end of its line in a chart.
    pub mark: char,
    pub role: Role,
}

/// How the known series are drawn.
const STYLES: [(Series, Style); 5] = [
    (Series::D_LOSS, Style { mark: 'D', role: Role::Discriminator }),
    (Series::G_LOSS, Style { mark: 'G', role: Role::Generator }),
    (Series::D_ACCURACY, Style { mark: 'a', role: Role::Accuracy }),
    (Series::D_REAL, Style { mark: 'x', role: Role::Real }),
    (Series::D_FAKE, Style { mark: 'z', role: Role::Fake }),
];

/// Returns every series that is on a chart: those of every GAN, and those that the run reports
/// beyond them.
pub fn all(app: &App) -> Vec<Series> {
    [Chart::Losses, Chart::Discriminator, Chart::Other]
        .into_iter()
        .flat_map(|chart| on_chart(app, chart))
        .collect()
}

/// Returns the series of one chart.
pub fn on_chart(app: &App, chart: Chart) -> Vec<Series> {
    let known: Vec<Series> = Series::known().collect();
    let others = app.run.history.series().iter().filter(|series| !known.contains(series));
    known.iter().chain(others).copied().filter(|series| series.chart() == chart).collect()
}

/// Returns how a series is drawn: those that are not known have numbers for marks, and take the
/// colours in turn.
pub fn style(app: &App, series: Series) -> Style {
    if let Some((_, style)) = STYLES.iter().find(|(known, _)| *known == series) {
        return *style;
    }
    let others = on_chart(app, series.chart());
    let place = others.iter().position(|other| *other == series).unwrap_or(0);
    let mark = char::from_digit((place as u32 + 1) % 36, 36).unwrap_or('*');
    Style { mark, role: STYLES[place % STYLES.len()].1.role }
}

/// Returns the present value of a series in words.
pub fn present(app: &App, series: Series) -> String {
    in_words(series, app.run.history.latest().and_then(|metrics| metrics.get(series)))
}

/// Returns a value of a series in words.
pub fn in_words(series: Series, value: Option<f32>) -> String {
    match value {
        None => "-".into(),
        Some(share) if series == Series::D_ACCURACY => number::percent(share),
        Some(value) => number::value(value),
    }
}

/// Returns whether values of a series lie between 0 and 1.
pub fn is_fraction(series: Series) -> bool {
    series.unit() == Unit::Fraction
}

/// Returns the iteration at the cursor: `at 1,199`.
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

/// Returns the means of a series over the window in `width` columns, smoothed if that is switched
/// on.
pub fn means(app: &App, series: Series, width: u16) -> Vec<Option<f32>> {
    let stats = app.run.history.columns(series, app.look.window, usize::from(width));
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
pub fn scale(app: &App, series: Series, values: &[Option<f32>]) -> (f32, f32) {
    let known = || values.iter().flatten().copied();
    match is_fraction(series) {
        true => (0.0, 1.0),
        false if app.look.chart.log => {
            let (low, high) = (
                known().filter(|value| *value > 0.0).fold(f32::MAX, f32::min),
                known().fold(0.0, f32::max),
            );
            // The lowest is a little above the bottom.
            if low < high { (low / 1.1, high) } else { (0.0, high) }
        }
        false => (known().fold(0.0, f32::min), known().fold(0.0, f32::max)),
    }
}

/// Returns which of `count` columns is at a share of the width.
pub fn at(share: f64, count: usize) -> usize {
    (share * count.saturating_sub(1) as f64).round() as usize
}
