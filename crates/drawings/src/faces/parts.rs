//! The parts of the embedded faces and their colours, as `data/faces.ron` holds them.

use std::sync::LazyLock;

use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::ART;

/// Red, green and blue.
pub type Rgb = [u8; 3];

/// The letters of a drawing, in the order of their tones.
const LETTERS: &str = "bBsShHicCtTaAgwkemoy";
/// How many tones there are.
pub const TONES: usize = LETTERS.len();
/// More classes than this are not told apart in a grid of pictures.
const MOST_CLASSES: usize = 16;

/// Returns the tone of a letter.
pub const fn tone(letter: u8) -> usize {
    let mut at = 0;
    while LETTERS.as_bytes()[at] != letter {
        at += 1;
    }
    at
}

/// Pixels of a drawing: places in the grid, row by row, and their tones.
pub type Drawing = Vec<(u8, u8)>;

/// A list to choose from, each entry in proportion to its share.
#[derive(Debug, Clone)]
pub struct Choices<T> {
    entries: Vec<(u32, T)>,
    total: u32,
}

impl<T> Choices<T> {
    /// Chooses one.
    pub fn pick(&self, random: &mut ChaCha8Rng) -> &T {
        let mut left = below(random, self.total);
        for (share, entry) in &self.entries {
            if left < *share {
                return entry;
            }
            left -= share;
        }
        &self.entries[0].1
    }

    fn new(what: &str, entries: Vec<(u32, T)>) -> Result<Self, String> {
        let total = entries.iter().try_fold(0u32, |sum, (share, _)| sum.checked_add(*share));
        match total {
            Some(total) if total > 0 => Ok(Self { entries, total }),
            _ => Err(format!("{what}: expected entries whose shares are more than 0 together")),
        }
    }
}

/// Returns a number below `bound`, by integers alone.
pub fn below(random: &mut ChaCha8Rng, bound: u32) -> u32 {
    ((u64::from(random.next_u32()) * u64::from(bound)) >> 32) as u32
}

/// A style of hair.
#[derive(Debug, Clone)]
pub struct Hair {
    /// Behind the body.
    pub back: Drawing,
    pub front: Drawing,
}

/// What the faces of one class have, and no others.
#[derive(Debug, Clone)]
pub struct Ornament {
    /// Where it hides the top of the head: only hair that is flat goes with it.
    pub covers: bool,
    /// Below the nose and the mouth; else above everything.
    pub below: bool,
    /// None for plain faces.
    pub parts: Option<Choices<Drawing>>,
    /// None where the tones of other parts do.
    pub colours: Option<Choices<Rgb>>,
}

/// Everything that a face is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    pub skins: Choices<Rgb>,
    pub hairs: Choices<Rgb>,
    pub clothes: Choices<Rgb>,
    pub backgrounds: Choices<Rgb>,
    pub irises: Choices<Rgb>,
    pub lips: Choices<Rgb>,
    pub earrings: Choices<Rgb>,
    pub patterns: Choices<Drawing>,
    pub heads: Choices<Drawing>,
    pub clothing: Choices<Drawing>,
    pub eyes: Choices<Drawing>,
    pub brows: Choices<Drawing>,
    pub noses: Choices<Drawing>,
    pub mouths: Choices<Drawing>,
    pub hair_styles: Choices<Hair>,
    /// Those of `hair_styles` that fit under a hat.
    pub flat_styles: Choices<Hair>,
    /// The classes' names, in the order of their labels.
    pub classes: Vec<String>,
    /// One for each class.
    pub ornaments: Vec<Ornament>,
}

static EMBEDDED: LazyLock<Parts> = LazyLock::new(|| {
    Parts::parse(include_str!("../../data/faces.ron"))
        .expect("the embedded parts are checked by a test")
});

impl Parts {
    /// Returns the parts built into the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads and checks parts.
    ///
    /// # Errors
    /// Returns an error that names the line, or the list and the place in it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = ron::from_str(text).map_err(|error| error.to_string())?;
        if !(1..=MOST_CLASSES).contains(&file.classes.len()) {
            let found = file.classes.len();
            return Err(format!("classes: expected 1 to {MOST_CLASSES}, found {found}"));
        }
        let styles = styles(&file.hair_styles)?;
        let flat = styles.iter().zip(&file.hair_styles).filter(|(_, style)| style.flat);
        let flat = flat.map(|(style, _)| style.clone()).collect();
        Ok(Self {
            skins: colours("skins", &file.skins)?,
            hairs: colours("hairs", &file.hairs)?,
            clothes: colours("clothes", &file.clothes)?,
            backgrounds: colours("backgrounds", &file.backgrounds)?,
            irises: colours("irises", &file.irises)?,
            lips: colours("lips", &file.lips)?,
            earrings: colours("earrings", &file.earrings)?,
            patterns: drawings("patterns", &file.patterns)?,
            heads: drawings("heads", &file.heads)?,
            clothing: drawings("clothing", &file.clothing)?,
            eyes: drawings("eyes", &file.eyes)?,
            brows: drawings("brows", &file.brows)?,
            noses: drawings("noses", &file.noses)?,
            mouths: drawings("mouths", &file.mouths)?,
            hair_styles: Choices::new("hair_styles", styles)?,
            flat_styles: Choices::new("hair_styles that are flat", flat)?,
            ornaments: file.classes.iter().map(ornament).collect::<Result<_, _>>()?,
            classes: file.classes.into_iter().map(|class| class.name).collect(),
        })
    }
}

