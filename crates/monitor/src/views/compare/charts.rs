//! The charts: one for each tag of numbers, all runs over each other, as many as fit on a page.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Modifier, Style},
    text::{Line, Span},
};

use super::{Compare, Panel, layout, lines::LineOf};
use crate::{
    panels::{
        chart::{self, Across, Chart, Curve, Point, Scale},
        symbols,
        widgets::{ends, style_of_charts},
    },
    state::{
        number,
        stretch::{self, Stretch},
    },
    theme::Role,
    views::draw::bordered,
};
use gan_tui_store::logs::{Axis, LogRun, Stat};

/// The least rows of a chart with its legend, and the columns from which on two are side by side.
const ROWS: u16 = 8;
const COLUMNS: u16 = 64;

/// Parts of another series of ours, which come last.
const PARTS: [&str; 2] = ["d_loss_real", "d_loss_fake"];

/// Returns the tags that are shown: pinned ones first, then by their groups (what is before the
/// last slash), losses first.
pub fn tags(compare: &Compare, runs: &[LogRun]) -> Vec<String> {
    let words = compare.words();
    let mut tags: Vec<String> = Vec::new();
    for run in runs {
        for tag in run.tags() {
            if !tags.iter().any(|known| **known == **tag) {
                tags.push(tag.to_string());
            }
        }
    }
    // Words that are in no tag are about runs.
    let is_in_one = |word: &&String| tags.iter().any(|tag| tag.to_lowercase().contains(*word));
    let words: Vec<&String> = words.iter().filter(is_in_one).collect();
    tags.retain(|tag| words.iter().all(|word| tag.to_lowercase().contains(*word)));
    let group = |tag: &str| tag.rsplit_once('/').map_or(String::new(), |(group, _)| group.into());
    tags.sort_by_cached_key(|tag| {
        let is_loss = tag.to_lowercase().contains("loss");
        let is_part = PARTS.contains(&tag.as_str());
        (!compare.pinned_tags.contains(tag), is_part, !is_loss, group(tag))
    });
    tags
}

/// Returns how many columns and rows of charts an area has.
fn grid(area: Rect, count: usize) -> (usize, usize) {
    let columns = usize::from((area.width / COLUMNS).max(1)).min(count.max(1));
    let rows = usize::from((area.height.saturating_sub(2) / ROWS).max(1));
    (columns, rows.min(count.div_ceil(columns).max(1)))
}

/// Returns how many charts there are on a page.
pub fn per_page(area: Rect, count: usize) -> usize {
    let (columns, rows) = grid(area, count);
    columns * rows
}

/// Draws a page of charts. Returns where they are.
pub fn draw(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    runs: &[LogRun],
    lines: &[LineOf],
) -> Vec<Rect> {
    let stage = &compare.stage;
    let tags = tags(compare, runs);
    let selected = compare.chart.min(tags.len().saturating_sub(1));
    let per_page = per_page(area, tags.len());
    let (page, pages) = (selected / per_page, tags.len().div_ceil(per_page));
    let mut aside = Vec::new();
    if stage.look.chart.log {
        aside.push("log".to_owned());
    }
    if stage.look.chart.smoothing() > 1 {
        aside.push(format!("smoothed {}", stage.look.chart.smoothing()));
    }
    if pages > 1 {
        aside.push(format!("page {} of {pages}", page + 1));
    }
    let is_focused = compare.focus == Panel::Charts && stage.front.is_none();
    let inside = bordered(stage, frame, area, "Charts", &aside.join(", "), is_focused);
    if tags.is_empty() {
        let line = Line::styled("no numbers are logged", stage.look.theme.style(Role::Faint));
        frame.render_widget(line, Rect { height: 1.min(inside.height), ..inside });
        return Vec::new();
    }
    let shown: Vec<(usize, &String)> =
        tags.iter().enumerate().skip(page * per_page).take(per_page).collect();
    let (columns, rows) = grid(area, tags.len());
    let (width, height) =
        (inside.width / columns as u16, inside.height / rows.min(shown.len().max(1)) as u16);
    let spare = inside.height.saturating_sub(height * rows as u16);
    let mut parts = Vec::new();
    for (at, (place, tag)) in shown.into_iter().enumerate() {
        let (column, row) = ((at % columns) as u16, (at / columns) as u16);
        let is_last = usize::from(row) + 1 == rows;
        let gap = u16::from(usize::from(column) + 1 < columns);
        let place_of = Rect {
            x: inside.x + column * width,
            y: inside.y + row * height,
            width: width.saturating_sub(gap),
            height: height + if is_last { spare } else { 0 },
        };
        let is_selected = is_focused && place == selected;
        parts.push(one(compare, frame, place_of, runs, lines, tag, is_selected));
    }
    parts
}

