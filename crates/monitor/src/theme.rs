//! Colours by the part they play, in every theme and every tier of colour.

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use gan_tui_store::art::{Colors, Ink};

/// The part a colour plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Role {
    Discriminator,
    Generator,
    Accuracy,
    Real,
    Fake,
    Good,
    Warning,
    Bad,
    /// Keys, titles, what is selected.
    Accent,
    /// What need not be read.
    Faint,
    Border,
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Discriminator,
        Self::Generator,
        Self::Accuracy,
        Self::Real,
        Self::Fake,
        Self::Good,
        Self::Warning,
        Self::Bad,
        Self::Accent,
        Self::Faint,
        Self::Border,
    ];
}

/// A colour of 24 bits, written `#ff8800`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(u32);

impl<'de> Deserialize<'de> for Rgb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix('#').filter(|digits| {
            digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        });
        let colour = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        colour.map(Self).ok_or_else(|| {
            D::Error::custom(format!("expected a colour such as `#ff8800`, found `{text}`"))
        })
    }
}

impl Rgb {
    /// The nearest of xterm's 256 colours beyond the 16 named ones: six levels of each part, and 24
    /// greys.
    fn indexed(self) -> u8 {
        let parts = [self.0 >> 16 & 255, self.0 >> 8 & 255, self.0 & 255];
        let level = |step: u32| if step == 0 { 0 } else { step * 40 + 55 };
        let distance = |shown: [u32; 3]| {
            parts.iter().zip(shown).map(|(&part, shown)| part.abs_diff(shown).pow(2)).sum::<u32>()
        };
        let cube =
            (0..216u32).map(|at| (16 + at, [level(at / 36), level(at / 6 % 6), level(at % 6)]));
        let greys = (0..24u32).map(|at| (232 + at, [at * 10 + 8; 3]));
        cube.chain(greys)
            .min_by_key(|(_, shown)| distance(*shown))
            .map_or(16, |(index, _)| index as u8)
    }
}

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Palette {
    /// For dark backgrounds.
    #[default]
    Dark,
    /// For light backgrounds.
    Light,
    /// Few and strong, for a dark background.
    HighContrast,
    /// Told apart with any kind of colour vision, on dark and on light.
    ColorSafe,
    /// Neither light nor dark colours, for a background that is not known.
    Neutral,
}

impl Palette {
    pub const ALL: [Self; 5] =
        [Self::Dark, Self::Light, Self::HighContrast, Self::ColorSafe, Self::Neutral];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
            Self::HighContrast => "HighContrast",
            Self::ColorSafe => "ColorSafe",
            Self::Neutral => "Neutral",
        }
    }

    /// What suits the background that the environment tells of: the variable COLORFGBG, such as
    /// `0;15`, which many terminals set, or the Linux console, which is black. `None` if it tells
    /// nothing.
    pub fn suiting(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let colours = get("COLORFGBG").unwrap_or_default();
        match colours.rsplit(';').next().and_then(|paper| paper.parse().ok()) {
            Some(7 | 9..=15) => Some(Self::Light),
            Some(0..=6 | 8) => Some(Self::Dark),
            _ => (get("TERM").as_deref() == Some("linux")).then_some(Self::Dark),
        }
    }

    /// What suits a light or a dark background.
    pub fn on(is_light: bool) -> Self {
        if is_light { Self::Light } else { Self::Dark }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high contrast",
            Self::ColorSafe => "for any colour vision",
            Self::Neutral => "neutral",
        }
    }

    /// The background that it is for, if it is for one.
    fn background(self) -> Option<u32> {
        match self {
            Self::Dark => Some(0x121212),
            Self::HighContrast => Some(0x000000),
            Self::Light => Some(0xffffff),
            Self::ColorSafe | Self::Neutral => None,
        }
    }

    /// The next one, round and round.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|&palette| palette == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    fn tone(self, role: Role) -> Tone {
        match self {
            Self::Dark => dark(role),
            Self::Light => light(role),
            Self::HighContrast => high_contrast(role),
            Self::ColorSafe => color_safe(role),
            Self::Neutral => neutral(role),
        }
    }
}

