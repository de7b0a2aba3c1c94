//! What is shown, and the run so far, as files.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use ratatui::{buffer::Buffer, layout::Size};

use crate::{
    panels,
    state::{app::App, message::Export},
    terminal::offscreen::Offscreen,
    theme,
};
use gan_tui_core::{
    files::{self, atomic},
    image::ImageBatch,
    text,
};
use gan_tui_store::{
    art::{self, Canvas, Cell, Colors, Glyphs, Mosaic, Room},
    export::{
        self, Content, ExportLayout, ExportSettings, Exporter, ansi, asciicast::Asciicast,
        canvas_svg, png::Png,
    },
    run::{Run, frames, paths},
};

/// Enlargement of the picture that is exported by itself.
const LARGE: usize = 8;
/// Frames a second of recordings.
const FPS: u32 = 20;

/// What is to be written, taken at one moment.
pub struct Shot {
    export: Export,
    iteration: u64,
    images: ImageBatch,
    selected: usize,
    /// Only where the screen is what is wanted.
    screen: Option<Canvas>,
    directory: PathBuf,
    title: String,
    glyphs: Glyphs,
    colors: Colors,
}

impl Shot {
    /// Of what is shown.
    ///
    /// # Errors
    /// Returns an error if there are no pictures.
    pub fn of(app: &App, export: Export) -> Result<Self, String> {
        let shown = panels::shown(app);
        let (iteration, images) = match (shown, export.needs_pictures()) {
            (Some(shown), _) => (shown.iteration, shown.images.into_owned()),
            (None, true) => return Err("no images yet".into()),
            (None, false) => (app.run.iteration(), ImageBatch::grey(1, 1, Vec::new())),
        };
        Ok(Self {
            export,
            iteration,
            images,
            selected: app.gallery.selected,
            screen: (!export.needs_pictures()).then(|| screen(app)),
            directory: app.run.directory.clone(),
            title: format!("{} to iteration {}", app.run.preset.name, app.run.iteration()),
            glyphs: app.look.glyphs,
            colors: app.look.colors,
        })
    }

    /// Writes it and tells the files; meanwhile, how much of a long work is done, from 0 to 1.
    ///
    /// # Errors
    /// The file and the system's reason, in one line.
    pub fn write(&self, progress: &mut dyn FnMut(f32)) -> Result<Vec<PathBuf>, String> {
        let exports: &[Export] = match self.export {
            Export::Pictures => &[Export::Png, Export::Text, Export::Ansi],
            _ => std::slice::from_ref(&self.export),
        };
        let (folder, prefix) = self.destination()?;
        let path = |export| folder.join(format!("{prefix}{}", self.name(export)));
        exports.iter().map(|&export| self.write_one(export, path(export), progress)).collect()
    }

    /// Returns where files go, and what their names begin with: the run's own folder, or if nothing
    /// can be written there, the present folder, with the run in the names.
    fn destination(&self) -> Result<(PathBuf, String), String> {
        let own = self.directory.join(paths::EXPORTS);
        let Err(error) = files::create_folders(&own).and_then(|()| atomic::trial(&own)) else {
            return Ok((own, String::new()));
        };
        let present = env::current_dir().and_then(|here| atomic::trial(&here).map(|()| here));
        match present {
            Ok(here) => Ok((here, format!("{}-", self.run_name()))),
            Err(also) => Err(format!(
                "{}; and into the present folder: {}",
                told(&own, &error),
                files::reason(&also)
            )),
        }
    }

    fn run_name(&self) -> String {
        let whole = fs::canonicalize(&self.directory).unwrap_or_else(|_| self.directory.clone());
        whole.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
    }

    fn write_one(
        &self,
        export: Export,
        path: PathBuf,
        progress: &mut dyn FnMut(f32),
    ) -> Result<PathBuf, String> {
        let bytes = match export {
            Export::Pictures | Export::Png => still(&self.images)?,
            Export::Svg => canvas_svg::document(&self.canvas(Colors::Truecolor)).into_bytes(),
            Export::Text => self.canvas(Colors::None).text().into_bytes(),
            Export::Ansi => ansi::canvas(&self.canvas(self.colors)).into_bytes(),
            Export::OnePng => self.one()?,
            Export::Gif => return self.of_run(path, ExportSettings::default(), progress),
            Export::Csv => return self.of_run(path, ExportSettings::default(), progress),
            Export::Chart => {
                let settings =
                    ExportSettings { layout: ExportLayout::Chart, ..ExportSettings::default() };
                return self.of_run(path, settings, progress);
            }
            Export::Asciicast => self.asciicast(progress)?,
            Export::ScreenText => {
                self.screen.as_ref().map(Canvas::text).unwrap_or_default().into_bytes()
            }
            Export::ScreenSvg => {
                self.screen.as_ref().map(canvas_svg::document).unwrap_or_default().into_bytes()
            }
        };
        atomic::write(&path, &bytes).map_err(|error| told(&path, &error))?;
        Ok(path)
    }

