//! What stands in front of the panels: lists, questions, the help.

use super::export::export;
use crate::{
    panels,
    state::{
        app::{App, Next, Overlay},
        ending::after_the_run,
        message::{Effect, Export},
    },
};
use gan_tui_core::event::{Command, LearningRates};

/// What learning rates can be stepped to.
const LOWEST_RATE: f32 = 1e-9;
const HIGHEST_RATE: f32 = 1.0;

/// Where to go in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Motion {
    Up,
    Down,
    First,
    Last,
}

impl Motion {
    /// Moves from a position between 0 and `last`.
    fn of(self, at: usize, last: usize) -> usize {
        match self {
            Self::Up => at.saturating_sub(1),
            Self::Down => (at + 1).min(last),
            Self::First => 0,
            Self::Last => last,
        }
    }
}

/// Selects another item of a list, or scrolls the help.
pub fn select(app: &mut App, motion: Motion) -> Option<Effect> {
    let lowest = usize::from(panels::lowest_help(app));
    let last = app.presets.len().saturating_sub(1);
    match &mut app.overlay {
        Some(Overlay::Presets { selected, .. }) => *selected = motion.of(*selected, last),
        Some(Overlay::Help { scroll }) => {
            *scroll = motion.of(usize::from(*scroll), lowest) as u16;
        }
        Some(Overlay::Exports { selected }) => {
            *selected = motion.of(*selected, Export::ALL.len() - 1);
        }
        Some(Overlay::Rates { selected, .. }) => *selected = motion.of(*selected, 1),
        Some(Overlay::Quit | Overlay::Number) | None => {}
    }
    None
}

/// Multiplies the selected learning rate, or toggles whether a new run keeps the weights.
pub fn adjust(app: &mut App, factor: f32) -> Option<Effect> {
    match app.overlay {
        Some(Overlay::Presets { selected, keep }) => {
            let keep = !keep && can_keep_weights(app, selected);
            app.overlay = Some(Overlay::Presets { selected, keep });
        }
        Some(Overlay::Rates { selected, mut rates }) => {
            scale(&mut rates, selected, factor);
            app.overlay = Some(Overlay::Rates { selected, rates });
        }
        _ => {}
    }
    None
}

fn scale(rates: &mut LearningRates, selected: usize, factor: f32) {
    let rate = if selected == 0 { &mut rates.generator } else { &mut rates.discriminator };
    // Halves and doubles of a floating-point number are exact. A step beyond the range is not made,
    // as one back would not return from its end to the same number.
    let scaled = *rate * factor;
    if scaled <= HIGHEST_RATE && (scaled >= LOWEST_RATE || factor > 1.0) {
        *rate = scaled;
    }
}

fn can_keep_weights(app: &App, number: usize) -> bool {
    app.presets.get(number).is_some_and(|preset| app.can_keep_weights(preset))
}

/// Does what is selected or asked.
pub fn confirm(app: &mut App) -> Option<Effect> {
    match app.overlay.take()? {
        Overlay::Quit => after_the_run(app, Next::Leave),
        Overlay::Presets { selected: number, keep } => {
            let keep = keep && can_keep_weights(app, number);
            after_the_run(app, Next::Open { number, keep })
        }
        Overlay::Help { .. } => None,
        Overlay::Number => {
            app.gallery.end_number(true);
            None
        }
        Overlay::Exports { selected } => {
            export(app, Export::ALL[selected.min(Export::ALL.len() - 1)])
        }
        Overlay::Rates { rates, .. } if rates != app.run.rates => {
            Some(Effect::Tell(Command::LearningRates(rates)))
        }
        Overlay::Rates { .. } => None,
    }
}

/// Closes what stands in front.
pub fn cancel(app: &mut App) -> Option<Effect> {
    if app.overlay.take() == Some(Overlay::Number) {
        app.gallery.end_number(false);
    }
    None
}
