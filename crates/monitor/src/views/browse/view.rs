//! The list of runs as a view.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::Line,
};

use super::{Action, Browse, Exit, Filter, KEYS, Motion, News, Pending, Request, draw};
use crate::{
    terminal::{input::MouseAction, painter::Graphics},
    views::{Step, View, keys::KeyRow, stage::Stage},
};
use gan_tui_core::text::{self, shown};
use std::path::PathBuf;

impl View for Browse {
    type Action = Action;
    type News = News;
    type Request = Request;
    type Exit = Exit;

    fn stage(&self) -> &Stage {
        &self.stage
    }

    fn stage_mut(&mut self) -> &mut Stage {
        &mut self.stage
    }

    fn keys(&self) -> &'static [KeyRow<Action>] {
        KEYS
    }

    fn tab(&self) -> String {
        format!("gan-tui browse {}", text::escaped(&self.folder.to_string_lossy()))
    }

    fn header(&self, width: usize) -> (Line<'static>, Line<'static>) {
        draw::header(self, width)
    }

    fn draw(&self, frame: &mut Frame, area: Rect) -> Graphics {
        draw::draw(self, frame, area);
        Graphics::default()
    }

    fn act(&mut self, action: Action) -> Option<Step<Self>> {
        match action {
            Action::Move(motion) => self.select(motion),
            Action::Open => {
                let path = self.current()?.path.clone();
                return Some(Step::Leave(Some(Exit::Open(path))));
            }
            Action::Mark => self.mark(),
            Action::Unmark => self.marked.clear(),
            Action::Compare => return self.compare(),
            Action::Sort => {
                self.sort = self.sort.next();
                self.is_reversed = false;
                self.arrange();
            }
            Action::Reverse => {
                self.is_reversed = !self.is_reversed;
                self.arrange();
            }
            Action::Filter => {
                self.stage.prompt("filter:", self.filter.text().to_owned());
                self.pending = Some(Pending::Filter { before: self.filter.clone() });
            }
            Action::Note => self.edit(false),
            Action::Tags => self.edit(true),
            Action::Stop => self.stop(),
            Action::Remove => self.remove(),
            Action::CopyPath => {
                let path = self.current()?.path.clone();
                // The shell in which it is pasted may be in another folder.
                let whole = std::path::absolute(&path).unwrap_or(path);
                self.notify(format!("copied {}", shown(&whole)), false);
                return Some(Step::Copy(whole.to_string_lossy().into_owned()));
            }
        }
        None
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Runs(paths) => self.take_runs(paths),
            News::Facts(facts) => self.take_facts(facts),
            News::Done(text) => self.notify(text, false),
            News::Failed(text) => self.notify(text, true),
        }
    }

    fn wish(&mut self) -> Option<Request> {
        let rows = self.shown.iter().skip(self.top).take(self.visible());
        let paths: Vec<PathBuf> = rows.map(|&at| self.rows[at].path.clone()).collect();
        if paths == self.asked {
            return None;
        }
        self.asked.clone_from(&paths);
        Some(Request::Visible(paths))
    }

    fn agreed(&mut self) -> Option<Step<Self>> {
        match self.pending.take()? {
            Pending::Stop(path) => Some(Step::Ask(Request::Stop(path))),
            Pending::Remove(paths) => Some(Step::Ask(Request::Remove(paths))),
            _ => None,
        }
    }

    fn typed(&mut self, text: &str, is_whole: bool) -> Option<Step<Self>> {
        if let Some(Pending::Filter { .. }) = self.pending {
            self.filter = Filter::new(text);
            self.arrange();
        }
        if !is_whole {
            return None;
        }
        let (path, notes) = match self.pending.take()? {
            Pending::Note(path, notes) => (path, notes.with_note(text)),
            Pending::Tags(path, notes) => (path, notes.with_tags(text)),
            _ => return None,
        };
        if let Some(facts) = self.places.get(&path).and_then(|&at| self.rows[at].facts.as_mut()) {
            facts.notes = notes.clone();
        }
        self.arrange();
        Some(Step::Ask(Request::Note(path, notes)))
    }

    fn not_typed(&mut self) {
        if let Some(Pending::Filter { before }) = self.pending.take() {
            self.filter = before;
            self.arrange();
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, mouse: MouseAction) -> Option<Step<Self>> {
        match mouse {
            MouseAction::ScrollUp => self.select(Motion::By(-3)),
            MouseAction::ScrollDown => self.select(Motion::By(3)),
            MouseAction::Press => {
                let place = draw::place_at(&self.stage, area, at)? + self.top;
                if place < self.shown.len() {
                    self.select(Motion::By(place as i64 - self.at as i64));
                }
            }
            MouseAction::Drag => {}
        }
        None
    }

    fn back(&mut self) -> bool {
        let had = !self.filter.text().is_empty();
        self.filter = Filter::default();
        self.arrange();
        had
    }
}
