//! The messages that change the state, and the effects that the session carries out.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    keyboard::key::Key,
    state::{history_chunk::HistoryChunk, prospect::Prospect},
    terminal::{input::MouseAction, pixels::Protocol},
};
use gan_tui_core::{
    event::{Command, Event, Frame, Outcome},
    preset::Preset,
    signals::Signal,
};

/// Everything that can change the monitor's state.
#[derive(Debug, Clone)]
pub enum Message {
    Key(Key),
    /// A text was pasted.
    Paste(String),
    /// The terminal shows some characters two cells wide that are meant to be one.
    WideCharacters,
    /// The terminal has told whether its background is light.
    Background {
        is_light: bool,
    },
    /// The terminal shows pixels by this protocol.
    Pixels(Protocol),
    /// From the run.
    Event(Event),
    /// A part of the run's history, from its files.
    History(Box<HistoryChunk>),
    /// Something worth knowing about the run.
    Note(String),
    /// The run's thread is gone without having said goodbye.
    Lost(Outcome),
    /// The file of the preset has changed: its number and what it says now; or what is wrong with
    /// it, in one line.
    PresetChanged(Result<(usize, Box<Preset>), String>),
    /// What is known of the presets to choose from, in their order.
    Prospects(Vec<Prospect>),
    /// A new run was opened: the number of its preset, where its files go, and after how much
    /// training time it ends.
    Opened {
        number: usize,
        directory: PathBuf,
        limit: Option<Duration>,
    },
    /// A new run could not be opened.
    NotOpened(String),
    /// Files are being written: so much of the work is done, from 0 to 1.
    Exporting(Export, f32),
    /// Files were written, or not.
    Exported(Result<Vec<PathBuf>, String>),
    /// A frame was read from the run's files, or not.
    FrameRead(u64, Option<Arc<Frame>>),
    /// Something was done with the mouse at a column and a row.
    Mouse(MouseAction, u16, u16),
    /// The screen's columns and rows have changed.
    Resized(u16, u16),
    /// Time since the session began.
    Tick(Duration),
    /// The system asks to end.
    Signal(Signal),
    /// The system asks for a checkpoint.
    SaveNow,
    /// Another process asks this one to stop until it is continued.
    StopNow,
    /// The process was stopped, and continues: the terminal may have been another's.
    Continued,
}

/// Where to go in a run that is played, or how fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seek {
    /// Forward by this many frames; negative is back.
    Frames(i64),
    /// To a share of the run, 0 to 1.
    Share(f64),
    Start,
    End,
    /// Relative to the run's own speed.
    Speed(f64),
}

/// What only the session can do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send the run a command.
    Tell(Command),
    /// Announce that another process continues the run, then make it save and stop.
    HandOver,
    /// Go elsewhere in the run that is played.
    Seek(Seek),
    /// Open a new run of the preset with this number, with the present weights or without; the
    /// present run has ended.
    Open { number: usize, keep: bool },
    /// Write files.
    Export(Export),
    /// Read a frame from the run's files.
    ReadFrame(u64),
    /// Put a text on the clipboard of the terminal.
    Copy(String),
    /// Give the terminal back and stop, until the shell says to go on.
    Suspend,
    /// Take the terminal again, if this process is in its foreground, and draw the screen from
    /// nothing.
    TakeTerminal,
    /// Draw the screen from nothing.
    Redraw,
    /// Leave; the run has ended.
    Leave,
    /// Leave; the run continues without the monitor.
    LetGo,
    /// Leave now, without waiting for the run.
    Abandon,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The pictures shown as PNG, text and ANSI.
    Pictures,
    Png,
    Svg,
    Text,
    Ansi,
    /// The picture chosen among them.
    OnePng,
    /// The frames of the run so far.
    Gif,
    Asciicast,
    /// The metrics of the run so far.
    Csv,
    Chart,
    /// The whole screen.
    ScreenText,
    ScreenSvg,
}

impl Export {
    pub const ALL: [Self; 12] = [
        Self::Pictures,
        Self::Png,
        Self::Svg,
        Self::Text,
        Self::Ansi,
        Self::OnePng,
        Self::Gif,
        Self::Asciicast,
        Self::Csv,
        Self::Chart,
        Self::ScreenText,
        Self::ScreenSvg,
    ];

    /// In words, under the heading of its group.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pictures => "PNG, text and ANSI",
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Text => "text",
            Self::Ansi => "text with colours (ANSI)",
            Self::OnePng => "PNG of the selected sample",
            Self::Gif => "GIF of the frames",
            Self::Asciicast => "asciicast of the frames",
            Self::Csv => "CSV of the metrics",
            Self::Chart => "SVG of the losses",
            Self::ScreenText => "text",
            Self::ScreenSvg => "SVG",
        }
    }

    /// What it is of.
    pub fn group(self) -> &'static str {
        match self {
            Self::Pictures | Self::Png | Self::Svg | Self::Text | Self::Ansi | Self::OnePng => {
                "Images shown"
            }
            Self::Gif | Self::Asciicast | Self::Csv | Self::Chart => "Run so far",
            Self::ScreenText | Self::ScreenSvg => "This screen",
        }
    }

    /// Whether there have to be pictures.
    pub fn needs_pictures(self) -> bool {
        !matches!(self, Self::ScreenText | Self::ScreenSvg | Self::Csv | Self::Chart)
    }
}
