//! Names, values and lines of the metrics, in every size they are drawn in.

use std::ops::Range;

use ratatui::style::Color;

use super::super::{
    chart::{self, Across, Curve, Point, Scale},
    widgets::{stretch, symbols},
};
use crate::{
    state::{
        app::App,
        history::{Column, Stat, Window},
        number,
        panel::ChartLook,
        stretch::Axis,
    },
    terminal::capability::Script,
    theme::Role,
};
use gan_tui_core::event::{Chart as Group, Series, Unit};

/// Iterations that the figures beside a series' name are the mean of: a single batch's value jumps.
pub const RECENT: usize = 50;
/// A change from one such mean to the next is a trend if it is this share of the value.
const TREND: f32 = 0.02;

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Is put at the end of its line in a chart.
    pub mark: char,
    pub role: Role,
}

/// How the known series are drawn.
const STYLES: [(Series, Style); 6] = [
    (Series::D_LOSS, Style { mark: 'D', role: Role::Discriminator }),
    (Series::G_LOSS, Style { mark: 'G', role: Role::Generator }),
    (Series::D_ACCURACY, Style { mark: 'a', role: Role::Accuracy }),
    (Series::D_REAL, Style { mark: 'x', role: Role::Real }),
    (Series::D_FAKE, Style { mark: 'z', role: Role::Fake }),
    (Series::STEP_MS, Style { mark: 't', role: Role::Accent }),
];

/// Returns every series of the training that is on a chart: those of every GAN, and those that the run reports
/// beyond them.
pub fn all(app: &App) -> Vec<Series> {
    [Group::Losses, Group::Discriminator, Group::Other]
        .into_iter()
        .flat_map(|group| on_chart(app, group))
        .collect()
}

/// Returns the series of one chart.
pub fn on_chart(app: &App, group: Group) -> Vec<Series> {
    let known: Vec<Series> = Series::known().collect();
    let others = app.run.history.series().iter().filter(|series| !known.contains(series));
    known.iter().chain(others).copied().filter(|series| series.chart() == group).collect()
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

/// Returns the present value of a series in words, with a trend if there is one.
pub fn present(app: &App, series: Series) -> String {
    let history = &app.run.history;
    let now = history.recent_mean(series, RECENT, 0);
    let before = history.recent_mean(series, RECENT, RECENT);
    let (up, down) = symbols(app).trends;
    let trend = match now.zip(before) {
        Some((now, before)) if now - before > TREND * before.abs() => up,
        Some((now, before)) if before - now > TREND * before.abs() => down,
        _ => " ",
    };
    format!("{}{trend}", in_words(series, now)).trim_end().to_owned()
}

/// Returns a value of a series in words.
pub fn in_words(series: Series, value: Option<f32>) -> String {
    match value {
        None => "-".into(),
        Some(share) if series == Series::D_ACCURACY => number::percent(share),
        Some(value) => match series.unit() {
            Unit::Of(unit) => number::measured(value, unit),
            Unit::Number | Unit::Fraction => number::value(value),
        },
    }
}

/// Returns whether values of a series lie between 0 and 1.
pub fn is_fraction(series: Series) -> bool {
    series.unit() == Unit::Fraction
}

/// Returns the place of the cursor on the horizontal axis: `at 1,199`.
pub fn cursor_place(app: &App) -> String {
    match (app.look.chart.cursor, stretch(app)) {
        (Some(share), Some(stretch)) => format!("at {}", Across(stretch).text(stretch.at(share))),
        _ => String::new(),
    }
}

/// How the lines are drawn, as far as it is not the usual way, and over sparklines where the
/// cursor is.
pub fn aside(app: &App, has_legend: bool) -> String {
    let look = &app.look.chart;
    let mut words = Vec::new();
    if !has_legend && look.cursor.is_some() {
        words.push(cursor_place(app));
    }
    let known = app.run.history.latest().map_or(0, |metrics| metrics.iteration);
    if let Window::Last(count) = app.look.window
        && known > count
    {
        words.push(format!("last {}", number::count(count)));
    }
    match look.axis {
        Axis::Iterations => {}
        Axis::LogIterations => words.push("log iterations".into()),
        Axis::Time => words.push("by time".into()),
    }
    if look.log {
        words.push("log".into());
    }
    match look.smoothing() {
        usual if usual == ChartLook::default().smoothing() => {}
        1 => words.push("not smoothed".into()),
        columns => words.push(format!("smoothed {columns}")),
    }
    words.join(", ")
}

/// What lines, bands and figures of a chart of this width are, in words.
pub fn formula(app: &App, width: u16) -> Vec<String> {
    let columns = chart::columns(width, app.look.capabilities.script);
    let smoothing = app.look.chart.smoothing();
    let line = match (smoothing, stretch(app)) {
        (1, _) => "line: mean of each column".into(),
        (_, Some(stretch)) if stretch.axis() == Axis::Iterations => {
            let all = stretch.last() - stretch.first() + 1.0;
            let each = (all / columns.max(1) as f64).max(1.0);
            let count = (each * smoothing as f64).min(all).round() as u64;
            format!("line: mean of {} iterations", number::count(count))
        }
        _ => format!("line: mean of {smoothing} columns"),
    };
    let band = band(app, Role::Faint).map(|_| "band: least to greatest".into());
    [Some(format!("figures: mean of {RECENT}")), Some(line), band].into_iter().flatten().collect()
}

/// Returns the colour of the band around a line of this colour. Where the background is not known,
/// or there are too few colours for a pale one, there is none.
fn band(app: &App, role: Role) -> Option<Color> {
    app.look.theme.pale(role).filter(|_| app.look.capabilities.script == Script::Unicode)
}

/// Returns a series as the line of a chart with so many columns.
pub fn curve(app: &App, series: Series, columns: usize, has_band: bool) -> Curve {
    let Style { mark, role } = style(app, series);
    let points = stretch(app).map_or_else(Vec::new, |stretch| {
        points(&app.run.history.columns(series, &stretch, columns), app.look.chart.smoothing())
    });
    let band = if has_band { band(app, role) } else { None };
    Curve { mark, style: app.look.theme.style(role), band, points }
}

/// Returns the places of a line through columns, each value the mean of `width` neighbours, and of
/// the band around it, from the least to the greatest of them: of a column for each iteration, the
/// band would be as thin as the line. A column without iterations is passed over, one without a
/// finite value breaks the line.
pub fn points(columns: &[Column], width: usize) -> Vec<Option<Point>> {
    let last = columns.len().saturating_sub(1).max(1) as f64;
    let filled: Vec<(f64, Option<Stat>)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| **column != Column::Empty)
        .map(|(at, column)| (at as f64 / last, column.stat()))
        .collect();
    let means: Vec<Option<f32>> =
        filled.iter().map(|(_, stat)| stat.map(|stat| stat.mean())).collect();
    let values = smoothed(&means, width);
    let place = |(at, value): (usize, Option<f32>)| {
        let (x, stat) = filled[at];
        let stat = stat?;
        let near = filled[near(at, width, filled.len())].iter().filter_map(|(_, stat)| *stat);
        let (low, high) = near.fold((stat.min, stat.max), |(low, high), near| {
            (low.min(near.min), high.max(near.max))
        });
        Some(Point { x, low, value: value?, high })
    };
    values.into_iter().enumerate().map(place).collect()
}

