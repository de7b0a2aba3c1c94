//! A chart: connected lines in front of the pale bands of what was measured, over two axes with
//! round numbers. It is given plain numbers and knows of no run.
//!
//! ```text
//! 1    ⢀⡀⣀           band: from the least to the greatest value of each column
//!     ⠈ ⠈⠑⠢⣀⡀  G    line: their smoothed mean, with its mark at the end
//! 0.5       ⠈⠑⠒
//! 0
//!      1   5,000  10,905
//! ```

mod across;
mod grid;
mod scale;
mod steps;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Style},
};

use crate::terminal::capability::Script;
pub use across::Across;
use grid::Grid;
pub use scale::Scale;

/// Columns that the numbers of the vertical axis take.
const LABELS: u16 = 6;
/// Columns between two marks on a line that no colour tells from the others.
const MARK_EVERY: usize = 24;

/// One line of a chart.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Is put at the line's end, and on the line where there are no colours.
    pub mark: char,
    pub style: Style,
    /// The colour of the band from the least to the greatest values, if it is shown.
    pub band: Option<Color>,
    /// From left to right; the line is broken at `None`.
    pub points: Vec<Option<Point>>,
}

/// A place of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From 0 at the left to 1 at the right.
    pub x: f64,
    /// The least value there.
    pub low: f32,
    /// What the line goes through.
    pub value: f32,
    /// The greatest value there.
    pub high: f32,
}

impl Point {
    /// A single value.
    pub fn flat(x: f64, value: f32) -> Self {
        Self { x, low: value, value, high: value }
    }
}

/// A horizontal line for comparison.
#[derive(Debug, Clone, Copy)]
pub struct Guide {
    pub value: f32,
    pub style: Style,
}

/// A chart without what is around it.
pub struct Chart<'a> {
    pub curves: &'a [Curve],
    pub guide: Option<Guide>,
    pub scale: &'a Scale,
    /// The horizontal axis; without one, there are no labels at all.
    pub across: Option<&'a Across>,
    /// Where values are read off: a share of the width.
    pub cursor: Option<f64>,
    pub look: ChartStyle,
}

/// Characters and colours of a chart.
#[derive(Debug, Clone, Copy)]
pub struct ChartStyle {
    pub script: Script,
    pub vertical: &'static str,
    pub faint: Style,
    /// Whether lines differ by colour.
    pub has_colours: bool,
}

/// Returns the part of a chart's area that the lines are in, without the axes' labels.
pub fn field(area: Rect) -> Rect {
    let labels = LABELS.min(area.width);
    let height = area.height.saturating_sub(1);
    Rect { x: area.x + labels, width: area.width - labels, height, ..area }
}

/// Returns how many columns of values lines of this width show.
pub fn columns(width: u16, script: Script) -> usize {
    usize::from(width) * dots(script).0
}

/// Dots across and down a cell.
fn dots(script: Script) -> (usize, usize) {
    if script == Script::Unicode { (2, 4) } else { (1, 1) }
}

