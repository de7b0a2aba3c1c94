//! One face: the parts and the colours that a random generator chooses, laid over each other.

use rand_chacha::ChaCha8Rng;

use super::{
    ART, Art,
    parts::{Drawing, Hair, Ornament, Parts, Rgb, TONES, below, tone},
};

/// A channel is moved by at most this much for the whole colour, and again by itself.
const JITTER: (u32, u32) = (6, 4);
/// One face in so many wears earrings.
const EARRINGS: u32 = 5;
/// The ears' lower halves, whatever the shape of the head.
const LOBES: [u8; 2] = [8 * ART as u8 + 3, 8 * ART as u8 + 12];

const WHITE: Rgb = [248, 247, 244];
const DARK: Rgb = [34, 29, 32];
const MOUTH: Rgb = [98, 34, 42];

/// Draws a face of the class `label`.
pub fn face(parts: &Parts, label: usize, random: &mut ChaCha8Rng) -> Art {
    let ornament = &parts.ornaments[label];
    let palette = palette(parts, ornament, random);
    let styles = if ornament.covers { &parts.flat_styles } else { &parts.hair_styles };
    let Hair { back, front } = styles.pick(random);
    let nothing = Drawing::new();
    let worn = ornament.parts.as_ref().map_or(&nothing, |worn| worn.pick(random));
    let (under, over) = if ornament.below { (worn, &nothing) } else { (&nothing, worn) };
    let layers = [
        parts.patterns.pick(random),
        back,
        parts.heads.pick(random),
        parts.clothing.pick(random),
        under,
        parts.noses.pick(random),
        parts.mouths.pick(random),
        parts.eyes.pick(random),
        parts.brows.pick(random),
        front,
        over,
    ];
    let mut tones = [tone(b'b') as u8; ART * ART];
    for &(place, tone) in layers.into_iter().flatten() {
        tones[usize::from(place)] = tone;
    }
    if below(random, EARRINGS) == 0 {
        LOBES.iter().for_each(|&place| tones[usize::from(place)] = tone(b'y') as u8);
    }
    let mut art = [0; ART * ART * 3];
    for (pixel, tone) in art.chunks_exact_mut(3).zip(tones) {
        pixel.copy_from_slice(&palette[usize::from(tone)]);
    }
    art
}

/// Returns the colour of each tone.
fn palette(parts: &Parts, ornament: &Ornament, random: &mut ChaCha8Rng) -> [Rgb; TONES] {
    let skin = jittered(*parts.skins.pick(random), random);
    let hair = jittered(*parts.hairs.pick(random), random);
    let clothes = jittered(*parts.clothes.pick(random), random);
    let trim = jittered(*parts.clothes.pick(random), random);
    let background = jittered(*parts.backgrounds.pick(random), random);
    let worn = ornament.colours.as_ref().map_or(DARK, |colours| *colours.pick(random));
    let worn = jittered(worn, random);
    let mut palette = [DARK; TONES];
    for (letter, rgb) in [
        (b'b', background),
        (b'B', background.map(|value| scaled(value, 236))),
        (b's', skin),
        (b'S', shade(skin)),
        (b'h', hair),
        (b'H', shade(hair)),
        (b'i', light(hair)),
        (b'c', clothes),
        (b'C', shade(clothes)),
        (b't', trim),
        (b'T', shade(trim)),
        (b'a', worn),
        (b'A', shade(worn)),
        (b'g', light(light(worn))),
        (b'w', WHITE),
        (b'e', *parts.irises.pick(random)),
        (b'm', *parts.lips.pick(random)),
        (b'o', MOUTH),
        (b'y', *parts.earrings.pick(random)),
    ] {
        palette[tone(letter)] = rgb;
    }
    palette
}

/// Moves a colour a little.
fn jittered(rgb: Rgb, random: &mut ChaCha8Rng) -> Rgb {
    let mut within = |most: u32| below(random, 2 * most + 1) as i32 - most as i32;
    let all = within(JITTER.0);
    rgb.map(|value| (i32::from(value) + all + within(JITTER.1)).clamp(0, 255) as u8)
}

/// The darker tone of a colour, a little warmer.
fn shade([red, green, blue]: Rgb) -> Rgb {
    [scaled(red, 210), scaled(green, 192), scaled(blue, 190)]
}

/// The lighter tone of a colour.
fn light(rgb: Rgb) -> Rgb {
    rgb.map(|value| value + scaled(255 - value, 72))
}

/// `value * share / 256`.
fn scaled(value: u8, share: u16) -> u8 {
    (u16::from(value) * share / 256) as u8
}
