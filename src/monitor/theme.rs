//! Colours by the part they play, in every tier of colour.

use ratatui::style::{Color, Modifier, Style};

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

/// A colour in three tiers: 24 bits, the nearest of xterm's 256, the nearest of the 16 named.
type Tone = ((u8, u8, u8), u8, Color);

/// The colours of Okabe and Ito, told apart with any kind of colour vision, in shades that stand on black and on white.
fn tone(role: Role) -> Tone {
    match role {
        Role::Discriminator => ((86, 160, 224), 74, Color::Cyan),
        Role::Generator => ((224, 146, 20), 172, Color::Yellow),
        Role::Accuracy => ((0, 158, 115), 36, Color::Green),
        Role::Real => ((86, 160, 224), 74, Color::Cyan),
        Role::Fake => ((204, 121, 167), 175, Color::Magenta),
        Role::Good => ((0, 158, 115), 36, Color::Green),
        Role::Warning => ((214, 140, 20), 172, Color::Yellow),
        Role::Bad => ((214, 80, 40), 166, Color::Red),
        Role::Accent => ((86, 160, 224), 74, Color::Cyan),
        Role::Faint => ((130, 130, 130), 244, Color::DarkGray),
        Role::Border => ((110, 110, 110), 242, Color::DarkGray),
    }
}

/// The styles of all roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    colors: Colors,
}

impl Theme {
    pub fn new(colors: Colors) -> Self {
        Self { colors }
    }

    /// The style of a role; without colours, the terminal's own.
    pub fn style(&self, role: Role) -> Style {
        let ((red, green, blue), indexed, named) = tone(role);
        match self.colors {
            Colors::Truecolor => Style::default().fg(Color::Rgb(red, green, blue)),
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

/// A picture's colour as the screen's.
pub fn color(ink: Ink) -> Color {
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
    match ink {
        Ink::Default => Color::Reset,
        Ink::Named(index) => NAMED[usize::from(index & 15)],
        Ink::Indexed(index) => Color::Indexed(index),
        Ink::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
