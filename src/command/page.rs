//! A page of a dataset as half blocks: in true colour or in the palette of 256 colours where colours
//! are welcome, else in black and white.

use std::{collections::BTreeMap, env};

use crate::cli::terminal;

use gan_tui_core::image::{Image, ImageBatch, ImageShape, RGB, luma};
use gan_tui_data::Dataset;
use gan_tui_monitor::Capabilities;
use gan_tui_store::art::Colors;

/// Images in a row: with each reduced to at most [`WIDEST`] columns they fit 80.
pub const COLUMNS: usize = 5;
const WIDEST: usize = 16;
const ROWS: usize = 2;
/// Above this a pixel is ink where there are no greys.
const INK: u8 = 80;

/// Ten images: as many of each label where there are labels, else spread over the dataset.
pub fn of(dataset: &dyn Dataset, colors: Colors) -> String {
    images(&dataset.images(&mut chosen(dataset).into_iter()), colors)
}

/// Some images, [`COLUMNS`] in a row.
pub fn images(images: &ImageBatch, colors: Colors) -> String {
    let grid = reduced(&images.grid(COLUMNS), images.width.div_ceil(WIDEST));
    match colors {
        Colors::Truecolor if grid.channels == RGB => in_true_colour(&grid),
        Colors::Truecolor | Colors::Indexed => in_palette(&grid),
        Colors::Named | Colors::None => in_black_and_white(&grid),
    }
}

/// Returns the colours that stdout takes from this user's programs.
pub fn wanted_colors() -> Colors {
    let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !terminal::has_cursor() || set("NO_COLOR") {
        return Colors::None;
    }
    match Capabilities::detect(|name| env::var(name).ok()).colors {
        // Every terminal that can move its cursor is taken to have the palette.
        Colors::Truecolor => Colors::Truecolor,
        _ => Colors::Indexed,
    }
}

fn chosen(dataset: &dyn Dataset) -> Vec<usize> {
    let (count, wanted) = (dataset.len(), COLUMNS * ROWS);
    let mut of_label: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for index in 0..count {
        if let Some(label) = dataset.label(index) {
            of_label.entry(label).or_default().push(index);
        }
    }
    if of_label.len() < 2 {
        return (0..wanted.min(count)).map(|place| place * count / wanted.min(count)).collect();
    }
    // As many of each label as there is room for, at least one.
    let each = (wanted / of_label.len()).max(1);
    of_label.into_values().flat_map(|indices| indices.into_iter().take(each)).take(wanted).collect()
}

/// Returns a picture with each `by` by `by` pixels as their mean.
fn reduced(picture: &Image, by: usize) -> Image {
    let by = by.max(1);
    let (width, height) = (picture.width / by, picture.height / by);
    let mut out = Image::uniform(ImageShape { width, height, channels: picture.channels }, 0);
    for (at, value) in out.pixels.iter_mut().enumerate() {
        let (pixel, channel) = (at / picture.channels, at % picture.channels);
        let (left, top) = (by * (pixel % width), by * (pixel / width));
        let places = (0..by * by).map(|place| (left + place % by, top + place / by));
        let sum: usize = places.map(|(x, y)| usize::from(picture.pixel(x, y)[channel])).sum();
        *value = (sum / (by * by)) as u8;
    }
    out
}

/// The upper pixel is a block's foreground, the lower one its background.
fn in_true_colour(picture: &Image) -> String {
    let code = |[red, green, blue]: [u8; RGB]| format!("2;{red};{green};{blue}");
    by_pairs(
        picture,
        |upper, lower| format!("\x1b[38;{};48;{}m▀", code(upper), code(lower)),
        "\x1b[0m\n",
    )
}

