//! All state of the monitor.

use std::{path::PathBuf, time::Duration};

use crate::{
    keyboard::{
        action::{Action, Context},
        keymap::KeyMap,
    },
    state::{
        gallery::Gallery,
        history::Window,
        panel::{ChartLook, PanelId},
        prospect::{Estimate, Prospect},
        run::Run,
    },
    terminal::{capability::Capabilities, pixels::Protocol},
    theme::{Palette, Theme},
};
use gan_tui_core::{
    event::{LearningRates, RunState},
    preset::Preset,
    signals::Signal,
};
use gan_tui_store::art::{Colors, Glyphs};

/// How long a notice stays; longer where it has more to read.
const NOTICE: Duration = Duration::from_secs(3);
const LONG_NOTICE: Duration = Duration::from_secs(8);
/// Letters that are read in the shorter time.
const SHORT: usize = 44;
/// How long each picture of the spinner stays.
pub const SPINNER_STEP: Duration = Duration::from_millis(200);

/// All state of the monitor.
#[derive(Debug, Clone)]
pub struct App {
    /// Time since the session began.
    pub now: Duration,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    pub run: Run,
    /// What `p` offers.
    pub presets: Vec<Preset>,
    /// What is known of each of them; empty until that was found out.
    pub prospects: Vec<Prospect>,
    /// The one whose file has changed.
    pub changed_preset: Option<Changed>,
    /// The question, list or help in front of the panels.
    pub overlay: Option<Overlay>,
    pub notice: Option<Notice>,
    /// Which panel keys are meant for, and whether it has the screen to itself.
    pub focus: PanelId,
    pub enlarged: bool,
    pub gallery: Gallery,
    /// Files written last, for copying.
    pub exported: Option<PathBuf>,
    /// Lines that the log is scrolled down by.
    pub log_scroll: usize,
    /// Whether the run may only be looked at.
    pub read_only: bool,
    pub source: RunSource,
    pub look: Look,
    pub keys: KeyMap,
    /// What happens once the present run has ended.
    pub next: Option<Next>,
    /// The signal that asked to end.
    pub signal: Option<Signal>,
    /// Bytes a second that went to the terminal over the last seconds.
    pub sending: f64,
    /// Whether the screen no longer shows the state.
    pub changed: bool,
}

/// A preset whose file says something else than the run's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Which of the presets it is.
    pub number: usize,
    /// Whether it was looked at; until then the footer mentions it.
    pub is_seen: bool,
}

/// Where the run is that is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RunSource {
    /// In this process: it ends with it, unless it is left to go on in the background.
    Local {
        /// Whether the run is saved and ended when the terminal goes away; else it continues without
        /// the monitor.
        stop_on_hangup: bool,
    },
    /// In another process, which continues whatever happens here.
    Remote,
    /// In its files alone, from which it is played.
    Replay {
        /// Times as fast as it was.
        speed: f64,
    },
}

impl Default for RunSource {
    fn default() -> Self {
        Self::Local { stop_on_hangup: false }
    }
}

/// How things are drawn.
#[derive(Debug, Clone)]
pub struct Look {
    pub capabilities: Capabilities,
    pub glyphs: Glyphs,
    /// How the terminal shows pixels, if it can, and whether pictures are made of them.
    pub protocol: Option<Protocol>,
    pub prefers_pixels: bool,
    pub colors: Colors,
    pub theme: Theme,
    /// Whether the theme is to suit the terminal's background once that is known.
    pub follows_background: bool,
    /// Whether grey images are dark on light.
    pub on_paper: bool,
    /// How much of the run the losses show.
    pub window: Window,
    /// Steps by which pictures are larger, and fewer, than they need be to be read.
    pub zoom: i32,
    pub chart: ChartLook,
}

impl Look {
    /// How pictures are shown as pixels; `None` if they are drawn as characters.
    pub fn pixels(&self) -> Option<Protocol> {
        self.protocol.filter(|_| self.prefers_pixels)
    }

    /// Draws pictures with the next set of characters that the terminal shows; before the first of
    /// them as pixels, if the terminal has them. Returns what they are made of, in a line.
    pub fn next_pictures(&mut self) -> String {
        if self.pixels().is_some() {
            self.prefers_pixels = false;
            return format!("glyphs: {}", self.glyphs);
        }
        let mut glyphs = self.glyphs.next();
        while !self.capabilities.script.shows(glyphs) {
            glyphs = glyphs.next();
        }
        let is_only = glyphs == self.glyphs;
        self.glyphs = glyphs;
        self.prefers_pixels = glyphs == self.capabilities.glyphs;
        match self.pixels() {
            Some(protocol) => format!("pictures: {} pixels", protocol.name()),
            None if is_only => format!("glyphs: {glyphs}, the only set to choose from"),
            None => format!("glyphs: {glyphs}"),
        }
    }
}

/// A question, a list or the help in front of the panels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Overlay {
    /// Whether to quit.
    Quit,
    /// The presets, one of them selected, and whether a new run keeps the present weights where it
    /// can.
    Presets { selected: usize, keep: bool },
    /// The keys, scrolled down by this many lines.
    Help { scroll: u16 },
    /// What can be exported, one of them selected.
    Exports { selected: usize },
    /// The learning rates to be, one of them selected.
    Rates { selected: usize, rates: LearningRates },
    /// The line that a number is typed in, below all panels.
    Number,
}

