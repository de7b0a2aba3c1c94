//! Runs beside each other as a view.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    Action, Compare, KEYS, News, Panel, Request, charts, key, layout, pictures, table, texts,
};
use crate::{
    panels::symbols,
    state::number,
    terminal::{input::MouseAction, painter::Graphics},
    theme::Role,
    views::{Step, View, keys::KeyRow, stage::Stage},
};
use gan_tui_core::text::{self, shown};
use gan_tui_store::logs::{LogRun, Place};

impl View for Compare {
    type Action = Action;
    type News = News;
    type Request = Request;
    type Exit = ();

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
        format!("gan-tui {}", text::escaped(&self.title))
    }

    fn header(&self, width: usize) -> (Line<'static>, Line<'static>) {
        let runs = self.logs.lock();
        let theme = &self.stage.look.theme;
        let symbols = symbols::of(self.stage.look.capabilities.script);
        let faint = theme.style(Role::Faint);
        let right = match self.alert(&runs) {
            Some(alert) => {
                let alert = number::shortened(&alert, width / 2, symbols.gap);
                Line::styled(format!("{} {alert}", symbols.mark), theme.strong(Role::Bad))
            }
            None if !self.is_loaded => Line::styled("reading", theme.style(Role::Accent)),
            None => {
                let x = self.slider.map_or_else(String::new, |x| {
                    format!("looking back at {}", layout::place_name(self.axis, x))
                });
                Line::styled(x, theme.strong(Role::Warning))
            }
        };
        let room = width.saturating_sub(right.width() + 2);
        let title = number::shortened(&self.title, room.min(60), symbols.gap);
        let mut left = Line::from(Span::styled(title, theme.strong(Role::Accent)));
        let mut facts = Vec::new();
        if runs.len() > 1 {
            facts.push((format!("{} runs", runs.len()), faint));
        }
        if let Some((step, _)) = runs.iter().filter_map(LogRun::newest).max_by_key(|(s, _)| *s) {
            facts.push((format!("step {}", number::count(step)), faint));
        }
        facts.push((format!("by {}", layout::axis_name(self.axis)), faint));
        if !self.filter.is_empty() {
            let words = text::escaped(&self.filter).into_owned();
            facts.push((format!("filter `{words}`"), theme.style(Role::Warning)));
        }
        let problem = runs.iter().flat_map(|run| &run.problems).next();
        facts.extend(
            problem
                .map(|problem| (text::escaped(problem).into_owned(), theme.style(Role::Warning))),
        );
        for (fact, style) in facts {
            let fact = Span::styled(format!(" {} {fact}", symbols.dot), style);
            if left.width() + fact.width() > room {
                break;
            }
            left.push_span(fact);
        }
        (left, right)
    }

    fn draw(&self, frame: &mut Frame, area: Rect) -> Graphics {
        let runs = self.logs.lock();
        if runs.iter().all(|run| run.newest().is_none() && run.texts().is_empty()) {
            let text = if self.is_loaded { "nothing is logged there yet" } else { "reading" };
            let line = Line::styled(text, self.stage.look.theme.style(Role::Faint));
            frame.render_widget(
                line.centered(),
                Rect { y: area.y + area.height / 2, height: 1, ..area },
            );
            return Graphics::default();
        }
        let lines = self.lines(&runs);
        let mut graphics = Graphics::default();
        for (panel, area) in self.places(&runs, area) {
            match panel {
                Panel::Charts => {
                    graphics.parts.extend(charts::draw(self, frame, area, &runs, &lines));
                }
                Panel::Pictures => {
                    let of = pictures::draw(self, frame, area, &runs, &lines);
                    graphics.parts.extend(of.parts);
                    graphics.pictures.extend(of.pictures);
                }
                Panel::Runs => table::draw(self, frame, area, &runs, &lines),
                Panel::Texts => texts::draw(self, frame, area, &runs),
            }
        }
        graphics
    }

    fn act(&mut self, action: Action) -> Option<Step<Self>> {
        match action {
            Action::Focus(by) => self.focus(by),
            Action::Enlarge => self.is_enlarged = !self.is_enlarged,
            Action::Select(by) => self.select(by),
            Action::Page(by) => self.page(by),
            Action::Slide(by) => self.slide(by),
            Action::Start => self.slide(i64::MIN / 2),
            Action::Live => self.slider = None,
            Action::Axis => {
                (self.axis, self.slider) = (self.axis.next(), None);
                let name = layout::axis_name(self.axis);
                self.stage.notify(format!("aligned by {name}"), false);
            }
            Action::LogScale => self.stage.look.chart.log ^= true,
            Action::Smooth => self.stage.look.chart.smooth_more(),
            Action::Group => {
                let shown = self.groups_are_shown();
                self.is_grouped = Some(!shown);
                self.line = 0;
                let text =
                    if shown { "each run by itself" } else { "seeds grouped: mean and range" };
                self.stage.notify(text.into(), false);
            }
            Action::Hide => self.hide(),
            Action::ShowAll => self.hidden.clear(),
            Action::Highlight => self.is_highlighted ^= true,
            Action::Pin => self.pin(),
            Action::Filter => {
                self.stage.prompt("filter:", self.filter.clone());
                self.before = Some(self.filter.clone());
            }
            Action::NextPictures => self.album += 1,
            Action::Zoom(by) => self.zoom = (self.zoom + by).clamp(-8, 8),
            Action::CopyPath => {
                let run = self.selected().first().copied().unwrap_or(0);
                let path = self.logs.lock().get(run)?.path.clone();
                let whole = std::path::absolute(&path).unwrap_or(path);
                self.stage.notify(format!("copied {}", shown(&whole)), false);
                return Some(Step::Copy(whole.to_string_lossy().into_owned()));
            }
        }
        None
    }

    fn hear(&mut self, news: News) {
        self.stage.changed = true;
        self.kinship.renew(&self.logs.lock());
        match news {
            News::Changed => {}
            News::Loaded => self.is_loaded = true,
            News::Picture(place, picture) => self.keep(&place, picture),
            News::Alert(run, Some(alert)) => {
                self.alerts.insert(run, alert);
            }
            News::Alert(run, None) => {
                self.alerts.remove(&run);
            }
            News::Failed(text) => self.stage.notify(text, true),
        }
    }

    fn wish(&mut self) -> Option<Request> {
        let wanted = {
            let runs = self.logs.lock();
            let lines = self.lines(&runs);
            pictures::wanted(self, &runs, &lines)
        };
        if wanted == self.asked {
            return None;
        }
        self.asked.clone_from(&wanted);
        let missing: Vec<Place> =
            wanted.into_iter().filter(|place| !self.pictures.contains_key(&key(place))).collect();
        (!missing.is_empty()).then_some(Request::Pictures(missing))
    }

    fn typed(&mut self, text: &str, is_whole: bool) -> Option<Step<Self>> {
        self.filter = text.trim().to_owned();
        (self.chart, self.line) = (0, 0);
        if is_whole {
            self.before = None;
        }
        None
    }

    fn not_typed(&mut self) {
        if let Some(before) = self.before.take() {
            self.filter = before;
        }
    }

    fn mouse(&mut self, area: Rect, at: Position, mouse: MouseAction) -> Option<Step<Self>> {
        let places = {
            let runs = self.logs.lock();
            self.places(&runs, area)
        };
        let (panel, _) = places.into_iter().find(|(_, area)| area.contains(at))?;
        match mouse {
            MouseAction::Press => self.focus = panel,
            MouseAction::Drag => {}
            MouseAction::ScrollUp | MouseAction::ScrollDown => {
                let by = if mouse == MouseAction::ScrollUp { -1 } else { 1 };
                let focus = std::mem::replace(&mut self.focus, panel);
                if panel == Panel::Pictures {
                    self.slide(by)
                } else {
                    self.select(by)
                }
                self.focus = focus;
            }
        }
        None
    }

    fn back(&mut self) -> bool {
        let had = self.is_enlarged || !self.filter.is_empty() || self.slider.is_some();
        if self.is_enlarged {
            self.is_enlarged = false;
        } else if !self.filter.is_empty() {
            self.filter.clear();
        } else {
            self.slider = None;
        }
        had
    }
}
