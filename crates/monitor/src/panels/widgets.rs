//! Pieces that several views are made of.

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
    theme::{Role, color},
};
use gan_tui_store::art::Canvas;

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
    let left = area.x + area.width.saturating_sub(canvas.width as u16) / 2;
    let top = area.y + area.height.saturating_sub(canvas.height as u16) / 2;
    for (y, row) in (top..area.bottom()).zip(canvas.rows()) {
        for (x, drawn) in (left..area.right()).zip(row) {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(drawn.symbol).set_fg(color(drawn.ink)).set_bg(color(drawn.paper));
            }
        }
    }
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
