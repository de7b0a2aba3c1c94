//! Every view in every set of characters at every size, and the colours of their cells.

use insta::assert_snapshot;
use ratatui::{buffer::Buffer, layout::Rect, style::Color};

use super::{answer, cells, screen};
use crate::{
    fixture::{MODERN, hear, press, trained},
    panels,
    state::{app::App, gallery::View, message::Message},
    theme::{Palette, Role},
    update::update,
};
use gan_tui_core::{
    event::{Event, Frame},
    image::{ImageBatch, ImageShape},
    preset::Model,
};
use gan_tui_store::art::{Colors, Glyphs};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 12)];

fn viewed(view: View) -> App {
    let mut app = trained(MODERN, 1240);
    if view.asks_for_digits() {
        app.run.preset.model = Model::DcganDigits;
    }
    while app.gallery.view != view {
        let effect = press(&mut app, "s");
        answer(&mut app, effect);
    }
    app
}

fn word(view: View) -> &'static str {
    match view {
        View::Fixed => "fixed",
        View::One => "one",
        View::Sorted => "sorted",
        View::Fresh => "fresh",
        View::Walk => "walk",
        View::RealVsFake => "beside",
        View::Nearest => "nearest",
        View::Digits => "digits",
        View::Number => "number",
    }
}

#[test]
fn of_sorted_samples_that_do_not_all_fit_both_ends_are_shown() {
    let app = viewed(View::Sorted);
    let shown = panels::shown(&app).expect("samples");
    let (first, last) = (shown.images.picture(0).to_vec(), shown.images.picture(63).to_vec());
    let arranged = panels::arranged(&app, &shown.images, 12).expect("not all fit");
    assert_eq!(arranged.len(), 12);
    assert_eq!((arranged.picture(0), arranged.picture(11)), (&first[..], &last[..]));
    assert_eq!(panels::arranged(&app, &shown.images, 64), None);
}

#[test]
fn every_view_in_every_set_of_characters_at_every_size() {
    for view in View::ALL {
        let mut app = viewed(view);
        for glyphs in Glyphs::ALL {
            app.look.glyphs = glyphs;
            for (width, height) in SIZES {
                assert_snapshot!(
                    format!("{}_{glyphs}_at_{width}x{height}", word(view)),
                    screen(&mut app, width, height)
                );
            }
        }
    }
}

#[test]
fn what_stands_in_front_at_every_size() {
    for (name, key) in
        [("help", "?"), ("presets", "p"), ("exports", "E"), ("rates", "L"), ("quit", "q")]
    {
        for (width, height) in SIZES {
            let mut app = trained(MODERN, 300);
            press(&mut app, key);
            assert_snapshot!(
                format!("{name}_at_{width}x{height}"),
                screen(&mut app, width, height)
            );
        }
    }
}

/// The cells of pictures.
fn picture_cells(app: &mut App, (width, height): (u16, u16)) -> (Buffer, Vec<Rect>) {
    update(app, Message::Resized(width, height));
    let Ok(mut terminal) =
        ratatui::Terminal::new(ratatui::backend::TestBackend::new(width, height));
    let mut parts = Vec::new();
    let Ok(_) = terminal.draw(|frame| parts = panels::draw(frame, app).parts);
    // Pictures come last, after the charts.
    (terminal.backend().buffer().clone(), parts.into_iter().rev().take(1).collect())
}

/// Whether a terminal of this tier has the colour, and it is a grey.
fn is_grey(color: Color, colors: Colors) -> bool {
    match color {
        Color::Reset => true,
        Color::Indexed(16 | 231..=255) => matches!(colors, Colors::Truecolor | Colors::Indexed),
        Color::Rgb(red, green, blue) => {
            colors == Colors::Truecolor && red == green && green == blue
        }
        Color::Black | Color::DarkGray | Color::Gray | Color::White => colors == Colors::Named,
        _ => false,
    }
}

#[test]
fn pictures_have_only_greys_that_the_terminal_has() {
    for view in View::ALL {
        let mut app = viewed(view);
        for size in SIZES {
            for glyphs in Glyphs::ALL {
                for colors in Colors::ALL {
                    (app.look.glyphs, app.look.colors) = (glyphs, colors);
                    let (buffer, parts) = picture_cells(&mut app, size);
                    let mut colourful = 0;
                    for position in parts.iter().flat_map(|part| part.positions()) {
                        let cell = &buffer[position];
                        // A line stands between real and generated ones, and a digit before its
                        // row.
                        if cell.symbol() == "│"
                            || view == View::Digits
                                && cell.symbol().chars().all(|char| char.is_ascii_digit())
                        {
                            continue;
                        }
                        assert!(
                            is_grey(cell.fg, colors) && is_grey(cell.bg, colors),
                            "{view:?} {glyphs} {colors} {cell:?} at {position}"
                        );
                        colourful += usize::from(cell.bg != Color::Reset);
                    }
                    // A ramp of characters needs no colours; all others fill their cells with them.
                    let expected = glyphs != Glyphs::Ascii && colors != Colors::None;
                    assert_eq!(colourful > 0, expected, "{view:?} {glyphs} {colors} at {size:?}");
                }
            }
        }
    }
}

