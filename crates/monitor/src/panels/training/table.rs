//! The last, the least and the greatest value of every series, each with its iteration.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::score,
    values::{self, in_words},
};
use crate::{
    state::{app::App, history::At, number},
    theme::Role,
};
use gan_tui_core::event::{Chart, Series};

/// Columns of a series' name, and of each of its values with its iteration.
const NAME: usize = 22;
const VALUE: usize = 11;
const ITERATION: usize = 13;
/// Columns of the whole table.
pub const WIDTH: u16 = (NAME + 3 * (VALUE + ITERATION)) as u16;

/// Returns the rows that the table takes, with its heading and an empty one above it.
pub fn rows(app: &App) -> u16 {
    all(app).count() as u16 + u16::from(score::distances(app).is_some()) + 2
}

fn all(app: &App) -> impl Iterator<Item = Series> {
    values::all(app).into_iter().chain(values::on_chart(app, Chart::Machine))
}

/// Draws the table.
pub fn draw(frame: &mut Frame, area: Rect, app: &App) {
    let theme = &app.look.theme;
    let faint = theme.style(Role::Faint);
    let mut lines = vec![Line::default(), Line::styled(heading(), faint)];
    for series in all(app) {
        let name = Span::styled(cell(series.label()), theme.style(values::style(app, series).role));
        let Some(extremes) = app.run.history.extremes(series) else {
            lines.push(Line::from(name));
            continue;
        };
        let values = [extremes.last, extremes.least, extremes.greatest];
        let values = values.map(|at: At| (in_words(series, Some(at.1)), at.0));
        lines.push(row(name, &values.map(Some), faint));
    }
    if let Some((last, best)) = score::distances(app) {
        let name = Span::styled(cell("distance"), theme.style(Role::Accent));
        let value = |at: At| (number::value(at.1), at.0);
        lines.push(row(name, &[Some(value(last)), best.map(value), None], faint));
    }
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

fn cell(name: &str) -> String {
    format!("{:NAME$}", number::shortened(name, NAME - 1, "."))
}

fn heading() -> String {
    let heads = ["last", "least", "greatest"];
    let heads = heads.map(|head| format!("{head:>VALUE$}{:ITERATION$}", ""));
    format!("{:NAME$}{}", "whole run", heads.concat()).trim_end().to_owned()
}

fn row(
    name: Span<'static>,
    values: &[Option<(String, u64)>],
    faint: ratatui::style::Style,
) -> Line<'static> {
    let mut line = Line::from(name);
    for (value, iteration) in values.iter().flatten() {
        line.push_span(Span::raw(format!("{value:>VALUE$}")));
        let at = format!(" at {}", number::count(*iteration));
        line.push_span(Span::styled(format!("{at:ITERATION$}"), faint));
    }
    line
}
