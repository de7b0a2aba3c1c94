//! Colours by the part they play, in every theme and every tier of colour.

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

use crate::art::{Colors, Ink};

/// The part a colour plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Okabe and Ito's, told apart with any kind of colour vision, on dark and on light.
    ColorSafe,
}

impl Palette {
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::ColorSafe];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
            Self::HighContrast => "HighContrast",
            Self::ColorSafe => "ColorSafe",
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
        }
    }
}

/// A colour in three tiers: 24 bits, the nearest of xterm's 256, the nearest of the 16 named.
type Tone = (u32, u8, Color);

fn dark(role: Role) -> Tone {
    match role {
        Role::Discriminator | Role::Real => (0x5fafff, 75, Color::LightCyan),
        Role::Generator => (0xffaf5f, 215, Color::LightYellow),
        Role::Accuracy | Role::Good => (0x5fd787, 78, Color::LightGreen),
        Role::Fake => (0xd787d7, 176, Color::LightMagenta),
        Role::Warning => (0xffd75f, 221, Color::Yellow),
        Role::Bad => (0xff6f5f, 203, Color::LightRed),
        Role::Accent => (0x87d7ff, 117, Color::Cyan),
        Role::Faint => (0x949494, 246, Color::Gray),
        Role::Border => (0x626262, 241, Color::DarkGray),
    }
}

fn light(role: Role) -> Tone {
    match role {
        Role::Discriminator | Role::Real => (0x005fd7, 26, Color::Blue),
        Role::Generator => (0xaf5f00, 130, Color::Red),
        Role::Accuracy | Role::Good => (0x00702f, 22, Color::Green),
        Role::Fake => (0x870087, 90, Color::Magenta),
        Role::Warning => (0x875f00, 94, Color::Red),
        Role::Bad => (0xaf0000, 124, Color::Red),
        Role::Accent => (0x005f87, 24, Color::Blue),
        Role::Faint => (0x626262, 241, Color::DarkGray),
        Role::Border => (0x949494, 246, Color::DarkGray),
    }
}

fn high_contrast(role: Role) -> Tone {
    match role {
        Role::Discriminator | Role::Real => (0x00ffff, 51, Color::LightCyan),
        Role::Generator => (0xffff00, 226, Color::LightYellow),
        Role::Accuracy | Role::Good => (0x00ff00, 46, Color::LightGreen),
        Role::Fake => (0xff87ff, 213, Color::LightMagenta),
        Role::Warning => (0xffff00, 226, Color::LightYellow),
        Role::Bad => (0xff8787, 210, Color::LightRed),
        Role::Accent | Role::Faint | Role::Border => (0xffffff, 231, Color::White),
    }
}

fn color_safe(role: Role) -> Tone {
    match role {
        Role::Discriminator | Role::Real | Role::Accent => (0x56a0e0, 74, Color::Cyan),
        Role::Generator | Role::Warning => (0xe09214, 172, Color::Yellow),
        Role::Accuracy | Role::Good => (0x009e73, 36, Color::Green),
        Role::Fake => (0xcc79a7, 175, Color::Magenta),
        Role::Bad => (0xd65028, 166, Color::Red),
        Role::Faint => (0x828282, 244, Color::DarkGray),
        Role::Border => (0x6e6e6e, 242, Color::DarkGray),
    }
}

/// The styles of all roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    pub palette: Palette,
    colors: Colors,
}

impl Theme {
    pub fn new(palette: Palette, colors: Colors) -> Self {
        Self { palette, colors }
    }

    /// The same palette in another tier.
    pub fn with(self, colors: Colors) -> Self {
        Self { colors, ..self }
    }

    /// The style of a role; without colours, the terminal's own.
    pub fn style(&self, role: Role) -> Style {
        let (rgb, indexed, named) = self.palette.tone(role);
        match self.colors {
            Colors::Truecolor => Style::default().fg(Color::from_u32(rgb)),
            Colors::Indexed => Style::default().fg(Color::Indexed(indexed)),
            Colors::Named => Style::default().fg(named),
            Colors::None => Style::default(),
        }
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
        named => NAMED.iter().position(|color| *color == named).map_or(Ink::Default, |index| Ink::Named(index as u8)),
    }
}
