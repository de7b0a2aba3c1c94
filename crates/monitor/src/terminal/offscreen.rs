//! A screen in memory, for ratatui to draw on: what is sent to the terminal of it, and when, is
//! decided elsewhere.

use std::convert::Infallible;

use ratatui::{
    Frame, Terminal, TerminalOptions, Viewport,
    backend::{Backend, ClearType, WindowSize},
    buffer::{Buffer, Cell},
    layout::{Position, Rect, Size},
};

/// A screen in memory.
pub struct Offscreen(Terminal<NoTerminal>);

impl Offscreen {
    /// A blank screen.
    pub fn new(size: Size) -> Self {
        let viewport = Viewport::Fixed(Rect::new(0, 0, size.width, size.height));
        let Ok(terminal) = Terminal::with_options(NoTerminal(size), TerminalOptions { viewport });
        Self(terminal)
    }

    /// Draws on the blank screen; returns what `draw` does.
    pub fn draw<T>(&mut self, draw: impl FnOnce(&mut Frame) -> T) -> T {
        self.0.current_buffer_mut().reset();
        draw(&mut self.0.get_frame())
    }

    /// The cells that were drawn last.
    pub fn cells(&mut self) -> &mut Buffer {
        self.0.current_buffer_mut()
    }
}

/// A backend that shows nothing: of ratatui's terminal only the buffer is used.
struct NoTerminal(Size);

impl Backend for NoTerminal {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, _: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, _: P) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.0)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.0, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