/// The same in the palette of 256 colours: its black and 24 greys, or its cube.
fn in_palette(picture: &Image) -> String {
    let grey = |shade: u8| if shade < 8 { 16 } else { 232 + (u16::from(shade) - 8) * 24 / 248 };
    let side = |value: u8| (u16::from(value).saturating_sub(35)) / 40;
    let code = |colour: [u8; RGB]| match colour {
        [red, green, blue] if red == green && green == blue => grey(red),
        colour => colour.iter().fold(0, |cube, &value| 6 * cube + side(value)) + 16,
    };
    by_pairs(
        picture,
        |upper, lower| format!("\x1b[38;5;{};48;5;{}m▀", code(upper), code(lower)),
        "\x1b[0m\n",
    )
}

fn in_black_and_white(picture: &Image) -> String {
    let is_ink = |colour: [u8; RGB]| luma(colour) > INK;
    let block = |upper, lower| match (is_ink(upper), is_ink(lower)) {
        (false, false) => " ",
        (true, false) => "▀",
        (false, true) => "▄",
        (true, true) => "█",
    };
    let page = by_pairs(picture, |upper, lower| block(upper, lower).to_owned(), "\n");
    page.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn by_pairs(picture: &Image, cell: impl Fn([u8; RGB], [u8; RGB]) -> String, end: &str) -> String {
    let mut out = String::new();
    for y in (0..picture.height).step_by(2) {
        for x in 0..picture.width {
            let lower = if y + 1 < picture.height { picture.rgb(x, y + 1) } else { [0; RGB] };
            out += &cell(picture.rgb(x, y), lower);
        }
        out += end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gan_tui_core::preset::MNIST_SHAPE;
    use gan_tui_data::{InMemoryDataset, Labels, PIXELS, SIDE};

    fn dataset(labels: Option<Vec<u8>>) -> InMemoryDataset {
        // Image k has ink in its upper left quarter only, of shade 20 k.
        let image = |k: usize| {
            (0..PIXELS)
                .map(move |at| if at % SIDE < 14 && at / SIDE < 14 { 20 * k as u8 } else { 0 })
        };
        let labels = labels.map(Labels::numbered);
        InMemoryDataset::new("x", MNIST_SHAPE, (0..12).flat_map(image).collect(), labels)
    }

    #[test]
    fn one_of_each_label_is_shown_and_without_labels_some_of_all() {
        assert_eq!(
            chosen(&dataset(Some(vec![3, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9]))),
            [3, 4, 2, 0, 1, 11]
        );
        assert_eq!(chosen(&dataset(Some((0..12).collect()))), (0..10).collect::<Vec<_>>());
        assert_eq!(chosen(&dataset(None)), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn a_page_is_70_by_14_blocks() {
        let page = of(&dataset(None), Colors::None);
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines.len(), 14);
        // The second row shows images 6 to 10, all of them darker than the limit; seven columns of
        // ink, seven of none.
        assert_eq!(lines[7], ["███████"; 5].join("       "));
        assert_eq!(
            lines[10],
            ["▀▀▀▀▀▀▀"; 5].join("       "),
            "14 rows of pixels are three and a half rows of blocks"
        );
        assert_eq!(lines[11], "");
        let grey = of(&dataset(None), Colors::Truecolor);
        assert_eq!(grey.matches('▀').count(), 70 * 14);
        assert!(grey.contains("\x1b[38;5;250;48;5;250m"), "shade 200");
    }

    #[test]
    fn a_page_of_pictures_in_colour_is_in_colour() {
        let shape = ImageShape::rgb(64, 64);
        let pixels = [[250, 120, 0]; 64 * 64].concat();
        let page = |colors| of(&InMemoryDataset::new("x", shape, pixels.clone(), None), colors);
        let row = page(Colors::Truecolor);
        assert_eq!(row.matches('▀').count(), 16 * 8 + 4 * 16 * 8, "one picture and room for four");
        assert!(row.contains("\x1b[38;2;250;120;0;48;2;250;120;0m▀"), "{row:?}");
        assert!(page(Colors::Indexed).contains("\x1b[38;5;208;48;5;208m▀"));
    }
}
