//! Lines on terminals without braille dots: one character a column, joined by corners.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Curve, Scale};
use crate::terminal::capability::Script;

/// The characters of a line: along it, up and down, and the corners where it comes from the left and
/// goes down, goes up, came from above, came from below.
struct Strokes {
    along: char,
    upright: char,
    down: char,
    up: char,
    from_above: char,
    from_below: char,
}

const CONSOLE: Strokes =
    Strokes {
        along: '─', upright: '│', down: '┐', up: '┘', from_above: '└', from_below: '┌'
    };
const ASCII: Strokes =
    Strokes { along: '-', upright: '|', down: '.', up: '\'', from_above: '\'', from_below: '.' };

/// Draws the line of a curve.
pub fn draw(buffer: &mut Buffer, field: Rect, curve: &Curve, scale: &Scale, script: Script) {
    let strokes = if script == Script::Ascii { &ASCII } else { &CONSOLE };
    let rows = heights(field, curve, scale);
    let mut put = |x: usize, y: i64, symbol: char| {
        if (0..i64::from(field.height)).contains(&y) {
            buffer[(field.x + x as u16, field.y + y as u16)]
                .set_char(symbol)
                .set_style(curve.style);
        }
    };
    for x in 0..rows.len() {
        let Some(now) = rows[x] else { continue };
        let Some(before) = x.checked_sub(1).and_then(|before| rows[before]) else {
            put(x, now, strokes.along);
            continue;
        };
        if before == now {
            put(x, now, strokes.along);
            continue;
        }
        let falls = now > before;
        let (high, low) = (before.min(now), before.max(now));
        (high + 1..low)
            .take(usize::from(field.height) * 2)
            .for_each(|y| put(x, y, strokes.upright));
        put(x, before, if falls { strokes.down } else { strokes.up });
        put(x, now, if falls { strokes.from_above } else { strokes.from_below });
    }
}

/// The row of each column, values between two points on the straight line that joins them.
fn heights(field: Rect, curve: &Curve, scale: &Scale) -> Vec<Option<i64>> {
    let last = f64::from(field.width - 1);
    let mut rows = vec![None; usize::from(field.width)];
    let mut before: Option<(f64, f32)> = None;
    for point in &curve.points {
        let Some(point) = point else {
            before = None;
            continue;
        };
        let x = point.x.clamp(0.0, 1.0) * last;
        let (from, value) = before.unwrap_or((x, point.value));
        for column in from.round() as usize..=x.round() as usize {
            let share =
                if x > from { ((column as f64 - from) / (x - from)).clamp(0.0, 1.0) } else { 1.0 };
            let value = value + (point.value - value) * share as f32;
            let row = scale.place(value, 1).map(|row| row.clamp(-1, i64::from(field.height)));
            if let Some(place) = rows.get_mut(column) {
                *place = row;
            }
        }
        before = Some((x, point.value));
    }
    rows
}
