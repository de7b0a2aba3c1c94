//! Lines over a pair of axes, in the finest dots that a terminal shows.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{state::number, terminal::capability::Script};

/// Columns that the numbers of the vertical axis take.
const LABELS: u16 = 7;

/// One line of a chart.
pub struct Curve {
    /// Is put at the line's end, and draws the line on terminals without braille dots.
    pub mark: char,
    pub style: Style,
    /// Least, mean and greatest value of each column, oldest first.
    pub points: Vec<Option<[f32; 3]>>,
}

/// What the vertical axis shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    pub low: f32,
    pub high: f32,
    pub log: bool,
}

impl Scale {
    /// From the least to the greatest mean of the lines, zero included where it is not logarithmic.
    pub fn of(series: &[Curve], log: bool) -> Self {
        let means = || {
            series.iter().flat_map(|series| series.points.iter().flatten().map(|point| point[1]))
        };
        if log {
            let high = means().fold(f32::MIN, f32::max);
            let low = means().filter(|value| *value > 0.0).fold(f32::MAX, f32::min);
            // Without a positive value there is nothing that a logarithm could show.
            return if low > high {
                Self { low: 0.1, high: 1.0, log }
            } else {
                Self { low: low / 1.1, high: high * 1.1, log }
            };
        }
        let (low, high) = (means().fold(0.0, f32::min), means().fold(0.0, f32::max));
        if high > low {
            Self { low, high: low + (high - low) * 1.05, log }
        } else {
            Self { low: 0.0, high: 1.0, log }
        }
    }

    /// Returns the height of a value, from 0 at the bottom to 1 at the top, clamped to both.
    fn share(&self, value: f32) -> Option<f32> {
        let map = |value: f32| if self.log { value.max(1e-12).ln() } else { value };
        let range = map(self.high) - map(self.low);
        let share = (map(value) - map(self.low)) / range;
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    /// Heights and values to mark, with at most so many steps between them: round numbers, or equal
    /// factors on a logarithmic scale.
    fn marks(&self, steps: u16) -> Vec<(f32, f32)> {
        if self.log {
            let (low, high) = (self.low.max(1e-12).ln(), self.high.max(1e-12).ln());
            let share = |step: u16| f32::from(step) / f32::from(steps);
            return (0..=steps)
                .map(share)
                .map(|share| (share, (low * (1.0 - share) + high * share).exp()))
                .collect();
        }
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        let power = 10f64.powf(((high - low) / f64::from(steps)).log10().floor());
        let within = |step: f64| (low / step).ceil()..=(high / step).floor();
        let fits = |step: &f64| within(*step).end() - within(*step).start() <= f64::from(steps);
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|factor| factor * power)
            .into_iter()
            .find(fits)
            .unwrap_or(high - low);
        let first = *within(step).start();
        let values = (0..=steps)
            .map(|count| first + f64::from(count))
            .take_while(|at| at <= within(step).end());
        let marks: Vec<_> = values
            .filter_map(|at| Some((self.share((at * step) as f32)?, (at * step) as f32)))
            .collect();
        if marks.len() > 1 { marks } else { vec![(0.0, self.low), (1.0, self.high)] }
    }
}

/// Dots across and down a cell.
fn dots(script: Script) -> (usize, usize) {
    if script == Script::Unicode { (2, 4) } else { (1, 1) }
}

/// Returns how many columns of values a chart of this area shows.
pub fn columns(area: Rect, script: Script) -> usize {
    usize::from(area.width.saturating_sub(LABELS)) * dots(script).0
}

