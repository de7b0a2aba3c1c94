//! The run's parameters, networks, times and files.

use gan_tui_core::text::shown;
use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    component::{Height, Panel, Region},
    score,
    widgets::{bordered, ends, symbols},
};
use crate::{
    state::{app::App, number, panel::PanelId},
    theme::Role,
};

pub struct Run;

impl Run {
    pub const ID: PanelId = PanelId("Run");
}

impl Panel for Run {
    fn id(&self) -> PanelId {
        Self::ID
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn height(&self, app: &App) -> Height {
        // Two rows are its border.
        Height::Exactly(facts(app).len() as u16 + 2)
    }

    fn draw(&self, frame: &mut Frame, area: Rect, app: &App) -> Vec<Rect> {
        let inside = bordered(frame, area, app, Some(Self::ID), Self::ID.0, "");
        let facts = facts(app).into_iter().take(usize::from(inside.height));
        for (row, (name, fact)) in facts.enumerate() {
            let line = Rect { y: inside.y + row as u16, height: 1, ..inside };
            let room = usize::from(inside.width).saturating_sub(name.len() + 1);
            let fact = number::shortened(&fact, room, symbols(app).gap);
            let name = Span::styled(name, app.look.theme.style(Role::Faint));
            ends(frame, line, Line::from(name), Line::raw(fact));
        }
        Vec::new()
    }
}

/// Returns what is shown, a name and a value a row.
fn facts(app: &App) -> Vec<(&'static str, String)> {
    let run = &app.run;
    let preset = &run.preset;
    let mut facts = vec![
        ("batch", preset.batch.to_string()),
        ("learning rates", format!("G {}, D {}", run.rates.generator, run.rates.discriminator)),
        ("dropout", preset.dropout.to_string()),
        ("seed", preset.seed.to_string()),
    ];
    if let Some(started) = &run.started {
        let parameters = |count: usize| number::count(count as u64);
        facts.push((
            "generator",
            format!("{} parameters", parameters(started.generator_parameters)),
        ));
        facts.push((
            "discriminator",
            format!("{} parameters", parameters(started.discriminator_parameters)),
        ));
        facts.push(("kernels", format!("{}, {} threads", started.kernels, started.threads)));
    }
    if let Some(metrics) = run.history.latest() {
        facts.push(("last iteration", format!("{:.1} ms", metrics.step_ms)));
        facts.push(("training time", number::duration(run.elapsed())));
    }
    facts.extend(score::facts(app));
    facts.push((
        "saved",
        run.saved.map_or_else(
            || "not yet".into(),
            |iteration| format!("iteration {}", number::count(iteration)),
        ),
    ));
    facts.push(("files", shown(&run.directory)));
    facts
}
