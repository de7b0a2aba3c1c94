//! A page of a dataset as half blocks, in grey where colours are welcome, else in black and white.

use std::collections::BTreeMap;

use crate::cli::terminal;

use gan_tui_core::image::Image;
use gan_tui_data::Dataset;

/// Images in a row: with each halved to 14 columns they fit 80.
const COLUMNS: usize = 5;
const ROWS: usize = 2;
/// Above this a pixel is ink where there are no greys.
const INK: u8 = 80;

/// Ten images: as many of each label where there are labels, else spread over the dataset.
pub fn of(dataset: &dyn Dataset, grey: bool) -> String {
    let images = dataset.images(&mut chosen(dataset).into_iter());
    let grid = halved(&images.grid(COLUMNS));
    if grey { in_grey(&grid) } else { in_black_and_white(&grid) }
}

/// Whether stdout is a terminal that takes colours from this user's programs.
pub fn wants_grey() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    terminal::has_cursor() && !set("NO_COLOR")
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

/// Each two by two pixels as their mean.
fn halved(picture: &Image) -> Image {
    let mut out = Image::filled(picture.width / 2, picture.height / 2, 0);
    for at in 0..out.pixels.len() {
        let (x, y) = (2 * (at % out.width), 2 * (at / out.width));
        let four = [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)];
        out.pixels[at] =
            (four.iter().map(|&(x, y)| u16::from(picture.at(x, y))).sum::<u16>() / 4) as u8;
    }
    out
}

/// The upper pixel is a block's foreground, the lower one its background: the 24 greys of the
/// 256-colour palette, and its black.
fn in_grey(picture: &Image) -> String {
    let colour = |shade: u8| if shade < 8 { 16 } else { 232 + (u16::from(shade) - 8) * 24 / 248 };
    by_pairs(
        picture,
        |upper, lower| format!("\x1b[38;5;{};48;5;{}m▀", colour(upper), colour(lower)),
        "\x1b[0m\n",
    )
}

fn in_black_and_white(picture: &Image) -> String {
    let block = |upper, lower| match (upper > INK, lower > INK) {
        (false, false) => " ",
        (true, false) => "▀",
        (false, true) => "▄",
        (true, true) => "█",
    };
    let page = by_pairs(picture, |upper, lower| block(upper, lower).to_owned(), "\n");
    page.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn by_pairs(picture: &Image, cell: impl Fn(u8, u8) -> String, end: &str) -> String {
    let mut out = String::new();
    for y in (0..picture.height).step_by(2) {
        for x in 0..picture.width {
            out += &cell(picture.at(x, y), picture.at(x, y + 1));
        }
        out += end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gan_tui_data::{InMemoryDataset, PIXELS, SIDE};

    fn dataset(labels: Option<Vec<u8>>) -> InMemoryDataset {
        // Image k has ink in its upper left quarter only, of shade 20 k.
        let image = |k: usize| {
            (0..PIXELS)
                .map(move |at| if at % SIDE < 14 && at / SIDE < 14 { 20 * k as u8 } else { 0 })
        };
        InMemoryDataset::of_digits("x", (0..12).flat_map(image).collect(), labels)
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
        let page = of(&dataset(None), false);
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
        let grey = of(&dataset(None), true);
        assert_eq!(grey.matches('▀').count(), 70 * 14);
        assert!(grey.contains("\x1b[38;5;250;48;5;250m"), "shade 200");
    }
}