    fn name(&self, export: Export) -> String {
        let iteration = self.iteration;
        match export {
            Export::Pictures | Export::Png => format!("{iteration:08}.png"),
            Export::Svg => format!("{iteration:08}.svg"),
            Export::Text => format!("{iteration:08}.txt"),
            Export::Ansi => format!("{iteration:08}.ans"),
            Export::OnePng => format!("{iteration:08}-{}.png", self.selected),
            Export::Gif => "run.gif".into(),
            Export::Csv => "metrics.csv".into(),
            Export::Chart => "chart.svg".into(),
            Export::Asciicast => "run.cast".into(),
            Export::ScreenText => format!("screen-{iteration:08}.txt"),
            Export::ScreenSvg => format!("screen-{iteration:08}.svg"),
        }
    }

    /// The pictures as cells; without glyphs that hold pixels there is nothing for colours to tell.
    fn canvas(&self, colors: Colors) -> Canvas {
        let columns = columns(&self.images);
        let mosaic = Mosaic {
            columns,
            rows: self.images.len().div_ceil(columns),
            width: cells(&self.images),
        };
        let glyphs = if self.glyphs == Glyphs::Ascii && colors != Colors::None {
            Glyphs::Half
        } else {
            self.glyphs
        };
        art::draw(&self.images, mosaic, glyphs, colors)
    }

    fn one(&self) -> Result<Vec<u8>, String> {
        let selected = self.selected.min(self.images.len().saturating_sub(1));
        Png.encode(&self.images.get(selected), LARGE).map_err(|error| error.to_string())
    }

    /// Writes what the command `export` writes of the run so far.
    fn of_run(
        &self,
        path: PathBuf,
        settings: ExportSettings,
        progress: &mut dyn FnMut(f32),
    ) -> Result<PathBuf, String> {
        let run = Run::open(&self.directory).map_err(|error| error.to_string())?;
        export::export(&run, &settings, &export::builtin(), &path, &mut |done, of| {
            progress(done as f32 / of.max(1) as f32)
        })
        .map_err(|error| error.to_string())?;
        Ok(path)
    }

    fn asciicast(&self, progress: &mut dyn FnMut(f32)) -> Result<Vec<u8>, String> {
        let run = Run::open(&self.directory).map_err(|error| error.to_string())?;
        let count = run.frames().len();
        // A frame that cannot be read is left out; one that can is enough.
        let mut frames = run.frames().iter().enumerate().filter_map(|(done, &iteration)| {
            progress(done as f32 / count as f32);
            Some(Ok(run.frame(iteration).ok()?.images))
        });
        let content = Content::Sequence { frames: &mut frames, title: &self.title };
        Asciicast
            .export(content, &ExportSettings { fps: FPS, ..ExportSettings::default() })
            .map_err(|error| format!("{}: {error}", text::shown(&self.directory)))
    }
}

/// Returns a row of the newest images as the terminal shows them; `None` before they are more than
/// noise, or where there are no colours to tell them by.
pub fn last_row(app: &App) -> Option<String> {
    const COUNT: usize = 6;
    const EARLY: u64 = 50;
    let frame = app.run.frame().filter(|frame| frame.iteration >= EARLY)?;
    let count = COUNT.min(frame.images.len());
    let side = frame.images.width.max(frame.images.height);
    let room = Room { width: usize::from(app.size.0.min(78)) / count, height: 6 };
    let width = *art::sizes(side, room, app.look.glyphs).last()?;
    let mosaic = Mosaic { columns: count, rows: 1, width };
    let canvas = art::draw(&frame.images, mosaic, app.look.glyphs, app.look.colors);
    Some(ansi::canvas(&canvas))
}

/// Cells of a picture across, an even number: every pixel in quadrants.
fn cells(images: &ImageBatch) -> usize {
    images.width.div_ceil(4) * 2
}

fn columns(images: &ImageBatch) -> usize {
    frames::COLUMNS.min(images.len()).max(1)
}

fn still(images: &ImageBatch) -> Result<Vec<u8>, String> {
    Png.encode(&images.grid(columns(images)), 1).map_err(|error| error.to_string())
}

/// The whole monitor as it is shown.
fn screen(app: &App) -> Canvas {
    let mut screen = Offscreen::new(Size::new(app.size.0, app.size.1));
    screen.draw(|frame| panels::draw(frame, app));
    canvas(screen.cells())
}

fn canvas(buffer: &Buffer) -> Canvas {
    let reversed =
        |cell: &ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
    let cell = |cell: &ratatui::buffer::Cell| {
        let (ink, paper) = (theme::ink(cell.fg), theme::ink(cell.bg));
        let symbol = cell.symbol().chars().next().unwrap_or(' ');
        if !reversed(cell) {
            return Cell { symbol, ink, paper };
        }
        // The terminal's own colours have no names to be swapped by.
        let named = |ink, default| if ink == art::Ink::Default { default } else { ink };
        Cell {
            symbol,
            ink: named(paper, art::Ink::Indexed(233)),
            paper: named(ink, art::Ink::Indexed(252)),
        }
    };
    let (width, height) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    Canvas { width, height, cells: buffer.content.iter().map(cell).collect() }
}

fn told(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {}", text::shown(path), files::reason(error))
}
