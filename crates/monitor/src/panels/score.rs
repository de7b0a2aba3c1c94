//! The scores of the samples: the Fréchet distance in words and as a line, and how often each digit
//! is drawn.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    chart::{self, Across, Chart as Plot, Curve, Guide, Point, Scale},
    widgets::{bars, chart_style, ends, stretch, symbols},
};
use crate::{
    state::{
        app::App,
        history::{At, Window},
        number,
    },
    theme::Role,
};
use gan_tui_core::event::{DigitScore, Neighbours, Score, Variety};

/// A distance up to this many times that of real images is as good as theirs.
const AS_GOOD: f32 = 1.02;
/// Columns of the histogram: three for each digit, the last one's air left out.
const HISTOGRAM: u16 = 29;
/// The narrowest chart that has a histogram beside it.
const CHART: u16 = 36;
/// Columns between the two.
const AIR: u16 = 3;

fn latest(app: &App) -> Option<(u64, &Score)> {
    app.run.history.scores().latest().map(|(iteration, score)| (*iteration, score))
}

/// The last distance in as few words as there are.
pub fn short(app: &App) -> Option<String> {
    latest(app).map(|(_, score)| format!("distance {}", number::value(score.distance())))
}

/// The last distance and the best one, each with its iteration.
pub fn distances(app: &App) -> Option<(At, Option<At>)> {
    let (iteration, score) = latest(app)?;
    Some(((iteration, score.distance()), app.run.history.scores().best()))
}

fn at((iteration, distance): At) -> String {
    format!("{} at {}", number::value(distance), number::count(iteration))
}

/// What was scored as names and facts.
pub fn facts(app: &App) -> Vec<(&'static str, String)> {
    let Some((last, best)) = distances(app) else { return Vec::new() };
    let best = best.map(|best| ("best distance", at(best)));
    [("distance", at(last))].into_iter().chain(best).collect()
}

/// The distance in one line: `distance 6.854, best so far (10,000)`.
fn distance_line(last: At, best: Option<At>) -> String {
    let value = number::value(last.1);
    match best {
        Some(best) if best.0 == last.0 => {
            format!("distance {value}, best so far ({})", number::count(last.0))
        }
        Some(best) => format!("distance {value}, best {}", at(best)),
        None => format!("distance {value} at {}", number::count(last.0)),
    }
}

/// What was scored in sentences, the most important first.
pub fn lines(app: &App) -> Vec<String> {
    let Some(((_, score), (last, best))) = latest(app).zip(distances(app)) else {
        return Vec::new();
    };
    let (floor, samples) = (score.floor(), number::count(score.samples() as u64));
    // Of few samples, a distance is no better than that of as many real images.
    let real = if last.1 <= floor * AS_GOOD { "as good as real images" } else { "real images" };
    let mut lines = vec![
        distance_line(last, best),
        format!("{real} at {samples} samples: {}", number::value(floor)),
    ];
    match score {
        Score::Digits(score) => {
            lines.extend(of_digits(score));
            if let Some(variety) = &score.variety {
                lines.extend(of_neighbours(&variety.neighbours, &variety.real));
                lines.extend(of_variety(variety));
            }
        }
        Score::Pictures(score) => lines.extend(of_neighbours(&score.neighbours, &score.real)),
    }
    lines
}

/// How near samples are to real images and to those that were learned from.
fn of_variety(variety: &Variety) -> [String; 2] {
    let value = number::value;
    [
        format!(
            "kernel distance {} ± {} (real {})",
            value(variety.kernel_distance),
            value(variety.kernel_error),
            value(variety.real_kernel_distance)
        ),
        format!(
            "copies of training images {} (real 1%), nearest {} (real {})",
            number::percent(variety.copies),
            value(variety.nearest),
            value(variety.real_nearest)
        ),
    ]
}

fn of_digits(score: &DigitScore) -> [String; 2] {
    let asked = score
        .as_asked
        .map_or_else(String::new, |share| format!(", {} as requested", number::percent(share)));
    let rarest = (0..score.classes.len())
        .min_by(|&a, &b| score.classes[a].total_cmp(&score.classes[b]))
        .unwrap_or(0);
    [
        format!("mean confidence {}{asked}", number::percent(score.confidence)),
        format!(
            "variety {} of real; rarest digit: {rarest} ({})",
            number::percent(score.diversity),
            number::percent(score.smallest_class)
        ),
    ]
}

/// Each beside what real images score.
fn of_neighbours(own: &Neighbours, real: &Neighbours) -> [String; 2] {
    let percent = number::percent;
    [
        format!(
            "precision {} (real {}), recall {} (real {})",
            percent(own.precision),
            percent(real.precision),
            percent(own.recall),
            percent(real.recall)
        ),
        format!(
            "density {} (real {}), coverage {} (real {})",
            number::value(own.density),
            number::value(real.density),
            percent(own.coverage),
            percent(real.coverage)
        ),
    ]
}