/// What comes after the present run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Leave,
    /// A run of the preset with this number, which may keep the weights.
    Open {
        number: usize,
        keep: bool,
    },
    /// The monitor is left, and the run continues in the background.
    Detach,
}

/// A line in the footer that disappears by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
    /// When it goes.
    pub until: Duration,
}

impl App {
    /// Returns whether samples can be drawn: by the worker while it trains, and in a replay by the
    /// player, also at its end.
    pub fn can_draw(&self) -> bool {
        let is_there = match self.run.state {
            RunState::Running | RunState::Paused => true,
            RunState::Ended(_) => matches!(self.source, RunSource::Replay { .. }),
            _ => false,
        };
        is_there && self.next.is_none()
    }

    /// Returns how long a run of preset `number` takes.
    pub fn estimate(&self, number: usize) -> Estimate {
        let (Some(preset), Some(prospect)) = (self.presets.get(number), self.prospects.get(number))
        else {
            return Estimate::NotKnown;
        };
        let present = self.presets.iter().position(|preset| *preset == self.run.preset);
        let gflop = present.and_then(|number| self.prospects.get(number)?.gflop);
        let gflops = gflop.zip(self.run.history.rate()).map(|(gflop, rate)| gflop * rate);
        prospect.estimate(preset.iterations, gflops)
    }

    /// Whether a run of this preset can begin with the present weights: the networks are the same.
    pub fn can_keep_weights(&self, preset: &Preset) -> bool {
        // What a checkpoint holds depends on these.
        let networks = |preset: &Preset| {
            (preset.model, preset.latent, preset.norm, preset.spectral_norm, preset.average > 0.0)
        };
        self.source != RunSource::Remote
            && networks(preset) == networks(&self.run.preset)
            && self.run.iteration() > 0
    }

    /// The state before anything has happened.
    pub fn new(run: Run, presets: Vec<Preset>, capabilities: Capabilities) -> Self {
        let look = Look {
            capabilities,
            glyphs: capabilities.glyphs,
            protocol: None,
            prefers_pixels: true,
            colors: capabilities.colors,
            theme: Theme::new(Palette::default(), capabilities.colors),
            follows_background: false,
            on_paper: false,
            window: Window::All,
            zoom: 0,
            chart: ChartLook::default(),
        };
        Self {
            now: Duration::ZERO,
            size: (80, 24),
            run,
            presets,
            prospects: Vec::new(),
            changed_preset: None,
            overlay: None,
            notice: None,
            focus: PanelId::SAMPLES,
            enlarged: false,
            gallery: Gallery::default(),
            exported: None,
            log_scroll: 0,
            read_only: false,
            source: RunSource::default(),
            look,
            keys: KeyMap::default(),
            next: None,
            signal: None,
            sending: 0.0,
            changed: true,
        }
    }

    /// Shows a line for a while.
    pub fn notify(&mut self, text: String, is_error: bool) {
        let time = if text.chars().count() <= SHORT { NOTICE } else { LONG_NOTICE };
        self.notice = Some(Notice { text, is_error, until: self.now + time });
    }

    /// Returns whether an action would do something now: what changes a run needs one that may be
    /// changed, and has not ended.
    pub fn offers(&self, action: Action) -> bool {
        let is_replay = matches!(self.source, RunSource::Replay { .. });
        match action {
            Action::TogglePause | Action::Step if is_replay => true,
            Action::TogglePause | Action::Step | Action::Save | Action::LearningRates => {
                !self.read_only && !self.run.has_ended()
            }
            Action::Slower | Action::Faster => is_replay,
            Action::ChoosePreset | Action::Preset(_) => !self.read_only && !self.presets.is_empty(),
            Action::Reload => !self.read_only && self.changed_preset.is_some(),
            Action::Detach => !is_replay && !self.run.has_ended(),
            _ => true,
        }
    }

    /// Whether the run must not be changed; a notice says so.
    pub fn refuses_changes(&mut self) -> bool {
        if self.read_only {
            self.notify("not available: read-only".into(), true);
        }
        self.read_only
    }

    /// Which keys count.
    pub fn context(&self) -> Context {
        match self.overlay {
            None => Context::Main,
            Some(Overlay::Quit) => Context::Question,
            Some(Overlay::Number) => Context::Number,
            Some(
                Overlay::Presets { .. }
                | Overlay::Help { .. }
                | Overlay::Exports { .. }
                | Overlay::Rates { .. },
            ) => Context::List,
        }
    }

    /// When something will change by the passing of time alone.
    pub fn next_change(&self) -> Option<Duration> {
        let notice = self.notice.as_ref().map(|notice| notice.until);
        let spinner = self.is_waiting().then(|| self.now + SPINNER_STEP);
        notice
            .into_iter()
            .chain(spinner)
            .chain(self.run.timeline.due())
            .chain(self.gallery.due())
            .min()
    }

    /// Whether something takes its time that no number on the screen counts.
    pub fn is_waiting(&self) -> bool {
        let first_step = self.run.state == RunState::Running && self.run.history.latest().is_none();
        matches!(self.run.state, RunState::Preparing(_))
            || first_step
            || self.run.saving.is_some()
            || self.run.trouble.is_some()
            || (self.next.is_some() && !self.run.has_ended())
    }
}
