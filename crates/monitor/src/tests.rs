//! Screens as a person reads them, and what keys do to them.

mod charts;
mod colours;
mod keys;
mod looks;
mod numbers;
mod runs;
mod screens;
mod terminals;

use std::sync::Arc;

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use crate::{
    fixture::{frame, hear},
    panels,
    state::{
        app::App,
        message::{Effect, Message},
    },
    update::update,
};
use gan_tui_core::event::{Command, Drawing, Event, Pictures};

/// The screen at a size, as text.
fn screen(app: &mut App, width: u16, height: u16) -> String {
    let buffer = cells(app, width, height);
    let row =
        |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

fn cells(app: &mut App, width: u16, height: u16) -> Buffer {
    update(app, Message::Resized(width, height));
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| {
        panels::draw(frame, app);
    });
    terminal.backend().buffer().clone()
}

/// What a worker would answer.
fn pictures(drawing: Drawing) -> Event {
    let Event::Frame(frame) = frame(40) else { unreachable!("a frame is a frame") };
    let mut verdicts: Vec<f32> = (0..80).map(|at| (at * 37 % 64) as f32 / 64.0).collect();
    let images = match drawing {
        Drawing::Walk { .. } => {
            gan_tui_core::image::ImageBatch::grey(28, 28, frame.images.pixels[..16 * 784].to_vec())
        }
        Drawing::Number { digits, .. } => gan_tui_core::image::ImageBatch::grey(
            28,
            28,
            frame.images.pixels[..digits.len() * 784].to_vec(),
        ),
        Drawing::Digits { .. } => gan_tui_core::image::ImageBatch::grey(
            28,
            28,
            frame.images.pixels.repeat(2)[..80 * 784].to_vec(),
        ),
        _ => frame.images.clone(),
    };
    verdicts.truncate(images.len());
    Event::Pictures(Arc::new(Pictures { iteration: 40, drawing, images, verdicts }))
}

/// Answers what the monitor asks the networks for.
fn answer(app: &mut App, effect: Option<Effect>) {
    if let Some(Effect::Tell(Command::Draw(drawing))) = effect {
        let next = hear(app, pictures(drawing));
        assert!(!matches!(next, Some(Effect::Tell(Command::Draw(_)))), "asked again at once");
    }
}
