//! The frame shown, as files.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::app::App;
use crate::{
    art::{self, Canvas, Colors, Glyphs, Ink, Mosaic},
    event::Frame,
    image::Grey,
};

/// Pictures of a grid, across.
const COLUMNS: usize = 8;
/// Cells of a picture as text, across: 14 by 14 pixels in half blocks, and every pixel in octants.
const CELLS: usize = 14;

/// A frame, how it is drawn, and where it goes.
pub struct Shot {
    frame: Arc<Frame>,
    folder: PathBuf,
    glyphs: Glyphs,
    colors: Colors,
}

impl Shot {
    /// Of what is shown, if there is a frame.
    pub fn of(app: &App) -> Option<Self> {
        Some(Self {
            frame: app.run.frame.clone()?,
            folder: app.run.directory.join("exports"),
            glyphs: app.look.glyphs,
            colors: app.look.colors,
        })
    }

    /// Writes the grid as PNG, text and ANSI, and tells the three files.
    ///
    /// # Errors
    /// The file and the system's reason, in one line.
    pub fn write(&self) -> Result<Vec<PathBuf>, String> {
        let stem = self.folder.join(format!("{:08}", self.frame.iteration));
        let images = &self.frame.images;
        let columns = COLUMNS.min(images.len()).max(1);
        let mosaic = Mosaic { columns, rows: images.len().div_ceil(columns), width: CELLS };
        let canvas = |colors| art::draw(images, mosaic, self.glyphs, colors);
        let files = [
            ("png", png(&images.grid(columns))?),
            ("txt", canvas(Colors::None).text().into_bytes()),
            ("ans", ansi(&canvas(self.colors)).into_bytes()),
        ];
        fs::create_dir_all(&self.folder).map_err(|error| told(&self.folder, &error))?;
        files.into_iter().map(|(ending, bytes)| write(stem.with_extension(ending), &bytes)).collect()
    }
}

/// A grey PNG.
fn png(image: &Grey) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width as u32, image.height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&image.pixels));
    written.map_err(|error| format!("PNG: {error}"))?;
    Ok(bytes)
}

/// Cells with the sequences that colour them, for `cat` on a terminal.
fn ansi(canvas: &Canvas) -> String {
    let mut out = String::new();
    for row in canvas.rows() {
        let mut pen = (Ink::Default, Ink::Default);
        for cell in row {
            if pen != (cell.ink, cell.paper) {
                pen = (cell.ink, cell.paper);
                out.push_str(&format!("\x1b[{};{}m", code(cell.ink, 30), code(cell.paper, 40)));
            }
            out.push(cell.symbol);
        }
        out.push_str("\x1b[m\n");
    }
    out
}

fn code(ink: Ink, base: u8) -> String {
    match ink {
        Ink::Default => (base + 9).to_string(),
        Ink::Named(index) if index < 8 => (base + index).to_string(),
        Ink::Named(index) => (base + 52 + index).to_string(),
        Ink::Indexed(index) => format!("{};5;{index}", base + 8),
        Ink::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

/// Writes a file whole or not at all.
fn write(path: PathBuf, bytes: &[u8]) -> Result<PathBuf, String> {
    let part = path.with_extension("part");
    let written = fs::File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&part, &path));
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            let _ = fs::remove_file(&part);
            Err(told(&path, &error))
        }
    }
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
