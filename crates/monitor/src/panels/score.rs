//! The scores of the samples: the Fréchet distance in words and as a line, and how often each digit
//! is drawn.

use ratatui::{
    Frame,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};

use super::{
    plot::{self, Curve, Scale},
    widgets::{bars, ends, symbols},
};
use crate::{
    state::{app::App, number},
    theme::Role,
};
use gan_tui_core::event::{DigitScore, PictureScore, Score};

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
fn distances(app: &App) -> Option<(String, Option<String>)> {
    let (iteration, score) = latest(app)?;
    let told = |(iteration, distance): (u64, f32)| {
        format!("{} at {}", number::value(distance), number::count(iteration))
    };
    Some((told((iteration, score.distance())), app.run.history.scores().best().map(told)))
}

/// What was scored as names and facts.
pub fn facts(app: &App) -> Vec<(&'static str, String)> {
    let Some((last, best)) = distances(app) else { return Vec::new() };
    let best = best.map(|best| ("best distance", best));
    [("distance", last)].into_iter().chain(best).collect()
}

/// What was scored in sentences, the most important first.
pub fn lines(app: &App) -> Vec<String> {
    let Some(((_, score), (last, best))) = latest(app).zip(distances(app)) else {
        return Vec::new();
    };
    let best = best.map_or_else(String::new, |best| format!(", best {best}"));
    let mut lines = vec![
        format!("distance {last}{best}"),
        format!(
            "{} samples; floor {}",
            number::count(score.samples() as u64),
            number::value(score.floor())
        ),
    ];
    match score {
        Score::Digits(score) => lines.extend(of_digits(score)),
        Score::Pictures(score) => lines.extend(of_pictures(score)),
    }
    lines
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
            "diversity {} of real images; rarest {rarest}, {}",
            number::percent(score.diversity),
            number::percent(score.smallest_class)
        ),
    ]
}

/// Each beside what real images score.
fn of_pictures(score: &PictureScore) -> [String; 2] {
    let (own, real) = (score.neighbours, score.real);
    let percent = number::percent;
    [
        format!(
            "precision {} (real {}), recall {} ({})",
            percent(own.precision),
            percent(real.precision),
            percent(own.recall),
            percent(real.recall)
        ),
        format!(
            "density {} (real {}), coverage {} ({})",
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

fn distance(frame: &mut Frame, area: Rect, app: &App) -> Rect {
    let theme = &app.look.theme;
    let chart = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let span = app.run.history.span(app.look.window);
    let scores = app.run.history.scores();
    let count = plot::columns(chart, app.look.capabilities.script);
    let points = span.map_or_else(Vec::new, |span| scores.line(span, count));
    let (mark, name) = match latest(app) {
        Some((_, Score::Pictures(_))) => ('W', "W distance "),
        _ => ('F', "F distance "),
    };
    let series = [Curve { mark, style: theme.style(Role::Accent), points }];
    let under = app
        .look
        .chart
        .cursor
        .zip(span)
        .map(|(share, (first, last))| first + ((last - first) as f64 * share).round() as u64);
    let value = match under {
        Some(iteration) => scores.at(iteration),
        None => scores.latest().map(|(_, score)| score.distance()),
    };
    let name = Span::styled(name, theme.style(Role::Accent));
    let value = Span::styled(value.map_or_else(|| "-".into(), number::value), Modifier::BOLD);
    let best = distances(app)
        .and_then(|(_, best)| best)
        .map_or_else(String::new, |best| format!("best {best}"));
    let fits = name.width() + value.width() + 2 + best.len() <= usize::from(area.width);
    let best = Line::styled(if fits { best } else { String::new() }, theme.style(Role::Faint));
    ends(frame, Rect { height: 1, ..area }, Line::from(vec![name, value]), best);
    let style = plot::AxisStyle {
        script: app.look.capabilities.script,
        vertical: symbols(app).border.vertical_left,
        faint: theme.style(Role::Faint),
    };
    let scale = Scale::of(&series, app.look.chart.log);
    plot::draw(frame.buffer_mut(), chart, &series, scale, span, app.look.chart.cursor, style);
    chart
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
