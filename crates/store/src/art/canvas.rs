//! Coloured character cells: what a picture becomes.

/// A colour as a terminal is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ink {
    /// The terminal's own foreground or background.
    #[default]
    Default,
    /// One of the 16 named colours, 0 (black) to 15 (bright white).
    Named(u8),
    /// One of xterm's 256 colours.
    Indexed(u8),
    /// 24 bits: red, green, blue.
    Rgb(u8, u8, u8),
}

/// One character with the colours of its strokes and of what is behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub symbol: char,
    pub ink: Ink,
    pub paper: Ink,
}

impl Default for Cell {
    fn default() -> Self {
        Self { symbol: ' ', ink: Ink::Default, paper: Ink::Default }
    }
}

/// A rectangle of cells, rows from the top.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// `width * height` cells.
    pub cells: Vec<Cell>,
}

impl Canvas {
    /// A canvas of blank cells in the terminal's own colours.
    pub fn blank(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![Cell::default(); width * height] }
    }

    /// The rows, from the top.
    pub fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks_exact(self.width.max(1))
    }

    /// The characters alone, a line a row, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(self.cells.len() * 3);
        for row in self.rows() {
            let line: String = row.iter().map(|cell| cell.symbol).collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