/// How much of a colour is in its pale tint: so many parts of so many.
const PALE: (u32, u32) = (22, 100);

/// A colour in three tiers: 24 bits, the nearest of xterm's 256, the nearest of the 16 named.
type Tone = (u32, u8, Color);

fn dark(role: Role) -> Tone {
    match role {
        Role::Discriminator => (0x6f8fff, 69, Color::LightBlue),
        Role::Generator => (0xf09a20, 208, Color::LightYellow),
        Role::Accuracy => (0xf4f480, 228, Color::White),
        Role::Real => (0x20f0a0, 49, Color::LightCyan),
        Role::Fake => (0xff70b8, 205, Color::LightMagenta),
        Role::Good => (0x5fd787, 78, Color::LightGreen),
        Role::Warning => (0xffd75f, 221, Color::Yellow),
        Role::Bad => (0xff6f5f, 203, Color::LightRed),
        Role::Accent => (0x87d7ff, 117, Color::Cyan),
        Role::Faint => (0x949494, 246, Color::Gray),
        Role::Border => (0x626262, 241, Color::DarkGray),
    }
}

fn light(role: Role) -> Tone {
    match role {
        Role::Discriminator => (0x005fd7, 26, Color::Blue),
        Role::Generator => (0xb35900, 130, Color::Red),
        Role::Accuracy => (0x3f4f00, 58, Color::Reset),
        Role::Real => (0x008578, 30, Color::Cyan),
        Role::Fake => (0x9b1f8f, 90, Color::Magenta),
        Role::Good => (0x00702f, 22, Color::Green),
        Role::Warning => (0x875f00, 94, Color::Red),
        Role::Bad => (0xaf0000, 124, Color::Red),
        Role::Accent => (0x005f87, 24, Color::Blue),
        Role::Faint => (0x626262, 241, Color::DarkGray),
        Role::Border => (0x949494, 246, Color::DarkGray),
    }
}

fn high_contrast(role: Role) -> Tone {
    match role {
        Role::Discriminator => (0x4fa8ff, 75, Color::LightBlue),
        Role::Generator => (0xf0b400, 214, Color::LightYellow),
        Role::Accuracy => (0xf6f68f, 228, Color::White),
        Role::Real => (0x52ffbe, 85, Color::LightCyan),
        Role::Fake => (0xff70b8, 205, Color::LightMagenta),
        Role::Good => (0x00ff00, 46, Color::LightGreen),
        Role::Warning => (0xffff00, 226, Color::LightYellow),
        Role::Bad => (0xff8787, 210, Color::LightRed),
        Role::Accent => (0xffffff, 231, Color::White),
        Role::Faint => (0xd0d0d0, 252, Color::Gray),
        Role::Border => (0xa0a0a0, 247, Color::Gray),
    }
}

fn color_safe(role: Role) -> Tone {
    match role {
        Role::Discriminator => (0x6f7ff0, 69, Color::Blue),
        Role::Generator => (0xc08a00, 136, Color::Yellow),
        Role::Accuracy => (0x7f8a40, 101, Color::Reset),
        Role::Real => (0x00b4d8, 38, Color::Cyan),
        Role::Fake => (0xf080a8, 211, Color::Magenta),
        Role::Accent => (0x56a0e0, 74, Color::Cyan),
        Role::Warning => (0xe09214, 172, Color::Yellow),
        Role::Good => (0x009e73, 36, Color::Green),
        Role::Bad => (0xd65028, 166, Color::Red),
        Role::Faint => (0x828282, 244, Color::DarkGray),
        Role::Border => (0x6e6e6e, 242, Color::DarkGray),
    }
}

fn neutral(role: Role) -> Tone {
    match role {
        Role::Discriminator => (0x4a86cf, 68, Color::Cyan),
        Role::Generator => (0xb87a10, 136, Color::Red),
        Role::Accuracy => (0x70843c, 65, Color::Reset),
        Role::Real => (0x16968e, 30, Color::Green),
        Role::Fake => (0xc05fa8, 133, Color::Magenta),
        Role::Good => (0x2f9957, 65, Color::Green),
        Role::Warning => (0xa8842c, 136, Color::Red),
        Role::Bad => (0xd65028, 166, Color::Red),
        Role::Accent => (0x2a8fa8, 31, Color::Reset),
        // The terminal's own colour can be read on any background.
        Role::Faint => (0x808080, 244, Color::Reset),
        Role::Border => (0x808080, 244, Color::Reset),
    }
}

