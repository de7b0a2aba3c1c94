//! A run made up for tests: the same at every call, and as a real one looks.

use std::{sync::Arc, time::Duration};

use super::{
    app::{App, Run},
    capability::{Capabilities, Script},
    keymap::Key,
    message::{Effect, Message},
    update::update,
};
use crate::{
    art::{Colors, Glyphs},
    event::{DatasetInfo, Event, Frame, Metrics, Started},
    image::{Stack, to_byte},
    preset::Preset,
};

pub const MODERN: Capabilities =
    Capabilities { script: Script::Unicode, glyphs: Glyphs::Quadrant, colors: Colors::Indexed, titles: true, remote: false };

/// A monitor that has just been opened.
pub fn opened(capabilities: Capabilities) -> App {
    let preset = |name: &str, description: &str| Preset { name: name.into(), description: description.into(), ..Preset::default() };
    let quick =
        Preset { batch: 64, iterations: 2000, dropout: 0.0, ..preset("quick", "Readable digits within about a minute on two cores.") };
    let presets = vec![preset("dcgan", "The published Keras DCGAN, to the letter."), quick];
    let mut app = App::new(Run::new(presets[0].clone(), "runs/dcgan-20260102-030405".into(), None), presets, capabilities);
    app.sending = 3140.0;
    app
}

/// The same after `iterations` of training, with a frame every 20.
pub fn trained(capabilities: Capabilities, iterations: u64) -> App {
    let mut app = opened(capabilities);
    hear(&mut app, started());
    hear(&mut app, frame(0));
    for iteration in 1..=iterations {
        hear(&mut app, Event::Metrics(metrics(iteration)));
        if iteration % 20 == 0 {
            hear(&mut app, frame(iteration));
        }
    }
    app
}

pub fn hear(app: &mut App, event: Event) -> Option<Effect> {
    update(app, Message::Event(event))
}

/// Presses a key without modifiers, or with control where `^` stands before it.
pub fn press(app: &mut App, key: &str) -> Option<Effect> {
    use crossterm::event::KeyCode;
    let key = match key {
        "enter" => Key::plain(KeyCode::Enter),
        "tab" => Key::plain(KeyCode::Tab),
        "left" => Key::plain(KeyCode::Left),
        "right" => Key::plain(KeyCode::Right),
        "up" => Key::plain(KeyCode::Up),
        "esc" => Key::plain(KeyCode::Esc),
        "down" => Key::plain(KeyCode::Down),
        "home" => Key::plain(KeyCode::Home),
        "end" => Key::plain(KeyCode::End),
        "^c" => Key { code: KeyCode::Char('c'), ctrl: true, alt: false },
        key => Key::plain(KeyCode::Char(key.chars().next().expect("a key"))),
    };
    update(app, Message::Key(key))
}

pub fn tick(app: &mut App, seconds: f64) {
    update(app, Message::Tick(Duration::from_secs_f64(seconds)));
}

pub fn started() -> Event {
    Event::Started(Box::new(Started {
        dataset: DatasetInfo { name: "mnist".into(), count: 60_000, sha256: "00".into() },
        kernels: "avx2".into(),
        threads: 2,
        iteration: 0,
        generator_parameters: 726_401,
        discriminator_parameters: 393_729,
    }))
}

pub fn metrics(iteration: u64) -> Metrics {
    let at = iteration as f32;
    let wave = (at / 37.0).sin() * 0.1 + (at / 5.0).cos() * 0.04;
    let settled = 1.0 - (-at / 150.0).exp();
    Metrics {
        iteration,
        d_loss: 0.9 - 0.4 * settled + wave,
        d_loss_real: 0.45,
        d_loss_fake: 0.45,
        g_loss: 0.7 + 0.6 * settled - wave,
        d_accuracy: 0.5 + 0.2 * settled - wave,
        d_real: 0.5 + 0.15 * settled,
        d_fake: 0.5 - 0.15 * settled,
        step_ms: 25.0,
        elapsed_s: f64::from(at) * 0.026,
    }
}

/// 64 rings and bars, sharper as training goes on.
pub fn frame(iteration: u64) -> Event {
    let blur = 1.0 + 6.0 / (1.0 + iteration as f32 / 40.0);
    let mut values = Vec::with_capacity(64 * 784);
    for picture in 0..64 {
        let (radius, slant) = (5.0 + (picture % 5) as f32, (picture % 7) as f32 * 0.15 - 0.45);
        for y in 0..28 {
            for x in 0..28 {
                let (dx, dy) = (x as f32 - 13.5, y as f32 - 13.5);
                let distance = if picture % 3 == 0 { (dx + slant * dy).abs() } else { ((dx + slant * dy).hypot(dy) - radius).abs() };
                let inside = if dy.abs() < 10.5 { 1.0 } else { -1.0 };
                values.push(((2.2 - distance) / blur).clamp(-1.0, 1.0).min(inside));
            }
        }
    }
    Event::Frame(Arc::new(Frame { iteration, images: Stack::new(28, 28, values.into_iter().map(to_byte).collect()) }))
}
