//! Pieces that several views are made of.

use std::ops::Range;

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Block,
};

use super::{
    chart::ChartStyle,
    symbols::{self, Symbols},
};
use crate::{
    state::{
        app::{App, Look},
        panel::PanelId,
        stretch::Stretch,
    },
    terminal::pixels::{Picture, Protocol},
    theme::{Role, color},
};
use gan_tui_core::image::{Image, ImageBatch};
use gan_tui_store::art::{self, Apart, Canvas, Cell, Mosaic, Room};

/// The characters this terminal shows.
pub fn symbols(app: &App) -> &'static Symbols {
    symbols::of(app.look.capabilities.script)
}

/// Returns the part of the run that the charts show.
pub fn stretch(app: &App) -> Option<Stretch> {
    app.run.history.stretch(app.look.window, app.look.chart.axis)
}

/// Returns characters and colours of the charts.
pub fn chart_style(app: &App) -> ChartStyle {
    style_of_charts(&app.look)
}

/// The same for any look.
pub fn style_of_charts(look: &Look) -> ChartStyle {
    ChartStyle {
        script: look.capabilities.script,
        vertical: symbols::of(look.capabilities.script).border.vertical_left,
        faint: look.theme.style(Role::Faint),
        has_colours: look.theme.has_colours(),
    }
}

/// Draws a border with a title, marked if the panel has the focus. Returns the area inside.
pub fn bordered(
    frame: &mut Frame,
    area: Rect,
    app: &App,
    which: Option<PanelId>,
    title: &str,
    aside: &str,
) -> Rect {
    let focused = which == Some(app.focus) && app.overlay.is_none();
    framed(frame, area, &app.look, focused, title, aside)
}

/// The same for any look.
pub fn framed(
    frame: &mut Frame,
    area: Rect,
    look: &Look,
    focused: bool,
    title: &str,
    aside: &str,
) -> Rect {
    let (theme, symbols) = (&look.theme, symbols::of(look.capabilities.script));
    let pointer = if focused { symbols.pointer } else { "" };
    let mut block = Block::bordered()
        .border_set(symbols.border)
        .border_style(theme.style(if focused { Role::Accent } else { Role::Border }))
        .title(Span::styled(format!("{pointer} {title} "), theme.strong(Role::Accent)));
    let used = title.chars().count() + aside.chars().count() + 8;
    if !aside.is_empty() && used <= usize::from(area.width) {
        block = block
            .title(Line::styled(format!(" {aside} "), theme.style(Role::Faint)).right_aligned());
    }
    let inside = block.inner(area);
    frame.render_widget(block, area);
    // One column of air on either side.
    Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside }
}

/// A line with something on the left and something on the right; where both do not fit, the left
/// keeps what the right leaves.
pub fn ends(frame: &mut Frame, area: Rect, left: Line, right: Line) {
    let width = (right.width() as u16).min(area.width);
    frame.render_widget(right, Rect { x: area.right() - width, width, height: 1, ..area });
    let rest = area.width.saturating_sub(width + u16::from(width > 0));
    frame.render_widget(left, Rect { width: rest, height: 1, ..area });
}

/// A bar chart without axes: one column a value, its height from `low` to `high`, as many steps a
/// row as there are bars. Nothing where there is no value.
pub fn bars(
    buffer: &mut Buffer,
    area: Rect,
    values: &[Option<f32>],
    (low, high): (f32, f32),
    symbols: &Symbols,
    style: Style,
) {
    let steps = symbols.bars.len() - 1;
    let full = steps * usize::from(area.height);
    let range = if high > low { high - low } else { 1.0 };
    for (x, value) in (area.left()..area.right()).zip(values) {
        let Some(value) = value else { continue };
        // Every value is visible: never less than the lowest bar.
        let height =
            (((value - low) / range).clamp(0.0, 1.0) * full as f32).round().max(1.0) as usize;
        for (row, y) in (area.top()..area.bottom()).rev().enumerate() {
            let step = height.saturating_sub(row * steps).min(steps);
            if step > 0
                && let Some(cell) = buffer.cell_mut((x, y))
            {
                cell.set_symbol(symbols.bars[step]).set_style(style);
            }
        }
    }
}

/// Puts a drawn picture in the middle of an area.
pub fn picture(buffer: &mut Buffer, area: Rect, canvas: &Canvas) {
    let Rect { x: left, y: top, .. } = place_of_picture(area, canvas.width, canvas.height);
    for (y, row) in (top..area.bottom()).zip(canvas.rows()) {
        for (x, drawn) in (left..area.right()).zip(row) {
            draw_cell(buffer, (x, y), drawn);
        }
    }
}