/// The styles of all roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub palette: Palette,
    colors: Colors,
    /// A person's own colours, in the order of [`Role::ALL`].
    own: [Option<Rgb>; Role::ALL.len()],
}

impl Theme {
    pub fn new(palette: Palette, colors: Colors) -> Self {
        Self { palette, colors, own: [None; Role::ALL.len()] }
    }

    /// The same with a colour of a person's own.
    pub fn set(&mut self, role: Role, colour: Rgb) {
        self.own[role as usize] = Some(colour);
    }

    /// The same palette in another tier.
    pub fn with(self, colors: Colors) -> Self {
        Self { colors, ..self }
    }

    /// The style of a role; without colours, the terminal's own.
    pub fn style(&self, role: Role) -> Style {
        let (rgb, indexed, named) = self.palette.tone(role);
        // With 16 colours, which ones they are is the terminal's own choice: a theme's are kept
        // there.
        let (rgb, indexed) =
            self.own[role as usize].map_or((rgb, indexed), |own| (own.0, own.indexed()));
        match self.colors {
            Colors::Truecolor => Style::default().fg(Color::from_u32(rgb)),
            Colors::Indexed => Style::default().fg(Color::Indexed(indexed)),
            Colors::Named => Style::default().fg(named),
            Colors::None => Style::default(),
        }
    }

    /// A colour that is little different from the background, tinged with that of a role; `None`
    /// if the background is not known, or there are too few colours.
    pub fn pale(&self, role: Role) -> Option<Color> {
        let background = self.palette.background()?;
        let ink = self.own[role as usize].map_or(self.palette.tone(role).0, |own| own.0);
        let part = |shift: u32| {
            let (ink, paper) = (ink >> shift & 255, background >> shift & 255);
            (ink * PALE.0 + paper * (PALE.1 - PALE.0)) / PALE.1
        };
        let rgb = [16, 8, 0].into_iter().fold(0, |rgb, shift| rgb | part(shift) << shift);
        match self.colors {
            Colors::Truecolor => Some(Color::from_u32(rgb)),
            Colors::Indexed => Some(Color::Indexed(Rgb(rgb).indexed())),
            Colors::Named | Colors::None => None,
        }
    }

    /// Whether there are colours at all.
    pub fn has_colours(&self) -> bool {
        self.colors != Colors::None
    }

    /// The same, bold.
    pub fn strong(&self, role: Role) -> Style {
        self.style(role).add_modifier(Modifier::BOLD)
    }

    /// What is selected in a list: reversed, so that it is seen without colour.
    pub fn selected(&self) -> Style {
        Style::default().add_modifier(Modifier::REVERSED)
    }
}

