//! A run made up for tests: the same at every call, and as a real one looks.

use std::{sync::Arc, time::Duration};

pub use crate::effects::rehearsal::{colour_pictures, frame, metrics, started};
use crate::{
    keyboard::key::Key,
    state::{
        app::App,
        message::{Effect, Message},
        run::Run,
    },
    terminal::capability::{Capabilities, Dialect, Script},
    update::update,
};
use gan_tui_core::{
    event::{DigitScore, Event, Frame, Metrics, Score},
    preset::{Model, Preset},
};
use gan_tui_store::art::{Colors, Glyphs};

pub const MODERN: Capabilities = Capabilities {
    script: Script::Unicode,
    glyphs: Glyphs::Quadrant,
    colors: Colors::Indexed,
    dialect: Dialect::Xterm,
    is_chosen: false,
    pictures: None,
    may_have_pixels: true,
    tmux: false,
    shows_progress: false,
    remote: false,
};

/// An iteration whose digits were scored at this distance.
pub fn scored(iteration: u64, frechet_distance: f32) -> Metrics {
    let score = Score::Digits(DigitScore {
        samples: 2000,
        frechet_distance,
        floor: 1.25,
        confidence: 0.962,
        classes: [0.08, 0.21, 0.09, 0.11, 0.07, 0.04, 0.10, 0.15, 0.0, 0.15],
        class_kl: 0.12,
        smallest_class: 0.0,
        diversity: 0.87,
        as_asked: None,
        variety: None,
    });
    let mut metrics = metrics(iteration);
    metrics.score = Some(Box::new(score));
    metrics
}

/// A monitor that has just been opened.
pub fn opened(capabilities: Capabilities) -> App {
    let preset = |name: &str, description: &str| Preset {
        name: name.into(),
        description: description.into(),
        ..Preset::default()
    };
    let quick = Preset {
        batch: 64,
        iterations: 2000,
        dropout: 0.0,
        ..preset("quick", "Readable digits within about a minute on two cores.")
    };
    let presets = vec![preset("dcgan", "The published Keras DCGAN, to the letter."), quick];
    let mut app = App::new(
        Run::new(presets[0].clone(), "runs/dcgan-20260102-030405".into(), None),
        presets,
        capabilities,
    );
    app.sending = 3140.0;
    app
}

/// A run whose networks are told what digit to draw, scored every 200 iterations.
pub fn told_digits(capabilities: Capabilities, iterations: u64) -> App {
    let mut app = opened(capabilities);
    app.run.preset.model = Model::DcganDigits;
    train(&mut app, iterations, |iteration| match iteration % 200 {
        0 => {
            let wave = (iteration as f32 / 150.0).sin() * 3.0;
            let mut metrics =
                scored(iteration, 8.0 + 40.0 * (-(iteration as f32) / 300.0).exp() + wave);
            if let Some(Score::Digits(score)) = metrics.score.as_deref_mut() {
                score.as_asked = Some(0.931);
            }
            metrics
        }
        _ => metrics(iteration),
    });
    app
}

/// A run on colour images, of networks that are told which of three classes to draw.
pub fn colourful(capabilities: Capabilities) -> App {
    let mut app = opened(capabilities);
    app.run.preset.model = Model::Colour32;
    let Event::Started(mut begun) = started() else { unreachable!("a start is a start") };
    begun.classes = ["plain", "glasses", "moustache"].map(String::from).to_vec();
    hear(&mut app, Event::Started(begun));
    for iteration in 1..=40 {
        hear(&mut app, Event::Metrics(metrics(iteration)));
    }
    hear(&mut app, colour_frame(40));
    app
}

/// The colour images of an iteration as a frame.
pub fn colour_frame(iteration: u64) -> Event {
    Event::Frame(Arc::new(Frame { iteration, images: colour_pictures(iteration) }))
}

/// The same after `iterations` of training, with a frame every 20.
pub fn trained(capabilities: Capabilities, iterations: u64) -> App {
    let mut app = opened(capabilities);
    train(&mut app, iterations, metrics);
    app
}

fn train(app: &mut App, iterations: u64, metrics: impl Fn(u64) -> Metrics) {
    hear(app, started());
    hear(app, frame(0));
    for iteration in 1..=iterations {
        hear(app, Event::Metrics(metrics(iteration)));
        if iteration % 20 == 0 {
            hear(app, frame(iteration));
        }
    }
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
        "backspace" => Key::plain(KeyCode::Backspace),
        "end" => Key::plain(KeyCode::End),
        "^c" => Key { code: KeyCode::Char('c'), ctrl: true, alt: false },
        key => Key::plain(KeyCode::Char(key.chars().next().expect("a key"))),
    };
    update(app, Message::Key(key))
}

pub fn tick(app: &mut App, seconds: f64) {
    update(app, Message::Tick(Duration::from_secs_f64(seconds)));
}