/// Returns the ends of the axis: of all runs that are shown.
pub fn span(compare: &Compare, runs: &[LogRun], lines: &[LineOf]) -> Option<(f64, f64)> {
    let spans = lines
        .iter()
        .filter(|line| !compare.is_hidden(line))
        .flat_map(|line| &line.runs)
        .filter_map(|&run| runs.get(run)?.span(compare.axis));
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// A legend with values, and the curves. Returns where they are.
fn one(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    runs: &[LogRun],
    lines: &[LineOf],
    tag: &str,
    is_selected: bool,
) -> Rect {
    let look = &compare.stage.look;
    let theme = &look.theme;
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let Some(ends_of) = span(compare, runs, lines) else { return below };
    let field = chart::field(below);
    let count = chart::columns(field.width, look.capabilities.script);
    let mut curves = Vec::new();
    let mut legend = Vec::new();
    let selected = lines.get(compare.line.min(lines.len().saturating_sub(1)));
    for line in lines.iter().filter(|line| !compare.is_hidden(line)) {
        let points = columns(compare, runs, line, tag, ends_of, count);
        if points.iter().all(Option::is_none) {
            continue;
        }
        let is_lit = selected == Some(line);
        let style = match (compare.is_highlighted, is_lit) {
            (true, true) => theme.strong(line.role),
            (true, false) => theme.style(Role::Border),
            (false, _) => theme.style(line.role),
        };
        legend.push((line, style, value(compare, runs, line, tag)));
        let band = (line.runs.len() > 1).then(|| theme.pale(line.role)).flatten();
        let curve = Curve { mark: line.mark, style, band, points };
        // The highlighted line is drawn over all others.
        if is_lit || !compare.is_highlighted { curves.push(curve) } else { curves.insert(0, curve) }
    }
    draw_legend(compare, frame, Rect { height: 1, ..area }, tag, &legend, is_selected);
    if below.height < 3 {
        return below;
    }
    let cursor = compare.slider.filter(|_| ends_of.1 > ends_of.0);
    let axis = match compare.axis {
        Axis::Step | Axis::Images => stretch::Axis::Iterations,
        Axis::Time => stretch::Axis::Time,
    };
    let chart = Chart {
        curves: &curves,
        guide: None,
        scale: &scale_of(&curves, look.chart.log, field.height),
        across: Some(&Across(Stretch::new(axis, ends_of.0, ends_of.1))),
        cursor: cursor.map(|x| ((x - ends_of.0) / (ends_of.1 - ends_of.0)).clamp(0.0, 1.0)),
        look: style_of_charts(look),
    };
    chart.draw(frame.buffer_mut(), below);
    below
}

/// Zero is on the axis unless that would take most of the room.
fn scale_of(curves: &[Curve], is_log: bool, rows: u16) -> Scale {
    let points = || curves.iter().flat_map(|curve| curve.points.iter().flatten());
    let low = points().map(|point| point.low).fold(f32::MAX, f32::min);
    let high = points().map(|point| point.high).fold(f32::MIN, f32::max);
    let is_far = low > 2.0 * (high - low) || high < -2.0 * (high - low);
    if !is_log && is_far && high > low {
        return Scale::linear(low.into(), high.into(), rows);
    }
    Scale::of(curves, is_log, rows)
}

/// Returns a line's values in the columns of a chart: of a group, the mean, the least and the
/// greatest of its runs.
pub fn columns(
    compare: &Compare,
    runs: &[LogRun],
    line: &LineOf,
    tag: &str,
    ends: (f64, f64),
    count: usize,
) -> Vec<Option<Point>> {
    let members = line.runs.iter().filter(|run| !compare.hidden.contains(run));
    let all: Vec<Vec<Option<Stat>>> = members
        .filter_map(|&run| {
            let run = runs.get(run)?;
            Some(run.track(tag)?.columns(ends, count, run.on_axis(compare.axis)))
        })
        .collect();
    let smoothing = compare.stage.look.chart.smoothing();
    let is_group = all.len() > 1;
    let mut out = Vec::with_capacity(count);
    for column in 0..count {
        let from = column.saturating_sub(smoothing / 2);
        let until = (column + smoothing / 2 + 1).min(count);
        let mean_of = |values: &[Option<Stat>]| {
            values[column]?;
            let near: Vec<f64> = values[from..until].iter().flatten().map(|s| s.mean).collect();
            Some(near.iter().sum::<f64>() / near.len().max(1) as f64)
        };
        let means: Vec<f64> = all.iter().filter_map(|values| mean_of(values)).collect();
        if means.is_empty() {
            out.push(None);
            continue;
        }
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let (low, high) = if is_group {
            let low = means.iter().copied().fold(f64::MAX, f64::min);
            (low, means.iter().copied().fold(f64::MIN, f64::max))
        } else {
            // Of one run the line alone: many ranges over each other tell nothing.
            (mean, mean)
        };
        let x = column as f64 / (count.max(2) - 1) as f64;
        let (low, value, high) = (low as f32, mean as f32, high as f32);
        out.push(Some(Point { x, low, value, high }));
    }
    out
}

/// Returns the value of a line at the slider, or the newest one; of a group the mean.
pub fn value(compare: &Compare, runs: &[LogRun], line: &LineOf, tag: &str) -> Option<f64> {
    let members = line.runs.iter().filter(|run| !compare.hidden.contains(run));
    let values: Vec<f64> = members
        .filter_map(|&run| {
            let run = runs.get(run)?;
            let track = run.track(tag)?;
            match compare.slider {
                None => track.last().map(|(_, value)| value),
                Some(x) => track.at(x, run.on_axis(compare.axis)),
            }
        })
        .collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// `loss/d  1 0.532  2 0.611 …`, and where the values are of.
fn draw_legend(
    compare: &Compare,
    frame: &mut Frame,
    area: Rect,
    tag: &str,
    lines: &[(&LineOf, Style, Option<f64>)],
    is_selected: bool,
) {
    let theme = &compare.stage.look.theme;
    let symbols = symbols::of(compare.stage.look.capabilities.script);
    let pin = if compare.pinned_tags.contains(tag) { symbols.mark } else { "" };
    let tag = number::shortened(tag, usize::from(area.width) * 2 / 3, symbols.gap);
    let style =
        if is_selected { theme.selected() } else { Style::new().add_modifier(Modifier::BOLD) };
    let mut left = Line::from(vec![Span::styled(format!("{pin}{tag}"), style), Span::raw("  ")]);
    let right = compare
        .slider
        .map_or_else(String::new, |x| format!("at {}", layout::place_name(compare.axis, x)));
    let right = Line::styled(right, theme.strong(Role::Accent));
    let room = usize::from(area.width).saturating_sub(right.width() + 1);
    for (line, style, value) in lines {
        let value = value.map_or_else(|| "-".into(), |value| number::value(value as f32));
        let mark = Span::styled(format!("{} ", line.mark), *style);
        let value = Span::raw(format!("{value}  "));
        if left.width() + mark.width() + value.width() > room {
            break;
        }
        left.extend([mark, value]);
    }
    ends(frame, area, left, right);
}
