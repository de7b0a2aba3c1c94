//! Bands in half cells and lines in braille dots, merged to cells.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
};

use super::{Curve, Guide, Point, Scale, dots};
use crate::terminal::capability::Script;

/// Dots of a guide: so many are set, and so many left out.
const DASH: usize = 3;

/// A field of a chart while it is drawn.
pub struct Grid {
    field: Rect,
    script: Script,
    cells: Vec<Cell>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    /// The bands in the upper and in the lower half.
    bands: [Option<Color>; 2],
    /// The braille dots that are set, and whose they are.
    dots: u32,
    style: Style,
}

impl Grid {
    pub fn new(field: Rect, script: Script) -> Self {
        Self {
            field,
            script,
            cells: vec![Cell::default(); usize::from(field.width) * usize::from(field.height)],
        }
    }

    fn cell(&mut self, x: usize, y: usize) -> Option<&mut Cell> {
        let width = usize::from(self.field.width);
        if x < width { self.cells.get_mut(y * width + x) } else { None }
    }

    /// Fills the band of a curve, column by column.
    pub fn band(&mut self, curve: &Curve, scale: &Scale) {
        let Some(band) = curve.band else { return };
        let last = f64::from(self.field.width - 1);
        let mut before: Option<Point> = None;
        for point in &curve.points {
            let Some(point) = point else {
                before = None;
                continue;
            };
            let from = before.map_or(point.x, |before| before.x) * last;
            let to = point.x * last;
            // Of a column with several points each adds its part; between two points, the band goes
            // straight from one to the other.
            for x in from.round() as usize..=to.round() as usize {
                let share = if to > from {
                    ((x as f64 - from) / (to - from)).clamp(0.0, 1.0) as f32
                } else {
                    1.0
                };
                let start = before.unwrap_or(*point);
                let between = |one: f32, other: f32| one + (other - one) * share;
                let ends = (between(start.low, point.low), between(start.high, point.high));
                self.column(x, ends, scale, band);
            }
            before = Some(*point);
        }
    }

    /// Fills a column of a band.
    fn column(&mut self, x: usize, (low, high): (f32, f32), scale: &Scale, colour: Color) {
        let last = 2 * i64::from(self.field.height) - 1;
        let (Some(top), Some(bottom)) = (scale.place(high, 2), scale.place(low, 2)) else { return };
        for half in top.max(0)..=bottom.min(last) {
            let half = half as usize;
            let Some(cell) = self.cell(x, half / 2) else { return };
            cell.bands[half % 2] = Some(mixed(cell.bands[half % 2], colour));
        }
    }

    /// A dashed line across.
    pub fn guide(&mut self, guide: Guide, scale: &Scale) {
        let (across, down) = dots(self.script);
        let Some(y) = scale.place(guide.value, down) else { return };
        for x in
            (0..usize::from(self.field.width) * across).filter(|x| (x / DASH).is_multiple_of(2))
        {
            self.dot(x, y, guide.style);
        }
    }

    /// Joins the points of a curve.
    pub fn line(&mut self, curve: &Curve, scale: &Scale) {
        let (across, down) = dots(self.script);
        let last = (usize::from(self.field.width) * across - 1) as f64;
        let mut before: Option<(i64, i64)> = None;
        for point in &curve.points {
            let place = point.and_then(|point| {
                Some((
                    (point.x.clamp(0.0, 1.0) * last).round() as i64,
                    scale.place(point.value, down)?,
                ))
            });
            if let Some(place) = place {
                for (x, y) in between(before.unwrap_or(place), place) {
                    self.dot(x as usize, y, curve.style);
                }
            }
            before = place;
        }
    }

    fn dot(&mut self, x: usize, y: i64, style: Style) {
        const BITS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (across, down) = dots(self.script);
        let Ok(y) = usize::try_from(y) else { return };
        if let Some(cell) = self.cell(x / across, y / down) {
            cell.dots |= BITS[y % down][x % across];
            cell.style = style;
        }
    }

    /// Puts everything into the buffer. What is there stays where nothing is drawn.
    pub fn draw(&self, buffer: &mut Buffer) {
        let width = usize::from(self.field.width);
        for (at, cell) in self.cells.iter().enumerate() {
            let place = (self.field.x + (at % width) as u16, self.field.y + (at / width) as u16);
            let Some(out) = buffer.cell_mut(place) else { continue };
            let [upper, lower] = cell.bands;
            if cell.dots > 0 {
                let symbol = match self.script {
                    Script::Unicode => char::from_u32(0x2800 + cell.dots).unwrap_or(' '),
                    Script::Console | Script::Ascii => '-',
                };
                out.set_char(symbol).set_style(cell.style);
                if let Some(paper) = upper.or(lower) {
                    out.set_bg(paper);
                }
                continue;
            }
            // The cursor's line is in front of bands.
            if out.symbol() != " " {
                if let Some(paper) = upper.or(lower) {
                    out.set_bg(paper);
                }
                continue;
            }
            match (upper, lower) {
                (Some(upper), Some(lower)) if upper == lower => {
                    out.set_bg(upper);
                }
                (Some(upper), lower) => {
                    out.set_symbol("▀").set_fg(upper).set_bg(lower.unwrap_or(Color::Reset));
                }
                (None, Some(lower)) => {
                    out.set_symbol("▄").set_fg(lower);
                }
                (None, None) => {}
            }
        }
    }
}

/// What is seen where two bands overlap.
fn mixed(there: Option<Color>, colour: Color) -> Color {
    match (there, colour) {
        (Some(Color::Rgb(r, g, b)), Color::Rgb(red, green, blue)) => {
            Color::Rgb(r.midpoint(red), g.midpoint(green), b.midpoint(blue))
        }
        _ => colour,
    }
}

/// The dots of a straight line (Bresenham 1965), at most as many as the longer side.
fn between(from: (i64, i64), to: (i64, i64)) -> impl Iterator<Item = (i64, i64)> {
    // Beyond a few screens, the line's course is not seen.
    let clamp = |y: i64| y.clamp(-4096, 4096);
    let (from, to) = ((from.0, clamp(from.1)), (to.0, clamp(to.1)));
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1) as i64;
    let at =
        move |a: i64, b: i64, step: i64| a + ((b - a) * step * 2 + steps).div_euclid(2 * steps);
    (0..=steps).map(move |step| (at(from.0, to.0, step), at(from.1, to.1, step)))
}