/// The places of `width` neighbours of one of `count`.
fn near(at: usize, width: usize, count: usize) -> Range<usize> {
    at.saturating_sub(width / 2)..(at + width / 2 + 1).min(count)
}

/// Means over `width` neighbours.
pub fn smoothed(values: &[Option<f32>], width: usize) -> Vec<Option<f32>> {
    if width <= 1 {
        return values.to_vec();
    }
    let around = |at: usize| {
        let near = values[near(at, width, values.len())].iter().flatten();
        let (sum, count) =
            near.fold((0.0f32, 0u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / count as f32)
    };
    (0..values.len()).map(around).collect()
}

/// Returns the value of a line at the cursor: that of the nearest point.
pub fn under(curve: &Curve, share: f64) -> Option<f32> {
    let nearest = curve
        .points
        .iter()
        .flatten()
        .min_by(|one, other| (one.x - share).abs().total_cmp(&(other.x - share).abs()));
    nearest.map(|point| point.value)
}

/// Returns the scale of a series by itself: fractions between 0 and 1.
pub fn scale(app: &App, series: Series, curve: &Curve, rows: u16) -> Scale {
    if is_fraction(series) {
        Scale::fractions(rows)
    } else {
        Scale::of(std::slice::from_ref(curve), app.look.chart.log, rows)
    }
}

/// What the vertical axis does not show: `up to 40.1, cut`.
pub fn cut(scale: &Scale) -> String {
    match scale.cut() {
        (None, None) => String::new(),
        (Some(above), None) => format!("peak {} cut off", number::value(above)),
        (None, Some(below)) => format!("low {} cut off", number::value(below)),
        (Some(above), Some(below)) => {
            format!("{} and {} cut off", number::value(below), number::value(above))
        }
    }
}