const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// A picture's colour as the screen's.
pub fn color(ink: Ink) -> Color {
    match ink {
        Ink::Default => Color::Reset,
        Ink::Named(index) => NAMED[usize::from(index & 15)],
        Ink::Indexed(index) => Color::Indexed(index),
        Ink::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}

/// The inverse of [`color`].
pub fn ink(color: Color) -> Ink {
    match color {
        Color::Reset => Ink::Default,
        Color::Indexed(index) => Ink::Indexed(index),
        Color::Rgb(red, green, blue) => Ink::Rgb(red, green, blue),
        named => NAMED
            .iter()
            .position(|color| *color == named)
            .map_or(Ink::Default, |index| Ink::Named(index as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_ones_own_are_as_near_as_the_terminal_has_them() {
        assert_eq!(
            [0xff8700, 0x000000, 0x808080, 0xffffff].map(|colour| Rgb(colour).indexed()),
            [208, 16, 244, 231]
        );
        let mut theme = Theme::new(Palette::Dark, Colors::Indexed);
        theme.set(Role::Generator, Rgb(0xff8700));
        assert_eq!(theme.style(Role::Generator).fg, Some(Color::Indexed(208)));
        assert_eq!(
            theme.with(Colors::Truecolor).style(Role::Generator).fg,
            Some(Color::Rgb(255, 135, 0))
        );
        assert_eq!(theme.with(Colors::None).style(Role::Generator).fg, None);
        assert!(Role::ALL.into_iter().enumerate().all(|(at, role)| role as usize == at));
    }

    #[test]
    fn a_light_background_gets_the_light_theme() {
        let suiting = |colours: Option<&str>, term: &str| {
            Palette::suiting(|name| match name {
                "COLORFGBG" => colours.map(Into::into),
                _ => Some(term.into()),
            })
        };
        assert_eq!(
            ["0;15", "0;default;15", "15;0", "0;default", "", "x"]
                .map(|told| suiting(Some(told), "xterm")),
            [Some(Palette::Light), Some(Palette::Light), Some(Palette::Dark), None, None, None]
        );
        assert_eq!(suiting(None, "xterm"), None);
        assert_eq!(suiting(None, "linux"), Some(Palette::Dark));
    }

    #[test]
    fn nothing_is_nearly_white_or_black_on_an_unknown_background() {
        for role in Role::ALL {
            let (rgb, indexed, named) = Palette::Neutral.tone(role);
            let (white, black) = (contrast(rgb, 0xffffff), contrast(rgb, 0));
            assert!(white > 3.0 && black > 3.0, "{role:?}: {white:.1}, {black:.1}");
            assert!(!matches!(indexed, 0 | 7..=16 | 231..=237 | 250..=255), "{role:?}");
            assert!(
                matches!(
                    named,
                    Color::Reset | Color::Red | Color::Green | Color::Magenta | Color::Cyan
                ),
                "{role:?}: {named}"
            );
        }
    }

    /// An eight-bit part of a colour as linear light.
    fn linear(part: u32) -> f64 {
        let value = f64::from(part) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    }

    /// Contrast of two colours (WCAG 2.1, relative luminance).
    fn contrast(one: u32, other: u32) -> f64 {
        let luminance = |colour: u32| {
            let part = |shift: u32| linear(colour >> shift & 255);
            0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0) + 0.05
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    /// Colours as people with each kind of colour vision see them (Machado, Oliveira and Fernandes
    /// 2009, full severity), in linear light.
    const VISIONS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];

    fn multiplied(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// Lightness and two opponent colours (CIE 1976), as somebody sees them.
    fn seen(colour: u32, vision: [[f64; 3]; 3]) -> [f64; 3] {
        const XYZ: [[f64; 3]; 3] =
            [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8728]];
        let linear = [16, 8, 0].map(|shift| linear(colour >> shift & 255));
        let light = multiplied(vision, linear).map(|part| part.clamp(0.0, 1.0));
        let [x, y, z] = multiplied(XYZ, light)
            .map(|part| if part > 0.008856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn lines_differ_for_every_kind_of_colour_vision() {
        let lines = [Role::Discriminator, Role::Generator, Role::Accuracy, Role::Real, Role::Fake];
        for palette in Palette::ALL {
            // Colours for any background are all about as light as each other.
            let least = if palette == Palette::Neutral { 8.5 } else { 14.5 };
            for vision in VISIONS {
                for (at, one) in lines.iter().enumerate() {
                    for other in &lines[..at] {
                        let [one, other] =
                            [one, other].map(|role| seen(palette.tone(*role).0, vision));
                        let apart: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                        assert!(apart.sqrt() >= least, "{palette:?}: {one:?} {other:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_theme_can_be_read_on_its_background() {
        for (palette, background, least) in [
            (Palette::Dark, 0x121212, 4.5),
            (Palette::Light, 0xffffff, 4.5),
            (Palette::HighContrast, 0x000000, 7.0),
            (Palette::ColorSafe, 0x121212, 4.0),
            (Palette::ColorSafe, 0xffffff, 2.2),
            (Palette::Neutral, 0x121212, 4.4),
            (Palette::Neutral, 0xffffff, 3.4),
        ] {
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Border) {
                let found = contrast(palette.tone(role).0, background);
                assert!(found >= least, "{palette:?} {role:?}: {found:.1} on {background:06x}");
            }
        }
    }
}