fn one() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColourEntry {
    /// Six hexadecimal digits.
    rgb: String,
    #[serde(default = "one")]
    share: u32,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DrawingEntry {
    #[serde(default = "one")]
    share: u32,
    #[serde(default)]
    top: usize,
    rows: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HairEntry {
    #[serde(default = "one")]
    share: u32,
    #[serde(default)]
    flat: bool,
    #[serde(default)]
    back: DrawingEntry,
    front: DrawingEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassEntry {
    name: String,
    #[serde(default)]
    covers: bool,
    #[serde(default)]
    below: bool,
    #[serde(default)]
    colours: Vec<ColourEntry>,
    #[serde(default)]
    parts: Vec<DrawingEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    skins: Vec<ColourEntry>,
    hairs: Vec<ColourEntry>,
    clothes: Vec<ColourEntry>,
    backgrounds: Vec<ColourEntry>,
    irises: Vec<ColourEntry>,
    lips: Vec<ColourEntry>,
    earrings: Vec<ColourEntry>,
    patterns: Vec<DrawingEntry>,
    heads: Vec<DrawingEntry>,
    clothing: Vec<DrawingEntry>,
    eyes: Vec<DrawingEntry>,
    brows: Vec<DrawingEntry>,
    noses: Vec<DrawingEntry>,
    mouths: Vec<DrawingEntry>,
    hair_styles: Vec<HairEntry>,
    classes: Vec<ClassEntry>,
}

fn colours(what: &str, entries: &[ColourEntry]) -> Result<Choices<Rgb>, String> {
    let colour = |(at, entry): (usize, &ColourEntry)| {
        let number = u32::from_str_radix(&entry.rgb, 16).ok().filter(|_| entry.rgb.len() == 6);
        let [_, rgb @ ..] = number
            .ok_or_else(|| format!("{what} {at}: expected six hexadecimal digits: {}", entry.rgb))?
            .to_be_bytes();
        Ok((entry.share, rgb))
    };
    let entries: Result<Vec<_>, String> = entries.iter().enumerate().map(colour).collect();
    Choices::new(what, entries?)
}

fn drawings(what: &str, entries: &[DrawingEntry]) -> Result<Choices<Drawing>, String> {
    let drawn = |(at, entry): (usize, &DrawingEntry)| {
        Ok((entry.share, drawing(&format!("{what} {at}"), entry)?))
    };
    let entries: Result<Vec<_>, String> = entries.iter().enumerate().map(drawn).collect();
    Choices::new(what, entries?)
}

fn styles(entries: &[HairEntry]) -> Result<Vec<(u32, Hair)>, String> {
    let style = |(at, entry): (usize, &HairEntry)| {
        let what = format!("hair_styles {at}");
        let (back, front) = (drawing(&what, &entry.back)?, drawing(&what, &entry.front)?);
        Ok((entry.share, Hair { back, front }))
    };
    entries.iter().enumerate().map(style).collect()
}

fn ornament(class: &ClassEntry) -> Result<Ornament, String> {
    let &ClassEntry { ref name, covers, below, ref colours, ref parts } = class;
    let parts = (!parts.is_empty()).then(|| drawings(name, parts)).transpose()?;
    let colours = (!colours.is_empty()).then(|| self::colours(name, colours)).transpose()?;
    Ok(Ornament { covers, below, parts, colours })
}

/// Returns the pixels of a drawing that are not left out.
fn drawing(what: &str, entry: &DrawingEntry) -> Result<Drawing, String> {
    if entry.top + entry.rows.len() > ART {
        return Err(format!("{what}: its rows go below the {ART} of a face"));
    }
    let mut pixels = Vec::new();
    for (y, row) in (entry.top..).zip(&entry.rows) {
        if row.len() != ART {
            return Err(format!("{what}, row {y}: expected {ART} letters, found {}", row.len()));
        }
        for (x, letter) in row.bytes().enumerate().filter(|&(_, letter)| letter != b'.') {
            let tone = LETTERS.bytes().position(|known| known == letter);
            let tone = tone.ok_or_else(|| {
                format!("{what}, row {y}: expected one of .{LETTERS}, found {:?}", letter as char)
            })?;
            pixels.push(((y * ART + x) as u8, tone as u8));
        }
    }
    Ok(pixels)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../data/faces.ron");

    #[test]
    fn the_embedded_parts_are_valid_and_name_their_classes() {
        let parts = Parts::parse(FILE).unwrap();
        assert_eq!(
            parts.classes,
            ["plain", "glasses", "shades", "hat", "crown", "headphones", "beard", "moustache"]
        );
        assert_eq!(parts.ornaments.len(), parts.classes.len());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |from: &str, to: &str| {
            assert!(FILE.contains(from), "{from}");
            Parts::parse(&FILE.replacen(from, to, 1)).unwrap_err()
        };
        for (from, to, expected) in [
            ("fbe0cd", "fbe0c", "skins 0: expected six hexadecimal digits: fbe0c"),
            (
                "....ssssssss....",
                "....ssssssss...",
                "heads 0, row 3: expected 16 letters, found 15",
            ),
            ("....ssssssss....", "....ssssssss...?", "found '?'"),
            ("(share: 3, top: 13", "(share: 3, top: 14", "clothing 0: its rows go below the 16"),
            ("name: \"plain\"", "label: \"plain\"", "label"),
        ] {
            let error = error(from, to);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn entries_are_chosen_by_their_shares() {
        use rand::SeedableRng;
        let choices = Choices::new("letters", vec![(3, 'a'), (0, 'b'), (1, 'c')]).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let picked: String = (0..4_000).map(|_| *choices.pick(&mut random)).collect();
        let share = picked.matches('a').count();
        assert!((2_900..3_100).contains(&share) && !picked.contains('b'), "{share}");
        assert!(Choices::<char>::new("none", vec![]).is_err());
    }
}