fn draw_cell(buffer: &mut Buffer, at: (u16, u16), drawn: &Cell) {
    if let Some(cell) = buffer.cell_mut(at) {
        cell.set_char(drawn.symbol).set_fg(color(drawn.ink)).set_bg(color(drawn.paper));
    }
}

/// Returns the part of an area that a canvas of this size has in [`picture`].
pub fn place_of_picture(area: Rect, width: usize, height: usize) -> Rect {
    let (width, height) = (width as u16, height as u16);
    let left = area.x + area.width.saturating_sub(width) / 2;
    let top = area.y + area.height.saturating_sub(height) / 2;
    Rect::new(left, top, width, height)
}

/// Cells across from which on a picture made of pixels is made out.
const READABLE: usize = 6;

/// Returns how square pictures are laid out in an area; `None` if there is no room for one.
pub fn mosaic(
    look: &Look,
    zoom: i32,
    count: usize,
    images: &ImageBatch,
    area: Rect,
) -> Option<Mosaic> {
    let room = Room { width: usize::from(area.width), height: usize::from(area.height) };
    let readable = look.pixels().map_or(look.glyphs.readable_columns(), |_| READABLE);
    let apart = Apart { readable, gap: usize::from(images.channels > 1) };
    let side = images.width.max(images.height);
    Mosaic::fit_apart(count, side, room, look.glyphs, apart, zoom)
}

/// Where the pictures of a mosaic are in an area: in its middle, with gaps between them where that
/// takes nothing from them.
struct Grid {
    left: u16,
    top: u16,
    /// Cells of a picture.
    size: (u16, u16),
    /// Cells between two of them.
    gap: (u16, u16),
    columns: u16,
}

impl Grid {
    fn new(look: &Look, area: Rect, mosaic: Mosaic) -> Self {
        let size = (mosaic.width as u16, mosaic.height() as u16);
        let count = (mosaic.columns as u16, mosaic.rows as u16);
        let all = (count.0 * size.0, count.1 * size.1);
        // Pictures beside one another are one image there.
        let is_merged = matches!(look.pixels(), Some(Protocol::Sixel(sixels)) if sixels.few_images);
        let between = (count.0.saturating_sub(1), count.1.saturating_sub(1));
        // A row is as high as two columns are wide. Gaps between rows alone would look like stripes.
        const GAPS: [(u16, u16); 3] = [(2, 1), (1, 1), (1, 0)];
        let fits = |(across, down): (u16, u16)| {
            all.0 + across * between.0 <= area.width && all.1 + down * between.1 <= area.height
        };
        let gap = match is_merged {
            true => (0, u16::from(fits((0, 1)))),
            false => GAPS.into_iter().find(|&gap| fits(gap)).unwrap_or_default(),
        };
        let all = (all.0 + gap.0 * between.0, all.1 + gap.1 * between.1);
        let Rect { x: left, y: top, .. } =
            place_of_picture(area, usize::from(all.0), usize::from(all.1));
        Self { left, top, size, gap, columns: count.0 }
    }

    /// Returns the cells of a picture.
    fn place(&self, at: u16) -> Rect {
        let (column, row) = (at % self.columns.max(1), at / self.columns.max(1));
        let (width, height) = self.size;
        let (x, y) = (column * (width + self.gap.0), row * (height + self.gap.1));
        Rect::new(self.left + x, self.top + y, width, height)
    }
}

/// Draws the first images as a mosaic in the middle of an area.
pub fn draw_mosaic(
    buffer: &mut Buffer,
    area: Rect,
    look: &Look,
    mosaic: Mosaic,
    images: &ImageBatch,
) {
    let grid = Grid::new(look, area, mosaic);
    let canvas = art::draw(images, mosaic, look.glyphs, look.colors);
    let (width, height) = (mosaic.width.max(1), mosaic.height().max(1));
    for (y, row) in canvas.rows().enumerate() {
        for (x, cell) in row.iter().enumerate() {
            let place = grid.place((y / height * mosaic.columns + x / width) as u16);
            let at = (place.x + (x % width) as u16, place.y + (y % height) as u16);
            if area.contains(at.into()) {
                draw_cell(buffer, at, cell);
            }
        }
    }
}

/// Returns some images as [`draw_mosaic`] places them.
pub fn pictures_of(
    area: Rect,
    look: &Look,
    mosaic: Mosaic,
    images: &ImageBatch,
    range: Range<usize>,
) -> Vec<Picture> {
    let grid = Grid::new(look, area, mosaic);
    let shown = range.take(mosaic.columns * mosaic.rows).enumerate();
    let picture = |(at, index): (usize, usize)| Picture {
        area: grid.place(at as u16),
        image: Image::new(images.shape(), images.picture(index).to_vec()),
    };
    shown.map(picture).collect()
}

/// The middle of an area, at most `width` by `height`.
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