/// Returns the part of a chart's area that the lines are in, without the axes' labels.
pub fn field(area: Rect) -> Rect {
    let labels = LABELS.min(area.width);
    Rect {
        x: area.x + labels,
        width: area.width - labels,
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Draws axes and lines. `ends` are the first and last iteration, `cursor` a share of the width.
pub fn draw(
    buffer: &mut Buffer,
    area: Rect,
    series: &[Curve],
    scale: Scale,
    ends: Option<(u64, u64)>,
    cursor: Option<f64>,
    style: AxisStyle,
) {
    let field = field(area);
    if field.width == 0 || field.height == 0 {
        return;
    }
    axes(buffer, area, field, scale, ends, style);
    if let Some(cursor) = cursor {
        let x = field.x + (cursor.clamp(0.0, 1.0) * f64::from(field.width - 1)).round() as u16;
        (field.top()..field.bottom()).for_each(|y| {
            buffer[(x, y)].set_symbol(style.vertical).set_style(style.faint);
        });
    }
    for line in series {
        draw_line(buffer, field, line, scale, style.script);
    }
}

/// Characters and colours of a chart.
#[derive(Debug, Clone, Copy)]
pub struct AxisStyle {
    pub script: Script,
    pub vertical: &'static str,
    pub faint: Style,
}

fn axes(
    buffer: &mut Buffer,
    area: Rect,
    field: Rect,
    scale: Scale,
    ends: Option<(u64, u64)>,
    style: AxisStyle,
) {
    for (share, value) in scale.marks((field.height.saturating_sub(1) / 2).clamp(1, 5)) {
        let y = field.y + ((1.0 - share) * f32::from(field.height - 1)).round() as u16;
        let label = format!("{:>6}", number::value(value));
        buffer.set_stringn(area.x, y, label, usize::from(LABELS), style.faint);
    }
    if let Some((first, last)) = ends {
        let (first, last) = (number::count(first), number::count(last));
        let y = field.bottom();
        buffer.set_stringn(field.x, y, &first, usize::from(field.width), style.faint);
        if usize::from(field.width) > first.len() + last.len() + 1 {
            buffer.set_string(field.right() - last.len() as u16, y, last, style.faint);
        }
    }
}

/// Joins the means of neighbouring columns, and sets dots for the extremes.
fn draw_line(buffer: &mut Buffer, field: Rect, series: &Curve, scale: Scale, script: Script) {
    let (across, down) = dots(script);
    let (wide, high) = (usize::from(field.width) * across, usize::from(field.height) * down);
    // Fewer columns than dots are spread, so that a run of ten iterations fills the chart too.
    let count = series.points.len();
    let x_of = |at: usize| if count < 2 { 0 } else { at * (wide - 1) / (count - 1) };
    let y_of = |value: f32| {
        scale.share(value).map(|share| ((1.0 - share) * (high - 1) as f32).round() as usize)
    };
    let mut last: Option<(usize, usize)> = None;
    let mut end = None;
    for (at, point) in series.points.iter().enumerate() {
        let Some((x, [low, mean, top])) = point.map(|point| (x_of(at), point)) else {
            last = None;
            continue;
        };
        let Some(y) = y_of(mean) else { continue };
        for (x, y) in between(last.unwrap_or((x, y)), (x, y)) {
            dot(buffer, field, (x, y), series, script);
        }
        [low, top]
            .into_iter()
            .filter_map(y_of)
            .for_each(|y| dot(buffer, field, (x, y), series, script));
        last = Some((x, y));
        end = last;
    }
    // The mark identifies the line without colour, which not everybody sees.
    if let Some((x, y)) = end.filter(|_| script == Script::Unicode) {
        buffer[(field.x + (x / across) as u16, field.y + (y / down) as u16)]
            .set_char(series.mark)
            .set_style(series.style);
    }
}

/// The dots of a straight line (Bresenham 1965), at most as many as the longer side.
fn between(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
    // The nearest whole number to a share of the way, the greater of two that are as near.
    let at = move |a: usize, b: usize, step: usize| {
        let way = 2 * a.abs_diff(b) * step;
        if b >= a { a + (way + steps) / (2 * steps) } else { a - (way + steps - 1) / (2 * steps) }
    };
    (0..=steps).map(move |step| (at(from.0, to.0, step), at(from.1, to.1, step)))
}

fn dot(buffer: &mut Buffer, field: Rect, (x, y): (usize, usize), series: &Curve, script: Script) {
    let (across, down) = dots(script);
    let Some(cell) = buffer.cell_mut((field.x + (x / across) as u16, field.y + (y / down) as u16))
    else {
        return;
    };
    if script != Script::Unicode {
        cell.set_char(series.mark).set_style(series.style);
        return;
    }
    const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
    let set = cell.symbol().chars().next().map_or(0, u32::from);
    let set = if (0x2800..0x2900).contains(&set) { set - 0x2800 } else { 0 };
    let pattern = set | BITS[y % down][x % across];
    cell.set_char(char::from_u32(0x2800 + pattern).unwrap_or(' ')).set_style(series.style);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(points: &[f32], log: bool, script: Script) -> Vec<String> {
        let area = Rect::new(0, 0, 20, 6);
        let mut buffer = Buffer::empty(area);
        let points = points.iter().map(|&value| value.is_finite().then_some([value; 3])).collect();
        let series = [Curve { mark: 'D', style: Style::new(), points }];
        let style = AxisStyle { script, vertical: "|", faint: Style::new() };
        draw(&mut buffer, area, &series, Scale::of(&series, log), Some((1, 1000)), None, style);
        (0..6)
            .map(|y| {
                (0..20).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned()
            })
            .collect()
    }

    #[test]
    fn a_line_rises_from_corner_to_corner() {
        let lines = drawn(&[0.0, 1.0, 2.0, 3.0, 4.0], false, Script::Ascii);
        assert_eq!(lines[4], " 0.000 DD");
        assert!(lines[0].starts_with(" 4.000") && lines[2].starts_with(" 2.000"), "{lines:?}");
        assert!(lines[0].ends_with('D') && lines[5].contains('1') && lines[5].ends_with("1,000"));
        let logarithmic = drawn(&[1.0, 10.0, 100.0], true, Script::Ascii);
        assert!(
            logarithmic[2].ends_with("DDDD") || logarithmic[2].contains("DD"),
            "{logarithmic:?}"
        );
    }

    #[test]
    fn marks_are_round_numbers_at_their_heights() {
        let values = |low, high, steps| {
            Scale { low, high, log: false }
                .marks(steps)
                .iter()
                .map(|(_, value)| *value)
                .collect::<Vec<_>>()
        };
        assert_eq!(values(0.0, 1.0, 2), [0.0, 0.5, 1.0]);
        assert_eq!(values(0.0, 1.05, 5), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(values(-3.1, 0.2, 4), [-3.0, -2.0, -1.0, 0.0]);
        assert_eq!(values(0.0, 4.2, 1), [0.0, 4.2], "the ends, where there is no room for more");
        let scale = Scale { low: 1.0, high: 100.0, log: true };
        for ((share, value), expected) in
            scale.marks(2).iter().zip([(0.0, 1.0), (0.5, 10.0), (1.0, 100.0)])
        {
            assert!(
                *share == expected.0 && (value / expected.1 - 1.0).abs() < 1e-4,
                "{share} {value}"
            );
        }
        let below = [Curve { mark: 'D', style: Style::new(), points: vec![Some([-2.0; 3]); 3] }];
        assert_eq!(Scale::of(&below, false).low, -2.0, "a line below zero stands where it belongs");
        assert!((0.0..0.2).contains(&Scale::of(&below, false).high), "and zero is on the scale");
        for (low, high) in [
            (f32::MIN, f32::MAX),
            (0.0, f32::INFINITY),
            (-1e-40, 1e-40),
            (0.0, f32::MIN_POSITIVE),
            (f32::NAN, 1.0),
        ] {
            assert!(
                (1..=6).contains(&Scale { low, high, log: false }.marks(5).len()),
                "{low} to {high}"
            );
        }
    }

    #[test]
    fn nothing_is_no_trouble() {
        for log in [false, true] {
            for points in [
                &[][..],
                &[f32::NAN],
                &[0.0, 0.0],
                &[-1.0, -2.0],
                &[f32::MAX, f32::MIN],
                &[1e-30, 1e30],
            ] {
                for script in [Script::Unicode, Script::Console, Script::Ascii] {
                    drawn(points, log, script);
                }
            }
        }
    }
}
