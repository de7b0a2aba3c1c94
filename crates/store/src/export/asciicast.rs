//! Asciicast (version 2): frames as a recording of a terminal, each as the cells that changed.

use std::fmt::Write;

use super::{
    Content, ContentKind, ExportError, ExportOption, ExportSettings, Exporter, animation, ansi,
};
use crate::{
    art::{self, Canvas, Cell, Colors, Glyphs, Mosaic},
    run::frames,
};
use gan_tui_core::image::ImageBatch;

/// The most cells of a picture across, so that eight in a row fit a terminal.
const MOST_CELLS: usize = 16;

/// Cells of a picture across, an even number: every pixel in quadrants, as far as there is room.
fn cells(side: usize) -> usize {
    (side.div_ceil(4) * 2).clamp(2, MOST_CELLS)
}

pub struct Asciicast;

impl Exporter for Asciicast {
    fn name(&self) -> &'static str {
        "asciicast"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["cast"]
    }

    fn about(&self) -> &'static str {
        "an animation for a terminal (asciinema)"
    }

    fn takes(&self) -> &'static [ContentKind] {
        &[ContentKind::Sequence]
    }

    fn options(&self) -> &'static [ExportOption] {
        &[ExportOption::Fps, ExportOption::Latent]
    }

    fn export(
        &self,
        content: Content<'_>,
        settings: &ExportSettings,
    ) -> Result<Vec<u8>, ExportError> {
        match content {
            Content::Sequence { frames, title } => {
                let mut recording: Option<Recording> = None;
                for frame in frames {
                    let frame = frame?;
                    let new = || {
                        let columns = frames::columns(&frame);
                        Recording::new(&frame, columns, settings.fps, title)
                    };
                    recording.get_or_insert_with(new).push(&frame);
                }
                Ok(recording.ok_or(ExportError::NoFrames)?.finish())
            }
            other => Err(self.does_not_take(other.kind())),
        }
    }
}

/// Writes a recording frame by frame.
pub struct Recording {
    out: String,
    shown: Option<Canvas>,
    /// Of how many cells a picture is across.
    cells: usize,
    columns: usize,
    fps: u32,
    frames: u64,
}

impl Recording {
    /// A recording of frames of as many pictures as `first`, and of their size, in rows of
    /// `columns`, `fps` frames a second.
    pub fn new(first: &ImageBatch, columns: usize, fps: u32, title: &str) -> Self {
        let (count, cells) = (first.len(), cells(first.width.max(first.height)));
        let columns = columns.clamp(1, count.max(1));
        let (width, height) = (columns * cells, count.div_ceil(columns) * cells / 2);
        let header =
            serde_json::json!({ "version": 2, "width": width, "height": height, "title": title });
        Self { out: format!("{header}\n"), shown: None, cells, columns, fps: fps.max(1), frames: 0 }
    }

    /// Adds the next frame.
    pub fn push(&mut self, stack: &ImageBatch) {
        let mosaic = Mosaic {
            columns: self.columns,
            rows: stack.len().div_ceil(self.columns),
            width: self.cells,
        };
        // Greys take half the bytes among 256 colours; other colours would be too coarse.
        let colors = if stack.channels == 1 { Colors::Indexed } else { Colors::Truecolor };
        let canvas = art::draw(stack, mosaic, Glyphs::Quadrant, colors);
        let told = match &self.shown {
            None => format!(
                "\x1b[?25l\x1b[2J\x1b[H{}",
                ansi::canvas(&canvas).trim_end().replace('\n', "\r\n")
            ),
            Some(shown) => difference(shown, &canvas),
        };
        if !told.is_empty() {
            let seconds = self.frames as f64 / f64::from(self.fps);
            // Writing to a string cannot fail.
            let _ = writeln!(self.out, "{}", serde_json::json!([seconds, "o", told]));
        }
        self.shown = Some(canvas);
        self.frames += 1;
    }

    /// The bytes of the file. A player ends, or begins again, with the last event: one that changes
    /// nothing follows the last frame, so that this is seen as long as the last one of a GIF.
    pub fn finish(mut self) -> Vec<u8> {
        if self.frames > 0 {
            let stays = f64::from(animation::LAST) / 100.0;
            let end = self.frames as f64 / f64::from(self.fps) + stays;
            let _ = writeln!(self.out, "{}", serde_json::json!([end, "o", "\x1b[m"]));
        }
        self.out.into_bytes()
    }
}

/// The cells that changed, a run at a time.
fn difference(before: &Canvas, after: &Canvas) -> String {
    let mut out = String::new();
    for (y, (before, after)) in before.rows().zip(after.rows()).enumerate() {
        let mut x = 0;
        while x < after.len() {
            let run: Vec<Cell> = before[x..]
                .iter()
                .zip(&after[x..])
                .take_while(|(before, after)| before != after)
                .map(|(_, cell)| *cell)
                .collect();
            if !run.is_empty() {
                let _ = write!(out, "\x1b[{};{}H", y + 1, x + 1);
                let run = Canvas { width: run.len(), height: 1, cells: run };
                out.push_str(ansi::canvas(&run).trim_end_matches('\n'));
                x += run.width;
            }
            x += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_player_shows_the_last_frame() {
        let frame = |shade: u8| {
            ImageBatch::grey(
                28,
                28,
                (0..2 * 784).map(|at| if at % 5 == 0 { shade } else { 0 }).collect(),
            )
        };
        let mut recording = Recording::new(&frame(10), 8, 10, "a \"run\"");
        [frame(10), frame(10), frame(240)].iter().for_each(|frame| recording.push(frame));
        let text = String::from_utf8(recording.finish()).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            (lines[0]["version"].as_u64(), lines[0]["width"].as_u64(), lines[0]["height"].as_u64()),
            (Some(2), Some(28), Some(7))
        );
        assert_eq!(lines.len(), 4, "a frame like the one before tells nothing");
        assert_eq!(lines[2][0].as_f64(), Some(0.2));
        assert_eq!(lines[3][0].as_f64(), Some(1.8), "the last frame stays");
        let terminal = |told: &[&str]| {
            let mut terminal = vt100::Parser::new(7.try_into().unwrap(), 28.try_into().unwrap(), 0);
            told.iter().for_each(|told| terminal.process(told.as_bytes()));
            let cell = |at: u16| {
                terminal
                    .screen()
                    .cell(at / 28, at % 28)
                    .map(|cell| (cell.contents().to_owned(), cell.bgcolor()))
            };
            (0..7 * 28).map(cell).collect::<Vec<_>>()
        };
        let mut alone = Recording::new(&frame(240), 8, 10, "");
        alone.push(&frame(240));
        let alone: serde_json::Value =
            serde_json::from_slice(alone.finish().split(|byte| *byte == b'\n').nth(1).unwrap())
                .unwrap();
        let told: Vec<&str> = lines[1..].iter().map(|line| line[2].as_str().unwrap()).collect();
        let played = terminal(&told);
        assert_eq!(played, terminal(&[alone[2].as_str().unwrap()]));
    }
}
