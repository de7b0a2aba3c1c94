//! Screens of their own, beside the monitor of one run: the list of runs, and several runs beside
//! each other.
//!
//! A view is plain data that keys and news change and that draws itself; whatever touches files or
//! runs is asked for by requests, which a worker of the program answers with news.

pub mod browse;
pub mod compare;
mod draw;
pub mod keys;
pub mod stage;

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

use crate::{
    keyboard::key::Key,
    terminal::{input::MouseAction, painter::Graphics},
};
use keys::{Common, KeyRow};
use stage::{Front, Stage};

/// A screen of its own.
pub trait View: Sized {
    /// What a key of this view does.
    type Action: Copy + 'static;
    /// What the program reports.
    type News: Send + 'static;
    /// What the program is asked to do.
    type Request;
    /// Where the view is left for.
    type Exit;

    fn stage(&self) -> &Stage;
    fn stage_mut(&mut self) -> &mut Stage;

    /// Returns the view's keys, in the order in which the help lists them.
    fn keys(&self) -> &'static [KeyRow<Self::Action>];

    /// Returns what the terminal's tab is called.
    fn tab(&self) -> String;

    /// Returns both ends of the first line.
    fn header(&self, width: usize) -> (Line<'static>, Line<'static>);

    /// Draws everything between the first line and the last. Returns where pictures and charts are.
    fn draw(&self, frame: &mut Frame, area: Rect) -> Graphics;

    /// Does what a key asks for.
    fn act(&mut self, action: Self::Action) -> Option<Step<Self>>;

    /// Takes what the program reports.
    fn hear(&mut self, news: Self::News);

    /// Returns what is to be asked of the program, after anything has changed.
    fn wish(&mut self) -> Option<Self::Request> {
        None
    }

    /// Continues after a question that was answered with yes.
    fn agreed(&mut self) -> Option<Step<Self>> {
        None
    }

    /// Takes the text of the prompt, while it is typed (`is_whole` is false) and at its end.
    fn typed(&mut self, _text: &str, _is_whole: bool) -> Option<Step<Self>> {
        None
    }

    /// Puts back what the prompt has changed.
    fn not_typed(&mut self) {}

    /// Handles the mouse over the area that [`View::draw`] draws.
    fn mouse(&mut self, _area: Rect, _at: Position, _mouse: MouseAction) -> Option<Step<Self>> {
        None
    }

    /// Handles Esc where nothing is in front. Returns whether there was something to go back from.
    fn back(&mut self) -> bool {
        false
    }
}

/// What follows from a key.
pub enum Step<V: View> {
    /// The view is left.
    Leave(Option<V::Exit>),
    /// The program is asked for something.
    Ask(V::Request),
    /// A text is put on the terminal's clipboard.
    Copy(String),
    Suspend,
    Redraw,
}

/// Handles a key: of what is in front, else of the view, else of every view.
pub fn press<V: View>(view: &mut V, key: Key) -> Option<Step<V>> {
    let stage = view.stage_mut();
    stage.changed = true;
    stage.notice = None;
    match keys::control(key) {
        Some('C') => return Some(Step::Leave(None)),
        Some('Z') => return Some(Step::Suspend),
        Some('L') => return Some(Step::Redraw),
        _ => {}
    }
    match stage.front.take() {
        Some(Front::Help { scroll }) => {
            stage.front = keys::scrolled(key, scroll).map(|scroll| Front::Help { scroll });
            None
        }
        Some(Front::Question(question)) => match keys::answer(key) {
            Some(true) => view.agreed(),
            Some(false) => None,
            None => {
                stage.front = Some(Front::Question(question));
                None
            }
        },
        Some(Front::Prompt(prompt)) => type_key(view, prompt, key),
        None => {
            let found = keys::find(view.keys(), key).map(|row| (row.action, row.changes));
            if let Some((action, changes)) = found {
                if changes && view.stage().read_only {
                    view.stage_mut().notify("read-only: this key is disabled".into(), true);
                    return None;
                }
                return view.act(action);
            }
            common(view, keys::find(keys::COMMON, key)?.action)
        }
    }
}

fn type_key<V: View>(view: &mut V, mut prompt: stage::Prompt, key: Key) -> Option<Step<V>> {
    match prompt.press(key) {
        stage::Typed::Cancelled => {
            view.not_typed();
            None
        }
        stage::Typed::Whole => view.typed(&prompt.text, true),
        stage::Typed::Text => {
            let text = prompt.text.clone();
            view.stage_mut().front = Some(Front::Prompt(prompt));
            view.typed(&text, false)
        }
    }
}

/// Handles pasted text, which only a prompt takes.
pub fn paste<V: View>(view: &mut V, text: &str) -> Option<Step<V>> {
    let Some(Front::Prompt(prompt)) = &mut view.stage_mut().front else { return None };
    prompt.paste(text);
    let text = prompt.text.clone();
    view.stage_mut().changed = true;
    view.typed(&text, false)
}

fn common<V: View>(view: &mut V, action: Common) -> Option<Step<V>> {
    let stage = view.stage_mut();
    match action {
        Common::Help => stage.front = Some(Front::Help { scroll: 0 }),
        Common::Quit => return Some(Step::Leave(None)),
        Common::Back => {
            if !view.back() {
                view.stage_mut().notify("q quits".into(), false);
            }
        }
        Common::Theme => stage.next_theme(),
        Common::Glyphs => {
            let text = stage.look.next_pictures();
            stage.notify(text, false);
        }
        Common::Colors => stage.next_colors(),
    }
    None
}

/// Handles the mouse.
pub fn mouse<V: View>(view: &mut V, at: Position, mouse: MouseAction) -> Option<Step<V>> {
    if view.stage().front.is_some() {
        return None;
    }
    view.stage_mut().changed = true;
    let area = draw::body(view.stage());
    if area.contains(at) { view.mouse(area, at, mouse) } else { None }
}

/// Draws a view with its first and last line, and what is in front.
pub fn draw<V: View>(view: &V, frame: &mut Frame) -> Graphics {
    draw::draw(view, frame)
}