impl Chart<'_> {
    /// Draws axes and lines.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) {
        let field = if self.across.is_some() { field(area) } else { area };
        if field.width == 0 || field.height == 0 {
            return;
        }
        if let Some(across) = self.across {
            self.labels(buffer, area, field, across);
        }
        self.draw_cursor(buffer, field);
        let mut grid = Grid::new(field, self.look.script);
        for curve in self.curves {
            grid.band(curve, self.scale);
        }
        if let Some(guide) = self.guide {
            grid.guide(guide, self.scale);
        }
        match self.look.script {
            Script::Unicode => self.curves.iter().for_each(|curve| grid.line(curve, self.scale)),
            Script::Console | Script::Ascii => {}
        }
        grid.draw(buffer);
        if self.look.script != Script::Unicode {
            for curve in self.curves {
                steps::draw(buffer, field, curve, self.scale, self.look.script);
            }
        }
        if !self.look.has_colours {
            (0..self.curves.len()).for_each(|at| self.marks_along(buffer, field, at));
        }
        self.marks_at_ends(buffer, field);
        self.curves.iter().for_each(|curve| self.cut(buffer, field, curve));
    }

    fn labels(&self, buffer: &mut Buffer, area: Rect, field: Rect, across: &Across) {
        let style = self.look.faint;
        for (row, text) in self.scale.labels() {
            let text = format!("{text:>width$}", width = usize::from(LABELS - 1));
            buffer.set_stringn(area.x, field.y + row, text, usize::from(LABELS), style);
        }
        for (column, text) in across.labels(field.width) {
            buffer.set_string(field.x + column, field.bottom(), text, style);
        }
    }

    fn draw_cursor(&self, buffer: &mut Buffer, field: Rect) {
        let Some(cursor) = self.cursor else { return };
        let x = field.x + (cursor.clamp(0.0, 1.0) * f64::from(field.width - 1)).round() as u16;
        (field.top()..field.bottom()).for_each(|y| {
            buffer[(x, y)].set_symbol(self.look.vertical).set_style(self.look.faint);
        });
    }

    /// The cell of a point, if it is in the field: column from the left and row from the top.
    fn cell(&self, field: Rect, point: &Point) -> Option<(u16, i64)> {
        let row = self.scale.place(point.value, 1)?;
        (0..i64::from(field.height)).contains(&row).then(|| (column(field, point), row))
    }

    /// Puts each curve's mark at its end; where several end together, one above the other in the
    /// order of their values.
    fn marks_at_ends(&self, buffer: &mut Buffer, field: Rect) {
        let ends = self.curves.iter().filter_map(|curve| {
            let last = curve.points.iter().flatten().next_back()?;
            self.cell(field, last).map(|(x, row)| (x, row, last.value, curve))
        });
        let mut ends: Vec<_> = ends.collect();
        ends.sort_by(|one, other| one.0.cmp(&other.0).then(other.2.total_cmp(&one.2)));
        for together in ends.chunk_by(|one, other| one.0 == other.0) {
            let wanted: Vec<i64> = together.iter().map(|end| end.1).collect();
            for ((x, .., curve), row) in together.iter().zip(apart(&wanted, field.height)) {
                buffer[(*x, field.y + row)].set_char(curve.mark).set_style(curve.style);
            }
        }
    }

    /// Puts a curve's mark along it, where there are no colours to distinguish it.
    fn marks_along(&self, buffer: &mut Buffer, field: Rect, at: usize) {
        let curve = &self.curves[at];
        // Marks of different lines are beside one another.
        let first = MARK_EVERY / 2 + at * MARK_EVERY / self.curves.len().max(1);
        for column in (first..usize::from(field.width)).step_by(MARK_EVERY) {
            let x = column as f64 / f64::from(field.width.max(2) - 1);
            let point = curve.points.iter().flatten().find(|point| point.x >= x);
            if let Some((x, row)) = point.and_then(|point| self.cell(field, point)) {
                buffer[(x, field.y + row as u16)].set_char(curve.mark).set_style(curve.style);
            }
        }
    }

    /// Marks once where a curve or its band is highest above the axis.
    fn cut(&self, buffer: &mut Buffer, field: Rect, curve: &Curve) {
        if self.scale.cut().0.is_none() {
            return;
        }
        let reach = |point: &Point| if curve.band.is_some() { point.high } else { point.value };
        let is_above =
            |point: &&Point| self.scale.place(reach(point), 1).is_some_and(|row| row < 0);
        let highest = curve.points.iter().flatten().filter(is_above);
        let Some(point) = highest.max_by(|one, other| reach(one).total_cmp(&reach(other))) else {
            return;
        };
        let arrow = if self.look.script == Script::Unicode { "↑" } else { "^" };
        buffer[(column(field, point), field.y)].set_symbol(arrow).set_style(curve.style);
    }
}

/// The column of the screen that a point is in.
fn column(field: Rect, point: &Point) -> u16 {
    field.x + (point.x.clamp(0.0, 1.0) * f64::from(field.width - 1)).round() as u16
}

#[cfg(test)]
mod tests;

/// Rows near the wanted ones, which go down, no two the same while there is room: those that meet are
/// spread around the mean of what they want.
fn apart(wanted: &[i64], height: u16) -> Vec<u16> {
    // First row wanted by a group, its members, and the sum of what they want.
    let mut groups: Vec<(i64, i64, i64)> = Vec::new();
    let height = i64::from(height);
    let start = |members: i64, sum: i64| {
        let first = (2 * sum - members * (members - 1)).div_euclid(2 * members);
        first.clamp(0, (height - members).max(0))
    };
    for &row in wanted {
        let (mut members, mut sum) = (1, row);
        while let Some(&(first, before, wanted)) = groups.last()
            && first + before > start(members, sum)
        {
            groups.pop();
            // Each wants the row that its place in the group leaves for the first.
            (members, sum) = (members + before, sum + wanted);
        }
        groups.push((start(members, sum), members, sum));
    }
    let rows = groups.iter().flat_map(|&(first, members, _)| first..first + members);
    rows.map(|row| row.min(height - 1) as u16).collect()
}
