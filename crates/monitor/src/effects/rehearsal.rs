//! A monitor without a terminal, shown a run that is made up: for measuring how fast it draws.

use std::sync::Arc;

use ratatui::layout::Size;

use crate::{
    panels,
    state::{app::App, message::Message, run::Run},
    terminal::{
        capability::{Capabilities, Dialect, Script},
        painter::Painter,
    },
    update::update,
};
use gan_tui_core::{
    event::{DatasetInfo, Event, Frame, Metrics, Series, Started},
    image::{ImageBatch, ImageShape, to_byte},
    preset::Preset,
};
use gan_tui_store::art::{Colors, Glyphs};

/// What a good terminal shows.
const GOOD: Capabilities = Capabilities {
    script: Script::Unicode,
    glyphs: Glyphs::Quadrant,
    colors: Colors::Truecolor,
    dialect: Dialect::Xterm,
    is_chosen: false,
    pictures: None,
    may_have_pixels: false,
    tmux: false,
    shows_progress: false,
    remote: false,
};

/// A monitor in front of a run of so many iterations.
pub struct Rehearsal {
    app: App,
    painter: Painter,
    iteration: u64,
    /// Pictures to be shown in turns.
    pictures: [ImageBatch; 2],
}

impl Rehearsal {
    /// After `iterations`, on a screen of `columns` by `rows` cells.
    pub fn new(iterations: u64, size: (u16, u16)) -> Self {
        Self::showing([pictures(40), pictures(400)], iterations, size)
    }

    /// The same with colour images.
    pub fn in_colour(iterations: u64, size: (u16, u16)) -> Self {
        Self::showing([colour_pictures(40), colour_pictures(400)], iterations, size)
    }

    fn showing(pictures: [ImageBatch; 2], iterations: u64, (columns, rows): (u16, u16)) -> Self {
        let run = Run::new(
            Preset { iterations: iterations * 2, ..Preset::default() },
            "runs/rehearsal".into(),
            None,
        );
        let mut rehearsal = Self {
            app: App::new(run, Vec::new(), GOOD),
            painter: Painter::new(Size::new(columns, rows)),
            iteration: 0,
            pictures,
        };
        rehearsal.hear(started());
        update(&mut rehearsal.app, Message::Resized(columns, rows));
        (0..iterations).for_each(|_| rehearsal.iterate());
        rehearsal.show();
        rehearsal
    }

    fn hear(&mut self, event: Event) {
        update(&mut self.app, Message::Event(event));
    }

    /// The next iteration.
    pub fn iterate(&mut self) {
        self.iteration += 1;
        self.hear(Event::Metrics(metrics(self.iteration)));
    }

    /// Other pictures.
    pub fn show(&mut self) {
        self.pictures.swap(0, 1);
        let frame = Frame { iteration: self.iteration, images: self.pictures[0].clone() };
        self.hear(Event::Frame(Arc::new(frame)));
    }

    /// From the state to the bytes that show it, pictures included; how many there are.
    pub fn draw(&mut self) -> usize {
        self.painter.draw(true, |frame| panels::draw(frame, &self.app));
        self.painter.text();
        self.painter.pictures(usize::MAX);
        self.painter.take().len()
    }

    /// Forgets what the terminal shows, so that everything is drawn.
    pub fn forget(&mut self) {
        self.painter.forget();
    }
}

pub fn started() -> Event {
    Event::Started(Box::new(Started {
        dataset: DatasetInfo {
            name: "mnist".into(),
            count: 60_000,
            sha256: "00".into(),
            ..DatasetInfo::default()
        },
        kernels: "avx2".into(),
        kernel_revision: 1,
        threads: 2,
        threads_from: None,
        iteration: 0,
        generator_parameters: 726_401,
        discriminator_parameters: 393_729,
        classes: Vec::new(),
        notes: Vec::new(),
    }))
}

/// Losses that settle and go on to sway.
pub fn metrics(iteration: u64) -> Metrics {
    let at = iteration as f32;
    let wave = (at / 37.0).sin() * 0.1 + (at / 5.0).cos() * 0.04;
    let settled = 1.0 - (-at / 150.0).exp();
    Metrics::new(iteration, 25.0, f64::from(at) * 0.026).with([
        (Series::D_LOSS, 0.9 - 0.4 * settled + wave),
        (Series::D_LOSS_REAL, 0.45),
        (Series::D_LOSS_FAKE, 0.45),
        (Series::G_LOSS, 0.7 + 0.6 * settled - wave),
        (Series::D_ACCURACY, 0.5 + 0.2 * settled - wave),
        (Series::D_REAL, 0.5 + 0.15 * settled),
        (Series::D_FAKE, 0.5 - 0.15 * settled),
    ])
}

/// 64 rings and bars, sharper as training goes on.
fn pictures(iteration: u64) -> ImageBatch {
    let blur = 1.0 + 6.0 / (1.0 + iteration as f32 / 40.0);
    let mut values = Vec::with_capacity(64 * 784);
    for picture in 0..64 {
        let (radius, slant) = (5.0 + (picture % 5) as f32, (picture % 7) as f32 * 0.15 - 0.45);
        for y in 0..28 {
            for x in 0..28 {
                let (dx, dy) = (x as f32 - 13.5, y as f32 - 13.5);
                let distance = if picture % 3 == 0 {
                    (dx + slant * dy).abs()
                } else {
                    ((dx + slant * dy).hypot(dy) - radius).abs()
                };
                let inside = if dy.abs() < 10.5 { 1.0 } else { -1.0 };
                values.push(((2.2 - distance) / blur).clamp(-1.0, 1.0).min(inside));
            }
        }
    }
    ImageBatch::grey(28, 28, values.into_iter().map(to_byte).collect())
}

/// The same as colour images of 32x32, each in colours of its own on a ground that fades.
pub fn colour_pictures(iteration: u64) -> ImageBatch {
    let grey = pictures(iteration);
    let pixel = |at: usize| {
        let (index, x, y) = (at / 1024, at % 32, at % 1024 / 32);
        let inside = (2..30).contains(&x) && (2..30).contains(&y);
        let ink = if inside { usize::from(grey.picture(index)[(y - 2) * 28 + x - 2]) } else { 0 };
        let colour = [(index % 4) * 80, (index / 4 % 4) * 80, (index / 16) * 80];
        let ground = [60 + index, 90 + 3 * y, 160 - 2 * index];
        [0, 1, 2].map(|at| ((colour[at] * ink + ground[at] * (255 - ink)) / 255) as u8)
    };
    ImageBatch::new(ImageShape::rgb(32, 32), (0..64 * 1024).flat_map(pixel).collect())
}

/// The pictures of an iteration as a frame. Tests ask for the same ones hundreds of times.
#[cfg(test)]
pub fn frame(iteration: u64) -> Event {
    use std::{
        collections::HashMap,
        sync::{Mutex, PoisonError},
    };
    static DRAWN: Mutex<Option<HashMap<u64, Arc<Frame>>>> = Mutex::new(None);
    let mut drawn = DRAWN.lock().unwrap_or_else(PoisonError::into_inner);
    let frame = drawn
        .get_or_insert_default()
        .entry(iteration)
        .or_insert_with(|| Arc::new(Frame { iteration, images: pictures(iteration) }));
    Event::Frame(frame.clone())
}