/// A frame of pictures of one shade.
fn uniform(shade: u8) -> Event {
    Event::Frame(std::sync::Arc::new(Frame {
        iteration: 1260,
        images: ImageBatch::grey(28, 28, vec![shade; 64 * 784]),
    }))
}

#[test]
fn a_shade_has_its_colour_in_every_tier_and_its_character_without() {
    let mut app = viewed(View::Fixed);
    let table = [
        (0, [Color::Indexed(16), Color::Indexed(16), Color::Black], " "),
        (130, [Color::Indexed(244), Color::Indexed(244), Color::DarkGray], "▒"),
        (143, [Color::Rgb(143, 143, 143), Color::Indexed(246), Color::DarkGray], "▒"),
        (255, [Color::Indexed(231), Color::Indexed(231), Color::White], "█"),
    ];
    for (shade, inks, symbol) in table {
        hear(&mut app, uniform(shade));
        app.run.timeline = Default::default();
        hear(&mut app, uniform(shade));
        for (colors, ink) in Colors::ALL.into_iter().zip(inks) {
            app.look.colors = colors;
            let (buffer, parts) = picture_cells(&mut app, (80, 24));
            let cell = &buffer[(parts[0].x + 4, parts[0].y + 2)];
            let shown = if cell.symbol() == " " { cell.bg } else { cell.fg };
            // A terminal of 16 colours mixes two of them.
            assert!(
                shown == ink || colors == Colors::Named && cell.bg != Color::Reset,
                "{shade} in {colors}: {cell:?}"
            );
        }
        app.look.colors = Colors::None;
        let (buffer, parts) = picture_cells(&mut app, (80, 24));
        let cell = &buffer[(parts[0].x + 4, parts[0].y + 2)];
        assert_eq!(
            (cell.symbol(), cell.fg, cell.bg),
            (symbol, Color::Reset, Color::Reset),
            "{shade}"
        );
    }
}

#[test]
fn pictures_with_colours_are_painted_in_them() {
    let mut app = trained(MODERN, 20);
    app.look.colors = Colors::Truecolor;
    let shape = ImageShape { height: 28, width: 28, channels: 3 };
    let colours = [[250, 10, 20], [30, 200, 40], [5, 60, 240], [200, 90, 10]];
    let pixels = colours.iter().flat_map(|colour| colour.repeat(28 * 28)).collect();
    let images = ImageBatch::new(shape, pixels);
    for view in [View::Fixed, View::One] {
        app.gallery.view = view;
        app.run.timeline = Default::default();
        let frame = Frame { iteration: 20, images: images.clone() };
        hear(&mut app, Event::Frame(std::sync::Arc::new(frame)));
        for glyphs in [Glyphs::Half, Glyphs::Quadrant, Glyphs::Octant] {
            app.look.glyphs = glyphs;
            let (buffer, parts) = picture_cells(&mut app, (80, 24));
            let mut seen = Vec::new();
            for (x, y) in parts[0].positions().map(|place| (place.x, place.y)) {
                let cell = &buffer[(x, y)];
                let shown = if cell.symbol() == " " { cell.bg } else { cell.fg };
                if shown != Color::Reset && !seen.contains(&shown) {
                    seen.push(shown);
                }
            }
            let wanted = if view == View::One { &colours[..1] } else { &colours };
            let wanted: Vec<Color> =
                wanted.iter().map(|&[red, green, blue]| Color::Rgb(red, green, blue)).collect();
            assert_eq!(seen, wanted, "{view:?} in {glyphs}");
        }
    }
}

#[test]
fn colours_play_their_parts_in_every_theme_and_tier() {
    let mut app = trained(MODERN, 1240);
    for palette in Palette::ALL {
        for colors in Colors::ALL {
            app.look.colors = colors;
            app.look.theme = crate::theme::Theme::new(palette, colors);
            let buffer = cells(&mut app, 120, 40);
            for (text, role) in [
                ("discriminator loss", Role::Discriminator),
                ("generator loss", Role::Generator),
                ("accuracy", Role::Accuracy),
                ("● training", Role::Good),
                ("mnist", Role::Faint),
            ] {
                let found = at(&buffer, text);
                assert_eq!(
                    Some(found),
                    app.look.theme.style(role).fg.or(Some(Color::Reset)),
                    "{text} in {palette:?} {colors}"
                );
            }
            assert_eq!(
                colors == Colors::None,
                buffer
                    .content
                    .iter()
                    .all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset)
            );
        }
    }
}

/// The colour of the first place where a text stands.
fn at(buffer: &Buffer, text: &str) -> Color {
    let row = |y: u16| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    let y = (0..buffer.area.height).find(|&y| row(y).contains(text)).expect(text);
    let x = row(y).split(text).next().map_or(0, |before| before.chars().count());
    buffer[(x as u16, y)].fg
}
