//! The newest texts that the runs have logged.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::Paragraph,
};

use super::{Compare, Panel};
use crate::{panels::symbols, state::number, theme::Role, views::draw::bordered};
use gan_tui_core::text;
use gan_tui_store::logs::{LogRun, Text};

/// Returns the texts of all runs: the run's name, the tag and the text.
pub fn all(runs: &[LogRun]) -> Vec<(&str, &str, &Text)> {
    runs.iter()
        .flat_map(|run| run.texts().iter().map(|(tag, text)| (run.name.as_str(), &**tag, text)))
        .collect()
}

/// Draws the selected text.
pub fn draw(compare: &Compare, frame: &mut Frame, area: Rect, runs: &[LogRun]) {
    let stage = &compare.stage;
    let theme = &stage.look.theme;
    let texts = all(runs);
    let at = compare.text.min(texts.len().saturating_sub(1));
    let Some((run, tag, shown)) = texts.get(at) else { return };
    let is_focused = compare.focus == Panel::Texts && stage.front.is_none();
    let aside =
        if texts.len() > 1 { format!("{} of {}", at + 1, texts.len()) } else { String::new() };
    let inside = bordered(stage, frame, area, Panel::Texts.name(), &aside, is_focused);
    let gap = symbols::of(stage.look.capabilities.script).gap;
    let name = if runs.len() > 1 { format!("{run} {tag}") } else { (*tag).to_owned() };
    let heading = number::shortened(&name, usize::from(inside.width).saturating_sub(16), gap);
    let mut lines = vec![Line::from(vec![
        Span::styled(heading, theme.strong(Role::Accent)),
        Span::styled(format!("  step {}", number::count(shown.step)), theme.style(Role::Faint)),
    ])];
    for line in shown.text.lines() {
        let line = text::escaped(line);
        let wrapped = textwrap::wrap(&line, usize::from(inside.width).max(8));
        lines.extend(wrapped.into_iter().map(|line| Line::raw(line.into_owned())));
        if lines.len() > usize::from(inside.height) {
            break;
        }
    }
    frame.render_widget(Paragraph::new(lines), inside);
}