/// Draws the distance over the run, and beside it the classes if both have room. Returns their
/// areas.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
    let are_digits = matches!(latest(app), Some((_, Score::Digits(_))));
    let has_histogram = are_digits && area.width >= CHART + AIR + HISTOGRAM;
    let chart =
        Rect { width: area.width - if has_histogram { AIR + HISTOGRAM } else { 0 }, ..area };
    let mut parts = vec![distance(frame, chart, app)];
    if has_histogram {
        parts.extend(classes(
            frame,
            Rect { x: area.right() - HISTOGRAM, width: HISTOGRAM, ..area },
            app,
        ));
    }
    parts
}

/// The distance over the whole run, whatever part of it the other charts show: there are few scores.
fn distance(frame: &mut Frame, area: Rect, app: &App) -> Rect {
    let theme = &app.look.theme;
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let Some(whole) = app.run.history.stretch(Window::All, app.look.chart.axis) else {
        return below;
    };
    let points = app.run.history.scores().points();
    let place = |iteration: u64, elapsed_s: f64| whole.share(whole.value(iteration, elapsed_s));
    let marks = points.iter().map(|point| {
        let x = place(point.iteration, point.elapsed_s);
        Some(Point { x, low: point.low, value: point.mean(), high: point.high })
    });
    let is_of_pictures = matches!(latest(app), Some((_, Score::Pictures(_))));
    let (mark, name) = if is_of_pictures { ('W', "W distance ") } else { ('F', "F distance ") };
    let style = theme.style(Role::Accent);
    let curves = [Curve { mark, style, band: None, points: marks.collect() }];
    let floor = latest(app).map(|(_, score)| score.floor()).filter(|floor| floor.is_finite());
    let field = chart::field(below);
    let scale = Scale::of(&with_floor(&curves[0], floor), app.look.chart.log, field.height);
    let pointed = app.look.chart.cursor.zip(stretch(app)).map(|(share, shown)| shown.at(share));
    let value = match pointed {
        Some(pointed) => points
            .iter()
            .rfind(|point| whole.value(point.iteration, point.elapsed_s) <= pointed)
            .map(|point| point.mean()),
        None => latest(app).map(|(_, score)| score.distance()),
    };
    let value = Span::styled(value.map_or_else(|| "-".into(), number::value), Modifier::BOLD);
    let mut left = Line::from(vec![Span::styled(name, style), value]);
    let facts = [
        distances(app).and_then(|(_, best)| best).map(|best| format!("best {}", at(best))),
        floor.map(|floor| format!("dashed: real images {}", number::value(floor))),
        Some("whole run".into()).filter(|_| app.look.window != Window::All),
    ];
    for fact in facts.into_iter().flatten() {
        if left.width() + fact.len() + 2 <= usize::from(area.width) {
            left.push_span(Span::styled(format!("  {fact}"), theme.style(Role::Faint)));
        }
    }
    ends(frame, Rect { height: 1, ..area }, left, Line::default());
    let across = Across(whole);
    let plot = Plot {
        curves: &curves,
        guide: floor.map(|value| Guide { value, style: theme.style(Role::Faint) }),
        scale: &scale,
        across: Some(&across),
        cursor: pointed.map(|pointed| whole.share(pointed)),
        look: chart_style(app),
    };
    plot.draw(frame.buffer_mut(), below);
    below
}

/// What the scale is to show: the distances, and what real images score.
fn with_floor(curve: &Curve, floor: Option<f32>) -> [Curve; 2] {
    let points = floor.map(|floor| Some(Point::flat(0.0, floor))).into_iter().collect();
    [curve.clone(), Curve { points, ..curve.clone() }]
}

/// A bar for each digit, as high as it is often drawn, with the digit under it.
fn classes(frame: &mut Frame, area: Rect, app: &App) -> Option<Rect> {
    let (_, Score::Digits(score)) = latest(app)? else { return None };
    let theme = &app.look.theme;
    if area.height < 3 {
        return None;
    }
    // A tenth each is even; a scale that ends there twice over shows what is rarer and what is
    // more.
    let high = score.classes.iter().copied().fold(0.2, f32::max);
    let title = Span::styled("generated digits", theme.style(Role::Accent));
    let range = Span::styled(format!("0 to {}", number::percent(high)), theme.style(Role::Faint));
    ends(frame, Rect { height: 1, ..area }, Line::from(title), Line::from(range));
    let chart = Rect { y: area.y + 1, height: area.height - 2, ..area };
    let mut values = vec![None; usize::from(HISTOGRAM)];
    for (digit, &share) in score.classes.iter().enumerate() {
        // A digit that is not drawn has no bar; what is drawn has one, however low.
        let share = Some(share).filter(|share| *share > 0.0);
        (values[digit * 3], values[digit * 3 + 1]) = (share, share);
        let x = area.x + digit as u16 * 3;
        frame.buffer_mut().set_string(
            x,
            chart.bottom(),
            digit.to_string(),
            theme.style(Role::Faint),
        );
    }
    bars(frame.buffer_mut(), chart, &values, (0.0, high), symbols(app), theme.style(Role::Accent));
    Some(chart)
}
