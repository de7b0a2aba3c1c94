//! Colour images, and classes that are not digits, in every view and every tier of colour.

use std::{collections::HashSet, sync::Arc};

use insta::assert_snapshot;
use ratatui::style::Color;

use super::{cells, screen};
use crate::{
    effects::rehearsal::Rehearsal,
    fixture::{MODERN, colour_pictures, colourful, hear, press},
    state::{app::App, gallery::View, message::Effect},
};
use gan_tui_core::{
    event::{Command, Drawing, Event, Pictures},
    image::ImageBatch,
};
use gan_tui_store::art::{Colors, Glyphs};

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 40)];

/// What a worker would answer.
fn answer(app: &mut App, effect: Option<Effect>) {
    let Some(Effect::Tell(Command::Draw(drawing))) = effect else { return };
    let images = colour_pictures(40);
    let count = match drawing {
        Drawing::Walk { .. } => 16,
        Drawing::Digits { .. } => 24,
        _ => images.len(),
    };
    let pixels = images.pixels[..count * images.shape().values()].to_vec();
    let images = ImageBatch::new(images.shape(), pixels);
    let verdicts = (0..count).map(|at| at as f32 / 64.0).collect();
    hear(app, Event::Pictures(Arc::new(Pictures { iteration: 40, drawing, images, verdicts })));
}

fn viewed(view: View) -> App {
    let mut app = colourful(MODERN);
    while app.gallery.view != view {
        let effect = press(&mut app, "s");
        answer(&mut app, effect);
    }
    app
}

/// Whether a terminal of this tier has the colour.
fn has(colors: Colors, color: Color) -> bool {
    match color {
        Color::Reset => true,
        Color::Rgb(..) => colors == Colors::Truecolor,
        Color::Indexed(_) => matches!(colors, Colors::Truecolor | Colors::Indexed),
        _ => colors != Colors::None,
    }
}

#[test]
fn every_view_of_colours_in_every_tier() {
    for view in View::ALL {
        let mut app = viewed(view);
        for colors in Colors::ALL {
            app.look.colors = colors;
            app.look.theme = app.look.theme.with(colors);
            for (width, height) in SIZES {
                for glyphs in Glyphs::ALL {
                    app.look.glyphs = glyphs;
                    let buffer = cells(&mut app, width, height);
                    let strange = buffer
                        .content
                        .iter()
                        .find(|cell| cell.bg != Color::Reset && !has(colors, cell.bg));
                    assert_eq!(strange, None, "{view:?} {glyphs} {colors} {width}x{height}");
                    let papers: HashSet<Color> =
                        buffer.content.iter().map(|cell| cell.bg).collect();
                    let least = match colors {
                        Colors::None => 1,
                        Colors::Named => 4,
                        Colors::Truecolor | Colors::Indexed => 6,
                    };
                    assert!(papers.len() >= least, "{view:?} {glyphs} {colors}: {papers:?}");
                }
                app.look.glyphs = Glyphs::Quadrant;
                if matches!(view, View::Fixed | View::Digits) {
                    let name = format!("{view:?}_in_{colors}_at_{width}x{height}").to_lowercase();
                    assert_snapshot!(name, screen(&mut app, width, height));
                }
            }
        }
    }
}

#[test]
fn classes_with_names_label_rows_and_pictures() {
    let mut app = viewed(View::Digits);
    let shown = screen(&mut app, 120, 40);
    for word in ["Class by class", "plain", "glasses", "moustache"] {
        assert!(shown.contains(word), "{word} in\n{shown}");
    }
    assert_eq!(press(&mut app, "#"), None);
    assert!(screen(&mut app, 120, 40).contains("its classes are not digits"));
    let mut app = viewed(View::One);
    press(&mut app, "right");
    app.gallery.selected = 4;
    assert!(screen(&mut app, 120, 40).contains("sample 5 of 64, glasses"));
    let mut app = viewed(View::Walk);
    assert!(screen(&mut app, 120, 40).contains(", plain"));
}

/// Colours take more bytes than greys, but 64 pictures stay within what a line takes in a moment.
#[test]
fn a_screen_of_colours_is_small_enough_for_a_line() {
    let mut colours = Rehearsal::in_colour(100, (100, 30));
    colours.forget();
    let bytes = colours.draw();
    assert!((5_000..45_000).contains(&bytes), "{bytes} bytes");
}
